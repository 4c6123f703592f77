//! From submit to applied: what is durable when, who may be answered, and what happens when the log fails.

use std::ops::Bound;

use cairn_base::{Fate, LogIndex};
use cairn_engine_api::{Admit, Direction, Engine, KeyRange};
use cairn_txn::*;

use crate::engines;
use crate::world::*;

fn write(world: &mut World, space: cairn_base::SpaceId, key: &str, value: &str) -> LogIndex {
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, space, key, value);
    world.commit(txn).wait.expect("it wrote")
}

#[test]
fn an_unstable_version_is_visible_but_not_applied() {
    let mut world = World::new();
    let index = write(&mut world, T, "a", "1");
    let reader = world.rw(Isolation::Serializable);
    assert_eq!(world.get(&reader, T, "a").as_deref(), Some("1"));
    assert_eq!(world.fast.stats(Some(T)).rows, 0);
    world.shard.durable(index);
    assert_eq!(world.events(), [Event::Durable(index)]);
    assert_eq!((world.fast.stats(Some(T)).rows, world.shard.stats().overlay_versions), (1, 0));
    assert_eq!(world.get(&reader, T, "a").as_deref(), Some("1"));
}

#[test]
fn a_slow_engines_versions_stay_until_it_has_applied_them() {
    let mut world = World::new();
    let index = write(&mut world, S, "a", "1");
    world.sync();
    assert!(!world.shard.is_applied(index));
    assert_eq!(world.shard.stats().overlay_versions, 1);
    let reader = world.ro();
    assert_eq!(world.get(&reader, S, "a").as_deref(), Some("1"), "durable, so READ ONLY sees it");
    assert!(world.apply_one());
    assert!(world.shard.is_applied(index));
    assert_eq!(world.shard.stats().overlay_versions, 0);
    assert_eq!(world.get(&reader, S, "a").as_deref(), Some("1"));
}

#[test]
fn a_batch_across_engines_leaves_the_overlay_engine_by_engine() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    world.put(&mut txn, S, "a", "2");
    world.commit(txn);
    world.sync();
    assert_eq!(world.shard.stats().overlay_versions, 1);
    let reader = world.rw(Isolation::Serializable);
    assert_eq!((world.get(&reader, T, "a").unwrap(), world.get(&reader, S, "a").unwrap()), ("1".into(), "2".into()));
    world.apply_one();
    assert_eq!(world.shard.stats().overlay_versions, 0);
}

#[test]
fn several_versions_of_a_key_leave_in_order() {
    let mut world = World::new();
    let first = write(&mut world, T, "a", "1");
    let pinned = world.rw(Isolation::RepeatableRead);
    write(&mut world, T, "a", "2");
    assert_eq!(world.get(&pinned, T, "a").as_deref(), Some("1"));
    world.shard.durable(first);
    let reader = world.ro();
    assert_eq!(world.get(&reader, T, "a").as_deref(), Some("1"));
    let newest = world.rw(Isolation::RepeatableRead);
    assert_eq!(world.get(&newest, T, "a").as_deref(), Some("2"));
    world.sync();
    for (txn, value) in [(&pinned, "1"), (&reader, "1"), (&newest, "2")] {
        assert_eq!(world.get(txn, T, "a").as_deref(), Some(value));
    }
}

#[test]
fn only_readers_of_unstable_versions_wait() {
    let mut world = World::new();
    world.seed(T, &[("stable", "1")]);
    let index = write(&mut world, T, "unstable", "1");
    let bystander = world.rw(Isolation::Serializable);
    world.get(&bystander, T, "stable");
    assert_eq!(world.commit(bystander).wait, None);
    let reader = world.rw(Isolation::Serializable);
    world.get(&reader, T, "unstable");
    assert_eq!(world.commit(reader).wait, Some(index));
    let scanner = world.rw(Isolation::ReadCommitted);
    world.rows(&scanner, T, KeyRange::ALL, Direction::Backward);
    assert_eq!(world.commit(scanner).wait, Some(index));
    let mut deleter = world.rw(Isolation::Serializable);
    world.delete(&mut deleter, T, "stable");
    let deleted = world.commit(deleter).wait;
    let misser = world.rw(Isolation::Serializable);
    assert_eq!(world.get(&misser, T, "stable"), None);
    assert_eq!(world.commit(misser).wait, deleted, "an absence can be unstable too");
}

