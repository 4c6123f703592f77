//! A device that fails: the n-th write, sync, open, rename or read of a kind of file is refused, torn, or done and reported as
//! failed. Every such error ends in a clear error and a consistent reopen:
//!
//! ```text
//!   arm -> (start) -> load -> the server lives on, and whoever failed was told a SQLSTATE
//!                          or it stops: exit code 1, and its last line says why and names the file
//!   disarm -> start -> nothing acknowledged is lost, nothing is half there
//! ```
//! `CAIRN_FAULTS` (20) sets the number of rounds; `make faults` runs 500. Each draws a point from [`POINTS`] and a place in time.
//! Writes through io_uring can't be caught by the library; there, the kernel itself is made to refuse them, by a limit on the size
//! of files.

use std::path::Path;
use std::time::{Duration, Instant};

use cairn_tests::faults::{Fault, Faults};
use cairn_tests::{Bank, Client, Failure, Server, bank, number, seed};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Time that a load has to meet its fault.
const PATIENCE: Duration = Duration::from_secs(3);
/// Time for what follows from a fault to be seen.
const CONSEQUENCES: Duration = Duration::from_millis(150);

/// What may fail: operation, paths, how, and the latest place of the first failure in a start or a load.
const POINTS: &[(&str, &str, &[&str], u64)] = &[
    ("write", "*/log/*.log", &["eio", "enospc", "torn", "short"], 300),
    ("sync", "*/log/*.log", &["eio", "lie"], 300),
    ("open", "*/log/*", &["eio"], 12),
    ("write", "*/log/prepare.tmp", &["eio", "enospc", "torn"], 8),
    ("sync", "*/log/prepare.tmp", &["eio", "lie"], 3),
    ("rename", "*/log/*", &["eio", "enospc", "lie"], 4),
    ("unlink", "*/log/*", &["eio"], 3),
    ("sync", "*/log", &["eio", "lie"], 6),
    ("read", "*/log/*", &["eio", "short"], 20),
    ("open", "*/memtx/*", &["eio", "enospc"], 6),
    ("write", "*/memtx/*", &["eio", "enospc", "torn", "short"], 4),
    ("sync", "*/memtx/*", &["eio", "lie"], 4),
    ("rename", "*/memtx/*", &["eio", "lie"], 2),
    ("unlink", "*/memtx/*", &["eio"], 3),
    ("sync", "*/memtx", &["eio", "lie"], 3),
    ("read", "*/memtx/*", &["eio", "short"], 8),
    ("open", "*/vinyl/*.sst", &["eio", "enospc"], 8),
    ("write", "*/vinyl/*.sst", &["eio", "enospc", "torn", "short"], 12),
    ("sync", "*/vinyl/*.sst", &["eio", "lie"], 4),
    ("read", "*/vinyl/*.sst", &["eio"], 30),
    ("unlink", "*/vinyl/*.sst", &["eio"], 2),
    ("open", "*/vinyl/MANIFEST-*", &["eio", "enospc"], 3),
    ("write", "*/vinyl/MANIFEST-*", &["eio", "enospc", "torn", "short"], 6),
    ("sync", "*/vinyl/MANIFEST-*", &["eio", "lie"], 5),
    ("read", "*/vinyl/MANIFEST-*", &["eio"], 2),
    ("open", "*/vinyl/*", &["eio", "enospc"], 20),
    ("read", "*/vinyl/CURRENT", &["eio"], 2),
    ("rename", "*/vinyl/*", &["eio", "enospc", "lie"], 2),
    ("sync", "*/vinyl", &["eio", "lie"], 5),
    ("open", "*/data/*", &["eio", "enospc"], 40),
    ("write", "*/data/*", &["eio", "enospc", "torn", "short"], 300),
    ("sync", "*/data/*", &["eio", "lie"], 300),
    ("read", "*/data/*", &["eio"], 40),
    ("grow", "*/data/*", &["eio", "enospc"], 30),
];

/// SQLSTATEs that a client may be told: disk full, I/O error, unknown fate, shutting down, damaged data.
const CODES: [&str; 7] = ["53100", "58030", "40003", "08007", "57P01", "57P02", "XX001"];

/// How the rounds ended.
#[derive(Debug, Default)]
struct Ends {
    rounds: u64,
    not_met: u64,
    start_refused: u64,
    server_stopped: u64,
    clients_told: u64,
    nobody_noticed: u64,
}

