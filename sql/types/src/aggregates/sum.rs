//! `sum` and `avg`.

use crate::datum::{Datum, Interval};
use crate::error::SqlError;
use crate::functions::args::{Answer, Arg};
use crate::functions::float::overflow;
use crate::kernel::EvalContext;
use crate::numeric::Numeric;

use super::declare::aggregates;
use super::moments::Moments;
use super::state::{Accumulator, argument, boxed};

/// Exact total of integers: 2^63 rows of 2^63 fit.
struct Integers<T> {
    count: i64,
    total: i128,
    answer: fn(i128, i64) -> Result<Datum, SqlError>,
    input: std::marker::PhantomData<fn(T)>,
}

impl<T> Integers<T> {
    fn new(answer: fn(i128, i64) -> Result<Datum, SqlError>) -> Self {
        Self { count: 0, total: 0, answer, input: std::marker::PhantomData }
    }
}

impl<T: for<'a> Arg<'a> + Into<i64> + 'static> Accumulator for Integers<T> {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.total += i128::from(argument::<T>(args, 0)?.into());
        self.count += 1;
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.total += other.total;
        self.count += other.count;
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        if self.count == 0 { Ok(Datum::Null) } else { (self.answer)(self.total, self.count) }
    }
}

fn total_int8(total: i128, _: i64) -> Result<Datum, SqlError> {
    i64::try_from(total).map(Datum::Int8).map_err(|_| crate::functions::int::out_of_range::<i64>())
}

fn total_numeric(total: i128, _: i64) -> Result<Datum, SqlError> {
    Numeric::try_from(total)?.answer()
}

fn mean_numeric(total: i128, count: i64) -> Result<Datum, SqlError> {
    Numeric::try_from(total)?.checked_div(Numeric::from(count))?.answer()
}

/// Total of numerics at the largest scale seen.
struct Numerics {
    count: i64,
    total: Numeric,
    mean: bool,
}

impl Numerics {
    fn new(mean: bool) -> Self {
        Self { count: 0, total: Numeric::ZERO, mean }
    }
}

impl Accumulator for Numerics {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.total = self.total.checked_add(argument(args, 0)?)?;
        self.count += 1;
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.total = self.total.checked_add(other.total)?;
        self.count += other.count;
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        match self.count {
            0 => Ok(Datum::Null),
            count if self.mean => self.total.checked_div(Numeric::from(count))?.answer(),
            _ => self.total.answer(),
        }
    }
}

#[derive(Default)]
struct Double(Option<f64>);

impl Double {
    /// An infinity that no input explains is an overflow.
    fn add(&mut self, value: f64) -> Result<(), SqlError> {
        let after = self.0.map_or(value, |before| before + value);
        if after.is_infinite() && value.is_finite() && self.0.is_none_or(f64::is_finite) {
            return Err(overflow());
        }
        self.0 = Some(after);
        Ok(())
    }
}

impl Accumulator for Double {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.add(argument(args, 0)?)
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        other.0.map_or(Ok(()), |value| self.add(value))
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        self.0.answer()
    }
}

/// `avg` of floats keeps track of the spread, too, and overflows where the spread does: as in PostgreSQL.
struct Mean {
    moments: Moments,
    input: fn(&[Datum]) -> Result<f64, SqlError>,
}

impl Mean {
    fn new(input: fn(&[Datum]) -> Result<f64, SqlError>) -> Self {
        Self { moments: Moments::default(), input }
    }
}

impl Accumulator for Mean {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.moments.add((self.input)(args)?)
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.moments.merge(other.moments)
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let Moments { count, sum, .. } = self.moments;
        (count > 0.0).then(|| sum / count).answer()
    }
}

/// `sum(real)` adds in single precision, as PostgreSQL does.
#[derive(Default)]
struct Single(Option<f32>);

impl Single {
    fn add(&mut self, value: f32) -> Result<(), SqlError> {
        let before = self.0.unwrap_or(0.0);
        let after = if self.0.is_none() { value } else { before + value };
        if after.is_infinite() && before.is_finite() && value.is_finite() {
            return Err(overflow());
        }
        self.0 = Some(after);
        Ok(())
    }
}

impl Accumulator for Single {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.add(argument(args, 0)?)
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        other.0.map_or(Ok(()), |value| self.add(value))
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        self.0.answer()
    }
}

struct Intervals {
    count: i64,
    total: Interval,
    mean: bool,
}

impl Intervals {
    fn new(mean: bool) -> Self {
        Self { count: 0, total: Interval::default(), mean }
    }

    fn add(&mut self, value: Interval, count: i64) -> Result<(), SqlError> {
        self.total = crate::datetime::arith::interval_plus(self.total, value)?;
        self.count += count;
        Ok(())
    }
}

impl Accumulator for Intervals {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.add(argument(args, 0)?, 1)
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.add(other.total, other.count)
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        match self.count {
            0 => Ok(Datum::Null),
            count if self.mean => crate::functions::interval::divide(self.total, count as f64)?.answer(),
            _ => self.total.answer(),
        }
    }
}

fn float4(args: &[Datum]) -> Result<f64, SqlError> {
    argument::<f32>(args, 0).map(f64::from)
}

fn float8(args: &[Datum]) -> Result<f64, SqlError> {
    argument(args, 0)
}

aggregates! {
    2109 sum(INT2) -> INT8 = |_| boxed(Integers::<i16>::new(total_int8));
    2108 sum(INT4) -> INT8 = |_| boxed(Integers::<i32>::new(total_int8));
    2107 sum(INT8) -> NUMERIC = |_| boxed(Integers::<i64>::new(total_numeric));
    2110 sum(FLOAT4) -> FLOAT4 = |_| boxed(Single::default());
    2111 sum(FLOAT8) -> FLOAT8 = |_| boxed(Double::default());
    2113 sum(INTERVAL) -> INTERVAL = |_| boxed(Intervals::new(false));
    2114 sum(NUMERIC) -> NUMERIC = |_| boxed(Numerics::new(false));
    2102 avg(INT2) -> NUMERIC = |_| boxed(Integers::<i16>::new(mean_numeric));
    2101 avg(INT4) -> NUMERIC = |_| boxed(Integers::<i32>::new(mean_numeric));
    2100 avg(INT8) -> NUMERIC = |_| boxed(Integers::<i64>::new(mean_numeric));
    2103 avg(NUMERIC) -> NUMERIC = |_| boxed(Numerics::new(true));
    2104 avg(FLOAT4) -> FLOAT8 = |_| boxed(Mean::new(float4));
    2105 avg(FLOAT8) -> FLOAT8 = |_| boxed(Mean::new(float8));
    2106 avg(INTERVAL) -> INTERVAL = |_| boxed(Intervals::new(true));
}