#[test]
fn read_only_transactions_read_what_is_durable_and_never_wait() {
    let mut world = World::new();
    world.seed(T, &[("a", "1")]);
    let index = write(&mut world, T, "a", "2");
    let reader = world.ro();
    assert_eq!(world.get(&reader, T, "a").as_deref(), Some("1"));
    assert_eq!(world.commit(reader).wait, None);
    let mut pipelined = world.shard.begin_after(Isolation::Serializable, Access::ReadOnly, index).unwrap();
    world.next(&mut pipelined);
    assert_eq!(world.get(&pipelined, T, "a").as_deref(), Some("2"), "the session's own commit");
    assert_eq!(world.commit(pipelined).wait, Some(index));
}

#[test]
fn a_refused_record_never_happened_and_the_shard_goes_on() {
    let mut world = World::new();
    world.log.borrow_mut().refuse = Some(Fate::DidNotHappen);
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    let error = world.shard.commit(txn).unwrap_err();
    assert_eq!((error.sqlstate(), error.fate()), ("58000", Fate::DidNotHappen));
    world.log.borrow_mut().refuse = None;
    let mut txn = world.rw(Isolation::Serializable);
    assert_eq!(world.get(&txn, T, "a"), None);
    world.put(&mut txn, T, "a", "2");
    world.commit(txn);
}

#[test]
fn a_failed_log_poisons_the_shard() {
    let mut world = World::new();
    write(&mut world, T, "pending", "1");
    let open = world.rw(Isolation::Serializable);
    world.shard.poison("sync of segment 7: input/output error");
    assert_eq!(world.events(), [Event::Poisoned]);
    assert_eq!(world.shard.stats().overlay_versions, 0);
    let error = world.try_get(&open, T, "pending").unwrap_err();
    assert_eq!((error.sqlstate(), error.fate()), ("57P01", Fate::DidNotHappen));
    assert!(world.shard.commit(open).is_err());
    assert!(world.shard.begin(Isolation::Serializable, Access::ReadOnly).is_err());
    // Reports that were under way change nothing any more.
    world.sync();
    world.shard.applied(SLOW, LogIndex(1_000));
    assert_eq!(world.fast.stats(Some(T)).rows, 0);
}

#[test]
fn a_submit_that_may_have_happened_is_unknown() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    world.log.borrow_mut().refuse = Some(Fate::Unknown);
    let error = world.shard.commit(txn).unwrap_err();
    assert_eq!((error.sqlstate(), error.fate()), ("40003", Fate::Unknown));
    assert!(world.shard.poisoned().is_some());
}

#[test]
fn bytes_that_are_not_in_memory_are_fetched_and_the_statement_runs_again() {
    let mut world = World::with(ShardConfig::default(), engines::on_disk(false));
    let rows = [("a", "1"), ("b", "2"), ("c", "3")];
    let mut txn = world.rw(Isolation::Serializable);
    for (key, value) in rows {
        world.shard.put_fresh(&mut txn, S, key.as_bytes(), value.as_bytes()).unwrap();
    }
    world.commit(txn);
    world.settle();
    let mut txn = world.rw(Isolation::Serializable);
    let Err(TxnError::NotResident(task)) = world.try_get(&txn, S, "b") else { panic!("it is on disk") };
    let fetched = std::thread::spawn(move || task.run()).join().unwrap().unwrap();
    assert_eq!(fetched, 1);
    let before = txn.snapshot();
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(txn.snapshot(), before, "a fetch moves no snapshot");
    assert_eq!(world.get(&txn, S, "b").as_deref(), Some("2"));
    let task = {
        let mut cursor = world.shard.scan(&txn, S, KeyRange::ALL, Direction::Forward).unwrap();
        match cursor.next() {
            Err(TxnError::NotResident(task)) => task,
            other => panic!("row a is on disk, got {other:?}"),
        }
    };
    assert_eq!(task.run().unwrap(), 3);
    world.shard.restart_statement(&mut txn).unwrap();
    assert_eq!(world.all(&txn, S), ["a=1", "b=2", "c=3"]);
    assert!(world.shard.prefetch(&txn, T, KeyRange::ALL, Direction::Forward).unwrap().is_none());
    assert!(world.shard.prefetch(&txn, S, KeyRange::ALL, Direction::Forward).unwrap().is_some());
}

