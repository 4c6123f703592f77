//! One life of a node: the production assembly on the simulated disk, its threads turned into steps.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use cairn_base::seam::Disk;
use cairn_base::seam::sim::{SimClock, SimDisk, SimRng};
use cairn_base::{EngineCode, LogIndex, Timestamp};
use cairn_engine_api::{Engine, EngineError, Stamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};
use cairn_storage::{DataDir, DataDirError, Log, LogHome, RecoverError, Registered, open_shard, recover};
use cairn_txn::{Applier, Shard, ShardConfig};
use cairn_wal::device::ChosenDevice;
use cairn_wal::{OpenError, Options, Place, Recovery};

use crate::device::DeviceSteps;
use crate::disk::LifeDisk;
use crate::engine::{SLOW_CODE, SlowHabits, slow};

/// What of a node's settings the simulator varies.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The log's.
    pub log: Options,
    /// See [`ShardConfig::run_ops_min`].
    pub run_ops_min: usize,
    /// See [`ShardConfig::reads_bytes_max`].
    pub reads_bytes_max: usize,
    /// See [`ShardConfig::window_keys_max`].
    pub window_keys_max: usize,
    /// The slow engine's.
    pub slow: SlowHabits,
}

/// What the slow engine's thread is told to do.
#[derive(Debug)]
pub enum Order {
    /// To apply a batch.
    Apply {
        /// The record.
        record: Arc<[u8]>,
        /// Whose.
        engine: EngineCode,
        /// Its place and time.
        stamp: Stamp,
    },
    /// To collect.
    Collect(EngineCode, Timestamp),
}

/// What waits for the slow engine's thread, and what it has reported.
#[derive(Debug, Default)]
pub struct ApplierQueue {
    /// To be done, in order.
    pub orders: VecDeque<Order>,
    /// Applied, and the core does not know yet.
    pub reports: VecDeque<(EngineCode, LogIndex)>,
}

impl ApplierQueue {
    /// Is a collection among the orders?
    pub fn is_collecting(&self) -> bool {
        self.orders.iter().any(|order| matches!(order, Order::Collect(..)))
    }
}

/// `txn`'s hand on the queue.
struct Hand(Rc<RefCell<ApplierQueue>>);

impl Applier for Hand {
    fn submit(&mut self, record: Arc<[u8]>, engine: EngineCode, stamp: Stamp) {
        self.0.borrow_mut().orders.push_back(Order::Apply { record, engine, stamp });
    }
}

/// A node could not start.
#[derive(Debug)]
pub enum BootError {
    /// The data directory was refused.
    Dir(DataDirError),
    /// An engine did not open.
    Engine(EngineError),
    /// The log did not open, or does not fit to the engines.
    Log(RecoverError),
}

impl BootError {
    /// Did the operating system refuse, as it does when faults are injected?
    pub fn is_io(&self) -> bool {
        match self {
            Self::Dir(error) => matches!(error, DataDirError::Io { .. }),
            Self::Engine(error) => matches!(error, EngineError::Io { .. }),
            Self::Log(RecoverError::Log(error)) => matches!(error, OpenError::Io { .. }),
            Self::Log(RecoverError::Replay(_)) => false,
        }
    }

    /// Were bytes found that are not what was written?
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Dir(error) => matches!(error, DataDirError::Format { .. }),
            Self::Engine(error) => matches!(error, EngineError::Corrupt(_) | EngineError::Format(_)),
            Self::Log(RecoverError::Log(error)) => !matches!(error, OpenError::Io { .. } | OpenError::Options(_)),
            Self::Log(RecoverError::Replay(_)) => true,
        }
    }
}

impl std::fmt::Display for BootError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dir(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
        }
    }
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// Transactions.
    pub shard: Shard,
    /// The log, as the assembly shares it.
    pub log: Log,
    /// memtx and the slow engine.
    pub engines: Vec<Registered>,
    /// The log's device.
    pub device: DeviceSteps,
    /// Somebody asked for a turn of the log.
    pub kicked: Rc<Cell<bool>>,
    /// The slow engine's thread.
    pub applier: Rc<RefCell<ApplierQueue>>,
    /// This life's disk.
    pub disk: LifeDisk,
    _dir: DataDir,
}

/// Where everything is kept.
const HOME: &str = "/cairn";

impl Node {
    /// Starts a node as the server does: directory, engines, shard, recovery.
    pub fn boot(
        disk: LifeDisk,
        config: &NodeConfig,
        clock: &SimClock,
        rng: &mut SimRng,
    ) -> Result<(Self, Recovery), BootError> {
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let dir = DataDir::open(shared.clone(), Path::new(HOME)).map_err(BootError::Dir)?;
        let engines = open_engines(&dir, config, rng).map_err(BootError::Engine)?;
        let kicked = Rc::new(Cell::new(false));
        let bell = kicked.clone();
        let log = Log::new(move || bell.set(true));
        let applier = Rc::new(RefCell::new(ApplierQueue::default()));
        let hand = Box::new(Hand(applier.clone()));
        let mut shard = open_shard(shard_config(config), &engines, &log, hand, Rc::new(clock.clone()));
        let device = DeviceSteps::default();
        let chosen = ChosenDevice { device: Box::new(device.device()), name: "simulated", reason: String::new() };
        let place = Place { disk: shared, dir: dir.log() };
        let home = LogHome { place, options: config.log, device: Some(chosen) };
        let found = recover(home, rng, &engines, &mut shard, &log, &mut |_| {}).map_err(BootError::Log)?;
        Ok((Self { shard, log, engines, device, kicked, applier, disk, _dir: dir }, found))
    }

    /// The engine with this code.
    pub fn engine(&self, code: EngineCode) -> &Arc<dyn Engine> {
        let found = self.engines.iter().find(|registered| registered.code == code);
        &found.expect("spaces are made in engines that exist").engine
    }
}

/// Files of a home on the medium, for checks that look without opening it.
pub fn log_place(medium: &SimDisk) -> Place {
    Place { disk: Arc::new(medium.clone()), dir: Path::new(HOME).join("log") }
}

fn shard_config(config: &NodeConfig) -> ShardConfig {
    ShardConfig {
        run_ops_min: config.run_ops_min,
        reads_bytes_max: config.reads_bytes_max,
        window_keys_max: config.window_keys_max,
        ..ShardConfig::default()
    }
}

fn open_engines(dir: &DataDir, config: &NodeConfig, rng: &mut SimRng) -> Result<Vec<Registered>, EngineError> {
    let memtx = Memtx::open(MemtxConfig::default(), Some((dir.disk.clone(), dir.memtx())), &|_, _| {})?;
    let mood = cairn_base::seam::Rng::next_u64(rng);
    let slow = slow::open(dir.disk.clone(), &dir.path.join("slow"), config.slow, mood)?;
    Ok(vec![
        Registered { name: "memtx", code: MEMTX_CODE, engine: Arc::new(memtx) },
        Registered { name: "slow", code: SLOW_CODE, engine: Arc::new(slow) },
    ])
}
