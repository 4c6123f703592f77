//! Old versions go when no snapshot can see them.

use cairn_engine_api::{EngineError, SpaceId, Timestamp};
use redb::ReadableTable;

use crate::apply::{Batch, Change, entry_bytes};
use crate::error::failed;
use crate::tables::versions;

/// Keys looked at in one call.
const KEYS_MAX: usize = 1024;

impl Batch<'_> {
    /// Forgets what no snapshot at or above `watermark` sees, of a bounded number of keys. Says whether there is more.
    pub(crate) fn collect(&mut self, watermark: Timestamp) -> Result<bool, EngineError> {
        let mut ready = Vec::new();
        let oldest = self.garbage.iter().map_err(failed("list versions to collect"))?;
        for entry in oldest.take(KEYS_MAX) {
            let (entry, ()) =
                entry.map(|(key, value)| (key, value.value())).map_err(failed("list versions to collect"))?;
            let (at, space, key) = entry.value();
            if at > watermark.0 {
                break;
            }
            ready.push((at, SpaceId(space), key.to_vec()));
        }
        for (at, space, key) in &ready {
            self.garbage.remove((*at, space.0, key.as_slice())).map_err(failed("note what is collected"))?;
            self.trim(*space, key, watermark)?;
        }
        Ok(ready.len() == KEYS_MAX)
    }

    /// Keeps the newest version at or below `watermark` (not if it is a tombstone) and those above it.
    fn trim(&mut self, space: SpaceId, key: &[u8], watermark: Timestamp) -> Result<(), EngineError> {
        let mut change = Change::default();
        let mut seen = false;
        let visible = versions(space, key, watermark);
        let mut goes = |row: Option<&[u8]>| {
            let goes = seen || row.is_none();
            seen = true;
            if goes {
                change.versions -= 1;
                change.bytes -= entry_bytes(key, row);
            }
            goes
        };
        self.rows
            .retain_in::<(u32, &[u8], u64), _>(visible, |_, row| !goes(row))
            .map_err(failed("remove old versions"))?;
        self.count(space, change)
    }
}
