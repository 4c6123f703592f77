//! Random list-append histories, checked for cycles.
//!
//! A list is made by its first append, and transactions read single lists and ranges of them, so a range that misses a list is a
//! phantom in the making. Even keys live on memtx, odd ones on vinyl.
//!
//! `CAIRN_TRANSACTIONS` (500) and `CAIRN_CLIENTS` (8) set the size; the full bar is 10,000 and 16. `CAIRN_SEED` repeats the choice of
//! operations (not the interleaving).

use std::collections::BTreeMap;
use std::thread;

use cairn_serial::{History, Object, Observed, Operation, check};
use cairn_tests::{Client, Failure, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const KEYS: Key = 8;

type Key = u8;
/// A number that is appended at most once.
type Element = u64;

#[test]
fn serializable_histories_have_no_cycles() {
    let transactions = number("CAIRN_TRANSACTIONS", 500);
    let server = Server::start(&["instance.durability=os"]);
    let history = run(&server, "serializable", transactions, number("CAIRN_CLIENTS", 8), seed());
    let committed = history.observed.len();
    assert!(committed as u64 * 10 > transactions, "only {committed} of {transactions} committed");
    check(&history).unwrap_or_else(|anomaly| panic!("{anomaly}"));
}

/// The net catches fish: snapshot isolation admits write skew, so the same load at that level must turn the checker red.
#[test]
fn repeatable_read_histories_have_cycles() {
    let server = Server::start(&["instance.durability=os"]);
    must_have_cycles(&server, "repeatable read");
}

/// A server whose validation takes every read for good is not serializable, and the checker says so.
#[test]
fn without_validation_histories_have_cycles() {
    let server = Server::start(&["instance.memory=true", "instance.debug.validation=none"]);
    assert!(server.stderr().contains("BROKEN ON PURPOSE"), "the server says nothing:\n{}", server.stderr());
    must_have_cycles(&server, "serializable");
}

/// A server that validates rows and forgets ranges lets phantoms through, and the checker says so.
#[test]
fn without_validation_of_ranges_histories_have_cycles() {
    let server = Server::start(&["instance.memory=true", "instance.debug.validation=rows_only"]);
    must_have_cycles(&server, "serializable");
}

fn must_have_cycles(server: &Server, level: &str) {
    let seed = seed();
    for round in 0..20 {
        let history = run(server, level, 500, 8, seed.wrapping_add(round));
        if let Err(anomaly) = check(&history)
            && ["G0", "G1c", "G-single", "G2"].contains(&anomaly.name)
        {
            println!("round {round}: {anomaly}");
            return;
        }
    }
    panic!("20 histories at {level} without a cycle: the load or the checker is too weak");
}

fn run(server: &Server, level: &str, transactions: u64, clients: u64, seed: u64) -> History {
    let mut admin = server.connect();
    for engine in cairn_tests::ENGINES {
        admin.ok(&format!("drop table if exists {engine}_list"));
        admin.ok(&format!("create table {engine}_list (id int primary key, items text not null) using {engine}"));
    }
    let workers: Vec<_> = (0..clients)
        .map(|worker| {
            let (mut client, level) = (server.connect(), level.to_owned());
            thread::spawn(move || work(&mut client, &level, worker, transactions / clients, seed))
        })
        .collect();
    let committed = workers.into_iter().flat_map(|worker| worker.join().expect("a worker"));
    let observed = (0..).zip(committed).map(|(number, operations)| Observed::untimed(number, operations)).collect();
    let last = (0..KEYS).map(|key| (Object::List(key), read(&mut admin, key).expect("a final read"))).collect();
    History { observed, last }
}

fn table(key: Key) -> &'static str {
    if key.is_multiple_of(2) { "memtx_list" } else { "vinyl_list" }
}

/// Runs transactions and returns what those did that were acknowledged.
fn work(client: &mut Client, level: &str, worker: u64, transactions: u64, seed: u64) -> Vec<Vec<Operation>> {
    let mut rng = StdRng::seed_from_u64(seed ^ (worker << 32));
    let mut history = Vec::new();
    for number in 0..transactions {
        // Nobody appends 0: to the checker it is what was there before.
        let first = (worker * transactions + number) * 10 + 1;
        client.ok(&format!("begin isolation level {level}"));
        match attempt(client, &mut rng, first) {
            Ok(transaction) => history.push(transaction),
            Err(failure) => {
                assert!(failure.is_retryable(), "{failure}");
                client.ok("rollback");
            }
        }
    }
    history
}

fn attempt(client: &mut Client, rng: &mut StdRng, first: Element) -> Result<Vec<Operation>, Failure> {
    let mut operations = Vec::new();
    for offset in 0..rng.random_range(2..=4_u64) {
        let key = rng.random_range(0..KEYS);
        match rng.random_range(0..10) {
            0..4 => operations.push(append(client, key, first + offset)?),
            4..8 => operations.push(Operation::Read(key, read(client, key)?)),
            _ => operations.extend(read_range(client, key, rng.random_range(1..=KEYS))?),
        }
    }
    client.query("commit")?;
    Ok(operations)
}

fn append(client: &mut Client, key: Key, element: Element) -> Result<Operation, Failure> {
    let table = table(key);
    let conflict = format!("on conflict (id) do update set items = {table}.items || excluded.items");
    let answer = client.query(&format!("insert into {table} values ({key}, '{element},') {conflict}"))?;
    assert_eq!(answer.tag, "INSERT 0 1");
    Ok(Operation::Append(key, element))
}

fn read(client: &mut Client, key: Key) -> Result<Vec<Element>, Failure> {
    let answer = client.query(&format!("select items from {} where id = {key}", table(key)))?;
    Ok(answer.rows.first().map_or_else(Vec::new, |row| elements(row[0].as_deref())))
}

/// Reads the lists from `low` up to below `low + width` that live in the table of `low`.
fn read_range(client: &mut Client, low: Key, width: Key) -> Result<Vec<Operation>, Failure> {
    let high = (low + width).min(KEYS);
    let query = format!("select id, items from {} where id >= {low} and id < {high}", table(low));
    let mut found: BTreeMap<Key, Vec<Element>> = BTreeMap::new();
    for row in client.query(&query)?.rows {
        let key = row[0].as_deref().expect("a key").parse().expect("a number");
        found.insert(key, elements(row[1].as_deref()));
    }
    let keys = (low..high).filter(|key| table(*key) == table(low));
    Ok(keys.map(|key| Operation::Read(key, found.remove(&key).unwrap_or_default())).collect())
}

fn elements(items: Option<&str>) -> Vec<Element> {
    let items = items.expect("the column is not null").split(',').filter(|item| !item.is_empty());
    items.map(|item| item.parse().expect("a list of numbers")).collect()
}
