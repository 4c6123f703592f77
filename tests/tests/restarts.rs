//! A write whose rows a large query finds, and that must wait for a row: the rows are found again afterwards.

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
