//! # cairn-sql-analytics: large queries on their own threads
//!
//! The back end for every SELECT that is no bounded index access: joins, aggregation, windows, set operations, subqueries.
//! It is the only crate that knows DataFusion, and it uses it as a box of operators and rewrite rules, never as a
//! database: parsing, names, types, functions, catalog, transactions and parameters are Cairn's.
//!
//! ```text
//!  typed tree --lower--> DataFusion's logical plan --its rules--> --its planner--> physical plan --> rows
//!                |             |                                                       |
//!                |             |  columns with names that occur once                   |  leaves: the transaction's
//!                |             |  expressions: eval(columns), one call of ours each    |  snapshot and own writes
//!                |             '  aggregates: our states                               '
//!                '-- join order, correlated subqueries, grouping sets, LIMIT per tuple, ...
//! ```
//!
//! **Promises**
//! - *PostgreSQL's semantics.* Every operator, cast, function and aggregate is the kernel that the short executor calls,
//!   lifted over Arrow arrays by one adapter (`function`); CASE, COALESCE, AND and OR stay as lazy as they are there. What DataFusion does by
//!   itself (hash join, grouping, sorting) it does on values whose bytes are equal and ordered as PostgreSQL says (`sortable`).
//! - *Errors unchanged.* A kernel's error comes out as it went in; DataFusion's own become 53200, 57014, 0A000 or XX000.
//! - *Wrong answers are worse than refusals.* What cannot be planned is 0A000 and says what it is.
//! - *Never in the way.* Own threads, own memory per query, a limit of queries at a time; dropping [`Rows`] stops a query.
//!
//! **Deliberately missing, so far**: statistics of values (the join order knows keys and numbers of rows), spilling aggregation,
//! several threads for one query, index lookups driven by a join's other side, plans cached beyond the typed tree.

mod aggregate;
mod append;
mod context;
mod error;
mod eval;
mod explain;
mod function;
mod leaf;
mod lower;
mod opaque;
mod pool;
mod run;
mod sortable;
mod transform;
mod value;
mod window;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cairn_sql_binder::tree::Query;
use cairn_sql_catalog::Catalog;
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::zone::Zone;
use cairn_sql_types::{Datum, SqlError, Type, TypeId};
use cairn_txn::SnapshotView;
use tokio::sync::{mpsc, oneshot};

use context::Run;
use pool::Pool;
use run::{Message, StopOnDrop};

/// How the pool is set up.
#[derive(Clone, Debug)]
pub struct AnalyticsConfig {
    /// Threads; at least 1.
    pub threads: usize,
    /// Most memory of one query in bytes.
    pub query_memory_bytes_max: usize,
    /// Queries that run at the same time; others wait in line.
    pub queries_max: usize,
    /// Called first on each thread of the pool.
    pub thread_start: fn(),
}

/// The pool: its own threads, its own memory, never a core's. One per server, shared by all cores.
#[derive(Debug)]
pub struct Analytics {
    config: AnalyticsConfig,
    pool: Pool,
}

/// A query planned once, to see that it can be, and ready to run any number of times.
#[derive(Debug)]
pub struct PreparedQuery {
    query: Arc<Query>,
    explain: Vec<String>,
}

/// What one run of a query works on.
pub struct Input {
    /// The transaction's snapshot and own writes.
    pub view: SnapshotView,
    /// The catalog that the query was bound to.
    pub catalog: Arc<Catalog>,
    /// Parameters, coerced to the types that the binder gave them.
    pub params: Vec<Datum>,
    /// Settings and times.
    pub settings: EvalSettings,
    /// Catalog functions.
    pub host: Arc<dyn Host + Send + Sync>,
    /// Raised to stop the query.
    pub cancel: Arc<AtomicBool>,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("params", &self.params).finish_non_exhaustive()
    }
}

/// A running query's rows. Dropping it stops the query.
#[derive(Debug)]
pub struct Rows {
    batches: mpsc::Receiver<Message>,
    ended: bool,
    _stop: StopOnDrop,
}

/// Batches that wait for their reader.
const BATCHES_AHEAD: usize = 2;

impl Analytics {
    /// Starts the pool's threads. Errors: the system gives no more threads.
    pub fn new(config: AnalyticsConfig) -> std::io::Result<Self> {
        let pool = Pool::new(config.threads, config.queries_max, config.thread_start)?;
        Ok(Self { config, pool })
    }

    /// Plans a query, on the pool. Errors: 0A000 for what this back end does not do.
    pub async fn prepare(&self, query: Arc<Query>, params: Vec<Type>) -> Result<Arc<PreparedQuery>, SqlError> {
        let memory = self.config.query_memory_bytes_max;
        let (answer, answered) = oneshot::channel();
        self.pool.run(move || async move {
            let result = prepare(query, params.len(), memory);
            // The session may have given up.
            let _ = answer.send(result);
        });
        answered.await.unwrap_or_else(|_| Err(SqlError::internal("planning a query failed")))
    }

    /// Runs a planned query. Returns at once; errors come with the rows.
    pub fn run(&self, query: &Arc<PreparedQuery>, input: Input) -> Rows {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let stop = Arc::new(AtomicBool::new(false));
        let run = Arc::new(Run {
            view: Some(input.view),
            catalog: input.catalog,
            params: input.params,
            settings: input.settings,
            host: input.host,
            cancel: input.cancel,
            stop: stop.clone(),
        });
        let (query, memory) = (query.query.clone(), self.config.query_memory_bytes_max);
        self.pool.run(move || run::execute(query, run, memory, sender));
        Rows { batches, ended: false, _stop: StopOnDrop(stop) }
    }

    /// The plan as lines of text, for EXPLAIN.
    pub fn explain(&self, query: &PreparedQuery) -> Vec<String> {
        query.explain.clone()
    }
}

impl Rows {
    /// The next batch of rows, each with one value per column of the query; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Vec<Vec<Datum>>, SqlError>> {
        if self.ended {
            return None;
        }
        match self.batches.recv().await {
            Some(Some(Ok(rows))) => Some(Ok(rows)),
            Some(Some(Err(error))) => {
                self.ended = true;
                Some(Err(error))
            }
            Some(None) => {
                self.ended = true;
                None
            }
            None => {
                // Its thread was torn down, or a bug made it panic: what came so far is not the whole answer.
                self.ended = true;
                Some(Err(SqlError::internal("the query was cut off by an internal error")))
            }
        }
    }
}

/// Plans a query without data: parameters are NULL, and nothing is read.
fn prepare(query: Arc<Query>, params: usize, memory: usize) -> Result<Arc<PreparedQuery>, SqlError> {
    let run = Arc::new(Run {
        view: None,
        catalog: Arc::default(),
        params: vec![Datum::Null; params],
        settings: planning_settings(),
        host: Arc::new(NoHost),
        cancel: Arc::default(),
        stop: Arc::default(),
    });
    let session = run::session(memory)?;
    let (plan, _) = run::plan(&query, &run, &session)?;
    Ok(Arc::new(PreparedQuery { explain: explain::lines(&plan), query }))
}

/// Settings while a query is only planned: nothing is shown with them.
fn planning_settings() -> EvalSettings {
    EvalSettings { time_zone: Zone::Fixed(0), ..EvalSettings::default() }
}

/// There is no session while a query is only planned.
struct NoHost;

impl Host for NoHost {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::internal(format!("{} was called while planning", function.name)))
    }

    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }

    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::internal(format!("\"{name}\" was looked up while planning")))
    }

    fn clock(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        0
    }
}
