//! Cursors: own writes over the overlay over the engine, merged in key order.

use std::cmp::Ordering;

use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_engine_api::{Cursor, Direction, EngineError, Entry, KeyRange};

use crate::bounds::OwnedRange;
use crate::engines::Registered;
use crate::error::TxnError;
use crate::fetch::ReadTask;
use crate::overlay::{OverlayScan, Visible};
use crate::txn::State;
use crate::writeset::{OwnScan, Written};

/// The three layers of one range.
///
/// As long as only the engine has rows left, its entries are passed through untouched. Where layers interleave, the
/// engine's row is copied to look ahead.
pub(crate) struct Merge<'a> {
    direction: Direction,
    own: Option<OwnScan<'a>>,
    own_head: Option<(&'a [u8], Written<'a>)>,
    overlay: Option<OverlayScan<'a>>,
    overlay_head: Option<(&'a [u8], Visible<'a>)>,
    engine: Option<Box<dyn Cursor + 'a>>,
    ahead: Option<RowBuf>,
    spare: RowBuf,
    newest: LogIndex,
}

#[derive(Default)]
struct RowBuf {
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Who has the next row.
enum Source<'a> {
    Layer(&'a [u8], &'a [u8]),
    Engine,
    Nobody,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(
        direction: Direction,
        mut own: Option<OwnScan<'a>>,
        mut overlay: Option<OverlayScan<'a>>,
        engine: Option<Box<dyn Cursor + 'a>>,
    ) -> Self {
        let own_head = own.as_mut().and_then(Iterator::next);
        let overlay_head = overlay.as_mut().and_then(Iterator::next);
        let (ahead, spare, newest) = (None, RowBuf::default(), LogIndex::ZERO);
        Self { direction, own, own_head, overlay, overlay_head, engine, ahead, spare, newest }
    }

    /// Newest commit in the overlay that the rows so far depended on.
    pub(crate) fn newest(&self) -> LogIndex {
        self.newest
    }

    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        if self.own_head.is_none() && self.overlay_head.is_none() && self.ahead.is_none() {
            return match &mut self.engine {
                Some(engine) => engine.next(),
                None => Ok(None),
            };
        }
        match self.choose()? {
            Source::Layer(key, value) => Ok(Some(Entry { key, value })),
            Source::Nobody => Ok(None),
            Source::Engine => {
                self.spare = self.ahead.take().expect("the engine's row was chosen");
                Ok(Some(Entry { key: &self.spare.key, value: &self.spare.value }))
            }
        }
    }

    /// Steps over deleted rows to the next one that exists.
    fn choose(&mut self) -> Result<Source<'a>, EngineError> {
        loop {
            self.look_ahead()?;
            let own = self.own_head.map(|(key, _)| key);
            let overlay = self.overlay_head.map(|(key, _)| key);
            let engine = self.ahead.as_ref().map(|row| row.key.as_slice());
            let layer = match (own, overlay) {
                (Some(own), Some(overlay)) => Some(self.first(own, overlay)),
                (own, overlay) => own.or(overlay),
            };
            let Some(key) = layer else {
                return Ok(if engine.is_some() { Source::Engine } else { Source::Nobody });
            };
            match engine.map(|engine| self.compare(key, engine)) {
                Some(Ordering::Greater) => return Ok(Source::Engine),
                Some(Ordering::Equal) => self.spare = self.ahead.take().expect("compared above"),
                Some(Ordering::Less) | None => {}
            }
            if let Some(value) = self.take(key) {
                return Ok(Source::Layer(key, value));
            }
        }
    }

    /// Takes `key` out of the upper layers; own writes win.
    fn take(&mut self, key: &[u8]) -> Written<'a> {
        let mut value = None;
        if let Some((_, version)) = self.overlay_head.filter(|(head, _)| *head == key) {
            value = version.row;
            self.newest = self.newest.max(version.index);
            self.overlay_head = self.overlay.as_mut().and_then(Iterator::next);
        }
        if let Some((_, written)) = self.own_head.filter(|(head, _)| *head == key) {
            value = written;
            self.own_head = self.own.as_mut().and_then(Iterator::next);
        }
        value
    }

    fn look_ahead(&mut self) -> Result<(), EngineError> {
        if self.ahead.is_some() {
            return Ok(());
        }
        let Some(engine) = &mut self.engine else { return Ok(()) };
        match engine.next()? {
            Some(entry) => {
                let mut row = std::mem::take(&mut self.spare);
                row.key.clear();
                row.key.extend_from_slice(entry.key);
                row.value.clear();
                row.value.extend_from_slice(entry.value);
                self.ahead = Some(row);
            }
            None => self.engine = None,
        }
        Ok(())
    }

    fn first<'k>(&self, left: &'k [u8], right: &'k [u8]) -> &'k [u8] {
        if self.compare(left, right) == Ordering::Greater { right } else { left }
    }

    fn compare(&self, left: &[u8], right: &[u8]) -> Ordering {
        match self.direction {
            Direction::Forward => left.cmp(right),
            Direction::Backward => right.cmp(left),
        }
    }
}

