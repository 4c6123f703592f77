//! `corr`, `covar_*` and `regr_*`: pairs (y, x) of floats, by the Youngs-Cramer recurrence.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::float::overflow;
use crate::kernel::EvalContext;

use super::declare::aggregates;
use super::state::{Accumulator, argument, boxed};

/// Sums over pairs: values, and products of differences from the means.
#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

struct Regression {
    sums: Sums,
    answer: fn(&Sums) -> Option<f64>,
}

impl Accumulator for Regression {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let (y, x): (f64, f64) = (argument(args, 0)?, argument(args, 1)?);
        let before = self.sums;
        let s = &mut self.sums;
        s.n += 1.0;
        s.x += x;
        s.y += y;
        if before.n > 0.0 {
            let (dx, dy) = (x * s.n - s.x, y * s.n - s.y);
            let scale = 1.0 / (s.n * before.n);
            s.xx += dx * dx * scale;
            s.yy += dy * dy * scale;
            s.xy += dx * dy * scale;
            let x_finite = !before.x.is_infinite() && !x.is_infinite();
            let y_finite = !before.y.is_infinite() && !y.is_infinite();
            let overflows = (s.x.is_infinite() || s.xx.is_infinite()) && x_finite
                || (s.y.is_infinite() || s.yy.is_infinite()) && y_finite
                || s.xy.is_infinite() && x_finite && y_finite;
            if overflows {
                return Err(overflow());
            }
            for spread in [&mut s.xx, &mut s.yy, &mut s.xy].into_iter().filter(|spread| spread.is_infinite()) {
                *spread = f64::NAN;
            }
        } else {
            if !x.is_finite() {
                (s.xx, s.xy) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (s.yy, s.xy) = (f64::NAN, f64::NAN);
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        let (a, b) = (self.sums, other.sums);
        if a.n == 0.0 || b.n == 0.0 {
            self.sums = if a.n == 0.0 { b } else { a };
            return Ok(());
        }
        let n = a.n + b.n;
        let (dx, dy) = (a.x / a.n - b.x / b.n, a.y / a.n - b.y / b.n);
        let weight = a.n * b.n / n;
        self.sums = Sums {
            n,
            x: a.x + b.x,
            y: a.y + b.y,
            xx: a.xx + b.xx + weight * dx * dx,
            yy: a.yy + b.yy + weight * dy * dy,
            xy: a.xy + b.xy + weight * dx * dy,
        };
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok((self.answer)(&self.sums).map_or(Datum::Null, Datum::Float8))
    }
}

/// `regr_count` counts pairs, as bigint.
struct Pairs(i64);

impl Accumulator for Pairs {
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

fn state(answer: fn(&Sums) -> Option<f64>) -> Box<dyn crate::kernel::AggregateState> {
    boxed(Regression { sums: Sums::default(), answer })
}

/// `None` without pairs.
fn some(s: &Sums, value: f64) -> Option<f64> {
    (s.n > 0.0).then_some(value)
}

fn correlation(s: &Sums) -> Option<f64> {
    (s.n > 0.0 && s.xx != 0.0 && s.yy != 0.0).then(|| s.xy / (s.xx * s.yy).sqrt())
}

fn r_squared(s: &Sums) -> Option<f64> {
    match s {
        _ if s.n < 1.0 || s.xx == 0.0 => None,
        _ if s.yy == 0.0 => Some(1.0),
        _ => Some((s.xy * s.xy) / (s.xx * s.yy)),
    }
}

fn slope(s: &Sums) -> Option<f64> {
    (s.n > 0.0 && s.xx != 0.0).then(|| s.xy / s.xx)
}

fn intercept(s: &Sums) -> Option<f64> {
    (s.n > 0.0 && s.xx != 0.0).then(|| (s.y - s.x * s.xy / s.xx) / s.n)
}

aggregates! {
    2818 regr_count(FLOAT8, FLOAT8) -> INT8 = |_| boxed(Pairs(0));
    2819 regr_sxx(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.xx));
    2820 regr_syy(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.yy));
    2821 regr_sxy(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.xy));
    2822 regr_avgx(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.x / s.n));
    2823 regr_avgy(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.y / s.n));
    2824 regr_r2(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(r_squared);
    2825 regr_slope(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(slope);
    2826 regr_intercept(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(intercept);
    2827 covar_pop(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| some(s, s.xy / s.n));
    2828 covar_samp(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(|s| (s.n > 1.0).then(|| s.xy / (s.n - 1.0)));
    2829 corr(FLOAT8, FLOAT8) -> FLOAT8 = |_| state(correlation);
}
