//! Which access is chosen, and that it finds the right rows.

use cairn_sql_binder::tree::*;
use cairn_sql_short::*;
use cairn_sql_testkit::*;
use cairn_sql_types::{Datum, TypeId};
use cairn_txn::Isolation;

use crate::trees::*;

/// `t(id int4 primary key, grp int4, name text)`, index on (grp, id), rows 1..=20 with grp = id % 4.
fn world() -> World {
    let mut world = World::new();
    let t = world.table(NewTable {
        name: "t",
        columns: vec![("id", TypeId::INT4, true), ("grp", TypeId::INT4, false), ("name", TypeId::TEXT, false)],
        key: vec!["id"],
        indexes: vec![vec!["grp"]],
        ..NewTable::default()
    });
    let rows = (1..=20).map(|id| vec![int(id), int(id % 4), text(&format!("n{id}"))]).collect();
    assert_eq!(world.run(&insert_stmt(insert(&t, rows))).unwrap().count, 20);
    world
}

fn explain(world: &World, query: Query) -> Vec<String> {
    plan(&statement(query), &world.catalog, world.options).expect("short").explain()
}

#[test]
fn a_point_read_goes_through_the_primary_key() {
    let mut world = world();
    let t = world.find("t");
    let query =
        select(vec![item(T, &t)], Some(op("=", col(T, &t, "id"), param(0, TypeId::INT8))), vec![col(T, &t, "name")]);
    assert_eq!(
        explain(&world, query.clone()),
        ["Index Scan using t_pkey on t", "  Index Cond: (id = $1)", "Executor: short"]
    );
    let query = statement(query);
    let run = |world: &mut World, value| world.run_with(&query, &[value]).unwrap().rows;
    assert_eq!(run(&mut world, Datum::Int8(7)), ["n7"]);
    assert_eq!(run(&mut world, Datum::Int8(77)), [""; 0]);
    assert_eq!(run(&mut world, Datum::Int8(1 << 40)), [""; 0]);
    assert_eq!(run(&mut world, Datum::Null), [""; 0]);
}

#[test]
fn lists_and_ranges_and_their_order() {
    let mut world = world();
    let t = world.find("t");
    let id = || col(T, &t, "id");
    let list = select(vec![item(T, &t)], Some(one_of(id(), vec![int(5), int(3), int(5), int(99)])), vec![id()]);
    assert_eq!(world.run(&statement(list)).unwrap().rows, ["3", "5"]);

    let between = and(vec![op(">", id(), int(4)), op("<=", id(), int(8))]);
    let range = select(vec![item(T, &t)], between.clone(), vec![id()]);
    assert_eq!(world.run(&statement(range.clone())).unwrap().rows, ["5", "6", "7", "8"]);
    let backward = ordered(range, &[(0, true)]);
    assert_eq!(
        explain(&world, backward.clone()),
        ["Index Scan Backward using t_pkey on t", "  Index Cond: ((id > 4) AND (id <= 8))", "Executor: short"]
    );
    assert_eq!(world.run(&statement(backward)).unwrap().rows, ["8", "7", "6", "5"]);

    let top = limited(ordered(select(vec![item(T, &t)], None, vec![id()]), &[(0, true)]), 2, 1);
    assert_eq!(world.run(&statement(top)).unwrap().rows, ["19", "18"]);

    let far = select(vec![item(T, &t)], Some(op("<", id(), big(1 << 40))), vec![id()]);
    assert_eq!(world.not_short(&statement(far.clone())), "no index bounds what is read");
    world.options.force = true;
    assert_eq!(world.run(&statement(far)).unwrap().rows.len(), 20);
}

#[test]
fn a_secondary_index_gives_rows_order_and_covering_reads() {
    let mut world = world();
    let t = world.find("t");
    let filter = Some(op("=", col(T, &t, "grp"), int(2)));
    let query =
        ordered(select(vec![item(T, &t)], filter.clone(), vec![col(T, &t, "id"), col(T, &t, "name")]), &[(0, false)]);
    assert_eq!(explain(&world, query.clone())[0], "Index Scan using t_grp_idx on t");
    assert_eq!(world.run(&statement(query)).unwrap().rows, ["2|n2", "6|n6", "10|n10", "14|n14", "18|n18"]);
    let covered = ordered(select(vec![item(T, &t)], filter, vec![col(T, &t, "id")]), &[(0, true)]);
    assert_eq!(explain(&world, covered.clone())[0], "Index Only Scan Backward using t_grp_idx on t");
    assert_eq!(world.run(&statement(covered)).unwrap().rows, ["18", "14", "10", "6", "2"]);
    let by_name = ordered(
        select(vec![item(T, &t)], Some(op("=", col(T, &t, "grp"), int(2))), vec![col(T, &t, "name")]),
        &[(0, false)],
    );
    assert_eq!(world.run(&statement(limited(by_name, 3, 0))).unwrap().rows, ["n10", "n14", "n18"]);
}

