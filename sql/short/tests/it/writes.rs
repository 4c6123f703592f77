//! INSERT, UPDATE, DELETE and every constraint.

use cairn_sql_binder::tree::*;
use cairn_sql_catalog::schema::ForeignAction;
use cairn_sql_short::*;
use cairn_sql_testkit::*;
use cairn_sql_types::{SqlError, TypeId};
use cairn_txn::Isolation;

use crate::trees::*;

/// `t(id int4 primary key, k int4 unique, v int4 not null)`, index on v; rows (1, 10, 100), (2, 20, 200), (3, NULL, 300).
fn world() -> World {
    let mut world = World::new();
    let t = world.table(NewTable {
        name: "t",
        columns: vec![("id", TypeId::INT4, true), ("k", TypeId::INT4, false), ("v", TypeId::INT4, true)],
        key: vec!["id"],
        uniques: vec![vec!["k"]],
        indexes: vec![vec!["v"]],
        ..NewTable::default()
    });
    let rows = vec![
        vec![int(1), int(10), int(100)],
        vec![int(2), int(20), int(200)],
        vec![int(3), null(TypeId::INT4), int(300)],
    ];
    world.run(&insert_stmt(insert(&t, rows))).unwrap();
    world
}

/// All rows of a table, found by three ways that must agree.
fn rows(world: &mut World, name: &str) -> Vec<String> {
    let table = world.find(name);
    let columns: Vec<Expr> = table.live_columns().map(|(_, column)| col(T, &table, &column.name)).collect();
    let query = select(vec![item(T, &table)], None, columns);
    world.options.force = true;
    let rows = world.run(&statement(query)).unwrap().rows;
    world.options.force = false;
    rows
}

fn parts(error: &SqlError) -> (String, String, Option<String>) {
    let fields = error.fields();
    (error.to_string(), fields.detail.clone().unwrap_or_default(), fields.constraint.clone())
}

#[test]
fn rows_go_in_change_and_go_away_with_their_index_entries() {
    let mut world = world();
    let t = world.find("t");
    let by_v = |world: &mut World, v| {
        let query = select(vec![item(T, &t)], Some(op("=", col(T, &t, "v"), int(v))), vec![col(T, &t, "id")]);
        world.run(&statement(query)).unwrap().rows
    };
    let by_k = |world: &mut World, k| {
        let query = select(vec![item(T, &t)], Some(op("=", col(T, &t, "k"), int(k))), vec![col(T, &t, "id")]);
        world.run(&statement(query)).unwrap().rows
    };
    assert_eq!(by_v(&mut world, 200), ["2"]);
    let sum = op("+", col(T, &t, "v"), int(1));
    let mut change = update(&t, vec![(2, sum), (1, int(21))], Some(op("=", col(T, &t, "k"), int(20))));
    (change.returning, change.returning_columns) = returning(vec![col(T, &t, "v"), col(T, &t, "k")]);
    assert_eq!(world.run(&update_stmt(change)).unwrap(), Answer { count: 1, rows: vec!["201|21".into()] });
    assert_eq!((by_v(&mut world, 200), by_v(&mut world, 201)), (vec![], vec!["2".to_owned()]));
    assert_eq!((by_k(&mut world, 20), by_k(&mut world, 21)), (vec![], vec!["2".to_owned()]));
    // The primary key moves: entries follow.
    let moved = update(&t, vec![(0, int(7))], Some(op("=", col(T, &t, "id"), int(2))));
    world.run(&update_stmt(moved)).unwrap();
    assert_eq!((by_v(&mut world, 201), by_k(&mut world, 21)), (vec!["7".to_owned()], vec!["7".to_owned()]));
    let mut gone = delete(&t, Some(op(">=", col(T, &t, "v"), int(201))));
    (gone.returning, gone.returning_columns) = returning(vec![col(T, &t, "id")]);
    assert_eq!(world.run(&delete_stmt(gone)).unwrap(), Answer { count: 2, rows: vec!["7".into(), "3".into()] });
    assert_eq!(rows(&mut world, "t"), ["1|10|100"]);
    assert_eq!(by_k(&mut world, 21), [""; 0]);
}

