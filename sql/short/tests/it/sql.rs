//! Statements as text: expressions, choice of index, writes, parameters.

use cairn_sql_testkit::*;
use cairn_sql_types::{Datum, TypeId};

/// `acc(id int4 pk, branch int4, name text, balance numeric, note text)`, unique (branch, name).
fn bank() -> World {
    let mut world = World::new();
    world.table(NewTable {
        name: "acc",
        columns: vec![
            ("id", TypeId::INT4, true),
            ("branch", TypeId::INT4, true),
            ("name", TypeId::TEXT, true),
            ("balance", TypeId::NUMERIC, false),
            ("note", TypeId::TEXT, false),
        ],
        key: vec!["id"],
        uniques: vec![vec!["branch", "name"]],
        ..NewTable::default()
    });
    world
        .sql("insert into acc values (1, 1, 'ann', 10.50, null), (2, 1, 'bob', 20, 'x'), (3, 2, 'cy', null, 'y')")
        .unwrap();
    world
}

#[test]
fn expressions_of_every_kind() {
    let mut world = bank();
    let row = |world: &mut World, exprs: &str| world.rows(&format!("select {exprs} from acc where id = 1"))[0].clone();
    assert_eq!(row(&mut world, "1 + id * 2, name || '!', balance / 4"), "3|ann!|2.6250000000000000");
    assert_eq!(row(&mut world, "case when id > 1 then 'many' else 'one' end, coalesce(note, name)"), "one|ann");
    assert_eq!(row(&mut world, "nullif(id, 1), greatest(id, 5, null), least('b', name)"), "-|5|ann");
    assert_eq!(row(&mut world, "note is null, note is not distinct from null, (note = 'x') is unknown"), "t|t|t");
    assert_eq!(row(&mut world, "id in (1, null), id in (2, null), id not in (2, 3)"), "t|-|t");
    assert_eq!(row(&mut world, "id = any(array[3, 1]), id > all(array[]::int[]), id = any(array[2, null])"), "t|t|-");
    assert_eq!(row(&mut world, "(array[id, 2])[2], (array[[1,2],[3,4]])[2][1], (array[1,2,3])[2:3]"), "2|3|{2,3}");
    assert_eq!(row(&mut world, "row(id, name), name like 'a%', balance::int, '7'::int + id"), "(1,ann)|t|11|8");
    assert_eq!(row(&mut world, "not (id = 1 and note = 'x'), id = 1 or note = 'x'"), "-|t");
    assert_eq!(row(&mut world, "exists (select from acc), (select max(id) from acc where id between 1 and 9)"), "t|3");
    assert_eq!(row(&mut world, "2 in (select id from acc where branch = 1)"), "t");
    assert_eq!(world.rows("values (2, 'b'), (1, 'a') order by 1 limit 1"), ["1|a"]);
    assert_eq!(world.error("select 1 / (id - 1) from acc where id = 1").0, "22012: division by zero");
}

#[test]
fn the_best_index_is_taken() {
    let world = bank();
    assert_eq!(
        world.explain("select * from acc where branch = 1 and name = 'bob' and note = 'x'"),
        [
            "Index Scan using acc_branch_name_key on acc",
            "  Index Cond: ((branch = 1) AND (name = 'bob'::text))",
            "  Filter: (note = 'x'::text)",
            "Executor: short"
        ]
    );
    assert_eq!(world.explain("select * from acc where branch = 1 and id = 2")[0], "Index Scan using acc_pkey on acc");
    assert_eq!(
        world.explain("select name from acc where branch = 1 order by name desc limit 3")[..2],
        ["Limit", "  ->  Index Only Scan Backward using acc_branch_name_key on acc"]
    );
    assert_eq!(world.explain("select * from acc where note = 'x'"), ["not short: no index bounds what is read"]);
    assert_eq!(world.explain("select count(*) from acc group by branch"), ["not short: no index bounds what is read"]);
    assert_eq!(world.explain("select * from acc limit 5")[1], "  ->  Seq Scan on acc");
    assert_eq!(
        world.explain("update acc set note = 'z' where id = 2")[..3],
        ["Update on acc", "  ->  Index Scan using acc_pkey on acc", "        Index Cond: (id = 2)"]
    );
}

