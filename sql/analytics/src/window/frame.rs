//! Partitions, peers and frames.

use cairn_sql_types::compare::compare;
use cairn_sql_types::kernel::{Body, EvalContext, Function};
use cairn_sql_types::{Datum, SqlError};

use super::{Bound, Call, Distance, Offset, Units};

/// The sorted rows of one partition.
pub(super) struct Partition<'a> {
    call: &'a Call,
    pub(super) rows: Vec<&'a [Datum]>,
    /// Where each group of peers begins; the last entry is the number of rows.
    groups: Vec<usize>,
}

impl<'a> Partition<'a> {
    pub(super) fn new(call: &'a Call, rows: Vec<&'a [Datum]>) -> Self {
        let differs = |at: usize| call.order.iter().any(|key| key.compare(rows[at - 1], rows[at]).is_ne());
        let mut groups = vec![0];
        groups.extend((1..rows.len()).filter(|at| differs(*at)));
        groups.push(rows.len());
        Self { call, rows, groups }
    }

    /// The number of the row's group of peers.
    pub(super) fn group(&self, row: usize) -> usize {
        self.groups.partition_point(|start| *start <= row) - 1
    }

    /// The row's peers.
    pub(super) fn peers(&self, row: usize) -> (usize, usize) {
        let group = self.group(row);
        (self.groups[group], self.groups[group + 1])
    }

    /// The row's frame, possibly empty.
    pub(super) fn frame(&self, row: usize, context: &EvalContext<'_>) -> Result<(usize, usize), SqlError> {
        let start = self.start(row, context)?;
        Ok((start, self.end(row, context)?.max(start)))
    }

    fn start(&self, row: usize, context: &EvalContext<'_>) -> Result<usize, SqlError> {
        let count = self.rows.len();
        Ok(match (&self.call.start, self.call.units) {
            (Bound::Unbounded, _) => 0,
            (Bound::Current, Units::Rows) => row,
            (Bound::Current, _) => self.peers(row).0,
            (Bound::Preceding(Offset::Count(n)), Units::Rows) => row.saturating_sub(*n),
            (Bound::Following(Offset::Count(n)), Units::Rows) => row.saturating_add(*n).min(count),
            (Bound::Preceding(Offset::Count(n)), _) => self.groups[self.group(row).saturating_sub(*n)],
            (Bound::Following(Offset::Count(n)), _) => self.group_start(self.group(row).saturating_add(*n)),
            (Bound::Preceding(Offset::Value(by)) | Bound::Following(Offset::Value(by)), _) => {
                match self.limit(row, by, context)? {
                    Some(limit) => self.count_before(&limit, by, false, context)?,
                    None => self.peers(row).0,
                }
            }
        })
    }

    fn end(&self, row: usize, context: &EvalContext<'_>) -> Result<usize, SqlError> {
        let count = self.rows.len();
        Ok(match (&self.call.end, self.call.units) {
            (Bound::Unbounded, _) => count,
            (Bound::Current, Units::Rows) => row + 1,
            (Bound::Current, _) => self.peers(row).1,
            (Bound::Preceding(Offset::Count(n)), Units::Rows) => (row + 1).saturating_sub(*n),
            (Bound::Following(Offset::Count(n)), Units::Rows) => row.saturating_add(1).saturating_add(*n).min(count),
            (Bound::Preceding(Offset::Count(n)), _) => self.groups[(self.group(row) + 1).saturating_sub(*n)],
            (Bound::Following(Offset::Count(n)), _) => {
                self.group_start(self.group(row).saturating_add(1).saturating_add(*n))
            }
            (Bound::Preceding(Offset::Value(by)) | Bound::Following(Offset::Value(by)), _) => {
                match self.limit(row, by, context)? {
                    Some(limit) => self.count_before(&limit, by, true, context)?,
                    None => self.peers(row).1,
                }
            }
        })
    }

    fn group_start(&self, group: usize) -> usize {
        self.groups.get(group).copied().unwrap_or(self.rows.len())
    }

    /// The sort key at the end of a RANGE; `None` for NULLs, whose frame is their peers.
    fn limit(&self, row: usize, by: &Distance, context: &EvalContext<'_>) -> Result<Option<Datum>, SqlError> {
        let [key] = self.call.order.as_slice() else {
            return Err(SqlError::internal("a RANGE offset has one sort key"));
        };
        match &self.rows[row][key.place] {
            Datum::Null => Ok(None),
            here => apply(by.operator, context, &[here.clone(), by.amount.clone()]).map(Some),
        }
    }

    /// Rows that sort before the limit, or not behind it.
    fn count_before(
        &self,
        limit: &Datum,
        by: &Distance,
        inclusive: bool,
        context: &EvalContext<'_>,
    ) -> Result<usize, SqlError> {
        let Some(key) = self.call.order.first() else { return Ok(0) };
        let mut failed = None;
        let count = self.rows.partition_point(|row| {
            let value = &row[key.place];
            if value.is_null() {
                return key.nulls_first;
            }
            let cast =
                by.cast.map_or_else(|| Ok(value.clone()), |cast| apply(cast, context, std::slice::from_ref(value)));
            let order = match cast {
                Ok(value) => compare(by.ty, &value, limit),
                Err(error) => {
                    failed = Some(error);
                    return false;
                }
            };
            let order = if key.descending { order.reverse() } else { order };
            order.is_lt() || inclusive && order.is_eq()
        });
        failed.map_or(Ok(count), Err)
    }
}

fn apply(function: &Function, context: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
    match function.body {
        Body::Scalar(kernel) => kernel(context, args),
        _ => Err(SqlError::internal("a RANGE offset whose operator is no kernel")),
    }
}