#[test]
fn constraints_fail_in_postgresqls_words() {
    let mut world = world();
    let t = world.find("t");
    let fail = |world: &mut World, insert| parts(&world.run(&insert_stmt(insert)).unwrap_err());
    let duplicate = insert(&t, vec![vec![int(1), int(5), int(5)]]);
    assert_eq!(
        fail(&mut world, duplicate),
        (
            "23505: duplicate key value violates unique constraint \"t_pkey\"".into(),
            "Key (id)=(1) already exists.".into(),
            Some("t_pkey".into())
        )
    );
    let second = insert(&t, vec![vec![int(4), int(20), int(5)]]);
    assert_eq!(
        fail(&mut world, second),
        (
            "23505: duplicate key value violates unique constraint \"t_k_key\"".into(),
            "Key (k)=(20) already exists.".into(),
            Some("t_k_key".into())
        )
    );
    let missing = insert(&t, vec![vec![int(4), null(TypeId::INT4), null(TypeId::INT4)]]);
    assert_eq!(
        fail(&mut world, missing),
        (
            "23502: null value in column \"v\" of relation \"t\" violates not-null constraint".into(),
            "Failing row contains (4, null, null).".into(),
            None
        )
    );
    let mut checked = insert(&t, vec![vec![int(4), null(TypeId::INT4), int(-1)]]);
    checked.checks = vec![BoundCheck { name: "t_v_check".into(), expr: op(">", col(T, &t, "v"), int(0)) }];
    assert_eq!(
        fail(&mut world, checked),
        (
            "23514: new row for relation \"t\" violates check constraint \"t_v_check\"".into(),
            "Failing row contains (4, null, -1).".into(),
            Some("t_v_check".into())
        )
    );
    // NULLs never conflict.
    world.run(&insert_stmt(insert(&t, vec![vec![int(5), null(TypeId::INT4), int(1)]]))).unwrap();
    assert_eq!(rows(&mut world, "t").len(), 4);
}

#[test]
fn unique_keys_are_checked_row_by_row() {
    let mut world = world();
    let t = world.find("t");
    let up = update(&t, vec![(0, op("+", col(T, &t, "id"), int(1)))], None);
    let error = world.run(&update_stmt(up)).unwrap_err();
    assert_eq!(error.fields().detail.as_deref(), Some("Key (id)=(2) already exists."));
    let down = update(&t, vec![(0, op("-", col(T, &t, "id"), int(1)))], None);
    assert_eq!(world.run(&update_stmt(down)).unwrap().count, 3);
    assert_eq!(rows(&mut world, "t"), ["0|10|100", "1|20|200", "2|-|300"]);
}

#[test]
fn on_conflict_skips_or_updates() {
    let mut world = world();
    let t = world.find("t");
    let key = world.catalog.tables().find(|table| &*table.name == "t").map(|table| match &table.key {
        cairn_sql_catalog::schema::TableKey::Primary { oid, .. } => *oid,
        cairn_sql_catalog::schema::TableKey::RowId => panic!("has a key"),
    });
    let nothing = |rows| {
        let mut insert = insert(&t, rows);
        insert.on_conflict = Some(OnConflict { arbiter: None, action: ConflictAction::Nothing });
        insert_stmt(insert)
    };
    let row = |id, k, v| vec![int(id), int(k), int(v)];
    assert_eq!(world.run(&nothing(vec![row(1, 5, 5), row(8, 10, 5), row(9, 9, 9), row(9, 8, 8)])).unwrap().count, 1);
    let upsert = |rows| {
        let mut insert = insert(&t, rows);
        let value = op("+", col(T, &t, "v"), col(EXCLUDED, &t, "v"));
        let action = ConflictAction::Update {
            excluded: EXCLUDED,
            assignments: vec![(2, value)],
            filter: Some(op("<>", col(T, &t, "id"), int(2))),
        };
        insert.on_conflict = Some(OnConflict { arbiter: key, action });
        (insert.returning, insert.returning_columns) = returning(vec![col(T, &t, "id"), col(T, &t, "v")]);
        insert_stmt(insert)
    };
    let answer = world.run(&upsert(vec![row(1, 1, 1), row(2, 2, 2), row(4, 4, 4)])).unwrap();
    assert_eq!(answer, Answer { count: 2, rows: vec!["1|101".into(), "4|4".into()] });
    let error = world.run(&upsert(vec![row(6, 60, 1), row(6, 61, 1)])).unwrap_err();
    assert_eq!(error.to_string(), "21000: ON CONFLICT DO UPDATE command cannot affect row a second time");
    assert_eq!(rows(&mut world, "t"), ["1|10|101", "2|20|200", "3|-|300", "4|4|4", "9|9|9"]);
}

