//! Crashes at random moments, with faults: acknowledged is durable, and nothing else than what was appended comes back.
//!
//! One run is a life of a log over many crashes, told by a seed. `CAIRN_WAL_SEED=n` runs that seed alone,
//! `CAIRN_WAL_SEEDS=n` the first n.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::{SimRng, SyncFault};

use crate::testing::{Open, World, payload, resume};
use crate::{Durability, Record, WalError};

/// What the outside world has been told so far.
#[derive(Debug, Default)]
struct Told {
    /// Last index acknowledged as durable; or seen after a recovery, which promises as much.
    durable: u64,
    /// Last index appended; anything above must not come back.
    appended: u64,
    /// Records up to here were given up.
    truncated: u64,
}

struct Life {
    world: World,
    rng: SimRng,
    told: Told,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut rng = SimRng::new(seed);
        let mut world = World::with_segments_of(4096 + rng.below(8192));
        world.options.spare_segments_max = rng.below(3) as usize;
        world.options.group_bytes_max = [1, 500, 1 << 20][rng.below(3) as usize];
        Self { world, rng, told: Told::default() }
    }

    fn run(&mut self, crashes: u32) {
        for _ in 0..crashes {
            let Some(mut log) = self.reopen() else { continue };
            for _ in 0..self.rng.below(40) {
                if self.step(&mut log).is_err() {
                    break;
                }
            }
            self.end(log);
        }
        while self.reopen().is_none() {}
    }

    /// Opens the log, perhaps into an injected fault; holds what comes back against what was told.
    fn reopen(&mut self) -> Option<Open> {
        if self.rng.below(5) == 0 {
            self.inject();
        }
        let from = self.told.truncated + 1;
        let log = match self.world.try_open(resume(from, from - 1)) {
            Ok(log) => log,
            Err(crate::OpenError::Io { .. }) => {
                self.crash_or_kill();
                return None;
            }
            Err(error) => panic!("a crash is no reason to refuse: {error}"),
        };
        let last = log.recovery.last.0;
        assert!(last >= self.told.durable, "record {} was acknowledged and {last} is the last", self.told.durable);
        assert!(last <= self.told.appended, "record {last} comes from nowhere");
        log.assert_replayed(from, last);
        self.told.durable = last;
        self.told.appended = last;
        Some(log)
    }

    fn step(&mut self, log: &mut Open) -> Result<(), WalError> {
        match self.rng.below(20) {
            0 => log.gate.shut(),
            1..=3 => log.gate.open(),
            4 if self.rng.below(8) == 0 => self.inject(),
            4 | 5 => self.truncate(log)?,
            6..=11 => self.append(log)?,
            12..=14 => _ = log.wal.submit()?,
            15 => _ = log.wal.flush()?,
            _ => _ = log.wal.poll_completion()?,
        }
        self.told.durable = log.durable();
        Ok(())
    }

    fn append(&mut self, log: &mut Open) -> Result<(), WalError> {
        let index = log.wal.next_index();
        let bytes = [8, 60, 600, 6000][self.rng.below(4) as usize] + self.rng.below(40) as usize;
        log.wal.append(Record { kind: 1, group: 0, index, payload: &payload(index.0, bytes) })?;
        self.told.appended = index.0;
        Ok(())
    }

    fn truncate(&mut self, log: &mut Open) -> Result<(), WalError> {
        let upto = self.told.truncated + self.rng.below(log.durable() - self.told.truncated + 1);
        log.wal.truncate_before(cairn_base::LogIndex(upto + 1))?;
        self.told.truncated = upto;
        Ok(())
    }

    fn inject(&mut self) {
        let skip = self.rng.below(6);
        let disk = &self.world.disk;
        match self.rng.below(4) {
            0 => disk.fail_write(skip, self.rng.below(3000) as usize),
            1 => disk.fail_sync(skip, SyncFault::HappenedButReported),
            2 => disk.fail_sync(skip, SyncFault::Lost),
            _ => disk.set_capacity(Some(disk.used_bytes() + self.rng.below(10_000))),
        }
    }

    fn end(&mut self, log: Open) {
        match self.rng.below(8) {
            0 => drop(log),
            _ => self.crash_or_kill(),
        }
    }

    fn crash_or_kill(&mut self) {
        self.world.disk.set_capacity(None);
        self.world.disk.clear_faults();
        match self.rng.below(4) {
            0 => self.world.disk.kill_process(),
            _ => self.world.disk.crash(&mut self.rng),
        }
    }
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name| Some(std::env::var(name).ok()?.parse::<u64>().expect("a seed is a number"));
    match number("CAIRN_WAL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CAIRN_WAL_SEEDS").unwrap_or(count),
    }
}

/// Runs one life per seed and names the seed of one that fails.
fn run(count: u64) {
    for seed in seeds(count) {
        let mut life = Life::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| life.run(12)));
        if let Err(panic) = outcome {
            eprintln!("failed with CAIRN_WAL_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn acknowledged_is_durable_whatever_happens() {
    run(200);
}

/// Without syncing there is no promise but order: after a crash of the machine a prefix is left.
#[test]
fn without_syncing_a_prefix_is_left() {
    for seed in seeds(100) {
        let mut life = Life::new(seed);
        life.world.options.durability = Durability::Os;
        for _ in 0..6 {
            let from = life.told.truncated + 1;
            let mut log = life.world.try_open(resume(from, from - 1)).expect("a crash is no reason to refuse");
            log.assert_replayed(from, log.recovery.last.0);
            for _ in 0..life.rng.below(40) {
                life.append(&mut log).expect("append");
                log.wal.flush().expect("flush");
            }
            // Whoever truncates has kept the records elsewhere, and made sure of the log before.
            let synced = log.wal.sync().expect("sync").0;
            life.told.truncated = life.told.truncated.max(life.rng.below(synced + 1));
            log.wal.truncate_before(cairn_base::LogIndex(life.told.truncated + 1)).expect("truncate");
            for _ in 0..life.rng.below(20) {
                life.append(&mut log).expect("append");
                log.wal.flush().expect("flush");
            }
            let was_killed = life.rng.below(3) == 0;
            let expected = if was_killed { log.durable() } else { synced };
            if was_killed {
                life.world.disk.kill_process()
            } else {
                life.world.disk.crash(&mut life.rng)
            }
            let from = life.told.truncated + 1;
            let log = life.world.try_open(resume(from, from - 1)).expect("a crash is no reason to refuse");
            assert!(log.recovery.last.0 >= expected, "CAIRN_WAL_SEED={seed}: {} < {expected}", log.recovery.last.0);
        }
    }
}
