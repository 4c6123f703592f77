//! New arrays from old ones.

use std::sync::Arc;

use crate::compare::compare;
use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::args::{Answer, Arg};
use crate::functions::declare::{f, functions, typed};
use crate::kernel::EvalContext;
use crate::ty::TypeId;

/// Elements that an array may have.
const ELEMENTS_MAX: usize = 134_217_727;

fn data_exception(message: &str) -> SqlError {
    SqlError::new(SqlState::of(b"22000"), message)
}

fn subscript_error(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message)
}

/// The element type of the array argument at `at`.
fn element_type(types: &[TypeId], at: usize) -> TypeId {
    types.get(at).and_then(|ty| ty.element()).unwrap_or(TypeId::UNKNOWN)
}

fn array_or_empty(args: &[Datum], types: &[TypeId], at: usize) -> Result<Array, SqlError> {
    let array: Option<&Array> = Arg::get(args.get(at))?;
    Ok(array.cloned().unwrap_or_else(|| Array::from_elements(element_type(types, at), Vec::new())))
}

fn one_dimensional(array: &Array) -> Result<(), SqlError> {
    match array.dimensions.len() {
        0 | 1 => Ok(()),
        _ => Err(data_exception("argument must be empty or one-dimensional array")),
    }
}

/// Puts a value before or after the elements; the lower bound stays.
fn extended(mut array: Array, value: Datum, at: usize) -> Result<Array, SqlError> {
    one_dimensional(&array)?;
    let lower = array.dimensions.first().map_or(1, |(_, lower)| *lower);
    array.elements.insert(at, value);
    array.dimensions = vec![(array.elements.len() as i32, lower)];
    Ok(array)
}

fn append(_: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let array = array_or_empty(args, types, 0)?;
    let end = array.elements.len();
    extended(array, args[1].clone(), end)?.answer()
}

fn prepend(_: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    extended(array_or_empty(args, types, 1)?, args[0].clone(), 0)?.answer()
}

fn incompatible(detail: String) -> SqlError {
    subscript_error("cannot concatenate incompatible arrays").detail(detail)
}

/// Along the first dimension; an array with one dimension less counts as one element.
fn concatenate(a: &Array, b: &Array) -> Result<Array, SqlError> {
    let (na, nb) = (a.dimensions.len(), b.dimensions.len());
    if na == 0 || nb == 0 {
        return Ok(if nb == 0 { a.clone() } else { b.clone() });
    }
    let differing =
        |what: &str| incompatible(format!("Arrays with differing {what} are not compatible for concatenation."));
    let dimensions = if na == nb {
        if a.dimensions[1..] != b.dimensions[1..] {
            return Err(differing("element dimensions"));
        }
        let mut dimensions = a.dimensions.clone();
        dimensions[0].0 += b.dimensions[0].0;
        dimensions
    } else if na.abs_diff(nb) == 1 {
        let (more, less) = if na > nb { (a, b) } else { (b, a) };
        if more.dimensions[1..] != less.dimensions[..] {
            return Err(differing("dimensions"));
        }
        let mut dimensions = more.dimensions.clone();
        dimensions[0].0 += 1;
        dimensions
    } else {
        let detail = format!("Arrays of {na} and {nb} dimensions are not compatible for concatenation.");
        return Err(incompatible(detail));
    };
    let elements = a.elements.iter().chain(&b.elements).cloned().collect();
    Ok(Array { element: a.element, dimensions, elements })
}

fn cat(a: Option<&Array>, b: Option<&Array>) -> Result<Option<Array>, SqlError> {
    match (a, b) {
        (Some(a), Some(b)) => concatenate(a, b).map(Some),
        (a, b) => Ok(a.or(b).cloned()),
    }
}

/// Equal, or both NULL.
fn same(ty: TypeId, a: &Datum, b: &Datum) -> bool {
    a.is_null() == b.is_null() && compare(ty, a, b).is_eq()
}

fn remove(array: Option<&Array>, value: &Datum) -> Result<Option<Array>, SqlError> {
    let Some(array) = array else { return Ok(None) };
    if array.dimensions.len() > 1 {
        return Err(SqlError::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "removing elements from multidimensional arrays is not supported",
        ));
    }
    let elements: Vec<Datum> =
        array.elements.iter().filter(|element| !same(array.element, element, value)).cloned().collect();
    let lower = array.dimensions.first().map_or(1, |(_, lower)| *lower);
    let dimensions = if elements.is_empty() { Vec::new() } else { vec![(elements.len() as i32, lower)] };
    Ok(Some(Array { element: array.element, dimensions, elements }))
}

fn replace(array: Option<&Array>, from: &Datum, to: &Datum) -> Option<Array> {
    let mut array = array?.clone();
    for element in &mut array.elements {
        if same(array.element, element, from) {
            *element = to.clone();
        }
    }
    Some(array)
}

