//! Families of keys that break index structures in different ways.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A family of keys. Key number `n` of a family is always the same bytes, so a small range of numbers gives overwrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Up to four bytes out of 00, 01, fe and ff: the empty key, keys that are prefixes of each other, escape bytes.
    Tiny,
    /// Big-endian integers one after the other: full nodes, like a SERIAL primary key.
    Dense,
    /// Big-endian integers with wide gaps, as after hashing.
    Sparse,
    /// A common prefix of hundreds of bytes, cut at any length, with a short tail: long compressed paths that split.
    LongPrefix,
    /// Random bytes, zero to a few thousand of them.
    Random,
    /// Readable words of different lengths ending in a number.
    Text,
}

impl Shape {
    /// Every family.
    pub const ALL: [Self; 6] = [Self::Tiny, Self::Dense, Self::Sparse, Self::LongPrefix, Self::Random, Self::Text];

    /// Key number `n` of the family. Different numbers may give the same key.
    pub fn key(self, n: u64) -> Vec<u8> {
        match self {
            Self::Tiny => tiny(n),
            Self::Dense => n.to_be_bytes().to_vec(),
            Self::Sparse => n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec(),
            Self::LongPrefix => long_prefix(n),
            Self::Random => random(n),
            Self::Text => format!("{}/{n}", ["a", "customer", "customers", "order_line"][n as usize % 4]).into_bytes(),
        }
    }
}

/// All strings over four bytes of length 0 to 4 are numbers 0 to 340.
fn tiny(n: u64) -> Vec<u8> {
    const ALPHABET: [u8; 4] = [0x00, 0x01, 0xfe, 0xff];
    let mut rest = n % 341;
    let mut key = Vec::new();
    while rest > 0 {
        rest -= 1;
        key.push(ALPHABET[(rest % 4) as usize]);
        rest /= 4;
    }
    key
}

fn long_prefix(n: u64) -> Vec<u8> {
    let mut key = vec![b'p'; 300];
    match n % 4 {
        0 => key.truncate((n / 4 % 300) as usize),
        1 => key[(n / 4 % 300) as usize] = b'q',
        _ => key.extend_from_slice(&(n as u16).to_be_bytes()),
    }
    key
}

fn random(n: u64) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(n);
    let length = match n % 8 {
        0 => rng.random_range(1000..4000),
        1 => rng.random_range(0..3),
        _ => rng.random_range(3..60),
    };
    (0..length).map(|_| rng.random()).collect()
}
