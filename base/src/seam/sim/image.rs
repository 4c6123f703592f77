//! One simulated file: what a reader sees now, and what a crash would leave.

use crate::seam::Rng;

/// What the simulated medium writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

/// A file's bytes: live, durable, and the changes between them in order.
#[derive(Clone, Debug, Default)]
pub(super) struct FileImage {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

impl FileImage {
    /// A file with nothing on its way.
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        Self { live: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    pub(super) fn live(&self) -> &[u8] {
        &self.live
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.change(Change::Write { offset, bytes: bytes.to_vec() });
    }

    pub(super) fn set_len(&mut self, bytes: usize) {
        if bytes != self.live.len() {
            self.change(Change::SetLen(bytes));
        }
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.live, &change);
        self.unsynced.push(change);
    }

    /// Everything written so far becomes durable. What a failed sync forgot stays forgotten.
    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    /// A failed sync: the kernel marks the pages clean though they never reached the medium. Readers still see them; no
    /// later sync will write them.
    pub(super) fn forget_unsynced(&mut self) {
        self.unsynced.clear();
    }

    /// Flips bits of one byte, on the medium and in memory.
    pub(super) fn flip(&mut self, offset: usize, mask: u8) {
        for image in [&mut self.live, &mut self.durable] {
            if let Some(byte) = image.get_mut(offset) {
                *byte ^= mask;
            }
        }
    }

    /// What the machine finds after a crash: of every unsynced change all, nothing or some sectors.
    pub(super) fn crash(&mut self, rng: &mut dyn Rng) {
        for change in std::mem::take(&mut self.unsynced) {
            match rng.below(3) {
                0 => apply(&mut self.durable, &change),
                1 => {}
                _ => apply_torn(&mut self.durable, &change, rng),
            }
        }
        self.live = self.durable.clone();
    }
}

fn apply(image: &mut Vec<u8>, change: &Change) {
    match change {
        Change::SetLen(bytes) => image.resize(*bytes, 0),
        Change::Write { offset, bytes } => put(image, *offset, bytes),
    }
}

fn apply_torn(image: &mut Vec<u8>, change: &Change, rng: &mut dyn Rng) {
    let Change::Write { offset, bytes } = change else {
        // A length is one word of metadata: it does not tear.
        return;
    };
    let mut done = 0;
    while done < bytes.len() {
        let at = offset + done;
        let sector_left = SECTOR_BYTES - at % SECTOR_BYTES;
        let n = sector_left.min(bytes.len() - done);
        if rng.below(2) == 0 {
            put(image, at, &bytes[done..done + n]);
        }
        done += n;
    }
}

fn put(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::super::SimRng;
    use super::*;

    #[test]
    fn synced_bytes_survive_and_unsynced_ones_survive_vanish_or_tear_by_sector() {
        let mut seen = [false; 3];
        for seed in 0..200 {
            let mut image = FileImage::default();
            image.write(0, &[1; 4 * SECTOR_BYTES]);
            image.sync();
            image.write(100, &[2; 2 * SECTOR_BYTES]);
            image.crash(&mut SimRng::new(seed));
            let live = image.live();
            assert_eq!(live.len(), 4 * SECTOR_BYTES);
            assert!(live[..100].iter().chain(&live[100 + 2 * SECTOR_BYTES..]).all(|&byte| byte == 1));
            let pieces = [&live[100..512], &live[512..1024], &live[1024..1124]];
            for piece in pieces {
                assert!(piece.iter().all(|&byte| byte == piece[0]), "a sector is written whole or not at all");
            }
            let written = pieces.iter().filter(|piece| piece[0] == 2).count();
            let outcome = match written {
                0 => 0,
                3 => 2,
                _ => 1,
            };
            seen[outcome] = true;
        }
        assert_eq!(seen, [true; 3], "nothing, some and all of it");
    }

    #[test]
    fn a_failed_sync_loses_what_readers_still_see() {
        let mut image = FileImage::default();
        image.write(0, b"lost");
        image.forget_unsynced();
        image.sync();
        assert_eq!(image.live(), b"lost");
        image.crash(&mut SimRng::new(0));
        assert_eq!(image.live(), b"");
    }

    #[test]
    fn cutting_and_growing_reads_zeros() {
        let mut image = FileImage::holding(b"abc".to_vec());
        image.set_len(1);
        image.set_len(3);
        image.write(4, b"x");
        assert_eq!(image.live(), b"a\0\0\0x");
    }
}
