//! Random list-append histories, checked for cycles.
//!
//! `CAIRN_TRANSACTIONS` (500) and `CAIRN_CLIENTS` (8) set the size; the full bar is 10,000 and 16. `CAIRN_SEED` repeats the choice of
//! operations (not the interleaving).

use std::collections::BTreeMap;
use std::thread;

use cairn_tests::history::{self, Element, Key, Operation, Transaction};
use cairn_tests::{Client, Failure, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const KEYS: Key = 8;

#[test]
fn serializable_histories_have_no_cycles() {
    let transactions = number("CAIRN_TRANSACTIONS", 500);
    let (history, last) = run("serializable", transactions, number("CAIRN_CLIENTS", 8), seed());
    assert!(history.len() as u64 * 10 > transactions, "only {} of {transactions} committed", history.len());
    history::check(&history, &last).unwrap_or_else(|violation| panic!("{violation}"));
}

/// The net catches fish: snapshot isolation admits write skew, so the same load at that level must turn the checker red.
#[test]
fn repeatable_read_histories_have_cycles() {
    let seed = seed();
    for round in 0..10 {
        let (history, last) = run("repeatable read", 500, 8, seed.wrapping_add(round));
        if history::check(&history, &last).is_err_and(|violation| violation.contains("no serial order")) {
            return;
        }
    }
    panic!("10 histories under snapshot isolation without a cycle: the load or the checker is too weak");
}

fn run(level: &str, transactions: u64, clients: u64, seed: u64) -> (Vec<Transaction>, BTreeMap<Key, Vec<Element>>) {
    let server = Server::start(&["instance.durability=os"]);
    let mut admin = server.connect();
    for engine in cairn_tests::ENGINES {
        admin.ok(&format!("create table {engine}_list (id int primary key, items text not null) using {engine}"));
    }
    for key in 0..KEYS {
        admin.ok(&format!("insert into {} values ({key}, '')", table(key)));
    }
    let workers: Vec<_> = (0..clients)
        .map(|worker| {
            let (mut client, level) = (server.connect(), level.to_owned());
            thread::spawn(move || work(&mut client, &level, worker, transactions / clients, seed))
        })
        .collect();
    let history = workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect();
    let last = (0..KEYS).map(|key| (key, read(&mut admin, key).expect("a final read"))).collect();
    (history, last)
}

fn table(key: Key) -> &'static str {
    if key.is_multiple_of(2) { "memtx_list" } else { "vinyl_list" }
}

/// Runs transactions and returns those that were acknowledged.
fn work(client: &mut Client, level: &str, worker: u64, transactions: u64, seed: u64) -> Vec<Transaction> {
    let mut rng = StdRng::seed_from_u64(seed ^ (worker << 32));
    let mut history = Vec::new();
    for number in 0..transactions {
        let first = (worker * transactions + number) * 10;
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

fn attempt(client: &mut Client, rng: &mut StdRng, first: Element) -> Result<Transaction, Failure> {
    let mut operations = Vec::new();
    for offset in 0..rng.random_range(2..=4_u64) {
        let key = rng.random_range(0..KEYS);
        operations.push(match rng.random_bool(0.4) {
            true => append(client, key, first + offset)?,
            false => Operation::Read(key, read(client, key)?),
        });
    }
    client.query("commit")?;
    Ok(operations)
}

fn append(client: &mut Client, key: Key, element: Element) -> Result<Operation, Failure> {
    let answer = client.query(&format!("update {} set items = items || '{element},' where id = {key}", table(key)))?;
    assert_eq!(answer.tag, "UPDATE 1");
    Ok(Operation::Append(key, element))
}

fn read(client: &mut Client, key: Key) -> Result<Vec<Element>, Failure> {
    let answer = client.query(&format!("select items from {} where id = {key}", table(key)))?;
    let items = answer.value().split(',').filter(|item| !item.is_empty());
    Ok(items.map(|item| item.parse().expect("a list of numbers")).collect())
}
