//! Locks as sessions meet them: waiting, deadlock, timeout, cancel, NOWAIT, SKIP LOCKED.

use std::time::Duration;

use cairn_txn::*;

use crate::world::*;

fn queued(lock: Result<Lock, TxnError>) -> Ticket {
    match lock {
        Ok(Lock::Queued(ticket)) => ticket,
        other => panic!("expected to wait, got {other:?}"),
    }
}

#[test]
fn a_deadlock_fails_the_requester_and_frees_the_other() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    let mut second = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    world.put(&mut second, T, "b", "2");
    let waits = queued(world.lock(&mut first, T, "b"));
    let Err(TxnError::Deadlock(edges)) = world.lock(&mut second, T, "a") else { panic!("no deadlock") };
    assert_eq!((edges[0].waiter, edges[0].holder), (second.id(), first.id()));
    assert_eq!((edges[1].waiter, edges[1].holder), (first.id(), second.id()));
    world.shard.abort(second);
    assert_eq!(world.events(), [Event::Granted(waits)]);
    world.shard.restart_statement(&mut first).unwrap();
    world.put(&mut first, T, "b", "1");
    world.commit(first);
    assert_eq!(world.shard.stats().deadlocks, 1);
}

#[test]
fn lock_timeout_is_reported_and_the_transaction_can_go_on() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let mut second = world.rw(Isolation::Serializable);
    let savepoint = world.shard.savepoint(&mut second);
    second.set_lock_timeout(Some(Duration::from_millis(50)));
    let ticket = queued(world.lock(&mut second, T, "a"));
    world.advance_millis(49);
    assert_eq!(world.events(), []);
    assert!(world.shard.next_deadline().is_some());
    world.advance_millis(1);
    assert_eq!(world.events(), [Event::Timeout(ticket)]);
    world.shard.rollback_to(&mut second, savepoint).unwrap();
    world.next(&mut second);
    world.put(&mut second, T, "b", "1");
    world.commit(second);
    world.commit(first);
}

#[test]
fn a_cancelled_wait_leaves_the_queue() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let mut second = world.rw(Isolation::Serializable);
    let ticket = queued(world.lock(&mut second, T, "a"));
    assert!(world.shard.cancel_wait(ticket));
    assert!(!world.shard.cancel_wait(ticket));
    world.commit(first);
    assert_eq!(world.events(), []);
    world.shard.abort(second);
    assert_eq!(world.shard.stats().locks, 0);
}

#[test]
fn a_new_statement_waits_for_nothing_that_an_older_one_wanted() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let mut second = world.rw(Isolation::Serializable);
    let ticket = queued(world.lock(&mut second, T, "a"));
    assert_eq!(second.waits_for(), Some(ticket));
    world.next(&mut second);
    assert_eq!((second.waits_for(), world.shard.stats().waiting), (None, 0));
    world.commit(first);
    assert_eq!(world.events(), []);
}

#[test]
fn aborting_while_waiting_leaves_nothing_behind() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let mut waiting = world.rw(Isolation::Serializable);
    queued(world.lock(&mut waiting, T, "a"));
    let mut granted_unaware = world.rw(Isolation::Serializable);
    queued(world.lock(&mut granted_unaware, T, "a"));
    world.shard.abort(waiting);
    world.commit(first);
    world.shard.abort(granted_unaware);
    assert_eq!((world.shard.stats().locks, world.shard.stats().waiting), (0, 0));
}

#[test]
fn nowait_and_skip_locked() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let mut second = world.rw(Isolation::Serializable);
    let mut ask = |wait| world.shard.lock(&mut second, T, b"a", LockMode::KeyShare, wait);
    assert!(matches!(ask(Wait::NoWait), Err(TxnError::LockNotAvailable)));
    assert_eq!(ask(Wait::SkipLocked).unwrap(), Lock::Skipped);
}

#[test]
fn a_lock_is_free_as_soon_as_the_commit_is_submitted() {
    let mut world = World::new();
    let mut first = world.rw(Isolation::Serializable);
    world.put(&mut first, T, "a", "1");
    let first = world.commit(first);
    let mut second = world.rw(Isolation::Serializable);
    world.put(&mut second, T, "a", "2");
    let second = world.commit(second);
    assert!(second.wait > first.wait, "the dependent's record is later in the same log");
}

#[test]
fn locks_in_a_space_of_ones_own_cost_nothing() {
    let mut world = World::new();
    let table = cairn_base::SpaceId::new(FAST, 7);
    let mut txn = world.rw(Isolation::Serializable);
    world.shard.create_space(&mut txn, table, Default::default()).unwrap();
    world.put(&mut txn, table, "a", "1");
    assert_eq!(world.shard.stats().locks, 0);
}

#[test]
fn a_table_lock_makes_ddl_wait_for_statements_and_later_statements_for_ddl() {
    let mut world = World::new();
    let key = b"pg_class 16384";
    let mut reader = world.rw(Isolation::ReadCommitted);
    let shared = |world: &mut World, txn: &mut Txn| world.shard.lock(txn, T, key, LockMode::KeyShare, Wait::Wait);
    assert_eq!(shared(&mut world, &mut reader).unwrap(), Lock::Granted);
    let mut ddl = world.rw(Isolation::Serializable);
    let waits = queued(world.shard.lock(&mut ddl, T, key, LockMode::Update, Wait::Wait));
    let mut late = world.rw(Isolation::ReadCommitted);
    let late_waits = queued(shared(&mut world, &mut late));
    world.commit(reader);
    assert_eq!(world.events(), [Event::Granted(waits)]);
    world.shard.restart_statement(&mut ddl).unwrap();
    world.put(&mut ddl, T, "pg_class 16384", "new column");
    world.commit(ddl);
    assert_eq!(world.events(), [Event::Granted(late_waits)]);
    world.shard.restart_statement(&mut late).unwrap();
    assert_eq!(shared(&mut world, &mut late).unwrap(), Lock::Granted);
    assert_eq!(world.get(&late, T, "pg_class 16384").as_deref(), Some("new column"));
}

#[test]
fn a_read_only_statement_notices_ddl_that_is_not_durable_yet() {
    let mut world = World::new();
    world.seed(T, &[("table", "old")]);
    let mut reader = world.ro();
    let mut ddl = world.rw(Isolation::Serializable);
    world.put(&mut ddl, T, "table", "new");
    let ddl = world.commit(ddl);
    assert_eq!(world.get(&reader, T, "table").as_deref(), Some("old"));
    let lock = world.shard.lock(&mut reader, T, b"table", LockMode::KeyShare, Wait::Wait);
    assert!(matches!(lock, Err(TxnError::Restart)));
    world.shard.restart_statement(&mut reader).unwrap();
    assert_eq!(world.get(&reader, T, "table").as_deref(), Some("new"), "or it would meet the newer row for ever");
    let lock = world.shard.lock(&mut reader, T, b"table", LockMode::KeyShare, Wait::Wait);
    assert_eq!(lock.unwrap(), Lock::Granted);
    assert_eq!(world.commit(reader).wait, ddl.wait, "it has seen what is not durable");
    // One that locks before it reads need not start again.
    let mut reader = world.ro();
    let lock = world.shard.lock(&mut reader, T, b"table", LockMode::KeyShare, Wait::Wait);
    assert_eq!(lock.unwrap(), Lock::Granted);
    assert_eq!(world.get(&reader, T, "table").as_deref(), Some("new"));
}
