//! One relation: filters, order, groups, windows, sets.

use crate::world::*;
use cairn_sql_types::TypeId;

#[test]
fn scans_filter_and_sort() {
    let mut world = company();
    world
        .ordered("SELECT id, name FROM emp ORDER BY id", &["11|ann", "12|bob", "21|cat", "22|dan", "23|eve", "31|fay"]);
    world.ordered("SELECT name FROM emp WHERE id = 21", &["cat"]);
    world.ordered("SELECT name FROM emp WHERE id IN (12, 23, 99) ORDER BY id DESC", &["eve", "bob"]);
    world.ordered("SELECT name FROM emp WHERE id BETWEEN 12 AND 22 ORDER BY 1", &["bob", "cat", "dan"]);
    world.ordered("SELECT name FROM emp WHERE dept = 2 AND sal > 200", &["cat"]);
    world.ordered("SELECT sal FROM emp ORDER BY sal DESC, id", &["NULL", "250", "150.5", "100.00", "100.0", "80"]);
    world.ordered("SELECT sal FROM emp ORDER BY sal NULLS FIRST, id LIMIT 2 OFFSET 1", &["80", "100.00"]);
    world.ordered(
        "SELECT * FROM (SELECT sal, id FROM emp ORDER BY sal, id LIMIT 2 OFFSET 1) s ORDER BY sal, id",
        &["100.00|11", "100.0|12"],
    );
    world.ordered(
        "SELECT * FROM (SELECT sal, id FROM emp ORDER BY sal, id LIMIT 2 OFFSET 1) s ORDER BY sal, id LIMIT 1",
        &["100.00|11"],
    );
    world.ordered("SELECT * FROM (SELECT id FROM emp LIMIT 2 OFFSET 1) s LIMIT 2 OFFSET 1", &["21"]);
    world.ordered("SELECT id FROM emp ORDER BY sal FETCH FIRST 2 ROWS WITH TIES", &["31", "11", "12"]);
    world.ordered("SELECT x FROM log ORDER BY f, x", &["1", "2", "5", "3", "4"]);
    world.ordered("SELECT id FROM emp WHERE false", &[]);
    world.ordered("SELECT", &[""]);
    world.ordered("SELECT 1, 'a', 1", &["1|a|1"]);
    world.ordered("VALUES (1, 'a'), (2, NULL)", &["1|a", "2|NULL"]);
    let rows = world.run(
        "SELECT name FROM emp WHERE id = $1 OR id = ANY($2)",
        &[(TypeId::INT8, "11"), (TypeId::INT8.array().unwrap(), "{21,31}")],
    );
    assert_eq!(rows.unwrap(), ["ann", "cat", "fay"]);
}

#[test]
fn groups_and_aggregates() {
    let mut world = company();
    world.rows(
        "SELECT dept, count(*), sum(sal), avg(sal) FROM emp GROUP BY dept",
        &["1|2|200.00|100.0000000000000000", "2|3|400.5|200.2500000000000000", "NULL|1|80|80.0000000000000000"],
    );
    world.rows("SELECT count(*), count(sal), min(name), max(since) FROM emp WHERE id > 100", &["0|0|NULL|NULL"]);
    world.rows("SELECT sal, count(*) FROM emp GROUP BY sal HAVING count(*) > 1", &["100.00|2"]);
    world.rows(
        "SELECT count(DISTINCT sal), string_agg(name, ',' ORDER BY name DESC) FROM emp",
        &["4|fay,eve,dan,cat,bob,ann"],
    );
    world.rows("SELECT sum(id) FILTER (WHERE dept = 1) FROM emp", &["23"]);
    world.rows("SELECT f, count(*) FROM log GROUP BY f", &["0|2", "NaN|2", "1.5|1"]);
    world.rows("SELECT count(DISTINCT c) FROM log", &["3"]);
    world.rows(
        "SELECT dept, grouping(dept), count(*) FROM emp WHERE dept = 2 GROUP BY ROLLUP (dept)",
        &["2|0|3", "NULL|1|3"],
    );
    world.rows("SELECT * FROM (SELECT dept, count(*) FROM emp GROUP BY ROLLUP (dept)) s WHERE 5 > 5", &[]);
    world.rows("SELECT * FROM (SELECT count(*) FROM emp) s WHERE false", &[]);
    world.rows("SELECT count(*) FROM emp LIMIT 0", &[]);
    world.rows("SELECT * FROM (SELECT id FROM emp ORDER BY id) s LIMIT 0", &[]);
    world.rows(
        "SELECT d.id, s.n FROM dept d LEFT JOIN (SELECT count(*) n FROM emp) s ON 1 > 2",
        &["1|NULL", "2|NULL", "3|NULL"],
    );
    world.rows("SELECT DISTINCT sal FROM emp WHERE sal < 200", &["80", "100.00", "150.5"]);
    world.ordered(
        "SELECT DISTINCT ON (dept) dept, name FROM emp ORDER BY dept, since DESC",
        &["1|bob", "2|eve", "NULL|fay"],
    );
    world.rows("SELECT upper(name) || '!' FROM emp GROUP BY name HAVING name < 'c'", &["ANN!", "BOB!"]);
}

