//! The model against answers written by hand: everything else is compared with it.

use std::ops::Bound;

use cairn_engine_api::{
    Direction, Engine, EngineCode, EngineError, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp,
    Timestamp,
};

use super::{ModelEngine, Store};
use crate::world::read_scan;

const SPACE: SpaceId = SpaceId::new(EngineCode(9), 1);

fn stamp(n: u64) -> Stamp {
    Stamp { at: Timestamp(n * 10), index: LogIndex(n), watermark: Timestamp::ZERO }
}

fn create() -> Op<'static> {
    Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }
}

fn put<'a>(key: &'a [u8], value: &'a [u8]) -> Op<'a> {
    Op::Put { space: SPACE, key, value }
}

fn delete(key: &[u8]) -> Op<'_> {
    Op::Delete { space: SPACE, key }
}

/// `a` lives from 10 to 30 and again from 40 with an empty row, `b` from 20 on.
fn small() -> Store {
    let mut store = Store::default();
    store.apply(&[create(), put(b"a", b"1")], stamp(1)).expect("the space is new");
    store.apply(&[put(b"b", b"2")], stamp(2)).expect("the space exists");
    store.apply(&[delete(b"a")], stamp(3)).expect("the space exists");
    store.apply(&[put(b"a", b"")], stamp(4)).expect("the space exists");
    store
}

fn rows(store: &Store, range: KeyRange<'_>, at: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = store.range(SPACE, range, Timestamp(at)).expect("the space exists");
    rows.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[test]
fn a_key_is_visible_from_its_put_to_its_delete() {
    let store = small();
    let at = |at| store.get(SPACE, b"a", Timestamp(at)).expect("the space exists");
    assert_eq!([at(0), at(9)], [None, None]);
    assert_eq!([at(10), at(29)], [Some(&b"1"[..]), Some(b"1")]);
    assert_eq!([at(30), at(39)], [None, None]);
    assert_eq!([at(40), at(u64::MAX)], [Some(&b""[..]), Some(b"")]);
}

#[test]
fn a_range_is_in_order_and_its_bounds_hold() {
    let store = small();
    let pair = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    assert_eq!(rows(&store, KeyRange::ALL, 25), [pair(b"a", b"1"), pair(b"b", b"2")]);
    assert_eq!(rows(&store, KeyRange::ALL, 35), [pair(b"b", b"2")]);
    let after_a = KeyRange { start: Bound::Excluded(b"a"), end: Bound::Unbounded };
    assert_eq!(rows(&store, after_a, 25), [pair(b"b", b"2")]);
    let inverted = KeyRange { start: Bound::Included(b"b"), end: Bound::Included(b"a") };
    assert_eq!(rows(&store, inverted, 25), []);
    let nothing = KeyRange { start: Bound::Excluded(b"a"), end: Bound::Excluded(b"a") };
    assert_eq!(rows(&store, nothing, 25), []);
}

#[test]
fn a_batch_with_an_old_index_is_skipped() {
    let mut store = small();
    let before = store.clone();
    store.apply(&[put(b"a", b"again")], stamp(4)).expect("skipped");
    store.apply(&[Op::DropSpace { space: SPACE }], stamp(1)).expect("skipped");
    assert_eq!(store, before);
}

#[test]
fn collect_keeps_the_newest_below_the_watermark() {
    let count = |watermark| {
        let mut store = small();
        store.collect(Timestamp(watermark));
        store.count(SPACE).1
    };
    // Versions: a@10, b@20, a@30 (tombstone), a@40.
    assert_eq!(count(0), 4);
    assert_eq!(count(29), 4, "a@10 and b@20 are still visible at 29");
    assert_eq!(count(30), 2, "a@10 is hidden by the tombstone, which then hides nothing");
    assert_eq!(count(40), 2);
}

#[test]
fn a_wrong_batch_changes_nothing() {
    let mut store = small();
    let before = store.clone();
    let unknown = SpaceId::new(EngineCode(9), 2);
    let ops = [put(b"a", b"x"), Op::Delete { space: unknown, key: b"k" }];
    assert!(matches!(store.apply(&ops, stamp(5)), Err(EngineError::NoSuchSpace(space)) if space == unknown));
    assert_eq!(store, before);
}

#[test]
fn an_image_brings_everything_back_and_a_torn_one_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let upto = Persisted { index: LogIndex(9), at: Timestamp(90) };
    let engine = ModelEngine::open(directory.path()).expect("an empty directory");
    engine.apply(&[create(), put(b"k", b"v"), delete(b"gone")], stamp(1)).expect("the space is new");
    assert_eq!(engine.checkpoint(upto, &|_| {}).expect("the directory can be written"), upto);

    let again = ModelEngine::open(directory.path()).expect("a whole image");
    assert_eq!(again.persisted(), upto);
    let all = read_scan(&again, SPACE, KeyRange::ALL, Timestamp::MAX, Direction::Backward, 9).expect("a scan");
    assert_eq!(all, Some(vec![(b"k".to_vec(), b"v".to_vec())]));

    let path = directory.path().join("model.image");
    let whole = std::fs::read(&path).expect("the image");
    for cut in [0, 1, 20, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).expect("the directory can be written");
        let error = ModelEngine::open(directory.path()).expect_err("the image is torn");
        assert!(error.to_string().contains("model.image"), "{error}");
    }
}

#[test]
fn without_a_directory_a_checkpoint_has_nothing_to_do() {
    let engine = ModelEngine::in_memory();
    engine.apply(&[create()], stamp(1)).expect("the space is new");
    assert_eq!(engine.persisted(), Persisted::default());
    let upto = Persisted { index: LogIndex(3), at: Timestamp(30) };
    assert_eq!(engine.checkpoint(upto, &|_| {}).expect("nothing can fail"), upto);
    assert_eq!(engine.persisted(), upto);
}
