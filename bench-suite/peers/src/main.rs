//! # bench-peers: our crates beside the libraries that engineers would name
//!
//! ```text
//! bench-peers index [options]     memtx's tree beside congee, masstree, scc, crossbeam-skiplist, BTreeMap
//! bench-peers engine [options]    memtx beside fjall and LMDB (RocksDB and redb are in `bench-suite engines`)
//! bench-peers keyvalue [options]  single rows and small transactions: Cairn, PostgreSQL, Redis, Tarantool, SQLite
//! bench-peers tpch-data DIR       TPC-H's tables as files, for `bench-suite tpch`
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

mod engine;
mod index;
mod keyvalue;
mod tpch_data;

use std::path::PathBuf;
use std::process::ExitCode;

use cairn_bench_suite::BenchError;
use cairn_bench_suite::session::{Common, counted, measured};
use cairn_engine_testkit::allocator::Counting;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// The server's allocator, and counted.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

#[derive(Debug, Parser)]
// Lists of measurements name options, and whoever calls them may name others behind: the last one counts (of lists of values, all).
#[command(
    name = "bench-peers",
    about = "Measures Cairn's crates beside other libraries, in one run",
    args_override_self = true
)]
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
    /// Key-value stores.
    Engine {
        #[command(flatten)]
        options: cairn_bench_suite::engine::Options,
        #[command(flatten)]
        common: Common,
    },
    /// Single rows and small transactions.
    Keyvalue {
        #[command(flatten)]
        options: cairn_bench_suite::keyvalue::Options,
        #[command(flatten)]
        common: Common,
    },
    /// TPC-H's tables as files.
    TpchData {
        /// Where the files go.
        directory: PathBuf,
        /// Scale factor: about so many gigabytes.
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
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
        Command::TpchData { directory, scale } => tpch_data::write(&directory, scale),
        Command::Index { options, common } => {
            let (entries, recorded) = (index::entries(), format!("{options:?}"));
            if options.counted.is_some() {
                return counted(&common, |_| cairn_bench_suite::index::count(&options, &entries));
            }
            measured("index", options.seed, &recorded, &common, |run, hook, directory| {
                cairn_bench_suite::index::measure(&options, &entries, hook, run, directory)
            })
        }
        Command::Engine { options, common } => {
            let (entries, recorded) = (engine::entries(), format!("{options:?}"));
            if options.counted.is_some() {
                return counted(&common, |directory| cairn_bench_suite::engine::count(&options, &entries, directory));
            }
            measured("engine", options.seed, &recorded, &common, |run, hook, directory| {
                cairn_bench_suite::engine::measure(&options, &entries, hook, run, directory)
            })
        }
        Command::Keyvalue { options, common } => {
            let recorded = format!("{options:?}");
            measured("keyvalue", options.seed, &recorded, &common, |run, hook, directory| {
                cairn_bench_suite::keyvalue::measure(&options, &keyvalue::linked(), hook, run, directory)
            })
        }
    }
}
