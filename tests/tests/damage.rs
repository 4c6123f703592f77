//! Files that are not what was written: a newer format, flipped bits, a cut end, a directory that belongs to somebody else.
//! Each is refused with a reason and exit code 1, and when the cause is gone, everything is there again.

use std::path::Path;

use cairn_tests::files::{SEGMENT_HEADER_BYTES, cut, files, flip, last_image, last_segment, overwrite, segments};
use cairn_tests::{ENGINES, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const ROWS: u32 = 2000;

/// A server that was killed with rows in both engines: the first half in a checkpoint, the others in the log.
fn killed() -> Server {
    let mut server = Server::start(&[]);
    let mut client = server.connect();
    for engine in ENGINES {
        client.ok(&format!("create table {engine}_t (id int primary key, text text not null) using {engine}"));
        client.ok(&format!("create unique index on {engine}_t (text)"));
        insert(&mut client, engine, 0..ROWS / 2);
    }
    client.ok("checkpoint");
    for engine in ENGINES {
        for id in ROWS / 2..ROWS / 2 + 20 {
            insert(&mut client, engine, id..id + 1);
        }
        insert(&mut client, engine, ROWS / 2 + 20..ROWS);
    }
    server.kill();
    server
}

fn insert(client: &mut cairn_tests::Client, engine: &str, ids: std::ops::Range<u32>) {
    let (first, last) = (ids.start, ids.end - 1);
    client.ok(&format!("insert into {engine}_t select i, md5(i::text) from generate_series({first}, {last}) i"));
}

/// Starts the server and looks at every row, by both indexes.
fn is_whole(server: &mut Server) {
    server.restart().unwrap_or_else(|error| panic!("no start after the repair: {error}"));
    let mut client = server.connect();
    for engine in ENGINES {
        let right = format!("select count(*) from {engine}_t where text = md5(id::text) and id between 0 and {ROWS}");
        assert_eq!(client.ok(&right).value(), ROWS.to_string(), "{engine}");
        let found =
            format!("select count(*) from generate_series(0, {ROWS} - 1) i join {engine}_t t on t.text = md5(i::text)");
        assert_eq!(client.ok(&found).value(), ROWS.to_string(), "{engine}");
    }
    server.kill();
}

#[test]
fn newer_formats_are_refused() {
    let mut server = killed();
    let data = server.data();
    std::fs::write(data.join("FORMAT"), "cairn 2\n").expect("written");
    let told = server.refused();
    assert!(told.contains("holds \"cairn 2\": this version of cairn reads \"cairn 1\" only"), "{told}");
    std::fs::write(data.join("FORMAT"), "cairn 1\n").expect("written");

    let (segment, _) = last_segment(&data);
    let mut header = std::fs::read(&segment).expect("read")[..SEGMENT_HEADER_BYTES as usize].to_vec();
    header[8] = 2;
    let sum = crc32c::crc32c(&header[..60]);
    header[60..].copy_from_slice(&sum.to_le_bytes());
    let before = overwrite(&segment, 0, &header);
    let told = server.refused();
    let name = segment.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(told.contains(&format!("{name} has log format 2, this version reads up to 1")), "{told}");
    overwrite(&segment, 0, &before);

    let image = last_image(&data);
    let mut preamble = std::fs::read(&image).expect("read")[..16].to_vec();
    preamble[8] = 3;
    let sum = crc32c::crc32c(&preamble[..12]);
    preamble[12..].copy_from_slice(&sum.to_le_bytes());
    let before = overwrite(&image, 0, &preamble);
    let told = server.refused();
    assert!(told.contains(".image") && told.contains("format"), "{told}");
    overwrite(&image, 0, &before);
    is_whole(&mut server);
}

/// Any flipped bit of an image is found before a row of it is served.
#[test]
fn a_corrupt_image_is_refused_with_file_and_offset() {
    let mut rng = StdRng::seed_from_u64(seed());
    let mut server = killed();
    let image = last_image(&server.data());
    let bytes = std::fs::metadata(&image).expect("there").len();
    for _ in 0..number("CAIRN_FLIPS", 12) {
        let (at, mask) = (rng.random_range(0..bytes), 1 << rng.random_range(0..8));
        flip(&image, at, mask);
        let told = server.refused();
        let name = image.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(told.contains("corrupt") && told.contains(&name) && told.contains("offset"), "byte {at}: {told}");
        flip(&image, at, mask);
    }
    is_whole(&mut server);
}

#[test]
fn a_log_corrupt_in_its_middle_is_refused_with_file_and_offset() {
    let mut rng = StdRng::seed_from_u64(seed());
    let mut server = killed();
    let (segment, written) = last_segment(&server.data());
    let single = single_rows_begin(&segment);
    for _ in 0..number("CAIRN_FLIPS", 12) {
        // Behind this byte stand batches that were written after it had been synced.
        let (at, mask) = (rng.random_range(single..single + 500), 1 << rng.random_range(0..8));
        assert!(at + 2000 < written, "the log is long enough");
        flip(&segment, at, mask);
        let told = server.refused();
        let name = segment.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(told.contains("the log is corrupt: ") && told.contains(&name), "byte {at}: {told}");
        assert!(told.contains(" at offset "), "byte {at}: {told}");
        flip(&segment, at, mask);
    }
    is_whole(&mut server);
}

/// Where the first row behind the checkpoint stands in the log: its text is in no other place.
fn single_rows_begin(segment: &Path) -> u64 {
    let md5_of_1000 = b"a9b7ba70783b617e9998dc4dd82eb3c5";
    let bytes = std::fs::read(segment).expect("read");
    bytes.windows(32).position(|window| window == md5_of_1000).expect("the row is in the log") as u64
}

/// A log that ends in the middle of its last batch: a crash looks like this, and only that batch goes.
#[test]
fn a_torn_tail_is_cut() {
    let mut server = Server::start(&[]);
    let mut client = server.connect();
    for engine in ENGINES {
        client.ok(&format!("create table {engine}_t (id int primary key) using {engine}"));
    }
    for id in 0..100 {
        client.ok("begin");
        ENGINES.iter().for_each(|engine| drop(client.ok(&format!("insert into {engine}_t values ({id})"))));
        client.ok("commit");
    }
    server.kill();
    let (segment, written) = last_segment(&server.data());
    cut(&segment, written - 3);
    server.restart().expect("a torn tail is no reason to refuse");
    assert!(server.stderr().contains("cut the unfinished end of the log"), "{}", server.stderr());
    let mut client = server.connect();
    for engine in ENGINES {
        assert_eq!(client.ok(&format!("select count(*) from {engine}_t where id < 99")).value(), "99");
        client.ok(&format!("insert into {engine}_t values (99)"));
    }
}

/// RocksDB's tables carry checksums: a damaged one is never taken for the truth.
#[test]
fn a_corrupt_vinyl_table_never_answers_wrongly() {
    let mut rng = StdRng::seed_from_u64(seed());
    let mut server = killed();
    let tables = files(&server.data().join("vinyl"), "sst");
    assert!(!tables.is_empty(), "the checkpoint has flushed");
    let (mut refused, mut failed) = (0, 0);
    for _ in 0..number("CAIRN_FLIPS", 12) {
        let table = &tables[rng.random_range(0..tables.len())];
        let bytes = std::fs::metadata(table).expect("there").len();
        let (at, mask) = (rng.random_range(0..bytes), 1 << rng.random_range(0..8));
        flip(table, at, mask);
        match server.restart() {
            Err(told) => {
                assert!(told.contains("cairn: ") && !told.contains("panicked"), "byte {at}: {told}");
                refused += 1;
            }
            Ok(()) => {
                let right =
                    format!("select count(*) from vinyl_t where text = md5(id::text) and id between 0 and {ROWS}");
                match server.connect().query(&right) {
                    Ok(answer) => assert_eq!(answer.value(), ROWS.to_string(), "{} byte {at}", table.display()),
                    Err(failure) => {
                        assert!(["XX001", "XX000", "58030", "lost"].contains(&failure.code.as_str()), "{failure}");
                        failed += 1;
                    }
                }
                server.kill();
            }
        }
        flip(table, at, mask);
    }
    println!("{refused} starts refused, {failed} queries failed");
    is_whole(&mut server);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let server = Server::prepare(&[]);
    let closed = server.data();
    std::fs::create_dir(&closed).expect("made");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).expect("closed");
    let mut command = server.command(0);
    // SAFETY: between fork and exec the closure makes one system call and touches no memory of the parent.
    unsafe { command.pre_exec(obey_permissions) };
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let told = server.stderr();
    assert!(told.contains("cairn: cannot lock the data directory") && told.contains("Permission denied"), "{told}");

    // A file stands where the directory should be.
    std::fs::remove_dir(&closed).expect("removed");
    std::fs::write(&closed, "a file").expect("written");
    let output = server.command(0).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(server.stderr().contains("data: Not a directory"), "{}", server.stderr());

    // A directory of somebody else's.
    std::fs::remove_file(&closed).expect("removed");
    std::fs::create_dir(&closed).expect("made");
    std::fs::write(closed.join("PG_VERSION"), "15").expect("written");
    let output = server.command(0).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(server.stderr().contains("is not empty and is no cairn data directory"), "{}", server.stderr());
}

/// Root may write everywhere. Without this capability it obeys permissions like everybody.
fn obey_permissions() -> std::io::Result<()> {
    const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
    // SAFETY: geteuid(2) and prctl(2) with plain numbers.
    let failed = unsafe { libc::geteuid() == 0 && libc::prctl(libc::PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0 };
    if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

/// A second server finds the first one's lock, whatever happens to the first one's files meanwhile.
#[test]
fn a_second_server_is_refused_while_the_first_lives() {
    let mut server = Server::start(&[]);
    server.connect().ok("create table t (id int primary key)");
    for _ in 0..3 {
        let output = server.command(0).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(server.stderr().contains("is in use by another cairn server"), "{}", server.stderr());
        server.connect().ok("insert into t select coalesce(max(id), 0) + 1 from t");
    }
    server.kill();
    server.restart().expect("a lock dies with its holder");
    assert_eq!(server.connect().ok("select max(id) from t").value(), "3");
    assert!(!segments(&server.data()).is_empty());
}
