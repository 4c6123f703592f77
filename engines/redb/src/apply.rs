//! One batch becomes one transaction of redb.

use cairn_engine_api::{EngineError, Op, SpaceId, Stamp, Timestamp};
use redb::{ReadableTable, Table, WriteTransaction};

use crate::error::failed;
use crate::tables::{APPLIED, GARBAGE, ROWS, RowKey, SPACES, STATE, inverted, persisted, span, versions};

/// The tables open in one transaction.
pub(crate) struct Batch<'t> {
    pub(crate) rows: Table<'t, RowKey, Option<&'static [u8]>>,
    pub(crate) spaces: Table<'t, u32, (u64, u64, u64)>,
    pub(crate) garbage: Table<'t, (u64, u32, &'static [u8]), ()>,
    state: Table<'t, &'static str, (u64, u64)>,
}

/// What a change does to the counters of its space.
#[derive(Clone, Copy, Default)]
pub(crate) struct Change {
    pub(crate) rows: i64,
    pub(crate) versions: i64,
    pub(crate) bytes: i64,
}

impl<'t> Batch<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, EngineError> {
        Ok(Self {
            rows: transaction.open_table(ROWS).map_err(failed("open table rows"))?,
            spaces: transaction.open_table(SPACES).map_err(failed("open table spaces"))?,
            garbage: transaction.open_table(GARBAGE).map_err(failed("open table garbage"))?,
            state: transaction.open_table(STATE).map_err(failed("open table state"))?,
        })
    }

    /// What was applied before this transaction.
    pub(crate) fn applied(&self) -> Result<cairn_engine_api::Persisted, EngineError> {
        let state = self.state.get(APPLIED).map_err(failed("read the applied index"))?;
        Ok(state.map(|state| persisted(state.value())).unwrap_or_default())
    }

    /// Remembers what is applied when this transaction is committed.
    pub(crate) fn set_applied(&mut self, applied: cairn_engine_api::Persisted) -> Result<(), EngineError> {
        let entry = (applied.index.0, applied.at.0);
        self.state.insert(APPLIED, entry).map(|_| ()).map_err(failed("write the applied index"))
    }

    /// Performs one operation.
    pub(crate) fn perform(&mut self, op: &Op<'_>, stamp: Stamp) -> Result<(), EngineError> {
        match *op {
            Op::CreateSpace { space, .. } => match self.exists(space)? {
                true => Ok(()),
                false => self.spaces.insert(space.0, (0, 0, 0)).map(|_| ()).map_err(failed("create a space")),
            },
            Op::DropSpace { space } => self.drop_space(space),
            Op::Put { space, key, value } => self.put(space, key, Some(value), stamp.at),
            Op::Delete { space, key } => self.put(space, key, None, stamp.at),
        }
    }

    fn exists(&self, space: SpaceId) -> Result<bool, EngineError> {
        Ok(self.spaces.get(space.0).map_err(failed("look up a space"))?.is_some())
    }

    fn drop_space(&mut self, space: SpaceId) -> Result<(), EngineError> {
        self.spaces.remove(space.0).map_err(failed("drop a space"))?;
        let all = span(space, cairn_engine_api::KeyRange::ALL);
        self.rows.retain_in::<(u32, &[u8], u64), _>(all, |_, _| false).map_err(failed("remove a space's rows"))
    }

    /// A new version in front of the others; `None` is a tombstone, which a key without a row does not get.
    fn put(&mut self, space: SpaceId, key: &[u8], row: Option<&[u8]>, at: Timestamp) -> Result<(), EngineError> {
        if !self.exists(space)? {
            return Err(EngineError::NoSuchSpace(space));
        }
        let newest = self.newest(space, key)?;
        let lives = newest == Some(true);
        if row.is_none() && !lives {
            return Ok(());
        }
        let entry = (space.0, key, inverted(at));
        self.rows.insert(entry, row).map_err(failed("write a row"))?;
        if newest.is_some() {
            self.garbage.insert((at.0, space.0, key), ()).map_err(failed("note a version to collect"))?;
        }
        let change =
            Change { rows: i64::from(row.is_some()) - i64::from(lives), versions: 1, bytes: entry_bytes(key, row) };
        self.count(space, change)
    }

    /// Whether the newest version of a key is a row; `None` if there is no version.
    fn newest(&self, space: SpaceId, key: &[u8]) -> Result<Option<bool>, EngineError> {
        let mut versions = self
            .rows
            .range::<(u32, &[u8], u64)>(versions(space, key, Timestamp::MAX))
            .map_err(failed("look up a row"))?;
        let newest = versions.next().transpose().map_err(failed("look up a row"))?;
        Ok(newest.map(|(_, row)| row.value().is_some()))
    }

    /// Adds to a space's counters.
    pub(crate) fn count(&mut self, space: SpaceId, change: Change) -> Result<(), EngineError> {
        let found = self.spaces.get(space.0).map_err(failed("look up a space"))?.map(|counts| counts.value());
        let Some((rows, versions, bytes)) = found else { return Ok(()) };
        let counts = (
            rows.saturating_add_signed(change.rows),
            versions.saturating_add_signed(change.versions),
            bytes.saturating_add_signed(change.bytes),
        );
        self.spaces.insert(space.0, counts).map(|_| ()).map_err(failed("count a space"))
    }
}

/// Bytes of a version: key, timestamp, row.
pub(crate) fn entry_bytes(key: &[u8], row: Option<&[u8]>) -> i64 {
    (key.len() + size_of::<u64>() + row.map_or(0, <[u8]>::len)) as i64
}
