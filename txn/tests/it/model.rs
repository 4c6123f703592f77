//! Snapshot reads against a model: a few transactions at a time write, delete, scan, go back to savepoints and commit,
//! while the log and the applier lag behind. Each transaction writes keys of its own third, so nobody waits or conflicts, and every
//! answer can be computed from the commits in its snapshot and its own writes.

use std::collections::BTreeMap;
use std::ops::Bound;

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::{Direction, Engine, KeyRange};
use cairn_txn::*;
use proptest::prelude::*;

use crate::engines;
use crate::world::*;

type Rows = BTreeMap<(SpaceId, Vec<u8>), Option<Vec<u8>>>;

const SLOTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Begin { slot: usize, level: u8 },
    Write { slot: usize, slow: bool, key: u8, value: Option<u8> },
    Savepoint { slot: usize },
    RollbackTo { slot: usize },
    Statement { slot: usize },
    Restart { slot: usize },
    Get { slot: usize, slow: bool, key: u8 },
    Scan { slot: usize, slow: bool, start: Bound<u8>, end: Bound<u8>, backward: bool, limit: usize, frozen: bool },
    Commit { slot: usize },
    Abort { slot: usize },
    Sync,
    Apply,
    Collect,
}

fn bound() -> impl Strategy<Value = Bound<u8>> {
    prop_oneof![Just(Bound::Unbounded), (0..40u8).prop_map(Bound::Included), (0..40u8).prop_map(Bound::Excluded)]
}

fn step() -> impl Strategy<Value = Step> {
    let slot = 0..SLOTS;
    prop_oneof![
        4 => (slot.clone(), 0..4u8).prop_map(|(slot, level)| Step::Begin { slot, level }),
        12 => (slot.clone(), any::<bool>(), 0..13u8, proptest::option::of(any::<u8>()))
            .prop_map(|(slot, slow, key, value)| Step::Write { slot, slow, key, value }),
        2 => slot.clone().prop_map(|slot| Step::Savepoint { slot }),
        1 => slot.clone().prop_map(|slot| Step::RollbackTo { slot }),
        3 => slot.clone().prop_map(|slot| Step::Statement { slot }),
        1 => slot.clone().prop_map(|slot| Step::Restart { slot }),
        6 => (slot.clone(), any::<bool>(), 0..40u8).prop_map(|(slot, slow, key)| Step::Get { slot, slow, key }),
        8 => (slot.clone(), any::<bool>(), bound(), bound(), any::<bool>(), 0..50usize, any::<bool>()).prop_map(
            |(slot, slow, start, end, backward, limit, frozen)|
                Step::Scan { slot, slow, start, end, backward, limit, frozen }),
        4 => slot.clone().prop_map(|slot| Step::Commit { slot }),
        1 => slot.prop_map(|slot| Step::Abort { slot }),
        3 => Just(Step::Sync),
        3 => Just(Step::Apply),
        2 => Just(Step::Collect),
    ]
}

/// A running transaction and what it has written, now and at earlier moments.
struct Open {
    txn: Txn,
    own: Rows,
    statement: Rows,
    savepoints: Vec<(SavepointId, Rows)>,
}

struct Model {
    world: World,
    open: [Option<Open>; SLOTS],
    commits: Vec<(Timestamp, Rows)>,
}

impl Model {
    fn new(run_ops_min: usize) -> Self {
        let config = ShardConfig { run_ops_min, ..ShardConfig::default() };
        Self { world: World::with(config, engines::on_disk(true)), open: Default::default(), commits: Vec::new() }
    }

