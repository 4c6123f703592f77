//! `typsend` and `typreceive` of every type: PostgreSQL's binary formats, all big-endian.
//!
//! ```text
//!  interval   time i64 | days i32 | months i32
//!  array      dimensions i32 | has nulls i32 | element oid | (length i32 | lower bound i32)... | elements: size i32 (-1: NULL), bytes
//!  record     fields i32 | per field: type oid | size i32 (-1: NULL) | bytes
//!  jsonb      version 1 | text
//! ```

use std::sync::Arc;

use super::array::{DIMENSIONS_MAX, ELEMENTS_MAX};
use super::utf8::utf8;
use super::{insufficient, json, text, truncate_name};
use crate::datetime::{self, DATE_INFINITY, DATE_NEG_INFINITY, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY};
use crate::datum::{Array, Datum, Interval};
use crate::error::{SqlError, SqlState};
use crate::numeric::Numeric;
use crate::ty::TypeId;

/// Appends a value's binary form; nothing for NULL, whose length of -1 the message carries.
pub fn send(ty: TypeId, datum: &Datum, out: &mut Vec<u8>) {
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => out.push(u8::from(*value)),
        Datum::Int2(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Int4(value) | Datum::Date(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Int8(value) | Datum::Time(value) | Datum::Timestamp(value) | Datum::Timestamptz(value) => {
            out.extend_from_slice(&value.to_be_bytes());
        }
        Datum::Oid(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Float4(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Float8(value) => out.extend_from_slice(&value.to_be_bytes()),
        Datum::Numeric(value) => value.send(out),
        Datum::Text(text) => match ty {
            TypeId::JSONB => {
                out.push(JSONB_VERSION);
                out.extend_from_slice(text.as_bytes());
            }
            TypeId::CHAR => out.push(text.as_bytes().first().copied().unwrap_or(0)),
            _ => out.extend_from_slice(text.as_bytes()),
        },
        Datum::Bytea(bytes) => out.extend_from_slice(bytes),
        Datum::Uuid(value) => out.extend_from_slice(value),
        Datum::Interval(value) => {
            out.extend_from_slice(&value.micros.to_be_bytes());
            out.extend_from_slice(&value.days.to_be_bytes());
            out.extend_from_slice(&value.months.to_be_bytes());
        }
        Datum::Array(array) => send_array(array, out),
        Datum::Record(fields) => {
            out.extend_from_slice(&(fields.len() as i32).to_be_bytes());
            for field in fields.iter() {
                let ty = text::type_of(field);
                out.extend_from_slice(&ty.0.to_be_bytes());
                send_sized(ty, field, out);
            }
        }
    }
}

const JSONB_VERSION: u8 = 1;

fn send_array(array: &Array, out: &mut Vec<u8>) {
    let has_nulls = array.elements.iter().any(Datum::is_null);
    out.extend_from_slice(&(array.dimensions.len() as i32).to_be_bytes());
    out.extend_from_slice(&i32::from(has_nulls).to_be_bytes());
    out.extend_from_slice(&array.element.0.to_be_bytes());
    for (length, lower) in &array.dimensions {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&lower.to_be_bytes());
    }
    for element in &array.elements {
        send_sized(array.element, element, out);
    }
}

fn send_sized(ty: TypeId, datum: &Datum, out: &mut Vec<u8>) {
    if datum.is_null() {
        return out.extend_from_slice(&(-1i32).to_be_bytes());
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    send(ty, datum, out);
    let size = (out.len() - at - 4) as i32;
    out[at..at + 4].copy_from_slice(&size.to_be_bytes());
}

/// Reads a value's binary form. 08P01 when bytes are missing, 22P03 when some are left over or wrong.
pub fn receive(ty: TypeId, bytes: &[u8]) -> Result<Datum, SqlError> {
    let mut message = Message { rest: bytes };
    let datum = message.value(ty)?;
    match message.rest {
        [] => Ok(datum),
        _ => Err(wrong("incorrect binary data format")),
    }
}

fn wrong(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_BINARY_REPRESENTATION, message)
}

struct Message<'a> {
    rest: &'a [u8],
}

impl<'a> Message<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SqlError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(insufficient)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], SqlError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(insufficient)?;
        self.rest = rest;
        Ok(taken)
    }

    fn all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    fn i32(&mut self) -> Result<i32, SqlError> {
        self.take().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64, SqlError> {
        self.take().map(i64::from_be_bytes)
    }

    fn value(&mut self, ty: TypeId) -> Result<Datum, SqlError> {
        Ok(match ty {
            TypeId::BOOL => Datum::Bool(self.take::<1>()?[0] != 0),
            TypeId::INT2 => Datum::Int2(self.take().map(i16::from_be_bytes)?),
            TypeId::INT4 => Datum::Int4(self.i32()?),
            TypeId::INT8 => Datum::Int8(self.i64()?),
            TypeId::OID
            | TypeId::XID
            | TypeId::REGPROC
            | TypeId::REGCLASS
            | TypeId::REGTYPE
            | TypeId::REGNAMESPACE
            | TypeId::REGROLE => Datum::Oid(self.take().map(u32::from_be_bytes)?),
            TypeId::FLOAT4 => Datum::Float4(self.take().map(f32::from_be_bytes)?),
            TypeId::FLOAT8 => Datum::Float8(self.take().map(f64::from_be_bytes)?),
            TypeId::NUMERIC => Datum::Numeric(Numeric::receive(self.all())?),
            TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::UNKNOWN => Datum::text(utf8(self.all())?),
            TypeId::NAME => Datum::text(truncate_name(utf8(self.all())?)),
            TypeId::CHAR => match self.take::<1>()? {
                [0] => Datum::text(""),
                byte => Datum::text(utf8(&byte)?),
            },
            TypeId::JSON => {
                let text = utf8(self.all())?;
                json::check(text)?;
                Datum::text(text)
            }
            TypeId::JSONB => match self.take::<1>()? {
                [JSONB_VERSION] => Datum::text(json::canonical(utf8(self.all())?)?),
                // PostgreSQL calls this an internal error; it is the sender's.
                [version] => return Err(wrong(format!("unsupported jsonb version number {version}"))),
            },
            TypeId::BYTEA => Datum::Bytea(self.all().into()),
            TypeId::UUID => Datum::Uuid(self.take()?),
            TypeId::DATE => Datum::Date(match self.i32()? {
                infinite @ (DATE_INFINITY | DATE_NEG_INFINITY) => infinite,
                days => datetime::check_date(i64::from(days))?,
            }),
            TypeId::TIME => match self.i64()? {
                micros @ 0..=datetime::DAY => Datum::Time(micros),
                _ => return Err(SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, "time out of range")),
            },
            TypeId::TIMESTAMP => Datum::Timestamp(self.timestamp()?),
            TypeId::TIMESTAMPTZ => Datum::Timestamptz(self.timestamp()?),
            TypeId::INTERVAL => {
                Datum::Interval(Interval { micros: self.i64()?, days: self.i32()?, months: self.i32()? })
            }
            TypeId::RECORD => return self.record(),
            _ => return self.array(ty),
        })
    }

    fn timestamp(&mut self) -> Result<i64, SqlError> {
        match self.i64()? {
            infinite @ (TIMESTAMP_INFINITY | TIMESTAMP_NEG_INFINITY) => Ok(infinite),
            micros => datetime::check_timestamp(micros),
        }
    }

    fn array(&mut self, ty: TypeId) -> Result<Datum, SqlError> {
        let Some(expected) = ty.element() else {
            let message = format!("cannot accept a value of type {}", ty.sql_name());
            return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        };
        let count = self.i32()?;
        let dimension_count =
            usize::try_from(count).map_err(|_| wrong(format!("invalid number of dimensions: {count}")))?;
        if dimension_count > DIMENSIONS_MAX {
            let message =
                format!("number of array dimensions ({count}) exceeds the maximum allowed ({DIMENSIONS_MAX})");
            return Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        if !matches!(self.i32()?, 0 | 1) {
            return Err(wrong("invalid array flags"));
        }
        let element = TypeId(self.take().map(u32::from_be_bytes)?);
        if element != expected {
            let message = format!(
                "binary data has array element type {} ({:?}) instead of expected {} ({:?})",
                element.0, element, expected.0, expected
            );
            return Err(SqlError::new(SqlState::DATATYPE_MISMATCH, message));
        }
        let mut dimensions = Vec::with_capacity(dimension_count);
        let mut total = 1usize;
        for _ in 0..dimension_count {
            let (length, lower) = (self.i32()?, self.i32()?);
            total = usize::try_from(length).ok().and_then(|length| total.checked_mul(length)).unwrap_or(usize::MAX);
            dimensions.push((length, lower));
        }
        if dimension_count == 0 || total == 0 {
            return Ok(Datum::Array(Arc::new(Array { element, dimensions: Vec::new(), elements: Vec::new() })));
        }
        if total > ELEMENTS_MAX {
            let message = format!("array size exceeds the maximum allowed ({ELEMENTS_MAX})");
            return Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        // The count is the sender's word only: never reserve more than the bytes can hold.
        let mut elements = Vec::with_capacity(total.min(self.rest.len() / 4));
        for _ in 0..total {
            elements.push(self.sized(element)?);
        }
        Ok(Datum::Array(Arc::new(Array { element, dimensions, elements })))
    }

    fn record(&mut self) -> Result<Datum, SqlError> {
        let count = self.i32()?;
        let mut fields = Vec::new();
        for _ in 0..count.max(0) {
            let ty = TypeId(self.take().map(u32::from_be_bytes)?);
            fields.push(self.sized(ty)?);
        }
        Ok(Datum::Record(fields.into()))
    }

    /// Size and value; -1 is NULL.
    fn sized(&mut self, ty: TypeId) -> Result<Datum, SqlError> {
        match self.i32()? {
            -1 => Ok(Datum::Null),
            size => {
                let size = usize::try_from(size).map_err(|_| insufficient())?;
                let mut inner = Message { rest: self.slice(size)? };
                if ty == TypeId::RECORD {
                    // Records inside records would let a message choose the depth of recursion.
                    return Err(SqlError::unsupported("binary input of nested records"));
                }
                let datum = inner.value(ty)?;
                match inner.rest {
                    [] => Ok(datum),
                    _ => Err(wrong("improper binary format in array element")),
                }
            }
        }
    }
}