#[test]
fn writes_as_text() {
    let mut world = bank();
    assert_eq!(
        world.rows("insert into acc (id, branch, name) values (4, 2, 'di') returning id, balance, name"),
        ["4|-|di"]
    );
    assert_eq!(
        world.error("insert into acc values (9, 1, 'ann')"),
        (
            "23505: duplicate key value violates unique constraint \"acc_branch_name_key\"".into(),
            "Key (branch, name)=(1, ann) already exists.".into()
        )
    );
    assert_eq!(
        world.error("insert into acc values (9, 1, null, 1.50, repeat('long ', 20))").1,
        "Failing row contains (9, 1, null, 1.50, long long long long long long long long long long long long long...)."
            .replace(" long...", "...")
            .replace(
                "long long long long long long long long long long long long...",
                "long long long long long long long long long long long long long..."
            )
    );
    assert_eq!(
        world.rows("update acc set balance = coalesce(balance, 0) + 1 where branch = 2 returning id, balance"),
        ["3|1", "4|1"]
    );
    assert_eq!(
        world.rows(
            "insert into acc values (1, 5, 'new', 1) on conflict (id) do update set note = excluded.name || acc.name \
             where acc.id < 2 returning note"
        ),
        ["newann"]
    );
    assert_eq!(world.sql("delete from acc where id in (select id from acc where branch = 2)").unwrap().count, 2);
    assert_eq!(world.rows("select id from acc where id between 0 and 100"), ["1", "2"]);
}

#[test]
fn parameters_are_not_baked_into_plans() {
    let mut world = bank();
    let bound = world.bind("select name from acc where id = any($1) and branch >= $2", &[TypeId::INT4, TypeId::INT4]);
    assert!(bound.is_err(), "an int4 is no array");
    let types = [TypeId::INT4.array().unwrap(), TypeId::INT4];
    let bound = world.bind("select name from acc where id = any($1) and branch >= $2", &types).unwrap();
    let array = |ids: &[i32]| {
        let elements: Vec<Datum> = ids.iter().map(|id| Datum::Int4(*id)).collect();
        let dimensions = vec![(elements.len() as i32, 1)];
        Datum::Array(std::sync::Arc::new(cairn_sql_types::Array { element: TypeId::INT4, dimensions, elements }))
    };
    let plan = cairn_sql_short::plan(&bound.statement, &world.catalog, world.options).unwrap();
    let mut run = |params: &[Datum]| {
        let mut txn = world.begin(cairn_txn::Isolation::Serializable);
        let rows = world.execute(&mut txn, &plan, params).unwrap().rows;
        world.commit(txn).unwrap();
        rows
    };
    assert_eq!(run(&[array(&[3, 1, 3]), Datum::Int4(1)]), ["ann", "cy"]);
    assert_eq!(run(&[array(&[3, 1]), Datum::Int4(2)]), ["cy"]);
    assert_eq!(run(&[Datum::Null, Datum::Int4(2)]), [""; 0]);
}

#[test]
fn the_first_row_is_the_minimum() {
    let mut world = bank();
    assert_eq!(
        world.explain("select max(id) from acc"),
        ["Aggregate", "  ->  Index Only Scan Backward using acc_pkey on acc", "Executor: short"]
            .map(|line| line.replace(" Only", ""))
    );
    assert_eq!(world.rows("select max(id) + 1 from acc where id < 3"), ["3"]);
    assert_eq!(world.rows("select min(name) from acc where branch = 1"), ["ann"]);
    assert_eq!(world.rows("select min(branch), max(branch) from acc where branch between 1 and 5"), ["1|2"]);
    assert_eq!(world.rows("select max(id) from acc where id > 50"), ["-"]);
    world.limits.rows_visited_max = Some(1);
    assert_eq!(world.rows("select min(id) from acc"), ["1"]);
}

#[test]
fn a_queue_hands_out_its_jobs() {
    let mut world = bank();
    let take = "update acc set note = 'taken' where id = (select id from acc order by id limit 1 for update skip locked) \
                returning id";
    let take = world.bind(take, &[]).unwrap().statement;
    let mut a = world.begin(cairn_txn::Isolation::ReadCommitted);
    let mut b = world.begin(cairn_txn::Isolation::ReadCommitted);
    assert_eq!(world.step(&mut a, &take, &[]).unwrap().rows, ["1"]);
    assert_eq!(world.step(&mut b, &take, &[]).unwrap().rows, ["2"]);
    world.commit(a).unwrap();
    world.commit(b).unwrap();
}
