//! Checks of single answers: `own-writes`, `snapshot`, `newest`, `fresh`, `order`, `validation`.
//!
//! Every read must equal the oracle's data at the transaction's snapshot, under its own writes (`snapshot`,
//! `own-writes`), or at the newest commit where a lock protects it (`newest`). A transaction begins at what is newest
//! (`fresh`). Commits take rising places and times (`order`). When a serializable transaction commits, everything it
//! was answered must still be true (`validation`): that is what makes the commit order a serial order.

use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_txn::{Access, Direction};

use crate::oracle::{Range, Rows};
use crate::session::Mode;
use crate::world::World;

/// Something that a transaction was answered.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A key's row at the snapshot.
    Row(SpaceId, Vec<u8>, Option<Vec<u8>>),
    /// A key's newest row, kept by a lock.
    Locked(SpaceId, Vec<u8>, Option<Vec<u8>>),
    /// The rows of a range at the snapshot, without keys that the transaction had written.
    Rows {
        /// Where.
        space: SpaceId,
        /// As far as the scan went.
        range: Range,
        /// What was there.
        rows: Rows,
        /// Keys that the transaction had written.
        own: Vec<Vec<u8>>,
    },
}

impl Seen {
    /// What a scan of at most `limit` rows has seen.
    pub fn rows(
        space: SpaceId,
        range: &Range,
        direction: Direction,
        limit: usize,
        rows: Rows,
        own: Vec<Vec<u8>>,
    ) -> Self {
        let mut range = range.clone();
        if rows.len() == limit {
            let last = rows.last().map(|(key, _)| std::ops::Bound::Included(key.clone()));
            match (direction, last) {
                (_, None) => {}
                (Direction::Forward, Some(last)) => range.end = last,
                (Direction::Backward, Some(last)) => range.start = last,
            }
        }
        let mut rows = rows;
        rows.retain(|(key, _)| !own.contains(key));
        rows.sort();
        Self::Rows { space, range, rows, own }
    }
}

/// Text of bytes for people.
pub fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn show_row(row: Option<&[u8]>) -> String {
    row.map_or_else(|| "nothing".to_owned(), show)
}

/// One row against what it must be.
pub fn same_row(
    world: &World,
    check: &'static str,
    number: u64,
    space: SpaceId,
    key: &[u8],
    found: &Option<Vec<u8>>,
    expected: Option<&[u8]>,
) {
    if found.as_deref() != expected {
        let (found, expected) = (show_row(found.as_deref()), show_row(expected));
        world.violate(check, format_args!("t{number} read {found} from {space:?} {}, not {expected}", show(key)));
    }
}

/// The rows of a scan against what they must be.
pub fn same_rows(world: &World, check: &'static str, number: u64, space: SpaceId, found: &Rows, expected: &Rows) {
    if found != expected {
        let difference = first_difference(found, expected);
        world.violate(check, format_args!("t{number} scanned {space:?}: {difference}"));
    }
}

/// Where two lists of rows part.
pub fn first_difference(found: &Rows, expected: &Rows) -> String {
    let same = found.iter().zip(expected).take_while(|(left, right)| left == right).count();
    let show_at = |rows: &Rows| {
        rows.get(same).map_or_else(|| "the end".to_owned(), |(key, row)| format!("{} = {}", show(key), show(row)))
    };
    format!("row {same} is {}, not {}", show_at(found), show_at(expected))
}

/// The first snapshot of a transaction: the newest commit, or at least the newest durable one for READ ONLY.
pub fn snapshot_is_fresh(world: &World, number: u64, mode: Mode, at: Timestamp) {
    let oracle = world.oracle.borrow();
    let newest = oracle.newest().1;
    let least = match mode.access {
        Access::ReadWrite => newest,
        Access::ReadOnly => oracle.time_of(oracle.promised()),
    };
    if at < least || at > newest {
        world.violate("fresh", format_args!("t{number} reads at {}, not between {} and {}", at.0, least.0, newest.0));
    }
}

/// A commit's place and time against the last one's.
pub fn commit_follows(world: &World, number: u64, index: LogIndex, at: Timestamp) {
    let (last_index, last_at) = world.oracle.borrow().newest();
    if index <= last_index || at <= last_at {
        let text = format!("t{number} commits at {index:?} {at:?} behind {last_index:?} {last_at:?}");
        world.violate("order", text);
    }
}

/// At its commit, what a transaction was answered must still be true.
pub fn still_hold(world: &World, number: u64, tracked: bool, seen: &[Seen]) {
    let oracle = world.oracle.borrow();
    let now = oracle.newest().1;
    for seen in seen {
        match seen {
            Seen::Row(..) | Seen::Rows { .. } if !tracked => {}
            Seen::Row(space, key, row) | Seen::Locked(space, key, row) => {
                let current = oracle.get(*space, key, now);
                if current != row.as_deref() {
                    let (was, is) = (show_row(row.as_deref()), show_row(current));
                    let text = format!("t{number} commits though {space:?} {} went from {was} to {is}", show(key));
                    world.violate("validation", text);
                }
            }
            Seen::Rows { space, range, rows, own } => {
                let mut current = oracle.rows(*space, range.as_range(), now).unwrap_or_default();
                current.retain(|(key, _)| !own.contains(key));
                if current != *rows {
                    let difference = first_difference(rows, &current);
                    let text = format!("t{number} commits though its scan of {space:?} changed: {difference}");
                    world.violate("validation", text);
                }
            }
        }
    }
}
