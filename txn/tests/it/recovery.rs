//! Recovery: the log's records make the engines whole again, however much they had kept.

use std::sync::Arc;

use cairn_base::{LogIndex, Timestamp};
use cairn_engine_api::{Engine, Persisted};
use cairn_txn::*;

use crate::engines::{self, DiskEngine};
use crate::world::*;

/// A log with a few transactions across both engines.
fn written() -> Vec<(LogIndex, Vec<u8>)> {
    let mut world = World::new();
    for round in 0..10 {
        let mut txn = world.rw(Isolation::Serializable);
        world.put(&mut txn, T, "round", &round.to_string());
        world.put(&mut txn, S, &format!("k{round}"), "v");
        if round > 0 {
            world.delete(&mut txn, S, &format!("k{}", round - 1));
        }
        world.commit(txn);
    }
    world.log.take().records
}

fn check(world: &mut World) {
    let reader = world.ro();
    assert_eq!(world.all(&reader, T), ["round=9"]);
    assert_eq!(world.all(&reader, S), ["k9=v"]);
}

fn recover(fast: Arc<DiskEngine>, slow: Arc<DiskEngine>, records: &[(LogIndex, Vec<u8>)]) -> World {
    let mut world = World::bare(ShardConfig::default(), fast, slow, Persisted::default());
    for (index, record) in records {
        world.shard.replay(record, *index).unwrap();
    }
    world
}

#[test]
fn empty_engines_are_filled_from_the_log() {
    let records = written();
    let mut world = recover(Arc::new(engines::in_memory()), Arc::new(engines::on_disk(true)), &records);
    check(&mut world);
    let last = records.last().unwrap().0;
    assert_eq!(world.shard.durable_point().index, last);
    assert!(world.shard.is_applied(last));
    assert_eq!(world.shard.checkpoint_point(SLOW).index, last);
    // New commits come after all old ones, even with the wall clock set back.
    world.clock.set_wall_micros(1);
    let before = world.shard.newest();
    world.log.borrow_mut().records = records;
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, T, "a", "1");
    assert!(world.commit(txn).at > before);
}

#[test]
fn replaying_into_engines_that_kept_a_part_changes_nothing() {
    let records = written();
    for kept_fast in 0..records.len() {
        let kept_slow = (kept_fast * 7) % records.len();
        let (fast, slow) = (Arc::new(engines::in_memory()), Arc::new(engines::on_disk(true)));
        let keep = |engine: &dyn Engine, code, upto: usize| {
            for (index, bytes) in &records[..upto] {
                let at = record::RecordView::parse(bytes).unwrap().at();
                let stamp = cairn_engine_api::Stamp { at, index: *index, watermark: at };
                record::apply(engine, code, bytes, stamp).unwrap();
            }
        };
        keep(fast.as_ref(), FAST, kept_fast);
        keep(slow.as_ref(), SLOW, kept_slow);
        check(&mut recover(fast, slow, &records));
    }
}

#[test]
fn a_log_that_lost_its_tail_is_noticed() {
    let records = written();
    let (fast, slow) = (Arc::new(engines::in_memory()), Arc::new(engines::on_disk(true)));
    let whole = recover(Arc::clone(&fast), Arc::clone(&slow), &records);
    fast.checkpoint(whole.shard.checkpoint_point(FAST), &|_| {}).unwrap();
    whole.shard.finish_recovery().unwrap();
    let short = recover(fast, slow, &records[..records.len() - 1]);
    assert!(matches!(short.shard.finish_recovery(), Err(ReplayError::EngineAhead { engine: FAST, .. })));
}

/// The log's end is lost, an engine remembers a collection that came after it, and the wall clock has gone back behind both.
#[test]
fn commits_come_above_the_floor_of_every_engine() {
    let records = written();
    let floor = Timestamp::from_micros(2_000_000_000_000_000);
    let mut slow = engines::on_disk(true);
    slow.habits.floor = floor;
    let mut world = recover(Arc::new(engines::in_memory()), Arc::new(slow), &records);
    world.shard.finish_recovery().unwrap();
    check(&mut world);
    world.log.borrow_mut().records = records;
    let mut txn = world.rw(Isolation::Serializable);
    world.put(&mut txn, S, "k9", "w");
    assert!(world.commit(txn).at > floor);
}

#[test]
fn records_out_of_order_and_foreign_bytes_are_refused() {
    let records = written();
    let mut world = recover(Arc::new(engines::in_memory()), Arc::new(engines::on_disk(true)), &records[..2]);
    let (index, first) = &records[0];
    assert!(matches!(world.shard.replay(first, *index), Err(ReplayError::Order { .. })));
    assert!(matches!(world.shard.replay(first, LogIndex(99)), Err(ReplayError::Order { .. })));
    assert!(matches!(world.shard.replay(b"not a record", LogIndex(99)), Err(ReplayError::Apply { .. })));
}
