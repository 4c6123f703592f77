//! Data directories of older versions, and of this one, open with every row; newer ones are refused by the name of the file that is
//! newer. `tests/fixtures/README.md` says what is in them and how another one is made (`make fixture NAME=...`).

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cairn_tests::files::{SEGMENT_HEADER_BYTES, files, last_image, last_segment, overwrite};
use cairn_tests::{Client, Server};

const FIXTURES: &str = "fixtures";

/// Names of all fixtures.
fn names() -> Vec<String> {
    let outputs = files(Path::new(FIXTURES), "out");
    let names = outputs.iter().map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned());
    names.collect()
}

fn file(name: &str) -> PathBuf {
    Path::new(FIXTURES).join(name)
}

/// A server on a copy of a fixture. It does not run yet.
fn unpack(name: &str) -> Server {
    let server = Server::prepare(&[]);
    std::fs::create_dir(server.data()).expect("the directory is ours");
    let archive = std::fs::canonicalize(file(&format!("{name}.tar.gz"))).expect("the fixture is there");
    tar(&["-xzf"], &archive, &server.data());
    server
}

fn tar(options: &[&str], archive: &Path, directory: &Path) {
    let mut command = Command::new("tar");
    command.args(options).arg(archive).arg("-C").arg(directory);
    if options.iter().any(|option| option.contains('c')) {
        command.args(["--owner=0", "--group=0", "--sort=name", "."]);
    }
    assert!(command.status().expect("tar can be run").success(), "{command:?}");
}

#[test]
fn every_directory_opens_with_all_its_rows() {
    let names = names();
    assert!(!names.is_empty(), "the fixtures are committed");
    for name in names {
        let expected = std::fs::read_to_string(file(&format!("{name}.out"))).expect("the output is there");
        let mut server = unpack(&name);
        server.restart().unwrap_or_else(|error| panic!("{name} does not open: {error}"));
        let mut client = server.connect();
        assert_same(&name, &(dump(&mut client) + &next_values(&mut client)), &expected);
        // It goes on: what is written now is found beside what was there.
        client.ok("insert into memtx_heap (a) values (4711)");
        client.ok("insert into vinyl_heap (a) values (4711)");
        client.ok("checkpoint");
        client.ok("delete from memtx_heap where a = 4711");
        client.ok("delete from vinyl_heap where a = 4711");
        server.kill();
        server.restart().unwrap_or_else(|error| panic!("{name} does not open again: {error}"));
        let (rows, _) = expected.split_once("steps: ").expect("the sequences come last");
        assert_same(&name, &dump(&mut server.connect()), rows);
    }
}

fn assert_same(name: &str, found: &str, expected: &str) {
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{name}.out, line {}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "lines of {name}.out");
}

/// Everything that a client can see of the schemas `public` and `other`: definitions, rows, rows by each index, sequences.
fn dump(client: &mut Client) -> String {
    let mut out = String::new();
    let mut tell = |query: &str| {
        let answer = client.ok(query);
        writeln!(out, "> {query}").expect("a String takes everything");
        for row in answer.rows {
            let values: Vec<_> = row.into_iter().map(|value| value.map_or("null".to_owned(), escape)).collect();
            writeln!(out, "{}", values.join(" | ")).expect("a String takes everything");
        }
    };
    tell(
        "select n.nspname, c.relname, c.relkind, a.amname from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_am a on a.oid = c.relam where n.nspname in ('public', 'other') order by 1, 2",
    );
    tell(
        "select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid) from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by 1, 2",
    );
    tell("select conname, pg_get_constraintdef(oid) from pg_constraint order by 1");
    tell("select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1");
    tell("select viewname, definition from pg_views where schemaname = 'public'");
    let tables = [
        ("memtx_types", "id"),
        ("vinyl_types", "id"),
        ("memtx_orders", "number, region"),
        ("vinyl_lines", "number, line"),
        ("memtx_heap", "a"),
        ("vinyl_heap", "a"),
        ("memtx_late", "id"),
        ("vinyl_late", "id"),
        ("totals", "region"),
    ];
    for (table, order) in tables {
        tell(&format!("select * from {table} order by {order}"));
    }
    tell("select number, note from memtx_orders where note > 'n' order by note desc, number");
    tell("select number, line from vinyl_lines where article = 'dear' order by article, price desc, number, line");
    tell("select count(*) from vinyl_lines where region = 'region 1'");
    tell("select id from memtx_late where day < '2024-01-05' order by day desc");
    tell("select id from vinyl_late where at = '2030-01-01'");
    tell(
        "select schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size from pg_sequences order by 1, 2",
    );
    out
}

/// The next values of sequences, behind what a crash skips.
fn next_values(client: &mut Client) -> String {
    let sequences = ["steps", "other.plain", "vinyl_late_id_seq"];
    let next = |name: &str| format!("{name}: {}\n", client.ok(&format!("select nextval('{name}')")).value());
    sequences.map(next).concat()
}

/// A value in one line.
fn escape(value: String) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}

