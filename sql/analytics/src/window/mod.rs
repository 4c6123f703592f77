//! Window functions over rows of datums.
//!
//! ```text
//!  all rows --sort by partition, order--> partitions --> per row: peers, frame [start, end) --> value
//! ```
//! Aggregates over frames that begin at the partition's beginning keep one state that only grows; other frames are
//! computed anew for every row, which costs the frame's length each time.

mod frame;

use std::cmp::Ordering;
use std::sync::Arc;

use cairn_sql_types::compare::compare;
use cairn_sql_types::kernel::{self, Aggregate, EvalContext};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};

use self::frame::Partition;
use crate::context::Run;
use crate::transform::RowTransform;

/// What a call computes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Aggregate(&'static Aggregate),
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

impl Function {
    /// The function of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "row_number" => Self::RowNumber,
            "rank" => Self::Rank,
            "dense_rank" => Self::DenseRank,
            "percent_rank" => Self::PercentRank,
            "cume_dist" => Self::CumeDist,
            "ntile" => Self::Ntile,
            "lag" => Self::Lag,
            "lead" => Self::Lead,
            "first_value" => Self::FirstValue,
            "last_value" => Self::LastValue,
            "nth_value" => Self::NthValue,
            _ => return None,
        })
    }
}

/// One sort key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) place: usize,
    pub(crate) ty: TypeId,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

impl Order {
    fn compare(&self, a: &[Datum], b: &[Datum]) -> Ordering {
        let (a, b) = (&a[self.place], &b[self.place]);
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if self.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if self.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) if self.descending => compare(self.ty, b, a),
            (false, false) => compare(self.ty, a, b),
        }
    }
}

/// What frame bounds count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Units {
    Rows,
    Range,
    Groups,
}

/// How far a bound is away.
#[derive(Clone, Debug)]
pub(crate) enum Offset {
    /// Rows or peer groups.
    Count(usize),
    /// Applied to the sort key by this operator.
    Value(Distance),
}

/// A distance in the sort key's own unit.
#[derive(Clone, Debug)]
pub(crate) struct Distance {
    /// `+` or `-`
    pub(crate) operator: &'static kernel::Function,
    pub(crate) amount: Datum,
    /// What keys are cast to before they are compared with a limit: `date + interval` is a timestamp.
    pub(crate) cast: Option<&'static kernel::Function>,
    /// The type of limits.
    pub(crate) ty: TypeId,
}

/// One end of a frame. Which end it is tells in which direction it is unbounded.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Unbounded,
    Preceding(Offset),
    Current,
    Following(Offset),
}

/// One window call over places of a row.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) args: Vec<usize>,
    pub(crate) types: Vec<TypeId>,
    pub(crate) filter: Option<usize>,
    pub(crate) partition: Vec<Order>,
    pub(crate) order: Vec<Order>,
    pub(crate) units: Units,
    pub(crate) start: Bound,
    pub(crate) end: Bound,
}

/// Appends the calls' results to every row.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) calls: Vec<Call>,
    pub(crate) run: Arc<Run>,
}

impl RowTransform for Windows {
    fn name(&self) -> &'static str {
        "WindowAgg"
    }

    fn blocking(&self) -> bool {
        true
    }

    fn apply(&self, mut rows: Vec<Vec<Datum>>) -> Result<Vec<Vec<Datum>>, SqlError> {
        // Sorted by the first call, as PostgreSQL's output usually comes.
        if let Some(first) = self.calls.first() {
            rows.sort_by(|a, b| first.compare(a, b));
        }
        let mut results = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            results.push(call.compute(&rows, &self.run)?);
        }
        for result in results {
            rows.iter_mut().zip(result).for_each(|(row, value)| row.push(value));
        }
        Ok(rows)
    }
}

