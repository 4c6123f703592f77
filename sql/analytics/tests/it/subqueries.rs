//! Subqueries in expressions.

use crate::world::*;

#[test]
fn scalar() {
    let mut world = company();
    world.rows("SELECT name FROM emp WHERE sal = (SELECT max(sal) FROM emp)", &["cat"]);
    world.rows("SELECT d.id, (SELECT count(*) FROM emp e WHERE e.dept = d.id), (SELECT max(sal) FROM emp e WHERE e.dept = d.id) FROM dept d", &[
        "1|2|100.00", "2|3|250", "3|0|NULL",
    ]);
    world
        .rows("SELECT d.id, (SELECT e.name FROM emp e WHERE e.id = d.boss) FROM dept d", &["1|ann", "2|cat", "3|NULL"]);
    world.fails("SELECT (SELECT e.name FROM emp e WHERE e.dept = d.id) FROM dept d", "21000");
    world.fails("SELECT (SELECT id FROM emp)", "21000");
    world.rows(
        "SELECT CASE WHEN d.id > 2 THEN (SELECT e.name FROM emp e WHERE e.dept = d.id) ELSE 'many' END FROM dept d",
        &["many", "many", "NULL"],
    );
    world.rows(
        "SELECT d.id, (SELECT e.name FROM emp e WHERE e.dept = d.id ORDER BY e.id DESC LIMIT 1) FROM dept d",
        &["1|bob", "2|eve", "3|NULL"],
    );
    world.rows("SELECT e.name FROM emp e WHERE sal > (SELECT avg(sal) FROM emp f WHERE f.dept = e.dept)", &["cat"]);
    world.rows(
        "SELECT d.id, (SELECT d.name || e.name FROM emp e WHERE e.id = d.boss) FROM dept d WHERE d.id = 1",
        &["1|salesann"],
    );
    world.rows(
        "SELECT dept, (SELECT d.name FROM dept d WHERE d.id = e.dept) FROM emp e GROUP BY dept",
        &["1|sales", "2|dev", "NULL|NULL"],
    );
    world.rows("SELECT dept FROM emp GROUP BY dept HAVING count(*) > (SELECT 2)", &["2"]);
    world.rows("SELECT (SELECT count(*) + (SELECT count(*) FROM emp f WHERE f.dept = d.id AND f.id > d.boss) FROM emp e WHERE e.dept = d.id) FROM dept d", &["3", "5", "0"]);
}

#[test]
fn exists_and_in() {
    let mut world = company();
    world.rows("SELECT id FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id)", &["1", "2"]);
    world.rows("SELECT id FROM dept d WHERE NOT EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id)", &["3"]);
    world.rows(
        "SELECT id, EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id AND e.sal > 200) FROM dept d",
        &["1|f", "2|t", "3|f"],
    );
    world.rows("SELECT EXISTS (SELECT 1 FROM emp WHERE id = 0), NOT EXISTS (SELECT 1 FROM emp WHERE id = 0)", &["f|t"]);
    world.rows("SELECT id FROM dept WHERE id IN (SELECT dept FROM emp)", &["1", "2"]);
    // NULL among the candidates: nothing is surely not in.
    world.rows("SELECT id FROM dept WHERE id NOT IN (SELECT dept FROM emp)", &[]);
    world.rows("SELECT id FROM dept WHERE NOT (id = ANY (SELECT dept FROM emp WHERE dept IS NOT NULL))", &["3"]);
    world.rows("SELECT id FROM dept WHERE id NOT IN (SELECT id FROM dept WHERE id < 3)", &["3"]);
    world.rows("SELECT id, id IN (SELECT dept FROM emp) FROM dept", &["1|t", "2|t", "3|NULL"]);
    world.rows("SELECT id, id NOT IN (SELECT dept FROM emp WHERE dept IS NOT NULL) FROM dept", &["1|f", "2|f", "3|t"]);
    world.rows(
        "SELECT e.dept, e.dept IN (SELECT id FROM dept WHERE id > 1) FROM emp e WHERE id IN (11, 21, 31)",
        &["1|f", "2|t", "NULL|NULL"],
    );
    world.rows(
        "SELECT NULL::int IN (SELECT id FROM dept WHERE false), 1 <> ALL (SELECT id FROM dept WHERE false)",
        &["f|t"],
    );
    world.rows("SELECT name FROM emp WHERE sal > ALL (SELECT sal FROM emp WHERE dept = 1)", &["cat", "dan"]);
    world.rows("SELECT name FROM emp WHERE sal >= ALL (SELECT sal FROM emp)", &[]);
    world.rows("SELECT name FROM emp WHERE (dept, id) IN (SELECT id, boss FROM dept)", &["ann", "cat"]);
    world.rows(
        "SELECT d.id FROM dept d WHERE d.boss IN (SELECT e.id FROM emp e WHERE e.dept = d.id ORDER BY e.id LIMIT 1)",
        &["1", "2"],
    );
    world.rows(
        "SELECT d.id FROM dept d WHERE d.id = 3 OR EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id AND e.sal > 200)",
        &["2", "3"],
    );
    world.rows(
        "SELECT dept FROM emp GROUP BY dept HAVING max(id) IN (SELECT id FROM emp WHERE name < 'f')",
        &["1", "2"],
    );
    world.rows(
        "SELECT count(*) FROM emp e WHERE e.sal > 90 AND e.id IN (SELECT boss FROM dept UNION SELECT 12)",
        &["3"],
    );
}

#[test]
fn arrays_and_nesting() {
    let mut world = company();
    world.rows(
        "SELECT d.id, ARRAY(SELECT e.name FROM emp e WHERE e.dept = d.id ORDER BY e.name DESC) FROM dept d",
        &["1|{bob,ann}", "2|{eve,dan,cat}", "3|{}"],
    );
    world.rows("SELECT ARRAY(SELECT id FROM dept ORDER BY id)", &["{1,2,3}"]);
    world.rows(
        "SELECT d.id FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id AND NOT EXISTS \
         (SELECT 1 FROM emp f WHERE f.dept = d.id AND f.id > e.id AND f.sal IS NOT NULL AND f.sal < e.sal))",
        &["1", "2"],
    );
    world.rows("SELECT d.id, (SELECT sum(x) FROM (SELECT e.id AS x FROM emp e WHERE e.dept = d.id UNION ALL SELECT 1) s) FROM dept d", &["1|24", "2|67", "3|1"]);
    world.rows("SELECT d.id, (SELECT string_agg(name, ',' ORDER BY rn) FROM (SELECT name, row_number() OVER (ORDER BY id DESC) rn FROM emp WHERE dept = d.id) s WHERE rn <= 2) FROM dept d", &["1|bob,ann", "2|eve,dan", "3|NULL"]);
}
