//! What is visible when, at the three levels.

use cairn_engine_api::{Direction, KeyRange};
use cairn_txn::*;

use crate::world::*;

#[test]
fn own_writes_are_visible_at_once_and_to_nobody_else() {
    let mut world = World::new();
    world.seed(T, &[("a", "1"), ("b", "2")]);
    let mut mine = world.rw(Isolation::Serializable);
    world.put(&mut mine, T, "c", "3");
    world.delete(&mut mine, T, "a");
    world.put(&mut mine, T, "b", "20");
    assert_eq!(world.all(&mine, T), ["b=20", "c=3"]);
    assert_eq!(world.get(&mine, T, "a"), None);
    let other = world.rw(Isolation::Serializable);
    assert_eq!(world.all(&other, T), ["a=1", "b=2"]);
    world.shard.abort(mine);
    assert_eq!(world.all(&other, T), ["a=1", "b=2"]);
}

#[test]
fn levels_differ_in_when_they_take_a_snapshot() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let mut committed = world.rw(Isolation::ReadCommitted);
    let mut repeatable = world.rw(Isolation::RepeatableRead);
    let mut serializable = world.rw(Isolation::Serializable);
    let mut writer = world.rw(Isolation::ReadCommitted);
    world.put(&mut writer, T, "a", "2");
    world.commit(writer);
    assert_eq!(world.get(&committed, T, "a").as_deref(), Some("1"), "one statement has one snapshot");
    for txn in [&mut committed, &mut repeatable, &mut serializable] {
        world.next(txn);
    }
    assert_eq!(world.get(&committed, T, "a").as_deref(), Some("2"));
    assert_eq!(world.get(&repeatable, T, "a").as_deref(), Some("1"));
    assert_eq!(world.get(&serializable, T, "a").as_deref(), Some("1"));
}

#[test]
fn the_snapshot_is_taken_at_the_first_statement() {
    let mut world = World::new();
    let mut late = world.shard.begin(Isolation::RepeatableRead, Access::ReadWrite).unwrap();
    world.seed(T, &[("a", "1")]);
    world.next(&mut late);
    assert_eq!(world.get(&late, T, "a").as_deref(), Some("1"));
    assert!(matches!(
        world.shard.set_mode(&mut late, Isolation::Serializable, Access::ReadWrite),
        Err(TxnError::ModeTooLate)
    ));
}

#[test]
fn scans_merge_three_layers_in_both_directions() {
    let mut world = World::new();
    world.seed(S, &[("a", "engine"), ("b", "engine"), ("c", "engine"), ("d", "engine"), ("e", "engine")]);
    let mut unstable = world.rw(Isolation::Serializable);
    world.put(&mut unstable, S, "b", "overlay");
    world.delete(&mut unstable, S, "c");
    world.put(&mut unstable, S, "bb", "overlay");
    world.commit(unstable);
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, S, "bb", "own");
    world.put(&mut txn, S, "c", "own");
    world.delete(&mut txn, S, "d");
    let expected = ["a=engine", "b=overlay", "bb=own", "c=own", "e=engine"];
    assert_eq!(world.all(&txn, S), expected);
    let mut backward = world.rows(&txn, S, KeyRange::ALL, Direction::Backward);
    backward.reverse();
    assert_eq!(backward, expected);
    let some = KeyRange { start: std::ops::Bound::Excluded(b"b"), end: std::ops::Bound::Included(b"c") };
    assert_eq!(world.rows(&txn, S, some, Direction::Forward), ["bb=own", "c=own"]);
}

#[test]
fn created_spaces_are_private_until_commit_and_readable_before_they_are_applied() {
    let mut world = World::new();
    let table = cairn_base::SpaceId::new(SLOW, 9);
    let mut ddl = world.rw(Isolation::Serializable);
    world.shard.create_space(&mut ddl, table, Default::default()).unwrap();
    assert_eq!(world.get(&ddl, table, "k"), None);
    world.shard.put_fresh(&mut ddl, table, b"k", b"v").unwrap();
    assert_eq!(world.all(&ddl, table), ["k=v"]);
    let other = world.rw(Isolation::Serializable);
    assert!(matches!(world.try_get(&other, table, "k"), Err(TxnError::Engine(_))));
    world.commit(ddl);
    let mut reader = world.rw(Isolation::Serializable);
    assert_eq!((world.get(&reader, table, "k").as_deref(), world.get(&reader, table, "x")), (Some("v"), None));
    world.settle();
    world.next(&mut reader);
    assert_eq!(world.all(&reader, table), ["k=v"]);
}

#[test]
fn a_space_created_and_dropped_by_one_transaction_never_was() {
    let mut world = World::new();
    let table = cairn_base::SpaceId::new(FAST, 9);
    let before = world.log.borrow().records.len();
    let mut ddl = world.rw(Isolation::Serializable);
    world.shard.create_space(&mut ddl, table, Default::default()).unwrap();
    world.shard.put_fresh(&mut ddl, table, b"k", b"v").unwrap();
    world.shard.drop_space(&mut ddl, table).unwrap();
    assert_eq!(world.commit(ddl).wait, None);
    assert_eq!(world.log.borrow().records.len(), before);
}

