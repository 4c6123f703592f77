//! What every read of a statement shares.

use std::cell::{Cell, RefCell};

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Shard, Txn};

use super::misses::Misses;
use crate::api::{ExecContext, Flow, Limits, Stop};
use crate::eval::{Frame, Source, SubPlan, SubResult, SubWants};
use crate::plan::TABLES_MAX;

/// The reading side of a statement.
pub(crate) struct Run<'a> {
    pub(crate) shard: &'a Shard,
    pub(crate) txn: &'a Txn,
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) params: &'a [Datum],
    pub(crate) limits: Limits,
    /// Can it be run by analytics as well, so that nothing happens by running it?
    pub(crate) escalates: bool,
    /// `None`: rows that are not in memory end the turn at once.
    pub(crate) misses: RefCell<Option<Misses>>,
    visited: Cell<u64>,
    bytes: Cell<usize>,
}

/// What a row in sight is handed to.
pub(crate) type RowFn<'f> = dyn FnMut(&Frame<'_>) -> Result<Flow, Stop> + 'f;

/// The rows in sight, one per table.
pub(crate) type Sources<'f> = [Source<'f>; TABLES_MAX];

impl<'a> Run<'a> {
    /// The reading side of `context`. Only a read-only statement can go on in analytics.
    pub(crate) fn new(context: &'a ExecContext<'_>, escalates: bool) -> Self {
        let rows_visited_max = context.limits.rows_visited_max.filter(|_| escalates);
        Self {
            shard: context.shard,
            txn: context.txn,
            context: context.eval,
            params: context.params,
            limits: Limits { rows_visited_max, ..context.limits },
            escalates,
            misses: RefCell::default(),
            visited: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// Counts a row that was read.
    #[inline]
    pub(crate) fn visit(&self) -> Result<(), Stop> {
        let visited = self.visited.get() + 1;
        self.visited.set(visited);
        match self.limits.rows_visited_max {
            Some(limit) if visited > limit => Err(Stop::Escalate),
            _ => Ok(()),
        }
    }

    /// Counts memory that the statement holds.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), SqlError> {
        let held = self.bytes.get() + bytes;
        self.bytes.set(held);
        match held > self.limits.memory_bytes_max {
            true => Err(SqlError::new(SqlState::OUT_OF_MEMORY, "out of memory")
                .detail(format!("The statement would hold more than {} bytes.", self.limits.memory_bytes_max))),
            false => Ok(()),
        }
    }

    /// Runs the subqueries of one query level; those that lock rows were run before.
    pub(crate) fn subs(&self, subs: &[SubPlan]) -> Result<Vec<SubResult>, Stop> {
        subs.iter().map(|sub| self.sub(sub)).collect()
    }

    /// A frame for expressions without rows.
    pub(crate) fn frame<'b>(&'b self, subs: &'b [SubResult]) -> Frame<'b> {
        Frame::new(self.context, self.params, subs)
    }

    fn sub(&self, sub: &SubPlan) -> Result<SubResult, Stop> {
        let mut rows: Vec<Vec<Datum>> = Vec::new();
        let most = sub.rows_max();
        super::query::rows(&sub.plan, self, &mut Default::default(), &mut |row| {
            let values = row.to_datums()?;
            self.hold(bytes_of(&values))?;
            rows.push(values);
            Ok(if rows.len() < most { Flow::More } else { Flow::Enough })
        })?;
        Ok(sub.result(rows)?)
    }
}

impl SubPlan {
    /// How many rows are worth reading.
    pub(crate) fn rows_max(&self) -> usize {
        match self.wants {
            SubWants::Exists => 1,
            SubWants::Value => 2,
            SubWants::Rows | SubWants::Array(_) => usize::MAX,
        }
    }

    /// What the subquery's rows amount to.
    pub(crate) fn result(&self, rows: Vec<Vec<Datum>>) -> Result<SubResult, SqlError> {
        Ok(match self.wants {
            SubWants::Exists => SubResult::Exists(!rows.is_empty()),
            SubWants::Rows => SubResult::Rows(rows),
            SubWants::Array(element) => SubResult::Value(array_of(rows, element)),
            SubWants::Value if rows.len() > 1 => {
                let message = "more than one row returned by a subquery used as an expression";
                return Err(SqlError::new(SqlState::CARDINALITY_VIOLATION, message));
            }
            SubWants::Value => SubResult::Value(rows.into_iter().flatten().next().unwrap_or(Datum::Null)),
        })
    }
}

fn array_of(rows: Vec<Vec<Datum>>, element: cairn_sql_types::TypeId) -> Datum {
    let elements: Vec<Datum> = rows.into_iter().filter_map(|row| row.into_iter().next()).collect();
    let dimensions = if elements.is_empty() { Vec::new() } else { vec![(elements.len() as i32, 1)] };
    Datum::Array(std::sync::Arc::new(cairn_sql_types::Array { element, dimensions, elements }))
}

/// About how much memory values take.
pub(crate) fn bytes_of(values: &[Datum]) -> usize {
    let own = |value: &Datum| match value {
        Datum::Text(text) => text.len(),
        Datum::Bytea(bytes) => bytes.len(),
        Datum::Array(array) => 64 + array.elements.len() * size_of::<Datum>(),
        _ => 0,
    };
    size_of::<Vec<Datum>>() + values.iter().map(|value| size_of::<Datum>() + own(value)).sum::<usize>()
}
