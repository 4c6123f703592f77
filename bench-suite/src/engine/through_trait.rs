//! Engines of ours, through the contract that transactions use.

use std::sync::Arc;

use cairn_engine_api::{
    Direction, Engine, EngineCode, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp,
};

use super::{RowKey, Store};

/// Batches between two collections, as often as a busy server collects.
const BATCHES_PER_COLLECTION: u64 = 64;

/// One space of an engine.
#[derive(Debug)]
pub struct EngineStore {
    engine: Arc<dyn Engine>,
    space: SpaceId,
    at: u64,
    /// The snapshot kept, if there is one: the watermark stays below it.
    kept: Option<Timestamp>,
}

impl EngineStore {
    /// A new space in an engine.
    pub fn new(engine: Arc<dyn Engine>, code: EngineCode) -> Self {
        let space = SpaceId::new(code, 1);
        let mut store = Self { engine, space, at: 0, kept: None };
        store.apply(&[Op::CreateSpace { space, options: SpaceOptions::default() }]);
        store
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.at)
    }

    fn watermark(&self) -> Timestamp {
        self.kept.unwrap_or_else(|| self.now())
    }

    fn apply(&mut self, ops: &[Op<'_>]) {
        self.at += 1;
        let stamp = Stamp { at: self.now(), index: LogIndex(self.at), watermark: self.watermark() };
        self.engine.apply(ops, stamp).expect("a right batch is taken");
        if self.at.is_multiple_of(BATCHES_PER_COLLECTION) {
            self.engine.collect(self.watermark()).expect("the engine collects");
        }
    }

    fn get_at(&self, key: &RowKey, at: Timestamp, out: &mut Vec<u8>) -> bool {
        // As a core does it: from memory where the engine can say so, from the disk when it is not there.
        match self.engine.capabilities().resident.map(|memory| memory.get_resident(self.space, key, at, out)) {
            Some(Ok(found)) => found,
            _ => self.engine.get(self.space, key, at, out).expect("the engine reads"),
        }
    }
}

impl Store for EngineStore {
    fn put(&mut self, rows: &[(RowKey, [u8; 100])]) {
        let space = self.space;
        let ops: Vec<_> = rows.iter().map(|(key, value)| Op::Put { space, key, value }).collect();
        self.apply(&ops);
    }

    fn delete(&mut self, keys: &[RowKey]) {
        let space = self.space;
        let ops: Vec<_> = keys.iter().map(|key| Op::Delete { space, key }).collect();
        self.apply(&ops);
    }

    fn get(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        self.get_at(key, self.now(), out)
    }

    fn scan(&self, from: &RowKey, rows: usize, direction: Direction) -> (usize, usize) {
        let range = match direction {
            Direction::Forward => KeyRange::from(from),
            Direction::Backward => KeyRange { end: std::ops::Bound::Included(from), ..KeyRange::ALL },
        };
        let mut cursor = self.engine.scan(self.space, range, self.now(), direction).expect("the space is there");
        let (mut seen, mut bytes) = (0, 0);
        while seen < rows
            && let Some(entry) = cursor.next().expect("the engine reads")
        {
            seen += 1;
            bytes += entry.value.len();
        }
        (seen, bytes)
    }

    fn settle(&mut self) {
        let upto = Persisted { index: LogIndex(self.at), at: self.now() };
        self.engine.checkpoint(upto, &|_| {}).expect("the engine keeps its rows");
        while self.engine.collect(self.watermark()).expect("the engine collects") {}
    }

    fn memory_bytes(&self) -> Option<u64> {
        Some(self.engine.stats(None).memory_bytes).filter(|bytes| *bytes > 0)
    }

    fn keep_snapshot(&mut self) -> Option<()> {
        self.kept = Some(self.now());
        Some(())
    }

    fn release_snapshot(&mut self) {
        self.kept = None;
        while self.engine.collect(self.watermark()).expect("the engine collects") {}
    }

    fn get_old(&self, key: &RowKey, out: &mut Vec<u8>) -> bool {
        self.get_at(key, self.kept.unwrap_or_else(|| self.now()), out)
    }
}
