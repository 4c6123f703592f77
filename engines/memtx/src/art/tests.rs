//! The tree against a model: `BTreeMap<key, versions>`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use cairn_engine_api::{Direction, KeyRange, Timestamp};
use proptest::prelude::*;

use super::insert::Garbage;
use super::{Bin, Builder, Demolition, History, Leaves, Pen, Tree, VersionRef};
use crate::ledger::{Ledger, SpaceCounts};
use crate::sync::{Arc, pin};

/// A snapshot is old when it is so far behind: superseded versions then go to the history.
const OLD_AFTER: u64 = 10;

type Model = BTreeMap<Vec<u8>, Vec<(u64, Option<Vec<u8>>)>>;

/// A tree with all that its writer needs.
struct Bed {
    tree: Tree,
    counts: SpaceCounts,
    ledger: Arc<Ledger>,
    bin: Bin,
    history: History,
    dirty: BTreeSet<Vec<u8>>,
    now: u64,
}

impl Bed {
    fn new() -> Self {
        let ledger = Arc::new(Ledger::default());
        let bin = Bin::new(Arc::clone(&ledger));
        let history = History::new(Arc::clone(&ledger));
        Self { tree: Tree::new(), counts: SpaceCounts::default(), ledger, bin, history, dirty: BTreeSet::new(), now: 0 }
    }

    fn write(&mut self, key: &[u8], row: Option<&[u8]>, watermark: u64) {
        self.now += 1;
        let guard = pin();
        let history = (self.now > watermark + OLD_AFTER).then_some(&mut self.history);
        let mut pen = Pen { guard: &guard, counts: &self.counts, bin: &mut self.bin, history };
        let (at, watermark) = (Timestamp(self.now), Timestamp(watermark));
        let garbage = match row {
            Some(row) => self.tree.put(key, row, at, watermark, &mut pen),
            None => self.tree.delete(key, at, watermark, &mut pen),
        };
        if garbage == Garbage::New {
            self.dirty.insert(key.to_vec());
        }
    }

    fn sweep(&mut self, watermark: u64) {
        let guard = pin();
        let mut pen = Pen { guard: &guard, counts: &self.counts, bin: &mut self.bin, history: None };
        let tree = &self.tree;
        self.dirty.retain(|key| tree.sweep(key, Timestamp(watermark), &mut pen).is_some());
    }

    fn get(&self, key: &[u8], at: u64) -> Option<Vec<u8>> {
        let guard = pin();
        self.tree.find(key, &guard)?.visible(Timestamp(at))?.row().map(<[u8]>::to_vec)
    }

    fn scan(&self, range: KeyRange<'_>, at: u64, direction: Direction) -> Vec<(Vec<u8>, Vec<u8>)> {
        let guard = pin();
        let from = if direction == Direction::Forward { range.start } else { range.end };
        let mut walk = self.tree.walk(from, direction, &guard);
        let mut rows = Vec::new();
        while let Some(version) = walk.next() {
            if !range.contains(version.key()) {
                break;
            }
            if let Some(row) = version.visible(Timestamp(at)).and_then(VersionRef::row) {
                rows.push((version.key().to_vec(), row.to_vec()));
            }
        }
        rows
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let guard = pin();
        // SAFETY: the test is over, nobody uses the tree any more.
        drop(unsafe { Demolition::new(self.tree.root(&guard), Arc::clone(&self.ledger)) });
    }
}

fn visible(model: &Model, key: &[u8], at: u64) -> Option<Vec<u8>> {
    model.get(key)?.iter().rev().find(|(ts, _)| *ts <= at)?.1.clone()
}

fn model_scan(model: &Model, range: KeyRange<'_>, at: u64, direction: Direction) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows =
        model.keys().filter(|key| range.contains(key)).filter_map(|key| Some((key.clone(), visible(model, key, at)?)));
    let mut rows: Vec<_> = rows.collect();
    if direction == Direction::Backward {
        rows.reverse();
    }
    rows
}

