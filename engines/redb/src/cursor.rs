//! Cursors: of each key the version visible at one timestamp, in either direction.

use cairn_engine_api::{Cursor, Direction, EngineError, Entry, Timestamp};
use redb::Range;

use crate::error::failed;
use crate::tables::RowKey;

/// A cursor over one snapshot of redb, which it keeps as long as it lives.
pub(crate) struct Scan {
    range: Range<'static, RowKey, Option<&'static [u8]>>,
    at: Timestamp,
    direction: Direction,
    /// The key whose visible version is decided (forward), or being looked for (backward).
    key: Option<Vec<u8>>,
    /// The row given out last.
    row: Vec<u8>,
    /// Backward: the version of `key` that is visible as far as has been read. A key's versions come oldest first.
    candidate: Option<Vec<u8>>,
    /// Backward: the key of the row given out last.
    given: Vec<u8>,
}

impl Scan {
    pub(crate) fn new(
        range: Range<'static, RowKey, Option<&'static [u8]>>,
        at: Timestamp,
        direction: Direction,
    ) -> Self {
        Self { range, at, direction, key: None, row: Vec::new(), candidate: None, given: Vec::new() }
    }

    /// Going forward a key's newest version comes first: the first one that is old enough decides.
    fn forward(&mut self) -> Result<bool, EngineError> {
        for entry in self.range.by_ref() {
            let (key, row) = entry.map_err(failed("read the next row"))?;
            let (_, key, inverted) = key.value();
            if !inverted > self.at.0 || self.key.as_deref() == Some(key) {
                continue;
            }
            self.key = Some(key.to_vec());
            if let Some(row) = row.value() {
                self.row.clear();
                self.row.extend_from_slice(row);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Going backward the last version of a key that is old enough decides, which is known when another key comes.
    fn backward(&mut self) -> Result<bool, EngineError> {
        while let Some(entry) = self.range.next_back() {
            let (key, row) = entry.map_err(failed("read the next row"))?;
            let (_, key, inverted) = key.value();
            let finished =
                (self.key.as_deref() != Some(key)).then(|| (self.key.replace(key.to_vec()), self.candidate.take()));
            if !inverted <= self.at.0 {
                self.candidate = row.value().map(<[u8]>::to_vec);
            }
            if let Some((Some(key), Some(row))) = finished {
                (self.given, self.row) = (key, row);
                return Ok(true);
            }
        }
        match (self.key.take(), self.candidate.take()) {
            (Some(key), Some(row)) => {
                (self.given, self.row) = (key, row);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

impl Cursor for Scan {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        let found = match self.direction {
            Direction::Forward => self.forward()?,
            Direction::Backward => self.backward()?,
        };
        if !found {
            return Ok(None);
        }
        let key = match self.direction {
            Direction::Forward => self.key.as_deref().unwrap_or_default(),
            Direction::Backward => &self.given,
        };
        Ok(Some(Entry { key, value: &self.row }))
    }
}

/// A scan of a range without keys.
pub(crate) struct Nothing;

impl Cursor for Nothing {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        Ok(None)
    }
}