#[test]
fn windows() {
    let mut world = company();
    world.ordered(
        "SELECT name, row_number() OVER (PARTITION BY dept ORDER BY id), rank() OVER (ORDER BY sal), \
         sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), lag(name) OVER (ORDER BY id) FROM emp ORDER BY id",
        &["ann|1|2|11|NULL", "bob|2|2|23|ann", "cat|1|5|33|bob", "dan|2|4|43|cat", "eve|3|6|45|dan", "fay|1|1|54|eve"],
    );
    world.ordered(
        "SELECT dept, sum(count(*)) OVER (ORDER BY dept) FROM emp GROUP BY dept ORDER BY dept",
        &["1|2", "2|5", "NULL|6"],
    );
    world.ordered(
        "SELECT id, count(*) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM emp ORDER BY id",
        &["11|2", "12|2", "21|2", "22|3", "23|2", "31|1"],
    );
    world.ordered(
        "SELECT last_value(id) OVER (PARTITION BY dept) FROM emp ORDER BY id",
        &["12", "12", "23", "23", "23", "31"],
    );
}

#[test]
fn parameters_in_frames_and_limits() {
    let mut world = company();
    let text = "SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM emp ORDER BY id LIMIT $2 OFFSET $3";
    let params = [(TypeId::INT8, "1"), (TypeId::INT8, "2"), (TypeId::INT8, "1")];
    assert_eq!(world.run(text, &params).unwrap(), ["12|23", "21|33"]);
    let negative = [(TypeId::INT8, "1"), (TypeId::INT8, "-2"), (TypeId::INT8, "1")];
    assert_eq!(world.run(text, &negative).unwrap_err().state().as_str(), "2201W");
}

#[test]
fn set_operations_and_with() {
    let mut world = company();
    world.rows("SELECT dept FROM emp UNION SELECT id FROM dept", &["1", "2", "3", "NULL"]);
    world.rows(
        "SELECT dept FROM emp UNION ALL SELECT id FROM dept WHERE id = 3",
        &["1", "1", "2", "2", "2", "3", "NULL"],
    );
    world.rows("SELECT dept FROM emp INTERSECT SELECT id FROM dept", &["1", "2"]);
    world.rows("SELECT dept FROM emp EXCEPT SELECT id FROM dept WHERE id = 1", &["2", "NULL"]);
    world.rows("SELECT dept FROM emp EXCEPT ALL SELECT id FROM dept", &["1", "2", "2", "NULL"]);
    world.rows("SELECT dept FROM emp INTERSECT ALL VALUES (2), (2), (1), (7)", &["1", "2", "2"]);
    world.rows("SELECT 1.0 UNION SELECT 1.00", &["1.0"]);
    world.ordered(
        "WITH e AS (SELECT * FROM emp WHERE dept = 1) SELECT a.name, b.name FROM e a, e b ORDER BY 1, 2",
        &["ann|ann", "ann|bob", "bob|ann", "bob|bob"],
    );
    world.ordered(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i), count(*) FROM n",
        &["15|5"],
    );
    world.rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i % 3 + 1 FROM n) SELECT i FROM n", &["1", "2", "3"]);
}

#[test]
fn functions_that_return_sets() {
    let mut world = company();
    world.ordered("SELECT * FROM generate_series(1, 3)", &["1", "2", "3"]);
    world.ordered("SELECT * FROM generate_series(1, 2) WITH ORDINALITY AS g(v, o)", &["1|1", "2|2"]);
    world.ordered(
        "SELECT d.id, g FROM dept d, generate_series(1, d.id) g WHERE d.id < 3 ORDER BY 1, 2",
        &["1|1", "2|1", "2|2"],
    );
    world.ordered("SELECT generate_series(1, 3), generate_series(1, 2)", &["1|1", "2|2", "3|NULL"]);
    world.ordered("SELECT generate_series(1, 2) + 10, name FROM dept WHERE id = 1", &["11|sales", "12|sales"]);
    world.ordered(
        "SELECT d.id, g FROM dept d LEFT JOIN LATERAL generate_series(1, d.id - 2) g ON true ORDER BY 1",
        &["1|NULL", "2|NULL", "3|1"],
    );
    world.ordered("SELECT unnest(ARRAY['a', NULL, 'b'])", &["a", "NULL", "b"]);
}

#[test]
fn errors_come_out_unchanged() {
    let mut world = company();
    world.fails("SELECT 1 / (id - 11) FROM emp", "22012");
    world.fails("SELECT sum(2147483647 + dept) FROM emp", "22003");
    world.fails("SELECT name::int FROM emp", "22P02");
    world.fails("SELECT id FROM emp LIMIT -1", "2201W");
    world.ordered(
        "SELECT CASE WHEN id = 11 THEN 0 ELSE 1 / (id - 11) END FROM emp WHERE id < 13 ORDER BY id",
        &["0", "1"],
    );
    world.ordered("SELECT CASE WHEN true THEN 1 ELSE 1 / 0 END FROM dept WHERE id = 1", &["1"]);
}

#[test]
fn memory_is_limited() {
    let mut world = company();
    world
        .fails("SELECT array_agg(repeat('x', 1000) || g) FROM generate_series(1, 200000) g GROUP BY g % 1000", "53200");
}

#[test]
fn plans_name_their_index() {
    let mut world = company();
    let lines = world.explain("SELECT count(*) FROM emp WHERE dept = 2 AND name > 'c'");
    assert_eq!(lines[0], "Executor: analytics");
    assert!(lines.iter().any(|line| line.contains("Index Scan using emp_dept_idx on emp")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("Filter:") && line.contains("name")), "{lines:#?}");
}

#[test]
fn raising_the_flag_stops_a_query() {
    let mut world = company();
    let started = std::time::Instant::now();
    let text = "SELECT count(*) FROM generate_series(1, 30000) a, generate_series(1, 30000) b WHERE a + b < 0";
    let error = world.run_until(text, std::time::Duration::from_millis(100)).unwrap_err();
    assert_eq!(error.state().as_str(), "57014");
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}