impl Call {
    fn compare(&self, a: &[Datum], b: &[Datum]) -> Ordering {
        let mut orders = self.partition.iter().chain(&self.order).map(|order| order.compare(a, b));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The call's value for every row.
    fn compute(&self, rows: &[Vec<Datum>], run: &Run) -> Result<Vec<Datum>, SqlError> {
        let mut sorted: Vec<usize> = (0..rows.len()).collect();
        sorted.sort_by(|a, b| self.compare(&rows[*a], &rows[*b]));
        let mut values = vec![Datum::Null; rows.len()];
        let same = |a: &usize, b: &usize| self.partition.iter().all(|key| key.compare(&rows[*a], &rows[*b]).is_eq());
        for members in sorted.chunk_by(same) {
            run.check_cancel()?;
            let partition = Partition::new(self, members.iter().map(|row| rows[*row].as_slice()).collect());
            let context = run.eval();
            let results = match self.function {
                Function::Aggregate(aggregate) => self.aggregate(aggregate, &partition, run)?,
                _ => (0..members.len()).map(|row| self.value(&partition, row, &context)).collect::<Result<_, _>>()?,
            };
            members.iter().zip(results).for_each(|(row, value)| values[*row] = value);
        }
        Ok(values)
    }

    fn aggregate(
        &self,
        aggregate: &'static Aggregate,
        partition: &Partition<'_>,
        run: &Run,
    ) -> Result<Vec<Datum>, SqlError> {
        let context = run.eval();
        let growing = matches!(self.start, Bound::Unbounded);
        let mut state = (aggregate.state)(&self.types);
        let (mut taken, mut last) = (0, None);
        let mut results = Vec::with_capacity(partition.rows.len());
        for row in 0..partition.rows.len() {
            let (start, end) = partition.frame(row, &context)?;
            if let (true, Some((upto, value))) = (growing, &last)
                && *upto == end
            {
                results.push(Datum::clone(value));
                continue;
            }
            if !growing {
                run.check_cancel()?;
                state = (aggregate.state)(&self.types);
                taken = start;
            }
            // Ends of a growing frame never go back.
            for member in partition.rows.get(taken..end).unwrap_or_default() {
                self.update(aggregate, &mut *state, member, &context)?;
            }
            taken = taken.max(end);
            let value = state.finish(&context)?;
            results.push(value.clone());
            last = Some((end, value));
        }
        Ok(results)
    }

    fn update(
        &self,
        aggregate: &Aggregate,
        state: &mut dyn kernel::AggregateState,
        row: &[Datum],
        context: &EvalContext<'_>,
    ) -> Result<(), SqlError> {
        if self.filter.is_some_and(|filter| !matches!(row[filter], Datum::Bool(true))) {
            return Ok(());
        }
        let args: Vec<Datum> = self.args.iter().map(|arg| row[*arg].clone()).collect();
        match aggregate.strict && args.iter().any(Datum::is_null) {
            true => Ok(()),
            false => state.update(context, &args),
        }
    }

    fn arg(&self, row: &[Datum], arg: usize) -> Datum {
        self.args.get(arg).map_or(Datum::Null, |place| row[*place].clone())
    }

    fn value(&self, partition: &Partition<'_>, row: usize, context: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let count = partition.rows.len();
        let (first_peer, after_peers) = partition.peers(row);
        Ok(match self.function {
            Function::RowNumber => Datum::Int8(row as i64 + 1),
            Function::Rank => Datum::Int8(first_peer as i64 + 1),
            Function::DenseRank => Datum::Int8(partition.group(row) as i64 + 1),
            Function::PercentRank if count <= 1 => Datum::Float8(0.0),
            Function::PercentRank => Datum::Float8(first_peer as f64 / (count - 1) as f64),
            Function::CumeDist => Datum::Float8(after_peers as f64 / count as f64),
            Function::Ntile => self.ntile(partition, row)?,
            Function::Lag => self.shifted(partition, row, -1),
            Function::Lead => self.shifted(partition, row, 1),
            Function::FirstValue | Function::LastValue | Function::NthValue => {
                let (start, end) = partition.frame(row, context)?;
                let place = match self.function {
                    Function::FirstValue => Some(start),
                    Function::LastValue => end.checked_sub(1),
                    _ => match self.arg(partition.rows[row], 1) {
                        Datum::Int4(nth) if nth > 0 => start.checked_add(nth as usize - 1),
                        Datum::Null => None,
                        _ => {
                            let message = "argument of nth_value must be greater than zero";
                            return Err(SqlError::new(SqlState::of(b"22016"), message));
                        }
                    },
                };
                match place.filter(|place| (start..end).contains(place)) {
                    Some(place) => self.arg(partition.rows[place], 0),
                    None => Datum::Null,
                }
            }
            Function::Aggregate(_) => return Err(SqlError::internal("an aggregate is no plain window function")),
        })
    }

    /// The larger buckets come first.
    fn ntile(&self, partition: &Partition<'_>, row: usize) -> Result<Datum, SqlError> {
        let buckets = match self.arg(partition.rows[0], 0) {
            Datum::Null => return Ok(Datum::Null),
            Datum::Int4(buckets) if buckets > 0 => buckets as usize,
            _ => return Err(SqlError::new(SqlState::of(b"22014"), "argument of ntile must be greater than zero")),
        };
        let (size, larger) = (partition.rows.len() / buckets, partition.rows.len() % buckets);
        let in_larger = larger * (size + 1);
        let bucket = match row < in_larger {
            true => row / (size + 1),
            false => larger + (row - in_larger) / size.max(1),
        };
        Ok(Datum::Int4(bucket as i32 + 1))
    }

    fn shifted(&self, partition: &Partition<'_>, row: usize, sign: i64) -> Datum {
        let here = partition.rows[row];
        let offset = match (self.args.len(), self.arg(here, 1)) {
            (..=1, _) => 1,
            (_, Datum::Int4(offset)) => i64::from(offset),
            _ => return Datum::Null,
        };
        let place = usize::try_from(row as i64 + sign * offset).ok();
        match place.and_then(|place| partition.rows.get(place)) {
            Some(there) => self.arg(there, 0),
            None => self.arg(here, 2),
        }
    }
}
