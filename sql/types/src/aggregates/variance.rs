//! `variance`, `stddev` and their population forms.
//!
//! Floats use the Youngs-Cramer recurrence, which does not cancel; integers and numerics are computed exactly from the sums of
//! values and squares, with PostgreSQL's result scale.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::args::Answer;
use crate::kernel::EvalContext;
use crate::numeric::Numeric;

use super::declare::aggregates;
use super::moments::Moments;
use super::state::{Accumulator, argument, boxed};

/// Which measure of spread.
#[derive(Clone, Copy)]
struct Measure {
    /// Divide by n - 1 instead of n.
    sample: bool,
    /// Take the square root.
    deviation: bool,
}

const VAR_POP: Measure = Measure { sample: false, deviation: false };
const VAR_SAMP: Measure = Measure { sample: true, deviation: false };
const STDDEV_POP: Measure = Measure { sample: false, deviation: true };
const STDDEV_SAMP: Measure = Measure { sample: true, deviation: true };

struct Floats {
    measure: Measure,
    input: fn(&[Datum]) -> Result<f64, SqlError>,
    moments: Moments,
}

impl Floats {
    fn new(measure: Measure, input: fn(&[Datum]) -> Result<f64, SqlError>) -> Self {
        Self { measure, input, moments: Moments::default() }
    }
}

impl Accumulator for Floats {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.moments.add((self.input)(args)?)
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.moments.merge(other.moments)
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let Moments { count, squares, .. } = self.moments;
        let divisor = if self.measure.sample { count - 1.0 } else { count };
        if divisor <= 0.0 {
            return Ok(Datum::Null);
        }
        let variance = squares / divisor;
        Ok(Datum::Float8(if self.measure.deviation { variance.sqrt() } else { variance }))
    }
}

struct Exact {
    measure: Measure,
    input: fn(&[Datum]) -> Result<Numeric, SqlError>,
    count: i64,
    sum: Numeric,
    sum_of_squares: Numeric,
}

impl Exact {
    fn new(measure: Measure, input: fn(&[Datum]) -> Result<Numeric, SqlError>) -> Self {
        Self { measure, input, count: 0, sum: Numeric::ZERO, sum_of_squares: Numeric::ZERO }
    }
}

impl Accumulator for Exact {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let value = (self.input)(args)?;
        self.sum = self.sum.checked_add(value)?;
        self.sum_of_squares = self.sum_of_squares.checked_add(value.checked_mul(value)?)?;
        self.count += 1;
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.sum = self.sum.checked_add(other.sum)?;
        self.sum_of_squares = self.sum_of_squares.checked_add(other.sum_of_squares)?;
        self.count += other.count;
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let least = if self.measure.sample { 2 } else { 1 };
        if self.count < least {
            return Ok(Datum::Null);
        }
        if self.sum.is_nan() || self.sum.is_infinite() {
            return Numeric::NaN.answer();
        }
        let count = Numeric::from(self.count);
        let numerator = count.checked_mul(self.sum_of_squares)?.checked_sub(self.sum.checked_mul(self.sum)?)?;
        if numerator.is_zero() || numerator.is_negative() {
            return Numeric::ZERO.answer();
        }
        let divisor = Numeric::from(if self.measure.sample { self.count - 1 } else { self.count });
        let variance = numerator.checked_div(count.checked_mul(divisor)?)?;
        if !self.measure.deviation {
            return variance.answer();
        }
        variance.sqrt()?.round(variance.scale().map_or(0, i32::from))?.answer()
    }
}

fn float4(args: &[Datum]) -> Result<f64, SqlError> {
    argument::<f32>(args, 0).map(f64::from)
}

fn float8(args: &[Datum]) -> Result<f64, SqlError> {
    argument(args, 0)
}

fn int2(args: &[Datum]) -> Result<Numeric, SqlError> {
    argument::<i16>(args, 0).map(Numeric::from)
}

fn int4(args: &[Datum]) -> Result<Numeric, SqlError> {
    argument::<i32>(args, 0).map(Numeric::from)
}

fn int8(args: &[Datum]) -> Result<Numeric, SqlError> {
    argument::<i64>(args, 0).map(Numeric::from)
}

fn numeric(args: &[Datum]) -> Result<Numeric, SqlError> {
    argument(args, 0)
}

aggregates! {
    2154 stddev(INT8) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int8));
    2155 stddev(INT4) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int4));
    2156 stddev(INT2) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int2));
    2157 stddev(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_SAMP, float4));
    2158 stddev(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_SAMP, float8));
    2159 stddev(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, numeric));
    2724 stddev_pop(INT8) -> NUMERIC = |_| boxed(Exact::new(STDDEV_POP, int8));
    2725 stddev_pop(INT4) -> NUMERIC = |_| boxed(Exact::new(STDDEV_POP, int4));
    2726 stddev_pop(INT2) -> NUMERIC = |_| boxed(Exact::new(STDDEV_POP, int2));
    2727 stddev_pop(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_POP, float4));
    2728 stddev_pop(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_POP, float8));
    2729 stddev_pop(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(STDDEV_POP, numeric));
    2712 stddev_samp(INT8) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int8));
    2713 stddev_samp(INT4) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int4));
    2714 stddev_samp(INT2) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, int2));
    2715 stddev_samp(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_SAMP, float4));
    2716 stddev_samp(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(STDDEV_SAMP, float8));
    2717 stddev_samp(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(STDDEV_SAMP, numeric));
    2718 var_pop(INT8) -> NUMERIC = |_| boxed(Exact::new(VAR_POP, int8));
    2719 var_pop(INT4) -> NUMERIC = |_| boxed(Exact::new(VAR_POP, int4));
    2720 var_pop(INT2) -> NUMERIC = |_| boxed(Exact::new(VAR_POP, int2));
    2721 var_pop(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(VAR_POP, float4));
    2722 var_pop(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(VAR_POP, float8));
    2723 var_pop(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(VAR_POP, numeric));
    2641 var_samp(INT8) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int8));
    2642 var_samp(INT4) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int4));
    2643 var_samp(INT2) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int2));
    2644 var_samp(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(VAR_SAMP, float4));
    2645 var_samp(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(VAR_SAMP, float8));
    2646 var_samp(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, numeric));
    2148 variance(INT8) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int8));
    2149 variance(INT4) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int4));
    2150 variance(INT2) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, int2));
    2151 variance(FLOAT4) -> FLOAT8 = |_| boxed(Floats::new(VAR_SAMP, float4));
    2152 variance(FLOAT8) -> FLOAT8 = |_| boxed(Floats::new(VAR_SAMP, float8));
    2153 variance(NUMERIC) -> NUMERIC = |_| boxed(Exact::new(VAR_SAMP, numeric));
}
