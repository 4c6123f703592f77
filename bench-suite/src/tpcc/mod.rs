//! TPC-C: the order processing of a wholesaler, all five transactions, checked afterwards.
//!
//! ```text
//!   data.rs    the initial population, written once to files         load.rs   files -> tables, through COPY
//!   terminal.rs   a client: draws a transaction from the deck, runs it, again after 40001 and 40P01
//!   transactions/   New-Order 45 %, Payment 43 %, Order-Status 4 %, Delivery 4 %, Stock-Level 4 %
//!   check.rs   the specification's consistency conditions (clause 3.3.2), each a query that has to find nothing
//! ```
//!
//! What differs from the specification (revision 5.11), as everywhere where TPC-C is used to compare two databases on one
//! machine: terminals neither think nor key in, so a warehouse yields more than 12.86 tpmC; a client keeps its warehouse
//! and there may be fewer clients than ten per warehouse; deliveries are not queued. Figures are no TPC results.
//! Every client is a thread with a connection of the suite's own ([`crate::server::prepared`]), as small as can be, and
//! statements go one by one, prepared, as a driver sends them.
//!
//! | metric | meaning |
//! |---|---|
//! | `tpmC` | New-Orders committed per minute; the one in a hundred that rolls back is not counted |
//! | `tps` | transactions of all kinds per second |
//! | `p50 ms`, `p99 ms` | of New-Order, retries included |
//! | `retried` | transactions begun again after 40001 or 40P01, per 1000 |
//! | `server CPU us` | of the server's processes, per transaction |
//! | `violations` | rows that the consistency conditions found afterwards |

mod check;
mod data;
mod load;
mod random;
mod statements;
mod terminal;
mod transactions;

use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::process;
use crate::progress::Progress;
use crate::run::{Metric, Run};
use crate::server::{Subject, subjects};
use crate::stats;
use terminal::Stretch;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Warehouses.
    #[arg(long, default_value_t = 10)]
    pub warehouses: i32,
    /// Customers (and first orders) per district; the specification says 3000. Less makes a short run.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(i32).range(10..=3000))]
    pub customers: i32,
    /// Items, and so rows of stock per warehouse; the specification says 100,000.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(i32).range(100..=100_000))]
    pub items: i32,
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_value = "8,32")]
    pub clients: Vec<usize>,
    /// Who: as for `pgbench`.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres-serializable,postgres-read-committed")]
    pub subjects: Vec<String>,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seconds per sample.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Seconds that every subject runs before the first sample of a case. What was just loaded is not in its usual state:
    /// PostgreSQL's first ten seconds have a third of its later throughput.
    #[arg(long, default_value_t = 10)]
    pub warm_up: u64,
    /// Seed.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug)]
struct Size {
    warehouses: i32,
    customers: i32,
    items: i32,
}

impl Size {
    const DISTRICTS: i32 = 10;

    /// The first order of a district that is not delivered yet when a run begins: the last three tenths are not.
    fn first_undelivered(self) -> i32 {
        self.customers - self.customers * 3 / 10 + 1
    }
}

/// Loads all servers, runs all clients on each in turns, and checks.
///
/// # Errors
/// If Cairn or psql is missing, or a server refuses a statement for another reason than a conflict.
pub fn measure(options: &Options, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let size = Size { warehouses: options.warehouses, customers: options.customers, items: options.items };
    let subjects = subjects::start(&options.subjects, run, directory)?;
    let files = directory.join("tpcc");
    data::write(&files, size, options.seed).map_err(BenchError::io("write the population into", &files))?;
    for subject in subjects.iter().filter(|subject| !subject.shared) {
        load::load(subject.server.as_ref(), &files)?;
    }
    let progress = Progress::new(options.clients.len() * options.rounds * subjects.len());
    for &clients in &options.clients {
        let case = [("warehouses", options.warehouses.to_string()), ("clients", clients.to_string())];
        let case = case.map(|(key, value)| (key.to_owned(), value));
        hook.around(|| {
            for subject in subjects.iter().filter(|_| options.warm_up > 0) {
                one(subject, size, clients, Duration::from_secs(options.warm_up), options.seed)?;
            }
            for round in 0..options.rounds {
                for subject in interleave::order(subjects.len(), round).map(|place| &subjects[place]) {
                    progress.begin(&format!("{clients} clients, {}", subject.name));
                    let seed = options.seed + 1 + round as u64;
                    for (metric, value) in one(subject, size, clients, Duration::from_secs(options.seconds), seed)? {
                        run.add(&case, &subject.name, &metric, value);
                    }
                    progress.end();
                }
            }
            Ok(())
        })?;
    }
    progress.finish();
    check::all(&subjects, run)
}

/// One round on one subject.
fn one(
    subject: &Subject,
    size: Size,
    clients: usize,
    time: Duration,
    seed: u64,
) -> Result<Vec<(Metric, f64)>, BenchError> {
    let process = subject.server.process();
    let stretch = terminal::run(subject, size, clients, time, seed, || process::usage_of_tree(process).cpu)?;
    Ok(figures(stretch))
}

fn figures(Stretch { mut tally, seconds, cpu }: Stretch) -> Vec<(Metric, f64)> {
    let transactions = tally.transactions as f64;
    let new_orders = tally.new_order_millis.len() as f64;
    vec![
        (Metric::higher("tpmC"), new_orders * 60.0 / seconds),
        (Metric::higher("tps"), transactions / seconds),
        (Metric::lower("p50 ms"), stats::percentile(&mut tally.new_order_millis, 0.5)),
        (Metric::lower("p99 ms"), stats::percentile(&mut tally.new_order_millis, 0.99)),
        (Metric::lower("retried"), tally.retries as f64 * 1000.0 / transactions),
        (Metric::lower("server CPU us"), cpu.as_secs_f64() * 1e6 / transactions),
    ]
}
