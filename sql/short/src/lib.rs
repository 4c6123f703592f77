//! # cairn-sql-short: statements whose cost is bounded by the keys they touch
//!
//! The executor on the core: synchronous, without Arrow, without a hop to another thread. It runs the reads that an index
//! answers, and **all** writes. Everything else (`Err(NotShort)`) is for analytics.
//!
//! ```text
//!   tree::Statement --plan()--> ShortPlan (cached, no parameter inside)
//!                                   |
//!                                execute(ExecContext, RowSink) --+--> Ok(Done)
//!                                   |                            +--> Err(Stop::Error)         the user's
//!                                   |                            +--> Err(Stop::Wait | Fetch | Busy | Restart | Escalate)
//!                                   v                                     wait, restart_statement, execute again
//!              eval     expressions: Code over a Frame of rows in sight
//!              exec     access -> nested loops -> filter -> aggregate or project -> sort -> LIMIT -> RowSink
//!              write    find keys -> lock -> read -> new row -> constraints -> row and index entries -> foreign keys
//!                                   |
//!                               cairn-txn: get, scan, lock, put
//! ```
//!
//! **What is short.** Up to three tables, the first reached by a full key, an IN list or array of keys, a prefix of equalities
//! or a range with both ends; each further one by a lookup with values of those before it (inner and left joins). Any
//! residual condition. Order given by the index, forward or backward, or a sort in memory. Aggregates without GROUP BY. VALUES,
//! queries without FROM, uncorrelated subqueries that are short themselves. Row locks. A whole table or an open range is
//! walked only under a LIMIT whose order (if any) the index gives. There are no statistics: a query that turns out to visit more
//! than [`Limits::rows_visited_max`] rows stops with [`Stop::Escalate`] and analytics takes over.
//!
//! **Writes** find the rows of their one table here whatever the condition, because the rows have to be locked and written here
//! anyway. When other tables take part, [`ShortPlan::row_query`] is the query that analytics runs to find keys and new
//! values, and [`ShortPlan::execute_with_rows`] writes them.
//!
//! **Restart instead of waiting.** Nothing here blocks. A statement that meets a locked row, or bytes that are not in memory,
//! says so and ends; it runs again from its beginning when there is hope. Locks survive the restart, so it makes
//! progress. Its rows do not: see [`RowSink`].
//!
//! **Promises.** Errors carry PostgreSQL's SQLSTATE, message and detail. Constraints hold at every isolation level. A hot row
//! queues its writers instead of aborting them: a row named by its key is locked before it is read. A prepared point read allocates
//! nothing in this crate, a one-row update a handful (`tests/allocations.rs` counts).
//!
//! **Missing.** Joins of more than three tables, DISTINCT, GROUP BY, windows, set operations, WITH and subqueries in FROM are left to
//! analytics. Deferrable constraints. Expression and partial indexes (the catalog has none). Statistics.

mod api;
mod constant;
mod copy;
pub mod ddl;
mod deparse;
mod eval;
mod exec;
mod explain;
mod neutral;
mod plan;
mod row_ids;
mod scratch;
mod shape;
mod text;
mod write;

pub use api::{Cell, Done, ExecContext, Flow, Limits, NotShort, RowSink, RowView, Stop, sql_error};
pub use constant::eval_constant;
pub use copy::CopyPlan;
pub use plan::{PlanOptions, ShortPlan, plan};
pub use row_ids::RowIds;
pub use scratch::Scratch;