/// Writes a fixture: see `tests/fixtures/README.md`.
#[test]
#[ignore = "writes the fixture that CAIRN_FIXTURE names"]
fn write_a_fixture() {
    let name = std::env::var("CAIRN_FIXTURE").expect("CAIRN_FIXTURE names the new fixture");
    assert!(!names().contains(&name), "{name} exists, and what exists never changes");
    let mut server = Server::start(&["instance.wal.segment_bytes=1M", "instance.vinyl.write_buffer=1M"]);
    let mut client = server.connect();
    let mut run = |script: &str| {
        let text = std::fs::read_to_string(file(script)).expect("the script is there");
        let (_, failure) = client.run(&text);
        assert!(failure.is_none(), "{script}: {failure:?}");
    };
    run("before.sql");
    run_checkpoint(&server);
    run("between.sql");
    run_checkpoint(&server);
    run("after.sql");
    server.kill();
    let archive = std::env::current_dir().expect("a directory").join(file(&format!("{name}.tar.gz")));
    // Neither the lock nor RocksDB's own diary belong to the data.
    let _ = std::fs::remove_file(server.data().join("LOCK"));
    tar(&["--exclude=./vinyl/LOG*", "-czf"], &archive, &server.data());
    server.restart().expect("the directory opens");
    let mut client = server.connect();
    let output = dump(&mut client) + &next_values(&mut client);
    std::fs::write(file(&format!("{name}.out")), output).expect("written");
}

fn run_checkpoint(server: &Server) {
    server.connect().ok("checkpoint");
}

/// One kind of file, its version raised.
struct Raised {
    path: PathBuf,
    offset: u64,
    bytes: Vec<u8>,
    /// What the refusal must say beside the file's name.
    says: &'static str,
}

/// The first bytes of a file with another version at 8, and a checksum over `covered` bytes put behind them.
fn raised(path: PathBuf, version: u8, covered: usize, says: &'static str) -> Raised {
    let mut bytes = std::fs::read(&path).expect("the file can be read")[..covered + 4].to_vec();
    bytes[8] = version;
    let sum = crc32c::crc32c(&bytes[..covered]);
    bytes[covered..].copy_from_slice(&sum.to_le_bytes());
    Raised { path, offset: 0, bytes, says }
}

/// The version of a segment's last commit record raised, with all the checksums above it right: nothing but replay sees it.
fn raised_record(path: PathBuf) -> Raised {
    const FRAME_HEADER: usize = 16;
    const RECORD_VERSION: usize = FRAME_HEADER + 20 + 7;
    let file = std::fs::read(&path).expect("the segment can be read");
    // The log's id and the segment's number.
    let seed = crc32c::crc32c(&[&file[16..24], &file[24..32]].concat());
    let frame_bytes = |at: usize| {
        let length = u32::from_le_bytes(file[at + 8..at + 12].try_into().expect("four bytes"));
        (length > 0).then_some(FRAME_HEADER + length as usize)
    };
    let mut start = SEGMENT_HEADER_BYTES as usize;
    while let Some(bytes) = frame_bytes(start)
        && frame_bytes(start + bytes).is_some()
    {
        start += bytes;
    }
    let mut bytes = file[start..start + frame_bytes(start).expect("a batch")].to_vec();
    assert_eq!(bytes[RECORD_VERSION], 1, "the record's version");
    bytes[RECORD_VERSION] += 1;
    let payload = crc32c::crc32c_append(seed, &bytes[FRAME_HEADER..]);
    bytes[4..8].copy_from_slice(&payload.to_le_bytes());
    let header = crc32c::crc32c_append(seed, &bytes[4..FRAME_HEADER]);
    bytes[..4].copy_from_slice(&header.to_le_bytes());
    Raised { path, offset: start as u64, bytes, says: "commit record has format 2" }
}

#[test]
fn a_newer_format_is_refused_in_every_kind_of_file() {
    let mut server = unpack("format-1");
    let data = server.data();
    let text = |name: &str, text: &str, says| Raised {
        path: data.join(name),
        offset: 0,
        bytes: text.as_bytes().to_vec(),
        says,
    };
    let cover = files(&data.join("memtx"), "cover").pop().expect("the second checkpoint has left a note");
    let segment = last_segment(&data).0;
    let kinds = [
        text("FORMAT", "cairn 2\n", "holds \"cairn 2\""),
        raised(segment.clone(), 2, 60, "has log format 2"),
        raised_record(segment),
        raised(last_image(&data), 3, 12, "has image format 3"),
        raised(cover, 3, 12, "has image format 3"),
        text("vinyl/VINYL", "cairn-vinyl 2\n", "says format 2"),
    ];
    for kind in kinds {
        let before = overwrite(&kind.path, kind.offset, &kind.bytes);
        let told = server.refused();
        let name = kind.path.file_name().expect("a name").to_string_lossy();
        assert!(told.contains(kind.says) && told.contains(&*name), "{}: {told}", kind.path.display());
        overwrite(&kind.path, kind.offset, &before);
    }
    server.restart().expect("all is as it was");
}
