//! Single rows and small transactions: Cairn and PostgreSQL beside stores that are no SQL servers, or are linked into the
//! program. pgbench drives only the former, so the clients are the suite's own.
//!
//! Every client is a thread with a session, and a closed loop: the next operation when the last one is answered. All
//! clients are equally small: [`crate::server::prepared`], [`crate::server::resp`] and [`crate::server::iproto`] write a
//! request and read an answer. Every subject promises the same: what was answered is synced (Redis with
//! `appendfsync always`, Tarantool with `wal_mode = 'fsync'`, SQLite with `synchronous = FULL`).
//!
//! | metric | meaning |
//! |---|---|
//! | `ops/s` | operations answered per second; a transfer between two accounts is one |
//! | `CPU us` | of the server's processes and the clients together, per operation: a store that is linked in has no server |
//! | `server CPU us` | of the server's processes alone |
//! | `p50 us`, `p99 us` | of single operations, what had to be tried again included |
//! | `retried` | operations tried again after a conflict |
//! | `lost` | increments that the hot row does not show, or what the sum of all accounts has changed by: has to be 0 |
//! | `skews` | per 1000 transactions of `write-skew`, how often nobody was found on duty: 0 where transactions are serializable |
//! | `flushes`, `written B` | of the whole disk per operation; other programs' are in it |

mod loops;
mod redis;
mod sql;
mod tarantool;
mod workload;

pub use workload::{ACCOUNTS, BALANCE, HOLD, Operation, Workload, body};

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use clap::Args;

use crate::disk;
use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::keys::never_used;
use crate::process;
use crate::progress::Progress;
use crate::run::{self, Metric, Run, case_text};
use crate::server::{Redis, Tarantool, subjects};
use crate::stats;
use loops::Load;
use tarantool::{Asked, Language};

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What clients do.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "get,put,ycsb-a,ycsb-b,ycsb-c,ycsb-d,ycsb-e,ycsb-f,long-readers,hot-row,bank,write-skew"
    )]
    pub workloads: Vec<Workload>,
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_value = "1,8")]
    pub clients: Vec<u64>,
    /// Who: engines of Cairn, `postgres`, `redis`, `tarantool`, `sqlite`. Of Cairn and PostgreSQL with a level of isolation
    /// behind, as for `pgbench`.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "memtx,vinyl,postgres,postgres-serializable,redis,tarantool,sqlite"
    )]
    pub subjects: Vec<String>,
    /// Rows, of 100 bytes.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub rows: u64,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Milliseconds per sample.
    #[arg(long, default_value_t = 3000)]
    pub millis: u64,
    /// Seed.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// Somebody who keeps rows.
pub trait Store {
    /// Name in all tables.
    fn name(&self) -> &str;
    /// Whether it takes part in a workload.
    fn takes(&self, workload: Workload) -> bool;
    /// The first process of a server; `None` of a store in this process.
    fn process(&self) -> Option<u32>;
    /// A new session.
    ///
    /// # Errors
    /// If it is refused.
    fn connect(&self) -> Result<Box<dyn Session>, BenchError>;
    /// A number that shows whether promises were kept: the hot row's, the sum of all accounts, how often nobody was on
    /// duty. `None` for workloads that promise nothing.
    ///
    /// # Errors
    /// If it cannot be asked.
    fn witness(&self, workload: Workload) -> Result<Option<i64>, BenchError>;
}

/// One client's connection.
pub trait Session: Send {
    /// Does one thing, durably.
    ///
    /// # Errors
    /// If the store fails.
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError>;
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Done,
    /// Not at all, because of another one; it has to be tried again.
    Conflict,
}

/// Opens and fills a store in an empty directory.
pub type Open = fn(&Path, &Options) -> Result<Box<dyn Store>, BenchError>;

/// A store that the calling program links.
pub struct Linked {
    /// As options name it.
    pub name: &'static str,
    /// As it says itself.
    pub version: String,
    /// Makes one.
    pub open: Open,
}

/// Starts and fills everybody, runs every case and fills `run`.
///
/// # Errors
/// If Cairn is missing, or somebody fails. A missing peer is a note.
pub fn measure(
    options: &Options,
    linked: &[Linked],
    hook: &Hook,
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    let stores = start(options, linked, run, directory)?;
    let progress = Progress::new(options.workloads.len() * options.clients.len() * options.rounds);
    for &workload in &options.workloads {
        for &clients in &options.clients {
            let case = [("workload", workload.name().to_owned()), ("clients", clients.to_string())];
            let case = case.map(|(key, value)| (key.to_owned(), value));
            hook.around(|| {
                for round in 0..options.rounds {
                    progress.begin(&case_text(&case));
                    for place in interleave::order(stores.len(), round) {
                        if stores[place].takes(workload) {
                            let load = Load {
                                workload,
                                clients,
                                rows: options.rows,
                                new_keys: never_used(),
                                time: Duration::from_millis(options.millis),
                                seed: options.seed + round as u64,
                            };
                            one(stores[place].as_ref(), load, &case, run, directory)?;
                        }
                    }
                    progress.end();
                }
                Ok(())
            })?;
        }
    }
    progress.finish();
    Ok(())
}

