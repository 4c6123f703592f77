//! The model's image file: all of a [`Store`] as one run of length-prefixed fields.
//!
//! ```text
//!  magic "cairn-model-1\n" | applied index u64 | applied timestamp u64 | spaces u64
//!    per space:   id u32 | keys u64
//!    per key:     length u64, bytes | versions u64
//!    per version: timestamp u64 | 0, or 1 followed by length u64, bytes
//!  crc of all before: u32 (all integers little-endian)
//! ```
//! Written beside the old one, synced, and renamed into place, so that a crash leaves one whole image.

use std::io;
use std::path::Path;

use cairn_base::seam::{Disk, OpenMode};
use cairn_engine_api::{EngineError, LogIndex, Persisted, SpaceId, Timestamp};

use super::store::{Store, Version};

const NAME: &str = "model.image";
const MAGIC: &[u8] = b"cairn-model-1\n";

/// Replaces the image in `directory`.
pub(super) fn save(disk: &dyn Disk, directory: &Path, store: &Store) -> Result<(), EngineError> {
    let target = directory.join(NAME);
    let fresh = directory.join("model.image.new");
    let written = (|| {
        let file = disk.open(&fresh, OpenMode::Create)?;
        file.set_len(0)?;
        file.write_at(&encode(store), 0)?;
        file.sync_data()?;
        disk.rename(&fresh, &target)?;
        disk.sync_dir(directory)
    })();
    written.map_err(|error| EngineError::io(format!("write image {}", target.display()), error))
}

/// Reads the image in `directory`; without one the store is empty.
pub(super) fn load(disk: &dyn Disk, directory: &Path) -> Result<Store, EngineError> {
    disk.create_dir_all(directory)
        .map_err(|error| EngineError::io(format!("create directory {}", directory.display()), error))?;
    let path = directory.join(NAME);
    let bytes = match disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Store::default()),
        Err(error) => return Err(EngineError::io(format!("read image {}", path.display()), error)),
    };
    decode(&bytes).ok_or_else(|| EngineError::Corrupt(format!("{} does not hold a whole image", path.display())))
}

fn encode(store: &Store) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put_u64(&mut out, store.applied.index.0);
    put_u64(&mut out, store.applied.at.0);
    put_u64(&mut out, store.spaces.len() as u64);
    for (space, keys) in &store.spaces {
        out.extend_from_slice(&space.0.to_le_bytes());
        put_u64(&mut out, keys.len() as u64);
        for (key, versions) in keys {
            put_bytes(&mut out, key);
            put_u64(&mut out, versions.len() as u64);
            for version in versions {
                put_version(&mut out, version);
            }
        }
    }
    let sum = checksum(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    out
}

fn put_version(out: &mut Vec<u8>, version: &Version) {
    put_u64(out, version.at.0);
    match &version.value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            put_bytes(out, value);
        }
    }
}

fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// FNV-1a: this image guards against torn files in tests, not against media decay.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// `None` when the bytes are anything but one whole image.
fn decode(bytes: &[u8]) -> Option<Store> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    if checksum(body) != u32::from_le_bytes(*sum) {
        return None;
    }
    let mut input = Input(body.strip_prefix(MAGIC)?);
    let index = LogIndex(input.u64()?);
    let mut store = Store { applied: Persisted { index, at: Timestamp(input.u64()?) }, ..Store::default() };
    for _ in 0..input.u64()? {
        let space = SpaceId(u32::from_le_bytes(input.take(4)?.try_into().ok()?));
        let keys = store.spaces.entry(space).or_default();
        for _ in 0..input.u64()? {
            let key = input.bytes()?;
            let versions = keys.entry(key).or_default();
            for _ in 0..input.u64()? {
                versions.push(input.version()?);
            }
        }
    }
    input.0.is_empty().then_some(store)
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let count = usize::try_from(self.u64()?).ok()?;
        Some(self.take(count)?.to_vec())
    }

    fn version(&mut self) -> Option<Version> {
        let at = Timestamp(self.u64()?);
        let value = match self.take(1)?[0] {
            0 => None,
            1 => Some(self.bytes()?),
            _ => return None,
        };
        Some(Version { at, value })
    }
}
