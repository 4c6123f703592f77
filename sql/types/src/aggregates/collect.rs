//! `string_agg` and `array_agg`: values in the order they come.

use std::sync::Arc;

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::declare::aggregates;
use super::state::{Accumulator, argument, boxed, datum_heap_bytes};

/// Reads an argument's bytes; `None` for NULL.
type ReadBytes = for<'a> fn(&'a [Datum], usize) -> Result<Option<&'a [u8]>, SqlError>;

/// Concatenation; each value but the first is preceded by its own row's delimiter.
struct Concatenation {
    bytes: Option<Vec<u8>>,
    /// Length of the first row's delimiter, which leads `bytes` and is left out of the result unless states are merged.
    first_delimiter: usize,
    read: ReadBytes,
    answer: fn(&[u8]) -> Datum,
}

impl Accumulator for Concatenation {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let Some(value) = (self.read)(args, 0)? else { return Ok(()) };
        let delimiter = (self.read)(args, 1)?.unwrap_or(b"");
        if self.bytes.is_none() {
            self.first_delimiter = delimiter.len();
        }
        let bytes = self.bytes.get_or_insert_default();
        bytes.extend_from_slice(delimiter);
        bytes.extend_from_slice(value);
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        match (&mut self.bytes, other.bytes) {
            (Some(bytes), Some(more)) => bytes.extend_from_slice(&more),
            (None, more) => {
                self.bytes = more;
                self.first_delimiter = other.first_delimiter;
            }
            (Some(_), None) => {}
        }
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(self.bytes.as_ref().map_or(Datum::Null, |bytes| (self.answer)(&bytes[self.first_delimiter..])))
    }

    fn heap_bytes(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::capacity)
    }
}

fn strings() -> Concatenation {
    Concatenation {
        bytes: None,
        first_delimiter: 0,
        read: |args, at| argument::<Option<&str>>(args, at).map(|text| text.map(str::as_bytes)),
        answer: |bytes| Datum::text(String::from_utf8_lossy(bytes)),
    }
}

fn byte_strings() -> Concatenation {
    Concatenation {
        bytes: None,
        first_delimiter: 0,
        read: |args, at| argument(args, at),
        answer: |bytes| Datum::Bytea(bytes.into()),
    }
}

/// Values of any type, NULLs included.
struct Collection {
    element: TypeId,
    values: Vec<Datum>,
}

impl Collection {
    fn of(types: &[TypeId]) -> Self {
        Self { element: types.first().copied().unwrap_or(TypeId::UNKNOWN), values: Vec::new() }
    }
}

impl Accumulator for Collection {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        self.values.extend(args.first().cloned());
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.values.extend(other.values);
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        if self.values.is_empty() {
            return Ok(Datum::Null);
        }
        Ok(Datum::Array(Arc::new(Array {
            element: self.element,
            dimensions: vec![(self.values.len() as i32, 1)],
            elements: self.values.clone(),
        })))
    }

    fn heap_bytes(&self) -> usize {
        collected_bytes(&self.values)
    }
}

fn collected_bytes(values: &[Datum]) -> usize {
    size_of_val(values) + values.iter().map(datum_heap_bytes).sum::<usize>()
}

/// Arrays of one shape become slices of an array with one more dimension.
struct Slices(Vec<Arc<Array>>);

impl Slices {
    fn push(&mut self, array: Arc<Array>) -> Result<(), SqlError> {
        let refuse = |message: &str| Err(SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
        if array.dimensions.is_empty() {
            return refuse("cannot accumulate empty arrays");
        }
        if self.0.first().is_some_and(|first| first.dimensions != array.dimensions) {
            return refuse("cannot accumulate arrays of different dimensionality");
        }
        self.0.push(array);
        Ok(())
    }
}

impl Accumulator for Slices {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        match args.first() {
            Some(Datum::Array(array)) => self.push(array.clone()),
            _ => Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "cannot accumulate null arrays")),
        }
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        other.0.into_iter().try_for_each(|array| self.push(array))
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let Some(first) = self.0.first() else { return Ok(Datum::Null) };
        let mut dimensions = vec![(self.0.len() as i32, 1)];
        dimensions.extend(&first.dimensions);
        let elements = self.0.iter().flat_map(|array| array.elements.iter().cloned()).collect();
        Ok(Datum::Array(Arc::new(Array { element: first.element, dimensions, elements })))
    }

    fn heap_bytes(&self) -> usize {
        self.0.iter().map(|array| collected_bytes(&array.elements)).sum()
    }
}

aggregates! {
    3538 string_agg(TEXT, TEXT) -> TEXT [lax] = |_| boxed(strings());
    3545 string_agg(BYTEA, BYTEA) -> BYTEA [lax] = |_| boxed(byte_strings());
    2335 array_agg(ANYNONARRAY) -> ANYARRAY [lax] = |types| boxed(Collection::of(types));
    4053 array_agg(ANYARRAY) -> ANYARRAY [lax] = |_| boxed(Slices(Vec::new()));
}
