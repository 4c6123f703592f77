//! An engine and the model side by side: whatever is done is done to both, and every answer is compared.

use std::sync::Arc;

use cairn_engine_api::{Direction, Engine, EngineError, KeyRange, Persisted, ResidentRead, SpaceId, Timestamp};

use crate::EngineFactory;
use crate::failure::{Failure, Outcome, ensure};
use crate::model::Store;
use crate::ops::{Batch, Range, Short, Step};

/// Key and value of each row that a scan gave.
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Calls of `collect` after which an engine that still reports more work counts as stuck.
const COLLECT_CALLS_MAX: usize = 100_000;

/// The engine under test, the model, and the log that a crash is recovered from.
pub struct World<'f> {
    factory: &'f dyn EngineFactory,
    engine: Option<Arc<dyn Engine>>,
    model: Store,
    log: Vec<Batch>,
    /// The most that the engine has ever claimed to keep.
    promised: Persisted,
}

impl<'f> World<'f> {
    /// Opens a new engine and sets an empty model beside it.
    pub fn new(factory: &'f dyn EngineFactory) -> Outcome<Self> {
        let engine = factory.open()?;
        ensure!(engine.persisted() == Persisted::default(), "a new engine claims to keep {:?}", engine.persisted());
        let promised = Persisted::default();
        Ok(Self { factory, engine: Some(engine), model: Store::default(), log: Vec::new(), promised })
    }

