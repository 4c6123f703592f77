//! Snapshots read on other threads.

use cairn_base::LogIndex;
use cairn_engine_api::{Direction, KeyRange};
use cairn_txn::*;

use crate::world::*;

fn rows(view: &SnapshotView, space: cairn_base::SpaceId) -> Vec<String> {
    let mut cursor = view.scan(space, KeyRange::ALL, Direction::Forward).unwrap();
    let mut rows = Vec::new();
    while let Some(entry) = cursor.next().unwrap() {
        rows.push(format!("{}={}", text(entry.key), text(entry.value)));
    }
    rows
}

#[test]
fn a_view_reads_the_snapshot_and_own_writes_on_another_thread() {
    let mut world = World::new();
    world.seed(T, &[("a", "1"), ("b", "2")]);
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "b", "own");
    world.put(&mut txn, T, "c", "own");
    world.next(&mut txn);
    let Frozen { view, ready } = world.shard.frozen(&txn, &[T]).unwrap();
    assert_eq!(ready, LogIndex::ZERO, "everything is applied");
    world.seed(T, &[("a", "later")]);
    let clone = view.clone();
    let seen = std::thread::spawn(move || rows(&clone, T)).join().unwrap();
    assert_eq!(seen, ["a=1", "b=own", "c=own"]);
    let mut row = Vec::new();
    assert!(view.get(T, b"c", &mut row).unwrap() && row == b"own");
}

#[test]
fn a_view_waits_until_its_engines_have_what_it_sees() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, S, "a", "1");
    let index = world.commit(txn).wait.unwrap();
    let reader = world.rw(Isolation::Serializable);
    assert_eq!(world.shard.frozen(&reader, &[T]).unwrap().ready, LogIndex::ZERO, "the other engine is ready");
    let Frozen { view, ready } = world.shard.frozen(&reader, &[T, S]).unwrap();
    assert_eq!(ready, index);
    assert!(!world.shard.is_applied(ready));
    world.sync();
    assert!(!world.events().contains(&Event::Applied(index)));
    world.apply_one();
    assert_eq!(world.events(), [Event::Applied(index)]);
    assert!(world.shard.is_applied(ready));
    assert_eq!(rows(&view, S), ["a=1"]);
    assert_eq!(world.commit(reader).wait, None, "what it read is durable");
}

#[test]
fn what_a_view_pulled_is_validated_with_the_rest() {
    for (changed, conflict) in [("a", true), ("b", true), ("c", false)] {
        let mut world = World::new();
        world.seed(T, &[("a", "1"), ("b", "2"), ("c", "3")]);
        let mut txn = world.rw(Isolation::Serializable);
        let view = world.shard.frozen(&txn, &[T]).unwrap().view;
        {
            let mut cursor = view.scan(T, KeyRange::ALL, Direction::Forward).unwrap();
            cursor.next().unwrap().unwrap();
            cursor.next().unwrap().unwrap();
        }
        let log = std::sync::Arc::clone(view.read_log());
        world.shard.absorb(&mut txn, &log);
        world.seed(T, &[(changed, "new")]);
        world.next(&mut txn);
        world.put(&mut txn, T, "result", "x");
        assert_eq!(is_serialization(world.shard.commit(txn)), conflict, "{changed}");
    }
}

#[test]
fn a_point_read_through_a_view_is_validated_too() {
    let mut world = World::new();
    let mut txn = world.rw(Isolation::Serializable);
    let view = world.shard.frozen(&txn, &[T]).unwrap().view;
    assert!(!view.get(T, b"a", &mut Vec::new()).unwrap());
    world.shard.absorb(&mut txn, view.read_log());
    world.seed(T, &[("a", "1")]);
    world.next(&mut txn);
    world.put(&mut txn, T, "result", "x");
    assert!(is_serialization(world.shard.commit(txn)));
}

#[test]
fn what_leaves_the_core_may_leave_it() {
    fn any_thread<T: Send + Sync + 'static>() {}
    any_thread::<SnapshotView>();
    any_thread::<ReadLog>();
    any_thread::<ReadTask>();
    any_thread::<TxnError>();
}

#[test]
fn views_of_lower_levels_remember_nothing() {
    let mut world = World::new();
    let txn = world.rw(Isolation::RepeatableRead);
    let view = world.shard.frozen(&txn, &[T]).unwrap().view;
    assert_eq!(rows(&view, T), [""; 0]);
    assert!(!view.read_log().is_tracking());
}