#[test]
fn rows_without_primary_key_are_found_again() {
    let mut world = World::new();
    let t = world.table(NewTable {
        name: "h",
        columns: vec![("a", TypeId::INT4, false), ("b", TypeId::TEXT, false)],
        ..NewTable::default()
    });
    let row = |a| vec![int(a), text("x")];
    world.run(&insert_stmt(insert(&t, vec![row(1), row(1), row(2)]))).unwrap();
    world.row_ids = RowIds::new();
    world.run(&insert_stmt(insert(&t, vec![row(3)]))).unwrap();
    let change = update(&t, vec![(1, text("y"))], Some(op("=", col(T, &t, "a"), int(1))));
    assert_eq!(world.run(&update_stmt(change)).unwrap().count, 2);
    assert_eq!(rows(&mut world, "h"), ["1|y", "1|y", "2|x", "3|x"]);
}

/// `p(id)`, and `c(id, p)` referring to it with these actions.
fn family(on_delete: ForeignAction, on_update: ForeignAction, indexed: bool) -> World {
    let mut world = World::new();
    let p = world.table(NewTable {
        name: "p",
        columns: vec![("id", TypeId::INT4, true), ("x", TypeId::INT4, false)],
        key: vec!["id"],
        ..NewTable::default()
    });
    let c = world.table(NewTable {
        name: "c",
        columns: vec![("id", TypeId::INT4, true), ("p", TypeId::INT8, false)],
        key: vec!["id"],
        indexes: if indexed { vec![vec!["p"]] } else { vec![] },
        foreign_keys: vec![NewKey {
            name: "c_p_fkey",
            columns: vec!["p"],
            target: "p",
            target_columns: vec![0],
            on_delete,
            on_update,
        }],
        ..NewTable::default()
    });
    world.run(&insert_stmt(insert(&p, vec![vec![int(1), int(0)], vec![int(2), int(0)]]))).unwrap();
    let rows = vec![vec![int(10), big(1)], vec![int(11), big(1)], vec![int(12), null(TypeId::INT8)]];
    world.run(&insert_stmt(insert(&c, rows))).unwrap();
    world
}

#[test]
fn children_need_their_parents() {
    let mut world = family(ForeignAction::NoAction, ForeignAction::NoAction, true);
    let (p, c) = (world.find("p"), world.find("c"));
    for orphan in [5, 1 << 40] {
        let error = world.run(&insert_stmt(insert(&c, vec![vec![int(13), big(orphan)]]))).unwrap_err();
        assert_eq!(
            parts(&error),
            (
                "23503: insert or update on table \"c\" violates foreign key constraint \"c_p_fkey\"".into(),
                format!("Key (p)=({orphan}) is not present in table \"p\"."),
                Some("c_p_fkey".into())
            )
        );
    }
    let error = world.run(&delete_stmt(delete(&p, Some(op("=", col(T, &p, "id"), int(1)))))).unwrap_err();
    assert_eq!(
        parts(&error),
        (
            "23503: update or delete on table \"p\" violates foreign key constraint \"c_p_fkey\" on table \"c\"".into(),
            "Key (id)=(1) is still referenced from table \"c\".".into(),
            Some("c_p_fkey".into())
        )
    );
    world.run(&update_stmt(update(&p, vec![(1, int(5))], None))).unwrap();
    world.run(&delete_stmt(delete(&p, Some(op("=", col(T, &p, "id"), int(2)))))).unwrap();
    assert_eq!(rows(&mut world, "p"), ["1|5"]);
}

#[test]
fn actions_follow_to_the_children() {
    for indexed in [true, false] {
        let mut world = family(ForeignAction::Cascade, ForeignAction::Cascade, indexed);
        let p = world.find("p");
        let first = || Some(op("=", col(T, &p, "id"), int(1)));
        world.run(&update_stmt(update(&p, vec![(0, int(7))], first()))).unwrap();
        assert_eq!(rows(&mut world, "c"), ["10|7", "11|7", "12|-"]);
        let seventh = Some(op("=", col(T, &p, "id"), int(7)));
        assert_eq!(world.run(&delete_stmt(delete(&p, seventh))).unwrap().count, 1);
        assert_eq!(rows(&mut world, "c"), ["12|-"]);

        let mut world = family(ForeignAction::SetNull, ForeignAction::Restrict, indexed);
        let p = world.find("p");
        let first = || Some(op("=", col(T, &p, "id"), int(1)));
        let error = world.run(&update_stmt(update(&p, vec![(0, int(7))], first()))).unwrap_err();
        assert_eq!(error.state().as_str(), "23503");
        world.run(&delete_stmt(delete(&p, first()))).unwrap();
        assert_eq!(rows(&mut world, "c"), ["10|-", "11|-", "12|-"]);
    }
}