#[test]
fn joins_go_from_lookup_to_lookup() {
    let mut world = world();
    let t = world.find("t");
    let u = world.table(NewTable {
        name: "u",
        columns: vec![("t_id", TypeId::INT4, true), ("n", TypeId::INT4, true), ("x", TypeId::TEXT, false)],
        key: vec!["t_id", "n"],
        ..NewTable::default()
    });
    let rows = [(1, 1, "a"), (1, 2, "b"), (3, 1, "c")];
    let rows = rows.iter().map(|(id, n, x)| vec![int(*id), int(*n), text(x)]).collect();
    world.run(&insert_stmt(insert(&u, rows))).unwrap();
    let on = op("=", col(U, &u, "t_id"), col(T, &t, "id"));
    let join =
        |kind| FromItem::Join { kind, left: Box::new(item(T, &t)), right: Box::new(item(U, &u)), on: Some(on.clone()) };
    let filter = Some(one_of(col(T, &t, "id"), vec![int(1), int(2), int(3)]));
    let targets = vec![col(T, &t, "id"), col(U, &u, "x")];
    let inner = select(vec![join(JoinKind::Inner)], filter.clone(), targets.clone());
    assert_eq!(world.run(&statement(inner)).unwrap().rows, ["1|a", "1|b", "3|c"]);
    let left = select(vec![join(JoinKind::Left)], filter, targets.clone());
    assert_eq!(world.run(&statement(left.clone())).unwrap().rows, ["1|a", "1|b", "2|-", "3|c"]);
    assert_eq!(
        explain(&world, left),
        [
            "Nested Loop Left Join",
            "  ->  Index Scan using t_pkey on t",
            "        Index Cond: (t.id = ANY ({1,2,3}))",
            "  ->  Index Scan using u_pkey on u",
            "        Index Cond: (u.t_id = t.id)",
            "Executor: short"
        ]
    );
    let alone = select(vec![join(JoinKind::Left)], Some(op("=", col(T, &t, "id"), int(2))), targets.clone());
    let mut nulls = alone.clone();
    if let Body::Select(select) = &mut nulls.body {
        select.filter = and(vec![
            op("=", col(T, &t, "id"), int(2)),
            Expr::IsNull { arg: Box::new(col(U, &u, "x")), negated: true },
        ]);
    }
    assert_eq!(world.run(&statement(alone)).unwrap().rows, ["2|-"]);
    assert_eq!(world.run(&statement(nulls)).unwrap().rows, [""; 0]);
}

#[test]
fn subqueries_run_first() {
    let mut world = world();
    let t = world.find("t");
    let inner = select(vec![item(U, &t)], Some(op("=", col(U, &t, "id"), int(4))), vec![col(U, &t, "grp")]);
    let scalar = Expr::Scalar(subquery(inner.clone()), cairn_sql_types::Type::plain(TypeId::INT4));
    let exists = Expr::Exists { subquery: subquery(inner), negated: false };
    let query = select(Vec::new(), None, vec![scalar, exists]);
    assert_eq!(world.run(&statement(query)).unwrap().rows, ["0|t"]);
    let two = select(vec![item(U, &t)], Some(op("=", col(U, &t, "grp"), int(1))), vec![col(U, &t, "id")]);
    let scalar = Expr::Scalar(subquery(two), cairn_sql_types::Type::plain(TypeId::INT4));
    let error = world.run(&statement(select(Vec::new(), None, vec![scalar]))).unwrap_err();
    assert_eq!(error.to_string(), "21000: more than one row returned by a subquery used as an expression");
}

