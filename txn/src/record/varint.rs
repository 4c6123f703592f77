//! LEB128 lengths: seven bits a byte, low bits first. A length of up to 127 costs one byte.

/// Bytes that `value` takes.
pub(super) const fn len(value: u32) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        0x20_0000..=0xfff_ffff => 4,
        _ => 5,
    }
}

/// Writes `value` at the start of `out`; returns the bytes taken.
pub(super) fn write(out: &mut [u8], mut value: u32) -> usize {
    let mut at = 0;
    while value >= 0x80 {
        out[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    out[at] = value as u8;
    at + 1
}

/// Reads a length from the start of `bytes`: the value and the bytes taken; `None` when cut or longer than 32 bits.
pub(super) fn read(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u32;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        let bits = u32::from(byte & 0x7f);
        if at == 4 && bits > 0xf {
            return None;
        }
        value |= bits << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}