#[test]
fn rows_of_one_statement_may_refer_to_each_other() {
    let mut world = World::new();
    let tree = world.table(NewTable {
        name: "tree",
        columns: vec![("id", TypeId::INT4, true), ("up", TypeId::INT4, false)],
        key: vec!["id"],
        foreign_keys: vec![NewKey {
            name: "tree_up_fkey",
            columns: vec!["up"],
            target: "tree",
            target_columns: vec![0],
            on_delete: ForeignAction::NoAction,
            on_update: ForeignAction::NoAction,
        }],
        ..NewTable::default()
    });
    world.run(&insert_stmt(insert(&tree, vec![vec![int(1), int(2)], vec![int(2), int(1)]]))).unwrap();
    let error = world.run(&delete_stmt(delete(&tree, Some(op("=", col(T, &tree, "id"), int(1)))))).unwrap_err();
    assert_eq!(error.state().as_str(), "23503");
    assert_eq!(world.run(&delete_stmt(delete(&tree, None))).unwrap().count, 2);
}

#[test]
fn foreign_keys_hold_between_transactions_at_every_level() {
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        let mut world = family(ForeignAction::NoAction, ForeignAction::NoAction, true);
        let (p, c) = (world.find("p"), world.find("c"));
        let child = insert_stmt(insert(&c, vec![vec![int(20), big(2)]]));
        let gone = delete_stmt(delete(&p, Some(op("=", col(T, &p, "id"), int(2)))));
        // The child comes first: the parent's deletion waits, and then finds it.
        let (mut a, mut b) = (world.begin(isolation), world.begin(isolation));
        world.step(&mut a, &child, &[]).unwrap();
        assert!(matches!(world.step(&mut b, &gone, &[]), Err(Stop::Wait(_))));
        world.commit(a).unwrap();
        world.shard.restart_statement(&mut b).unwrap();
        let Err(Stop::Error(error)) = world.step(&mut b, &gone, &[]) else { panic!("there is a child") };
        assert_eq!(error.state().as_str(), "23503");
        world.shard.abort(b);
        world.run(&delete_stmt(delete(&c, Some(op("=", col(T, &c, "id"), int(20)))))).unwrap();
        // The parent goes first: the child waits, and then misses it.
        let (mut a, mut b) = (world.begin(isolation), world.begin(isolation));
        world.step(&mut a, &gone, &[]).unwrap();
        assert!(matches!(world.step(&mut b, &child, &[]), Err(Stop::Wait(_))));
        world.commit(a).unwrap();
        let failed = match world.shard.restart_statement(&mut b) {
            Err(_) => true,
            Ok(()) => matches!(world.step(&mut b, &child, &[]), Err(Stop::Error(_))),
        };
        assert!(failed);
        world.shard.abort(b);
    }
}

#[test]
fn a_parents_other_columns_change_while_children_come() {
    let mut world = family(ForeignAction::NoAction, ForeignAction::NoAction, true);
    let (p, c) = (world.find("p"), world.find("c"));
    let (mut a, mut b) = (world.begin(Isolation::Serializable), world.begin(Isolation::Serializable));
    world.step(&mut a, &insert_stmt(insert(&c, vec![vec![int(20), big(1)]])), &[]).unwrap();
    let change = update(&p, vec![(1, int(9))], Some(op("=", col(T, &p, "id"), int(1))));
    world.step(&mut b, &update_stmt(change), &[]).unwrap();
    world.commit(b).unwrap();
    world.commit(a).unwrap();
}

#[test]
fn a_hot_row_is_counted_up_without_aborts() {
    let mut world = world();
    let t = world.find("t");
    let add =
        update_stmt(update(&t, vec![(2, op("+", col(T, &t, "v"), int(1)))], Some(op("=", col(T, &t, "id"), int(1)))));
    let mut waiting: Vec<_> = (0..5).map(|_| world.begin(Isolation::Serializable)).collect();
    for (number, txn) in waiting.iter_mut().enumerate() {
        match world.step(txn, &add, &[]) {
            Ok(answer) => assert_eq!((number, answer.count), (0, 1)),
            Err(stop) => assert!(matches!(stop, Stop::Wait(_)) && number > 0),
        }
    }
    let mut waiting = waiting.into_iter();
    world.commit(waiting.next().unwrap()).unwrap();
    for mut txn in waiting {
        world.shard.restart_statement(&mut txn).unwrap();
        world.step(&mut txn, &add, &[]).unwrap();
        world.commit(txn).unwrap();
    }
    assert_eq!(rows(&mut world, "t")[0], "1|10|105");
}

