//! Random rows and random conditions: whatever index is taken, the answer is that of a full scan with a filter.

use cairn_sql_testkit::*;
use cairn_sql_types::TypeId;
use proptest::prelude::*;

const INDEXED: &str = "i";
const PLAIN: &str = "p";

type Row = (i32, Option<i32>, Option<i64>, Option<String>);

/// Two tables with the same rows; only one of them has keys and indexes.
fn world(rows: &[Row]) -> World {
    let mut world = World::new();
    let columns = || {
        vec![
            ("id", TypeId::INT4, true),
            ("a", TypeId::INT4, false),
            ("b", TypeId::INT8, false),
            ("c", TypeId::TEXT, false),
        ]
    };
    world.table(NewTable {
        name: INDEXED,
        columns: columns(),
        key: vec!["id"],
        uniques: vec![vec!["b", "id"]],
        indexes: vec![vec!["a", "b desc"], vec!["c", "a"], vec!["a desc"]],
        ..NewTable::default()
    });
    world.table(NewTable { name: PLAIN, columns: columns(), ..NewTable::default() });
    world.options.force = true;
    for (id, a, b, c) in rows {
        let sql = |value: &Option<String>| value.clone().map_or("null".to_owned(), |text| format!("'{text}'"));
        let number = |value: Option<i64>| value.map_or("null".to_owned(), |value| value.to_string());
        let values = format!("({id}, {}, {}, {})", number(a.map(i64::from)), number(*b), sql(c));
        for table in [INDEXED, PLAIN] {
            world.sql(&format!("insert into {table} values {values}")).unwrap();
        }
    }
    world
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let a = proptest::option::weighted(0.8, -2..4i32);
    let b = proptest::option::weighted(0.8, prop_oneof![-3..3i64, Just(i64::MIN), Just(1 << 40)]);
    let c = proptest::option::weighted(0.8, "[ab]{0,2}");
    let map = proptest::collection::btree_map(-20..20i32, (a, b, c), 0..25);
    map.prop_map(|rows| rows.into_iter().map(|(id, (a, b, c))| (id, a, b, c)).collect())
}

