//! The thinnest walk: psql, two engines, one transaction across both, SIGKILL, restart; and the edges of the process.

use std::process::Command;

use cairn_tests::server::binary;
use cairn_tests::tools::require_program;
use cairn_tests::{ENGINES, Server};

#[test]
fn what_was_acknowledged_is_there_after_sigkill() {
    let mut server = Server::start(&[]);
    let mut client = server.connect();
    for engine in ENGINES {
        client.ok(&format!("create table {engine}_t (id int primary key, name text) using {engine}"));
        client.ok(&format!("insert into {engine}_t values (1, 'one'), (2, 'two')"));
    }
    client.ok("begin");
    client.ok("insert into memtx_t values (3, 'three')");
    client.ok("update vinyl_t set name = 'TWO' where id = 2");
    client.ok("commit");
    client.ok("begin");
    client.ok("insert into memtx_t values (4, 'four')");
    client.ok("delete from vinyl_t where id = 1");
    client.ok("rollback");
    client.ok("begin");
    client.ok("insert into vinyl_t values (5, 'never committed')");

    let check = |server: &Server| {
        let mut client = server.connect();
        let all = |table: &str| format!("select * from {table} where id between 0 and 10 order by id");
        assert_eq!(client.ok(&all("memtx_t")).text(), "1,one;2,two;3,three");
        assert_eq!(client.ok(&all("vinyl_t")).text(), "1,one;2,TWO");
    };
    check(&server);
    server.kill();
    server.restart().expect("the server recovers from SIGKILL");
    check(&server);
    assert!(server.terminate().success(), "SIGTERM is an orderly end");
    server.restart().expect("the server starts after SIGTERM");
    check(&server);
}

#[test]
fn psql_walks() {
    require_program("psql");
    let server = Server::start(&[]);
    let mut script = String::new();
    for engine in ENGINES {
        script += &format!("create table {engine}_p (id int primary key, v int) using {engine};");
        script += &format!("insert into {engine}_p values (1, 10); select v from {engine}_p where id = 1;");
    }
    script += "begin; update memtx_p set v = 11 where id = 1; update vinyl_p set v = 12 where id = 1; commit;";
    for engine in ENGINES {
        script += &format!("select v from {engine}_p where id = 1;");
    }
    let output = server.psql(&["-qAt", "-c", &script]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "10\n10\n11\n12\n");
}

#[test]
fn a_second_server_on_the_directory_is_refused() {
    let server = Server::start(&[]);
    let output = server.command(0).output().expect("the binary runs");
    assert!(!output.status.success());
    assert!(server.stderr().contains("in use by another cairn server"), "{}", server.stderr());
    server.connect().ok("select 1");
}

#[test]
fn the_command_line_answers() {
    let cairn = |arguments: &[&str]| Command::new(binary()).args(arguments).output().expect("the binary runs");
    let version = cairn(&["--version"]);
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("cairn "));
    let default = cairn(&["config", "default"]);
    assert!(String::from_utf8_lossy(&default.stdout).contains("4327"));
    let wrong = cairn(&["run", "-c", "instance.memtx.memroy=1G"]);
    let message = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && message.contains("did you mean \"instance.memtx.memory\""), "{message}");
}

#[test]
fn a_node_in_memory_serves() {
    let server = Server::start(&["instance.memory=true"]);
    let mut client = server.connect();
    client.ok("create table t (id int primary key)");
    client.ok("insert into t values (1)");
    assert_eq!(client.ok("select id from t where id = 1").value(), "1");
}

#[test]
fn tokio_postgres_walks() {
    let server = Server::start(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let address = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", server.port());
        let (mut client, connection) =
            tokio_postgres::connect(&address, tokio_postgres::NoTls).await.expect("connected");
        let driver = tokio::spawn(connection);
        client.batch_execute("create table t (id int8 primary key, name text, ok bool)").await.expect("created");
        let transaction = client.transaction().await.expect("begun");
        let insert = transaction.prepare("insert into t values ($1, $2, $3)").await.expect("prepared");
        for id in 0..100_i64 {
            transaction.execute(&insert, &[&id, &format!("name {id}"), &(id % 2 == 0)]).await.expect("inserted");
        }
        transaction.commit().await.expect("committed");
        let row = client.query_one("select name, ok from t where id = $1", &[&7_i64]).await.expect("found");
        assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("name 7", false));
        drop(client);
        driver.await.expect("the driver ends").expect("without an error");
    });
}
