//! `count(*)` and `count(x)`. The caller skips NULLs for the second.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::kernel::EvalContext;

use super::declare::aggregates;
use super::state::{Accumulator, boxed};

#[derive(Default)]
struct Count(i64);

impl Accumulator for Count {
    fn update(&mut self, _: &EvalContext<'_>, _: &[Datum]) -> Result<(), SqlError> {
        self.0 += 1;
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.0 += other.0;
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(Datum::Int8(self.0))
    }
}

aggregates! {
    2803 count() -> INT8 = |_| boxed(Count(0));
    2147 count(ANY) -> INT8 = |_| boxed(Count(0));
}
