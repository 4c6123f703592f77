//! What the writer does, drawn from a seed before the race, and so what every read must answer.

use std::collections::BTreeMap;

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::{Direction, KeyRange};

/// A row, or its absence.
pub(crate) type Row = Option<Vec<u8>>;

/// Batches that grow the tree, and then as many that let it decay.
const PHASE: u64 = 500;

/// All batches of a race. Batch `n` carries timestamp `n`, from 1 on.
pub(crate) struct History {
    pub(crate) batches: Vec<BTreeMap<Vec<u8>, Row>>,
    /// What each key was given, and when.
    keys: BTreeMap<Vec<u8>, Vec<(u64, Row)>>,
}

impl History {
    /// Draws a history; phases of growth and of decay alternate.
    pub(crate) fn draw(seed: u64, length: u64) -> Self {
        let mut rng = SimRng::new(seed);
        let batches: Vec<_> = (1..=length).map(|n| batch(&mut rng, n)).collect();
        let mut keys: BTreeMap<Vec<u8>, Vec<(u64, Row)>> = BTreeMap::new();
        for (n, batch) in (1..).zip(&batches) {
            for (key, row) in batch {
                keys.entry(key.clone()).or_default().push((n, row.clone()));
            }
        }
        Self { batches, keys }
    }

    /// Every key that is ever written.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.keys().map(Vec::as_slice)
    }

    /// What a get of `key` at `at` must answer.
    pub(crate) fn row(&self, key: &[u8], at: u64) -> Option<&[u8]> {
        row_at(self.keys.get(key)?, at)
    }

    /// What a scan at `at` must answer, row by row.
    pub(crate) fn rows(&self, range: KeyRange<'_>, at: u64, direction: Direction) -> Vec<(&[u8], &[u8])> {
        let inside = self.keys.iter().filter(|(key, _)| range.contains(key));
        let mut rows: Vec<_> = inside.filter_map(|(key, rows)| Some((key.as_slice(), row_at(rows, at)?))).collect();
        if direction == Direction::Backward {
            rows.reverse();
        }
        rows
    }
}

fn row_at(rows: &[(u64, Row)], at: u64) -> Option<&[u8]> {
    let newer = rows.partition_point(|(written, _)| *written <= at);
    rows[..newer].last()?.1.as_deref()
}

fn batch(rng: &mut SimRng, n: u64) -> BTreeMap<Vec<u8>, Row> {
    let grows = (n / PHASE).is_multiple_of(2);
    let changes = 1 + rng.below(12);
    let change = |_| (key(rng), (rng.below(10) < if grows { 8 } else { 1 }).then(|| n.to_le_bytes().to_vec()));
    (0..changes).map(change).collect()
}

/// Keys that share nodes of every size, end in the middle of others, and have long common prefixes.
pub(crate) fn key(rng: &mut SimRng) -> Vec<u8> {
    match rng.below(4) {
        0 => vec![b'd', rng.below(2) as u8, rng.below(256) as u8],
        1 => b"abcabcabcabcabcabc"[..rng.below(18) as usize].to_vec(),
        2 => format!("prefix-that-is-long/{}/{}", rng.below(6), rng.below(60)).into_bytes(),
        _ => rng.below(400).to_be_bytes().to_vec(),
    }
}
