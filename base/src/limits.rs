//! Every size limit of the system, once, with its arithmetic checked at compile time.
//!
//! Whoever takes something in from outside holds it against these before anything is changed, so that no later layer
//! meets a key, row or batch that it cannot carry.

/// One KiB in bytes.
pub const KIB: usize = 1 << 10;
/// One MiB in bytes.
pub const MIB: usize = 1 << 20;
/// One GiB in bytes.
pub const GIB: usize = 1 << 30;

/// Longest encoded key. PostgreSQL's B-tree stops at about 2.7 KiB; three times that leaves room for escaping. Long keys
/// cost every comparison and every range remembered by a transaction.
pub const KEY_BYTES_MAX: usize = 8 * KIB;

/// Longest encoded row.
pub const ROW_BYTES_MAX: usize = 256 * MIB;

/// Longest record of the log, and so the longest batch of one transaction.
pub const LOG_RECORD_BYTES_MAX: usize = GIB;

/// Longest encoded batch of one transaction: one log record, less what the layers between add.
pub const BATCH_BYTES_MAX: usize = LOG_RECORD_BYTES_MAX - BATCH_OVERHEAD_BYTES_MAX;

/// What the layers between a transaction and the log may add to its batch.
pub const BATCH_OVERHEAD_BYTES_MAX: usize = 4 * KIB;

/// What a batch may spend around one key and row.
pub const OP_OVERHEAD_BYTES_MAX: usize = 64;

/// Most payload bytes of one frame: what a 32-bit length can say.
pub const FRAME_PAYLOAD_BYTES_MAX: usize = u32::MAX as usize;

/// Longest name of a table, column or any other object, as in PostgreSQL (NAMEDATALEN - 1).
pub const NAME_BYTES_MAX: usize = 63;

/// Most columns of a table, as in PostgreSQL.
pub const COLUMNS_MAX: usize = 1_600;

/// Most columns of an index or primary key, as in PostgreSQL.
pub const KEY_COLUMNS_MAX: usize = 32;

/// Longest piece of a key that one column spends besides its value's bytes: NULL tag and terminator.
pub const KEY_COLUMN_OVERHEAD_BYTES: usize = 1 + 2;

// The largest row and its key fit into one batch, and so into one log record.
const _: () = assert!(KEY_BYTES_MAX + ROW_BYTES_MAX + OP_OVERHEAD_BYTES_MAX <= BATCH_BYTES_MAX);
const _: () = assert!(BATCH_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX <= LOG_RECORD_BYTES_MAX);
// A record fits into a frame together with a whole group of small ones before it.
const _: () = assert!(2 * LOG_RECORD_BYTES_MAX <= FRAME_PAYLOAD_BYTES_MAX);
// An index on the most columns still leaves room for their values (numeric is the longest fixed one, 24 bytes).
const _: () = assert!(KEY_COLUMNS_MAX * (KEY_COLUMN_OVERHEAD_BYTES + 24) <= KEY_BYTES_MAX);
// Lengths of keys travel as 16 bits where that saves space.
const _: () = assert!(KEY_BYTES_MAX <= u16::MAX as usize);
