//! Joins.

use crate::world::*;

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
