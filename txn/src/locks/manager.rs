//! All locks of a shard.

use std::collections::BTreeSet;

use cairn_base::{SpaceId, fault};
use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use super::graph;
use super::mode::{LockMode, Ticket, TxnId, Wait};
use super::queue::{Entry, Waiter};
use crate::error::WaitEdge;
use crate::event::Event;
use crate::sieve::hash;

/// An idle lock table keeps room for this many locks.
const IDLE_SLOTS_MAX: usize = 65_536;

/// The lock table. See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct LockManager {
    index: HashTable<u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    waiting: FxHashMap<TxnId, Waiting>,
    tickets: FxHashMap<Ticket, TxnId>,
    /// Granted to a transaction that does not know it yet.
    granted: FxHashMap<Ticket, Held>,
    deadlines: BTreeSet<(u64, Ticket)>,
    last_ticket: u64,
}

/// What is wanted of the lock table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) space: SpaceId,
    pub(crate) key: &'a [u8],
    pub(crate) mode: LockMode,
    pub(crate) wait: Wait,
    /// When to give up waiting, in monotonic nanoseconds.
    pub(crate) deadline: Option<u64>,
}

/// Answer of the lock table.
#[derive(Debug)]
pub(crate) enum Acquired {
    /// Newly taken, or taken while the transaction waited for it.
    Now,
    /// Held in this mode or a stronger one since earlier.
    Before,
    /// Taken by somebody else; the request did not want to wait.
    Busy,
    Queued(Ticket),
    /// Waiting would close this circle.
    Deadlock(Vec<WaitEdge>),
}

/// The locks of one transaction in the order they were taken.
#[derive(Debug, Default)]
pub(crate) struct HeldLocks {
    pub(crate) txn: TxnId,
    log: Vec<Held>,
    pending: Option<Ticket>,
    /// Granted while the transaction waited, and not asked for again yet.
    arrived: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    slot: u32,
    /// What was held before: `None` for a new lock.
    before: Option<LockMode>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    slot: u32,
    ticket: Ticket,
    mode: LockMode,
    deadline: Option<u64>,
}

impl HeldLocks {
    /// A position to release back to.
    pub(crate) fn mark(&self) -> usize {
        self.log.len()
    }

    pub(crate) fn pending(&self) -> Option<Ticket> {
        self.pending
    }

    pub(crate) fn reset(&mut self, txn: TxnId) {
        debug_assert!(self.log.is_empty() && self.pending.is_none());
        self.txn = txn;
        self.log.shrink_to(256);
    }
}

impl LockManager {
    /// Asks for a lock. Asking again for what is being waited for keeps the place in the queue; asking for something else
    /// gives it up.
    pub(crate) fn acquire(&mut self, held: &mut HeldLocks, request: Request<'_>, events: &mut Vec<Event>) -> Acquired {
        self.settle(held);
        if let Some(ticket) = held.pending {
            if self.waits_for(held.txn, &request) {
                return Acquired::Queued(ticket);
            }
            self.cancel_pending(held, events);
        }
        let slot = self.slot(request.space, request.key);
        let entry = self.entry(slot);
        let own = entry.holders.mode_of(held.txn);
        if own.is_some_and(|own| own >= request.mode) {
            let fresh = held.arrived.take_if(|arrived| *arrived == slot).is_some();
            return if fresh { Acquired::Now } else { Acquired::Before };
        }
        if entry.free_for(request.mode, own) {
            entry.holders.set(held.txn, Some(request.mode));
            held.log.push(Held { slot, before: own });
            return Acquired::Now;
        }
        match request.wait {
            Wait::Wait => self.enqueue(held, slot, own, request, events),
            Wait::NoWait | Wait::SkipLocked => Acquired::Busy,
        }
    }

