//! How much memory an engine takes, told by three who do not know of each other.

use std::fmt;

use cairn_engine_api::Engine;
use cairn_engine_testkit::allocator::bytes_in_use;
use cairn_memtx::Memtx;

/// Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// What the engine itself counts.
    pub(crate) counted: u64,
    /// What the process asked of the allocator, beyond what it had asked before the engine was opened.
    pub(crate) allocated: u64,
    /// Memory that the operating system has given to the process, beyond what it had before the engine was opened.
    pub(crate) resident: u64,
}

/// The process before it opened an engine.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    allocated: u64,
    resident: u64,
}

impl Before {
    pub(crate) fn now() -> Self {
        Self { allocated: bytes_in_use(), resident: resident_bytes() }
    }

    /// What `engine` takes now.
    pub(crate) fn footprint(self, engine: &Memtx) -> Footprint {
        Footprint {
            counted: engine.stats(None).memory_bytes,
            allocated: bytes_in_use().saturating_sub(self.allocated),
            resident: resident_bytes().saturating_sub(self.resident),
        }
    }
}

impl Footprint {
    /// How many times `fresh`: counted, allocated, resident.
    pub(crate) fn ratios(self, fresh: Self) -> [f64; 3] {
        let ratio = |now: u64, fresh: u64| now as f64 / fresh as f64;
        [
            ratio(self.counted, fresh.counted),
            ratio(self.allocated, fresh.allocated),
            ratio(self.resident, fresh.resident),
        ]
    }

    /// As three numbers, for another process.
    pub(crate) fn to_line(self) -> String {
        format!("{} {} {}", self.counted, self.allocated, self.resident)
    }

    /// What [`Self::to_line`] wrote.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(|word| word.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self { counted: next()?, allocated: next()?, resident: next()? })
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            "counted {:7.1} MiB, allocated {:7.1} MiB, resident {:7.1} MiB",
            mib(self.counted),
            mib(self.allocated),
            mib(self.resident)
        )
    }
}

/// VmRSS of this process.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells about each process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS is among it");
    let kib = line.trim().trim_end_matches(" kB").trim();
    kib.parse::<u64>().expect("VmRSS is a number") << 10
}
