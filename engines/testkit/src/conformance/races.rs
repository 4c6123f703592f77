//! Readers on their own threads while the writer works.
//!
//! The whole history is drawn before the race and given to a model that never forgets, so a reader can check each answer
//! by timestamp alone, without a lock that would order it against the writer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use cairn_engine_api::{Direction, Engine, KeyRange, SpaceId, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::scene::{SPACE, batch, create, key, put, time};
use crate::EngineFactory;
use crate::failure::{Failure, Outcome, ensure};
use crate::model::Store;
use crate::ops::{Batch, Generator, Mix, Shape, Short};
use crate::world::{read_get, read_scan};

const READERS: u64 = 2;
const BATCHES: usize = 1200;
const KEYS: u64 = 50;

/// A history drawn in advance, and how much of it has been applied.
struct Race {
    history: Vec<Batch>,
    model: Store,
    spaces: Vec<(SpaceId, Shape)>,
    /// Batches whose `apply` has returned.
    applied: AtomicUsize,
    /// The timestamp that each reader pins.
    pins: Mutex<Vec<Timestamp>>,
    over: AtomicBool,
}

impl Race {
    fn new(seed: u64) -> Outcome<Self> {
        let mut generator = Generator::new(seed, Mix { ddl_percent: 0, keys: KEYS, ..Mix::READS });
        let mut history = Vec::new();
        let crate::ops::Step::Apply(first) = generator.next() else {
            return Err(Failure::new("a history starts with a batch"));
        };
        history.push(first);
        history.extend((0..BATCHES).map(|_| generator.batch()));
        let mut model = Store::default();
        for batch in &history {
            model.apply(&batch.ops(), batch.stamp)?;
        }
        Ok(Self {
            history,
            model,
            spaces: generator.spaces().zip(Shape::ALL).collect(),
            applied: AtomicUsize::new(0),
            pins: Mutex::new(vec![Timestamp::MAX; READERS as usize]),
            over: AtomicBool::new(false),
        })
    }

    /// The timestamp of the last batch whose `apply` has returned.
    fn now(&self) -> Timestamp {
        let applied = self.applied.load(Ordering::Acquire);
        self.history[applied.saturating_sub(1)].stamp.at
    }

    /// Pins the present for a reader and returns it.
    fn pin(&self, reader: u64) -> Timestamp {
        let mut pins = self.pins.lock().expect("no thread panics with this lock");
        let now = self.now();
        pins[reader as usize] = now;
        now
    }

    /// The oldest timestamp that a reader may still read.
    fn watermark(&self) -> Timestamp {
        let pins = self.pins.lock().expect("no thread panics with this lock");
        pins.iter().copied().min().unwrap_or(Timestamp::MAX).min(self.now())
    }

    /// Applies the history, collecting on the way.
    fn write(&self, engine: &dyn Engine) -> Outcome {
        for (number, batch) in self.history.iter().enumerate().skip(1) {
            let mut stamp = batch.stamp;
            stamp.watermark = self.watermark();
            engine.apply(&batch.ops(), stamp)?;
            self.applied.store(number + 1, Ordering::Release);
            if number % 50 == 0 {
                engine.collect(self.watermark())?;
            }
        }
        Ok(())
    }

    /// Runs the writer against `READERS` copies of `read` until the writer is done.
    fn run(&self, factory: &dyn EngineFactory, seed: u64, read: Reader) -> Outcome {
        let engine = factory.open()?;
        self.history[0].apply_to(engine.as_ref())?;
        self.applied.store(1, Ordering::Release);
        std::thread::scope(|scope| {
            let engine = engine.as_ref();
            let readers: Vec<_> = (0..READERS)
                .map(|reader| {
                    scope.spawn(move || -> Outcome {
                        let mut rng = StdRng::seed_from_u64(seed ^ reader << 32);
                        while !self.over.load(Ordering::Acquire) {
                            read(self, engine, reader, &mut rng)?;
                        }
                        read(self, engine, reader, &mut rng)
                    })
                })
                .collect();
            let whistle = Whistle(&self.over);
            let written = self.write(engine);
            drop(whistle);
            let read = readers
                .into_iter()
                .map(|reader| reader.join().unwrap_or_else(|_| Err(Failure::new("a reader panicked"))));
            read.fold(written, |all, one| all.and(one))
        })
    }
}

/// Ends the race when dropped, also by a panic of the writer: the readers must not run for ever.
struct Whistle<'a>(&'a AtomicBool);

impl Drop for Whistle<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What a reader does over and over.
type Reader = fn(&Race, &dyn Engine, u64, &mut StdRng) -> Outcome;

