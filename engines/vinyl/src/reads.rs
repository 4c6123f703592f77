//! Reads by key.

use std::cell::RefCell;

use cairn_engine_api::{EngineError, SpaceId, Timestamp};
use rocksdb::{ReadOptions, ReadTier};

use crate::error::{library, resident};
use crate::store::Store;

/// How far down a read may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Depth {
    /// Memtables and block cache.
    Memory,
    /// To the disk.
    Disk,
}

impl Depth {
    pub(crate) fn options(self, at: Timestamp) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_timestamp(at.0.to_le_bytes());
        if self == Depth::Memory {
            options.set_read_tier(ReadTier::BlockCache);
        }
        options
    }

    /// RocksDB's error in the contract's words.
    pub(crate) fn explain(self, context: &str, error: rocksdb::Error) -> EngineError {
        match self {
            Depth::Memory => resident(context, error),
            Depth::Disk => library(context, error),
        }
    }
}

/// What a thread keeps between reads by key, so that each of them allocates as little as possible.
struct Kit {
    /// Room for a stored key.
    stored: Vec<u8>,
    memory: ReadOptions,
    disk: ReadOptions,
}

thread_local! {
    static KIT: RefCell<Kit> = RefCell::new(Kit {
        stored: Vec::new(),
        memory: Depth::Memory.options(Timestamp::ZERO),
        disk: Depth::Disk.options(Timestamp::ZERO),
    });
}

/// [`cairn_engine_api::Engine::get`] down to a depth.
pub(crate) fn get(
    store: &Store,
    space: SpaceId,
    key: &[u8],
    at: Timestamp,
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<bool, EngineError> {
    let number = store.catalog().find(space)?;
    let found = KIT.with_borrow_mut(|Kit { stored, memory, disk }| {
        number.store(key, stored);
        let options = if depth == Depth::Memory { memory } else { disk };
        options.set_timestamp(store.readable(at).0.to_le_bytes());
        store.db.get_pinned_opt(&stored, options)
    });
    match found {
        Ok(Some(value)) => {
            out.extend_from_slice(&value);
            Ok(true)
        }
        Ok(None) => Ok(false),
        Err(error) => Err(depth.explain("read a row from vinyl", error)),
    }
}

/// Does a version lie under this stored key at `at`, or perhaps, as far as memory tells?
pub(crate) fn may_hold(store: &Store, stored: &[u8], at: Timestamp) -> bool {
    KIT.with_borrow_mut(|Kit { memory, .. }| {
        memory.set_timestamp(store.readable(at).0.to_le_bytes());
        // Damage says neither yes nor no here: those who want the row will be told.
        !matches!(store.db.get_pinned_opt(stored, memory), Ok(None))
    })
}
