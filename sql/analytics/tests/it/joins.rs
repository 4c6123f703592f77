//! Joins.

use crate::world::*;
use cairn_sql_types::TypeId;

#[test]
fn inner_and_outer() {
    let mut world = company();
    world.rows(
        "SELECT e.name, d.name FROM emp e JOIN dept d ON e.dept = d.id WHERE e.sal > 120",
        &["cat|dev", "dan|dev"],
    );
    world.rows(
        "SELECT e.name, d.name FROM emp e LEFT JOIN dept d ON e.dept = d.id AND d.id = 1",
        &["ann|sales", "bob|sales", "cat|NULL", "dan|NULL", "eve|NULL", "fay|NULL"],
    );
    world.rows(
        "SELECT e.name, d.name FROM emp e RIGHT JOIN dept d ON e.dept = d.id WHERE d.id <> 2",
        &["ann|sales", "bob|sales", "NULL|empty"],
    );
    world.rows(
        "SELECT e.id, d.id FROM emp e FULL JOIN dept d ON e.dept = d.id WHERE e.id IS NULL OR d.id IS NULL",
        &["31|NULL", "NULL|3"],
    );
    world.rows("SELECT count(*) FROM emp, dept", &["18"]);
    world.rows("SELECT a.id, b.id FROM emp a JOIN emp b ON a.sal = b.sal AND a.id < b.id", &["11|12"]);
    world.rows("SELECT a.x, b.x FROM log a JOIN log b ON a.f = b.f AND a.x < b.x", &["1|2", "3|4"]);
    world.rows("SELECT a.x, b.x FROM log a JOIN log b ON a.c = b.c AND a.x < b.x", &["1|2"]);
    world.rows("SELECT d.name, e.name FROM dept d JOIN emp e ON e.id = d.boss", &["sales|ann", "dev|cat"]);
    world.rows("SELECT d.id, e.id FROM dept d JOIN emp e ON e.id < d.boss", &["2|11", "2|12"]);
    world.rows("SELECT id, boss FROM dept NATURAL JOIN (SELECT 2 AS id) s", &["2|21"]);
    world.rows(
        "SELECT d.id, e.id, f.id FROM dept d LEFT JOIN (emp e JOIN emp f ON e.id + 1 = f.id) ON e.dept = d.id",
        &["1|11|12", "2|21|22", "2|22|23", "3|NULL|NULL"],
    );
    world.rows("SELECT count(*) FROM emp a, emp b, dept d WHERE a.dept = d.id AND b.id = d.boss", &["5"]);
}

#[test]
fn lateral() {
    let mut world = company();
    world.rows(
        "SELECT d.id, e.name FROM dept d, LATERAL (SELECT name FROM emp WHERE dept = d.id ORDER BY since LIMIT 1) e",
        &["1|ann", "2|cat"],
    );
    world.rows(
        "SELECT d.id, e.n FROM dept d, LATERAL (SELECT count(*) AS n FROM emp WHERE dept = d.id) e",
        &["1|2", "2|3", "3|0"],
    );
    world.rows("SELECT d.id, e.name FROM dept d LEFT JOIN LATERAL (SELECT name FROM emp WHERE dept = d.id AND sal > 200) e ON true", &[
        "1|NULL", "2|cat", "3|NULL",
    ]);
    world.rows(
        "SELECT d.id, s.v FROM dept d CROSS JOIN LATERAL (VALUES (d.id * 10), (d.id * 100)) s(v) WHERE d.id = 2",
        &["2|20", "2|200"],
    );
}

