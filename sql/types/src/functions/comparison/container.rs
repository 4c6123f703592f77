//! `= <> < <= > >=` of arrays and rows.

use std::cmp::Ordering;

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::order::datum_order;

/// Element by element (NULLs equal and last), then by length, then by shape.
pub(crate) fn array_order(a: &Array, b: &Array) -> Ordering {
    let elements = a.elements.iter().zip(&b.elements).map(|(x, y)| datum_order(a.element, x, y));
    elements
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.elements.len().cmp(&b.elements.len()))
        .then_with(|| a.dimensions.len().cmp(&b.dimensions.len()))
        .then_with(|| a.dimensions.cmp(&b.dimensions))
}

/// Column by column, NULLs equal and last.
fn record_order(a: &Datum, b: &Datum) -> Result<Ordering, SqlError> {
    let (Datum::Record(x), Datum::Record(y)) = (a, b) else {
        return Err(SqlError::internal("kernel expected records"));
    };
    if x.len() != y.len() {
        return Err(SqlError::new(
            SqlState::DATATYPE_MISMATCH,
            "cannot compare record types with different numbers of columns",
        ));
    }
    Ok(datum_order(crate::ty::TypeId::RECORD, a, b))
}

functions! {
    679 oidvectoreq(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_eq());
    619 oidvectorne(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_ne());
    677 oidvectorlt(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_lt());
    678 oidvectorle(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_le());
    681 oidvectorgt(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_gt());
    680 oidvectorge(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_ge());
    744 array_eq(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_eq());
    390 array_ne(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_ne());
    391 array_lt(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_lt());
    393 array_le(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_le());
    392 array_gt(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_gt());
    396 array_ge(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Array, b: &Array| array_order(a, b).is_ge());
    2981 record_eq(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_eq());
    2982 record_ne(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_ne());
    2983 record_lt(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_lt());
    2985 record_le(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_le());
    2984 record_gt(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_gt());
    2986 record_ge(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_ge());
}
