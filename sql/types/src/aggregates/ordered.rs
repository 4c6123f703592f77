//! Ordered-set aggregates: `percentile_cont`, `percentile_disc`, `mode`. Rows come in the order of WITHIN GROUP, without NULLs.

use crate::compare::compare;
use crate::datetime::arith::{interval_minus, interval_plus};
use crate::datum::{Array, Datum, Interval};
use crate::error::{SqlError, SqlState};
use crate::functions::args::Answer;
use crate::functions::interval;
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::declare::aggregates;
use super::state::{Accumulator, boxed, datum_heap_bytes};

/// How a percentile is read off the sorted values.
type Pick = fn(&[Datum], f64) -> Result<Datum, SqlError>;

struct Percentile {
    fraction: Datum,
    values: Vec<Datum>,
    element: TypeId,
    pick: Pick,
}

impl Percentile {
    fn new(types: &[TypeId], pick: Pick) -> Self {
        let element = types.get(1).copied().unwrap_or(TypeId::UNKNOWN);
        Self { fraction: Datum::Null, values: Vec::new(), element, pick }
    }

    fn at(&self, fraction: f64) -> Result<Datum, SqlError> {
        if !(0.0..=1.0).contains(&fraction) {
            let message = format!("percentile value {fraction} is not between 0 and 1");
            return Err(SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message));
        }
        (self.pick)(&self.values, fraction)
    }
}

impl Accumulator for Percentile {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let [fraction, value] = args else {
            return Err(SqlError::internal("a percentile takes a fraction and a value"));
        };
        if self.values.is_empty() {
            self.fraction = fraction.clone();
        }
        self.values.push(value.clone());
        Ok(())
    }

    fn merge(&mut self, _: Self) -> Result<(), SqlError> {
        Err(SqlError::internal("an ordered-set aggregate cannot be computed in parts"))
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        if self.values.is_empty() {
            return Ok(Datum::Null);
        }
        match &self.fraction {
            Datum::Float8(fraction) => self.at(*fraction),
            Datum::Array(fractions) => {
                let one = |fraction: &Datum| match fraction {
                    Datum::Float8(fraction) => self.at(*fraction),
                    _ => Ok(Datum::Null),
                };
                let elements = fractions.elements.iter().map(one).collect::<Result<_, _>>()?;
                Array { element: self.element, dimensions: fractions.dimensions.clone(), elements }.answer()
            }
            _ => Ok(Datum::Null),
        }
    }

    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.values) + self.values.iter().map(datum_heap_bytes).sum::<usize>()
    }
}

/// The first value whose position reaches the fraction.
fn discrete(values: &[Datum], fraction: f64) -> Result<Datum, SqlError> {
    let row = (fraction * values.len() as f64).ceil().max(1.0) as usize;
    Ok(values[row.min(values.len()) - 1].clone())
}

/// Between the two neighbours, in proportion.
fn continuous(values: &[Datum], fraction: f64) -> Result<Datum, SqlError> {
    let position = fraction * (values.len() - 1) as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    if low == high {
        return Ok(values[low].clone());
    }
    let share = position - low as f64;
    match (&values[low], &values[high]) {
        (Datum::Float8(low), Datum::Float8(high)) => Ok(Datum::Float8(low + share * (high - low))),
        (Datum::Interval(low), Datum::Interval(high)) => interpolate(*low, *high, share).map(Datum::Interval),
        _ => Err(SqlError::internal("percentile_cont takes float8 or interval")),
    }
}

fn interpolate(low: Interval, high: Interval, share: f64) -> Result<Interval, SqlError> {
    let difference = interval_minus(high, low)?;
    interval_plus(interval::multiply(difference, share)?, low)
}

/// The most frequent value; the first of equally frequent ones.
struct Mode {
    ty: TypeId,
    best: Option<(Datum, u64)>,
    current: Option<(Datum, u64)>,
}

impl Mode {
    /// Ends the current run of equal values.
    fn settle(&self) -> Option<&(Datum, u64)> {
        match (&self.best, &self.current) {
            (Some(best), Some(current)) if best.1 >= current.1 => Some(best),
            (best, None) => best.as_ref(),
            (_, current) => current.as_ref(),
        }
    }
}

impl Accumulator for Mode {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let Some(value) = args.first() else { return Ok(()) };
        match &mut self.current {
            Some((same, count)) if compare(self.ty, same, value).is_eq() => *count += 1,
            _ => {
                self.best = self.settle().cloned();
                self.current = Some((value.clone(), 1));
            }
        }
        Ok(())
    }

    fn merge(&mut self, _: Self) -> Result<(), SqlError> {
        Err(SqlError::internal("an ordered-set aggregate cannot be computed in parts"))
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(self.settle().map_or(Datum::Null, |(value, _)| value.clone()))
    }
}

fn mode(types: &[TypeId]) -> Mode {
    Mode { ty: types.first().copied().unwrap_or(TypeId::UNKNOWN), best: None, current: None }
}

aggregates! {
    3974 percentile_cont(FLOAT8, FLOAT8) -> FLOAT8 [within_group(1)] = |types| boxed(Percentile::new(types, continuous));
    3976 percentile_cont(FLOAT8, INTERVAL) -> INTERVAL [within_group(1)] = |types| boxed(Percentile::new(types, continuous));
    3980 percentile_cont(FLOAT8_ARRAY, FLOAT8) -> FLOAT8_ARRAY [within_group(1)] = |types| boxed(Percentile::new(types, continuous));
    3982 percentile_cont(FLOAT8_ARRAY, INTERVAL) -> INTERVAL_ARRAY [within_group(1)] = |types| boxed(Percentile::new(types, continuous));
    3972 percentile_disc(FLOAT8, ANYELEMENT) -> ANYELEMENT [within_group(1)] = |types| boxed(Percentile::new(types, discrete));
    3978 percentile_disc(FLOAT8_ARRAY, ANYELEMENT) -> ANYARRAY [within_group(1)] = |types| boxed(Percentile::new(types, discrete));
    3984 mode(ANYELEMENT) -> ANYELEMENT [within_group(0)] = |types| boxed(mode(types));
}