fn condition() -> impl Strategy<Value = String> {
    let operator = prop_oneof![Just("="), Just("<"), Just("<="), Just(">"), Just(">="), Just("<>")];
    let number = prop_oneof![8 => (-4..5i64).prop_map(|n| n.to_string()), 1 => Just("null".to_owned()),
        1 => Just("1099511627776".to_owned()), 1 => Just("-9000000000000000000".to_owned())];
    let column = prop_oneof![Just("id"), Just("a"), Just("b")];
    prop_oneof![
        6 => (column.clone(), operator.clone(), number.clone()).prop_map(|(c, o, n)| format!("{c} {o} {n}")),
        2 => (number.clone(), operator.clone(), column.clone()).prop_map(|(n, o, c)| format!("{n} {o} {c}")),
        2 => (operator, "[ab]{0,2}").prop_map(|(o, text)| format!("c {o} '{text}'")),
        2 => (column.clone(), proptest::collection::vec(number.clone(), 1..4))
            .prop_map(|(c, list)| format!("{c} in ({})", list.join(", "))),
        1 => proptest::collection::vec(-3..4i32, 0..4).prop_map(|list| format!("a = any('{{{}}}'::int4[])",
            list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))),
        1 => (column.clone(), any::<bool>()).prop_map(|(c, not)| format!("{c} is {}null", if not { "not " } else { "" })),
        1 => (column, number.clone(), number).prop_map(|(c, low, high)| format!("{c} between {low} and {high}")),
        1 => (-3..4i32, -3..4i32).prop_map(|(x, y)| format!("(a = {x} or a = {y})")),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let order = prop_oneof![
        Just(""),
        Just("order by id"),
        Just("order by id desc"),
        Just("order by a, b desc, id"),
        Just("order by b, id"),
        Just("order by a desc, id"),
        Just("order by c, a, id desc"),
        Just("order by a nulls first, b, id desc")
    ];
    let targets = prop_oneof![Just("*"), Just("id"), Just("a, id"), Just("c, a, id"), Just("b, id, a")];
    let limit = proptest::option::of((0..5u8, 0..3u8));
    (targets, proptest::collection::vec(condition(), 0..4), order, limit).prop_map(
        |(targets, conditions, order, limit)| {
            let filter =
                if conditions.is_empty() { String::new() } else { format!("where {}", conditions.join(" and ")) };
            // Rows are compared in order only where the order is total.
            let (order, limit) = match (order, limit) {
                ("", _) => ("", String::new()),
                (order, None) => (order, String::new()),
                (order, Some((limit, offset))) => (order, format!("limit {limit} offset {offset}")),
            };
            format!("select {targets} from $t {filter} {order} {limit}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_index_gives_what_a_full_scan_gives(rows in rows(), queries in proptest::collection::vec(query(), 12)) {
        let mut world = world(&rows);
        for query in queries {
            let mut run = |table: &str| world.sql(&query.replace("$t", table)).unwrap().rows;
            let (mut indexed, mut plain) = (run(INDEXED), run(PLAIN));
            if !query.contains("order by") {
                indexed.sort();
                plain.sort();
            }
            let plan = world.explain(&query.replace("$t", INDEXED)).join("\n");
            prop_assert_eq!(indexed, plain, "{}\n{}", query, plan);
        }
    }

    #[test]
    fn writes_keep_every_index_in_step(
        rows in rows(),
        writes in proptest::collection::vec((condition(), 0..6u8, -3..4i32), 6),
        checks in proptest::collection::vec(condition(), 6),
    ) {
        let mut world = world(&rows);
        for (condition, what, value) in writes {
            let write = match what {
                0 => format!("delete from $t where {condition}"),
                1 => format!("update $t set a = {value} where {condition}"),
                2 => format!("update $t set b = b + {value}, c = null where {condition}"),
                3 => format!("update $t set id = id + 100 where {condition}"),
                4 => format!("update $t set c = c || 'b', a = null where {condition}"),
                _ => format!("insert into $t select id + 1000, b, a, c from $t where {condition}"),
            };
            let indexed = world.sql(&write.replace("$t", INDEXED).replace("b, a, c from", "a, b, c from"));
            match indexed {
                Ok(answer) => {
                    let plain = world.sql(&write.replace("$t", PLAIN).replace("b, a, c from", "a, b, c from")).unwrap();
                    prop_assert_eq!(answer.count, plain.count, "{}", write);
                }
                // Refused as a whole: nothing may have changed.
                Err(error) => prop_assert!(["23505", "22003"].contains(&error.state().as_str()), "{write}: {error}"),
            }
        }
        for check in checks.iter().map(String::as_str).chain(["a is null", "b >= -9000000000000000000", "c >= ''", "a >= -100"]) {
            let mut run = |table: &str| {
                let mut rows = world.sql(&format!("select * from {table} where {check}")).unwrap().rows;
                rows.sort();
                rows
            };
            prop_assert_eq!(run(INDEXED), run(PLAIN), "{}", check);
        }
    }
}

/// A join of the table with itself, over columns that are indexed and columns that are not.
fn join() -> impl Strategy<Value = String> {
    let pair = || {
        let column = prop_oneof![Just("id"), Just("a"), Just("b")];
        (column.clone(), column, prop_oneof![4 => Just("="), 1 => Just("<"), 1 => Just(">=")])
            .prop_map(|(x, y, operator)| format!("x.{x} {operator} y.{y}"))
    };
    let side = prop_oneof![Just("x"), Just("y")];
    let filter = (side, condition()).prop_map(|(side, condition)| {
        let qualified = |text: &str, name: &str| text.replace(name, &format!("{side}.{name}"));
        // Names are single letters apart from `id`; numbers and operators hold none of them.
        match condition.split_once(' ') {
            Some(("id", rest)) if !rest.contains("id") => format!("{side}.id {rest}"),
            Some((name @ ("a" | "b" | "c"), rest)) => format!("{} {rest}", qualified(name, name)),
            _ => format!("{side}.id > -5"),
        }
    });
    let kind = prop_oneof![Just("join"), Just("left join"), Just("right join")];
    let on = proptest::collection::vec(pair(), 1..3);
    (kind, on, proptest::collection::vec(filter, 0..3), any::<bool>()).prop_map(|(kind, on, filters, in_on)| {
        let filters = filters.join(" and ");
        let on = on.join(" and ");
        let (on, filter) = match (filters.is_empty(), in_on) {
            (true, _) => (on, String::new()),
            (false, true) => (format!("{on} and {filters}"), String::new()),
            (false, false) => (on, format!("where {filters}")),
        };
        format!("select x.id, y.id, x.c, y.a from $t x {kind} $t y on {on} {filter} order by 1, 2")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn joins_by_lookup_give_what_nested_scans_give(rows in rows(), queries in proptest::collection::vec(join(), 8)) {
        let mut world = world(&rows);
        world.limits.rows_visited_max = None;
        for query in queries {
            let mut run = |table: &str| world.sql(&query.replace("$t", table)).unwrap().rows;
            let (indexed, plain) = (run(INDEXED), run(PLAIN));
            let plan = world.explain(&query.replace("$t", INDEXED)).join("\n");
            prop_assert_eq!(indexed, plain, "{}\n{}", query, plan);
        }
    }
}
