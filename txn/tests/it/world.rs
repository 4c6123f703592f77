//! A shard with a log and an applier that do what the test tells them, and short words for scripts.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use cairn_base::seam::sim::SimClock;
use cairn_base::{EngineCode, Fate, LogIndex, SpaceId};
use cairn_engine_api::{Direction, Engine, KeyRange, Persisted, SpaceOptions, Stamp};
use cairn_txn::*;

use crate::engines::{self, DiskEngine};

/// An engine that applies on the core.
pub const FAST: EngineCode = EngineCode(1);
/// An engine with an applier thread (here: [`World::apply_one`]).
pub const SLOW: EngineCode = EngineCode(2);
/// A table in [`FAST`].
pub const T: SpaceId = SpaceId::new(FAST, 1);
/// A table in [`SLOW`].
pub const S: SpaceId = SpaceId::new(SLOW, 1);

#[derive(Debug, Default)]
pub struct MemLog {
    pub records: Vec<(LogIndex, Vec<u8>)>,
    pub refuse: Option<Fate>,
}

impl MemLog {
    pub fn last(&self) -> LogIndex {
        self.records.last().map_or(LogIndex::ZERO, |(index, _)| *index)
    }
}

struct SharedLog(Rc<RefCell<MemLog>>);

impl CommitLog for SharedLog {
    fn submit(&mut self, record: &[u8]) -> Result<LogIndex, CommitLogError> {
        let mut log = self.0.borrow_mut();
        if let Some(fate) = log.refuse {
            let reason = "told to refuse".to_owned();
            return Err(match fate {
                Fate::DidNotHappen => CommitLogError::Refused(reason),
                _ => CommitLogError::Failed { reason, fate },
            });
        }
        // Other records share the log: indexes have gaps.
        let index = LogIndex(log.last().0 + 2);
        log.records.push((index, record.to_vec()));
        Ok(index)
    }
}

type Work = Rc<RefCell<VecDeque<(Arc<[u8]>, EngineCode, Stamp)>>>;

struct Queue(Work);

impl Applier for Queue {
    fn submit(&mut self, record: Arc<[u8]>, engine: EngineCode, stamp: Stamp) {
        self.0.borrow_mut().push_back((record, engine, stamp));
    }
}

pub struct World {
    pub shard: Shard,
    pub log: Rc<RefCell<MemLog>>,
    pub work: Work,
    pub clock: SimClock,
    pub fast: Arc<DiskEngine>,
    pub slow: Arc<DiskEngine>,
}

impl World {
    /// A shard with tables [`T`] and [`S`], both empty and durable.
    pub fn new() -> Self {
        Self::with(ShardConfig::default(), engines::on_disk(true))
    }

    pub fn with(config: ShardConfig, slow: DiskEngine) -> Self {
        let mut world = Self::bare(config, Arc::new(engines::in_memory()), Arc::new(slow), Persisted::default());
        let mut txn = world.rw(Isolation::Serializable);
        world.shard.create_space(&mut txn, T, SpaceOptions::default()).unwrap();
        world.shard.create_space(&mut txn, S, SpaceOptions::default()).unwrap();
        world.commit(txn);
        world.settle();
        world
    }

    pub fn bare(config: ShardConfig, fast: Arc<DiskEngine>, slow: Arc<DiskEngine>, start: Persisted) -> Self {
        let log = Rc::new(RefCell::new(MemLog::default()));
        let work = Work::default();
        let clock = SimClock::at(1_800_000_000_000_000);
        let engines =
            Engines::new([(FAST, Arc::clone(&fast) as Arc<dyn Engine>), (SLOW, Arc::clone(&slow) as Arc<dyn Engine>)]);
        let (port, applier) = (Box::new(SharedLog(Rc::clone(&log))), Box::new(Queue(Rc::clone(&work))));
        let shard = Shard::new(config, engines, port, applier, Rc::new(clock.clone()), start);
        Self { shard, log, work, clock, fast, slow }
    }

    /// A writing transaction with its first statement begun.
    pub fn rw(&mut self, isolation: Isolation) -> Txn {
        let mut txn = self.shard.begin(isolation, Access::ReadWrite).unwrap();
        self.shard.begin_statement(&mut txn).unwrap();
        txn
    }

