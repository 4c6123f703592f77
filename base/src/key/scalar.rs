//! Fixed-width values as unsigned integers whose order is the order of the values.

const SIGN_16: u16 = 1 << 15;
const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

pub(super) const fn from_i16(value: i16) -> u16 {
    value as u16 ^ SIGN_16
}

pub(super) const fn to_i16(bits: u16) -> i16 {
    (bits ^ SIGN_16) as i16
}

pub(super) const fn from_i32(value: i32) -> u32 {
    value as u32 ^ SIGN_32
}

pub(super) const fn to_i32(bits: u32) -> i32 {
    (bits ^ SIGN_32) as i32
}

pub(super) const fn from_i64(value: i64) -> u64 {
    value as u64 ^ SIGN_64
}

pub(super) const fn to_i64(bits: u64) -> i64 {
    (bits ^ SIGN_64) as i64
}

/// PostgreSQL's float order: -0 = 0, and NaN = NaN above +infinity. Positive values get the sign bit set, negative ones
/// are inverted, so that greater magnitude means smaller.
pub(super) fn from_f64(value: f64) -> u64 {
    let bits = match value {
        _ if value.is_nan() => f64::NAN.to_bits() & !SIGN_64,
        0.0 => 0,
        _ => value.to_bits(),
    };
    if bits & SIGN_64 == 0 { bits | SIGN_64 } else { !bits }
}

pub(super) fn to_f64(ordered: u64) -> f64 {
    f64::from_bits(if ordered & SIGN_64 == 0 { !ordered } else { ordered & !SIGN_64 })
}

/// [`from_f64`] for single precision.
pub(super) fn from_f32(value: f32) -> u32 {
    let bits = match value {
        _ if value.is_nan() => f32::NAN.to_bits() & !SIGN_32,
        0.0 => 0,
        _ => value.to_bits(),
    };
    if bits & SIGN_32 == 0 { bits | SIGN_32 } else { !bits }
}

pub(super) fn to_f32(ordered: u32) -> f32 {
    f32::from_bits(if ordered & SIGN_32 == 0 { !ordered } else { ordered & !SIGN_32 })
}
