//! The generator draws what its documentation says.

use std::collections::BTreeSet;

use super::{Generator, Mix, Shape, Step};

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let mut generator = Generator::new(seed, Mix::LIFE);
        (0..200).map(|_| generator.next()).collect::<Vec<_>>()
    };
    assert_eq!(history(7), history(7));
    assert_ne!(history(7), history(8));
}

#[test]
fn every_kind_of_step_occurs() {
    let mut generator = Generator::new(1, Mix::LIFE);
    let kinds: BTreeSet<_> = (0..2000).map(|_| kind(&generator.next())).collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::Apply(_) => "apply",
        Step::Replay { .. } => "replay",
        Step::Get { .. } => "get",
        Step::Scan { .. } => "scan",
        Step::Collect { .. } => "collect",
        Step::Checkpoint => "checkpoint",
        Step::Reopen => "reopen",
        Step::Crash => "crash",
    }
}

#[test]
fn a_batch_names_a_key_once_and_stamps_rise() {
    let mut generator = Generator::new(3, Mix::LIFE);
    let mut last = generator.last();
    for _ in 0..500 {
        let Step::Apply(batch) = generator.next() else { continue };
        let keys: Vec<_> = batch.changes.iter().map(|change| format!("{change:?}")).collect();
        let distinct: BTreeSet<_> = batch.ops().iter().filter_map(named).map(|key| format!("{key:?}")).collect();
        assert_eq!(distinct.len(), batch.ops().iter().filter_map(named).count(), "{keys:?}");
        assert!(batch.stamp.at > last.at && batch.stamp.index > last.index && batch.stamp.watermark >= last.watermark);
        assert!(batch.stamp.watermark <= batch.stamp.at);
        last = batch.stamp;
    }
}

fn named<'a>(op: &cairn_engine_api::Op<'a>) -> Option<(cairn_engine_api::SpaceId, &'a [u8])> {
    match op {
        cairn_engine_api::Op::Put { space, key, .. } | cairn_engine_api::Op::Delete { space, key } => {
            Some((*space, key))
        }
        _ => None,
    }
}

#[test]
fn the_tiny_family_has_every_short_key() {
    let keys: BTreeSet<_> = (0..341).map(|n| Shape::Tiny.key(n)).collect();
    assert_eq!(keys.len(), 341, "1 + 4 + 16 + 64 + 256 different keys");
    assert!(keys.contains(&b""[..]));
    assert!(keys.contains(&b"\xff\xff\xff\xff"[..]));
}

#[test]
fn every_family_repeats_itself_and_differs_within() {
    for shape in Shape::ALL {
        let keys: BTreeSet<_> = (0..50).map(|n| shape.key(n)).collect();
        assert!(keys.len() > 40, "{shape:?} has {} different keys of 50", keys.len());
        assert_eq!(shape.key(5), shape.key(5));
    }
}
