use super::manager::{Acquired, HeldLocks, LockManager, Request};
use super::mode::{LockMode, Ticket, TxnId, Wait};
use crate::event::Event;
use cairn_base::SpaceId;

const SPACE: SpaceId = SpaceId(1);

/// A lock table with some transactions.
struct Table {
    locks: LockManager,
    txns: Vec<HeldLocks>,
    events: Vec<Event>,
}

impl Table {
    fn new(txns: u64) -> Self {
        let held = |id| {
            let mut held = HeldLocks::default();
            held.reset(TxnId(id));
            held
        };
        let txns = (0..txns).map(held).collect();
        Self { locks: LockManager::default(), txns, events: Vec::new() }
    }

    fn ask(&mut self, txn: usize, key: &[u8], mode: LockMode, wait: Wait, deadline: Option<u64>) -> Acquired {
        let request = Request { space: SPACE, key, mode, wait, deadline };
        self.locks.acquire(&mut self.txns[txn], request, &mut self.events)
    }

    fn take(&mut self, txn: usize, key: &[u8], mode: LockMode) {
        assert!(matches!(self.ask(txn, key, mode, Wait::Wait, None), Acquired::Now), "{txn} takes {key:?}");
    }

    fn queue(&mut self, txn: usize, key: &[u8], mode: LockMode) -> Ticket {
        match self.ask(txn, key, mode, Wait::Wait, None) {
            Acquired::Queued(ticket) => ticket,
            other => panic!("expected to wait, got {other:?}"),
        }
    }

    fn end(&mut self, txn: usize) -> Vec<Event> {
        self.locks.release_to(&mut self.txns[txn], 0, &mut self.events);
        std::mem::take(&mut self.events)
    }
}

#[test]
fn modes_conflict_as_in_postgresql() {
    use LockMode::*;
    let table = [
        (KeyShare, [false, false, false, true]),
        (Share, [false, false, true, true]),
        (NoKeyUpdate, [false, true, true, true]),
        (Update, [true, true, true, true]),
    ];
    for (asked, row) in table {
        for (held, conflict) in LockMode::ALL.into_iter().zip(row) {
            assert_eq!(asked.conflicts(held), conflict, "{asked:?} against {held:?}");
            let mut locks = Table::new(2);
            locks.take(0, b"k", held);
            let answer = locks.ask(1, b"k", asked, Wait::NoWait, None);
            assert_eq!(matches!(answer, Acquired::Busy), conflict);
        }
    }
}

#[test]
fn waiters_are_served_in_order() {
    let mut locks = Table::new(4);
    locks.take(0, b"k", LockMode::Update);
    let first = locks.queue(1, b"k", LockMode::Update);
    let second = locks.queue(2, b"k", LockMode::KeyShare);
    let third = locks.queue(3, b"k", LockMode::KeyShare);
    assert_eq!(locks.end(0), [Event::Granted(first)]);
    // The granted transaction learns of its lock when it asks again.
    assert!(matches!(locks.ask(1, b"k", LockMode::Update, Wait::Wait, None), Acquired::Now));
    assert!(matches!(locks.ask(1, b"k", LockMode::Update, Wait::Wait, None), Acquired::Before));
    assert_eq!(locks.end(1), [Event::Granted(second), Event::Granted(third)]);
    locks.end(2);
    locks.end(3);
    assert_eq!(locks.locks.counts(), (0, 0));
}

#[test]
fn a_late_weak_request_does_not_overtake() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::KeyShare);
    let ddl = locks.queue(1, b"k", LockMode::Update);
    let reader = locks.queue(2, b"k", LockMode::KeyShare);
    assert_eq!(locks.end(0), [Event::Granted(ddl)]);
    assert_eq!(locks.end(1), [Event::Granted(reader)]);
}

#[test]
fn a_grant_does_not_overtake_either() {
    let mut locks = Table::new(4);
    locks.take(0, b"k", LockMode::KeyShare);
    locks.take(1, b"k", LockMode::KeyShare);
    let ddl = locks.queue(2, b"k", LockMode::Update);
    let reader = locks.queue(3, b"k", LockMode::KeyShare);
    assert_eq!(locks.end(0), []);
    assert_eq!(locks.end(1), [Event::Granted(ddl)]);
    assert_eq!(locks.end(2), [Event::Granted(reader)]);
}