    /// The engine under test.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        self.engine.as_ref().expect("an engine is open between steps")
    }

    /// What the engine must be equal to.
    pub fn model(&self) -> &Store {
        &self.model
    }

    /// Every batch applied so far, in order.
    pub fn log(&self) -> &[Batch] {
        &self.log
    }

    /// Does one step to both and compares.
    pub fn run(&mut self, step: &Step) -> Outcome {
        let done = match step {
            Step::Apply(batch) => self.apply(batch),
            Step::Replay { count } => self.replay(*count),
            Step::Get { space, key, at } => self.check_get(*space, key, *at),
            Step::Scan { space, range, at, direction, limit } => {
                self.check_scan(*space, range, *at, *direction, *limit)
            }
            Step::Collect { watermark, once: true } => Ok(self.engine().collect(*watermark).map(drop)?),
            Step::Collect { watermark, once: false } => collect_all(self.engine().as_ref(), *watermark),
            Step::Checkpoint => self.checkpoint(),
            Step::Reopen => self.reopen(),
            Step::Crash => self.crash(),
        };
        done.map_err(|failure| failure.during(format_args!("{step:?}")))
    }

    /// Applies a new batch to both.
    pub fn apply(&mut self, batch: &Batch) -> Outcome {
        batch.apply_to(self.engine().as_ref())?;
        self.model.apply(&batch.ops(), batch.stamp)?;
        self.log.push(batch.clone());
        Ok(())
    }

    /// Delivers the last `count` batches to the engine once more. Nothing may change.
    pub fn replay(&self, count: usize) -> Outcome {
        let first = self.log.len().saturating_sub(count);
        for batch in &self.log[first..] {
            batch.apply_to(self.engine().as_ref())?;
        }
        Ok(())
    }

    /// Checkpoints everything applied.
    pub fn checkpoint(&mut self) -> Outcome {
        let upto = self.model.applied();
        let kept = self.engine().checkpoint(upto, &|_| {})?;
        ensure!(kept.index >= upto.index, "a checkpoint up to {upto:?} returned {kept:?}");
        let persisted = self.engine().persisted();
        ensure!(persisted.index >= upto.index, "after a checkpoint up to {upto:?}, persisted() is {persisted:?}");
        self.note_promise()
    }

    /// Shuts the engine down, starts it again and replays.
    pub fn reopen(&mut self) -> Outcome {
        self.note_promise()?;
        let engine = self.engine.take().expect("an engine is open between steps");
        self.factory.close(engine)?;
        self.recover()
    }

    /// Kills the engine, starts it again and replays.
    pub fn crash(&mut self) -> Outcome {
        self.note_promise()?;
        let engine = self.engine.take().expect("an engine is open between steps");
        self.factory.crash(engine)?;
        self.recover()
    }

    /// Remembers what the engine says it would keep, which may never become less.
    fn note_promise(&mut self) -> Outcome {
        let persisted = self.engine().persisted();
        ensure!(persisted.index >= self.promised.index, "persisted() went from {:?} to {persisted:?}", self.promised);
        ensure!(
            persisted.index <= self.model.applied().index,
            "persisted() is {persisted:?}, but only {:?} was ever delivered",
            self.model.applied()
        );
        self.promised = persisted;
        Ok(())
    }

    /// Opens what the last engine left, checks that it kept its promise, and replays the rest of the log.
    fn recover(&mut self) -> Outcome {
        let engine = self.factory.open()?;
        self.engine = Some(engine);
        let promised = self.promised;
        let kept = self.engine().persisted();
        ensure!(kept.index >= promised.index, "after a restart {kept:?} is left of the promised {promised:?}");
        self.note_promise()?;
        let rest = self.log.iter().filter(|batch| batch.stamp.index > kept.index).count();
        // A little more than needed: recovery reads whole segments.
        self.replay(rest + 3)?;
        self.check_all(self.model.applied().at)
    }

    /// Compares one read by key, also from memory only where the engine can.
    pub fn check_get(&self, space: SpaceId, key: &[u8], at: Timestamp) -> Outcome {
        let expected = self.model.get(space, key, at);
        let found = read_get(self.engine().as_ref(), space, key, at)?;
        same_get(&found, &expected).map_err(|failure| failure.during("the blocking read"))?;
        let Some(resident) = self.engine().capabilities().resident else { return Ok(()) };
        let mut row = Vec::new();
        let found = match resident.get_resident(space, key, at, &mut row) {
            Err(EngineError::NotResident) => return Ok(()),
            answer => plain(answer.map(|present| present.then_some(row)))?,
        };
        same_get(&found, &expected).map_err(|failure| failure.during("the read from memory"))
    }

    /// Compares the first `limit` rows of a scan, also from memory only where the engine can.
    pub fn check_scan(
        &self,
        space: SpaceId,
        range: &Range,
        at: Timestamp,
        direction: Direction,
        limit: usize,
    ) -> Outcome {
        let expected = self.expect_scan(space, range.borrow(), at, direction, limit);
        let found = read_scan(self.engine().as_ref(), space, range.borrow(), at, direction, limit)?;
        same_scan(&found, &expected).map_err(|failure| failure.during("the blocking scan"))?;
        let Some(resident) = self.engine().capabilities().resident else { return Ok(()) };
        match scan_resident(resident, space, range.borrow(), at, direction, limit) {
            Err(EngineError::NotResident) => Ok(()),
            answer => same_scan(&plain(answer)?, &expected).map_err(|failure| failure.during("the scan from memory")),
        }
    }

    /// What a scan must answer; `None` when the space does not exist.
    pub fn expect_scan(
        &self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
        limit: usize,
    ) -> Option<Rows> {
        let rows = self.model.range(space, range, at).ok()?.map(|(key, value)| (key.to_vec(), value.to_vec()));
        Some(match direction {
            Direction::Forward => rows.take(limit).collect(),
            Direction::Backward => rows.rev().take(limit).collect(),
        })
    }

    /// Compares every row of every space at `at`, both ways.
    pub fn check_all(&self, at: Timestamp) -> Outcome {
        for space in self.model.spaces() {
            for direction in [Direction::Forward, Direction::Backward] {
                self.check_scan(space, &Range::ALL, at, direction, usize::MAX)
                    .map_err(|failure| failure.during(format_args!("whole {space:?} at {} {direction:?}", at.0)))?;
            }
        }
        for space in self.dropped() {
            self.check_get(space, b"any", at)?;
        }
        Ok(())
    }

    /// Spaces that the log has created and that are gone.
    fn dropped(&self) -> impl Iterator<Item = SpaceId> + '_ {
        let changes = self.log.iter().flat_map(|batch| &batch.changes);
        changes.filter_map(|change| match change {
            crate::ops::Change::Drop { space } => Some(*space),
            _ => None,
        })
    }
}