#[test]
fn a_full_engine_refuses_writes_and_takes_deletes() {
    let mut world = World::new();
    world.seed(S, &[("a", "1")]);
    *world.slow.habits.admission.lock().unwrap() = Admit::Full { used: 10, limit: 9 };
    let mut txn = world.rw(Isolation::Serializable);
    let error = world.try_put(&mut txn, S, "b", "2").unwrap_err();
    assert_eq!(error.sqlstate(), "53200");
    world.put(&mut txn, T, "b", "the other engine is not full");
    world.delete(&mut txn, S, "a");
    world.commit(txn);
}

#[test]
fn engines_are_asked_in_portions_that_add_up() {
    let mut world = World::new();
    world.slow.habits.asked.lock().unwrap().clear();
    let mut txn = world.rw(Isolation::Serializable);
    for key in 0..200u8 {
        world.shard.put_fresh(&mut txn, S, &[key], &[0; 999]).unwrap();
        world.shard.put_fresh(&mut txn, T, &[key], &[0; 999]).unwrap();
    }
    let asked = std::mem::take(&mut *world.slow.habits.asked.lock().unwrap());
    assert!(asked.len() <= 4, "{asked:?}");
    assert!(asked.is_sorted() && asked.last().is_some_and(|bytes| *bytes >= 200_000), "{asked:?}");
    world.shard.abort(txn);
}

#[test]
fn the_applier_gets_only_what_concerns_its_engine() {
    let mut world = World::new();
    write(&mut world, T, "a", "1");
    world.sync();
    assert!(!world.apply_one());
    assert_eq!(world.shard.checkpoint_point(SLOW), world.shard.durable_point());
}

#[test]
fn what_the_log_says_twice_or_late_changes_nothing() {
    let mut world = World::new();
    let first = write(&mut world, T, "a", "1");
    let second = write(&mut world, T, "a", "2");
    world.shard.durable(second);
    world.events();
    world.shard.durable(first);
    world.shard.durable(second);
    assert_eq!(world.events(), []);
    assert_eq!(world.shard.durable_point().index, second);
}

#[test]
fn a_space_created_by_a_large_batch_is_readable_before_it_is_applied() {
    let config = ShardConfig { run_ops_min: 2, ..ShardConfig::default() };
    let mut world = World::with(config, engines::on_disk(true));
    let table = cairn_base::SpaceId::new(SLOW, 9);
    let mut txn = world.rw(Isolation::Serializable);
    world.shard.create_space(&mut txn, table, Default::default()).unwrap();
    world.shard.put_fresh(&mut txn, table, b"a", b"1").unwrap();
    world.shard.put_fresh(&mut txn, table, b"b", b"2").unwrap();
    world.commit(txn);
    let mut reader = world.rw(Isolation::Serializable);
    assert_eq!(world.all(&reader, table), ["a=1", "b=2"]);
    assert_eq!(world.get(&reader, table, "c"), None);
    world.settle();
    world.next(&mut reader);
    assert_eq!(world.all(&reader, table), ["a=1", "b=2"]);
}

