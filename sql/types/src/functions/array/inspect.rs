//! Shape of arrays, and arrays as rows.

use crate::compare::compare;
use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::args::Arg;
use crate::functions::declare::{f, functions, set};
use crate::kernel::{Body, EvalContext};
use crate::ty::TypeId;

/// (length, lower bound) of a dimension, counted from 1.
fn dimension(array: &Array, at: i32) -> Option<(i32, i32)> {
    usize::try_from(at).ok().and_then(|at| at.checked_sub(1)).and_then(|at| array.dimensions.get(at)).copied()
}

fn upper(array: &Array, at: i32) -> Option<i32> {
    dimension(array, at).map(|(length, lower)| lower + length - 1)
}

/// `[1:3][1:2]`
fn dims(array: &Array) -> Option<String> {
    let bounds = array.dimensions.iter().map(|(length, lower)| format!("[{lower}:{}]", lower + length - 1));
    (!array.dimensions.is_empty()).then(|| bounds.collect())
}

fn subscripts(array: &Array, at: i32, reverse: bool) -> Vec<i32> {
    let Some((length, lower)) = dimension(array, at) else { return Vec::new() };
    let forward = lower..lower + length;
    if reverse { forward.rev().collect() } else { forward.collect() }
}

fn unnest(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    let array: &Array = Arg::get(args.first())?;
    Ok(array.elements.iter().map(|element| vec![element.clone()]).collect())
}

/// The elements of a vector with their places from 1, for information_schema and for drivers that look up keys.
fn expand(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    let vector: &Array = Arg::get(args.first())?;
    let places = 1..;
    Ok(vector.elements.iter().zip(places).map(|(element, place)| vec![element.clone(), Datum::Int4(place)]).collect())
}

/// Which of the sorted thresholds the operand has reached.
fn width_bucket(operand: &Datum, thresholds: &Array) -> Result<i32, SqlError> {
    let refuse = |message: &str| Err(SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
    if thresholds.dimensions.len() > 1 {
        return refuse("thresholds must be one-dimensional array");
    }
    if thresholds.elements.iter().any(Datum::is_null) {
        return Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "thresholds array must not contain NULLs"));
    }
    let reached = |threshold: &Datum| compare(thresholds.element, operand, threshold).is_ge();
    Ok(thresholds.elements.partition_point(reached) as i32)
}

fn oidvectortypes(types: &Array) -> String {
    let names = types.elements.iter().map(|oid| match oid {
        Datum::Oid(oid) => TypeId(*oid).sql_name(),
        _ => String::new(),
    });
    names.collect::<Vec<_>>().join(", ")
}

functions! {
    748 array_ndims(ANYARRAY) -> INT4 = f!(|array: &Array| Some(array.dimensions.len() as i32).filter(|count| *count > 0));
    747 array_dims(ANYARRAY) -> TEXT = f!(|array: &Array| dims(array));
    2176 array_length(ANYARRAY, INT4) -> INT4 = f!(|array: &Array, at: i32| dimension(array, at).map(|(length, _)| length));
    2091 array_lower(ANYARRAY, INT4) -> INT4 = f!(|array: &Array, at: i32| dimension(array, at).map(|(_, lower)| lower));
    2092 array_upper(ANYARRAY, INT4) -> INT4 = f!(|array: &Array, at: i32| upper(array, at));
    3179 cardinality(ANYARRAY) -> INT4 = f!(|array: &Array| array.elements.len() as i32);
    1349 oidvectortypes(OIDVECTOR) -> TEXT [stable] = f!(|types: &Array| oidvectortypes(types));
    3218 width_bucket(ANYCOMPATIBLE, ANYCOMPATIBLEARRAY) -> INT4 = f!(|operand: &Datum, thresholds: &Array| width_bucket(operand, thresholds));
    2331 unnest(ANYARRAY) -> ANYELEMENT = Body::Set(unnest, &[("unnest", TypeId::ANYELEMENT)]);
    13208 _pg_expandarray(INT2VECTOR) -> RECORD = Body::Set(expand, &[("x", TypeId::INT2), ("n", TypeId::INT4)]);
    1192 generate_subscripts(ANYARRAY, INT4) -> INT4 = set!(INT4 "generate_subscripts", |array: &Array, at: i32| Ok(subscripts(array, at, false)));
    1191 generate_subscripts(ANYARRAY, INT4, BOOL) -> INT4 = set!(INT4 "generate_subscripts", |array: &Array, at: i32, reverse: bool| Ok(subscripts(array, at, reverse)));
}