#[test]
fn asking_again_keeps_the_place_and_asking_for_another_key_gives_it_up() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::Update);
    let ticket = locks.queue(1, b"k", LockMode::Update);
    assert_eq!(locks.queue(1, b"k", LockMode::Update), ticket);
    locks.take(1, b"other", LockMode::Update);
    assert_eq!(locks.end(0), []);
    locks.take(2, b"k", LockMode::Update);
}

#[test]
fn upgrades_wait_for_holders_only_and_in_front() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::KeyShare);
    locks.take(1, b"k", LockMode::KeyShare);
    let stranger = locks.queue(2, b"k", LockMode::Update);
    let upgrade = locks.queue(0, b"k", LockMode::Update);
    assert_eq!(locks.end(1), [Event::Granted(upgrade)]);
    assert_eq!(locks.end(0), [Event::Granted(stranger)]);
}

#[test]
fn an_upgrade_that_conflicts_with_nobody_is_immediate() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::KeyShare);
    locks.queue(1, b"k", LockMode::Update);
    locks.take(0, b"k", LockMode::Update);
}

#[test]
fn two_upgrades_are_a_deadlock() {
    let mut locks = Table::new(2);
    locks.take(0, b"k", LockMode::Share);
    locks.take(1, b"k", LockMode::Share);
    locks.queue(0, b"k", LockMode::Update);
    assert!(matches!(locks.ask(1, b"k", LockMode::Update, Wait::Wait, None), Acquired::Deadlock(_)));
}

#[test]
fn a_circle_of_two_makes_the_requester_the_victim() {
    let mut locks = Table::new(2);
    locks.take(0, b"a", LockMode::Update);
    locks.take(1, b"b", LockMode::Update);
    let waiting = locks.queue(0, b"b", LockMode::Update);
    let Acquired::Deadlock(edges) = locks.ask(1, b"a", LockMode::NoKeyUpdate, Wait::Wait, None) else {
        panic!("a deadlock goes unnoticed");
    };
    let described: Vec<_> = edges.iter().map(|edge| (edge.waiter.0, edge.key.as_slice(), edge.holder.0)).collect();
    assert_eq!(described, [(1, &b"a"[..], 0), (0, &b"b"[..], 1)]);
    assert_eq!(edges[0].mode, LockMode::NoKeyUpdate);
    assert_eq!(locks.end(1), [Event::Granted(waiting)]);
}

#[test]
fn a_circle_of_three_through_a_queue_is_found() {
    let mut locks = Table::new(4);
    locks.take(0, b"a", LockMode::Update);
    locks.take(1, b"b", LockMode::Update);
    locks.take(2, b"c", LockMode::Update);
    locks.queue(0, b"b", LockMode::Update);
    locks.queue(1, b"c", LockMode::Update);
    // A bystander in the queue of `a` closes nothing.
    locks.queue(3, b"a", LockMode::Update);
    let Acquired::Deadlock(edges) = locks.ask(2, b"a", LockMode::Update, Wait::Wait, None) else {
        panic!("a deadlock goes unnoticed");
    };
    assert_eq!(edges.len(), 3);
}

#[test]
fn a_circle_over_somebody_who_only_queues_is_found() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::KeyShare);
    locks.take(1, b"x", LockMode::Update);
    // 2 waits for 0 on k; 1 waits behind 2 on k, though it does not conflict with the holder; 2 holds nothing else.
    locks.queue(2, b"k", LockMode::Update);
    locks.queue(1, b"k", LockMode::KeyShare);
    assert!(matches!(locks.ask(0, b"x", LockMode::Update, Wait::Wait, None), Acquired::Deadlock(_)));
}

#[test]
fn nowait_and_skip_locked_do_not_queue() {
    let mut locks = Table::new(2);
    locks.take(0, b"k", LockMode::Update);
    for wait in [Wait::NoWait, Wait::SkipLocked] {
        assert!(matches!(locks.ask(1, b"k", LockMode::Share, wait, None), Acquired::Busy));
    }
    assert_eq!(locks.locks.counts(), (1, 0));
}

