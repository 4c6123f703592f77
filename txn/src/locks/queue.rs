//! One lock: its holders and those who wait for it, in order.

use std::collections::VecDeque;

use cairn_base::SpaceId;

use super::holders::Holders;
use super::mode::{LockMode, Ticket, TxnId};
use crate::bounds::KeyBuf;

/// The lock of one key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) space: SpaceId,
    pub(super) key: KeyBuf,
    pub(super) hash: u64,
    pub(super) holders: Holders,
    queue: VecDeque<Waiter>,
}

/// Somebody in the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    pub(super) txn: TxnId,
    pub(super) ticket: Ticket,
    pub(super) mode: LockMode,
    /// Holds a weaker lock already: waits in front and only for holders.
    pub(super) upgrade: bool,
}

impl Entry {
    pub(super) fn new(space: SpaceId, key: &[u8], hash: u64) -> Self {
        Self { space, key: KeyBuf::from_slice(key), hash, holders: Holders::default(), queue: VecDeque::new() }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.holders.is_empty() && self.queue.is_empty()
    }

    /// May a transaction that holds `own` have `mode` at once?
    pub(super) fn free_for(&self, mode: LockMode, own: Option<LockMode>) -> bool {
        let queue_blocks = || own.is_none() && self.queue.iter().any(|waiter| waiter.mode.conflicts(mode));
        !self.holders.block(mode, own) && !queue_blocks()
    }

    pub(super) fn enqueue(&mut self, waiter: Waiter) {
        if waiter.upgrade {
            let upgrades = self.queue.iter().take_while(|other| other.upgrade).count();
            self.queue.insert(upgrades, waiter);
        } else {
            self.queue.push_back(waiter);
        }
    }

    pub(super) fn dequeue(&mut self, ticket: Ticket) {
        self.queue.retain(|waiter| waiter.ticket != ticket);
    }

    /// Takes the first waiter out of the queue that may have its lock now.
    pub(super) fn next_grant(&mut self) -> Option<Waiter> {
        let free = (0..self.queue.len()).find(|slot| self.may_go(*slot))?;
        self.queue.remove(free)
    }

    fn may_go(&self, slot: usize) -> bool {
        let waiter = self.queue[slot];
        let own = if waiter.upgrade { self.holders.mode_of(waiter.txn) } else { None };
        !self.holders.block(waiter.mode, own) && !self.ahead(slot).any(|other| other.mode.conflicts(waiter.mode))
    }

    fn ahead(&self, slot: usize) -> impl Iterator<Item = &Waiter> {
        self.queue.iter().take(slot)
    }

    /// Everybody whom `waiter` waits for: earlier waiters and, last, holders with a conflicting mode.
    pub(super) fn blockers(&self, waiter: Ticket) -> Vec<TxnId> {
        let Some(slot) = self.queue.iter().position(|other| other.ticket == waiter) else { return Vec::new() };
        let Waiter { txn, mode, .. } = self.queue[slot];
        let holders = self.holders.iter().filter(|(holder, held)| *holder != txn && held.conflicts(mode));
        let ahead = self.ahead(slot).filter(|other| other.mode.conflicts(mode));
        ahead.map(|other| other.txn).chain(holders.map(|(holder, _)| holder)).collect()
    }
}
