//! Statements over very many rows: others go on meanwhile, cancel requests and timeouts are heard, and a table larger than
//! its cache is no obstacle.

use std::thread;
use std::time::{Duration, Instant};

use cairn_tests::client::cancel;
use cairn_tests::{Client, Server};

const ROWS: u32 = 300_000;

/// A table without any index, so that DDL has to look at all of it.
fn heap(client: &mut Client, engine: &str, rows: u32) {
    client.set_patience(Duration::from_secs(120));
    client.ok(&format!("create table heap (id int not null, text text not null) using {engine}"));
    let step = 100_000;
    for first in (0..rows).step_by(step as usize) {
        let last = (first + step).min(rows) - 1;
        client.ok(&format!("insert into heap select i, md5(i::text) from generate_series({first}, {last}) i"));
    }
}

/// Cancels a statement while it runs, then lets it run into `statement_timeout`: 57014 both times. Gives the time from the
/// cancel request to the answer.
fn cancelled_and_timed_out(server: &Server, client: &mut Client, statement: &str) -> Duration {
    client.send(b'Q', format!("{statement}\0").as_bytes()).expect("sent");
    thread::sleep(Duration::from_millis(30));
    let asked = Instant::now();
    cancel(server.port(), client.key).expect("the request is heard");
    let answers = client.read_to_ready().expect("an answer");
    let waited = asked.elapsed();
    let error = answers.iter().find(|message| message.kind == b'E').map(|message| message.body.clone());
    let error = error.unwrap_or_else(|| panic!("not cancelled within {waited:?}: {statement}"));
    assert_eq!(cairn_tests::client::failure(&error).code, "57014", "{statement}");
    client.ok("set statement_timeout = '20ms'");
    assert_eq!(client.err(statement), "57014", "{statement}");
    client.ok("reset statement_timeout");
    waited
}

const SCANS: [&str; 5] = [
    "create index on heap (text)",
    "alter table heap add check (length(text) = 32 and text <> 'x' and upper(text) <> text || 'y')",
    "alter table heap add primary key (id)",
    "alter table heap add column stamp float8 default random()",
    "alter table heap alter column text set not null, add unique (text)",
];

#[test]
fn ddl_over_many_rows_is_cancelled_and_times_out() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    heap(&mut client, "memtx", ROWS);
    for statement in SCANS {
        let waited = cancelled_and_timed_out(&server, &mut client, statement);
        assert!(waited < Duration::from_secs(1), "{statement} was cancelled after {waited:?}");
    }
    // Nothing of what was cancelled is left.
    assert_eq!(client.ok("select count(*) from pg_indexes where tablename = 'heap'").value(), "0");
    assert_eq!(client.ok("select count(*) from heap").value(), ROWS.to_string());
    SCANS.iter().for_each(|statement| drop(client.ok(statement)));
    assert_eq!(client.ok("select id from heap where text = md5('77')").value(), "77");
    assert_eq!(client.ok("select text = md5('78') from heap where id = 78").value(), "t");
}

const WRITES: [&str; 3] = [
    "insert into heap select id + 1000000, text from heap",
    "update heap set text = text || 'x'",
    "delete from heap where id >= 0",
];

#[test]
fn writes_of_many_rows_are_cancelled_and_time_out() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    heap(&mut client, "memtx", ROWS);
    for statement in WRITES {
        cancelled_and_timed_out(&server, &mut client, statement);
        assert_eq!(
            client.ok("select count(*), max(length(text)) from heap").text(),
            format!("{ROWS},32"),
            "{statement}"
        );
    }
    assert_eq!(client.ok(WRITES[0]).tag, format!("INSERT 0 {ROWS}"));
    assert_eq!(client.ok(WRITES[1]).tag, format!("UPDATE {}", 2 * ROWS));
    assert_eq!(client.ok("select count(*), min(length(text)) from heap").text(), format!("{},33", 2 * ROWS));
    assert_eq!(client.ok(WRITES[2]).tag, format!("DELETE {}", 2 * ROWS));
}

/// Rows that others change in between make the statement begin again, or fail, but never write what it should not.
#[test]
fn turns_see_one_snapshot() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.set_patience(Duration::from_secs(120));
    for level in ["read committed", "repeatable read", "serializable"] {
        client.ok("drop table if exists counter");
        client.ok("create table counter (id int primary key, v int not null)");
        client.ok("insert into counter select i, 0 from generate_series(1, 20000) i");
        let mut others: Vec<_> = (0..2).map(|_| server.connect()).collect();
        let adder = thread::spawn({
            let mut client = server.connect();
            let level = level.to_owned();
            move || {
                client.set_patience(Duration::from_secs(120));
                client.ok(&format!("set default_transaction_isolation = '{level}'"));
                let mut done = 0;
                for _ in 0..5 {
                    match client.query("update counter set v = v + 1") {
                        Ok(_) => done += 1,
                        Err(failure) => assert!(failure.is_retryable(), "{failure}"),
                    }
                }
                done
            }
        });
        let mut single = 0;
        while !adder.is_finished() {
            for other in &mut others {
                let id = single * 7919 % 20000 + 1;
                match other.query(&format!("update counter set v = v + 1 where id = {id}")) {
                    Ok(_) => single += 1,
                    Err(failure) => assert!(failure.is_retryable(), "{failure}"),
                }
            }
            thread::sleep(Duration::from_millis(20));
        }
        let all: i64 = adder.join().expect("the adder ends");
        let sum: i64 = client.ok("select sum(v) from counter").value().parse().expect("a number");
        assert_eq!(sum, all * 20000 + single, "{level}: {all} times all rows, {single} single rows");
    }
}

#[test]
fn others_go_on_while_ddl_walks_over_many_rows() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    heap(&mut client, "memtx", ROWS);
    client.ok("create table small (id int primary key)");
    client.ok("insert into small values (1)");
    let mut other = server.connect();
    let walker = thread::spawn(move || {
        client.ok("begin");
        let began = Instant::now();
        client.ok(SCANS[0]);
        client.ok(SCANS[1]);
        let took = began.elapsed();
        client.ok("rollback");
        took
    });
    let mut answered = 0;
    while !walker.is_finished() {
        other.ok("select id from small where id = 1");
        answered += 1;
    }
    let took = walker.join().expect("the walk ends");
    // One stretch of work would let two or three through, whatever the machine.
    assert!(answered > 20, "{answered} statements in {took:?}");
}

#[test]
fn a_table_larger_than_its_cache_is_no_obstacle() {
    let mut server = Server::start(&["instance.vinyl.cache=1M", "instance.vinyl.write_buffer=1M"]);
    heap(&mut server.connect(), "vinyl", 100_000);
    server.connect().ok("checkpoint");
    server.kill();
    server.restart().expect("started");
    let mut client = server.connect();
    client.set_patience(Duration::from_secs(120));
    SCANS.iter().for_each(|statement| drop(client.ok(statement)));
    assert_eq!(client.ok("update heap set stamp = stamp / 2").tag, "UPDATE 100000");
    assert_eq!(client.ok("select id from heap where text = md5('77')").value(), "77");
    assert_eq!(client.ok("select count(*) from heap where stamp between 0 and 1").value(), "100000");
}
