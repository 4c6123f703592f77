//! `= <> < <= > >=` of arrays and rows.

use std::cmp::Ordering;

use crate::compare::compare;
use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::ty::TypeId;

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
    Ok(compare(TypeId::RECORD, a, b))
}

functions! {
    679 oidvectoreq(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_eq());
    619 oidvectorne(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_ne());
    677 oidvectorlt(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_lt());
    678 oidvectorle(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_le());
    681 oidvectorgt(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_gt());
    680 oidvectorge(OIDVECTOR, OIDVECTOR) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_ge());
    744 array_eq(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_eq());
    390 array_ne(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_ne());
    391 array_lt(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_lt());
    393 array_le(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_le());
    392 array_gt(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_gt());
    396 array_ge(ANYARRAY, ANYARRAY) -> BOOL = f!(|a: &Datum, b: &Datum| compare(TypeId::ANYARRAY, a, b).is_ge());
    2981 record_eq(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_eq());
    2982 record_ne(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_ne());
    2983 record_lt(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_lt());
    2985 record_le(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_le());
    2984 record_gt(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_gt());
    2986 record_ge(RECORD, RECORD) -> BOOL = f!(|a: &Datum, b: &Datum| record_order(a, b)?.is_ge());
}
