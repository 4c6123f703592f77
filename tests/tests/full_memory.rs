//! No room left in memory: a clear error, nothing lost, and everything works again when there is room.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cairn_tests::{Client, ENGINES, Server};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Bytes of text in a row.
const ROW_BYTES: usize = 10_000;

fn tables(client: &mut Client) {
    for engine in ENGINES {
        client.ok(&format!("create table {engine}_t (id int primary key, text text not null) using {engine}"));
    }
}

/// A text of noise, quoted: compression would make a small disk large.
fn noise(id: u32) -> String {
    let mut rng = StdRng::seed_from_u64(id.into());
    let letters = (0..ROW_BYTES).map(|_| char::from(rng.random_range(b'0'..=b'z')));
    format!("'{}'", letters.collect::<String>())
}

fn ids(client: &mut Client, engine: &str) -> BTreeSet<u32> {
    let answer = client.ok(&format!("select id from {engine}_t where id >= 0"));
    answer.rows.iter().map(|row| row[0].as_deref().expect("not null").parse().expect("a number")).collect()
}

#[test]
fn full_memtx_refuses_writes_and_nothing_else() {
    let mut server = Server::start(&["instance.memtx.memory=24M", "instance.checkpoint.log_bytes=4M"]);
    let mut client = server.connect();
    tables(&mut client);
    let mut last = 0;
    let refused = loop {
        match client.query(&format!("insert into memtx_t values ({last}, {})", noise(last))) {
            Ok(_) => last += 1,
            Err(failure) => break failure,
        }
        assert!(last < 10_000, "the limit is never reached");
    };
    assert_eq!(refused.code, "53200");
    assert!(refused.message.starts_with("out of memory: "), "{refused}");
    assert!(last > 1000, "{last} rows of {ROW_BYTES} bytes fill 24 MiB");
    let all: BTreeSet<_> = (0..last).collect();

    // Reads go on, the other engine goes on, a transaction across both is refused whole.
    assert_eq!(ids(&mut client, "memtx"), all);
    client.ok("insert into vinyl_t values (1, 'room')");
    client.ok("begin");
    client.ok("insert into vinyl_t values (2, 'taken back')");
    assert_eq!(client.err(&format!("insert into memtx_t values ({last}, {})", noise(last))), "53200");
    assert_eq!(client.ok("commit").tag, "ROLLBACK");
    assert_eq!(ids(&mut client, "vinyl"), BTreeSet::from([1]));

    // Being full is no state to lose: it survives a crash and an orderly end.
    server.kill();
    server.restart().expect("full is no reason not to start");
    let mut client = server.connect();
    assert_eq!(ids(&mut client, "memtx"), all);
    assert!(server.terminate().success());
    server.restart().expect("full is no reason not to start");
    let mut client = server.connect();
    assert_eq!(ids(&mut client, "memtx"), all);

    // Deletes go on and make room, without anybody asking for a collection.
    assert_eq!(client.err(&format!("insert into memtx_t values ({last}, {})", noise(last))), "53200");
    assert_eq!(client.ok(&format!("delete from memtx_t where id < {}", last / 2)).tag, format!("DELETE {}", last / 2));
    eventually(|| client.query(&format!("insert into memtx_t values ({last}, {})", noise(last))).is_ok());
    assert_eq!(ids(&mut client, "memtx"), (last / 2..=last).collect());
}

/// One statement that alone is larger than the memory is refused, and leaves no trace.
#[test]
fn a_statement_larger_than_memtx_is_refused_whole() {
    let server = Server::start(&["instance.memtx.memory=24M"]);
    let mut client = server.connect();
    tables(&mut client);
    client.ok("insert into memtx_t values (-1, 'before')");
    let much = "insert into memtx_t select i, repeat('x', 1000) from generate_series(1, 100000) i";
    assert_eq!(client.err(much), "53200");
    assert_eq!(client.ok("select count(*) from memtx_t").value(), "1");
    client.ok("insert into memtx_t select i, repeat('x', 1000) from generate_series(1, 10000) i");
    // A table that goes makes room, too.
    client.ok("truncate memtx_t");
    eventually(|| {
        client.query("insert into memtx_t select i, repeat('x', 1000) from generate_series(1, 10000) i").is_ok()
    });
    client.ok("drop table memtx_t");
    client.ok("create table again (id int primary key, text text)");
    eventually(|| {
        client.query("insert into again select i, repeat('x', 1000) from generate_series(1, 10000) i").is_ok()
    });
}

fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "not in twenty seconds");
        std::thread::sleep(Duration::from_millis(100));
    }
}
