//! What the session hands in, what it gets back, and what it must do when a statement cannot go on now.

use cairn_base::{EngineCode, Fate};
use cairn_sql_catalog::Catalog;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{ReadTask, Shard, Ticket, Txn, TxnError};

use crate::eval::{Code, Frame};
use crate::row_ids::RowIds;
use crate::scratch::Scratch;

/// Everything that a statement runs on. Lent by the session for one call.
pub struct ExecContext<'a> {
    /// The core's transactions.
    pub shard: &'a mut Shard,
    /// The statement's transaction; `begin_statement` was called.
    pub txn: &'a mut Txn,
    /// The catalog that the plan was made with.
    pub catalog: &'a Catalog,
    /// Settings, times and host functions.
    pub eval: &'a EvalContext<'a>,
    /// Parameters, coerced to the types that the binder gave them.
    pub params: &'a [Datum],
    /// The core's counters of hidden row ids.
    pub row_ids: &'a mut RowIds,
    /// Buffers, kept by the session or the core so that a hot statement allocates nothing.
    pub scratch: &'a mut Scratch,
    /// What the statement may cost on the core.
    pub limits: Limits,
}

/// What a statement may cost on the core before it stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Rows that a query may visit before it answers [`Stop::Escalate`]; `None`: as many as it takes. Only queries without
    /// row locks escalate, because analytics can take them over.
    pub rows_visited_max: Option<u64>,
    /// Rows that a write takes in one turn before it answers [`Stop::Pause`]; `None`: all of them. Only writes that return
    /// nothing pause.
    pub rows_per_turn: Option<usize>,
    /// Bytes of rows that a statement may hold for sorting, locking or writing (SQLSTATE 53200 beyond).
    pub memory_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows_visited_max: Some(20_000), rows_per_turn: None, memory_bytes_max: 256 << 20 }
    }
}

/// Where rows go.
///
/// **Restart.** A statement that answers [`Stop::Wait`], [`Stop::Fetch`], [`Stop::Busy`], [`Stop::Restart`] or
/// [`Stop::Escalate`] will run again from its beginning: whatever this sink took from it must be forgotten. A session does
/// that by remembering the length of its output buffer before `execute` and cutting back to it, and by not sending
/// anything off before `execute` returned (or, for plans with [`ShortPlan::rows_are_final`](crate::ShortPlan::rows_are_final),
/// at any time).
pub trait RowSink {
    /// Takes one row. It is lent: read each cell at most once, now.
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError>;
}

/// Does the sink want more rows?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on.
    More,
    /// It has enough. Writes are carried out to the end; only the rows stop.
    Enough,
}

/// One row on its way out. Cells are computed when they are asked for, so an `int4` column goes from the stored bytes to
/// the wire without anything in between, and a string without a copy.
pub struct RowView<'a> {
    pub(crate) cells: Cells<'a>,
}

pub(crate) enum Cells<'a> {
    Computed { targets: &'a [Code], frame: Frame<'a> },
    Values(&'a [Datum]),
}

/// One value on its way out.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// Any value.
    Value(Datum),
    /// A string, in the row where it is stored.
    Text(&'a str),
    /// A value that somebody else holds.
    Ref(&'a Datum),
}

impl<'a> RowView<'a> {
    /// A view of values.
    pub fn values(values: &'a [Datum]) -> Self {
        Self { cells: Cells::Values(values) }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Computed { targets, .. } => targets.len(),
            Cells::Values(values) => values.len(),
        }
    }

    /// No cells?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One cell, computed now. An error is the statement's error: forget what was taken of the row and return it from
    /// [`RowSink::row`].
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn cell(&self, index: usize) -> Result<Cell<'_>, SqlError> {
        match &self.cells {
            Cells::Values(values) => Ok(Cell::Ref(&values[index])),
            Cells::Computed { targets, frame } => targets[index].cell(frame),
        }
    }

    /// All cells as values.
    pub fn to_datums(&self) -> Result<Vec<Datum>, SqlError> {
        (0..self.len()).map(|index| self.cell(index).map(Cell::into_datum)).collect()
    }
}

impl Cell<'_> {
    /// As a value of its own.
    pub fn into_datum(self) -> Datum {
        match self {
            Cell::Value(value) => value,
            Cell::Text(text) => Datum::text(text),
            Cell::Ref(value) => value.clone(),
        }
    }

    /// Is it NULL?
    pub fn is_null(&self) -> bool {
        match self {
            Cell::Value(value) => value.is_null(),
            Cell::Text(_) => false,
            Cell::Ref(value) => value.is_null(),
        }
    }
}

/// A statement that came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Rows returned by a query, or written: the number in the command tag.
    pub rows: u64,
}

/// Why a statement did not come to its end. Only the last one is the user's business. After the others the session waits
/// as the comment says, calls [`Shard::restart_statement`] and executes again; see [`RowSink`].
///
/// A write over many rows goes on where it was instead, after [`Stop::Pause`], [`Stop::Fetch`] and [`Stop::Busy`], if
/// [`Scratch::goes_on`] says so: the session calls [`Shard::keep_progress`] after a pause and
/// [`Shard::resume_statement`] after the others. Where it cannot resume, it calls [`Scratch::begin_again`] and restarts.
#[derive(Debug)]
pub enum Stop {
    /// Wait for [`cairn_txn::Event::Granted`] (or fail at `Timeout`).
    Wait(Ticket),
    /// Run the task on the reader pool.
    Fetch(Box<ReadTask>),
    /// Wait for [`cairn_txn::Event::Applied`]: the engine is behind.
    Busy(EngineCode),
    /// Wait for nothing.
    Restart,
    /// Wait for nothing, but let others have the core for a moment.
    Pause,
    /// Too many rows for the core ([`Limits::rows_visited_max`]): let analytics run it.
    Escalate,
    /// It failed.
    Error(SqlError),
}

/// Why a statement is not for this executor; the words are for EXPLAIN and for tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotShort(pub &'static str);

impl From<SqlError> for Stop {
    fn from(error: SqlError) -> Self {
        Stop::Error(error)
    }
}

impl From<TxnError> for Stop {
    fn from(error: TxnError) -> Self {
        match error {
            TxnError::NotResident(task) => Stop::Fetch(task),
            TxnError::EngineBusy(engine) => Stop::Busy(engine),
            TxnError::Restart => Stop::Restart,
            other => Stop::Error(sql_error(&other)),
        }
    }
}

/// A transaction's failure as the client sees it.
pub fn sql_error(error: &TxnError) -> SqlError {
    let mut code = *b"XX000";
    code.copy_from_slice(error.sqlstate().as_bytes());
    let answer = SqlError::new(SqlState(code), error.to_string());
    match error {
        TxnError::Deadlock(edges) => {
            let line = |edge: &cairn_txn::WaitEdge| {
                format!(
                    "Transaction {} waits for {:?} on {:?}; blocked by transaction {}.",
                    edge.waiter.0, edge.mode, edge.space, edge.holder.0
                )
            };
            answer.detail(edges.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        TxnError::Serialization(_) => answer.hint("The transaction might succeed if retried."),
        TxnError::LogFull { .. } | TxnError::EngineNoSpace { .. } => answer.hint("Check free disk space."),
        TxnError::Poisoned { fate: Fate::DidNotHappen, .. } => answer.hint("The transaction was not committed."),
        _ => answer,
    }
}