/// No engine could apply such a record, and no start could get past it.
#[test]
fn nothing_is_committed_to_a_space_that_is_gone() {
    let mut world = World::new();
    let mut late = world.rw(Isolation::ReadCommitted);
    world.shard.put_fresh(&mut late, T, b"a", b"1").unwrap();
    let mut ddl = world.rw(Isolation::Serializable);
    world.shard.drop_space(&mut ddl, T).unwrap();
    let dropped = world.commit(ddl).wait.unwrap();
    assert!(matches!(world.shard.commit(late), Err(TxnError::Engine(EngineError::NoSuchSpace(T)))));
    // Made again, it takes writes again.
    let mut ddl = world.rw(Isolation::Serializable);
    world.shard.create_space(&mut ddl, T, Default::default()).unwrap();
    world.shard.put_fresh(&mut ddl, T, b"a", b"2").unwrap();
    assert!(world.commit(ddl).wait.unwrap() > dropped);
    world.settle();
}

#[test]
fn a_busy_engine_says_when_to_try_again() {
    let mut world = World::new();
    let index = write(&mut world, S, "a", "1");
    *world.slow.habits.admission.lock().unwrap() = Admit::Later;
    let mut txn = world.rw(Isolation::Serializable);
    let error = world.try_put(&mut txn, S, "b", "2").unwrap_err();
    assert!(error.wants_restart() && matches!(error, TxnError::EngineBusy(SLOW)));
    world.sync();
    world.events();
    world.apply_one();
    assert_eq!(world.events(), [Event::Applied(index)]);
    // With nothing left to apply, time alone lets the session try again.
    world.shard.restart_statement(&mut txn).unwrap();
    assert!(world.try_put(&mut txn, S, "b", "2").is_err());
    world.advance_millis(10);
    assert_eq!(world.events(), [Event::Applied(index)]);
    *world.slow.habits.admission.lock().unwrap() = Admit::Yes;
    world.shard.restart_statement(&mut txn).unwrap();
    world.put(&mut txn, S, "b", "2");
    world.commit(txn);
}

#[test]
fn a_batch_beyond_the_limit_is_refused() {
    let config = ShardConfig { batch_bytes_max: 1_000, ..ShardConfig::default() };
    let mut world = World::with(config, engines::on_disk(true));
    let mut txn = world.rw(Isolation::Serializable);
    world.shard.put_fresh(&mut txn, T, b"a", &[0; 600]).unwrap();
    let error = world.shard.put_fresh(&mut txn, T, b"b", &[0; 600]).unwrap_err();
    assert_eq!(error.sqlstate(), "54000");
}

#[test]
fn checkpoints_claim_only_what_the_engine_has() {
    let mut world = World::new();
    let start = world.shard.durable_point();
    let index = write(&mut world, S, "a", "1");
    assert_eq!(world.shard.checkpoint_point(FAST), start);
    world.sync();
    assert_eq!(world.shard.checkpoint_point(FAST).index, index);
    assert_eq!(world.shard.checkpoint_point(SLOW).index, start.index);
    world.apply_one();
    assert_eq!(world.shard.checkpoint_point(SLOW).index, index);
}

