//! `generate_series` of numbers; of timestamps see the date and time family.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{functions, set};
use crate::numeric::Numeric;

/// 22023
pub(crate) fn refuse(message: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Rows that one call may return: the caller gets them all at once.
const ROWS_MAX: usize = 1 << 24;

/// Collects a series. 54000 when it has more than 2^24 members.
pub(crate) fn collect<T>(members: impl IntoIterator<Item = Result<T, SqlError>>) -> Result<Vec<T>, SqlError> {
    let mut rows = Vec::new();
    for member in members {
        if rows.len() == ROWS_MAX {
            let message = format!("a series has more than {ROWS_MAX} rows");
            return Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        rows.push(member?);
    }
    Ok(rows)
}

/// From `start` to `stop`, both included; ends quietly where the type does.
fn integers<T: Copy + PartialOrd + Default>(
    start: T,
    stop: T,
    step: T,
    next: fn(T, T) -> Option<T>,
) -> Result<Vec<T>, SqlError> {
    let zero = T::default();
    if step == zero {
        return Err(refuse("step size cannot equal zero"));
    }
    let ascending = step > zero;
    let inside = |value: &T| if ascending { *value <= stop } else { *value >= stop };
    collect(std::iter::successors(Some(start), |value| next(*value, step)).take_while(inside).map(Ok))
}

fn numerics(start: Numeric, stop: Numeric, step: Numeric) -> Result<Vec<Numeric>, SqlError> {
    for (bound, name) in [(start, "start value"), (stop, "stop value"), (step, "step size")] {
        if bound.is_nan() {
            return Err(refuse(&format!("{name} cannot be NaN")));
        }
        if bound.is_infinite() {
            return Err(refuse(&format!("{name} cannot be infinity")));
        }
    }
    if step.is_zero() {
        return Err(refuse("step size cannot equal zero"));
    }
    let inside = |value: &Numeric| if step.is_negative() { *value >= stop } else { *value <= stop };
    let members = std::iter::successors(Some(Ok(start)), |value: &Result<Numeric, SqlError>| {
        value.as_ref().ok().map(|value| value.checked_add(step))
    });
    collect(members.take_while(|value| value.as_ref().map_or(true, inside)))
}

functions! {
    1067 generate_series(INT4, INT4) -> INT4 = set!(INT4 "generate_series", |start: i32, stop: i32| integers(start, stop, 1, i32::checked_add));
    1066 generate_series(INT4, INT4, INT4) -> INT4 = set!(INT4 "generate_series", |start: i32, stop: i32, step: i32| integers(start, stop, step, i32::checked_add));
    1069 generate_series(INT8, INT8) -> INT8 = set!(INT8 "generate_series", |start: i64, stop: i64| integers(start, stop, 1, i64::checked_add));
    1068 generate_series(INT8, INT8, INT8) -> INT8 = set!(INT8 "generate_series", |start: i64, stop: i64, step: i64| integers(start, stop, step, i64::checked_add));
    3260 generate_series(NUMERIC, NUMERIC) -> NUMERIC = set!(NUMERIC "generate_series", |start: Numeric, stop: Numeric| numerics(start, stop, Numeric::ONE));
    3259 generate_series(NUMERIC, NUMERIC, NUMERIC) -> NUMERIC = set!(NUMERIC "generate_series", |start: Numeric, stop: Numeric, step: Numeric| numerics(start, stop, step));
}