fn trim(array: &Array, count: i32) -> Result<Array, SqlError> {
    let length = array.dimensions.first().map_or(0, |(length, _)| *length);
    if !(0..=length).contains(&count) {
        let message = format!("number of elements to trim must be between 0 and {length}");
        return Err(subscript_error(message));
    }
    let mut array = array.clone();
    if count == length {
        return Ok(Array::from_elements(array.element, Vec::new()));
    }
    let per_row = array.elements.len() / length as usize;
    array.dimensions[0].0 -= count;
    array.elements.truncate(per_row * (length - count) as usize);
    Ok(array)
}

/// `array_fill(value, lengths [, lower bounds])`
fn fill(_: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let missing =
        || SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "dimension array or low bound array cannot be null");
    let integers = |at: usize| -> Result<Vec<i32>, SqlError> {
        let array: Option<&Array> = Arg::get(args.get(at))?;
        let array = array.ok_or_else(missing)?;
        if array.dimensions.len() > 1 {
            return Err(
                subscript_error("wrong number of array subscripts").detail("Dimension array must be one dimensional.")
            );
        }
        let value = |element: &Datum| match element {
            Datum::Null => Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "dimension values cannot be null")),
            element => Arg::get(Some(element)),
        };
        array.elements.iter().map(value).collect()
    };
    let lengths = integers(1)?;
    let lowers = if args.len() > 2 { integers(2)? } else { vec![1; lengths.len()] };
    if lengths.len() != lowers.len() {
        return Err(subscript_error("wrong number of array subscripts")
            .detail("Low bound array has different size than dimensions array."));
    }
    let element = types.first().copied().unwrap_or(TypeId::UNKNOWN);
    let count = lengths.iter().try_fold(1_usize, |count, length| {
        usize::try_from(*length).ok().and_then(|length| count.checked_mul(length)).filter(|n| *n <= ELEMENTS_MAX)
    });
    let count = count.ok_or_else(|| {
        SqlError::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("array size exceeds the maximum allowed ({ELEMENTS_MAX})"),
        )
    })?;
    if count == 0 || lengths.is_empty() {
        return Array::from_elements(element, Vec::new()).answer();
    }
    let dimensions = lengths.into_iter().zip(lowers).collect();
    Array { element, dimensions, elements: vec![args[0].clone(); count] }.answer()
}

/// `ARRAY[values]`; `nested`: the values are arrays, which become one more dimension.
pub fn build(values: Vec<Datum>, element: TypeId, nested: bool) -> Result<Datum, SqlError> {
    let array = match nested {
        false => Array::from_elements(element, values),
        true => nest(&values, element)?,
    };
    Ok(Datum::Array(Arc::new(array)))
}

/// One more dimension around arrays of one shape; 2202E when shapes differ. NULL and empty arrays count as empty: they fit only
/// among their like.
fn nest(parts: &[Datum], element: TypeId) -> Result<Array, SqlError> {
    let differ = || subscript_error("multidimensional arrays must have array expressions with matching dimensions");
    let mut shape: Option<&[(i32, i32)]> = None;
    let mut elements = Vec::new();
    for part in parts {
        let (dimensions, own): (&[(i32, i32)], &[Datum]) = match part {
            Datum::Array(array) => (&array.dimensions, &array.elements),
            _ => (&[], &[]),
        };
        if *shape.get_or_insert(dimensions) != dimensions {
            return Err(differ());
        }
        elements.extend_from_slice(own);
    }
    if elements.is_empty() {
        return Ok(Array::from_elements(element, elements));
    }
    let mut dimensions = vec![(parts.len() as i32, 1)];
    dimensions.extend_from_slice(shape.unwrap_or_default());
    Ok(Array { element, dimensions, elements })
}

functions! {
    378 array_append(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY [lax] = typed(append);
    379 array_prepend(ANYCOMPATIBLE, ANYCOMPATIBLEARRAY) -> ANYCOMPATIBLEARRAY [lax] = typed(prepend);
    383 array_cat(ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY) -> ANYCOMPATIBLEARRAY [lax] = f!(|a: Option<&Array>, b: Option<&Array>| cat(a, b));
    3167 array_remove(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY [lax] = f!(|array: Option<&Array>, value: &Datum| remove(array, value));
    3168 array_replace(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE) -> ANYCOMPATIBLEARRAY [lax] = f!(|array: Option<&Array>, from: &Datum, to: &Datum| replace(array, from, to));
    1193 array_fill(ANYELEMENT, INT4_ARRAY) -> ANYARRAY [lax] = typed(fill);
    1286 array_fill(ANYELEMENT, INT4_ARRAY, INT4_ARRAY) -> ANYARRAY [lax] = typed(fill);
    6172 trim_array(ANYARRAY, INT4) -> ANYARRAY = f!(|array: &Array, count: i32| trim(array, count));
}
