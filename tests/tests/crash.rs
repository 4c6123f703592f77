//! SIGKILL under a load of transfers between the engines: nothing acknowledged is lost, nothing is half there.
//!
//! `CAIRN_CRASHES` (3) sets the number of kills; the full bar is 50 (`make crash`). A transfer moves money between two accounts, in
//! memtx, in vinyl, or from one engine to the other, and leaves its id in a table of each engine it touched:
//!
//! ```text
//!   acknowledged ids  is contained in  memtx_done + vinyl_done        sum of all balances = what it was
//!   ids of transfers between engines: in both tables or in none
//! ```
//! Segments, memory tables and checkpoints are small, so that kills meet rotations, flushes, images and truncations.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cairn_tests::files::{cut, last_segment};
use cairn_tests::{Client, ENGINES, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const ACCOUNTS: u32 = 20;
const START: i64 = 1000;
const CLIENTS: u64 = 4;
/// Repetitions in a note that makes records long, so that the log rotates.
const NOTE: u32 = 2000;

type Acknowledged = Arc<Mutex<BTreeSet<i64>>>;

#[test]
fn acknowledged_transactions_survive_sigkill() {
    let mut rng = StdRng::seed_from_u64(seed());
    let mut server = bank();
    let acknowledged = Acknowledged::default();
    for cycle in 0..number("CAIRN_CRASHES", 3) {
        crash_under_load(&mut server, &mut rng, cycle, &acknowledged);
        server.restart().unwrap_or_else(|error| panic!("no start after crash {cycle}: {error}"));
        let done = consistent(&mut server.connect());
        let acknowledged = acknowledged.lock().expect("no client panicked");
        let lost: Vec<_> = acknowledged.difference(&done).collect();
        assert!(lost.is_empty(), "after crash {cycle} these acknowledged transfers are lost: {lost:?}");
    }
    let count = acknowledged.lock().expect("no client panicked").len();
    assert!(count > 0, "the load did nothing");
    println!("{count} acknowledged transfers survived {} kills", number("CAIRN_CRASHES", 3));
}

/// Cutting synced bytes may lose what was acknowledged, but what is there must be a consistent prefix, or nothing is served.
#[test]
fn a_cut_log_gives_a_consistent_prefix_or_a_refusal() {
    let mut rng = StdRng::seed_from_u64(seed());
    let (mut served, mut refused) = (0, 0);
    for cycle in 0..number("CAIRN_CRASHES", 3) {
        let mut server = bank();
        crash_under_load(&mut server, &mut rng, cycle, &Acknowledged::default());
        let at = cut_last_segment(&server, &mut rng);
        match server.restart() {
            Ok(()) => {
                consistent_if_created(&mut server.connect());
                served += 1;
            }
            Err(message) => {
                assert!(message.contains("cairn:"), "cut at {at}: refused without a reason:\n{message}");
                assert!(!message.contains("panicked"), "cut at {at}:\n{message}");
                println!("cut at {at}: {}", message.lines().last().unwrap_or_default());
                refused += 1;
            }
        }
    }
    println!("cut logs: {served} served, {refused} refused");
}

fn bank() -> Server {
    let server = Server::start(&[
        "instance.wal.segment_bytes=1M",
        "instance.checkpoint.log_bytes=1M",
        "instance.vinyl.write_buffer=1M",
    ]);
    let mut client = server.connect();
    for engine in ENGINES {
        client
            .ok(&format!("create table {engine}_account (id int primary key, balance bigint not null) using {engine}"));
        client.ok(&format!("create table {engine}_done (id bigint primary key, note text) using {engine}"));
        let rows: Vec<_> = (0..ACCOUNTS).map(|id| format!("({id}, {START})")).collect();
        client.ok(&format!("insert into {engine}_account values {}", rows.join(",")));
    }
    server
}

fn crash_under_load(server: &mut Server, rng: &mut StdRng, cycle: u64, acknowledged: &Acknowledged) {
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (client, acknowledged, stop) = (server.connect(), acknowledged.clone(), stop.clone());
            let first = i64::try_from((cycle * CLIENTS + number) * 1_000_000).expect("small");
            let rng = StdRng::seed_from_u64(rng.random());
            thread::spawn(move || transfer_until_killed(client, rng, first, &acknowledged, &stop))
        })
        .collect();
    thread::sleep(Duration::from_millis(rng.random_range(100..1000)));
    server.kill();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("a client sees no error but conflicts and the end");
    }
}

