//! A server process from outside: its memory, its open files, whether it sleeps, as the kernel sees it.

use std::path::PathBuf;

/// Watches one process.
#[derive(Debug)]
pub struct Vitals {
    process: PathBuf,
    /// Resident bytes when the load was warm.
    memory_bytes: Option<u64>,
    open_files: usize,
}

impl Vitals {
    /// Of the process with this id.
    pub fn new(pid: u32) -> Self {
        let mut vitals = Self { process: PathBuf::from(format!("/proc/{pid}")), memory_bytes: None, open_files: 0 };
        vitals.open_files = vitals.open_files();
        vitals
    }

    /// Resident memory now, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(self.process.join("status")).expect("the process lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024
    }

    /// Does its first thread sleep, waiting for something?
    pub fn sleeps(&self) -> bool {
        let status = std::fs::read_to_string(self.process.join("status")).expect("the process lives");
        let state = status.lines().find_map(|line| line.strip_prefix("State:")).expect("Linux tells it");
        state.trim().starts_with('S')
    }

    /// Open files now, sockets among them.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(self.process.join("fd")).expect("the process lives").count()
    }

    /// Fails when memory has grown by more than `growth_max` bytes since the first call, or when files stay open.
    pub fn check(&mut self, growth_max: u64) {
        let memory = self.memory_bytes();
        let first = *self.memory_bytes.get_or_insert(memory);
        println!("memory {} MiB, {} open files", memory >> 20, self.open_files());
        assert!(
            memory <= first + growth_max,
            "memory grew from {} MiB to {} MiB: something is not given back",
            first >> 20,
            memory >> 20
        );
        // Closing takes the server a moment.
        for _ in 0..100 {
            if self.open_files() <= self.open_files + 8 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!(
            "{} files are open, {} were at the start: connections are not closed",
            self.open_files(),
            self.open_files
        );
    }
}
