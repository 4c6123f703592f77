//! Savepoints: writes and locks go, reads stay.

use cairn_txn::*;

use crate::world::*;

#[test]
fn rollback_restores_the_writes_of_the_savepoint() {
    let mut world = World::new();
    world.seed(T, &[("a", "0"), ("b", "0")]);
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    let outer = world.shard.savepoint(&mut txn);
    world.put(&mut txn, T, "a", "2");
    world.delete(&mut txn, T, "b");
    let inner = world.shard.savepoint(&mut txn);
    world.put(&mut txn, T, "b", "3");
    world.shard.rollback_to(&mut txn, inner).unwrap();
    assert_eq!(world.all(&txn, T), ["a=2"]);
    world.shard.rollback_to(&mut txn, outer).unwrap();
    assert_eq!(world.all(&txn, T), ["a=1", "b=0"]);
    assert!(matches!(world.shard.rollback_to(&mut txn, inner), Err(TxnError::NoSuchSavepoint)));
    world.put(&mut txn, T, "c", "4");
    world.shard.rollback_to(&mut txn, outer).unwrap();
    world.commit(txn);
    let reader = world.rw(Isolation::Serializable);
    assert_eq!(world.all(&reader, T), ["a=1", "b=0"]);
}

#[test]
fn release_keeps_the_writes_and_closes_what_is_inside() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    let outer = world.shard.savepoint(&mut txn);
    let middle = world.shard.savepoint(&mut txn);
    let inner = world.shard.savepoint(&mut txn);
    world.put(&mut txn, T, "a", "1");
    world.shard.release(&mut txn, middle).unwrap();
    assert!(matches!(world.shard.release(&mut txn, inner), Err(TxnError::NoSuchSavepoint)));
    assert_eq!(world.all(&txn, T), ["a=1"]);
    world.shard.rollback_to(&mut txn, outer).unwrap();
    assert_eq!(world.all(&txn, T), [""; 0]);
}

#[test]
fn locks_taken_since_are_released_and_those_before_are_kept() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "kept", "1");
    let savepoint = world.shard.savepoint(&mut txn);
    world.put(&mut txn, T, "given back", "1");
    let mut other = world.rw(Isolation::Serializable);
    let Ok(Lock::Queued(ticket)) = world.lock(&mut other, T, "given back") else { panic!("it is taken") };
    world.shard.rollback_to(&mut txn, savepoint).unwrap();
    assert_eq!(world.events(), [Event::Granted(ticket)]);
    assert!(matches!(world.lock(&mut other, T, "given back"), Ok(Lock::Granted)));
    assert!(matches!(world.lock(&mut other, T, "kept"), Ok(Lock::Queued(_))));
}

#[test]
fn what_was_read_in_a_rolled_back_part_still_counts() {
    let mut world = World::new();
    world.seed(T, &[("seen", "1")]);
    let mut txn = world.rw(Isolation::Serializable);
    let savepoint = world.shard.savepoint(&mut txn);
    world.get(&txn, T, "seen");
    world.shard.rollback_to(&mut txn, savepoint).unwrap();
    world.seed(T, &[("seen", "2")]);
    world.next(&mut txn);
    world.put(&mut txn, T, "other", "1");
    assert!(is_serialization(world.shard.commit(txn)));
}

#[test]
fn a_created_space_is_rolled_back() {
    let mut world = World::new();
    let table = cairn_base::SpaceId::new(FAST, 8);
    let mut txn = world.rw(Isolation::Serializable);
    let savepoint = world.shard.savepoint(&mut txn);
    world.shard.create_space(&mut txn, table, Default::default()).unwrap();
    world.shard.put_fresh(&mut txn, table, b"k", b"v").unwrap();
    world.shard.rollback_to(&mut txn, savepoint).unwrap();
    assert!(!txn.created(table) && !txn.has_writes());
    assert_eq!(world.commit(txn).wait, None);
}

#[test]
fn a_restart_after_a_rollback_does_not_go_back_further() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    let savepoint = world.shard.savepoint(&mut txn);
    world.next(&mut txn);
    world.put(&mut txn, T, "b", "1");
    world.shard.rollback_to(&mut txn, savepoint).unwrap();
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(world.all(&txn, T), ["a=1"]);
}

#[test]
fn what_a_lock_kept_true_is_remembered_when_the_lock_goes() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    let savepoint = world.shard.savepoint(&mut txn);
    // "There is no such key": true while the lock is held, told to the client, then rolled back.
    assert_eq!(world.lock(&mut txn, T, "unique").unwrap(), Lock::Granted);
    assert!(!world.shard.get_locked(&txn, T, b"unique", &mut Vec::new()).unwrap());
    world.shard.rollback_to(&mut txn, savepoint).unwrap();
    world.seed(T, &[("unique", "1")]);
    world.next(&mut txn);
    world.put(&mut txn, T, "other", "1");
    assert!(is_serialization(world.shard.commit(txn)));
}
