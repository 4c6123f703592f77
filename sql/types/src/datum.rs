//! One SQL value.

use std::sync::Arc;

use crate::numeric::Numeric;
use crate::ty::TypeId;

/// One SQL value, of any type. The type itself is known from the expression or column it came from; several types share
/// a representation (all string types are `Text`, all oid aliases are `Oid`).
#[derive(Clone, Debug)]
pub enum Datum {
    /// NULL of any type.
    Null,
    /// bool
    Bool(bool),
    /// int2
    Int2(i16),
    /// int4
    Int4(i32),
    /// int8
    Int8(i64),
    /// oid, xid, regclass, regtype, regproc, regnamespace, regrole
    Oid(u32),
    /// float4
    Float4(f32),
    /// float8
    Float8(f64),
    /// numeric
    Numeric(Numeric),
    /// text, varchar, bpchar (blank-padded), name, "char", json, jsonb (canonical text), unknown, pg_node_tree
    Text(Arc<str>),
    /// bytea
    Bytea(Arc<[u8]>),
    /// date: days since 2000-01-01; `i32::MIN` and `i32::MAX` are -infinity and infinity
    Date(i32),
    /// time: microseconds since midnight
    Time(i64),
    /// timestamp: microseconds since 2000-01-01; `i64::MIN` and `i64::MAX` are -infinity and infinity
    Timestamp(i64),
    /// timestamptz: the same in UTC
    Timestamptz(i64),
    /// interval
    Interval(Interval),
    /// uuid
    Uuid([u8; 16]),
    /// Any array type, int2vector, oidvector
    Array(Arc<Array>),
    /// record
    Record(Arc<[Datum]>),
}

/// PostgreSQL's interval: three parts that do not convert into each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interval {
    /// Months (years are 12).
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// A PostgreSQL array: elements in row-major order with dimensions and lower bounds.
#[derive(Clone, Debug)]
pub struct Array {
    /// The element type.
    pub element: TypeId,
    /// (length, lower bound) per dimension; empty for the empty array.
    pub dimensions: Vec<(i32, i32)>,
    /// Elements, NULLs included.
    pub elements: Vec<Datum>,
}

impl Datum {
    /// Is this NULL?
    pub const fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Datum::Text(text.into())
    }
}
