//! An engine is one crate and one line of registration: this program is a `cairn` server that has one more engine, the
//! testkit's model of ordered maps, and SQL uses it like the others.
//!
//! Called as `example_engine run ...` it is that server. Called otherwise it starts itself as a server and tests it.

use std::path::PathBuf;
use std::sync::Arc;

use cairn::Registration;
use cairn_base::EngineCode;
use cairn_engine_testkit::model::ModelEngine;
use cairn_tests::{Client, Server};

/// The one line.
const EXAMPLE: Registration = Registration {
    name: "example",
    code: EngineCode(3),
    open: |place| Ok(Arc::new(ModelEngine::open(&place.directory)?)),
};

/// Set for a server without that engine.
const WITHOUT: &str = "SERVE_WITHOUT_EXAMPLE";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "run") {
        let engines: &[Registration] = if std::env::var_os(WITHOUT).is_some() { &[] } else { &[EXAMPLE] };
        cairn::main(engines);
    }
    sql_uses_an_engine_that_was_registered();
    println!("test sql_uses_an_engine_that_was_registered ... ok");
}

fn sql_uses_an_engine_that_was_registered() {
    let program = std::env::current_exe().expect("this program");
    let mut server = start(program, &[]);
    let mut client = server.connect();
    client.ok("create table parent (id int primary key, name text unique not null) using example");
    client.ok("create table child (id int primary key, parent int not null references parent) using memtx");
    client.ok("create table cold (id int primary key, parent int references parent on delete cascade) using vinyl");
    client.ok("insert into parent select i, 'name ' || i from generate_series(1, 1000) i");
    client.ok("create index on parent (name desc, id)");
    assert_eq!(client.ok("select id from parent where name = 'name 77'").value(), "77");
    assert_eq!(client.ok("select count(*), sum(id) from parent").text(), "1000,500500");
    assert_eq!(client.err("insert into parent values (1001, 'name 1')"), "23505");
    assert_eq!(client.err("insert into child values (1, 1001)"), "23503");

    // One transaction over three engines: all or nothing.
    client.ok("begin");
    client.ok("update parent set name = 'renamed' where id = 1");
    client.ok("insert into child values (1, 1)");
    client.ok("insert into cold values (1, 2)");
    client.ok("rollback");
    client.ok("begin");
    client.ok("delete from parent where id > 500");
    client.ok("insert into child values (2, 2)");
    client.ok("insert into cold values (2, 3)");
    client.ok("commit");
    is_there(&mut client);

    // From the log, then from its own checkpoint.
    server.kill();
    server.restart().expect("the log brings the engine back");
    let mut client = server.connect();
    is_there(&mut client);
    client.ok("checkpoint");
    client.ok("delete from parent where id = 3");
    server.kill();
    server.restart().expect("checkpoint and log bring the engine back");
    let mut client = server.connect();
    assert_eq!(client.ok("select count(*) from parent").value(), "499");
    assert_eq!(client.ok("select count(*) from cold").value(), "0");
    client.ok("set default_table_access_method = example");
    client.ok("create table plain (id int)");
    assert_eq!(client.err("create table other (id int) using nonsense"), "42704");
    server.kill();

    // A server without the engine does not serve a database with a hole.
    server.set_environment(WITHOUT, "1");
    let told = server.refused();
    assert!(told.contains("example"), "{told}");
}

fn start(program: PathBuf, parameters: &[&str]) -> Server {
    let mut server = Server::prepare_program(program, parameters);
    server.restart().unwrap_or_else(|error| panic!("the server did not start: {error}"));
    server
}

fn is_there(client: &mut Client) {
    assert_eq!(client.ok("select count(*), max(name) from parent").text(), "500,name 99");
    assert_eq!(client.ok("select c.id, p.name from child c join parent p on p.id = c.parent").text(), "2,name 2");
    assert_eq!(client.ok("select c.id, p.name from cold c join parent p on p.id = c.parent").text(), "2,name 3");
}
