//! Two aggregates that SQL cannot name: they stand for scalar subqueries and functionally dependent columns.

use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::functions::types::ANYELEMENT;
use crate::kernel::{Aggregate, EvalContext};

use super::state::{Accumulator, boxed, datum_heap_bytes};

/// The value of the only row; NULL without rows; 21000 at the second row. What a scalar subquery means.
pub static SINGLE_ROW: Aggregate = Aggregate {
    oid: 9_000_101,
    name: "cairn: single row",
    args: &[ANYELEMENT],
    result: ANYELEMENT,
    strict: false,
    ordered_set: None,
    state: |_| boxed(SingleRow(None)),
};

/// The value of the first row, NULL included. For columns that depend on the group keys: every row has the same value.
pub static ANY_FIRST: Aggregate = Aggregate {
    oid: 9_000_102,
    name: "cairn: any first",
    args: &[ANYELEMENT],
    result: ANYELEMENT,
    strict: false,
    ordered_set: None,
    state: |_| boxed(AnyFirst(None)),
};

fn second_row() -> SqlError {
    SqlError::new(SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression")
}

struct SingleRow(Option<Datum>);

impl Accumulator for SingleRow {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        match self.0.replace(args.first().cloned().unwrap_or(Datum::Null)) {
            Some(_) => Err(second_row()),
            None => Ok(()),
        }
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        match (&self.0, other.0) {
            (Some(_), Some(_)) => Err(second_row()),
            (None, other) => {
                self.0 = other;
                Ok(())
            }
            (Some(_), None) => Ok(()),
        }
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(self.0.clone().unwrap_or(Datum::Null))
    }

    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, datum_heap_bytes)
    }
}

struct AnyFirst(Option<Datum>);

impl Accumulator for AnyFirst {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.0.get_or_insert_with(|| args.first().cloned().unwrap_or(Datum::Null));
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.0 = self.0.take().or(other.0);
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(self.0.clone().unwrap_or(Datum::Null))
    }

    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, datum_heap_bytes)
    }
}