/// Readers pin a timestamp and read it several times, by key and by range, both ways, while it becomes older and older.
pub(super) fn readers_see_whole_snapshots(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    Race::new(seed)?.run(factory, seed, |race, engine, reader, rng| {
        let at = race.pin(reader);
        for _ in 0..3 {
            let (space, shape) = race.spaces[rng.random_range(0..race.spaces.len())];
            for _ in 0..20 {
                let key = shape.key(rng.random_range(0..KEYS + 5));
                let found = read_get(engine, space, &key, at)?.flatten();
                let expected = race.model.get(space, &key, at)?;
                ensure!(
                    found.as_deref() == expected,
                    "{space:?} {:?} at {} raced to {:?} instead of {:?}",
                    Short(&key),
                    at.0,
                    found.as_deref().map(Short),
                    expected.map(Short)
                );
            }
            let (from, to) = (shape.key(rng.random_range(0..KEYS)), shape.key(rng.random_range(0..KEYS)));
            let range = KeyRange { start: std::ops::Bound::Included(&from), end: std::ops::Bound::Excluded(&to) };
            for range in [KeyRange::ALL, range] {
                check_range(race, engine, space, range, at)?;
            }
        }
        Ok(())
    })
}

fn check_range(race: &Race, engine: &dyn Engine, space: SpaceId, range: KeyRange<'_>, at: Timestamp) -> Outcome {
    let rows = race.model.range(space, range, at)?.map(|(key, value)| (key.to_vec(), value.to_vec()));
    let mut expected: Vec<_> = rows.collect();
    for direction in [Direction::Forward, Direction::Backward] {
        let found = read_scan(engine, space, range, at, direction, usize::MAX)?;
        ensure!(
            found.as_ref() == Some(&expected),
            "a {direction:?} scan of {space:?} at {} raced to {:?} rows instead of {}",
            at.0,
            found.map(|rows| rows.len()),
            expected.len()
        );
        expected.reverse();
    }
    Ok(())
}

/// Reads without an upper limit in time find what was applied before they began, or something newer that really was
/// written: never older, never invented.
pub(super) fn newest_read_is_current(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    Race::new(seed)?.run(factory, seed, |race, engine, reader, rng| {
        race.pin(reader);
        let (space, shape) = race.spaces[rng.random_range(0..race.spaces.len())];
        let key = shape.key(rng.random_range(0..KEYS));
        let before = race.now();
        let found = read_get(engine, space, &key, Timestamp::MAX)?.flatten();
        // One batch may be half way in when the read ends.
        let after = race.history[race.applied.load(Ordering::Acquire).min(race.history.len() - 1)].stamp.at;
        let versions = race.model.versions(space, &key)?;
        let newer = versions.iter().filter(|version| version.at > before && version.at <= after);
        let mut possible =
            newer.map(|version| version.value.as_deref()).chain([race.model.get(space, &key, before)?]);
        ensure!(
            possible.any(|value| value == found.as_deref()),
            "{space:?} {:?} between {} and {} was never {:?}",
            Short(&key),
            before.0,
            after.0,
            found.as_deref().map(Short)
        );
        Ok(())
    })
}

/// An open cursor holds up neither the writer nor a collection nor a checkpoint nor another reader.
pub(super) fn nobody_waits_for_a_cursor(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const PATIENCE: Duration = Duration::from_secs(10);
    let engine = factory.open()?;
    let mut changes = vec![create(SPACE)];
    changes.extend((0..300).map(|n| put(&key(n), b"old")));
    batch(1, changes).apply_to(engine.as_ref())?;
    let mut cursor = engine.scan(SPACE, KeyRange::ALL, time(1), Direction::Forward)?;
    cursor.next()?;
    let (done, is_done) = mpsc::channel();
    let writer = engine.clone();
    // Not a scoped thread: if it hangs, the case must still end.
    std::thread::spawn(move || {
        let work = || -> Outcome {
            for n in 2..20 {
                batch(n, [put(&key(n), b"new")]).apply_to(writer.as_ref())?;
            }
            writer.collect(time(1))?;
            writer.checkpoint(writer.persisted(), &|_| {})?;
            read_get(writer.as_ref(), SPACE, &key(3), time(19)).map(drop)
        };
        let outcome = work();
        drop(writer);
        // Nobody listens any more when the case has run out of patience.
        let _ = done.send(outcome);
    });
    is_done.recv_timeout(PATIENCE).map_err(|_| Failure::new("somebody waits for an open cursor"))??;
    let mut left = 0;
    while let Some(entry) = cursor.next()? {
        ensure!(entry.value == b"old", "an open cursor sees later batches");
        left += 1;
    }
    ensure!(left == 299, "an open cursor has {left} rows left instead of 299");
    Ok(())
}
