//! The catalog's own spaces. They live in memtx, exist from the first start, and hold everything else's description.
//!
//! | space | key | row |
//! |---|---|---|
//! | objects 1.1 | kind (i16), oid (u32) | the object's description as JSON, see `stored.rs` |
//! | sequences 1.2 | oid (u32) | the sequence's position, see `sequence.rs` |
//! | counters 1.3 | name (bytes) | the next number (i64): oids, and space numbers per engine |

use cairn_base::key::{KeyOrder, KeyReader, KeyWriter};
use cairn_base::{EngineCode, SpaceId};

use crate::schema::Oid;

/// The engine of the system spaces (memtx).
pub const SYSTEM_ENGINE: EngineCode = EngineCode(1);
/// Descriptions of schemas, tables, sequences and views.
pub const OBJECTS: SpaceId = SpaceId::new(SYSTEM_ENGINE, 1);
/// Positions of sequences.
pub const SEQUENCES: SpaceId = SpaceId::new(SYSTEM_ENGINE, 2);
/// Counters that hand out OIDs and space numbers.
pub const COUNTERS: SpaceId = SpaceId::new(SYSTEM_ENGINE, 3);
/// The first space number of a user's space; those below are the system's.
pub const FIRST_USER_SPACE: u32 = 1024;

/// What a row of [`OBJECTS`] describes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Schema = 1,
    Table = 2,
    Sequence = 3,
    View = 4,
}

impl Kind {
    fn from_code(code: i16) -> Option<Self> {
        [Kind::Schema, Kind::Table, Kind::Sequence, Kind::View].into_iter().find(|kind| *kind as i16 == code)
    }
}

/// Key of an object's description.
pub(crate) fn object_key(kind: Kind, oid: Oid) -> Vec<u8> {
    let mut key = Vec::with_capacity(6);
    let mut writer = KeyWriter::new(&mut key);
    writer.put_i16(kind as i16, KeyOrder::ASC);
    writer.put_u32(oid.0, KeyOrder::ASC);
    key
}

/// What a key of [`OBJECTS`] names; `None`: no key of ours.
pub(crate) fn parse_object_key(key: &[u8]) -> Option<(Kind, Oid)> {
    let mut reader = KeyReader::new(key);
    let kind = Kind::from_code(reader.take_i16(KeyOrder::ASC).ok()?)?;
    Some((kind, Oid(reader.take_u32(KeyOrder::ASC).ok()?)))
}

/// Key of a sequence's position.
pub(crate) fn sequence_key(oid: Oid) -> [u8; 4] {
    oid.0.to_be_bytes()
}

/// The key whose row lock stands for a whole table: statements take it shared, DDL takes it exclusively.
/// It is the key of the table's own description, so that a lock is also a claim on the catalog row.
pub fn table_lock_key(table: Oid) -> [u8; 6] {
    let mut key = [0; 6];
    key.copy_from_slice(&object_key(Kind::Table, table));
    key
}

/// The key whose row lock lets one transaction at a time change the catalog.
pub const DDL_LOCK_KEY: &[u8] = b"ddl";
