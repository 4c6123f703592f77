//! The model with the manners of an engine on disk: reads miss memory, writers are told to wait, the core does not apply.

use std::fmt;

use cairn_engine_api::{
    Admission, Admit, Capabilities, Cursor, Direction, Engine, EngineError, EngineStats, Entry, KeyRange, Op,
    Persisted, ResidentRead, SpaceId, SpaceOptions, Stamp, Timestamp,
};

use crate::model::ModelEngine;

/// What a read is about to touch.
#[derive(Clone, Copy, Debug)]
pub enum Touched<'a> {
    /// The key of a `get`.
    Key(&'a [u8]),
    /// A range, before its first row.
    Range,
    /// A row that a scan has come to.
    Row(&'a [u8]),
}

/// How an engine behaves. The default is one whose bytes are all in memory and that admits everything.
pub trait Habits: fmt::Debug + Send + Sync {
    /// A read that may block brings this into memory.
    fn fetch(&self, _space: SpaceId, _touched: Touched<'_>) {}

    /// May a read that must not block see this?
    fn is_resident(&self, _space: SpaceId, _touched: Touched<'_>) -> bool {
        true
    }

    /// The answer to a writer that asks for room.
    fn admit(&self, _bytes: u64) -> Admit {
        Admit::Yes
    }

    /// A batch was applied to `data`.
    fn applied(&self, _data: &ModelEngine, _stamp: Stamp) -> Result<(), EngineError> {
        Ok(())
    }

    /// What the engine says it can do, `resident` and `admission` being its powers.
    fn capabilities<'a>(&self, resident: &'a dyn ResidentRead, admission: &'a dyn Admission) -> Capabilities<'a> {
        Capabilities {
            resident: Some(resident),
            admission: Some(admission),
            slow_apply: true,
            ..Capabilities::default()
        }
    }
}

/// The model's data under somebody's habits.
#[derive(Debug)]
pub struct OnDisk<H> {
    /// The data.
    pub data: ModelEngine,
    /// How it is come by.
    pub habits: H,
}

impl<H> OnDisk<H> {
    /// An empty engine without a directory.
    pub fn in_memory(habits: H) -> Self {
        Self { data: ModelEngine::in_memory(), habits }
    }
}

impl<H: Habits> Engine for OnDisk<H> {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        self.data.validate(options)
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        self.data.apply(ops, stamp)?;
        self.habits.applied(&self.data, stamp)
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        touch(&self.habits, space, Touched::Key(key), true)?;
        self.data.get(space, key, at, out)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        self.rows(space, range, at, direction, true)
    }

    fn persisted(&self) -> Persisted {
        self.data.persisted()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        self.data.checkpoint(upto, progress)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.data.collect(watermark)
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        self.data.stats(space)
    }

    fn capabilities(&self) -> Capabilities<'_> {
        self.habits.capabilities(self, self)
    }
}

impl<H: Habits> ResidentRead for OnDisk<H> {
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        touch(&self.habits, space, Touched::Key(key), false)?;
        self.data.get(space, key, at, out)
    }

    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        self.rows(space, range, at, direction, false)
    }
}

impl<H: Habits> Admission for OnDisk<H> {
    fn admit(&self, bytes: u64) -> Admit {
        self.habits.admit(bytes)
    }
}

impl<H: Habits> OnDisk<H> {
    fn rows<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
        blocks: bool,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        touch(&self.habits, space, Touched::Range, blocks)?;
        let rows = self.data.scan(space, range, at, direction)?;
        Ok(Box::new(Rows { habits: &self.habits, space, rows, blocks }))
    }
}

/// A read of this, which may block or must not.
fn touch<H: Habits>(habits: &H, space: SpaceId, touched: Touched<'_>, blocks: bool) -> Result<(), EngineError> {
    if blocks {
        habits.fetch(space, touched);
        return Ok(());
    }
    if habits.is_resident(space, touched) { Ok(()) } else { Err(EngineError::NotResident) }
}

struct Rows<'a, H> {
    habits: &'a H,
    space: SpaceId,
    rows: Box<dyn Cursor + 'a>,
    blocks: bool,
}

impl<H: Habits> Cursor for Rows<'_, H> {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        let Some(entry) = self.rows.next()? else { return Ok(None) };
        touch(self.habits, self.space, Touched::Row(entry.key), self.blocks)?;
        Ok(Some(entry))
    }
}
