//! Subscripts: `a[2]`, `a[1][3]`, `a[2:3]`.

use std::sync::Arc;

use crate::datum::{Array, Datum};
use crate::error::SqlError;

/// A subscript as a back end holds it, with its own form of expression.
#[derive(Clone, Copy, Debug)]
pub enum Subscript<'a, E> {
    /// `[i]`
    Index(&'a E),
    /// `[low:high]`
    Slice(Option<&'a E>, Option<&'a E>),
}

/// `array[...]`: the element, or with a slice among the subscripts a part of the array. NULL for a NULL array or subscript.
/// `eval` computes a subscript, an int4.
pub fn subscript<'a, E: 'a>(
    array: &Datum,
    subscripts: impl Iterator<Item = Subscript<'a, E>> + Clone,
    eval: impl Fn(&E) -> Result<Datum, SqlError>,
) -> Result<Datum, SqlError> {
    let Datum::Array(array) = array else { return Ok(Datum::Null) };
    let value = |expr: &E| match eval(expr)? {
        Datum::Int4(value) => Ok(Some(value)),
        Datum::Null => Ok(None),
        other => Err(SqlError::internal(format!("a subscript {other:?}"))),
    };
    if !subscripts.clone().any(|subscript| matches!(subscript, Subscript::Slice(..))) {
        let indexes = subscripts.map(|subscript| match subscript {
            Subscript::Index(index) => value(index),
            Subscript::Slice(..) => Err(SqlError::internal("a slice among indexes")),
        });
        let indexes = indexes.collect::<Result<Option<Vec<i32>>, SqlError>>()?;
        return Ok(indexes.map_or(Datum::Null, |indexes| element_at(array, &indexes)));
    }
    let mut all = Vec::new();
    for subscript in subscripts {
        // `[n]` among slices means `[1:n]`.
        let (low, high) = match subscript {
            Subscript::Index(index) => (Some(Some(1)), Some(value(index)?)),
            Subscript::Slice(low, high) => (low.map(&value).transpose()?, high.map(&value).transpose()?),
        };
        if low == Some(None) || high == Some(None) {
            return Ok(Datum::Null);
        }
        all.push(Bounds { low: low.flatten(), high: high.flatten() });
    }
    Ok(Datum::Array(Arc::new(slice(array, &all))))
}

/// One dimension of a slice: `[low:high]`, where a missing bound is the array's own.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    /// First subscript.
    low: Option<i32>,
    /// Last subscript.
    high: Option<i32>,
}

/// The element at these subscripts; NULL outside of the array or with a wrong number of subscripts.
fn element_at(array: &Array, subscripts: &[i32]) -> Datum {
    if subscripts.len() != array.dimensions.len() {
        return Datum::Null;
    }
    let mut at = 0;
    for (subscript, (length, lower)) in subscripts.iter().zip(&array.dimensions) {
        let offset = i64::from(*subscript) - i64::from(*lower);
        if offset < 0 || offset >= i64::from(*length) {
            return Datum::Null;
        }
        at = at * *length as usize + offset as usize;
    }
    array.elements.get(at).cloned().unwrap_or(Datum::Null)
}

/// The part within these bounds, renumbered from 1; dimensions without bounds are taken whole. Empty where nothing is left.
fn slice(array: &Array, bounds: &[Bounds]) -> Array {
    let empty = || Array::from_elements(array.element, Vec::new());
    if bounds.len() > array.dimensions.len() || array.dimensions.is_empty() {
        return empty();
    }
    let mut ranges = Vec::with_capacity(array.dimensions.len());
    for (at, (length, lower)) in array.dimensions.iter().enumerate() {
        let bounds = bounds.get(at).copied().unwrap_or_default();
        let first = i64::from(bounds.low.unwrap_or(*lower)).max(i64::from(*lower)) - i64::from(*lower);
        let upper = i64::from(*lower) + i64::from(*length) - 1;
        let last = bounds.high.map_or(upper, i64::from).min(upper) - i64::from(*lower);
        if first > last {
            return empty();
        }
        ranges.push(first as usize..last as usize + 1);
    }
    let mut elements = Vec::new();
    gather(array, &ranges, 0, 0, &mut elements);
    let dimensions = ranges.iter().map(|range| (range.len() as i32, 1)).collect();
    Array { element: array.element, dimensions, elements }
}

/// Copies the elements inside `ranges`, dimension by dimension.
fn gather(array: &Array, ranges: &[std::ops::Range<usize>], depth: usize, base: usize, out: &mut Vec<Datum>) {
    let Some(range) = ranges.get(depth) else {
        out.extend(array.elements.get(base).cloned());
        return;
    };
    for offset in range.clone() {
        gather(array, ranges, depth + 1, base * array.dimensions[depth].0 as usize + offset, out);
    }
}
