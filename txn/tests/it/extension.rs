//! Snapshot extension and statement restarts: only true conflicts answer 40001.

use std::sync::Arc;

use cairn_txn::*;

use crate::world::*;

/// Runs `statement` until it is through, restarting it as a session does. The other side of a wait is `unblock`.
fn update_counter(world: &mut World, txn: &mut Txn, key: &str) -> Result<Option<Ticket>, TxnError> {
    match world.lock(txn, T, key)? {
        Lock::Queued(ticket) => return Ok(Some(ticket)),
        other => assert_eq!(other, Lock::Granted),
    }
    let value: u64 = world.get(txn, T, key).map_or(0, |value| value.parse().unwrap());
    world.put(txn, T, key, &(value + 1).to_string());
    Ok(None)
}

/// pgbench's tpcb-like script from 16 clients on one branch row: account, teller, branch, history; interleaved by statement.
#[test]
fn a_hot_row_queues_and_nobody_fails() {
    for level in [Isolation::Serializable, Isolation::ReadCommitted] {
        let mut world = World::new();
        let clients = 16;
        let rounds = 30;
        let mut running: Vec<Option<(Txn, usize, bool)>> = (0..clients).map(|_| None).collect();
        let mut left = vec![rounds; clients];
        let mut history = 0;
        let mut turn = 0;
        while left.iter().any(|left| *left > 0) || running.iter().any(Option::is_some) {
            turn += 1;
            assert!(turn < 1_000_000, "no progress");
            let client = (turn * 7 + turn / 5) % clients;
            let Some((mut txn, step, waiting)) = running[client].take() else {
                if left[client] > 0 {
                    left[client] -= 1;
                    let txn = world.shard.begin(level, Access::ReadWrite).unwrap();
                    running[client] = Some((txn, 0, false));
                }
                continue;
            };
            if waiting {
                if world.shard.take_events().count() == 0 && turn % 3 != 0 {
                    running[client] = Some((txn, step, true));
                    continue;
                }
                world.shard.restart_statement(&mut txn).unwrap();
            } else {
                world.next(&mut txn);
            }
            let account = format!("a{}", (client * 31 + left[client] * 17) % 1000);
            let teller = format!("t{}", client % 10);
            let waits = match step {
                0 => update_counter(&mut world, &mut txn, &account),
                1 => {
                    world.get(&txn, T, &account).unwrap();
                    Ok(None)
                }
                2 => update_counter(&mut world, &mut txn, &teller),
                3 => update_counter(&mut world, &mut txn, "branch"),
                _ => {
                    history += 1;
                    world.shard.put_fresh(&mut txn, S, format!("h{history:05}").as_bytes(), b"").unwrap();
                    world.commit(txn);
                    if turn % 4 == 0 {
                        world.sync();
                        world.apply_one();
                    }
                    continue;
                }
            };
            let waiting = waits.unwrap().is_some();
            running[client] = Some((txn, if waiting { step } else { step + 1 }, waiting));
        }
        world.settle();
        let total = (clients * rounds).to_string();
        let reader = world.ro();
        assert_eq!(world.get(&reader, T, "branch"), Some(total.clone()));
        assert_eq!(world.all(&reader, S).len(), clients * rounds);
        let stats = world.shard.stats();
        assert_eq!((stats.serialization_failures, stats.aborts), (0, 0), "{level:?}");
        assert!(stats.lock_waits > 100, "the row was not hot: {stats:?}");
        world.commit(reader);
        let stats = world.shard.stats();
        assert_eq!((stats.locks, stats.snapshots, stats.overlay_versions), (0, 0, 0));
    }
}

#[test]
fn an_earlier_read_that_changed_is_a_true_conflict() {
    let mut world = World::new();
    world.seed(T, &[("read", "1"), ("hot", "1")]);
    let mut txn = world.rw(Isolation::Serializable);
    world.get(&txn, T, "read");
    world.seed(T, &[("read", "2"), ("hot", "2")]);
    world.next(&mut txn);
    assert!(is_serialization(world.lock(&mut txn, T, "hot")));
}

