//! Arrays: what needs this back end's expressions. The rest is in `cairn_sql_types::functions::array`.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr, Subscript};
use cairn_sql_types::functions::array;
use cairn_sql_types::{Array, Datum, SqlError, TypeId};

use super::{Frame, eval};

/// `array[...]`
pub(super) fn subscript(array: &Datum, subscripts: &[Subscript], frame: &Frame<'_>) -> Result<Datum, SqlError> {
    array::subscript(array, subscripts.iter().map(part), |expr: &Expr| eval(expr, frame))
}

/// A subscript as the kernels take it.
fn part(subscript: &Subscript) -> array::Subscript<'_, Expr> {
    match subscript {
        Subscript::Index(index) => array::Subscript::Index(index),
        Subscript::Slice(low, high) => array::Subscript::Slice(low.as_ref(), high.as_ref()),
    }
}

/// Casts every element.
pub(super) fn cast(array: &Array, element: &Expr, to: TypeId, frame: &Frame<'_>) -> Result<Datum, SqlError> {
    let cast = |value: &Datum| eval(element, &Frame { element: Some(value), ..*frame });
    let elements = array.elements.iter().map(cast).collect::<Result<Vec<_>, _>>()?;
    let element = to.element().ok_or_else(|| SqlError::internal("an array cast to no array"))?;
    Ok(Datum::Array(Arc::new(Array { element, dimensions: array.dimensions.clone(), elements })))
}
