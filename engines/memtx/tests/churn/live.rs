//! The rows that are there now: which keys, and how long each row is.
//!
//! A key follows from its number, a row from its number and length, so that the list stays small beside the engine.

use std::io::{self, Read, Write};

use cairn_base::seam::Rng;

/// Shortest row in bytes.
const ROW_BYTES_MIN: u64 = 20;
/// Longest row in bytes.
const ROW_BYTES_MAX: u64 = 420;

/// Live rows, in no order.
#[derive(Default)]
pub(crate) struct Live {
    numbers: Vec<u64>,
    lengths: Vec<u16>,
    next_number: u64,
}

impl Live {
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// A number that was never used, with a row of any length.
    pub(crate) fn insert(&mut self, rng: &mut impl Rng) -> (u64, u16) {
        let (number, length) = (self.next_number, any_length(rng));
        self.next_number += 1;
        self.numbers.push(number);
        self.lengths.push(length);
        (number, length)
    }

    /// A new row in the place of the one at `position`.
    pub(crate) fn update(&mut self, position: usize, rng: &mut impl Rng) -> (u64, u16) {
        self.lengths[position] = any_length(rng);
        (self.numbers[position], self.lengths[position])
    }

    /// The row at `position` goes.
    pub(crate) fn delete(&mut self, position: usize) -> u64 {
        self.lengths.swap_remove(position);
        self.numbers.swap_remove(position)
    }

    /// The number at `position`.
    pub(crate) fn number(&self, position: usize) -> u64 {
        self.numbers[position]
    }

    /// All rows.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u16)> {
        self.numbers.iter().copied().zip(self.lengths.iter().copied())
    }

    /// Writes the list down for another process.
    pub(crate) fn save(&self, to: &mut impl Write) -> io::Result<()> {
        self.iter().try_for_each(|(number, length)| {
            to.write_all(&number.to_le_bytes())?;
            to.write_all(&length.to_le_bytes())
        })
    }

    /// Reads what [`Self::save`] wrote, `rows` of them.
    pub(crate) fn load(from: &mut impl Read, rows: usize) -> io::Result<Self> {
        let mut live = Self { numbers: Vec::with_capacity(rows), lengths: Vec::with_capacity(rows), next_number: 0 };
        let (mut number, mut length) = ([0; 8], [0; 2]);
        for _ in 0..rows {
            from.read_exact(&mut number)?;
            from.read_exact(&mut length)?;
            live.numbers.push(u64::from_le_bytes(number));
            live.lengths.push(u16::from_le_bytes(length));
        }
        Ok(live)
    }
}

fn any_length(rng: &mut impl Rng) -> u16 {
    (ROW_BYTES_MIN + rng.below(ROW_BYTES_MAX - ROW_BYTES_MIN)) as u16
}

/// Keys as tables and indexes have them: rising integers, composites of 24 bytes, strings.
pub(crate) fn key(number: u64) -> Vec<u8> {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match number % 3 {
        0 => number.to_be_bytes().to_vec(),
        1 => [mixed >> 56, mixed >> 40, number].map(u64::to_be_bytes).concat(),
        _ => format!("user-{:x}.{number}@mail-{}.example.org", mixed >> 44, mixed % 17).into_bytes(),
    }
}

/// A row of this length.
pub(crate) fn row(number: u64, length: u16) -> Vec<u8> {
    vec![number as u8; length as usize]
}