    /// What `open` must see.
    fn visible(&self, open: &Open, space: SpaceId) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut rows = Rows::new();
        for (at, written) in &self.commits {
            if *at <= open.txn.snapshot() {
                rows.extend(written.clone());
            }
        }
        rows.extend(open.own.clone());
        let here = rows.into_iter().filter(|((of, _), _)| *of == space);
        here.filter_map(|((_, key), row)| Some((key, row?))).collect()
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Sync => self.world.sync(),
            Step::Apply => {
                self.world.apply_one();
            }
            Step::Collect => {
                let watermark = self.world.shard.watermark();
                self.world.fast.collect(watermark).unwrap();
                self.world.slow.collect(watermark).unwrap();
            }
            Step::Begin { slot, level } => self.begin(slot, level),
            Step::Write { slot, .. }
            | Step::Savepoint { slot }
            | Step::RollbackTo { slot }
            | Step::Statement { slot }
            | Step::Restart { slot }
            | Step::Get { slot, .. }
            | Step::Scan { slot, .. }
            | Step::Commit { slot }
            | Step::Abort { slot } => {
                if let Some(open) = self.open[slot].take() {
                    self.open[slot] = self.act(slot, open, step);
                }
            }
        }
    }

    fn begin(&mut self, slot: usize, level: u8) {
        if self.open[slot].is_some() {
            return;
        }
        let txn = match level {
            0 => self.world.ro(),
            1 => self.world.rw(Isolation::ReadCommitted),
            2 => self.world.rw(Isolation::RepeatableRead),
            _ => self.world.rw(Isolation::Serializable),
        };
        let (own, statement, savepoints) = (Rows::new(), Rows::new(), Vec::new());
        self.open[slot] = Some(Open { txn, own, statement, savepoints });
    }

    fn act(&mut self, slot: usize, mut open: Open, step: Step) -> Option<Open> {
        let shard = &mut self.world.shard;
        match step {
            Step::Write { slow, key, value, .. } => {
                let (space, key) = (space(slow), [key * SLOTS as u8 + slot as u8]);
                if open.txn.access() == Access::ReadWrite {
                    let lock = shard.lock(&mut open.txn, space, &key, LockMode::Update, Wait::NoWait);
                    if lock.is_err() {
                        // An earlier transaction of this slot was newer than a snapshot taken before it.
                        shard.abort(open.txn);
                        return None;
                    }
                    let value = value.map(|byte| vec![byte; usize::from(byte % 5)]);
                    match &value {
                        Some(row) => shard.put(&mut open.txn, space, &key, row).unwrap(),
                        None => shard.delete(&mut open.txn, space, &key).unwrap(),
                    }
                    open.own.insert((space, key.to_vec()), value);
                }
            }
            Step::Savepoint { .. } => {
                let id = shard.savepoint(&mut open.txn);
                open.savepoints.push((id, open.own.clone()));
            }
            Step::RollbackTo { .. } => {
                if let Some((id, own)) = open.savepoints.last() {
                    shard.rollback_to(&mut open.txn, *id).unwrap();
                    open.own.clone_from(own);
                    open.statement.clone_from(own);
                }
            }
            Step::Statement { .. } => {
                shard.begin_statement(&mut open.txn).unwrap();
                open.statement = open.own.clone();
            }
            Step::Restart { .. } => {
                shard.restart_statement(&mut open.txn).unwrap();
                open.own = open.statement.clone();
                // A savepoint cannot be younger than the statement; sessions take it between statements.
                open.savepoints.clear();
            }
            Step::Get { slow, key, .. } => {
                let mut row = Vec::new();
                let found = shard.get(&open.txn, space(slow), &[key], &mut row).unwrap();
                let expected = self.visible(&open, space(slow)).remove(&vec![key]);
                assert_eq!(found.then_some(row), expected);
            }
            Step::Scan { .. } => self.scan(&open, step),
            Step::Commit { .. } => {
                let level = open.txn.isolation();
                match shard.commit(open.txn) {
                    Ok(Commit { at, .. }) => self.commits.push((at, open.own)),
                    Err(error) => {
                        assert!(level == Isolation::Serializable && error.sqlstate() == "40001", "{error}");
                    }
                }
                return None;
            }
            Step::Abort { .. } => {
                shard.abort(open.txn);
                return None;
            }
            Step::Begin { .. } | Step::Sync | Step::Apply | Step::Collect => unreachable!("not about one transaction"),
        }
        Some(open)
    }

    fn scan(&mut self, open: &Open, step: Step) {
        let Step::Scan { slow, start, end, backward, limit, frozen, .. } = step else { unreachable!() };
        let space = space(slow);
        let (low, high) = (start.map(|key| [key]), end.map(|key| [key]));
        let range = KeyRange { start: low.as_ref().map(|key| &key[..]), end: high.as_ref().map(|key| &key[..]) };
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        let all = self.visible(open, space).into_iter().filter(|(key, _)| range.contains(key));
        let mut expected: Vec<_> = all.collect();
        if backward {
            expected.reverse();
        }
        expected.truncate(limit);
        let mut rows = Vec::new();
        if frozen {
            let Frozen { view, ready } = self.world.shard.frozen(&open.txn, &[space]).unwrap();
            if !self.world.shard.is_applied(ready) {
                self.world.settle();
            }
            let mut cursor = view.scan(space, range, direction).unwrap();
            while rows.len() < limit {
                let Some(entry) = cursor.next().unwrap() else { break };
                rows.push((entry.key.to_vec(), entry.value.to_vec()));
            }
        } else {
            let mut cursor = self.world.shard.scan(&open.txn, space, range, direction).unwrap();
            while rows.len() < limit {
                let Some(entry) = cursor.next().unwrap() else { break };
                rows.push((entry.key.to_vec(), entry.value.to_vec()));
            }
        }
        assert_eq!(rows, expected, "{direction:?} {range:?}");
    }
}

fn space(slow: bool) -> SpaceId {
    if slow { S } else { T }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_read_is_what_its_snapshot_says(steps in proptest::collection::vec(step(), 1..300), run_ops_min in 1..6usize) {
        let mut model = Model::new(run_ops_min);
        for step in steps {
            model.run(step);
        }
    }
}
