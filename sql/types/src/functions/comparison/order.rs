//! The order of two datums of one type, NULLs last.

use std::cmp::Ordering;

use crate::datum::Datum;
use crate::ty::TypeId;

use super::{array_order, float_order, interval_order, unpadded};

/// The default order of `ty`. Datums of different representations cannot meet here; they count as equal.
pub(crate) fn datum_order(ty: TypeId, a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Null, Datum::Null) => Ordering::Equal,
        (Datum::Null, _) => Ordering::Greater,
        (_, Datum::Null) => Ordering::Less,
        (Datum::Bool(x), Datum::Bool(y)) => x.cmp(y),
        (Datum::Int2(x), Datum::Int2(y)) => x.cmp(y),
        (Datum::Int4(x), Datum::Int4(y)) => x.cmp(y),
        (Datum::Int8(x), Datum::Int8(y)) => x.cmp(y),
        (Datum::Oid(x), Datum::Oid(y)) => x.cmp(y),
        (Datum::Float4(x), Datum::Float4(y)) => float_order(f64::from(*x), f64::from(*y)),
        (Datum::Float8(x), Datum::Float8(y)) => float_order(*x, *y),
        (Datum::Numeric(x), Datum::Numeric(y)) => x.cmp(y),
        (Datum::Text(x), Datum::Text(y)) if ty == TypeId::BPCHAR => unpadded(x).cmp(unpadded(y)),
        (Datum::Text(x), Datum::Text(y)) => x.cmp(y),
        (Datum::Bytea(x), Datum::Bytea(y)) => x.cmp(y),
        (Datum::Date(x), Datum::Date(y)) => x.cmp(y),
        (Datum::Time(x), Datum::Time(y))
        | (Datum::Timestamp(x), Datum::Timestamp(y))
        | (Datum::Timestamptz(x), Datum::Timestamptz(y)) => x.cmp(y),
        (Datum::Interval(x), Datum::Interval(y)) => interval_order(*x, *y),
        (Datum::Uuid(x), Datum::Uuid(y)) => x.cmp(y),
        (Datum::Array(x), Datum::Array(y)) => array_order(x, y),
        (Datum::Record(x), Datum::Record(y)) => x
            .iter()
            .zip(y.iter())
            .map(|(x, y)| datum_order(TypeId::TEXT, x, y))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| x.len().cmp(&y.len())),
        _ => Ordering::Equal,
    }
}
