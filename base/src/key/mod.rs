//! Order-preserving ("memcomparable") keys: comparing two encoded keys as plain bytes gives the order of the values.
//!
//! A key is its columns' encodings, one after the other. Every encoding is *prefix-free* (no value's bytes are the
//! beginning of another value's bytes), therefore a longer key never disturbs the order of its first columns, and the
//! encoding of some leading columns is the exact prefix of every key that carries those values ([`prefix_end`] makes
//! the range).
//!
//! ```text
//!  column            bytes (ascending)
//!  nullable tag      01 present | 00 NULL, nulls first | 02 NULL, nulls last        (NOT NULL columns have no tag)
//!  bool              00 | 01
//!  i16 i32 i64       big-endian, sign bit flipped          (date = i32, time and timestamp = i64)
//!  u32               big-endian                            (oid)
//!  f32 f64           IEEE bits, big-endian; sign bit flipped if positive, all bits flipped if negative
//!  bytes, text       each 00 becomes 00 FF; then 00 00 ends the value
//!  uuid              16 bytes as they are
//!  numeric           class, then decimal exponent and base-100 digits: see `numeric.rs`
//! ```
//!
//! *Descending* columns are the ascending bytes inverted; the NULL tag is never inverted, because `NULLS FIRST` and
//! `NULLS LAST` say where NULL goes whichever way the values run.
//!
//! Text is ordered by its UTF-8 bytes (collation "C"). Keys are made for comparing, not for keeping values: `-0.0` reads
//! back as `0.0`, every NaN as one NaN, `1.00` as `1`. Who needs the value itself reads it from the row.

mod numeric;
mod order;
mod reader;
mod scalar;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::limits::KEY_BYTES_MAX;
pub use numeric::{Decimal, NUMERIC_SCALE_MAX, NumericKey};
pub use order::KeyOrder;
pub use reader::{KeyError, KeyReader};
pub use writer::KeyWriter;

/// Tag of a NULL that sorts before every value.
const TAG_NULL_FIRST: u8 = 0x00;
/// Tag of a value in a nullable column.
const TAG_PRESENT: u8 = 0x01;
/// Tag of a NULL that sorts after every value.
const TAG_NULL_LAST: u8 = 0x02;

/// First byte of the pair that escapes a zero byte or ends a byte string.
const ESCAPE: u8 = 0x00;
/// After [`ESCAPE`]: the byte was a zero.
const ESCAPED_ZERO: u8 = 0xFF;
/// After [`ESCAPE`]: the byte string ends here. Below [`ESCAPED_ZERO`], so that "a" sorts before "a\0".
const ESCAPED_END: u8 = 0x00;

/// The smallest key above every key that begins with `prefix`; `None` when there is none (an empty prefix, or all FF).
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xFF)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}