#[test]
fn a_hundred_thousand_rows_in_one_transaction() {
    let mut world = World::new();
    world.seed(T, &[("old", "1")]);
    let letters = KeyRange { start: Bound::Included(b"m"), end: Bound::Unbounded };
    let numbers = KeyRange { start: Bound::Unbounded, end: Bound::Excluded(b"m") };
    let watchers = [(letters, false), (numbers, true)].map(|(range, conflict)| {
        let watcher = world.rw(Isolation::Serializable);
        world.rows(&watcher, T, range, Direction::Forward);
        (watcher, conflict)
    });
    let mut txn = world.rw(Isolation::Serializable);
    let rows = 100_000u32;
    for key in 0..rows {
        world.shard.put_fresh(&mut txn, T, &key.to_be_bytes(), &[7; 100]).unwrap();
    }
    world.put(&mut txn, S, "done", "1");
    assert!(txn.write_bytes() > 10_000_000);
    world.commit(txn);
    let mut small = world.rw(Isolation::Serializable);
    world.delete(&mut small, T, "\0\0\0\u{1}");
    world.commit(small);
    let reader = world.rw(Isolation::Serializable);
    let mut row = Vec::new();
    assert!(world.shard.get(&reader, T, &99_999u32.to_be_bytes(), &mut row).unwrap());
    assert!(!world.shard.get(&reader, T, &1u32.to_be_bytes(), &mut row).unwrap());
    for direction in [Direction::Forward, Direction::Backward] {
        let mut cursor = world.shard.scan(&reader, T, KeyRange::ALL, direction).unwrap();
        let mut count = 0;
        while cursor.next().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, rows, "one deleted, one old");
    }
    for (mut watcher, conflict) in watchers {
        world.next(&mut watcher);
        world.put(&mut watcher, S, &format!("seen {conflict}"), "1");
        assert_eq!(is_serialization(world.shard.commit(watcher)), conflict);
    }
    world.sync();
    assert_eq!(world.fast.stats(Some(T)).rows, u64::from(rows));
    while world.apply_one() {}
    assert_eq!(world.shard.stats().overlay_versions, 0);
}

#[test]
fn a_statement_goes_on_where_it_kept_its_progress() {
    for isolation in [Isolation::Serializable, Isolation::RepeatableRead, Isolation::ReadCommitted] {
        let mut world = World::new();
        world.seed(T, &[("x", "0")]);
        let mut txn = world.rw(isolation);
        world.put(&mut txn, T, "before", "an earlier statement's");
        world.next(&mut txn);
        world.put(&mut txn, T, "a", "1");
        world.put(&mut txn, T, "b", "1");
        world.shard.keep_progress(&mut txn);
        world.put(&mut txn, T, "b", "2");
        world.put(&mut txn, T, "c", "2");
        assert!(world.shard.resume_statement(&mut txn).unwrap());
        assert_eq!(world.all(&txn, T), ["a=1", "b=1", "before=an earlier statement's", "x=0"]);
        world.put(&mut txn, T, "d", "3");
        world.shard.keep_progress(&mut txn);
        world.shard.restart_statement(&mut txn).unwrap();
        assert_eq!(world.all(&txn, T), ["before=an earlier statement's", "x=0"], "a restart keeps nothing");
        world.put(&mut txn, T, "e", "4");
        assert!(world.shard.resume_statement(&mut txn).unwrap());
        assert_eq!(world.all(&txn, T), ["before=an earlier statement's", "x=0"]);
        world.commit(txn);
    }
}

/// Names are looked up in the newest catalog, so an old snapshot may ask for a space that came later.
#[test]
fn a_space_younger_than_the_snapshot_is_empty_applied_or_not() {
    for engine in [FAST, SLOW] {
        let mut world = World::new();
        let table = cairn_base::SpaceId::new(engine, 9);
        let old = world.rw(Isolation::RepeatableRead);
        let mut txn = world.rw(Isolation::Serializable);
        world.shard.create_space(&mut txn, table, Default::default()).unwrap();
        world.shard.put_fresh(&mut txn, table, b"a", b"1").unwrap();
        let created = world.commit(txn).wait.expect("it wrote");
        assert_eq!((world.get(&old, table, "a"), world.all(&old, table)), (None, vec![]));
        let frozen = world.shard.frozen(&old, &[table]).unwrap();
        assert_eq!(frozen.ready, created, "on another thread nobody can read before the engine knows the space");
        assert!(world.shard.prefetch(&old, table, KeyRange::ALL, Direction::Forward).unwrap().is_none());
        world.settle();
        assert_eq!((world.get(&old, table, "a"), world.all(&old, table)), (None, vec![]));
        assert!(frozen.view.scan(table, KeyRange::ALL, Direction::Forward).unwrap().next().unwrap().is_none());
    }
}