/// Keys of the shapes that break radix trees.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(255)], 0..6),
        2 => (0u64..600).prop_map(|n| n.to_be_bytes().to_vec()),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(a, b)| vec![b'k', a, b]),
        1 => any::<u64>().prop_map(|n| n.to_be_bytes().to_vec()),
        1 => ("[ab]{0,3}", 0usize..40).prop_map(|(tail, n)| format!("a-long-shared-prefix/{}{tail}", "x".repeat(n)).into()),
        1 => (0usize..300).prop_map(|n| vec![7; n]),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    /// Deletes the model's key at this place, so that deletes hit.
    DeleteNth(prop::sample::Index),
    UpdateNth(prop::sample::Index, Vec<u8>),
    /// Lifts the watermark by this part of the distance to now, and sweeps.
    Sweep(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let row = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        8 => (any_key(), row()).prop_map(|(key, row)| Step::Put(key, row)),
        1 => any_key().prop_map(Step::Delete),
        4 => any::<prop::sample::Index>().prop_map(Step::DeleteNth),
        2 => (any::<prop::sample::Index>(), row()).prop_map(|(n, row)| Step::UpdateNth(n, row)),
        1 => any::<u8>().prop_map(Step::Sweep),
    ]
}

fn nth(model: &Model, index: prop::sample::Index) -> Option<Vec<u8>> {
    (!model.is_empty()).then(|| model.keys().nth(index.index(model.len())).expect("index is below the length").clone())
}

fn run_steps(bed: &mut Bed, model: &mut Model, steps: Vec<Step>) -> u64 {
    let mut watermark = 0;
    for step in steps {
        let (key, row) = match step {
            Step::Put(key, row) => (key, Some(row)),
            Step::Delete(key) => (key, None),
            Step::DeleteNth(index) => match nth(model, index) {
                Some(key) => (key, None),
                None => continue,
            },
            Step::UpdateNth(index, row) => match nth(model, index) {
                Some(key) => (key, Some(row)),
                None => continue,
            },
            Step::Sweep(part) => {
                watermark += (bed.now - watermark) * u64::from(part) / 255;
                bed.sweep(watermark);
                continue;
            }
        };
        bed.write(&key, row.as_deref(), watermark);
        model.entry(key).or_default().push((bed.now, row));
    }
    watermark
}