#[test]
fn dropping_a_space_drops_what_was_written_to_it() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let mut ddl = world.rw(Isolation::Serializable);
    world.put(&mut ddl, T, "b", "2");
    world.shard.drop_space(&mut ddl, T).unwrap();
    world.commit(ddl);
    world.settle();
    let reader = world.rw(Isolation::Serializable);
    assert!(matches!(world.try_get(&reader, T, "a"), Err(TxnError::Engine(_))));
}

#[test]
fn read_only_transactions_write_nothing() {
    let mut world = World::new();
    let mut txn = world.ro();
    assert!(matches!(world.shard.put_fresh(&mut txn, T, b"k", b"v"), Err(TxnError::ReadOnly)));
    let mut turned = world.rw(Isolation::ReadCommitted);
    world.put(&mut turned, T, "k", "v");
    turned.forbid_writes();
    assert!(matches!(world.shard.put_fresh(&mut turned, T, b"x", b"v"), Err(TxnError::ReadOnly)));
    world.next(&mut turned);
    assert_eq!(world.get(&turned, T, "k").as_deref(), Some("v"));
    assert!(world.commit(turned).wait.is_some());
}

#[test]
fn the_watermark_follows_the_oldest_snapshot() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let reader = world.ro();
    let pinned = reader.snapshot();
    world.seed(T, &[("a", "2")]);
    world.seed(T, &[("a", "3")]);
    assert_eq!(world.shard.watermark(), pinned);
    world.commit(reader);
    assert_eq!(world.shard.watermark(), world.shard.durable_point().at);
    let mut unstable = world.rw(Isolation::Serializable);
    world.put(&mut unstable, T, "a", "4");
    world.commit(unstable);
    assert_eq!(world.shard.watermark(), world.shard.durable_point().at, "the next reader starts there");
}

#[test]
fn a_dropped_transaction_is_aborted() {
    let mut world = World::new();
    let mut lost = world.rw(Isolation::Serializable);
    world.put(&mut lost, T, "a", "1");
    drop(lost);
    world.shard.tick();
    let stats = world.shard.stats();
    assert_eq!((stats.locks, stats.snapshots), (0, 0));
}

#[test]
fn timestamps_rise_even_when_the_wall_clock_does_not() {
    let mut world = World::new();
    let mut last = world.shard.newest();
    for step in 0..100 {
        world.clock.set_wall_micros(1_800_000_000_000_000 - step * 1000);
        let mut txn = world.rw(Isolation::Serializable);
        world.put(&mut txn, T, "a", "1");
        let at = world.commit(txn).at;
        assert!(at > last);
        last = at;
    }
}

#[test]
fn a_read_only_transaction_that_saw_unstable_rows_never_goes_back() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let mut reader = world.shard.begin(Isolation::ReadCommitted, Access::ReadOnly).unwrap();
    world.next(&mut reader);
    world.get(&reader, T, "a");
    let write = |world: &mut World, key: &str| {
        let mut txn = world.rw(Isolation::Serializable);
        world.put(&mut txn, T, key, "2");
        world.commit(txn).wait.unwrap()
    };
    let first = write(&mut world, "a");
    let lock = world.shard.lock(&mut reader, T, b"a", LockMode::KeyShare, Wait::Wait);
    assert!(matches!(lock, Err(TxnError::Restart)));
    write(&mut world, "b");
    world.shard.restart_statement(&mut reader).unwrap();
    assert_eq!(world.all(&reader, T), ["a=2", "b=2"]);
    world.shard.durable(first);
    world.next(&mut reader);
    assert_eq!(world.all(&reader, T), ["a=2", "b=2"]);
    let second = world.log.borrow().last();
    write(&mut world, "c");
    world.next(&mut reader);
    assert_eq!(world.all(&reader, T), ["a=2", "b=2", "c=2"]);
    world.shard.durable(second);
    world.next(&mut reader);
    assert_eq!(world.all(&reader, T), ["a=2", "b=2", "c=2"]);
}

#[test]
fn a_read_only_transaction_finds_spaces_that_are_not_durable_yet() {
    for space in [cairn_base::SpaceId::new(FAST, 9), cairn_base::SpaceId::new(SLOW, 9)] {
        let mut world = World::new();
        let mut ddl = world.rw(Isolation::Serializable);
        world.shard.create_space(&mut ddl, space, Default::default()).unwrap();
        let ddl = world.commit(ddl).wait;
        let reader = world.ro();
        assert_eq!(world.get(&reader, space, "k"), None);
        assert_eq!(world.commit(reader).wait, ddl, "that it is empty may still be lost");
        let reader = world.ro();
        assert_eq!(world.all(&reader, space), [""; 0]);
        assert_eq!(world.commit(reader).wait, ddl);
        world.settle();
        let reader = world.ro();
        assert_eq!(world.all(&reader, space), [""; 0]);
        assert_eq!(world.commit(reader).wait, None);
    }
}
