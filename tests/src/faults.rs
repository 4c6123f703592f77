//! Disks that fail on demand: a preloaded library stands between the server and the C library's file functions.
//!
//! ```text
//!   Faults::arm("sync lie 3 1 */log/*.log") --> plan file --> faults.c in the server: the third fdatasync of a segment
//!   Faults::fired()  <------------------------ plan.fired <-- is done, and EIO is said
//! ```
//! The log must not be written through io_uring, which goes past the C library: start the server with
//! `instance.wal.device=portable`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Server;

/// What the library is asked to do: see the head of `faults.c` for the words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Which operation.
    pub operation: &'static str,
    /// How it ends.
    pub answer: &'static str,
    /// The first that fails, from 1.
    pub first: u64,
    /// How many fail; 0: all from then on.
    pub count: u64,
    /// On which paths: a pattern as for file names in a shell.
    pub pattern: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {} {}", self.operation, self.answer, self.first, self.count, self.pattern)
    }
}

/// The library in one server, and its plan.
#[derive(Debug)]
pub struct Faults {
    plan: PathBuf,
}

impl Faults {
    /// Builds the library and makes `server` use it from its next start on.
    pub fn new(server: &mut Server) -> Self {
        let directory = server.data().parent().expect("a directory of its own").to_owned();
        let library = directory.join("faults.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(Path::new("src/faults.c"))
            .arg("-ldl")
            .status()
            .expect("the C compiler that RocksDB needed");
        assert!(status.success(), "faults.c compiles");
        let plan = directory.join("fault_plan");
        server.set_environment("LD_PRELOAD", library);
        server.set_environment("FAULT_PLAN", plan.clone());
        Self { plan }
    }

    /// From now on this fails.
    pub fn arm(&self, fault: &Fault) {
        let new = self.plan.with_extension("new");
        std::fs::write(&new, format!("{fault}\n")).expect("the plan can be written");
        std::fs::rename(&new, &self.plan).expect("the plan can be put in place");
    }

    /// From now on nothing fails.
    pub fn disarm(&self) {
        match std::fs::remove_file(&self.plan) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("the plan stays: {error}"),
            _ => {}
        }
    }

    /// The paths on which something has failed, the first one first.
    pub fn fired(&self) -> Vec<PathBuf> {
        let mut name = self.plan.clone().into_os_string();
        name.push(".fired");
        let lines = std::fs::read_to_string(name).unwrap_or_default();
        lines.lines().filter_map(|line| line.splitn(3, ' ').nth(2)).map(PathBuf::from).collect()
    }
}