    /// Takes note of a lock that was granted while the transaction waited. `true` when there was one.
    pub(crate) fn settle(&mut self, held: &mut HeldLocks) -> bool {
        let Some(ticket) = held.pending else { return false };
        let Some(arrived) = self.granted.remove(&ticket) else { return false };
        held.log.push(arrived);
        held.pending = None;
        held.arrived = Some(arrived.slot);
        true
    }

    /// Gives up waiting, after taking note of a lock that was granted meanwhile.
    pub(crate) fn stop_waiting(&mut self, held: &mut HeldLocks, events: &mut Vec<Event>) {
        self.settle(held);
        self.cancel_pending(held, events);
    }

    /// What the transaction holds on a key.
    pub(crate) fn mode_of(&self, txn: TxnId, space: SpaceId, key: &[u8]) -> Option<LockMode> {
        let slot = self.index.find(hash(space, key), |slot| self.is_at(*slot, space, key))?;
        self.entries[*slot as usize].as_ref()?.holders.mode_of(txn)
    }

    /// Stops a wait. `false` when nobody waits with this ticket (it was granted, timed out or ended).
    pub(crate) fn cancel(&mut self, ticket: Ticket, events: &mut Vec<Event>) -> bool {
        let Some(txn) = self.tickets.remove(&ticket) else { return false };
        let waiting = self.waiting.remove(&txn).expect("a ticket has a waiter");
        if let Some(deadline) = waiting.deadline {
            self.deadlines.remove(&(deadline, ticket));
        }
        self.entry(waiting.slot).dequeue(ticket);
        self.grant(waiting.slot, events);
        true
    }