/// A scan of a transaction. Lending: an entry is valid until the next call. What was pulled is remembered as read when
/// the cursor is dropped: everything between the range's beginning and the last row taken, or the whole range when
/// the end was seen.
pub struct TxnCursor<'a> {
    pub(crate) merge: Merge<'a>,
    pub(crate) state: &'a State,
    pub(crate) engine: &'a Registered,
    pub(crate) space: SpaceId,
    pub(crate) at: Timestamp,
    pub(crate) range: KeyRange<'a>,
    pub(crate) direction: Direction,
    pub(crate) tracking: bool,
    pub(crate) pulled: Pulled,
}

/// How far a cursor has come.
#[derive(Debug, Default)]
pub(crate) struct Pulled {
    pub(crate) rows: usize,
    pub(crate) last: Vec<u8>,
    pub(crate) exhausted: bool,
}

impl Pulled {
    /// What [`ReadSet::pulled`](crate::readset::ReadSet) wants to know: `None` when nothing is to be remembered.
    pub(crate) fn upto(&self) -> Option<Option<&[u8]>> {
        match (self.exhausted, self.rows) {
            (true, _) => Some(None),
            (false, 0) => None,
            (false, _) => Some(Some(&self.last)),
        }
    }

    pub(crate) fn note(&mut self, entry: Option<&Entry<'_>>, keep_key: bool) {
        match entry {
            Some(entry) => {
                self.rows += 1;
                if keep_key {
                    self.last.clear();
                    self.last.extend_from_slice(entry.key);
                }
            }
            None => self.exhausted = true,
        }
    }
}

impl TxnCursor<'_> {
    /// The next row in the cursor's direction, or `None` at the end. After an error the cursor is dead.
    /// [`TxnError::NotResident`] carries the task that brings the missing rows into memory.
    #[expect(clippy::should_implement_trait, reason = "a lending cursor is no Iterator")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, TxnError> {
        match self.merge.next() {
            Ok(entry) => {
                self.pulled.note(entry.as_ref(), self.tracking);
                Ok(entry)
            }
            Err(EngineError::NotResident) => {
                let range = OwnedRange::copy(self.range);
                let engine = std::sync::Arc::clone(&self.engine.engine);
                let task = ReadTask::range(engine, self.space, range, self.direction, self.at);
                Err(TxnError::NotResident(Box::new(task.with_rows_max(self.pulled.rows + ReadTask::ROWS_AHEAD))))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for TxnCursor<'_> {
    fn drop(&mut self) {
        self.state.depends_on(self.merge.newest());
        if !self.tracking {
            return;
        }
        if let Some(last) = self.pulled.upto() {
            self.state.reads.borrow_mut().pulled(self.space, self.range, self.direction, last);
        }
    }
}