/// All that `options` name, in this order: SQL servers, other servers, what is linked.
fn start(
    options: &Options,
    linked: &[Linked],
    run: &mut Run,
    directory: &Path,
) -> Result<Vec<Box<dyn Store>>, BenchError> {
    let other = |name: &&String| ["redis", "tarantool"].contains(&name.as_str());
    let links = |name: &str| linked.iter().find(|linked| linked.name == name);
    let names: Vec<String> =
        options.subjects.iter().filter(|name| !other(name) && links(name).is_none()).cloned().collect();
    let mut stores: Vec<Box<dyn Store>> = Vec::new();
    for subject in subjects::start(&names, run, directory)? {
        sql::load(&subject, options)?;
        stores.push(Box::new(subject));
    }
    for name in options.subjects.iter().filter(|name| other(name) || links(name).is_some()) {
        let place = directory.join(name);
        std::fs::create_dir_all(&place).map_err(BenchError::io("create", &place))?;
        let (started, version) = match links(name) {
            Some(linked) => ((linked.open)(&place, options).map(|store| vec![store]), linked.version.clone()),
            None if name == "redis" => {
                (redis::start(&place, options).map(|redis| vec![Box::new(redis) as _]), version(Redis::version()))
            }
            None => (tarantool::start(&place, options).map(both_languages), version(Tarantool::version())),
        };
        match started {
            Ok(started) => {
                run.subjects.extend(started.iter().map(|store| run::Subject {
                    name: store.name().to_owned(),
                    version: version.clone(),
                    peer: true,
                }));
                stores.extend(started);
            }
            Err(BenchError::Missing(what)) => run.notes.push(format!("{name} is left out: {what} is not installed")),
            Err(error) => return Err(error),
        }
    }
    Ok(stores)
}

/// What a program says; whether it is there at all is seen when it is started.
fn version(said: Result<String, BenchError>) -> String {
    said.unwrap_or_default()
}

fn both_languages(server: Tarantool) -> Vec<Box<dyn Store>> {
    let server = Rc::new(server);
    [Language::Requests, Language::Sql]
        .map(|language| Box::new(Asked { server: server.clone(), language }) as Box<dyn Store>)
        .into()
}

/// One round of one case on one store.
fn one(
    store: &dyn Store,
    load: Load,
    case: &[(String, String)],
    run: &mut Run,
    directory: &Path,
) -> Result<(), BenchError> {
    let server_cpu = || store.process().map_or(Duration::ZERO, |id| process::usage_of_tree(id).cpu);
    let promised = store.witness(load.workload)?;
    let (server, own, disk) = (server_cpu(), process::own_cpu(), disk::done(directory));
    // Not every error says who.
    let named = |error: BenchError| BenchError::Program { program: store.name().to_owned(), output: error.to_string() };
    let mut tally = loops::run(store, load).map_err(named)?;
    let (server, own) = (server_cpu().saturating_sub(server), process::own_cpu().saturating_sub(own));
    let disk = disk.zip(disk::done(directory));
    let kept = store.witness(load.workload)?;
    let done = tally.done as f64;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / done;
    let mut add = |metric: Metric, value: f64| run.add(case, store.name(), &metric, value);
    add(Metric::higher("ops/s"), done / tally.seconds);
    add(Metric::lower("CPU us"), micros(server + own));
    if store.process().is_some() {
        add(Metric::lower("server CPU us"), micros(server));
    }
    add(Metric::lower("p50 us"), stats::percentile(&mut tally.latencies, 0.5));
    add(Metric::lower("p99 us"), stats::percentile(&mut tally.latencies, 0.99));
    add(Metric::lower("retried"), tally.retried as f64);
    if let Some((promised, kept)) = promised.zip(kept) {
        let change = (kept - promised).unsigned_abs();
        match load.workload {
            Workload::HotRow => add(Metric::lower("lost"), change.abs_diff(tally.done) as f64),
            Workload::WriteSkew => add(Metric::lower("skews"), change as f64 * 1000.0 / done),
            _ => add(Metric::lower("lost"), change as f64),
        }
    }
    if let Some((before, after)) = disk {
        add(Metric::lower("flushes"), after.flushes.saturating_sub(before.flushes) as f64 / done);
        add(Metric::lower("written B"), after.bytes_written.saturating_sub(before.bytes_written) as f64 / done);
    }
    Ok(())
}
