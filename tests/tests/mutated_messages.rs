//! Mutated protocol messages: no crash, no hang, no internal error, no leak.
//!
//! `CAIRN_MUTATIONS` (20,000) sets how many are sent; the full bar is 1,000,000. `CAIRN_SEED` repeats them. With `CAIRN_COMPARE_PORT`
//! each conversation also goes to a PostgreSQL on that port, and the test prints where the answers' kinds or SQLSTATEs differ.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use cairn_tests::client::{failure, frame};
use cairn_tests::frames::{
    bind, bind_binary, close, describe, execute, execute_portal, parse, parse_as, query, startup, sync,
};
use cairn_tests::vitals::Vitals;
use cairn_tests::{Client, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A server that says nothing for this long, with everything read and the other side closed, hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// Mutations on one connection. The first broken length ends it, so more would be wasted.
const PER_CONNECTION: u64 = 8;
const MIB: u64 = 1 << 20;

#[test]
fn mutated_messages_hurt_nobody() {
    let mut server = Server::start(&["instance.durability=none"]);
    let mut witness = server.connect();
    prepare(&mut witness);
    let compared = std::env::var("CAIRN_COMPARE_PORT").ok().map(|port| port.parse().expect("a port"));
    if let Some(port) = compared {
        prepare(&mut Client::connect(port).expect("PostgreSQL"));
    }
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut vitals = Vitals::new(server.pid());
    let mutations = number("CAIRN_MUTATIONS", 20_000);
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    let mut differences: BTreeMap<String, (u64, Vec<u8>)> = BTreeMap::new();
    let mut sent = 0;
    while sent < mutations {
        let bytes = conversation(&mut rng);
        let answer = talk(server.port(), &bytes);
        let shape = shape(&answer, &bytes, &mut codes);
        assert!(!codes.contains_key("XX000"), "an internal error after {}", bytes.escape_ascii());
        if let Some(port) = compared {
            let other = self::shape(&talk(port, &bytes), &bytes, &mut BTreeMap::new());
            if other != shape {
                differences.entry(format!("{other} | {shape}")).or_insert((0, bytes)).0 += 1;
            }
        }
        let block = mutations.div_ceil(10).max(1000);
        if sent / block != (sent + PER_CONNECTION) / block {
            assert!(server.lives(), "the server died before mutation {sent} of seed {seed}");
            assert_eq!(witness.ok("select name from witness where id = 1").value(), "one");
            assert_eq!(server.connect().ok("select 1").value(), "1");
            vitals.check(128 * MIB);
        }
        sent += PER_CONNECTION;
    }
    println!("{sent} mutations, SQLSTATEs: {codes:?}");
    for (difference, (count, bytes)) in &differences {
        println!("{count} times PostgreSQL | Cairn: {difference}\n    {}", bytes.escape_ascii());
    }
    assert!(server.lives(), "the server died");
    assert_eq!(witness.ok("select name from witness where id = 1").value(), "one");
    assert!(codes.len() > 5, "the mutations reach nothing: {codes:?}");
}

fn prepare(client: &mut Client) {
    client.ok("drop table if exists mutated");
    client.ok("create table mutated (id int primary key, name text)");
    client.ok("insert into mutated values (1, 'one'), (2, 'two'), (3, 'three')");
    client.ok("drop table if exists witness");
    client.ok("create table witness (id int primary key, name text)");
    client.ok("insert into witness values (1, 'one')");
}

/// A whole connection: start-up packet, mutated messages, Sync.
fn conversation(rng: &mut StdRng) -> Vec<u8> {
    let templates = templates();
    let mut bytes = startup(&[("user", "postgres"), ("database", "postgres"), ("application_name", "mutated")]);
    if rng.random_bool(0.05) {
        mutate(rng, &mut bytes);
    }
    for _ in 0..PER_CONNECTION {
        let mut messages = templates[rng.random_range(0..templates.len())].clone();
        if rng.random_bool(0.2) {
            let other = &templates[rng.random_range(0..templates.len())];
            messages =
                [&messages[..rng.random_range(0..messages.len())], &other[rng.random_range(0..other.len())..]].concat();
        }
        let at = rng.random_range(0..messages.len());
        mutate(rng, &mut messages[at]);
        if rng.random_bool(0.6) {
            // The frame stays whole, so that what is inside is looked at.
            mend(&mut messages[at]);
        }
        bytes.extend(messages.concat());
    }
    bytes.extend(sync());
    bytes
}

/// Lists of messages, each valid by itself.
fn templates() -> Vec<Vec<Vec<u8>>> {
    let every = "select $1::bool, $2::int2, $3::int4, $4::int8, $5::float8, $6::numeric, $7::text, $8::bytea, $9::date, \
                 $10::timestamptz, $11::interval, $12::uuid, $13::json, $14::jsonb, $15::int4[], $16::text[]";
    let types = [16, 21, 23, 20, 701, 1700, 25, 17, 1082, 1184, 1186, 2950, 114, 3802, 1007, 1009];
    let values: [Option<&[u8]>; 16] = [
        Some(&[1]),
        Some(&[0, 7]),
        Some(&[0, 0, 1, 2]),
        Some(&[0, 0, 0, 0, 0, 0, 1, 2]),
        Some(&[0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
        Some(&[0, 2, 0, 0, 0x40, 0, 0, 2, 0, 12, 0x0d, 0x48]),
        Some("é".as_bytes()),
        Some(&[0, 255]),
        Some(&[0, 0, 0, 9]),
        Some(&[0, 0, 0, 20, 29, 215, 96, 0]),
        Some(&[0, 0, 0, 0, 0, 45, 198, 192, 0, 0, 0, 2, 0, 0, 0, 1]),
        Some(&[9; 16]),
        Some(b"{\"a\":[1,null]}"),
        Some(b"\x01{\"a\":[1,null]}"),
        Some(&[
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 255, 255, 255, 255,
        ]),
        None,
    ];
    let by_id = "select name from mutated where id = $1";
    vec![
        vec![parse("select name from mutated where id = 1"), bind(), describe(b'P', ""), execute(1), sync()],
        vec![query("select * from mutated where id = 2")],
        vec![query("begin; insert into mutated values (9, 'nine'); select 1/0; rollback")],
        vec![query("begin"), query("update mutated set name = 'x' where id = 3"), query("rollback")],
        vec![parse_as("s", by_id, &[23]), describe(b'S', "s"), close(b'S', "s"), sync()],
        vec![parse_as("", by_id, &[23]), bind_binary("p", "", &[Some(&[0, 0, 0, 2])]), execute_portal("p", 0), sync()],
        vec![parse_as("e", every, &types), bind_binary("", "e", &values), execute(0), close(b'S', "e"), sync()],
        vec![
            query("begin"),
            parse("select g from generate_series(1, 9) g"),
            bind(),
            execute(2),
            frame(b'H', b""),
            execute(2),
            close(b'P', ""),
            sync(),
            query("rollback"),
        ],
        vec![query("begin; declare c cursor for select * from mutated; fetch 2 from c; close c; commit")],
        vec![query("copy mutated to stdout with (format csv, header)")],
        vec![query("copy mutated from stdin"), frame(b'd', b"20\ttwenty\n21\t\\N\n"), frame(b'f', b"no\0")],
        vec![query("copy mutated from stdin csv"), frame(b'd', b"1,\"twi"), frame(b'd', b"ce\"\n"), frame(b'c', b"")],
        vec![frame(b'F', b"\0\0\0\x01\0\0\0\0\0\0"), frame(b'p', b"secret\0"), frame(b'H', b""), sync()],
        vec![query("prepare q as select $1::text; execute q('a'); deallocate q")],
        vec![query("set application_name = 'm'; show all; reset all")],
        vec![query("")],
        vec![frame(b'X', b"")],
    ]
}

/// A few small injuries.
fn mutate(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    const LENGTHS: [i32; 10] = [0, -1, 1, 3, 4, 5, 0x7f, 0xffff, i32::MAX, i32::MIN];
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let to = rng.random_range(at..=bytes.len().min(at + 8));
        match rng.random_range(0..8) {
            0 => bytes[at] = rng.random(),
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, rng.random()),
            4 => drop(bytes.drain(at..to)),
            5 => {
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece);
            }
            6 if at + 4 <= bytes.len() => {
                let length = LENGTHS[rng.random_range(0..LENGTHS.len())];
                bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
            _ => bytes[at] = [0, b'\'', b'"', b'\\', b';', b'$', 0xff, 0xc3][rng.random_range(0..8)],
        }
    }
}

/// Sets the length of a message to what it is.
fn mend(message: &mut Vec<u8>) {
    message.resize(message.len().max(5), 0);
    let length = i32::try_from(message.len() - 1).expect("a short message");
    message[1..5].copy_from_slice(&length.to_be_bytes());
}

/// Sends all of it, closes its own side, and reads to the end.
fn talk(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server accepts connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a positive duration");
    stream.set_write_timeout(Some(PATIENCE)).expect("a positive duration");
    // The server may have closed already: it need not listen to the end.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("the server hangs after {}", bytes.escape_ascii())
        }
        // A reset loses what was on its way; what came is looked at.
        _ => answer,
    }
}

/// Kinds of the messages and SQLSTATEs of the errors of an answer, counting the latter.
fn shape(answer: &[u8], bytes: &[u8], codes: &mut BTreeMap<String, u64>) -> String {
    let mut shape = String::new();
    let mut rest = answer;
    while let [kind, a, b, c, d, after @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let body = length.checked_sub(4).and_then(|length| after.get(..length));
        let Some(body) = body else {
            panic!("a broken answer after {}:\n{}", bytes.escape_ascii(), answer.escape_ascii())
        };
        match kind {
            // Settings and notices differ between servers.
            b'S' | b'N' => {}
            b'E' => {
                let failure = failure(body);
                assert_eq!(failure.code.len(), 5, "an error without a SQLSTATE: {failure}");
                shape += &format!("E({})", failure.code);
                *codes.entry(failure.code).or_default() += 1;
            }
            kind => shape.push(char::from(*kind)),
        }
        rest = &after[body.len()..];
    }
    assert!(rest.is_empty(), "a cut answer after {}:\n{}", bytes.escape_ascii(), answer.escape_ascii());
    shape
}
