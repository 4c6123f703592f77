//! From a typed accumulator to an [`AggregateState`].

use std::any::Any;

use crate::datum::Datum;
use crate::error::SqlError;
use crate::kernel::{AggregateState, EvalContext};

/// What an aggregate computes; [`boxed`] makes a state of it.
pub(super) trait Accumulator: Send + Sized + 'static {
    /// Takes in one row's arguments.
    fn update(&mut self, context: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError>;
    /// Takes in another accumulator; its rows come after this one's.
    fn merge(&mut self, other: Self) -> Result<(), SqlError>;
    /// The result so far.
    fn finish(&self, context: &EvalContext<'_>) -> Result<Datum, SqlError>;
    /// Bytes held outside of the accumulator itself.
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// A fresh state.
pub(super) fn boxed(accumulator: impl Accumulator) -> Box<dyn AggregateState> {
    Box::new(State(accumulator))
}

struct State<A>(A);

impl<A: Accumulator> AggregateState for State<A> {
    fn update(&mut self, context: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.0.update(context, args)
    }

    fn merge(&mut self, _: &EvalContext<'_>, other: Box<dyn AggregateState>) -> Result<(), SqlError> {
        match other.into_any().downcast::<Self>() {
            Ok(other) => self.0.merge(other.0),
            Err(_) => Err(SqlError::internal("merged states of different aggregates")),
        }
    }

    fn finish(&self, context: &EvalContext<'_>) -> Result<Datum, SqlError> {
        self.0.finish(context)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.0.heap_bytes()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// The first argument of a row.
pub(super) fn argument<'a, T: crate::functions::args::Arg<'a>>(args: &'a [Datum], at: usize) -> Result<T, SqlError> {
    T::get(args.get(at))
}

/// Bytes of a datum that it keeps outside of itself.
pub(super) fn datum_heap_bytes(datum: &Datum) -> usize {
    match datum {
        Datum::Text(text) => text.len(),
        Datum::Bytea(bytes) => bytes.len(),
        Datum::Array(array) => {
            array.elements.iter().map(|element| size_of::<Datum>() + datum_heap_bytes(element)).sum()
        }
        Datum::Record(fields) => fields.iter().map(|field| size_of::<Datum>() + datum_heap_bytes(field)).sum(),
        _ => 0,
    }
}