#[test]
fn a_read_of_the_same_statement_that_changed_restarts_only_the_statement() {
    let mut world = World::new();
    world.seed(T, &[("earlier", "1"), ("now", "1"), ("hot", "1")]);
    let mut txn = world.rw(Isolation::Serializable);
    world.get(&txn, T, "earlier");
    world.next(&mut txn);
    world.get(&txn, T, "now");
    world.seed(T, &[("now", "2"), ("hot", "2")]);
    assert!(matches!(world.lock(&mut txn, T, "hot"), Err(TxnError::Restart)));
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(world.get(&txn, T, "now").as_deref(), Some("2"));
    world.put(&mut txn, T, "hot", "3");
    world.commit(txn);
}

#[test]
fn a_restart_forgets_the_statements_writes_and_keeps_earlier_ones() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::ReadCommitted);
    world.put(&mut txn, T, "a", "first");
    world.next(&mut txn);
    world.put(&mut txn, T, "a", "second");
    world.put(&mut txn, T, "b", "second");
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(world.all(&txn, T), ["a=first"]);
    assert_eq!(world.shard.lock_held(&txn, T, b"b"), Some(LockMode::Update), "locks stay");
}

#[test]
fn repeatable_read_moves_its_snapshot_only_in_its_first_statement() {
    let mut world = World::new();
    world.seed(T, &[("a", "1"), ("b", "1")]);
    let mut txn = world.rw(Isolation::RepeatableRead);
    world.get(&txn, T, "b");
    world.seed(T, &[("a", "2")]);
    assert!(matches!(world.lock(&mut txn, T, "a"), Err(TxnError::Restart)));
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(world.get(&txn, T, "a").as_deref(), Some("2"));
    world.put(&mut txn, T, "a", "3");
    world.next(&mut txn);
    world.seed(T, &[("b", "2")]);
    assert!(is_serialization(world.lock(&mut txn, T, "b")));
}

#[test]
fn read_committed_follows_a_row_without_a_restart_when_it_locks_first() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let mut txn = world.rw(Isolation::ReadCommitted);
    world.seed(T, &[("a", "2")]);
    assert_eq!(world.lock(&mut txn, T, "a").unwrap(), Lock::Granted);
    assert_eq!(world.get(&txn, T, "a").as_deref(), Some("2"));
}

#[test]
fn a_guard_is_checked_at_commit_at_every_level() {
    for level in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        for (touched, fails) in [("p1", true), ("q1", false)] {
            let mut world = World::new();
            world.seed(T, &[("p1", "parent")]);
            let mut child = world.rw(level);
            let range = cairn_engine_api::KeyRange {
                start: std::ops::Bound::Included(b"p"),
                end: std::ops::Bound::Excluded(b"q"),
            };
            world.shard.guard(&child, T, range).unwrap();
            world.put(&mut child, S, "c1", "p1");
            world.seed(T, &[(touched, "changed")]);
            // A later statement has a newer snapshot; the guard is as old as it was.
            world.next(&mut child);
            world.seed(T, &[("z", "")]);
            assert_eq!(is_serialization(world.shard.commit(child)), fails, "{level:?} {touched}");
            assert_eq!(world.shard.stats().snapshots, 0);
        }
    }
}

#[test]
fn constraint_reads_see_the_newest_version_below_serializable() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::RepeatableRead);
    world.seed(T, &[("parent", "1")]);
    world.next(&mut txn);
    let mut row = Vec::new();
    assert_eq!(world.get(&txn, T, "parent"), None);
    assert!(world.shard.constraint_get(&txn, T, b"parent", &mut row).unwrap());
    world.put(&mut txn, S, "child", "parent");
    world.seed(T, &[("unrelated", "1")]);
    world.commit(txn);
}

#[test]
fn a_constraint_read_is_checked_at_commit() {
    for level in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        let mut world = World::new();
        world.seed(T, &[("parent", "1")]);
        let mut txn = world.rw(level);
        assert!(world.shard.constraint_get(&txn, T, b"parent", &mut Vec::new()).unwrap());
        world.put(&mut txn, S, "child", "parent");
        world.seed(T, &[("parent", "2")]);
        assert!(is_serialization(world.shard.commit(txn)), "{level:?}");
    }
}

