//! No room left on disk: a clear error, nothing lost, and everything works again when there is room.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cairn_tests::full_disk::{FillDisk, Preloaded, Tmpfs};
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

    // Reads go on; only a large query waits until vinyl has taken in what it would see, and its timeout ends that.
    assert_eq!(ids(&mut client, "memtx"), done);
    for id in &done {
        assert_eq!(client.ok(&format!("select id from vinyl_t where id = {id}")).value(), id.to_string());
    }
    client.ok("set statement_timeout = '1s'");
    let large = client.query("select count(*), max(length(text)) from vinyl_t");
    assert!(
        large.as_ref().map_or_else(|failure| failure.code == "57014", |answer| !answer.rows.is_empty()),
        "{large:?}"
    );
    client.ok("reset statement_timeout");
    // A checkpoint has no space either: it fails, and the log stays.
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
