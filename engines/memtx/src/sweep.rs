//! Which keys hold garbage, in the order in which it becomes collectible, so that a sweep never walks a tree.
//!
//! While an old snapshot is open there may be as many of these as live rows, so they lie apart from those: one behind the
//! other in blocks that hold nothing else.
//!
//! ```text
//!   block  +----------+-------+---------+-----+----------+-------+- ... -+
//!          | ready_at | space | key_len | key | ready_at | space |       |     64 KiB, more for a longer key
//!          +----------+-------+---------+-----+----------+-------+- ... -+
//! ```

use std::collections::VecDeque;

use cairn_engine_api::{SpaceId, Timestamp};

use crate::ledger::Ledger;
use crate::sync::Arc;

/// Bytes of a block, unless one key is longer.
const BLOCK_BYTES: usize = 64 << 10;
/// Bytes in front of a key.
const HEADER_BYTES: usize = 16;

/// A key with a tombstone or with more than one version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dirty<'q> {
    /// Collectible once the watermark has come this far.
    ready_at: Timestamp,
    pub(crate) space: SpaceId,
    pub(crate) key: &'q [u8],
}

/// Dirty keys, first come first swept, so that the first one is always ready first. A key that a sweep could not clean yet
/// goes to the end and waits as long as the key before it, which is at most until the watermark passes all that is
/// applied now.
#[derive(Debug)]
pub(crate) struct DirtyQueue {
    /// No block is empty, unless it is the only one.
    blocks: VecDeque<Vec<u8>>,
    /// Bytes of the first block that were taken out.
    taken: usize,
    /// When the last key becomes collectible.
    last_ready_at: Timestamp,
    ledger: Arc<Ledger>,
}

impl DirtyQueue {
    /// An empty queue that reports the bytes of its keys to `ledger`.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { blocks: VecDeque::new(), taken: 0, last_ready_at: Timestamp::ZERO, ledger }
    }

    /// Remembers a key that is collectible once the watermark has come to `ready_at`.
    pub(crate) fn push(&mut self, ready_at: Timestamp, space: SpaceId, key: &[u8]) {
        self.last_ready_at = self.last_ready_at.max(ready_at);
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&self.last_ready_at.0.to_le_bytes());
        header[8..12].copy_from_slice(&space.0.to_le_bytes());
        header[12..].copy_from_slice(&(key.len() as u32).to_le_bytes());
        let bytes = HEADER_BYTES + key.len();
        let block = match self.blocks.back_mut() {
            Some(block) if block.capacity() - block.len() >= bytes => block,
            _ => self.next_block(bytes),
        };
        block.extend_from_slice(&header);
        block.extend_from_slice(key);
        self.ledger.take(bytes);
    }

    /// An empty block at the end with room for so many bytes.
    #[cold]
    fn next_block(&mut self, bytes: usize) -> &mut Vec<u8> {
        self.blocks.pop_back_if(|block| block.is_empty());
        self.blocks.push_back_mut(Vec::with_capacity(bytes.max(BLOCK_BYTES)))
    }

    /// The next key, if it is collectible at `watermark`.
    pub(crate) fn first_ready(&self, watermark: Timestamp) -> Option<Dirty<'_>> {
        let (ready_at, rest) = self.blocks.front()?[self.taken..].split_first_chunk()?;
        let (space, rest) = rest.split_first_chunk()?;
        let (key_len, rest) = rest.split_first_chunk()?;
        let (ready_at, space) = (Timestamp(u64::from_le_bytes(*ready_at)), SpaceId(u32::from_le_bytes(*space)));
        let key_len = u32::from_le_bytes(*key_len) as usize;
        (ready_at <= watermark).then(|| Dirty { ready_at, space, key: &rest[..key_len] })
    }

    /// Takes out the first key: it is clean.
    pub(crate) fn pass(&mut self) {
        let Some(first) = self.first_ready(Timestamp::MAX) else { return };
        let bytes = HEADER_BYTES + first.key.len();
        self.taken += bytes;
        if self.taken == self.blocks[0].len() {
            self.drop_first_block();
        }
        self.ledger.give_back(bytes);
    }

    /// Sends the first key to the end: it is collectible, or more of it, once the watermark has come to `ready_at`.
    pub(crate) fn put_off(&mut self, ready_at: Timestamp) {
        let Some(Dirty { space, key, .. }) = self.first_ready(Timestamp::MAX) else { return };
        let key = key.to_vec();
        self.pass();
        self.push(ready_at, space, &key);
    }

    /// All of the first block was taken out. The only one is used again, unless it was made for a very long key.
    fn drop_first_block(&mut self) {
        self.taken = 0;
        if self.blocks.len() == 1 && self.blocks[0].len() <= BLOCK_BYTES {
            self.blocks[0].clear();
        } else {
            self.blocks.pop_front();
        }
    }
}

#[cfg(all(test, not(cairn_loom)))]
mod tests {
    use super::*;

    const SPACE: SpaceId = SpaceId(7);

    fn queue() -> (DirtyQueue, Arc<Ledger>) {
        let ledger = Arc::new(Ledger::default());
        (DirtyQueue::new(Arc::clone(&ledger)), ledger)
    }

    /// Takes the first key out, which must be ready.
    fn pop(queue: &mut DirtyQueue, watermark: u64) -> Vec<u8> {
        let dirty = queue.first_ready(Timestamp(watermark)).expect("it is ready");
        assert_eq!(dirty.space, SPACE);
        let key = dirty.key.to_vec();
        queue.pass();
        key
    }

    #[test]
    fn keys_come_out_as_they_came_in_when_they_are_ready() {
        let (mut queue, ledger) = queue();
        let key = |n: u64| vec![n as u8; if n == 500 { 3 * BLOCK_BYTES } else { n as usize }];
        for round in 0..3 {
            let at = |n: u64| 1 + 1000 * round + n;
            (0..1000).for_each(|n| queue.push(Timestamp(at(n)), SPACE, &key(n)));
            for n in 0..1000 {
                assert_eq!(queue.first_ready(Timestamp(at(n) - 1)), None);
                assert_eq!(pop(&mut queue, at(n)), key(n));
            }
            assert_eq!(queue.first_ready(Timestamp::MAX), None);
            assert_eq!(ledger.used(), 0);
            assert!(queue.blocks.iter().map(Vec::capacity).sum::<usize>() <= BLOCK_BYTES, "a burst keeps no room");
        }
    }

    #[test]
    fn an_empty_block_without_room_does_not_stand_in_front() {
        let (mut queue, _) = queue();
        for key in [vec![1], vec![2; 2 * BLOCK_BYTES], vec![3]] {
            queue.push(Timestamp(1), SPACE, &key);
            assert_eq!(pop(&mut queue, 1), key);
        }
    }

    #[test]
    fn a_key_is_never_ready_before_the_one_in_front() {
        let (mut queue, _) = queue();
        queue.push(Timestamp(9), SPACE, b"late");
        queue.push(Timestamp(5), SPACE, b"early");
        assert_eq!(queue.first_ready(Timestamp(8)), None);
        assert_eq!(pop(&mut queue, 9), b"late");
        assert_eq!(pop(&mut queue, 9), b"early");
    }

    #[test]
    fn what_is_put_off_comes_last() {
        let (mut queue, ledger) = queue();
        queue.push(Timestamp(1), SPACE, b"again");
        queue.push(Timestamp(2), SPACE, b"once");
        queue.put_off(Timestamp(1));
        assert_eq!(pop(&mut queue, 2), b"once");
        assert_eq!(pop(&mut queue, 2), b"again");
        assert_eq!(ledger.used(), 0);
    }
}