#[test]
fn time_ends_a_wait_and_lets_those_behind_go() {
    let mut locks = Table::new(3);
    locks.take(0, b"k", LockMode::KeyShare);
    let Acquired::Queued(ddl) = locks.ask(1, b"k", LockMode::Update, Wait::Wait, Some(100)) else { panic!() };
    let reader = locks.queue(2, b"k", LockMode::KeyShare);
    assert_eq!(locks.locks.next_deadline(), Some(100));
    let mut events = Vec::new();
    locks.locks.expire(99, &mut events);
    assert_eq!(events, []);
    locks.locks.expire(100, &mut events);
    assert_eq!(events, [Event::Granted(reader), Event::Timeout(ddl)]);
    assert_eq!(locks.locks.next_deadline(), None);
}

#[test]
fn cancelling_after_the_grant_changes_nothing() {
    let mut locks = Table::new(2);
    locks.take(0, b"k", LockMode::Update);
    let ticket = locks.queue(1, b"k", LockMode::Update);
    locks.end(0);
    let mut events = Vec::new();
    assert!(!locks.locks.cancel(ticket, &mut events));
    assert_eq!(locks.locks.mode_of(TxnId(1), SPACE, b"k"), Some(LockMode::Update));
    locks.end(1);
    assert_eq!(locks.locks.counts(), (0, 0));
}

#[test]
fn releasing_to_a_mark_restores_the_weaker_mode() {
    let mut locks = Table::new(2);
    locks.take(0, b"k", LockMode::KeyShare);
    let mark = locks.txns[0].mark();
    locks.take(0, b"k", LockMode::Update);
    locks.take(0, b"other", LockMode::Update);
    let mut events = Vec::new();
    locks.locks.release_to(&mut locks.txns[0], mark, &mut events);
    assert_eq!(locks.locks.mode_of(TxnId(0), SPACE, b"k"), Some(LockMode::KeyShare));
    assert_eq!(locks.locks.mode_of(TxnId(0), SPACE, b"other"), None);
}

#[test]
fn a_thousand_sharers_of_a_table() {
    let mut locks = Table::new(1001);
    for txn in 0..1000 {
        locks.take(txn, b"table", LockMode::KeyShare);
    }
    let ddl = locks.queue(1000, b"table", LockMode::Update);
    for txn in 0..999 {
        assert_eq!(locks.end(txn), []);
    }
    assert_eq!(locks.end(999), [Event::Granted(ddl)]);
}

#[test]
fn a_thousand_waiters_for_one_row_are_served_in_order() {
    let mut locks = Table::new(1000);
    locks.take(0, b"hot", LockMode::Update);
    // Everybody holds something of their own, as a transaction in the middle does.
    let tickets: Vec<Ticket> = (1..1000)
        .map(|txn| {
            locks.take(txn, &txn.to_be_bytes(), LockMode::Update);
            locks.queue(txn, b"hot", LockMode::NoKeyUpdate)
        })
        .collect();
    for (txn, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(locks.end(txn), [Event::Granted(ticket)]);
    }
}

#[test]
fn a_weaker_waiter_passes_one_that_it_does_not_conflict_with() {
    let mut locks = Table::new(4);
    locks.take(0, b"k", LockMode::NoKeyUpdate);
    locks.queue(1, b"k", LockMode::NoKeyUpdate);
    locks.take(2, b"k", LockMode::KeyShare);
    let share = locks.queue(3, b"k", LockMode::Share);
    assert_eq!(locks.end(0).len(), 1, "the updater, not the sharer behind it");
    assert_eq!(locks.end(1), [Event::Granted(share)]);
}

#[test]
fn a_request_is_held_back_by_the_strongest_before_it() {
    let mut locks = Table::new(5);
    locks.take(0, b"k", LockMode::Share);
    locks.take(1, b"k", LockMode::Share);
    let update = locks.queue(2, b"k", LockMode::NoKeyUpdate);
    locks.queue(3, b"k", LockMode::Share);
    locks.queue(4, b"k", LockMode::Share);
    assert_eq!(locks.end(1), [], "the last one may not pass the update before it");
    assert_eq!(locks.end(0), [Event::Granted(update)]);
}

#[test]
fn the_table_gives_back_the_memory_of_a_large_transaction() {
    let mut locks = Table::new(1);
    for key in 0..100_000u32 {
        locks.take(0, &key.to_be_bytes(), LockMode::Update);
    }
    locks.end(0);
    assert_eq!(locks.locks.capacity(), 0);
    locks.take(0, b"k", LockMode::Update);
}
