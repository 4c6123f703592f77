//! # bench-peers: our crates beside the libraries that engineers would name
//!
//! ```text
//! bench-peers index [options]     memtx's tree beside congee, masstree, scc, crossbeam-skiplist, BTreeMap
//! ```
//!
//! The only crate that links competitors. It is a workspace of its own (`make bench-peers` builds it), so that an ordinary
//! build or test of Cairn compiles none of them. Workloads, statistics and reports are `cairn-bench-suite`'s: this crate
//! holds an adapter for each library and nothing else. An adapter calls what the library's own documentation recommends
//! for the purpose, and says so where there was a choice.
//!
//! Results are written as JSON like those of `bench-suite`, and `bench-suite show`, `report` and `compare` read them.
//!
//! Bytes are counted at the allocator (as asked for, its own overhead not included), so memory per key is exact and the
//! same on every machine.

mod index;

use std::process::ExitCode;

use cairn_bench_suite::BenchError;
use cairn_bench_suite::session::{Common, measured};
use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: cap::Cap<mimalloc::MiMalloc> = cap::Cap::new(mimalloc::MiMalloc, usize::MAX);

#[derive(Debug, Parser)]
#[command(name = "bench-peers", about = "Measures Cairn's crates beside other libraries, in one run")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ordered indexes in memory.
    Index {
        #[command(flatten)]
        options: cairn_bench_suite::index::Options,
        #[command(flatten)]
        common: Common,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), BenchError> {
    match command {
        Command::Index { options, common } => {
            let recorded = format!("{options:?}");
            measured("index", options.seed, &recorded, &common, |run, hook, _| {
                cairn_bench_suite::index::measure(&options, &index::entries(), || ALLOCATOR.allocated(), hook, run)
            })
        }
    }
}
