//! `bool_and`, `bool_or`, `every`, `bit_and`, `bit_or`, `bit_xor`.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::args::{Answer, Arg};
use crate::kernel::EvalContext;

use super::declare::aggregates;
use super::state::{Accumulator, argument, boxed};

/// NULL until the first value, then folded.
struct Fold<T> {
    value: Option<T>,
    combine: fn(T, T) -> T,
}

impl<T> Fold<T> {
    fn new(combine: fn(T, T) -> T) -> Self {
        Self { value: None, combine }
    }
}

impl<T: Copy + Send + for<'a> Arg<'a> + Answer + 'static> Accumulator for Fold<T> {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let next = argument(args, 0)?;
        self.value = Some(self.value.map_or(next, |value| (self.combine)(value, next)));
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.value = match (self.value, other.value) {
            (Some(a), Some(b)) => Some((self.combine)(a, b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        self.value.answer()
    }
}

aggregates! {
    2517 bool_and(BOOL) -> BOOL = |_| boxed(Fold::new(|a: bool, b| a && b));
    2518 bool_or(BOOL) -> BOOL = |_| boxed(Fold::new(|a: bool, b| a || b));
    2519 every(BOOL) -> BOOL = |_| boxed(Fold::new(|a: bool, b| a && b));
    2236 bit_and(INT2) -> INT2 = |_| boxed(Fold::new(|a: i16, b| a & b));
    2238 bit_and(INT4) -> INT4 = |_| boxed(Fold::new(|a: i32, b| a & b));
    2240 bit_and(INT8) -> INT8 = |_| boxed(Fold::new(|a: i64, b| a & b));
    2237 bit_or(INT2) -> INT2 = |_| boxed(Fold::new(|a: i16, b| a | b));
    2239 bit_or(INT4) -> INT4 = |_| boxed(Fold::new(|a: i32, b| a | b));
    2241 bit_or(INT8) -> INT8 = |_| boxed(Fold::new(|a: i64, b| a | b));
    6164 bit_xor(INT2) -> INT2 = |_| boxed(Fold::new(|a: i16, b| a ^ b));
    6165 bit_xor(INT4) -> INT4 = |_| boxed(Fold::new(|a: i32, b| a ^ b));
    6166 bit_xor(INT8) -> INT8 = |_| boxed(Fold::new(|a: i64, b| a ^ b));
}
