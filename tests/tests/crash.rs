//! SIGKILL at random moments: under load, during checkpoints, DDL and COPY, and while a start recovers from the kill before.
//! Nothing acknowledged is lost, nothing is half there, and every table answers the same by all its ways.
//!
//! `CAIRN_CRASHES` (3) sets the number of cycles; the full bar is 1,000 (`make crash`). A cycle:
//!
//! ```text
//!   start -> load ............ SIGKILL -> [start .. SIGKILL] 0 to 2 times -> start -> check -> empty the tables
//!            0.02 to 0.4 s                 within a start's usual time
//! ```
//! [`bank`](cairn_tests::bank) has the load and the checks. Each start draws how the log is written and what an acknowledgement
//! promises: `durability = os` survives a killed process, too.

use std::io::Write;
use std::time::{Duration, Instant};

use cairn_tests::files::{cut, files, last_segment};
use cairn_tests::{Bank, Client, ENGINES, Server, bank, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Cycles between two lines about the progress.
const REPORT: u64 = 25;

/// What the kills met.
#[derive(Debug, Default)]
struct Met {
    kills: u64,
    recoveries_killed: u64,
    images_half_written: u64,
    segments_half_prepared: u64,
    acknowledged: usize,
    found: bank::Checked,
}

#[test]
fn acknowledged_transactions_survive_sigkill() {
    let mut rng = StdRng::seed_from_u64(seed());
    let (began, cycles) = (Instant::now(), number("CAIRN_CRASHES", 3));
    let mut server = Server::start(&bank::SMALL);
    let mut bank = Bank::open(&server);
    let mut met = Met::default();
    let mut start_time = Duration::from_millis(100);
    for cycle in 0..cycles {
        crash_under_load(&mut server, &mut bank, &mut rng, &mut met);
        while rng.random_bool(0.4) {
            server.start_and_kill(start_time.mul_f64(rng.random_range(0.0..1.0)));
            met.recoveries_killed += 1;
        }
        let start = Instant::now();
        server.restart().unwrap_or_else(|error| panic!("no start after crash {cycle}: {error}"));
        start_time = start.elapsed();
        let mut client = server.connect();
        let found = bank.check(&mut client);
        met.add(&bank, found);
        bank.tidy(&mut client);
        if (cycle + 1) % REPORT == 0 || cycle + 1 == cycles {
            println!("{} of {cycles} cycles in {:.0} s: {met:?}", cycle + 1, began.elapsed().as_secs_f64());
            // A line at a time, also into a file.
            let _ = std::io::stdout().flush();
        }
    }
    let said = server.stderr();
    let count = |words: &str| said.matches(words).count();
    println!("{} checkpoints, {} torn tails cut", count("checkpoint written"), count("cut the unfinished end"));
    assert!(met.acknowledged > 0, "the load did nothing");
    assert_eq!(count("panicked"), 0, "{said}");
}

impl Met {
    fn add(&mut self, bank: &Bank, found: bank::Checked) {
        self.acknowledged += bank.acknowledged();
        self.found.transfers += found.transfers;
        self.found.copies += found.copies;
        self.found.things += found.things;
    }
}

/// Cutting synced bytes may lose what was acknowledged, but what is there must be a consistent prefix, or nothing is served.
#[test]
fn a_cut_log_gives_a_consistent_prefix_or_a_refusal() {
    let mut rng = StdRng::seed_from_u64(seed());
    let (mut served, mut refused) = (0, 0);
    for _ in 0..number("CAIRN_CRASHES", 3).min(100) {
        let mut server = Server::start(&bank::SMALL);
        let mut bank = Bank::open(&server);
        crash_under_load(&mut server, &mut bank, &mut rng, &mut Met::default());
        let at = cut_last_segment(&server, &mut rng);
        match server.restart() {
            Ok(()) => {
                consistent_if_created(&mut server.connect(), &bank);
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

fn crash_under_load(server: &mut Server, bank: &mut Bank, rng: &mut StdRng, met: &mut Met) {
    server.set_parameter("instance.durability", ["sync", "sync", "os"][rng.random_range(0..3)]);
    server.set_parameter("instance.wal.device", ["auto", "portable"][rng.random_range(0..2)]);
    let load = bank.load(server, rng);
    std::thread::sleep(Duration::from_millis(rng.random_range(20..400)));
    server.kill();
    let mut failures = load.end();
    failures.retain(|failure| failure.code != "lost");
    assert!(failures.is_empty(), "a client sees no error but conflicts and the end: {failures:?}");
    met.kills += 1;
    met.images_half_written += files(&server.data().join("memtx"), "tmp").len() as u64;
    met.segments_half_prepared += files(&server.data().join("log"), "tmp").len() as u64;
}

/// As [`Bank::check`], for a log that may have lost what was acknowledged, and the creation of the bank.
fn consistent_if_created(client: &mut Client, bank: &Bank) {
    let loaded = |table: &str| {
        ENGINES.iter().all(|engine| match client.query(&format!("select count(*) from {engine}_{table}")) {
            Ok(count) => count.value() != "0",
            Err(failure) => {
                assert_eq!(failure.code, "42P01", "{failure}");
                false
            }
        })
    };
    // The bank is filled table by table, these last.
    if ["account", "wide"].into_iter().all(loaded) {
        bank.check_what_is_left(client);
    } else {
        println!("the cut came before the load");
    }
}

/// Cuts the last segment at a random byte of its written part.
fn cut_last_segment(server: &Server, rng: &mut StdRng) -> u64 {
    let (last, written) = last_segment(&server.data());
    let at = rng.random_range(0..written);
    cut(&last, at);
    println!("cut {} of {written} bytes off {}", written - at, last.display());
    at
}