/// A blocking read by key. The outer `None` says that the space does not exist.
pub fn read_get(engine: &dyn Engine, space: SpaceId, key: &[u8], at: Timestamp) -> Outcome<Option<Option<Vec<u8>>>> {
    const BEFORE: &[u8] = b"before";
    let mut out = BEFORE.to_vec();
    let answer = engine.get(space, key, at, &mut out);
    ensure!(out.starts_with(BEFORE), "get overwrote what was in `out`: {:?}", Short(&out));
    let row = out.split_off(BEFORE.len());
    if !matches!(answer, Ok(true)) {
        ensure!(row.is_empty(), "get answered {answer:?} and left {:?} in `out`", Short(&row));
    }
    plain(answer.map(|present| present.then_some(row)))
}

/// The first `limit` rows of a blocking scan. `None` says that the space does not exist.
pub fn read_scan(
    engine: &dyn Engine,
    space: SpaceId,
    range: KeyRange<'_>,
    at: Timestamp,
    direction: Direction,
    limit: usize,
) -> Outcome<Option<Rows>> {
    plain(engine.scan(space, range, at, direction).and_then(|cursor| take_rows(cursor, limit)))
}

fn scan_resident(
    resident: &dyn ResidentRead,
    space: SpaceId,
    range: KeyRange<'_>,
    at: Timestamp,
    direction: Direction,
    limit: usize,
) -> Result<Rows, EngineError> {
    take_rows(resident.scan_resident(space, range, at, direction)?, limit)
}

fn take_rows(mut cursor: Box<dyn cairn_engine_api::Cursor + '_>, limit: usize) -> Result<Rows, EngineError> {
    let mut rows = Vec::new();
    while rows.len() < limit {
        let Some(entry) = cursor.next()? else { break };
        rows.push((entry.key.to_vec(), entry.value.to_vec()));
    }
    Ok(rows)
}

/// Calls `collect` until there is nothing more to do.
pub fn collect_all(engine: &dyn Engine, watermark: Timestamp) -> Outcome {
    for _ in 0..COLLECT_CALLS_MAX {
        if !engine.collect(watermark)? {
            return Ok(());
        }
    }
    Err(Failure::new(format!("collect still reports work after {COLLECT_CALLS_MAX} calls")))
}

/// Turns a missing space into an answer; other errors are failures.
fn plain<T>(answer: Result<T, EngineError>) -> Outcome<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(EngineError::NoSuchSpace(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn same_get(found: &Option<Option<Vec<u8>>>, expected: &Result<Option<&[u8]>, EngineError>) -> Outcome {
    match (found, expected) {
        (None, Err(_)) => Ok(()),
        (Some(found), Ok(expected)) if found.as_deref() == *expected => Ok(()),
        (Some(found), Ok(expected)) => {
            Err(Failure::new(format!("found {:?}, expected {:?}", found.as_deref().map(Short), expected.map(Short))))
        }
        (None, Ok(_)) => Err(Failure::new("the space does not exist, but should")),
        (Some(_), Err(_)) => Err(Failure::new("the space exists, but should not")),
    }
}

fn same_scan(found: &Option<Rows>, expected: &Option<Rows>) -> Outcome {
    let (found, expected) = match (found, expected) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(Failure::new("the space does not exist, but should")),
        (Some(_), None) => return Err(Failure::new("the space exists, but should not")),
        (Some(found), Some(expected)) => (found, expected),
    };
    let same = found.iter().zip(expected).take_while(|(left, right)| left == right).count();
    let show = |rows: &Rows| rows.get(same).map(|(key, value)| format!("{:?} = {:?}", Short(key), Short(value)));
    ensure!(
        found == expected,
        "row {same} of the scan is {:?}, expected {:?} ({} rows instead of {})",
        show(found),
        show(expected),
        found.len(),
        expected.len()
    );
    Ok(())
}
