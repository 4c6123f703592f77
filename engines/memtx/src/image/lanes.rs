//! Threads that seal blocks (compress them, compute checksums), while the calling thread walks over the rows and writes what is ready.
//!
//! ```text
//!   rows --> block n --> lane n mod 2: seal --> frame n --> file
//! ```
//! Frames come back in the order of their blocks, so that a file's bytes do not depend on which thread was faster. The
//! threads never touch the disk, and have the calling thread's priority.

use std::io;
use std::sync::mpsc;
use std::thread::{Builder, Scope};

use cairn_base::frame::FrameSeed;

use super::block::{BlockWriter, RawBlock, Sealed};

/// Threads that seal. Compressing takes about twice the time of walking and writing.
const LANES: usize = 2;
/// Blocks that are with one thread at most.
const AHEAD: usize = 8;

/// The threads, and the blocks under way.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    given: usize,
    taken: usize,
}

struct Lane {
    blocks: mpsc::SyncSender<RawBlock>,
    frames: mpsc::Receiver<io::Result<Sealed>>,
}

impl Lanes {
    /// Starts the threads, which end when this is dropped. Errors: the system gives no thread, or no memory.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>, seed: FrameSeed) -> io::Result<Self> {
        let lanes = (0..LANES).map(|_| Lane::start(scope, BlockWriter::new(seed)?)).collect::<io::Result<_>>()?;
        Ok(Self { lanes, given: 0, taken: 0 })
    }

    /// Must a frame be taken before the next block is given?
    pub(super) fn is_full(&self) -> bool {
        self.given - self.taken == LANES * AHEAD
    }

    /// Hands over a block. Does not wait where it is not full.
    pub(super) fn give(&mut self, block: RawBlock) {
        // A thread that has died says so when its frame is taken.
        let _ = self.lanes[self.given % LANES].blocks.send(block);
        self.given += 1;
    }

    /// The next frame in the order of the blocks; waits for it. `None`: no block is under way.
    pub(super) fn take(&mut self) -> Option<io::Result<Sealed>> {
        if self.taken == self.given {
            return None;
        }
        let frame = self.lanes[self.taken % LANES].frames.recv();
        self.taken += 1;
        Some(frame.unwrap_or_else(|_| Err(io::Error::other("a compressing thread has died"))))
    }
}

impl Lane {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, mut writer: BlockWriter) -> io::Result<Self> {
        let (blocks, given) = mpsc::sync_channel::<RawBlock>(AHEAD);
        let (ready, frames) = mpsc::sync_channel(AHEAD);
        let work = move || {
            for block in given {
                // Nobody listens any more: the image has failed.
                if ready.send(writer.seal(block)).is_err() {
                    return;
                }
            }
        };
        Builder::new().name("image-block".to_owned()).spawn_scoped(scope, work)?;
        Ok(Self { blocks, frames })
    }
}

#[cfg(test)]
mod tests {
    use cairn_engine_api::{SpaceId, Timestamp};

    use super::*;
    use crate::MEMTX_CODE;

    fn block(number: u64) -> RawBlock {
        let mut block = RawBlock::new(SpaceId::new(MEMTX_CODE, 1), Timestamp(1));
        // Blocks of unlike sizes: a later one is ready before an earlier one.
        for row in 0..1 + (number * 37 % 50) * 100 {
            block.push(&(number << 32 | row).to_be_bytes(), &[7; 40]);
        }
        block
    }

    #[test]
    fn frames_come_in_the_order_of_their_blocks() {
        std::thread::scope(|scope| {
            let mut lanes = Lanes::start(scope, FrameSeed(1)).unwrap();
            let (mut given, mut taken) = (0u64, 0u64);
            let mut check = |sealed: io::Result<Sealed>| {
                assert_eq!(sealed.unwrap().entry.first_key, (taken << 32).to_be_bytes());
                taken += 1;
            };
            assert!(lanes.take().is_none());
            while given < 200 {
                if lanes.is_full() {
                    check(lanes.take().unwrap());
                }
                lanes.give(block(given));
                given += 1;
            }
            while let Some(sealed) = lanes.take() {
                check(sealed);
            }
            assert_eq!(taken, 200);
        });
    }

    #[test]
    fn the_threads_end_with_blocks_under_way() {
        std::thread::scope(|scope| {
            let mut lanes = Lanes::start(scope, FrameSeed(1)).unwrap();
            while !lanes.is_full() {
                lanes.give(block(1));
            }
        });
    }
}
