//! One lock: its holders and those who wait for it, in order.

use std::collections::VecDeque;

use cairn_base::{SpaceId, fault};

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
        if fault!(TwoHolders) {
            return true;
        }
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
        // Of those who must go on waiting, the strongest request stands in for all: it conflicts with whatever they do.
        let mut strongest: Option<LockMode> = None;
        for slot in 0..self.queue.len() {
            let waiter = self.queue[slot];
            let own = if waiter.upgrade { self.holders.mode_of(waiter.txn) } else { None };
            let ahead_blocks = strongest.is_some_and(|mode| mode.conflicts(waiter.mode));
            if !ahead_blocks && !self.holders.block(waiter.mode, own) {
                return self.queue.remove(slot);
            }
            strongest = strongest.max(Some(waiter.mode));
            if strongest == Some(LockMode::Update) {
                return None;
            }
        }
        None
    }

    /// Does anybody wait here?
    pub(super) fn has_waiters(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Whom `waiter` waits for, as far as the search for a circle needs to know: the nearest conflicting waiter before it, and
    /// the conflicting holders.
    ///
    /// Waiters further on need no arrow of their own. One that is not stronger waits only for what conflicts with
    /// `waiter` too. One that is stronger conflicts with the nearest, because that already conflicts with `waiter`.
    pub(super) fn blockers(&self, waiter: Ticket) -> Vec<TxnId> {
        let Some(slot) = self.queue.iter().position(|other| other.ticket == waiter) else { return Vec::new() };
        let Waiter { txn, mode, .. } = self.queue[slot];
        let nearest = self.queue.range(..slot).rev().find(|ahead| ahead.mode.conflicts(mode));
        let holders = self.holders.iter().filter(|(holder, held)| *holder != txn && held.conflicts(mode));
        nearest.map(|ahead| ahead.txn).into_iter().chain(holders.map(|(holder, _)| holder)).collect()
    }
}