fn transfer_until_killed(
    mut client: Client,
    mut rng: StdRng,
    first: i64,
    acknowledged: &Acknowledged,
    stop: &AtomicBool,
) {
    for id in first.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (from, to) = (rng.random_range(0..ACCOUNTS), rng.random_range(0..ACCOUNTS));
        let amount = rng.random_range(1..100);
        let [giver, taker] = engines(id);
        let mut statements = vec![
            "begin".to_owned(),
            format!("update {giver}_account set balance = balance - {amount} where id = {from}"),
            format!("update {taker}_account set balance = balance + {amount} where id = {to}"),
            format!("insert into {giver}_done values ({id}, repeat('{amount} ', {NOTE}))"),
        ];
        if giver != taker {
            statements.push(format!("insert into {taker}_done values ({id}, repeat('{amount} ', {NOTE}))"));
        }
        statements.push("commit".to_owned());
        match statements.iter().try_for_each(|statement| client.query(statement).map(drop)) {
            Ok(()) => {
                acknowledged.lock().expect("no client panicked").insert(id);
            }
            Err(failure) if failure.code == "lost" => return,
            Err(failure) => {
                assert!(failure.is_retryable(), "{failure}");
                if client.query("rollback").is_err() {
                    return;
                }
            }
        }
    }
}

/// From which engine to which a transfer goes.
fn engines(id: i64) -> [&'static str; 2] {
    [["memtx", "memtx"], ["vinyl", "vinyl"], ["memtx", "vinyl"], ["vinyl", "memtx"]][(id % 4) as usize]
}

/// Checks the bank's invariants and returns the ids of the transfers that happened.
fn consistent(client: &mut Client) -> BTreeSet<i64> {
    let mut sum = 0;
    for engine in ENGINES {
        let answer = client.ok(&format!("select balance from {engine}_account where id between 0 and {ACCOUNTS}"));
        assert_eq!(answer.rows.len(), ACCOUNTS as usize, "accounts in {engine}");
        sum += answer.rows.iter().map(|row| integer(row[0].as_deref())).sum::<i64>();
    }
    let [memtx, vinyl] = ENGINES.map(|engine| {
        let answer = client.ok(&format!("select id from {engine}_done where id between 0 and 1000000000000"));
        answer.rows.iter().map(|row| integer(row[0].as_deref())).collect::<BTreeSet<_>>()
    });
    let spans = |id: &&i64| engines(**id)[0] != engines(**id)[1];
    let half: Vec<_> = memtx.symmetric_difference(&vinyl).filter(spans).collect();
    assert!(half.is_empty(), "half transactions: {half:?}");
    assert_eq!(sum, i64::from(ACCOUNTS) * START * 2, "money was made or lost");
    &memtx | &vinyl
}

/// As [`consistent`], for a log that may have lost the creation of the bank.
fn consistent_if_created(client: &mut Client) {
    let counts = ENGINES
        .map(|engine| client.query(&format!("select count(*) from {engine}_account where id between 0 and 100")));
    let loaded = counts.iter().all(|count| count.as_ref().is_ok_and(|count| count.value() != "0"));
    for failure in counts.iter().filter_map(|count| count.as_ref().err()) {
        assert_eq!(failure.code, "42P01", "{failure}");
    }
    // The bank is filled table by table, so an early cut leaves less than all of it.
    if loaded
        && ENGINES.iter().all(|engine| client.query(&format!("select id from {engine}_done where id = 0")).is_ok())
    {
        consistent(client);
    } else {
        println!("the cut came before the load: {counts:?}");
    }
}

fn integer(text: Option<&str>) -> i64 {
    text.expect("not null").parse().expect("an integer")
}

/// Cuts the last segment at a random byte of its written part.
fn cut_last_segment(server: &Server, rng: &mut StdRng) -> u64 {
    let (last, written) = last_segment(&server.data());
    let at = rng.random_range(0..written);
    cut(&last, at);
    println!("cut {} of {written} bytes off {}", written - at, last.display());
    at
}
