//! Between datums and Rust values: what kernels take ([`Arg`]) and what they give ([`Answer`]).

use std::sync::Arc;

use crate::datum::{Array, Datum, Interval};
use crate::error::SqlError;
use crate::numeric::Numeric;

/// An argument of a kernel. `None` is an optional argument that was left out.
pub(crate) trait Arg<'a>: Sized {
    /// Reads the argument; a datum of another representation is a bug of the binder.
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError>;
}

/// What a kernel returns.
pub(crate) trait Answer {
    /// As a datum.
    fn answer(self) -> Result<Datum, SqlError>;
}

/// `date`: days since 2000-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Date(pub(crate) i32);
/// `time`: microseconds since midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Time(pub(crate) i64);
/// `timestamp`: microseconds since 2000-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Timestamp(pub(crate) i64);
/// `timestamptz`: microseconds since 2000-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Timestamptz(pub(crate) i64);
/// `oid` and its aliases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Oid(pub(crate) u32);

#[cold]
fn wrong(expected: &str, datum: Option<&Datum>) -> SqlError {
    SqlError::internal(format!("kernel expected {expected}, got {datum:?}"))
}

macro_rules! copied {
    ($($rust:ty, $expected:literal, $pattern:pat => $value:expr, $wrap:expr;)*) => { $(
        impl Arg<'_> for $rust {
            #[inline]
            fn get(datum: Option<&Datum>) -> Result<Self, SqlError> {
                match datum {
                    Some($pattern) => Ok($value),
                    other => Err(wrong($expected, other)),
                }
            }
        }
        impl Answer for $rust {
            #[inline]
            fn answer(self) -> Result<Datum, SqlError> {
                Ok($wrap(self))
            }
        }
    )* };
}

copied! {
    bool, "bool", Datum::Bool(v) => *v, Datum::Bool;
    i16, "int2", Datum::Int2(v) => *v, Datum::Int2;
    i32, "int4", Datum::Int4(v) => *v, Datum::Int4;
    i64, "int8", Datum::Int8(v) => *v, Datum::Int8;
    f32, "float4", Datum::Float4(v) => *v, Datum::Float4;
    f64, "float8", Datum::Float8(v) => *v, Datum::Float8;
    Numeric, "numeric", Datum::Numeric(v) => *v, Datum::Numeric;
    Interval, "interval", Datum::Interval(v) => *v, Datum::Interval;
    Oid, "oid", Datum::Oid(v) => Oid(*v), |oid: Oid| Datum::Oid(oid.0);
    Date, "date", Datum::Date(v) => Date(*v), |date: Date| Datum::Date(date.0);
    Time, "time", Datum::Time(v) => Time(*v), |time: Time| Datum::Time(time.0);
    Timestamp, "timestamp", Datum::Timestamp(v) => Timestamp(*v), |at: Timestamp| Datum::Timestamp(at.0);
    Timestamptz, "timestamptz", Datum::Timestamptz(v) => Timestamptz(*v), |at: Timestamptz| Datum::Timestamptz(at.0);
    [u8; 16], "uuid", Datum::Uuid(v) => *v, Datum::Uuid;
}

impl<'a> Arg<'a> for &'a str {
    #[inline]
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        match datum {
            Some(Datum::Text(text)) => Ok(text),
            other => Err(wrong("text", other)),
        }
    }
}

impl<'a> Arg<'a> for &'a [u8] {
    #[inline]
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        match datum {
            Some(Datum::Bytea(bytes)) => Ok(bytes),
            other => Err(wrong("bytea", other)),
        }
    }
}

impl<'a> Arg<'a> for &'a Array {
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        match datum {
            Some(Datum::Array(array)) => Ok(array),
            other => Err(wrong("array", other)),
        }
    }
}

impl<'a> Arg<'a> for &'a Datum {
    #[inline]
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        datum.ok_or_else(|| wrong("a value", None))
    }
}

/// NULL, or an optional argument that was left out.
impl<'a, T: Arg<'a>> Arg<'a> for Option<T> {
    #[inline]
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        match datum {
            None | Some(Datum::Null) => Ok(None),
            value => T::get(value).map(Some),
        }
    }
}

impl Answer for Datum {
    #[inline]
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(self)
    }
}

impl Answer for &str {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::text(self))
    }
}

impl Answer for String {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::text(self))
    }
}

impl Answer for std::borrow::Cow<'_, str> {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::text(self))
    }
}

impl Answer for &Datum {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(self.clone())
    }
}

impl Answer for Vec<u8> {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::Bytea(self.into()))
    }
}

impl Answer for Array {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::Array(Arc::new(self)))
    }
}

/// `void`
impl Answer for () {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::text(""))
    }
}

impl<T: Answer> Answer for Option<T> {
    #[inline]
    fn answer(self) -> Result<Datum, SqlError> {
        self.map_or(Ok(Datum::Null), T::answer)
    }
}

impl<T: Answer> Answer for Result<T, SqlError> {
    #[inline]
    fn answer(self) -> Result<Datum, SqlError> {
        self?.answer()
    }
}