fn bound(key: &[u8], kind: u8) -> Bound<&[u8]> {
    match kind % 3 {
        0 => Bound::Included(key),
        1 => Bound::Excluded(key),
        _ => Bound::Unbounded,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_equals_the_model_at_every_readable_timestamp(
        steps in prop::collection::vec(any_step(), 1..600),
        probes in prop::collection::vec((any_key(), any_key(), any::<u8>(), any::<u8>(), any::<Option<prop::sample::Index>>()), 12),
    ) {
        let (mut bed, mut model) = (Bed::new(), Model::new());
        let watermark = run_steps(&mut bed, &mut model, steps);
        for (low, high, kinds, at_part, pick) in probes {
            let at = watermark + (bed.now - watermark) * u64::from(at_part) / 255;
            let low = pick.and_then(|index| nth(&model, index)).unwrap_or(low);
            prop_assert_eq!(bed.get(&low, at), visible(&model, &low, at));
            let range = KeyRange { start: bound(&low, kinds), end: bound(&high, kinds / 3) };
            for direction in [Direction::Forward, Direction::Backward] {
                prop_assert_eq!(bed.scan(range, at, direction), model_scan(&model, range, at, direction));
            }
        }
        for key in model.keys() {
            prop_assert_eq!(bed.get(key, bed.now), visible(&model, key, bed.now));
        }
        let rows = model.keys().filter(|key| visible(&model, key, bed.now).is_some()).count() as u64;
        prop_assert_eq!(bed.counts.rows.get(), rows);
        bed.sweep(bed.now);
        prop_assert_eq!(bed.counts.versions.get(), rows, "after a full sweep one version per row is left");
        prop_assert!(bed.dirty.is_empty());
        for key in model.keys().cloned().collect::<Vec<_>>() {
            bed.write(&key, None, 0);
        }
        bed.sweep(bed.now);
        prop_assert_eq!(bed.counts.bytes(), 0, "an empty tree holds no bytes");
    }

    #[test]
    fn a_built_tree_equals_an_inserted_one(keys in prop::collection::btree_set(any_key(), 0..400)) {
        let (mut built, mut inserted) = (Bed::new(), Bed::new());
        let mut builder = Builder::new();
        for some in keys.iter().collect::<Vec<_>>().chunks(7) {
            let mut leaves = Leaves::with_capacity(some.len());
            some.iter().for_each(|key| leaves.push(key, key, Timestamp(1)));
            prop_assert!(builder.append(leaves).is_ok());
        }
        keys.iter().for_each(|key| inserted.write(key, Some(key), 0));
        let made = builder.finish(&built.tree);
        prop_assert_eq!(made.leaves, keys.len() as u64);
        built.ledger.take(made.leaf_bytes + made.node_bytes);
        prop_assert!(built.ledger.used() <= inserted.ledger.used());
        for direction in [Direction::Forward, Direction::Backward] {
            prop_assert_eq!(built.scan(KeyRange::ALL, 1, direction), inserted.scan(KeyRange::ALL, u64::MAX, direction));
        }
        for key in &keys {
            prop_assert_eq!(built.get(key, 1), Some(key.clone()));
        }
        // The built tree is as changeable as the other one.
        built.now = 1;
        built.counts.rows.add(keys.len() as u64);
        built.counts.versions.add(keys.len() as u64);
        built.counts.version_bytes.add(made.leaf_bytes as u64);
        built.counts.node_bytes.add(made.node_bytes as u64);
        for (n, key) in keys.iter().enumerate() {
            if n % 3 == 0 {
                built.write(key, None, 0);
            }
        }
        built.sweep(built.now);
        prop_assert_eq!(built.scan(KeyRange::ALL, u64::MAX, Direction::Forward).len(), keys.len() - keys.len().div_ceil(3));
    }
}

#[test]
fn a_builder_refuses_keys_out_of_order() {
    for refused in [&b"b"[..], b"a", b""] {
        let mut builder = Builder::new();
        let mut leaves = Leaves::default();
        for key in [&b"ab"[..], b"b", refused, b"c"] {
            leaves.push(key, b"row", Timestamp(1));
        }
        assert!(builder.append(leaves).is_err());
        let mut bed = Bed::new();
        let made = builder.finish(&bed.tree);
        assert_eq!(made.leaves, 2);
        bed.ledger.take(made.leaf_bytes + made.node_bytes);
        assert_eq!(bed.get(b"b", 5), Some(b"row".to_vec()));
        assert_eq!(bed.get(b"c", 5), None);
        bed.write(b"b", Some(b"new"), 0);
        assert_eq!(bed.get(b"b", 5), Some(b"new".to_vec()));
    }
}

#[test]
fn dense_keys_come_and_go_through_every_node_size() {
    let mut bed = Bed::new();
    let keys: Vec<_> = (0u32..3000).map(u32::to_be_bytes).collect();
    for key in &keys {
        bed.write(key, Some(key), 0);
    }
    assert_eq!(bed.scan(KeyRange::ALL, u64::MAX, Direction::Backward).len(), 3000);
    for (gone, key) in keys.iter().enumerate() {
        bed.write(key, None, 0);
        bed.sweep(bed.now);
        assert_eq!(bed.get(key, u64::MAX), None);
        if gone % 97 == 0 {
            let rest = bed.scan(KeyRange::ALL, u64::MAX, Direction::Forward);
            assert!(rest.iter().map(|(key, _)| key.as_slice()).eq(keys[gone + 1..].iter().map(|key| &key[..])));
        }
    }
    assert_eq!(bed.counts.bytes(), 0);
}

#[test]
fn a_node48_renews_its_room() {
    // Thirty children stay while others come and go: room is never used twice, so the node must be copied now and then.
    let mut bed = Bed::new();
    let key = |n: u32| [b'p', (n % 250) as u8, 1];
    for n in 0..30 {
        bed.write(&key(n), Some(b"row"), 0);
    }
    for n in 30..1000 {
        bed.write(&key(n), Some(&n.to_le_bytes()), 0);
        bed.write(&key(n - 30), None, 0);
        bed.sweep(bed.now);
        let mut expected: Vec<_> = (n - 29..=n).map(|n| key(n).to_vec()).collect();
        expected.sort();
        let found: Vec<_> =
            bed.scan(KeyRange::ALL, u64::MAX, Direction::Forward).into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, expected);
    }
}
