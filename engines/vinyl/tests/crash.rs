//! A real SIGKILL, at random moments: a child process writes batches and tells the parent the index of each one applied
//! and of each checkpoint; the parent kills it, opens what is left and replays.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_vinyl::{VINYL_CODE, Vinyl, VinylConfig};

const DIRECTORY: &str = "CAIRN_VINYL_CRASH_DIRECTORY";
const SPACE: SpaceId = SpaceId::new(VINYL_CODE, 1);
const KEYS: u64 = 200;
const KILLS: u64 = 6;

fn config() -> VinylConfig {
    VinylConfig {
        write_buffer_bytes: 64 << 10,
        file_bytes: 64 << 10,
        collect_versions_min: 2000,
        ..VinylConfig::default()
    }
}

/// Batch 1 creates the space. Batch `n` gives ten keys the value `n` and deletes one: every state tells its last batch.
fn apply(vinyl: &Vinyl, n: u64) {
    let stamp = Stamp { at: Timestamp(n), index: LogIndex(n), watermark: Timestamp::ZERO };
    if n == 1 {
        let create = Op::CreateSpace { space: SPACE, options: SpaceOptions::default() };
        return vinyl.apply(&[create], stamp).expect("the first batch");
    }
    let keys: Vec<_> = (0..11).map(|i| ((n * 11 + i) % KEYS).to_be_bytes()).collect();
    let value = [n.to_le_bytes().as_slice(), &[9; 200]].concat();
    let mut ops: Vec<_> = keys[..10].iter().map(|key| Op::Put { space: SPACE, key, value: &value }).collect();
    ops.push(Op::Delete { space: SPACE, key: &keys[10] });
    vinyl.apply(&ops, stamp).expect("a right batch");
}

/// The value of each key after batch `n`.
fn expected(n: u64) -> Vec<Option<u64>> {
    let mut rows = vec![None; KEYS as usize];
    for batch in 2..=n {
        for i in 0..11 {
            rows[((batch * 11 + i) % KEYS) as usize] = (i < 10).then_some(batch);
        }
    }
    rows
}

fn check(vinyl: &Vinyl, n: u64) {
    let mut found = vec![None; KEYS as usize];
    let mut cursor = vinyl.scan(SPACE, KeyRange::ALL, Timestamp(n), Direction::Forward).expect("the space exists");
    while let Some(entry) = cursor.next().expect("the files are whole") {
        let key = u64::from_be_bytes(entry.key.try_into().expect("keys have 8 bytes"));
        found[key as usize] = Some(u64::from_le_bytes(*entry.value.first_chunk().expect("values start with a number")));
    }
    assert_eq!(found, expected(n), "the state is not that of batch {n}");
}

/// The child: writes until it is killed.
#[test]
#[ignore = "runs as the child process of a_killed_process_keeps_what_it_promised"]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let vinyl = Vinyl::open(config(), Path::new(&directory)).expect("the directory of the parent");
    let first = vinyl.persisted().index.0 + 1;
    println!("\nopen {}", vinyl.persisted().index.0);
    for n in first.. {
        apply(&vinyl, n);
        println!("applied {n}");
        if n % 97 == 0 {
            let upto = Persisted { index: LogIndex(n), at: Timestamp(n) };
            let kept = vinyl.checkpoint(upto, &|_| {}).expect("the disk takes it");
            println!("kept {}", kept.index.0);
        }
        if n % 31 == 0 {
            vinyl.collect(Timestamp(n - 5)).expect("a collection");
        }
    }
}

/// Starts a child, kills it after a while, and returns the last index it applied and the last it promised.
fn run_and_kill(directory: &Path, after: Duration) -> (u64, u64) {
    let mut child = Command::new(std::env::current_exe().expect("this test has a path"))
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child process");
    let output = BufReader::new(child.stdout.take().expect("the child's output is piped"));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().expect("the child runs until it is killed");
        child.wait().expect("the child has ended")
    });
    let (mut applied, mut kept) = (0, 0);
    for line in output.lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("applied", n)) => applied = n.parse().unwrap_or(applied),
            Some(("kept" | "open", n)) => kept = n.parse().unwrap_or(kept),
            _ => {}
        }
    }
    let status = killer.join().expect("the killer does not panic");
    assert_eq!(status.code(), None, "the child must die by the signal");
    (applied, kept)
}

#[test]
fn a_killed_process_keeps_what_it_promised() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (mut replayed, mut best) = (0, 0);
    for round in 0..KILLS {
        let pause = Duration::from_millis(150 + 170 * round + u64::from(rand_millis()));
        let (applied, promised) = run_and_kill(directory.path(), pause);
        let vinyl = Vinyl::open(config(), directory.path()).expect("what a killed process left");
        let kept = vinyl.persisted().index.0;
        assert!(kept >= promised, "{promised} was promised, {kept} is left");
        assert!(kept <= applied + 1, "{kept} is left, but only {applied} were applied");
        if kept > 0 {
            check(&vinyl, kept);
        }
        for n in kept + 1..=applied {
            apply(&vinyl, n);
        }
        replayed += applied.saturating_sub(kept);
        best = best.max(applied);
        if applied > 0 {
            check(&vinyl, applied.max(kept));
        }
    }
    assert!(best > 100, "the children got to batch {best} only: this test tests nothing");
    assert!(replayed > 0, "no batch was lost and replayed: the kills came at the wrong moments");
}

/// Up to a quarter of a second, different in each run.
fn rand_millis() -> u8 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as u8
}
