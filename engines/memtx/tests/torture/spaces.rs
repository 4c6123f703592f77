//! Spaces come, are filled and go while others read them: a reader finds all of a space or none.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

use crate::race::OnDrop;

const SPACES: u32 = 300;
const ROWS: u64 = 200;
const READERS: u64 = 3;

/// What the threads share.
struct Scene {
    engine: Memtx,
    /// The newest space that is full.
    filled: AtomicU64,
    scans: AtomicU64,
    over: AtomicBool,
}

/// Runs the scene.
pub(crate) fn come_and_go() {
    let scene = Scene {
        engine: Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens"),
        filled: AtomicU64::new(0),
        scans: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        let scene = &scene;
        let readers: Vec<_> = (0..READERS).map(|seed| scope.spawn(move || scene.read(SimRng::new(seed)))).collect();
        let outcome = catch_unwind(AssertUnwindSafe(|| scene.write()));
        scene.over.store(true, Ordering::Release);
        let outcomes: Vec<_> = readers.into_iter().map(std::thread::ScopedJoinHandle::join).chain([outcome]).collect();
        outcomes.into_iter().for_each(|end| end.unwrap_or_else(|panic| resume_unwind(panic)));
    });
}

impl Scene {
    fn read(&self, mut rng: SimRng) {
        let _over = OnDrop(&self.over);
        while !self.over.load(Ordering::Acquire) {
            let newest = self.filled.load(Ordering::Acquire);
            let number = newest.saturating_sub(rng.below(4)) as u32;
            self.get(number, newest, &mut rng);
            self.scan(number, newest, &mut rng);
        }
    }

    fn get(&self, number: u32, newest: u64, rng: &mut SimRng) {
        let key = rng.below(ROWS).to_be_bytes();
        let mut row = Vec::new();
        if self.engine.get(id(number), &key, Timestamp(newest * 2), &mut row).is_ok_and(|found| found) {
            assert_eq!(row, number.to_be_bytes());
        }
    }

    fn scan(&self, number: u32, newest: u64, rng: &mut SimRng) {
        let direction = if rng.below(2) == 0 { Direction::Forward } else { Direction::Backward };
        let Ok(mut cursor) = self.engine.scan(id(number), KeyRange::ALL, Timestamp(newest * 2), direction) else {
            return;
        };
        let mut rows = 0;
        while let Some(entry) = cursor.next().expect("memory does not fail") {
            assert_eq!(entry.value, number.to_be_bytes());
            rows += 1;
        }
        assert!(rows == ROWS || number == 0, "{rows} rows of space {number} after batch {newest}");
        self.scans.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self) {
        for number in 1..=SPACES {
            let at = u64::from(number) * 2;
            self.fill(number, at);
            self.filled.store(u64::from(number), Ordering::Release);
            if number > 2 {
                self.apply(&[Op::DropSpace { space: id(number - 2) }], at + 1);
            }
            self.engine.collect(Timestamp(at)).expect("memory does not fail");
            while self.scans.load(Ordering::Relaxed) < u64::from(number) / 4 && !self.over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        }
    }

    fn fill(&self, number: u32, at: u64) {
        let space = id(number);
        let keys: Vec<_> = (0..ROWS).map(u64::to_be_bytes).collect();
        let value = number.to_be_bytes();
        let mut ops = vec![Op::CreateSpace { space, options: SpaceOptions::default() }];
        ops.extend(keys.iter().map(|key| Op::Put { space, key, value: &value }));
        self.apply(&ops, at);
    }

    fn apply(&self, ops: &[Op<'_>], at: u64) {
        let stamp = Stamp { at: Timestamp(at), index: LogIndex(at), watermark: Timestamp(at) };
        self.engine.apply(ops, stamp).expect("sound");
    }
}

fn id(number: u32) -> SpaceId {
    SpaceId::new(MEMTX_CODE, number * 1000)
}