#[test]
fn what_all_arms_of_an_or_demand_joins_by_hash() {
    let mut world = company();
    let text = "SELECT e.name FROM emp e, dept d WHERE (e.dept = d.id AND d.id = 1 AND e.sal > 100)
        OR (e.dept = d.id AND (d.id = 2 AND e.dept = d.id AND e.sal > 200 OR d.id = 2 AND e.dept = d.id AND e.sal < 60))";
    let lines = world.explain(text);
    assert!(lines.iter().any(|line| line.contains("Hash Join")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("Nested Loop")), "{lines:?}");
    let expected = world.run(
        "SELECT e.name FROM emp e JOIN dept d ON e.dept = d.id
            WHERE d.id = 1 AND e.sal > 100 OR d.id = 2 AND e.sal > 200 OR d.id = 2 AND e.sal < 60",
        &[],
    );
    let expected = expected.unwrap();
    world.rows(text, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn literals_that_became_parameters_are_compared_by_value() {
    let mut world = company();
    let text = "SELECT count(*) FROM emp WHERE (dept = $1 AND sal > $2) OR (dept = $3 AND sal <= $2)";
    let count = |world: &mut World, first: &str, third: &str| {
        world.run(text, &[(TypeId::INT4, first), (TypeId::INT4, "150"), (TypeId::INT4, third)]).unwrap()
    };
    assert_eq!(
        count(&mut world, "2", "2"),
        world.run("SELECT count(*) FROM emp WHERE dept = 2 AND sal IS NOT NULL", &[]).unwrap()
    );
    assert_ne!(count(&mut world, "2", "1"), count(&mut world, "2", "2"));
}

#[test]
fn an_arm_that_demands_only_what_all_demand_decides() {
    let mut world = company();
    for (text, same) in [
        ("dept = 2 OR (dept = 2 AND sal > 200)", "dept = 2"),
        ("(dept = 2 AND sal > 200) OR dept = 2 OR (sal < 0 AND dept = 2)", "dept = 2"),
        ("(sal > 0 AND dept = 1) OR (sal > 0 AND dept IS NULL)", "sal > 0 AND (dept = 1 OR dept IS NULL)"),
        ("(sal > NULL AND dept = 1) OR (sal > NULL AND dept = 2)", "false"),
    ] {
        let expected = world.run(&format!("SELECT id FROM emp WHERE {same}"), &[]).unwrap();
        world.rows(
            &format!("SELECT id FROM emp WHERE {text}"),
            &expected.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn joins_on_keys_come_before_joins_that_multiply() {
    let mut world = World::new();
    let rows = |count: usize, row: &dyn Fn(usize) -> Vec<String>| -> Vec<Vec<String>> { (0..count).map(row).collect() };
    let mut table = |name: &str, columns: &[(&str, TypeId)], rows: Vec<Vec<String>>| {
        let texts: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
        world.table(name, columns, &[columns[0].0], &[], &rows);
    };
    let int = TypeId::INT4;
    table("land", &[("l", int), ("part", int)], rows(5, &|n| vec![n.to_string(), (n % 2).to_string()]));
    table("maker", &[("m", int), ("ml", int)], rows(40, &|n| vec![n.to_string(), (n % 5).to_string()]));
    table("buyer", &[("b", int), ("bl", int)], rows(400, &|n| vec![n.to_string(), (n % 5).to_string()]));
    table(
        "deal",
        &[("d", int), ("db", int), ("dm", int)],
        rows(800, &|n| vec![n.to_string(), (n % 400).to_string(), (n * 7 % 40).to_string()]),
    );
    // The buyers and the makers of a land would be 16,000 pairs.
    let text =
        "SELECT count(*) FROM land, maker, buyer, deal WHERE b = db AND m = dm AND bl = ml AND ml = l AND part = 1";
    let expected = (0..800).filter(|n| {
        let (buyer, maker) = (n % 400, n * 7 % 40);
        buyer % 5 == maker % 5 && (maker % 5) % 2 == 1
    });
    world.rows(text, &[&expected.count().to_string()]);
    world.rows("SELECT count(*) FROM deal, buyer WHERE db = b AND d IN (SELECT max(d) FROM deal GROUP BY dm)", &["40"]);
}
