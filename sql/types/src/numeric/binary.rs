//! PostgreSQL's wire format: big-endian `i16` fields.
//!
//! ```text
//! +---------+--------+------+--------+---------+-----+
//! | ndigits | weight | sign | dscale | digit 0 | ... |     value = sum of digit[i] * 10000^(weight - i)
//! +---------+--------+------+--------+---------+-----+
//! ```

use super::wide::pow10;
use super::{Numeric, overflow};
use crate::error::{SqlError, SqlState};
use crate::io::insufficient;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEG_INFINITY: u16 = 0xF000;

/// 38 digits, aligned to groups of four around the point: at most 11 groups.
const GROUPS_MAX: usize = 11;

impl Numeric {
    /// Appends the wire format.
    pub fn send(&self, out: &mut Vec<u8>) {
        let Self::Finite { coefficient, scale } = *self else {
            let (sign, dscale) = match self {
                Self::NaN => (NAN, 0u16),
                Self::Infinity => (INFINITY, 0x20),
                _ => (NEG_INFINITY, 0x20),
            };
            return put(out, &[0, 0, sign, dscale]);
        };
        // Pad the fraction to whole groups, then peel groups off the low end.
        let pad = (4 - u32::from(scale) % 4) % 4;
        let mut magnitude = coefficient.unsigned_abs();
        let mut groups = [0u16; GROUPS_MAX];
        let mut at = GROUPS_MAX;
        if pad > 0 && magnitude > 0 {
            let unit = pow10(4 - pad);
            at -= 1;
            groups[at] = (magnitude % unit * pow10(pad)) as u16;
            magnitude /= unit;
        }
        while magnitude > 0 {
            at -= 1;
            groups[at] = (magnitude % 10000) as u16;
            magnitude /= 10000;
        }
        let fraction_groups = i32::from(scale).div_euclid(4) + i32::from(pad > 0);
        let weight = (GROUPS_MAX - at) as i32 - fraction_groups - 1;
        let end = groups.iter().rposition(|group| *group != 0).map_or(at, |last| last + 1);
        let sign = if coefficient < 0 { NEGATIVE } else { POSITIVE };
        let weight = if coefficient == 0 { 0 } else { weight };
        put(out, &[(end - at) as u16, weight as i16 as u16, sign, scale]);
        put(out, &groups[at..end]);
    }

    /// Reads the wire format; 08P01 where bytes are missing, 22P03 for anything malformed, 22003 beyond 38 digits.
    pub fn receive(bytes: &[u8]) -> Result<Self, SqlError> {
        let mut fields = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let mut next = || fields.next().ok_or_else(insufficient);
        let (count, weight, sign, dscale) = (next()?, next()? as i16, next()?, next()?);
        let digits = bytes.get(8..8 + 2 * usize::from(count)).ok_or_else(insufficient)?;
        if bytes.len() != 8 + digits.len() {
            return Err(invalid("length"));
        }
        match sign {
            NAN => return Ok(Self::NaN),
            INFINITY => return Ok(Self::Infinity),
            NEG_INFINITY => return Ok(Self::NegInfinity),
            POSITIVE | NEGATIVE => {}
            _ => return Err(invalid("sign")),
        }
        if dscale > Self::SCALE_MAX {
            return Err(invalid("scale"));
        }
        let groups = digits.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        assemble(sign == NEGATIVE, groups, i32::from(weight), dscale)
    }
}

fn assemble(negative: bool, groups: impl Iterator<Item = u16>, weight: i32, dscale: u16) -> Result<Numeric, SqlError> {
    let mut magnitude = 0u128;
    let mut place = weight; // power of 10000 of the next group
    for group in groups {
        if group >= 10000 {
            return Err(invalid("digit"));
        }
        // Digits beyond the display scale are cut, as PostgreSQL's trunc_var does.
        let fraction_digits = -4 * place; // digits after the point once this group is in
        let cut = (fraction_digits - i32::from(dscale)).clamp(0, 4) as u32;
        let kept = u128::from(group) / pow10(cut);
        if cut < 4 {
            magnitude = magnitude.checked_mul(pow10(4 - cut)).and_then(|m| m.checked_add(kept)).ok_or_else(overflow)?;
        }
        place -= 1;
    }
    // Zeros up to the display scale, or up to the point.
    let have = -4 * (place + 1);
    let missing = i32::from(dscale) - have;
    if missing > 0 && magnitude > 0 {
        let exact = match missing {
            1..=38 => magnitude.checked_mul(pow10(missing as u32)).filter(|m| *m < pow10(Numeric::DIGITS_MAX)),
            _ => None,
        };
        magnitude = match exact {
            Some(magnitude) => magnitude,
            // Too many zeros asked for: the value is kept, its scale is not.
            None if have >= 0 => return Ok(Numeric::from_parts(negative, magnitude, have as u16)?.padded(dscale)),
            None => return whole(negative, magnitude, have.unsigned_abs()).map(|number| number.padded(dscale)),
        };
    }
    Numeric::from_parts(negative, magnitude, dscale)
}

fn whole(negative: bool, magnitude: u128, zeros: u32) -> Result<Numeric, SqlError> {
    match zeros {
        0..=38 => Numeric::from_parts(negative, magnitude.checked_mul(pow10(zeros)).ok_or_else(overflow)?, 0),
        _ => Err(overflow()),
    }
}

fn put(out: &mut Vec<u8>, fields: &[u16]) {
    for field in fields {
        out.extend_from_slice(&field.to_be_bytes());
    }
}

fn invalid(what: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_BINARY_REPRESENTATION, format!("invalid {what} in external \"numeric\" value"))
}
