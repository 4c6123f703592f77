//! ARRAY[...] and subscripts.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr, Subscript};
use cairn_sql_types::{Array, Datum, SqlError, SqlState, TypeId};

use super::{Frame, eval};

/// ARRAY[elements]; `nested`: the elements are arrays, which become one more dimension.
pub(super) fn build(values: Vec<Datum>, element: TypeId, nested: bool) -> Result<Datum, SqlError> {
    let array = match nested {
        false if values.is_empty() => Array { element, dimensions: Vec::new(), elements: values },
        false => Array { element, dimensions: vec![(values.len() as i32, 1)], elements: values },
        true => stack(&values, element)?,
    };
    Ok(Datum::Array(Arc::new(array)))
}

fn stack(values: &[Datum], element: TypeId) -> Result<Array, SqlError> {
    let mismatch = || {
        let message = "multidimensional arrays must have array expressions with matching dimensions";
        SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message)
    };
    let mut inner: Option<&[(i32, i32)]> = None;
    let mut elements = Vec::new();
    let mut rows = 0;
    for value in values {
        // NULL and empty sub-arrays count as empty; they fit only among their like.
        let (dimensions, items): (&[(i32, i32)], &[Datum]) = match value {
            Datum::Array(array) => (&array.dimensions, &array.elements),
            _ => (&[], &[]),
        };
        match inner {
            Some(first) if first != dimensions => return Err(mismatch()),
            _ => inner = Some(dimensions),
        }
        rows += 1;
        elements.extend_from_slice(items);
    }
    let inner = inner.unwrap_or_default();
    if inner.is_empty() {
        return Ok(Array { element, dimensions: Vec::new(), elements: Vec::new() });
    }
    let dimensions = std::iter::once((rows, 1)).chain(inner.iter().copied()).collect();
    Ok(Array { element, dimensions, elements })
}

/// `array[...]`: NULL for a NULL array, a NULL subscript, or a place outside.
pub(super) fn subscript(array: &Datum, subscripts: &[Subscript], frame: &Frame<'_>) -> Result<Datum, SqlError> {
    let Datum::Array(array) = array else { return Ok(Datum::Null) };
    match subscripts.iter().any(|subscript| matches!(subscript, Subscript::Slice(..))) {
        false => element(array, subscripts, frame),
        true => slice(array, subscripts, frame),
    }
}

fn element(array: &Array, subscripts: &[Subscript], frame: &Frame<'_>) -> Result<Datum, SqlError> {
    if subscripts.len() != array.dimensions.len() {
        return Ok(Datum::Null);
    }
    let mut place = 0;
    for (subscript, (length, lower)) in subscripts.iter().zip(&array.dimensions) {
        let Subscript::Index(index) = subscript else { return Ok(Datum::Null) };
        let Some(index) = integer(&eval(index, frame)?) else { return Ok(Datum::Null) };
        let offset = index - i64::from(*lower);
        if !(0..i64::from(*length)).contains(&offset) {
            return Ok(Datum::Null);
        }
        place = place * *length as usize + offset as usize;
    }
    Ok(array.elements[place].clone())
}

/// A slice keeps all dimensions; `[n]` among slices means `[1:n]`, a bound left out means the array's.
fn slice(array: &Array, subscripts: &[Subscript], frame: &Frame<'_>) -> Result<Datum, SqlError> {
    let empty = || Array { element: array.element, dimensions: Vec::new(), elements: Vec::new() };
    if subscripts.len() > array.dimensions.len() {
        return Ok(Datum::Array(Arc::new(empty())));
    }
    let mut bounds = Vec::with_capacity(array.dimensions.len());
    for (dimension, (length, lower)) in array.dimensions.iter().enumerate() {
        let (first, last) = (i64::from(*lower), i64::from(*lower) + i64::from(*length) - 1);
        let (from, to) = match subscripts.get(dimension) {
            None => (first, last),
            Some(Subscript::Index(index)) => match integer(&eval(index, frame)?) {
                Some(to) => (1, to),
                None => return Ok(Datum::Null),
            },
            Some(Subscript::Slice(low, high)) => {
                let bound = |code: &Option<Expr>, default: i64| match code {
                    None => Ok(Some(default)),
                    Some(code) => eval(code, frame).map(|value| integer(&value)),
                };
                match (bound(low, first)?, bound(high, last)?) {
                    (Some(from), Some(to)) => (from, to),
                    _ => return Ok(Datum::Null),
                }
            }
        };
        let (from, to) = (from.max(first), to.min(last));
        if from > to {
            return Ok(Datum::Array(Arc::new(empty())));
        }
        bounds.push(((from - first) as usize, (to - first) as usize));
    }
    let mut elements = Vec::new();
    collect(array, &bounds, 0, 0, &mut elements);
    let dimensions = bounds.iter().map(|(from, to)| ((to - from + 1) as i32, 1)).collect();
    Ok(Datum::Array(Arc::new(Array { element: array.element, dimensions, elements })))
}

fn collect(array: &Array, bounds: &[(usize, usize)], dimension: usize, place: usize, out: &mut Vec<Datum>) {
    let Some((from, to)) = bounds.get(dimension) else {
        out.push(array.elements[place].clone());
        return;
    };
    let length = array.dimensions[dimension].0 as usize;
    for offset in *from..=*to {
        collect(array, bounds, dimension + 1, place * length + offset, out);
    }
}

fn integer(value: &Datum) -> Option<i64> {
    match value {
        Datum::Int2(value) => Some(i64::from(*value)),
        Datum::Int4(value) => Some(i64::from(*value)),
        Datum::Int8(value) => Some(*value),
        _ => None,
    }
}

/// Casts every element.
pub(super) fn cast(array: &Array, element: &Expr, to: TypeId, frame: &Frame<'_>) -> Result<Datum, SqlError> {
    let cast = |value: &Datum| eval(element, &Frame { element: Some(value), ..*frame });
    let elements = array.elements.iter().map(cast).collect::<Result<Vec<_>, _>>()?;
    let element = to.element().ok_or_else(|| SqlError::internal("an array cast to no array"))?;
    Ok(Datum::Array(Arc::new(Array { element, dimensions: array.dimensions.clone(), elements })))
}
