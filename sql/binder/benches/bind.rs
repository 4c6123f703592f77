//! What a statement costs before it runs: lifting (paid by every simple query), parsing and binding (paid once per plan).

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use cairn_sql_binder::{lift, parse};
use criterion::{Criterion, criterion_group, criterion_main};
use support::World;

const POINT: &str = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711;";
const UPDATE: &str = "UPDATE pgbench_accounts SET abalance = abalance + -15 WHERE aid = 4711;";
const INSERT: &str =
    "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 2, 3, 4, CURRENT_TIMESTAMP);";
const JOIN: &str =
    "select t.b, count(*) from t join u on t.a = u.t_a where u.price > 1.5 group by t.b order by 2 desc limit 10";

fn benches(criterion: &mut Criterion) {
    let script = "tests/golden/schema.sql";
    let world = World::from_script(&std::fs::read_to_string(script).expect("the schema is there"));
    for (name, text) in [("point", POINT), ("update", UPDATE), ("insert", INSERT), ("join", JOIN)] {
        criterion.bench_function(&format!("lift/{name}"), |bencher| bencher.iter(|| lift(black_box(text))));
        criterion.bench_function(&format!("parse/{name}"), |bencher| bencher.iter(|| parse(black_box(text))));
        criterion
            .bench_function(&format!("parse+bind/{name}"), |bencher| bencher.iter(|| world.bind(black_box(text), &[])));
    }
}

criterion_group!(all, benches);
criterion_main!(all);
