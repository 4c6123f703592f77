//! `@>`, `<@`, `&&` and positions. NULL elements equal nothing in the operators, but are found by `array_position`.

use crate::compare::compare;
use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::ty::TypeId;

fn holds(array: &Array, value: &Datum) -> bool {
    !value.is_null()
        && array.elements.iter().any(|element| !element.is_null() && compare(array.element, element, value).is_eq())
}

fn contains(array: &Array, all: &Array) -> bool {
    all.elements.iter().all(|value| holds(array, value))
}

fn overlap(a: &Array, b: &Array) -> bool {
    b.elements.iter().any(|value| holds(a, value))
}

fn searchable(array: &Array) -> Result<(), SqlError> {
    match array.dimensions.len() {
        0 | 1 => Ok(()),
        _ => Err(SqlError::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "searching for elements in multidimensional arrays is not supported",
        )),
    }
}

/// Subscripts of the elements that equal `value` (NULLs alike).
fn positions<'a>(array: &'a Array, value: &'a Datum) -> impl Iterator<Item = i32> + 'a {
    let lower = array.dimensions.first().map_or(1, |(_, lower)| *lower);
    let same =
        move |ty: TypeId, element: &Datum| element.is_null() == value.is_null() && compare(ty, element, value).is_eq();
    let subscripts = array.elements.iter().zip(lower..);
    subscripts.filter(move |(element, _)| same(array.element, element)).map(|(_, at)| at)
}

fn position(array: Option<&Array>, value: &Datum, start: Option<i32>) -> Result<Option<i32>, SqlError> {
    let Some(array) = array else { return Ok(None) };
    searchable(array)?;
    Ok(positions(array, value).find(|at| start.is_none_or(|start| *at >= start)))
}

fn position_from(array: Option<&Array>, value: &Datum, start: Option<i32>) -> Result<Option<i32>, SqlError> {
    if array.is_some() && start.is_none() {
        return Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "initial position must not be null"));
    }
    position(array, value, start)
}

fn all_positions(array: Option<&Array>, value: &Datum) -> Result<Option<Array>, SqlError> {
    let Some(array) = array else { return Ok(None) };
    searchable(array)?;
    Ok(Some(Array::from_elements(TypeId::INT4, positions(array, value).map(Datum::Int4).collect())))
}

functions! {
    2748 arraycontains(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| contains(a, b));
    2749 arraycontained(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| contains(b, a));
    2747 arrayoverlap(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| overlap(a, b));
    3277 array_position(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> INT4 [lax] = f!(|array: Option<&Array>, value: &Datum| position(array, value, None));
    3278 array_position(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4) -> INT4 [lax] = f!(|array: Option<&Array>, value: &Datum, start: Option<i32>| position_from(array, value, start));
    3279 array_positions(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE) -> INT4_ARRAY [lax] = f!(|array: Option<&Array>, value: &Datum| all_positions(array, value));
}
