//! What a transaction depends on: the columns that its queries use of the rows that they look up.

use cairn_sql_testkit::*;
use cairn_sql_types::TypeId;
use cairn_txn::{Isolation, TxnError};

/// `t` with three rows, an index and a unique index; `other`, to have something to write.
fn world() -> World {
    let mut world = World::new();
    let int = |name| (name, TypeId::INT4, false);
    world.table(NewTable {
        name: "t",
        columns: vec![("id", TypeId::INT4, true), int("a"), int("b"), int("grp"), int("code")],
        key: vec!["id"],
        indexes: vec![vec!["grp"]],
        uniques: vec![vec!["code"]],
        ..NewTable::default()
    });
    world.table(NewTable {
        name: "other",
        columns: vec![("id", TypeId::INT4, true)],
        key: vec!["id"],
        ..NewTable::default()
    });
    world.sql("insert into t values (1, 10, 20, 1, 100), (2, 10, 20, 1, 200), (3, 10, 20, 2, 300)").unwrap();
    world
}

/// Reads, lets somebody else change the table, writes elsewhere: may it commit?
fn commits(read: &str, change: &str) -> bool {
    let mut world = world();
    let mut txn = world.begin(Isolation::Serializable);
    let statement = world.bind(read, &[]).unwrap().statement;
    world.step(&mut txn, &statement, &[]).unwrap();
    world.sql(change).unwrap();
    world.shard.begin_statement(&mut txn).unwrap();
    let write = world.bind("insert into other values (1)", &[]).unwrap().statement;
    world.step(&mut txn, &write, &[]).unwrap();
    match world.commit(txn) {
        Ok(()) => true,
        Err(TxnError::Serialization(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_column_that_was_not_used_may_change() {
    let change = "update t set b = 21 where id = 1";
    for read in [
        "select a from t where id = 1",
        "select a from t where id = 1 and grp = 1",
        "select a from t where code = 100",
        "select a from t where grp = 1",
        "select sum(a) from t where grp = 1",
        "select x.a from t as x, t as y where y.id = 2 and x.id = y.grp",
        "select exists (select 1 from t where id = 1 and a > 5)",
    ] {
        assert!(commits(read, change), "{read}");
    }
}

#[test]
fn a_column_that_was_used_may_not() {
    let change = "update t set b = 21 where id = 1";
    for read in [
        "select b from t where id = 1",
        "select a from t where id = 1 and b = 20",
        "select a from t where code = 100 and b > 0",
        "select a + b from t where grp = 1",
        "select a from t where grp = 1 order by b",
        "select count(*) filter (where b > 5) from t where grp = 1",
        "select max(a) from t where grp = 1 having max(b) > 0",
        "select y.a from t as x, t as y where x.id = 1 and y.id = x.b - 18",
        "select y.a from t as x left join t as y on y.id = 2 and x.b = 20 where x.id = 1",
        "select exists (select 1 from t where id = 1 and b > 5)",
        "select t from t where id = 1",
        "select * from t where id = 1",
        "select a from t where id = 1 for key share",
        "select a from t where id between 1 and 2",
    ] {
        assert!(!commits(read, change), "{read}");
    }
}

#[test]
fn rows_and_keys_may_neither_come_nor_go() {
    for (read, change) in [
        ("select a from t where id = 1", "delete from t where id = 1"),
        ("select a from t where id = 4", "insert into t values (4, 10, 20, 3, 400)"),
        ("select count(*) from t where id in (1, 2)", "delete from t where id = 2"),
        ("select a from t where code = 100", "update t set code = 101 where id = 1"),
        ("select a from t where grp = 1", "update t set grp = 1 where id = 3"),
        ("select a from t where grp = 1", "update t set grp = 2 where id = 1"),
        ("select a from t where id = 1", "update t set id = 7 where id = 1"),
    ] {
        assert!(!commits(read, change), "{read} / {change}");
    }
}
