//! No room left, in memory or on disk: a clear error, nothing lost, and everything works again when there is room.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cairn_tests::full_disk::{FillDisk, Preloaded, Tmpfs};
use cairn_tests::{Client, ENGINES, Server};

/// Bytes of text in a row.
const ROW_BYTES: usize = 10_000;

fn tables(client: &mut Client) {
    for engine in ENGINES {
        client.ok(&format!("create table {engine}_t (id int primary key, text text not null) using {engine}"));
    }
}

/// A row of noise: compression would make a small disk large.
fn noise(id: u32) -> String {
    format!("(select string_agg(md5(({id} * 1000 + i)::text), '') from generate_series(1, {}) i)", ROW_BYTES / 32)
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

const SMALL_FILES: [&str; 3] =
    ["instance.wal.segment_bytes=2M", "instance.vinyl.write_buffer=2M", "instance.checkpoint.log_bytes=1G"];

#[test]
fn a_full_disk_refuses_writes_until_there_is_space() {
    let mut server = Server::prepare(&[&SMALL_FILES[..], &["instance.wal.device=portable"]].concat());
    let disk = Preloaded::new(&mut server);
    fill_and_free(&mut server, &disk);
}

/// The same on a real file system, with the device that the server would choose. Needs the right to mount; where that is
/// missing, the test above has shown it.
#[test]
fn a_full_tmpfs_refuses_writes_until_there_is_space() {
    let mut server = Server::prepare(&SMALL_FILES);
    let Some(disk) = Tmpfs::mount(&server, 96) else { return };
    fill_and_free(&mut server, &disk);
    server.kill();
}

fn fill_and_free(server: &mut Server, disk: &dyn FillDisk) {
    server.restart().expect("started");
    let mut client = server.connect();
    tables(&mut client);
    let mut done = BTreeSet::new();
    (0..50).for_each(|id| assert!(write(&mut client, id, &mut done).is_ok()));
    disk.fill();
    // What is allocated is used up first.
    let refused = (50..2000).find_map(|id| write(&mut client, id, &mut done).err()).expect("the disk is full");
    assert_eq!(refused.code, "53100", "{refused}\n{}", server.stderr());
    assert!(refused.message.contains("No space left on device"), "{refused}");
    assert_eq!(client.ok("rollback").tag, "ROLLBACK");

    // Reads go on. A checkpoint has no space either: it fails, and the log stays.
    for engine in ENGINES {
        assert_eq!(ids(&mut client, engine), done, "{engine}");
    }
    let failed = client.query("checkpoint").expect_err("there is no space for an image");
    assert!(["53100", "58030", "lost"].contains(&failed.code.as_str()), "{failed}");

    // Whatever became of the server, nothing is lost.
    server.kill();
    match server.restart() {
        Ok(()) => {}
        Err(told) => assert!(told.contains("cairn: ") && told.contains("No space left on device"), "{told}"),
    }
    server.kill();
    disk.free();
    server.restart().expect("there is space again");
    let mut client = server.connect();
    for engine in ENGINES {
        assert_eq!(ids(&mut client, engine), done, "{engine}");
    }
    (2000..2200).for_each(|id| assert!(write(&mut client, id, &mut done).is_ok()));

    // The same without an end of the process between.
    disk.fill();
    let refused = (3000..5000).find_map(|id| write(&mut client, id, &mut done).err()).expect("the disk is full");
    assert_eq!(refused.code, "53100", "{refused}\n{}", server.stderr());
    client.ok("rollback");
    disk.free();
    eventually(|| {
        let written = write(&mut client, 6000, &mut done).is_ok();
        written || client.query("rollback").is_err()
    });
    (6001..6200).for_each(|id| assert!(write(&mut client, id, &mut done).is_ok()));
    client.ok("checkpoint");
    server.kill();
    server.restart().expect("started");
    let mut client = server.connect();
    for engine in ENGINES {
        assert_eq!(ids(&mut client, engine), done, "{engine}");
    }
}

/// One row in each engine, in one transaction.
fn write(client: &mut Client, id: u32, done: &mut BTreeSet<u32>) -> Result<(), cairn_tests::Failure> {
    client.query("begin")?;
    for engine in ENGINES {
        client.query(&format!("insert into {engine}_t values ({id}, {})", noise(id)))?;
    }
    client.query("commit")?;
    done.insert(id);
    Ok(())
}

fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "not in twenty seconds");
        std::thread::sleep(Duration::from_millis(100));
    }
}
