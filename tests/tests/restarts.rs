//! Statements that must wait begin again with the world as it is then: a write whose rows a large query finds finds them again, and
//! COPY and DECLARE see the catalog that the DDL they waited for has left.

use std::thread;
use std::time::Duration;

use cairn_tests::{Client, ENGINES, LEVELS, Server};

/// Long enough for a statement to reach the row that it waits for.
const A_MOMENT: Duration = Duration::from_millis(300);

/// The window function keeps the reading out of the short executor.
const UPDATE: &str = "update target set v = target.v + s.total \
    from (select id, sum(w) over () as total from source) s where s.id = target.id";

#[test]
fn rows_are_found_again_after_a_wait() {
    let server = Server::start(&[]);
    for engine in ENGINES {
        for level in LEVELS {
            let mut first = server.connect();
            create(&mut first, engine);
            let plan = first.ok(&format!("explain {UPDATE}")).text();
            assert!(plan.contains("analytics"), "this test wants another back end:\n{plan}");
            first.ok("begin; update target set v = v + 100 where id = 1; update source set w = 2 where id = 1");
            let mut second = server.connect();
            second.ok(&format!("begin isolation level {level}"));
            let waiting = thread::spawn(move || {
                let updated = second.query(UPDATE);
                (second, updated)
            });
            thread::sleep(A_MOMENT);
            assert!(!waiting.is_finished(), "{engine}, {level}: it did not wait");
            first.ok("commit");
            let (mut second, updated) = waiting.join().expect("no panic");
            match updated {
                Ok(_) => {
                    second.ok("commit");
                    // All of the first transaction was seen: 10 + 100 and 20, plus a sum of 2 + 1 + 1.
                    assert_eq!(rows(&mut first), "114 24", "{engine}, {level}");
                }
                Err(failure) => {
                    assert!(failure.is_retryable() && level != "read committed", "{engine}, {level}: {failure:?}");
                    second.ok("rollback");
                    assert_eq!(rows(&mut first), "110 20", "{engine}, {level}");
                }
            }
        }
    }
}

/// Without it, COPY would write into an index that is gone: a record that no engine can apply, and no later start could get past.
#[test]
fn copy_and_cursors_see_the_catalog_that_they_waited_for() {
    let mut server = Server::start(&[]);
    for engine in ENGINES {
        let mut ddl = server.connect();
        ddl.ok(&format!("create table {engine}_t (id int primary key, v int) using {engine}"));
        ddl.ok(&format!("insert into {engine}_t values (1, 1)"));
        ddl.ok(&format!("create index {engine}_gone on {engine}_t (v)"));
        let change = [
            format!("drop index {engine}_gone"),
            format!("create index {engine}_new on {engine}_t (v desc)"),
            format!("truncate {engine}_t"),
        ];
        ddl.ok(&format!("begin; {}", change.join(";")));
        let (mut copying, mut declaring) = (server.connect(), server.connect());
        let copy = format!("copy {engine}_t from stdin");
        let copying = thread::spawn(move || copying.run_copy(&copy, Some("2\t2\n")).1);
        declaring.ok("begin isolation level read committed");
        let declare = format!("declare c cursor for select id from {engine}_t where v between 0 and 10 order by v");
        let declaring = thread::spawn(move || {
            declaring.ok(&declare);
            declaring.ok("fetch all from c").text()
        });
        thread::sleep(A_MOMENT);
        assert!(!copying.is_finished() && !declaring.is_finished(), "{engine}: they did not wait");
        ddl.ok("commit");
        assert_eq!(copying.join().expect("no panic"), None, "{engine}");
        let read = declaring.join().expect("no panic");
        assert!(["", "2"].contains(&read.as_str()), "{engine}: the cursor sees {read}");
    }
    server.kill();
    server.restart().expect("every record in the log can be applied");
    for engine in ENGINES {
        let by_index = server.connect().ok(&format!("select id from {engine}_t where v between 0 and 10 order by v"));
        assert_eq!(by_index.text(), "2", "{engine}");
    }
}

fn create(client: &mut Client, engine: &str) {
    client.ok("drop table if exists target, source");
    for table in ["target (id int primary key, v int)", "source (id int primary key, w int)"] {
        client.ok(&format!("create table {table} using {engine}"));
    }
    client.ok("insert into target values (1, 10), (2, 20); insert into source values (1, 1), (2, 1), (3, 1)");
}

fn rows(client: &mut Client) -> String {
    client.ok("select string_agg(v::text, ' ' order by id) from target").value().to_owned()
}
