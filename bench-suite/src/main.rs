//! # bench-suite: the command line
//!
//! ```text
//! bench-suite pgbench [options]         whole servers, pgbench's built-in scripts
//! bench-suite log [options]             the write-ahead log beside a bare loop of write and sync
//! bench-suite engines --using a,b       engines beside each other and beside the stores beneath them
//! bench-suite tpcc [options]            whole servers, TPC-C's five transactions, checked afterwards
//! bench-suite tpch --data DIRECTORY      whole servers, TPC-H's queries, answers compared
//! bench-suite recovery [options]        what a crash costs: kill, start, first answer
//! bench-suite show FILE [--metrics ..]  the table of a result again
//! bench-suite report FILE... -o X.html  a page with plots that opens from disk
//! bench-suite figures README.md         makes the tables in a document anew from the results that it names
//! bench-suite compare OLD NEW           what changed between two results, and what is noise
//! ```
//!
//! Every measuring command writes one JSON file into `--results` (by default `bench-suite/results`), prints a short table
//! to standard output, and shows its progress on standard error. `--hook COMMAND` names a program that is called as
//! `COMMAND begin` and `COMMAND end` around each case, to keep the machine quiet or to watch it. It ends with 0 when it has
//! measured everything, with 1 and a message when it could not.
//!
//! What is measured and how is in the library's documentation, `cargo doc -p cairn-bench-suite`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cairn_bench_suite::run::Run;
use cairn_bench_suite::session::{Common, counted, measured};
use cairn_bench_suite::{BenchError, compare, engine, log, pgbench, recovery, report, tpcc, tpch};
use cairn_engine_testkit::allocator::Counting;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// The server's allocator, and counted.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

#[derive(Debug, Parser)]
// Lists of measurements name options, and whoever calls them may name others behind: the last one counts (of lists of values, all).
#[command(name = "bench-suite", about = "Measures Cairn beside its peers, in one run", args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// pgbench's built-in scripts against whole servers.
    Pgbench {
        #[command(flatten)]
        options: pgbench::Options,
        #[command(flatten)]
        common: Common,
    },
    /// TPC-C's five transactions against whole servers, checked afterwards.
    Tpcc {
        #[command(flatten)]
        options: tpcc::Options,
        #[command(flatten)]
        common: Common,
    },
    /// TPC-H's 22 queries against whole servers, answers compared.
    Tpch {
        #[command(flatten)]
        options: tpch::Options,
        #[command(flatten)]
        common: Common,
    },
    /// What a crash costs: SIGKILL, start, first answer.
    Recovery {
        #[command(flatten)]
        options: recovery::Options,
        #[command(flatten)]
        common: Common,
    },
    /// The write-ahead log beside a bare loop of write and sync.
    Log {
        #[command(flatten)]
        options: log::Options,
        #[command(flatten)]
        common: Common,
    },
    /// Engines beside each other and beside the stores beneath them.
    Engines {
        /// Engines by the names that SQL knows.
        #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,redb")]
        using: Vec<String>,
        #[command(flatten)]
        options: engine::Options,
        #[command(flatten)]
        common: Common,
    },
    /// Prints the table of a result.
    Show {
        /// The result.
        file: PathBuf,
        /// Metrics by name, or `all`; without, the first.
        #[arg(long, value_delimiter = ',')]
        metrics: Vec<String>,
    },
    /// Draws results as one page.
    Report {
        /// The results.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The page.
        #[arg(short, long, default_value = "bench-report.html")]
        output: PathBuf,
    },
    /// Makes the tables in a document anew from the results that it names, which stand beside it.
    Figures {
        /// The document.
        document: PathBuf,
    },
    /// Compares two results of the same workload.
    Compare {
        /// The earlier one.
        old: PathBuf,
        /// The later one.
        new: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-suite: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), BenchError> {
    match command {
        Command::Pgbench { options, common } => {
            let recorded = format!("{options:?}");
            measured("pgbench", options.seed, &recorded, &common, |run, hook, directory| {
                pgbench::measure(&options, hook, run, directory)
            })
        }
        Command::Tpcc { options, common } => {
            let recorded = format!("{options:?}");
            measured("tpcc", options.seed, &recorded, &common, |run, hook, directory| {
                tpcc::measure(&options, hook, run, directory)
            })
        }
        Command::Tpch { options, common } => {
            let recorded = format!("{options:?}");
            measured("tpch", 0, &recorded, &common, |run, hook, directory| {
                tpch::measure(&options, hook, run, directory)
            })
        }
        Command::Recovery { options, common } => {
            let recorded = format!("{options:?}");
            measured("recovery", options.seed, &recorded, &common, |run, hook, directory| {
                recovery::measure(&options, hook, run, directory)
            })
        }
        Command::Log { options, common } => {
            let recorded = format!("{options:?}");
            measured("log", 0, &recorded, &common, |run, hook, directory| log::measure(&options, hook, run, directory))
        }
        Command::Engines { using, options, common } => {
            let entries = engine::using::entries(&using)?;
            if options.counted.is_some() {
                return counted(&common, |directory| engine::count(&options, &entries, directory));
            }
            let recorded = format!("{using:?} {options:?}");
            measured("engines", options.seed, &recorded, &common, |run, hook, directory| {
                engine::measure(&options, &entries, hook, run, directory)
            })
        }
        Command::Show { file, metrics } => {
            print!("{}", report::table(&Run::load(&file)?, &metrics));
            Ok(())
        }
        Command::Report { files, output } => {
            let runs = files.iter().map(|file| Run::load(file)).collect::<Result<Vec<_>, _>>()?;
            std::fs::write(&output, report::page(&runs)).map_err(BenchError::io("write", &output))
        }
        Command::Figures { document } => {
            let text = std::fs::read_to_string(&document).map_err(BenchError::io("read", &document))?;
            let root = document.parent().unwrap_or(Path::new("."));
            std::fs::write(&document, report::refresh(&text, root)?).map_err(BenchError::io("write", &document))
        }
        Command::Compare { old, new } => {
            print!("{}", compare::text(&compare::compare(&Run::load(&old)?, &Run::load(&new)?)));
            Ok(())
        }
    }
}