#[test]
fn a_guard_of_a_statement_that_ran_again_is_forgotten() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::ReadCommitted);
    world.shard.guard(&txn, T, cairn_engine_api::KeyRange::ALL).unwrap();
    world.shard.restart_statement(&mut txn).unwrap();
    world.put(&mut txn, S, "a", "1");
    world.seed(T, &[("b", "1")]);
    world.commit(txn);
}

#[test]
fn a_statement_that_starts_again_has_read_nothing() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let mut txn = world.rw(Isolation::ReadCommitted);
    world.get(&txn, T, "a");
    world.shard.restart_statement(&mut txn).unwrap();
    world.seed(T, &[("a", "2")]);
    assert_eq!(world.lock(&mut txn, T, "a").unwrap(), Lock::Granted);
    assert_eq!(world.get(&txn, T, "a").as_deref(), Some("2"));
}

/// Sees the first byte of a row.
#[derive(Debug)]
struct FirstByte;

impl Sight for FirstByte {
    fn same(&self, then: &[u8], now: &[u8]) -> bool {
        then.first() == now.first()
    }
}

fn first_byte(world: &World, txn: &Txn, key: &str) -> Option<u8> {
    let sight: Arc<dyn Sight> = Arc::new(FirstByte);
    let mut row = Vec::new();
    world.shard.get_seen(txn, T, key.as_bytes(), Some(&sight), &mut row).unwrap();
    row.first().copied()
}

#[test]
fn a_change_of_what_was_not_looked_at_is_no_conflict() {
    let mut world = World::new();
    world.seed(T, &[("read", "1a"), ("hot", "1")]);
    let mut txn = world.rw(Isolation::Serializable);
    assert_eq!(first_byte(&world, &txn, "read"), Some(b'1'));
    world.seed(T, &[("read", "1b"), ("hot", "2")]);
    // The snapshot moves ...
    world.next(&mut txn);
    assert_eq!(world.lock(&mut txn, T, "hot").unwrap(), Lock::Granted);
    assert_eq!(world.get(&txn, T, "hot").as_deref(), Some("2"));
    world.put(&mut txn, T, "hot", "3");
    // ... and the commit is good, durable versions or not.
    world.seed(T, &[("read", "1c")]);
    world.settle();
    world.seed(T, &[("read", "1d")]);
    world.commit(txn);
    assert_eq!(world.shard.stats().serialization_failures, 0);
}

#[test]
fn a_change_of_what_was_looked_at_is_a_conflict() {
    for changed in ["2a", ""] {
        let mut world = World::new();
        world.seed(T, &[("read", "1a")]);
        let mut txn = world.rw(Isolation::Serializable);
        assert_eq!(first_byte(&world, &txn, "read"), Some(b'1'));
        world.seed(T, &[("read", changed)]);
        world.put(&mut txn, T, "other", "1");
        assert!(is_serialization(world.shard.commit(txn)));
    }
}

#[test]
fn a_row_that_came_or_went_is_a_conflict_whatever_was_looked_at() {
    let mut world = World::new();
    world.seed(T, &[("goes", "1")]);
    for key in ["goes", "comes"] {
        let mut txn = world.rw(Isolation::Serializable);
        first_byte(&world, &txn, key);
        let mut other = world.rw(Isolation::Serializable);
        match key {
            "goes" => world.delete(&mut other, T, key),
            _ => world.put(&mut other, T, key, "1"),
        }
        world.commit(other);
        world.put(&mut txn, T, "other", "1");
        assert!(is_serialization(world.shard.commit(txn)), "{key}");
    }
}

/// The whole row and a part of it, in either order: both are remembered.
#[test]
fn who_looks_again_and_sees_more_depends_on_more() {
    for whole_first in [true, false] {
        let mut world = World::new();
        world.seed(T, &[("read", "1a")]);
        let mut txn = world.rw(Isolation::Serializable);
        for whole in [whole_first, !whole_first] {
            match whole {
                true => drop(world.get(&txn, T, "read")),
                false => drop(first_byte(&world, &txn, "read")),
            }
        }
        world.seed(T, &[("read", "1b")]);
        world.put(&mut txn, T, "other", "1");
        assert!(is_serialization(world.shard.commit(txn)), "whole first: {whole_first}");
    }
}
