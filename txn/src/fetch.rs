//! Bringing bytes into memory on a reader pool.

use std::fmt;
use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::{Direction, Engine, EngineError, KeyRange};

use crate::bounds::OwnedRange;

/// A read that a core could not do from memory. [`ReadTask::run`] does it with the engine's blocking methods, on any
/// thread, and throws the rows away: afterwards the engine's cache holds the blocks.
pub struct ReadTask {
    engine: Arc<dyn Engine>,
    space: SpaceId,
    at: Timestamp,
    what: What,
}

enum What {
    Key(Vec<u8>),
    Keys(Vec<Vec<u8>>),
    Range { range: OwnedRange, direction: Direction, rows_max: usize },
}

impl ReadTask {
    /// Rows that one task reads ahead in a range when the caller does not know better.
    pub const ROWS_AHEAD: usize = 1_000;

    /// The read of one key.
    pub(crate) fn key(engine: Arc<dyn Engine>, space: SpaceId, key: &[u8], at: Timestamp) -> Self {
        Self { engine, space, at, what: What::Key(key.to_vec()) }
    }

    /// The read of several keys.
    pub(crate) fn keys(engine: Arc<dyn Engine>, space: SpaceId, keys: Vec<Vec<u8>>, at: Timestamp) -> Self {
        Self { engine, space, at, what: What::Keys(keys) }
    }

    /// The read of the first rows of a range.
    pub(crate) fn range(
        engine: Arc<dyn Engine>,
        space: SpaceId,
        range: OwnedRange,
        direction: Direction,
        at: Timestamp,
    ) -> Self {
        Self { engine, space, at, what: What::Range { range, direction, rows_max: Self::ROWS_AHEAD } }
    }

    /// Reads at most this many rows of a range.
    pub fn with_rows_max(mut self, rows: usize) -> Self {
        if let What::Range { rows_max, .. } = &mut self.what {
            *rows_max = rows;
        }
        self
    }

    /// The space that is read.
    pub fn space(&self) -> SpaceId {
        self.space
    }

    /// Does the read, blocking. Returns how many rows were found.
    pub fn run(&self) -> Result<usize, EngineError> {
        match &self.what {
            What::Key(key) => {
                let mut row = Vec::new();
                Ok(usize::from(self.engine.get(self.space, key, self.at, &mut row)?))
            }
            What::Keys(keys) => {
                let mut rows = 0;
                for key in keys {
                    rows += usize::from(self.engine.get(self.space, key, self.at, &mut Vec::new())?);
                }
                Ok(rows)
            }
            What::Range { range, direction, rows_max } => self.run_range(range.as_range(), *direction, *rows_max),
        }
    }

    fn run_range(&self, range: KeyRange<'_>, direction: Direction, rows_max: usize) -> Result<usize, EngineError> {
        let mut cursor = self.engine.scan(self.space, range, self.at, direction)?;
        let mut rows = 0;
        while rows < rows_max && cursor.next()?.is_some() {
            rows += 1;
        }
        Ok(rows)
    }
}

impl fmt::Debug for ReadTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.what {
            What::Key(_) => "key",
            What::Keys(_) => "keys",
            What::Range { .. } => "range",
        };
        write!(f, "ReadTask({what} of {:?} at {})", self.space, self.at.0)
    }
}