#[test]
fn every_io_error_ends_in_a_clear_error_and_a_consistent_reopen() {
    let seed = seed();
    let (began, rounds) = (Instant::now(), number("CAIRN_FAULTS", 20));
    let mut ends = Ends::default();
    for round in 0..rounds {
        // Its own generator, so that a round can be repeated alone: CAIRN_SEED=seed+round CAIRN_FAULTS=1.
        let seed = seed + round;
        let mut rng = StdRng::seed_from_u64(seed);
        let fault = draw(&mut rng);
        let at_start = rng.random_bool(0.4);
        println!("CAIRN_SEED={seed}: {fault}{}", if at_start { ", at the start" } else { "" });
        let round_began = Instant::now();
        play(&mut rng, &fault, at_start, &mut ends);
        println!("  {:.1} s", round_began.elapsed().as_secs_f64());
        if (round + 1) % 20 == 0 || round + 1 == rounds {
            println!("{} of {rounds} rounds in {:.0} s: {ends:?}", round + 1, began.elapsed().as_secs_f64());
        }
    }
    assert!(rounds < 10 || ends.not_met < ends.rounds / 2, "too few faults were met: {ends:?}");
}

fn draw(rng: &mut StdRng) -> Fault {
    let (operation, pattern, answers, latest) = POINTS.choose(rng).expect("there are some");
    let answer = answers.choose(rng).expect("there are some");
    // Early ones are met more often, and there is more to break.
    let first = rng.random_range(1..=*latest).min(rng.random_range(1..=*latest));
    Fault { operation, answer, first, count: u64::from(rng.random_bool(0.5)), pattern }
}

fn play(rng: &mut StdRng, fault: &Fault, at_start: bool, ends: &mut Ends) {
    let mut server = Server::prepare(&[&bank::SMALL[..], &["instance.wal.device=portable"]].concat());
    let faults = Faults::new(&mut server);
    server.restart().expect("nothing fails yet");
    let mut bank = Bank::open(&server);
    settle_something(&mut server, &mut bank, rng);
    ends.rounds += 1;
    if at_start {
        server.kill();
        faults.arm(fault);
        if let Err(told) = server.restart() {
            assert_eq!(server.exit_code(), Some(1), "{fault}\n{told}");
            names_a_file(last_line(&told), &faults);
            ends.start_refused += 1;
            faults.disarm();
            return reopen(&mut server, &bank);
        }
    } else {
        faults.arm(fault);
    }
    let met = meet(&mut server, &mut bank, rng, &faults, fault.answer == "enospc");
    ends.count(&met, faults.fired().is_empty());
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
    server.kill();
    faults.disarm();
    reopen(&mut server, &bank);
}

impl Ends {
    fn count(&mut self, met: &Met, silent: bool) {
        let counter = match met {
            _ if silent => &mut self.not_met,
            Met::Stopped => &mut self.server_stopped,
            Met::Told => &mut self.clients_told,
            Met::Nothing => &mut self.nobody_noticed,
        };
        *counter += 1;
    }
}

/// Files of all kinds, before anything fails.
fn settle_something(server: &mut Server, bank: &mut Bank, rng: &mut StdRng) {
    let load = bank.load(server, rng);
    std::thread::sleep(Duration::from_millis(100));
    no_failures(&load.end());
    server.connect().ok("checkpoint");
    let load = bank.load(server, rng);
    std::thread::sleep(Duration::from_millis(50));
    no_failures(&load.end());
}

fn no_failures(failures: &[Failure]) {
    assert!(failures.is_empty(), "nothing fails yet: {failures:?}");
}

/// Lets the disk be full for a while, and then no more.
fn disarm_when_fired(faults: &Faults, deadline: Instant) {
    while faults.fired().is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(CONSEQUENCES);
    faults.disarm();
}

/// How a load with a fault ended.
enum Met {
    Nothing,
    Told,
    Stopped,
}