#[test]
fn rows_from_analytics_are_written_here() {
    let mut world = world();
    let t = world.find("t");
    let mut change = update(&t, vec![(2, col(U, &t, "v"))], Some(op("=", col(T, &t, "id"), col(U, &t, "k"))));
    change.from = vec![item(U, &t)];
    (change.returning, change.returning_columns) = returning(vec![col(T, &t, "v"), col(U, &t, "id")]);
    let plan = plan(&update_stmt(change), &world.catalog, world.options).unwrap();
    let query = plan.row_query().expect("analytics finds the rows");
    assert_eq!(query.columns.len(), 3);
    let given = [(1, 77, 5), (2, 88, 6), (1, 99, 7)];
    let given = given.map(|(id, v, u)| [id, v, u].map(cairn_sql_types::Datum::Int4).to_vec()).to_vec();
    let mut txn = world.begin(Isolation::Serializable);
    let answer = world.execute_rows(&mut txn, &plan, &[], given).unwrap();
    assert_eq!(answer, Answer { count: 2, rows: vec!["77|5".into(), "88|6".into()] });
    world.commit(txn).unwrap();
    assert_eq!(rows(&mut world, "t"), ["1|10|77", "2|20|88", "3|-|300"]);
}

#[test]
fn an_insert_may_read_the_table_it_writes() {
    let mut world = world();
    let t = world.find("t");
    let ids = vec![op("+", col(U, &t, "id"), int(10)), null(TypeId::INT4), col(U, &t, "v")];
    let from = select(vec![item(U, &t)], Some(op("<=", col(U, &t, "v"), int(200))), ids);
    let mut copy = insert(&t, vec![vec![int(0), int(0), int(0)]]);
    copy.source = InsertSource::Query(Box::new(from));
    world.options.force = true;
    assert_eq!(world.run(&insert_stmt(copy)).unwrap().count, 2);
    assert_eq!(rows(&mut world, "t"), ["1|10|100", "2|20|200", "3|-|300", "11|-|100", "12|-|200"]);
}

#[test]
fn a_statement_that_waited_looks_again() {
    for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
        let mut world = world();
        let cheap = world.bind("update t set v = v + 1000 where v <= 200 returning id", &[]).unwrap().statement;
        let one = world.bind("update t set v = 500 where id = 2", &[]).unwrap().statement;
        let (mut a, mut b) = (world.begin(isolation), world.begin(isolation));
        world.step(&mut a, &one, &[]).unwrap();
        assert!(matches!(world.step(&mut b, &cheap, &[]), Err(Stop::Wait(_))));
        world.commit(a).unwrap();
        world.shard.restart_statement(&mut b).unwrap();
        assert_eq!(world.step(&mut b, &cheap, &[]).unwrap().rows, ["1"]);
        world.commit(b).unwrap();
        assert_eq!(rows(&mut world, "t"), ["1|10|1100", "2|20|500", "3|-|300"]);
    }
}

#[test]
fn upserts_of_one_new_key_queue() {
    for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
        let mut world = world();
        let text = "insert into t values (9, 90, 1) on conflict (id) do update set v = t.v + 1";
        let upsert = world.bind(text, &[]).unwrap().statement;
        let text = "insert into t values (9, 91, 1) on conflict do nothing";
        let nothing = world.bind(text, &[]).unwrap().statement;
        let (mut a, mut b, mut c) = (world.begin(isolation), world.begin(isolation), world.begin(isolation));
        assert_eq!(world.step(&mut a, &upsert, &[]).unwrap().count, 1);
        assert!(matches!(world.step(&mut b, &upsert, &[]), Err(Stop::Wait(_))));
        assert!(matches!(world.step(&mut c, &nothing, &[]), Err(Stop::Wait(_))));
        world.commit(a).unwrap();
        world.shard.restart_statement(&mut b).unwrap();
        assert_eq!(world.step(&mut b, &upsert, &[]).unwrap().count, 1);
        world.commit(b).unwrap();
        world.shard.restart_statement(&mut c).unwrap();
        assert_eq!(world.step(&mut c, &nothing, &[]).unwrap().count, 0);
        world.commit(c).unwrap();
        assert_eq!(rows(&mut world, "t")[3], "9|90|2");
    }
}
