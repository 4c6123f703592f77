//! Cursors that are wrong in one way.

use std::sync::RwLockReadGuard;

use cairn_engine_api::{Cursor, Engine, EngineError, Entry, SpaceId, Timestamp};

use super::{Fault, Saboteur};

/// A key and its value.
type Row = (Vec<u8>, Vec<u8>);

/// A cursor of the model with the engine's fault.
pub(super) struct SpoiltCursor<'a> {
    engine: &'a Saboteur,
    inner: Box<dyn Cursor + 'a>,
    space: SpaceId,
    at: Timestamp,
    /// Rows given so far.
    count: u64,
    /// The row that comes too late.
    held: Option<Row>,
    /// The row under the cursor.
    row: Row,
    _lock: Option<RwLockReadGuard<'a, ()>>,
}

impl<'a> SpoiltCursor<'a> {
    pub(super) fn new(engine: &'a Saboteur, inner: Box<dyn Cursor + 'a>, space: SpaceId, at: Timestamp) -> Self {
        let lock = engine.has(Fault::CursorHoldsLock).then(|| engine.lock.read().expect("no panic under this lock"));
        Self { engine, inner, space, at, count: 0, held: None, row: Default::default(), _lock: lock }
    }

    fn pull(&mut self) -> Result<Option<Row>, EngineError> {
        Ok(self.inner.next()?.map(|entry| (entry.key.to_vec(), entry.value.to_vec())))
    }

    /// The second and the third row change places.
    fn pull_unsorted(&mut self) -> Result<Option<Row>, EngineError> {
        if self.count == 2 {
            self.held = self.pull()?;
        }
        let next = self.pull()?;
        Ok(if next.is_some() { next } else { self.held.take() })
    }

    /// Reads the row under the cursor again, at no timestamp at all.
    fn refresh(&mut self) -> Result<(), EngineError> {
        let mut newest = Vec::new();
        if self.engine.inner.get(self.space, &self.row.0, Timestamp::MAX, &mut newest)? {
            self.row.1 = newest;
        }
        Ok(())
    }
}

impl Cursor for SpoiltCursor<'_> {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        self.count += 1;
        if self.engine.has(Fault::CursorDiesWithSpace) {
            self.engine.inner.get(self.space, b"", self.at, &mut Vec::new())?;
        }
        let next = if self.engine.has(Fault::ScansUnsorted) { self.pull_unsorted()? } else { self.pull()? };
        let Some(row) = next else { return Ok(None) };
        self.row = row;
        if self.engine.has(Fault::CursorFollowsWrites) {
            self.refresh()?;
        }
        Ok(Some(Entry { key: &self.row.0, value: &self.row.1 }))
    }
}