#[test]
fn limits_must_make_sense() {
    let mut world = world();
    let t = world.find("t");
    let query = |limit, offset| {
        let mut query = limited(select(vec![item(T, &t)], None, vec![col(T, &t, "id")]), limit, 0);
        query.offset = Some(big(offset));
        statement(query)
    };
    assert_eq!(world.run(&query(-1, 0)).unwrap_err().to_string(), "2201W: LIMIT must not be negative");
    assert_eq!(world.run(&query(1, -1)).unwrap_err().to_string(), "2201X: OFFSET must not be negative");
    assert_eq!(world.run(&query(0, 0)).unwrap().rows, [""; 0]);
    assert_eq!(world.run(&query(2, 19)).unwrap().rows, ["20"]);
}

#[test]
fn a_query_that_visits_too_much_escalates() {
    let mut world = world();
    let t = world.find("t");
    world.limits.rows_visited_max = Some(3);
    let query =
        statement(select(vec![item(T, &t)], Some(op("=", col(T, &t, "grp"), int(1))), vec![col(T, &t, "name")]));
    let mut txn = world.begin(Isolation::Serializable);
    assert!(matches!(world.step(&mut txn, &query, &[]), Err(Stop::Escalate)));
    world.shard.abort(txn);
}

#[test]
fn row_locks_queue_skip_and_refuse() {
    let mut world = world();
    let t = world.find("t");
    let id = |n| Some(op("=", col(T, &t, "id"), int(n)));
    let lock = |filter, wait| {
        let query = limited(ordered(select(vec![item(T, &t)], filter, vec![col(T, &t, "id")]), &[(0, false)]), 2, 0);
        statement(locking(query, LockStrength::Update, wait))
    };
    let mut a = world.begin(Isolation::ReadCommitted);
    assert_eq!(world.step(&mut a, &lock(id(1), LockWait::Wait), &[]).unwrap().rows, ["1"]);
    let mut b = world.begin(Isolation::ReadCommitted);
    assert!(matches!(world.step(&mut b, &lock(id(1), LockWait::Wait), &[]), Err(Stop::Wait(_))));
    let mut c = world.begin(Isolation::ReadCommitted);
    let Err(Stop::Error(error)) = world.step(&mut c, &lock(id(1), LockWait::NoWait), &[]) else { panic!("locked") };
    assert_eq!(error.to_string(), "55P03: could not obtain lock on row in relation \"t\"");
    assert_eq!(world.step(&mut c, &lock(id(1), LockWait::SkipLocked), &[]).unwrap().rows, [""; 0]);
    assert_eq!(world.step(&mut c, &lock(None, LockWait::SkipLocked), &[]).unwrap().rows, ["2", "3"]);
    world.commit(a).unwrap();
    world.shard.restart_statement(&mut b).unwrap();
    assert_eq!(world.step(&mut b, &lock(id(1), LockWait::Wait), &[]).unwrap().rows, ["1"]);
    world.commit(b).unwrap();
    world.commit(c).unwrap();
}

#[test]
fn aggregates_over_a_range() {
    let mut world = world();
    let t = world.find("t");
    let call = |name: &str, args: Vec<Expr>, distinct| {
        let types: Vec<TypeId> = args.iter().map(|arg| arg.ty().id).collect();
        let found = cairn_sql_types::aggregates::by_name(name).iter().copied().find(|found| found.args == types);
        let aggregate = found.expect("an aggregate");
        let ty = cairn_sql_types::Type::plain(aggregate.result);
        AggregateCall { aggregate, args, distinct, order_by: Vec::new(), filter: None, ty }
    };
    let calls = vec![
        call("count", Vec::new(), false),
        call("sum", vec![col(T, &t, "id")], false),
        call("sum", vec![col(T, &t, "grp")], true),
        call("max", vec![col(T, &t, "name")], false),
    ];
    let targets = calls.iter().enumerate().map(|(at, call)| Expr::Aggregate(at, call.ty)).collect();
    let filter = and(vec![op(">=", col(T, &t, "id"), int(3)), op("<", col(T, &t, "id"), int(9))]);
    let mut query = select(vec![item(T, &t)], filter, targets);
    if let Body::Select(select) = &mut query.body {
        select.grouping = Some(Grouping { keys: Vec::new(), sets: vec![Vec::new()], aggregates: calls });
    }
    assert_eq!(world.run(&statement(query)).unwrap().rows, ["6|33|6|n8"]);
}
