//! Order, equality and hash of datums, as btree operator classes define them. Text compares by its bytes (collation "C").
//! NULLs: a top-level NULL sorts last here (callers decide NULLS FIRST or LAST before they ask); inside arrays and records
//! NULLs equal each other and are greater than everything, as in PostgreSQL.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::datum::{Array, Datum, Interval};
use crate::ty::TypeId;

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

impl Interval {
    /// Length in microseconds for comparison: months count 30 days.
    pub const fn span(&self) -> i128 {
        (self.months as i128 * 30 + self.days as i128) * DAY + self.micros as i128
    }
}

/// The order of two values of type `ty` in ORDER BY and btree indexes. Values must be of that type; where they are not
/// (a bug of the caller) the order is still total, by kind of datum.
pub fn compare(ty: TypeId, a: &Datum, b: &Datum) -> Ordering {
    match ty {
        TypeId::BPCHAR => match (a, b) {
            (Datum::Text(a), Datum::Text(b)) => unpadded(a).as_bytes().cmp(unpadded(b).as_bytes()),
            _ => compare_datums(a, b),
        },
        TypeId::JSONB => match (a, b) {
            (Datum::Text(a), Datum::Text(b)) => crate::io::json::compare(a, b),
            _ => compare_datums(a, b),
        },
        _ => compare_datums(a, b),
    }
}

/// `char(n)` without its blanks, which do not count in comparisons.
pub fn unpadded(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// -0 equals 0; NaN equals itself and is the greatest.
pub fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn compare_datums(a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Int2(a), Datum::Int2(b)) => a.cmp(b),
        (Datum::Int4(a), Datum::Int4(b)) | (Datum::Date(a), Datum::Date(b)) => a.cmp(b),
        (Datum::Int8(a), Datum::Int8(b))
        | (Datum::Time(a), Datum::Time(b))
        | (Datum::Timestamp(a), Datum::Timestamp(b))
        | (Datum::Timestamptz(a), Datum::Timestamptz(b)) => a.cmp(b),
        (Datum::Oid(a), Datum::Oid(b)) => a.cmp(b),
        (Datum::Float4(a), Datum::Float4(b)) => compare_floats(f64::from(*a), f64::from(*b)),
        (Datum::Float8(a), Datum::Float8(b)) => compare_floats(*a, *b),
        (Datum::Numeric(a), Datum::Numeric(b)) => a.cmp(b),
        (Datum::Text(a), Datum::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Datum::Bytea(a), Datum::Bytea(b)) => a.cmp(b),
        (Datum::Interval(a), Datum::Interval(b)) => a.span().cmp(&b.span()),
        (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
        (Datum::Array(a), Datum::Array(b)) => compare_arrays(a, b),
        (Datum::Record(a), Datum::Record(b)) => compare_slices(None, a, b),
        _ => kind(a).cmp(&kind(b)),
    }
}

/// Element by element, then by number of dimensions, lengths and lower bounds: PostgreSQL's `array_cmp`.
fn compare_arrays(a: &Array, b: &Array) -> Ordering {
    compare_slices(Some(a.element), &a.elements, &b.elements)
        .then_with(|| a.dimensions.len().cmp(&b.dimensions.len()))
        .then_with(|| a.dimensions.cmp(&b.dimensions))
}

fn compare_slices(element: Option<TypeId>, a: &[Datum], b: &[Datum]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| match element {
        Some(element) => compare(element, a, b),
        None => compare_datums(a, b),
    });
    pairs.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// A number per kind of datum; NULL is the greatest.
fn kind(datum: &Datum) -> u8 {
    match datum {
        Datum::Bool(_) => 1,
        Datum::Int2(_) => 2,
        Datum::Int4(_) => 3,
        Datum::Int8(_) => 4,
        Datum::Oid(_) => 5,
        Datum::Float4(_) => 6,
        Datum::Float8(_) => 7,
        Datum::Numeric(_) => 8,
        Datum::Text(_) => 9,
        Datum::Bytea(_) => 10,
        Datum::Date(_) => 11,
        Datum::Time(_) => 12,
        Datum::Timestamp(_) => 13,
        Datum::Timestamptz(_) => 14,
        Datum::Interval(_) => 15,
        Datum::Uuid(_) => 16,
        Datum::Array(_) => 17,
        Datum::Record(_) => 18,
        Datum::Null => u8::MAX,
    }
}

/// A value with its type's equality and hash, for hash tables (DISTINCT, GROUP BY, sets). NULLs equal each other.
#[derive(Clone, Debug)]
pub struct HashKey {
    /// Type of the value.
    pub ty: TypeId,
    /// The value.
    pub datum: Datum,
}

impl PartialEq for HashKey {
    fn eq(&self, other: &Self) -> bool {
        compare(self.ty, &self.datum, &other.datum).is_eq()
    }
}

impl Eq for HashKey {}

impl Hash for HashKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_datum(self.ty, &self.datum, state);
    }
}

/// Feeds a value to a hasher; values that [`compare`] finds equal hash alike.
pub fn hash_datum<H: Hasher>(ty: TypeId, datum: &Datum, state: &mut H) {
    kind(datum).hash(state);
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => value.hash(state),
        Datum::Int2(value) => value.hash(state),
        Datum::Int4(value) | Datum::Date(value) => value.hash(state),
        Datum::Int8(value) | Datum::Time(value) | Datum::Timestamp(value) | Datum::Timestamptz(value) => {
            value.hash(state);
        }
        Datum::Oid(value) => value.hash(state),
        Datum::Float4(value) => hash_float(f64::from(*value), state),
        Datum::Float8(value) => hash_float(*value, state),
        Datum::Numeric(value) => value.hash(state),
        Datum::Text(text) if ty == TypeId::BPCHAR => unpadded(text).hash(state),
        Datum::Text(text) if ty == TypeId::JSONB => crate::io::json::hash(text, state),
        Datum::Text(text) => text.hash(state),
        Datum::Bytea(bytes) => bytes.hash(state),
        Datum::Interval(value) => value.span().hash(state),
        Datum::Uuid(value) => value.hash(state),
        Datum::Array(array) => array.elements.iter().for_each(|datum| hash_datum(array.element, datum, state)),
        Datum::Record(fields) => fields.iter().for_each(|datum| hash_datum(TypeId::RECORD, datum, state)),
    }
}

fn hash_float<H: Hasher>(value: f64, state: &mut H) {
    let bits = match value {
        _ if value.is_nan() => f64::NAN.to_bits(),
        0.0 => 0,
        _ => value.to_bits(),
    };
    bits.hash(state);
}

impl Datum {
    /// Equality under the type's default operator class; NULL equals NULL (IS NOT DISTINCT FROM).
    pub fn same(&self, ty: TypeId, other: &Datum) -> bool {
        compare(ty, self, other).is_eq()
    }
}
