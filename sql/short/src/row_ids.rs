//! Hidden row ids, the keys of tables without primary key.

use cairn_base::SpaceId;
use cairn_base::key::{KeyOrder, KeyReader, KeyWriter};
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::{Access, Direction, Isolation, KeyRange, Shard, Txn};
use rustc_hash::FxHashMap;

use crate::api::Stop;

/// The core's counters, one per space. An id is never given out twice while the process lives; after a restart counting
/// goes on behind the last row. Ids of transactions that rolled back stay unused.
#[derive(Debug, Default)]
pub struct RowIds {
    next: FxHashMap<SpaceId, i64>,
}

impl RowIds {
    /// No counters yet: each is set up at its first use.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next id of a space. The first call after a start looks for the last row, in a transaction of its own: what it
    /// reads there is no part of the statement's answer.
    pub(crate) fn take(&mut self, shard: &mut Shard, txn: &Txn, space: SpaceId) -> Result<i64, Stop> {
        let next = match self.next.get_mut(&space) {
            Some(next) => next,
            None => {
                let last = if txn.created(space) { 0 } else { last_id(shard, space)? };
                self.next.entry(space).or_insert(last + 1)
            }
        };
        let id = *next;
        *next += 1;
        Ok(id)
    }

    /// Takes a dropped space's counter away.
    pub fn forget(&mut self, space: SpaceId) {
        self.next.remove(&space);
    }
}

/// The greatest id in a space; 0 where there is none.
fn last_id(shard: &mut Shard, space: SpaceId) -> Result<i64, Stop> {
    // Every insert asks this counter first, so nothing newer than the durable state can be there yet.
    let mut txn = shard.begin(Isolation::ReadCommitted, Access::ReadOnly)?;
    let found = shard.begin_statement(&mut txn).map_err(Stop::from).and_then(|()| {
        let mut cursor = shard.scan(&txn, space, KeyRange::ALL, Direction::Backward)?;
        match cursor.next()? {
            None => Ok(0),
            Some(entry) => KeyReader::new(entry.key)
                .take_i64(KeyOrder::ASC)
                .map_err(|error| SqlError::new(SqlState::DATA_CORRUPTED, error.to_string()).into()),
        }
    });
    shard.abort(txn);
    found
}

/// Appends the key of a row id.
pub(crate) fn encode(id: i64, out: &mut Vec<u8>) {
    KeyWriter::new(out).put_i64(id, KeyOrder::ASC);
}
