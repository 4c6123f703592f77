//! How often the two hottest statements allocate. The log, the engine and the transaction are warmed up first; what they
//! allocate is counted, too, by running the same calls without this crate.

use std::alloc::System;

use cairn_engine_testkit::allocator::{Counting, calls};
use cairn_sql_short::*;
use cairn_sql_testkit::{NewTable, NoHost, World};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, TypeId};
use cairn_txn::{Isolation, Txn};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

fn counted<T>(f: impl FnOnce() -> T) -> (T, u64) {
    let before = calls();
    let result = f();
    (result, calls() - before)
}

/// Reads every cell, as the wire does, and keeps nothing.
struct Discard(u64);

impl RowSink for Discard {
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError> {
        for index in 0..row.len() {
            self.0 += u64::from(!row.cell(index)?.is_null());
        }
        Ok(Flow::More)
    }
}

fn execute(world: &mut World, txn: &mut Txn, plan: &ShortPlan, params: &[Datum]) -> u64 {
    let context = EvalContext { settings: &world.settings, host: &NoHost };
    let mut exec = ExecContext {
        shard: &mut world.shard,
        txn,
        catalog: &world.catalog,
        eval: &context,
        params,
        row_ids: &mut world.row_ids,
        scratch: &mut world.scratch,
        limits: world.limits,
    };
    counted(|| plan.execute(&mut exec, &mut Discard(0)).unwrap()).1
}

fn bank() -> World {
    let mut world = World::new();
    let table = NewTable {
        name: "acc",
        columns: vec![("id", TypeId::INT4, true), ("balance", TypeId::INT4, true), ("name", TypeId::TEXT, false)],
        key: vec!["id"],
        ..NewTable::default()
    };
    world.table(table);
    for id in 0..100 {
        world
            .sql(&format!("insert into acc values ({id}, 0, 'a name that is long enough to be on the heap')"))
            .unwrap();
    }
    world
}

/// The fewest allocations of some runs: buffers have grown by then.
fn fewest(world: &mut World, text: &str, params: &[Datum]) -> u64 {
    let types: Vec<TypeId> = params.iter().map(|_| TypeId::INT4).collect();
    let bound = world.bind(text, &types).unwrap();
    let plan = plan(&bound.statement, &world.catalog, world.options).unwrap();
    let run = |world: &mut World| {
        let mut txn = world.begin(Isolation::Serializable);
        let count = execute(world, &mut txn, &plan, params);
        world.commit(txn).unwrap();
        count
    };
    (0..8).map(|_| run(world)).min().unwrap()
}

#[test]
fn a_prepared_point_read_allocates_nothing() {
    let mut world = bank();
    let params = [Datum::Int4(7)];
    assert_eq!(fewest(&mut world, "select balance, name from acc where id = $1", &params), 0);
}

#[test]
fn a_one_row_update_allocates_a_handful() {
    let mut world = bank();
    let params = [Datum::Int4(7), Datum::Int4(1)];
    let count = fewest(&mut world, "update acc set balance = balance + $2 where id = $1", &params);
    assert!(count <= 4, "{count} allocations");
}
