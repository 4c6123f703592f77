//! Draws steps from a seed.

use std::collections::BTreeSet;
use std::ops::Bound;

use cairn_engine_api::{Direction, EngineCode, LogIndex, SpaceId, Stamp, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use super::{Batch, Change, Range, Shape, Step};

/// How often each kind of step is drawn, relative to the others.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each field is the weight of the Step of that name")]
pub struct Mix {
    pub apply: u32,
    pub replay: u32,
    pub get: u32,
    pub scan: u32,
    pub collect: u32,
    pub checkpoint: u32,
    pub reopen: u32,
    pub crash: u32,
    /// Chance in percent that a batch also creates or drops a space.
    pub ddl_percent: u32,
    /// Does the watermark in a batch's stamp follow the newest timestamp? Otherwise it stays at the last collection.
    pub watermark_in_stamps: bool,
    /// Different keys per space: fewer means longer version chains.
    pub keys: u64,
}

impl Mix {
    /// Writes and reads at every timestamp; nothing is ever forgotten.
    pub const READS: Self = Self {
        apply: 30,
        replay: 0,
        get: 40,
        scan: 30,
        collect: 0,
        checkpoint: 0,
        reopen: 0,
        crash: 0,
        ddl_percent: 4,
        watermark_in_stamps: false,
        keys: 60,
    };
    /// Reads while versions are collected.
    pub const COLLECTING: Self = Self { collect: 6, watermark_in_stamps: true, keys: 25, ..Self::READS };
    /// Everything, crashes included.
    pub const LIFE: Self =
        Self { collect: 3, replay: 3, checkpoint: 2, reopen: 1, crash: 1, watermark_in_stamps: true, ..Self::READS };

    fn total(&self) -> u32 {
        self.apply + self.replay + self.get + self.scan + self.collect + self.checkpoint + self.reopen + self.crash
    }
}

/// A space that the generated history has created and not dropped.
#[derive(Clone, Copy, Debug)]
struct Live {
    space: SpaceId,
    shape: Shape,
}

/// An endless history of steps. The same random numbers and mix give the same history.
#[derive(Debug)]
pub struct Generator<R = StdRng> {
    rng: R,
    mix: Mix,
    live: Vec<Live>,
    gone: Vec<SpaceId>,
    next_number: u32,
    last: Stamp,
    /// Timestamps of all batches.
    times: Vec<Timestamp>,
    /// No read may be below.
    floor: Timestamp,
}

impl Generator {
    /// Starts a history that a seed decides.
    pub fn new(seed: u64, mix: Mix) -> Self {
        Self::drawing_from(StdRng::seed_from_u64(seed), mix)
    }
}

impl<R: RngCore> Generator<R> {
    /// Starts a history that these random numbers decide.
    pub fn drawing_from(rng: R, mix: Mix) -> Self {
        let last = Stamp { at: Timestamp(100), index: LogIndex::ZERO, watermark: Timestamp::ZERO };
        Self {
            rng,
            mix,
            live: Vec::new(),
            gone: Vec::new(),
            next_number: 0,
            last,
            times: Vec::new(),
            floor: Timestamp::ZERO,
        }
    }

    /// The random numbers, for what the caller decides besides.
    pub fn rng(&mut self) -> &mut R {
        &mut self.rng
    }

    /// The stamp of the last batch drawn.
    pub fn last(&self) -> Stamp {
        self.last
    }

    /// The spaces that exist after the last batch drawn.
    pub fn spaces(&self) -> impl Iterator<Item = SpaceId> + '_ {
        self.live.iter().map(|live| live.space)
    }

    /// Draws the next step. The first one creates spaces.
    #[allow(clippy::should_implement_trait, reason = "the history never ends, so there is nothing to wrap in Option")]
    pub fn next(&mut self) -> Step {
        if self.times.is_empty() {
            return Step::Apply(self.first_batch());
        }
        let mut draw = self.rng.random_range(0..self.mix.total());
        let mix = self.mix;
        let mut is = |weight: u32| {
            let hit = draw < weight;
            draw = draw.wrapping_sub(weight);
            hit
        };
        match () {
            () if is(mix.apply) => Step::Apply(self.batch()),
            () if is(mix.replay) => Step::Replay { count: self.rng.random_range(1..20) },
            () if is(mix.get) => self.get(),
            () if is(mix.scan) => self.scan(),
            () if is(mix.collect) => self.collect(),
            () if is(mix.checkpoint) => Step::Checkpoint,
            () if is(mix.reopen) => self.restart(Step::Reopen),
            () => self.restart(Step::Crash),
        }
    }

    /// One space of every shape.
    fn first_batch(&mut self) -> Batch {
        let changes = Shape::ALL.into_iter().map(|shape| self.create(shape)).collect();
        Batch { changes, stamp: self.stamp() }
    }

    /// A batch of puts and deletes, now and then with a space created or dropped.
    pub fn batch(&mut self) -> Batch {
        let mut changes = Vec::new();
        if self.rng.random_range(0..100) < self.mix.ddl_percent {
            let shape = Shape::ALL[self.rng.random_range(0..Shape::ALL.len())];
            changes.push(self.create(shape));
        }
        let mut used = BTreeSet::new();
        for _ in 0..self.rng.random_range(1..12) {
            let Live { space, shape } = self.pick();
            let key = shape.key(self.rng.random_range(0..self.mix.keys));
            if used.insert((space, key.clone())) {
                changes.push(self.change(space, key));
            }
        }
        if self.live.len() > Shape::ALL.len() && self.rng.random_range(0..100) < self.mix.ddl_percent {
            let live = self.live.remove(self.rng.random_range(0..self.live.len()));
            self.gone.push(live.space);
            changes.push(Change::Drop { space: live.space });
        }
        Batch { changes, stamp: self.stamp() }
    }

    fn create(&mut self, shape: Shape) -> Change {
        let space = SpaceId::new(EngineCode(9), self.next_number);
        self.next_number += 1;
        self.live.push(Live { space, shape });
        Change::Create { space }
    }

    fn change(&mut self, space: SpaceId, key: Vec<u8>) -> Change {
        if self.rng.random_bool(0.3) {
            return Change::Delete { space, key };
        }
        let length = match self.rng.random_range(0..20) {
            0 => 0,
            1 => self.rng.random_range(1000..9000),
            _ => self.rng.random_range(1..40),
        };
        // One number a value, repeated: whoever chooses the numbers has better use for them.
        let mark = self.rng.random::<u16>().to_be_bytes();
        Change::Put { space, key, value: mark.into_iter().cycle().take(length).collect() }
    }

    /// The next stamp: index and timestamp rise, by one or by more, since other engines' batches lie between.
    fn stamp(&mut self) -> Stamp {
        let index = LogIndex(self.last.index.0 + self.rng.random_range(1..4));
        let at = Timestamp(self.last.at.0 + self.rng.random_range(1..5));
        if self.mix.watermark_in_stamps && self.rng.random_bool(0.3) {
            self.floor = self.time();
        }
        self.last = Stamp { at, index, watermark: self.floor };
        self.times.push(at);
        self.last
    }

    fn get(&mut self) -> Step {
        let at = self.time();
        if !self.gone.is_empty() && self.rng.random_bool(0.02) {
            let space = self.gone[self.rng.random_range(0..self.gone.len())];
            return Step::Get { space, key: b"any".to_vec(), at };
        }
        let Live { space, shape } = self.pick();
        // Twice the numbers that are written: keys that never existed are read as well.
        Step::Get { space, key: shape.key(self.rng.random_range(0..self.mix.keys * 2)), at }
    }

    fn scan(&mut self) -> Step {
        let Live { space, shape } = self.pick();
        let range = Range { start: self.bound(shape), end: self.bound(shape) };
        let direction = if self.rng.random() { Direction::Forward } else { Direction::Backward };
        let limit = if self.rng.random_bool(0.3) { self.rng.random_range(0..5) } else { usize::MAX };
        Step::Scan { space, range, at: self.time(), direction, limit }
    }

    fn bound(&mut self, shape: Shape) -> Bound<Vec<u8>> {
        let mut key = shape.key(self.rng.random_range(0..self.mix.keys));
        match self.rng.random_range(0..4) {
            0 => key.push(0),
            1 => drop(key.pop()),
            _ => {}
        }
        match self.rng.random_range(0..3) {
            0 => Bound::Included(key),
            1 => Bound::Excluded(key),
            _ => Bound::Unbounded,
        }
    }

    fn collect(&mut self) -> Step {
        self.floor = self.time().min(self.last.at);
        Step::Collect { watermark: self.floor, once: self.rng.random() }
    }

    /// No snapshot outlives a restart, so an engine may come back with the newest versions only.
    fn restart(&mut self, step: Step) -> Step {
        self.floor = self.last.at;
        step
    }

    fn pick(&mut self) -> Live {
        self.live[self.rng.random_range(0..self.live.len())]
    }

    /// A timestamp that may be read at: that of a batch, one beside it, or far in the future.
    fn time(&mut self) -> Timestamp {
        let at = match self.times.len() {
            0 => self.last.at,
            count => self.times[self.rng.random_range(0..count)],
        };
        let at = match self.rng.random_range(0..8) {
            0 => Timestamp(at.0 - 1),
            1 => Timestamp(at.0 + 1),
            2 => self.last.at,
            _ => at,
        };
        at.max(self.floor)
    }
}