    /// A READ ONLY transaction with its first statement begun.
    pub fn ro(&mut self) -> Txn {
        let mut txn = self.shard.begin(Isolation::Serializable, Access::ReadOnly).unwrap();
        self.shard.begin_statement(&mut txn).unwrap();
        txn
    }

    pub fn next(&mut self, txn: &mut Txn) {
        self.shard.begin_statement(txn).unwrap();
    }

    pub fn get(&self, txn: &Txn, space: SpaceId, key: &str) -> Option<String> {
        self.try_get(txn, space, key).unwrap()
    }

    pub fn try_get(&self, txn: &Txn, space: SpaceId, key: &str) -> Result<Option<String>, TxnError> {
        let mut row = Vec::new();
        let found = self.shard.get(txn, space, key.as_bytes(), &mut row)?;
        Ok(found.then(|| String::from_utf8(row).unwrap()))
    }

    /// All rows as `key=value`, in the cursor's order.
    pub fn rows(&self, txn: &Txn, space: SpaceId, range: KeyRange<'_>, direction: Direction) -> Vec<String> {
        let mut cursor = self.shard.scan(txn, space, range, direction).unwrap();
        let mut rows = Vec::new();
        while let Some(entry) = cursor.next().unwrap() {
            rows.push(format!("{}={}", text(entry.key), text(entry.value)));
        }
        rows
    }

    pub fn all(&self, txn: &Txn, space: SpaceId) -> Vec<String> {
        self.rows(txn, space, KeyRange::ALL, Direction::Forward)
    }

    pub fn lock(&mut self, txn: &mut Txn, space: SpaceId, key: &str) -> Result<Lock, TxnError> {
        self.shard.lock(txn, space, key.as_bytes(), LockMode::Update, Wait::Wait)
    }

    /// Locks and writes; the lock must be free.
    pub fn try_put(&mut self, txn: &mut Txn, space: SpaceId, key: &str, value: &str) -> Result<(), TxnError> {
        assert_eq!(self.lock(txn, space, key)?, Lock::Granted);
        self.shard.put(txn, space, key.as_bytes(), value.as_bytes())
    }

    pub fn put(&mut self, txn: &mut Txn, space: SpaceId, key: &str, value: &str) {
        self.try_put(txn, space, key, value).unwrap();
    }

    pub fn delete(&mut self, txn: &mut Txn, space: SpaceId, key: &str) {
        assert_eq!(self.lock(txn, space, key).unwrap(), Lock::Granted);
        self.shard.delete(txn, space, key.as_bytes()).unwrap();
    }

    pub fn commit(&mut self, txn: Txn) -> Commit {
        self.shard.commit(txn).unwrap()
    }

    /// Writes rows in a transaction of their own and makes them durable and applied.
    pub fn seed(&mut self, space: SpaceId, rows: &[(&str, &str)]) {
        let mut txn = self.rw(Isolation::Serializable);
        for (key, value) in rows {
            self.put(&mut txn, space, key, value);
        }
        self.commit(txn);
        self.settle();
    }

    /// Makes everything submitted so far durable.
    pub fn sync(&mut self) {
        let upto = self.log.borrow().last();
        self.shard.durable(upto);
    }

    /// Lets the applier do one piece of work. `false` when there is none.
    pub fn apply_one(&mut self) -> bool {
        let Some((record, code, stamp)) = self.work.borrow_mut().pop_front() else { return false };
        record::apply(self.slow.as_ref(), code, &record, stamp).unwrap();
        self.shard.applied(code, stamp.index);
        true
    }

    /// Everything durable and applied, no event left.
    pub fn settle(&mut self) {
        self.sync();
        while self.apply_one() {}
        self.shard.take_events();
    }

    pub fn events(&mut self) -> Vec<Event> {
        self.shard.take_events().collect()
    }

    pub fn advance_millis(&mut self, millis: u64) {
        self.clock.advance_nanos(millis * 1_000_000);
        self.shard.tick();
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A 40001?
pub fn is_serialization<T: std::fmt::Debug>(result: Result<T, TxnError>) -> bool {
    matches!(result, Err(TxnError::Serialization(_)))
}
