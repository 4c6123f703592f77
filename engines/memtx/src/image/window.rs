//! Windows: blocks whose rows stand as they do in memory, so that they are mapped instead of decoded.
//!
//! ```text
//!  0              16       20       24                                                    256 KiB
//! +--------------+--------+--------+-----------+-----------+---- ... ----+---------------+
//! | frame header | space  |  rows  |  version  |  version  |             |  zeros        |
//! +--------------+--------+--------+-----------+-----------+---- ... ----+---------------+
//! ```
//! A window begins at a multiple of [`PAGE_BYTES`] in the file, behind zeros if need be.

use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};
use cairn_engine_api::{SpaceId, Timestamp};

use super::footer::BlockEntry;
use super::{Input, kind};
use crate::art::{LaidOut, Leaves, Versions, WINDOW_BYTES, Window};

/// Where a window may begin in a file.
pub(super) const PAGE_BYTES: u64 = 4096;
/// Bytes of space and row count.
const HEAD_BYTES: usize = 8;
/// Where the first version begins.
const VERSIONS_AT: usize = FRAME_HEADER_BYTES + HEAD_BYTES;
/// Bytes of versions in one window at most.
pub(super) const ROOM_BYTES: usize = WINDOW_BYTES - VERSIONS_AT;

/// The frame of a window with these versions.
pub(super) fn seal(seed: FrameSeed, space: SpaceId, rows: u32, versions: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(WINDOW_BYTES);
    let begun = frame::begin(&mut frame);
    frame.extend_from_slice(&space.0.to_le_bytes());
    frame.extend_from_slice(&rows.to_le_bytes());
    frame.extend_from_slice(versions);
    frame.resize(WINDOW_BYTES, 0);
    frame::finish(seed, kind::WINDOW, begun, &mut frame);
    frame
}

/// The rows of the window that the footer calls `entry` of `space`, where they are. Its frame was checked.
pub(super) fn map(window: &Window, space: SpaceId, entry: &BlockEntry, at: Timestamp) -> Result<Leaves, &'static str> {
    check_head(&window.bytes()[FRAME_HEADER_BYTES..], space, entry)?;
    let leaves = window.leaves(VERSIONS_AT, entry.rows, at).ok_or("the window holds other rows than it says")?;
    check_first_key(leaves, entry)
}

/// The rows of a window that was loaded, also those that were replaced since.
pub(super) fn rows(window: &Window, at: Timestamp) -> impl Iterator<Item = LaidOut<'_>> {
    window.laid_out(VERSIONS_AT, at)
}

/// What [`map`] does, with copies from the frame's payload.
pub(super) fn copy(payload: &[u8], space: SpaceId, entry: &BlockEntry, at: Timestamp) -> Result<Leaves, &'static str> {
    check_head(payload, space, entry)?;
    let mut versions = Versions::of(&payload[HEAD_BYTES..], at);
    let mut leaves = Leaves::with_capacity(entry.rows as usize);
    for _ in 0..entry.rows {
        let version = versions.next().ok_or("the window holds other rows than it says")?;
        leaves.push(version.key, version.row, at);
    }
    if !versions.are_all() {
        return Err("the window holds more than its rows");
    }
    check_first_key(leaves, entry)
}

fn check_head(payload: &[u8], space: SpaceId, entry: &BlockEntry) -> Result<(), &'static str> {
    let mut head = Input(payload);
    match (head.u32(), head.u32()) {
        (Some(id), Some(rows)) if id == space.0 && rows == entry.rows => Ok(()),
        _ => Err("the window is not the one that the footer names"),
    }
}

pub(super) fn check_first_key(leaves: Leaves, entry: &BlockEntry) -> Result<Leaves, &'static str> {
    if leaves.first_key() == Some(&entry.first_key) {
        Ok(leaves)
    } else {
        Err("the block begins with another key than the footer says")
    }
}
