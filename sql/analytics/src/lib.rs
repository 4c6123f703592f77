//! # cairn-sql-analytics: large queries on their own threads (being written)

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cairn_sql_binder::tree::Query;
use cairn_sql_catalog::Catalog;
use cairn_sql_types::kernel::{EvalSettings, Host};
use cairn_sql_types::{Datum, SqlError, Type};
use cairn_txn::SnapshotView;

/// How the pool is set up.
#[derive(Clone, Debug)]
pub struct AnalyticsConfig {
    /// Threads; at least 1.
    pub threads: usize,
    /// Most memory of one query in bytes.
    pub query_memory_bytes_max: usize,
    /// Queries that run at the same time; others wait in line.
    pub queries_max: usize,
}

/// The pool: its own threads, its own memory, never a core's. One per server, shared by all cores.
#[derive(Debug)]
pub struct Analytics {
    #[expect(dead_code, reason = "read by the pool")]
    config: AnalyticsConfig,
}

/// A query planned and optimized with its parameters still open.
#[derive(Debug)]
pub struct PreparedQuery {}

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

/// A running query's rows. Dropping it stops the query.
#[derive(Debug)]
pub struct Rows {}

impl Analytics {
    /// Starts the pool's threads.
    pub fn new(config: AnalyticsConfig) -> std::io::Result<Self> {
        Ok(Self { config })
    }

    /// Plans a query, on the pool.
    pub async fn prepare(&self, query: Arc<Query>, params: Vec<Type>) -> Result<Arc<PreparedQuery>, SqlError> {
        let _ = (query, params);
        Err(SqlError::unsupported("a query that needs the analytics executor"))
    }

    /// Runs a planned query. Returns at once.
    pub fn run(&self, query: &Arc<PreparedQuery>, input: Input) -> Rows {
        let _ = (query, input);
        Rows {}
    }

    /// The plan as lines of text, for EXPLAIN.
    pub fn explain(&self, query: &PreparedQuery) -> Vec<String> {
        let _ = query;
        Vec::new()
    }
}

impl Rows {
    /// The next batch of rows, each with one value per column of the query; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Vec<Vec<Datum>>, SqlError>> {
        None
    }
}
