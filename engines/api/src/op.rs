//! One committed change, and the stamp under which a batch of them becomes visible.

use cairn_base::{LogIndex, SpaceId, Timestamp};

/// One change of a committed batch. Borrowed from the log record it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    /// A space comes into being (empty). Creating an existing one is no error and changes nothing.
    CreateSpace {
        /// The new space.
        space: SpaceId,
        /// Its settings, already validated.
        options: SpaceOptions,
    },
    /// A space and everything in it goes. Readers that hold a cursor on it finish unharmed.
    DropSpace {
        /// The space to forget.
        space: SpaceId,
    },
    /// A key gets a new version.
    Put {
        /// Where.
        space: SpaceId,
        /// Memcomparable key bytes.
        key: &'a [u8],
        /// Row bytes, opaque to the engine; may be empty.
        value: &'a [u8],
    },
    /// A key gets a tombstone. Deleting a key that does not exist is no error.
    Delete {
        /// Where.
        space: SpaceId,
        /// Memcomparable key bytes.
        key: &'a [u8],
    },
}

impl Op<'_> {
    /// The space that this operation touches.
    pub fn space(&self) -> SpaceId {
        match self {
            Op::CreateSpace { space, .. } | Op::DropSpace { space } => *space,
            Op::Put { space, .. } | Op::Delete { space, .. } => *space,
        }
    }
}

/// The settings of a space, from `WITH (name = value, ...)`, in the order given, names in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SpaceOptions {
    /// Name and value as written.
    pub settings: Vec<(String, String)>,
}

/// When a batch becomes visible, where it stands in the log, and what may be forgotten on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Commit timestamp of every version in the batch.
    pub at: Timestamp,
    /// The batch's log index.
    pub index: LogIndex,
    /// No snapshot below this is open or will be opened: older versions of the keys touched may be trimmed.
    pub watermark: Timestamp,
}
