//! What a run varies: which workloads, which faults, how often, how slow. Drawn from the seed, so that each run lives in
//! its own corner: a bug often needs one kind of trouble to be frequent and the others to be absent (Groce et al., "Swarm
//! Testing", ISSTA 2012).

use cairn_base::seam::sim::SimRng;
use cairn_wal::{DeviceKind, Durability, Options};

use crate::chance::Chance;
use crate::engine::SlowHabits;
use crate::node::NodeConfig;
use crate::workload::Workload;

/// Everything that a run varies.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// Clients.
    pub clients: usize,
    /// What they do, and how often.
    pub workloads: Vec<(Workload, u64)>,
    /// Longest pause of a client between two transactions, in nanoseconds.
    pub pause_nanos_max: u64,
    /// How often each kind of step is chosen.
    pub weights: Weights,
    /// Longest time that the device takes for one step, in nanoseconds.
    pub device_nanos_max: u64,
    /// Which faults there are.
    pub faults: Faults,
    /// The node's settings.
    pub node: NodeConfig,
}

/// How often each kind of step is chosen, against the others that are possible at that moment.
#[derive(Clone, Debug)]
pub struct Weights {
    /// A client's step.
    pub client: u64,
    /// A turn of the log.
    pub turn: u64,
    /// A step of the log's device.
    pub device: u64,
    /// A batch for the slow engine.
    pub apply: u64,
    /// The news that a batch was applied.
    pub report: u64,
    /// A checkpoint begins.
    pub checkpoint: u64,
    /// A step of the checkpoint.
    pub background: u64,
    /// Timeouts are looked at.
    pub tick: u64,
    /// Old versions are collected.
    pub collect: u64,
    /// Engines are compared with the oracle.
    pub audit: u64,
    /// The machine stops, or the process.
    pub crash: u64,
    /// A fault is injected.
    pub fault: u64,
    /// The wall clock jumps.
    pub jump: u64,
}

/// Which faults there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Writes and syncs fail.
    pub io: bool,
    /// The disk fills up.
    pub full: bool,
    /// Reads return wrong bytes while the node starts.
    pub misreads: bool,
    /// The machine stops while the node starts.
    pub crash_at_start: bool,
    /// Bytes decay while the node is down, where that must be noticed.
    pub decay: bool,
}

impl Swarm {
    /// The corner of this seed.
    pub fn draw(rng: &mut SimRng) -> Self {
        let workloads: Vec<(Workload, u64)> =
            Workload::ALL.iter().map(|workload| (*workload, rng.choose(&[0, 1, 2, 5]))).collect();
        Self {
            clients: rng.between(1, 8) as usize,
            workloads,
            pause_nanos_max: rng.choose(&[0, 20_000, 500_000]),
            weights: Weights::draw(rng),
            device_nanos_max: rng.choose(&[1_000, 100_000, 5_000_000]),
            faults: Faults {
                io: rng.percent(50),
                full: rng.percent(20),
                misreads: rng.percent(20),
                crash_at_start: rng.percent(30),
                decay: rng.percent(20),
            },
            node: draw_node(rng),
        }
    }

    /// Does what is reported durable survive the machine, or the process only?
    pub fn syncs_before_answering(&self) -> bool {
        self.node.log.durability == Durability::Sync
    }
}

impl Weights {
    fn draw(rng: &mut SimRng) -> Self {
        let often = [50, 200, 1_000];
        Self {
            client: 1_000,
            turn: rng.choose(&often),
            device: rng.choose(&often),
            apply: rng.choose(&often),
            report: rng.choose(&often),
            checkpoint: rng.choose(&[0, 5, 40]),
            background: rng.choose(&[100, 500, 2_000]),
            tick: 20,
            collect: rng.choose(&[0, 20, 200]),
            audit: 10,
            crash: rng.choose(&[0, 2, 6, 20]),
            fault: rng.choose(&[0, 4, 15]),
            jump: rng.choose(&[0, 0, 10]),
        }
    }
}

fn draw_node(rng: &mut SimRng) -> NodeConfig {
    NodeConfig {
        log: Options {
            segment_bytes: rng.choose(&[4 << 10, 8 << 10, 64 << 10]),
            spare_segments_max: rng.choose(&[0, 1, 2]),
            group_bytes_max: rng.choose(&[1, 500, 1 << 20]),
            durability: if rng.percent(20) { Durability::Os } else { Durability::Sync },
            device: DeviceKind::Auto,
        },
        run_ops_min: rng.choose(&[1, 3, 4_096]),
        reads_bytes_max: rng.choose(&[64, 1 << 20]),
        window_keys_max: rng.choose(&[4, 1_000_000, 1_000_000]),
        slow: SlowHabits { misses_percent: rng.choose(&[0, 10, 50]), later_percent: rng.choose(&[0, 0, 20]) },
    }
}