    /// What was taken since `mark`: space, key and the mode held now.
    pub(crate) fn taken_since<'a>(
        &'a self,
        held: &'a HeldLocks,
        mark: usize,
    ) -> impl Iterator<Item = (SpaceId, &'a [u8], LockMode)> {
        held.log[mark..].iter().filter_map(|taken| {
            let entry = self.entries[taken.slot as usize].as_ref()?;
            Some((entry.space, entry.key.as_slice(), entry.holders.mode_of(held.txn)?))
        })
    }

    /// Gives back what was taken since `mark` (0: everything), and stops waiting.
    pub(crate) fn release_to(&mut self, held: &mut HeldLocks, mark: usize, events: &mut Vec<Event>) {
        self.stop_waiting(held, events);
        held.arrived = None;
        while held.log.len() > mark {
            let Held { slot, before } = held.log.pop().expect("longer than the mark");
            self.entry(slot).holders.set(held.txn, before);
            self.grant(slot, events);
        }
    }

    /// Ends the waits whose deadline has passed.
    pub(crate) fn expire(&mut self, now: u64, events: &mut Vec<Event>) {
        while let Some((deadline, ticket)) = self.deadlines.first().copied() {
            if deadline > now {
                return;
            }
            self.cancel(ticket, events);
            events.push(Event::Timeout(ticket));
        }
    }

    /// When the next wait ends by timeout, in monotonic nanoseconds.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity() + self.free.capacity() + self.index.capacity()
    }

    /// Locks that exist, and transactions that wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.index.len(), self.waiting.len())
    }

    fn enqueue(
        &mut self,
        held: &mut HeldLocks,
        slot: u32,
        own: Option<LockMode>,
        request: Request<'_>,
        events: &mut Vec<Event>,
    ) -> Acquired {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let Request { mode, deadline, .. } = request;
        self.entry(slot).enqueue(Waiter { txn: held.txn, ticket, mode, upgrade: own.is_some() });
        self.waiting.insert(held.txn, Waiting { slot, ticket, mode, deadline });
        self.tickets.insert(ticket, held.txn);
        self.deadlines.extend(deadline.map(|deadline| (deadline, ticket)));
        let searches = self.is_waited_for(held) && !fault!(NoDeadlockSearch);
        let circle = searches.then(|| graph::cycle(held.txn, |txn| self.blockers(txn)));
        if let Some(circle) = circle.flatten() {
            let edges = self.describe(&circle);
            self.cancel(ticket, events);
            return Acquired::Deadlock(edges);
        }
        held.pending = Some(ticket);
        Acquired::Queued(ticket)
    }

    /// Could somebody wait for this transaction, which just began to wait? Most often nobody does, and then it closes no
    /// circle.
    fn is_waited_for(&self, held: &HeldLocks) -> bool {
        let entry = |taken: &Held| self.entries[taken.slot as usize].as_ref();
        held.log.iter().any(|taken| entry(taken).is_some_and(Entry::has_waiters))
    }

    fn blockers(&self, txn: TxnId) -> Vec<TxnId> {
        let Some(waiting) = self.waiting.get(&txn) else { return Vec::new() };
        let entry = self.entries[waiting.slot as usize].as_ref();
        entry.expect("waiters keep their entry").blockers(waiting.ticket)
    }

    fn describe(&self, circle: &[TxnId]) -> Vec<WaitEdge> {
        let edge = |(at, txn): (usize, &TxnId)| {
            let waiting = self.waiting[txn];
            let entry = self.entries[waiting.slot as usize].as_ref().expect("waiters keep their entry");
            let (space, key) = (entry.space, entry.key.to_vec());
            WaitEdge { waiter: *txn, mode: waiting.mode, space, key, holder: circle[(at + 1) % circle.len()] }
        };
        circle.iter().enumerate().map(edge).collect()
    }

    fn waits_for(&self, txn: TxnId, request: &Request<'_>) -> bool {
        let waiting = self.waiting.get(&txn);
        waiting
            .is_some_and(|waiting| waiting.mode >= request.mode && self.is_at(waiting.slot, request.space, request.key))
    }

    fn cancel_pending(&mut self, held: &mut HeldLocks, events: &mut Vec<Event>) {
        if let Some(ticket) = held.pending.take() {
            self.cancel(ticket, events);
        }
    }

    /// Grants what can be granted on one key, and forgets the key when nobody wants it.
    fn grant(&mut self, slot: u32, events: &mut Vec<Event>) {
        if fault!(LostWakeUp) {
            return;
        }
        while let Some(Waiter { txn, ticket, mode, .. }) = self.entry(slot).next_grant() {
            let holders = &mut self.entry(slot).holders;
            let before = holders.mode_of(txn);
            holders.set(txn, Some(mode));
            let waiting = self.waiting.remove(&txn).expect("queued transactions are waiting");
            self.tickets.remove(&ticket);
            if let Some(deadline) = waiting.deadline {
                self.deadlines.remove(&(deadline, ticket));
            }
            self.granted.insert(ticket, Held { slot, before });
            events.push(Event::Granted(ticket));
        }
        if self.entry(slot).is_idle() {
            self.forget(slot);
        }
    }

    fn slot(&mut self, space: SpaceId, key: &[u8]) -> u32 {
        let hash = hash(space, key);
        if let Some(slot) = self.index.find(hash, |slot| self.is_at(*slot, space, key)) {
            return *slot;
        }
        let entry = Some(Entry::new(space, key, hash));
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.index.insert_unique(hash, slot, |slot| entries[*slot as usize].as_ref().map_or(0, |entry| entry.hash));
        slot
    }

    fn forget(&mut self, slot: u32) {
        let hash = self.entry(slot).hash;
        if let Ok(found) = self.index.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
        self.entries[slot as usize] = None;
        self.free.push(slot);
        if self.index.is_empty() && self.entries.len() > IDLE_SLOTS_MAX {
            // A transaction with very many locks is over: give its memory back.
            (self.entries, self.free, self.index) = Default::default();
        }
    }

    fn is_at(&self, slot: u32, space: SpaceId, key: &[u8]) -> bool {
        self.entries[slot as usize].as_ref().is_some_and(|entry| entry.space == space && *entry.key == *key)
    }

    fn entry(&mut self, slot: u32) -> &mut Entry {
        self.entries[slot as usize].as_mut().expect("slots in use have an entry")
    }
}
