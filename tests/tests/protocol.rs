//! The protocol below the drivers: order of messages, skipping, cancel, COPY, portals, SCRAM.

use std::thread;
use std::time::{Duration, Instant};

use cairn_tests::client::{Message, cancel, failure};
use cairn_tests::frames::{bind, execute, parse, sync};
use cairn_tests::tools::require_program;
use cairn_tests::{Client, Server};

fn kinds(messages: &[Message]) -> String {
    messages.iter().map(|message| char::from(message.kind)).collect()
}

fn server_with_table() -> (Server, Client) {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.ok("create table t (id int primary key, name text)");
    client.ok("insert into t values (1, 'one'), (2, 'two'), (3, 'three')");
    (server, client)
}

#[test]
fn pipelined_statements_answer_in_order() {
    let (_server, mut client) = server_with_table();
    let mut bytes = Vec::new();
    for id in 1..=3 {
        let statement = format!("select name from t where id = {id}");
        bytes.extend([parse(&statement), bind(), execute(0), sync()].concat());
    }
    client.write(&bytes).expect("sent");
    for name in ["one", "two", "three"] {
        let messages = client.read_to_ready().expect("answered");
        assert_eq!(kinds(&messages), "12DCZ");
        assert!(messages[2].body.ends_with(name.as_bytes()));
    }
}

#[test]
fn after_an_error_messages_are_skipped_to_sync() {
    let (_server, mut client) = server_with_table();
    let work = [parse("select 1/0"), bind(), execute(0), parse("insert into t values (9)"), bind(), execute(0), sync()];
    client.write(&work.concat()).expect("sent");
    let messages = client.read_to_ready().expect("answered");
    assert!(kinds(&messages).ends_with("EZ"), "{}", kinds(&messages));
    assert_eq!(failure(&messages[messages.len() - 2].body).code, "22012");
    assert_eq!(client.ok("select count(*) from t where id between 1 and 10").value(), "3");
}

#[test]
fn statements_of_one_query_are_one_transaction() {
    let (_server, mut client) = server_with_table();
    let (answers, failed) = client.run("insert into t values (4); insert into t values (1); insert into t values (5)");
    assert_eq!(answers.len(), 1);
    assert_eq!(failed.expect("a duplicate key").code, "23505");
    assert_eq!(
        client.ok("select count(*) from t where id between 1 and 10").value(),
        "3",
        "the first insert is undone"
    );
    let (_, failed) = client.run("insert into t values (4); commit; insert into t values (1)");
    assert_eq!(failed.expect("a duplicate key").code, "23505");
    assert_eq!(
        client.ok("select count(*) from t where id between 1 and 10").value(),
        "4",
        "COMMIT ends the implicit block"
    );
    assert_eq!(client.status, b'I');
}

#[test]
fn status_follows_the_transaction() {
    let (_server, mut client) = server_with_table();
    client.ok("begin");
    assert_eq!(client.status, b'T');
    assert_eq!(client.err("select 1/0"), "22012");
    assert_eq!(client.status, b'E');
    assert_eq!(client.err("select 1"), "25P02");
    assert_eq!(client.ok("commit").tag, "ROLLBACK");
    assert_eq!(client.status, b'I');
}

#[test]
fn portals_stop_at_their_row_limit() {
    let (_server, mut client) = server_with_table();
    let query = "select id from t where id between 1 and 10 order by id";
    client.ok("begin");
    client.write(&[parse(query), bind(), execute(2), execute(2), sync()].concat()).expect("sent");
    assert_eq!(kinds(&client.read_to_ready().expect("answered")), "12DDsDCZ");
    client.ok("commit");
}

#[test]
fn cancel_ends_a_waiting_statement() {
    let (server, mut holder) = server_with_table();
    holder.ok("begin");
    holder.ok("update t set name = 'held' where id = 1");
    let mut waiter = server.connect();
    let key = waiter.key;
    let waiting = thread::spawn(move || waiter.query("update t set name = 'mine' where id = 1"));
    thread::sleep(Duration::from_millis(300));
    cancel(server.port(), (key.0, key.1 ^ 1)).expect("a wrong secret is ignored");
    thread::sleep(Duration::from_millis(100));
    assert!(!waiting.is_finished(), "a wrong secret cancels nothing");
    let began = Instant::now();
    cancel(server.port(), key).expect("asked");
    assert_eq!(waiting.join().expect("no panic").expect_err("cancelled").code, "57014");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn copy_goes_in_and_out() {
    let (_server, mut client) = server_with_table();
    copy_in(&mut client, "copy t from stdin", b"10\tten\n11\t\\N\n\\.\n");
    copy_in(&mut client, "copy t from stdin with (format csv)", b"12,\"a,\"\"b\"\n13,\n");
    assert_eq!(
        copy_out(&mut client, "copy t to stdout with (format csv)"),
        "1,one\n2,two\n3,three\n10,ten\n11,\n12,\"a,\"\"b\"\n13,\n"
    );
    assert!(copy_out(&mut client, "copy t to stdout").contains("11\t\\N\n"));
    client.send(b'Q', b"copy t from stdin\0").expect("sent");
    assert_eq!(client.read().expect("answered").kind, b'G');
    client.send(b'f', b"changed my mind\0").expect("sent");
    let messages = client.read_to_ready().expect("answered");
    assert_eq!((kinds(&messages).as_str(), failure(&messages[0].body).code.as_str()), ("EZ", "57014"));
}

fn copy_in(client: &mut Client, statement: &str, data: &[u8]) {
    client.send(b'Q', &[statement.as_bytes(), &[0]].concat()).expect("sent");
    assert_eq!(client.read().expect("answered").kind, b'G', "{statement}");
    // Cut anywhere: the server puts lines together.
    for piece in data.chunks(3) {
        client.send(b'd', piece).expect("sent");
    }
    client.send(b'c', b"").expect("sent");
    let messages = client.read_to_ready().expect("answered");
    assert_eq!(kinds(&messages), "CZ", "{statement}: {:?}", failure(&messages[0].body));
}

fn copy_out(client: &mut Client, statement: &str) -> String {
    client.send(b'Q', &[statement.as_bytes(), &[0]].concat()).expect("sent");
    let messages = client.read_to_ready().expect("answered");
    let failed = messages.iter().find(|message| message.kind == b'E').map(|message| failure(&message.body));
    assert_eq!(failed, None, "{statement}");
    let data: Vec<_> =
        messages.iter().filter(|message| message.kind == b'd').flat_map(|message| message.body.clone()).collect();
    String::from_utf8(data).expect("text")
}

#[test]
fn scram_lets_in_who_knows_the_password() {
    let server = Server::start(&["instance.pg.auth=scram-sha-256", "instance.pg.password=open sesame"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let connect = async |password: &str| {
            let address = format!("host=127.0.0.1 port={} user=postgres password='{password}'", server.port());
            tokio_postgres::connect(&address, tokio_postgres::NoTls).await
        };
        let (client, connection) = connect("open sesame").await.expect("the right password");
        tokio::spawn(connection);
        client.simple_query("select 1").await.expect("answered");
        let Err(error) = connect("wrong").await else { panic!("a wrong password was accepted") };
        assert_eq!(error.code().expect("a SQLSTATE").code(), "28P01");
    });
    require_program("psql");
    let right = server.client_program("psql").env("PGPASSWORD", "open sesame").args(["-XAtc", "select 1"]).output();
    assert!(right.expect("psql can be run").status.success());
}
