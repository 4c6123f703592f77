//! Searching and listing key bytes. No pointers here; the one `unsafe` is for instructions that every x86_64 has.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// 0x80 in every byte of the result where the byte of `word` is not zero.
#[inline]
const fn nonzero_bytes(word: u64) -> u64 {
    (((word & !HIGH) + !HIGH) | word) & HIGH
}

/// Position of `byte` among the first `used` (at most 4) bytes of `keys`, lowest byte first.
#[inline]
pub(crate) fn find_in_4(keys: u64, used: u16, byte: u8) -> Option<usize> {
    let equal = nonzero_bytes(keys ^ (LOW * byte as u64)) ^ HIGH;
    let slot = equal.trailing_zeros() / 8;
    (slot < u32::from(used)).then_some(slot as usize & 3)
}

/// Position of `byte` among the first `used` (at most 16) bytes of `keys`, lowest byte of the first word first.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn find_in_16(keys: [u64; 2], used: u16, byte: u8) -> Option<usize> {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    // SAFETY: SSE2 is part of every x86_64 processor; these intrinsics touch registers only.
    let equal = unsafe {
        let keys = _mm_set_epi64x(keys[1] as i64, keys[0] as i64);
        _mm_movemask_epi8(_mm_cmpeq_epi8(keys, _mm_set1_epi8(byte as i8))) as u32
    };
    let slot = equal.trailing_zeros();
    (slot < u32::from(used)).then_some(slot as usize & 15)
}

/// Position of `byte` among the first `used` (at most 16) bytes of `keys`, lowest byte of the first word first.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn find_in_16(keys: [u64; 2], used: u16, byte: u8) -> Option<usize> {
    portable_find_in_16(keys, used, byte)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable_find_in_16(keys: [u64; 2], used: u16, byte: u8) -> Option<usize> {
    let equal = keys.map(|word| nonzero_bytes(word ^ (LOW * byte as u64)) ^ HIGH);
    let slot = if equal[0] != 0 { equal[0].trailing_zeros() / 8 } else { 8 + equal[1].trailing_zeros() / 8 };
    (slot < u32::from(used)).then_some(slot as usize & 15)
}

/// A set of bytes that gives them up in order, from either end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// No byte.
    pub(crate) const NONE: Self = Self([0; 4]);
    /// All 256 bytes.
    pub(crate) const ALL: Self = Self([u64::MAX; 4]);

    /// One bit for each byte, lowest first.
    pub(crate) fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// Adds a byte.
    #[inline]
    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[byte as usize / 64] |= 1 << (byte % 64);
    }

    /// Keeps only bytes above `byte`.
    pub(crate) fn keep_above(&mut self, byte: u8) {
        let word = byte as usize / 64;
        self.0[..word].fill(0);
        self.0[word] &= (u64::MAX << (byte % 64)) << 1;
    }

    /// Keeps only bytes below `byte`.
    pub(crate) fn keep_below(&mut self, byte: u8) {
        let word = byte as usize / 64;
        self.0[word + 1..].fill(0);
        self.0[word] &= !(u64::MAX << (byte % 64));
    }

    /// Takes the smallest byte out.
    #[inline]
    pub(crate) fn pop_first(&mut self) -> Option<u8> {
        for (position, word) in self.0.iter_mut().enumerate() {
            if *word != 0 {
                let bit = word.trailing_zeros();
                *word &= *word - 1;
                return Some((position as u32 * 64 + bit) as u8);
            }
        }
        None
    }

    /// Takes the largest byte out.
    #[inline]
    pub(crate) fn pop_last(&mut self) -> Option<u8> {
        for (position, word) in self.0.iter_mut().enumerate().rev() {
            if *word != 0 {
                let bit = 63 - word.leading_zeros();
                *word &= !(1 << bit);
                return Some((position as u32 * 64 + bit) as u8);
            }
        }
        None
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let mut set = Self::NONE;
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }
}

impl Iterator for ByteSet {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_byte_search_agrees_with_a_plain_loop() {
        let keys: [u8; 16] = [9, 0, 255, 7, 128, 127, 1, 2, 3, 4, 250, 251, 252, 16, 17, 18];
        let words = [0, 8].map(|start| u64::from_le_bytes(keys[start..start + 8].try_into().expect("eight bytes")));
        for used in 0..=16u16 {
            for byte in 0..=255 {
                let expected = keys[..used as usize].iter().position(|&key| key == byte);
                assert_eq!(find_in_16(words, used, byte), expected);
                assert_eq!(portable_find_in_16(words, used, byte), expected);
            }
        }
    }

    #[test]
    fn four_byte_search_ignores_unused_room() {
        let keys = u64::from(u32::from_le_bytes([5, 0, 255, 0]));
        assert_eq!(find_in_4(keys, 1, 0), None);
        assert_eq!(find_in_4(keys, 2, 0), Some(1));
        assert_eq!(find_in_4(keys, 2, 255), None);
        assert_eq!(find_in_4(keys, 3, 255), Some(2));
        assert_eq!(find_in_4(0, 0, 0), None);
    }

    #[test]
    fn byte_sets_come_out_in_order_from_both_ends() {
        let bytes = [0u8, 1, 63, 64, 127, 128, 200, 255];
        let set: ByteSet = bytes.into_iter().rev().collect();
        assert_eq!(set.collect::<Vec<_>>(), bytes);
        let mut backward = set;
        let popped: Vec<u8> = std::iter::from_fn(|| backward.pop_last()).collect();
        assert_eq!(popped, bytes.into_iter().rev().collect::<Vec<_>>());
        for bound in 0..=255u8 {
            let (mut above, mut below) = (set, set);
            above.keep_above(bound);
            below.keep_below(bound);
            assert_eq!(above.collect::<Vec<_>>(), bytes.into_iter().filter(|&byte| byte > bound).collect::<Vec<_>>());
            assert_eq!(below.collect::<Vec<_>>(), bytes.into_iter().filter(|&byte| byte < bound).collect::<Vec<_>>());
        }
    }
}