/// Works until the fault is met and its consequences are seen, or for a while. A full disk is waited out: committed batches stay in
/// line until there is space; queries that must see them, and VACUUM, too.
fn meet(server: &mut Server, bank: &mut Bank, rng: &mut StdRng, faults: &Faults, full: bool) -> Met {
    let said = server.stderr().len();
    let Ok(mut client) = server.try_connect() else { return stopped(server, said, faults) };
    let deadline = Instant::now() + PATIENCE;
    let load = bank.load(server, rng);
    let mut failures = Vec::new();
    std::thread::scope(|scope| {
        if full {
            // A query that waits for space must not keep the space from coming back.
            scope.spawn(|| disarm_when_fired(faults, deadline));
        }
        while load.goes_on() && Instant::now() < deadline && faults.fired().is_empty() {
            failures.extend(client.query("checkpoint").err());
            failures
                .extend(client.query("select note from vinyl_done where id between 0 and 1000000000 limit 50").err());
            if !full {
                failures.extend(client.query("vacuum").err());
            }
        }
        std::thread::sleep(CONSEQUENCES);
    });
    failures.extend(client.query("checkpoint").err());
    failures.extend(load.end());
    let lives = lives(server, &failures);
    for failure in failures.iter().filter(|failure| lives || failure.code != "lost") {
        assert!(CODES.contains(&failure.code.as_str()), "{failure}, lives: {lives}\n{}", server.stderr());
    }
    if !lives {
        return stopped(server, said, faults);
    }
    if failures.is_empty() { Met::Nothing } else { Met::Told }
}

/// Does the server live on? A lost connection means that it is about to end.
fn lives(server: &mut Server, failures: &[Failure]) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while failures.iter().any(|failure| failure.code == "lost") && server.lives() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    server.lives()
}

/// The server has ended, or is about to: it must say why.
fn stopped(server: &mut Server, said: usize, faults: &Faults) -> Met {
    let status = server.wait_for_end();
    let told = server.stderr().split_off(said);
    assert_eq!(status.code(), Some(1), "{told}");
    names_a_file(last_line(&told), faults);
    Met::Stopped
}

fn last_line(told: &str) -> &str {
    told.trim_end().lines().last().unwrap_or_default()
}

/// The line says that it is an error of ours, and names a file on which something failed (or its directory).
fn names_a_file(line: &str, faults: &Faults) {
    assert!(line.starts_with("cairn: "), "no reason at the end: {line}");
    let names = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // What is written under another name first may be called by its last one.
        line.contains(&name) || line.contains(name.trim_end_matches(".tmp").trim_end_matches(".new"))
    };
    let fired = faults.fired();
    let named =
        fired.iter().any(|path| names(path) || path.parent().is_some_and(|dir| line.contains(&*dir.to_string_lossy())));
    assert!(named, "the reason names none of {fired:?}: {line}");
}

/// Now that nothing fails any more, all is there.
fn reopen(server: &mut Server, bank: &Bank) {
    server.restart().unwrap_or_else(|told| panic!("no start after the fault is gone: {told}"));
    let mut client = server.connect();
    bank.check(&mut client);
    goes_on(&mut client, bank);
    server.kill();
    server.restart().unwrap_or_else(|told| panic!("no second start: {told}"));
    server.connect().ok("select count(*) from vinyl_account");
}

/// What was harmed can be written to again.
fn goes_on(client: &mut Client, bank: &Bank) {
    client.ok("checkpoint");
    bank.tidy(client);
}

/// The device that a server takes by itself: the kernel refuses every write behind some byte of a file, halfway through a write
/// at that byte.
#[test]
fn the_kernel_refuses_the_logs_writes() {
    let mut rng = StdRng::seed_from_u64(seed());
    for _ in 0..3 {
        let mut server = Server::start(&bank::SMALL);
        let mut bank = Bank::open(&server);
        settle_something(&mut server, &mut bank, &mut rng);
        let said = server.stderr().len();
        let load = bank.load(&server, &mut rng);
        // Standard error is a file, too, and has far less.
        limit_files(server.pid(), rng.random_range(20_000..60_000));
        let status = server.wait_for_end();
        let mut failures = load.end();
        failures.retain(|failure| failure.code != "lost");
        let told = server.stderr().split_off(said);
        assert!(failures.iter().all(|failure| CODES.contains(&failure.code.as_str())), "{failures:?}\n{told}");
        assert_eq!(status.code(), Some(1), "{told}");
        let line = last_line(&told);
        assert!(line.starts_with("cairn: the log has failed: ") && line.contains("File too large"), "{line}");
        assert!(line.contains(".log"), "{line}");
        reopen(&mut server, &bank);
    }
}

/// From now on no file of this process grows beyond so many bytes.
fn limit_files(pid: u32, bytes: u64) {
    let limit = libc::rlimit64 { rlim_cur: bytes, rlim_max: libc::RLIM64_INFINITY };
    let pid = libc::pid_t::try_from(pid).expect("process ids fit");
    // SAFETY: prlimit(2) reads the limit, which outlives the call, and writes nothing without a place for the old one.
    let failed = unsafe { libc::prlimit64(pid, libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut()) };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}
