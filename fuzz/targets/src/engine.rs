//! Operations of an engine's life on memtx beside the model of the conformance kit, on a disk that fails.
//!
//! The kit's own generator draws the history, with the fuzzer's bytes as its random numbers; this target adds writes and
//! syncs that fail during checkpoints, a machine that crashes in the middle, and reads that lie at the next start.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use arbitrary::Unstructured;
use cairn_base::seam::Disk;
use cairn_base::seam::sim::{SimDisk, SimRng, SyncFault};
use cairn_engine_api::{Engine, EngineError, Timestamp};
use cairn_engine_testkit::ops::{Generator, Mix, Step};
use cairn_engine_testkit::{EngineFactory, Outcome, World};
use cairn_memtx::{Memtx, MemtxConfig};
use rand::{Rng, RngCore};

const DIR: &str = "/memtx";
/// Longer histories are cut: a fuzzer's input says more with other bytes than with more bytes.
const STEPS_MAX: usize = 200;

/// A history, and every answer held against the model.
///
/// # Panics
/// When the engine differs from the model, loses what it promised, or fails without a cause.
pub fn run(bytes: &[u8]) {
    let mut generator = Generator::drawing_from(Choices(Unstructured::new(bytes)), Mix { keys: 40, ..Mix::LIFE });
    let factory = MemtxFactory::default();
    let mut world = World::new(&factory).unwrap_or_else(|failure| panic!("{failure}"));
    for number in 0..STEPS_MAX {
        if generator.rng().0.is_empty() {
            break;
        }
        let step = generator.next();
        let done = match step {
            Step::Checkpoint => factory.checkpoint(&mut world, generator.rng()),
            Step::Reopen | Step::Crash => {
                factory.draw_restart(generator.rng());
                world.run(&step)
            }
            _ => world.run(&step),
        };
        done.unwrap_or_else(|failure| panic!("{failure}\n  step {number}"));
    }
    world.check_all(Timestamp::MAX).unwrap_or_else(|failure| panic!("{failure}\n  at the end"));
}

/// The fuzzer's bytes as random numbers: zeros behind their end.
struct Choices<'a>(Unstructured<'a>);

impl RngCore for Choices<'_> {
    fn next_u32(&mut self) -> u32 {
        // Two bytes a choice: the generator scales a number down to its range from the top.
        self.0.arbitrary::<u16>().map_or(0, |choice| u32::from(choice) << 16)
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill_buffer(out).expect("fills with zeros behind the end");
    }
}

/// memtx on a simulated disk.
#[derive(Default)]
struct MemtxFactory {
    disk: SimDisk,
    /// How the engine ends and begins next time.
    restart: Mutex<Restart>,
}

#[derive(Clone, Copy, Default)]
struct Restart {
    /// What ends with a crash: the machine, with a seed for what of the unsynced survives, or the process alone.
    machine: Option<u64>,
    /// A byte of the newest file that the next start reads wrong: a number to scale to its length, and the bits.
    misread: Option<(u32, u8)>,
}

impl MemtxFactory {
    fn draw_restart(&self, rng: &mut impl Rng) {
        *self.restart() = Restart {
            machine: rng.random_bool(0.5).then(|| rng.random()),
            misread: rng.random_bool(0.25).then(|| (rng.random(), 1 << rng.random_range(0..8))),
        };
    }

    fn restart(&self) -> MutexGuard<'_, Restart> {
        self.restart.lock().expect("nobody panics while holding it")
    }

    /// A checkpoint on a disk that may fail. One that failed for that reason has changed nothing that was promised, which
    /// the world sees at the next restart.
    fn checkpoint(&self, world: &mut World<'_>, rng: &mut impl Rng) -> Outcome {
        let faulty = rng.random_bool(0.5);
        if faulty {
            self.inject(rng);
        }
        let attempt = world.engine().checkpoint(world.model().applied(), &|_| {});
        self.disk.clear_faults();
        self.disk.set_capacity(None);
        match attempt {
            // Again on a sound disk, with the kit's own checks.
            Ok(_) => world.checkpoint(),
            Err(EngineError::Io { .. }) if faulty => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn inject(&self, rng: &mut impl Rng) {
        match rng.random_range(0..4) {
            0 => self.disk.fail_write(rng.random_range(0..4), rng.random_range(0..2000)),
            1 => self.disk.fail_sync(rng.random_range(0..3), SyncFault::Lost),
            2 => self.disk.fail_sync(rng.random_range(0..3), SyncFault::HappenedButReported),
            _ => self.disk.set_capacity(Some(self.disk.used_bytes() + rng.random_range(0..4000))),
        }
    }

    fn memtx(&self) -> Result<Memtx, EngineError> {
        Memtx::open(MemtxConfig::default(), Some((Arc::new(self.disk.clone()), DIR.into())), &|_, _| {})
    }

    /// Opens while one byte is read wrong: as if nothing were, or refused. What was read wrong is not on the disk.
    fn open_misreading(&self, position: u32, mask: u8) -> Result<Memtx, EngineError> {
        if let Some(name) = self.disk.list(Path::new(DIR)).expect("the directory lists").last() {
            let path = Path::new(DIR).join(name);
            let bytes = self.disk.read(&path).expect("a file reads").len() as u64;
            self.disk.misread(&path, (u64::from(position) * bytes) >> 32, mask).expect("it was listed");
        }
        let opened = self.memtx();
        self.disk.clear_faults();
        match opened {
            Err(EngineError::Corrupt(_) | EngineError::Format(_)) => self.memtx(),
            opened => opened,
        }
    }
}

impl EngineFactory for MemtxFactory {
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        let misread = self.restart().misread.take();
        let engine = match misread {
            Some((position, mask)) => self.open_misreading(position, mask)?,
            None => self.memtx()?,
        };
        Ok(Arc::new(engine))
    }

    fn crash(&self, engine: Arc<dyn Engine>) -> Result<(), EngineError> {
        drop(engine);
        let machine = self.restart().machine.take();
        match machine {
            Some(seed) => self.disk.crash(&mut SimRng::new(seed)),
            None => self.disk.kill_process(),
        }
        Ok(())
    }
}
