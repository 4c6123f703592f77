//! One column's bytes: fixed-width values little-endian, variable ones in their shortest form.

use std::sync::Arc;

use crate::datum::{Array, Datum, Interval};
use crate::numeric::Numeric;
use crate::ty::TypeId;

/// How a type is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
    Numeric,
    Text,
    Bytea,
    Array,
    /// Records and pseudo-types: no table column has them.
    None,
}

impl Field {
    pub(super) fn of(ty: TypeId) -> Self {
        match ty {
            TypeId::BOOL => Self::Bool,
            TypeId::INT2 => Self::Int2,
            TypeId::INT4 => Self::Int4,
            TypeId::INT8 => Self::Int8,
            TypeId::OID
            | TypeId::XID
            | TypeId::REGPROC
            | TypeId::REGCLASS
            | TypeId::REGTYPE
            | TypeId::REGNAMESPACE
            | TypeId::REGROLE => Self::Oid,
            TypeId::FLOAT4 => Self::Float4,
            TypeId::FLOAT8 => Self::Float8,
            TypeId::DATE => Self::Date,
            TypeId::TIME => Self::Time,
            TypeId::TIMESTAMP => Self::Timestamp,
            TypeId::TIMESTAMPTZ => Self::Timestamptz,
            TypeId::INTERVAL => Self::Interval,
            TypeId::UUID => Self::Uuid,
            TypeId::NUMERIC => Self::Numeric,
            TypeId::BYTEA => Self::Bytea,
            TypeId::TEXT
            | TypeId::VARCHAR
            | TypeId::BPCHAR
            | TypeId::NAME
            | TypeId::CHAR
            | TypeId::JSON
            | TypeId::JSONB
            | TypeId::UNKNOWN
            | TypeId::PG_NODE_TREE
            | TypeId::ACLITEM => Self::Text,
            _ if ty.element().is_some_and(|element| Self::of(element) != Self::None) => Self::Array,
            _ => Self::None,
        }
    }

    /// Bytes of a fixed-width field; `None` for variable ones.
    pub(super) const fn width(self) -> Option<usize> {
        match self {
            Self::Bool => Some(1),
            Self::Int2 => Some(2),
            Self::Int4 | Self::Oid | Self::Float4 | Self::Date => Some(4),
            Self::Int8 | Self::Float8 | Self::Time | Self::Timestamp | Self::Timestamptz => Some(8),
            Self::Interval | Self::Uuid => Some(16),
            Self::Numeric | Self::Text | Self::Bytea | Self::Array | Self::None => None,
        }
    }

    /// Writes a fixed-width value into its place; `false` when the value is of another type.
    pub(super) fn put_fixed(self, datum: &Datum, place: &mut [u8]) -> bool {
        match (self, datum) {
            (Self::Bool, Datum::Bool(value)) => place[0] = u8::from(*value),
            (Self::Int2, Datum::Int2(value)) => place.copy_from_slice(&value.to_le_bytes()),
            (Self::Int4, Datum::Int4(value)) | (Self::Date, Datum::Date(value)) => {
                place.copy_from_slice(&value.to_le_bytes());
            }
            (Self::Oid, Datum::Oid(value)) => place.copy_from_slice(&value.to_le_bytes()),
            (Self::Int8, Datum::Int8(value))
            | (Self::Time, Datum::Time(value))
            | (Self::Timestamp, Datum::Timestamp(value))
            | (Self::Timestamptz, Datum::Timestamptz(value)) => place.copy_from_slice(&value.to_le_bytes()),
            (Self::Float4, Datum::Float4(value)) => place.copy_from_slice(&value.to_le_bytes()),
            (Self::Float8, Datum::Float8(value)) => place.copy_from_slice(&value.to_le_bytes()),
            (Self::Uuid, Datum::Uuid(value)) => place.copy_from_slice(value),
            (Self::Interval, Datum::Interval(value)) => {
                place[..8].copy_from_slice(&value.micros.to_le_bytes());
                place[8..12].copy_from_slice(&value.days.to_le_bytes());
                place[12..].copy_from_slice(&value.months.to_le_bytes());
            }
            _ => return false,
        }
        true
    }

    /// Appends a variable value; `false` when the value is of another type.
    pub(super) fn put_variable(self, datum: &Datum, out: &mut Vec<u8>) -> bool {
        match (self, datum) {
            (Self::Text, Datum::Text(text)) => out.extend_from_slice(text.as_bytes()),
            (Self::Bytea, Datum::Bytea(bytes)) => out.extend_from_slice(bytes),
            (Self::Numeric, Datum::Numeric(number)) => put_numeric(number, out),
            (Self::Array, Datum::Array(array)) => return put_array(array, out),
            _ => return false,
        }
        true
    }

    /// Reads the value back; `None` for malformed bytes.
    pub(super) fn get(self, bytes: &[u8]) -> Option<Datum> {
        Some(match self {
            Self::Bool => Datum::Bool(match bytes {
                [0] => false,
                [1] => true,
                _ => return None,
            }),
            Self::Int2 => Datum::Int2(i16::from_le_bytes(bytes.try_into().ok()?)),
            Self::Int4 => Datum::Int4(i32::from_le_bytes(bytes.try_into().ok()?)),
            Self::Int8 => Datum::Int8(i64::from_le_bytes(bytes.try_into().ok()?)),
            Self::Oid => Datum::Oid(u32::from_le_bytes(bytes.try_into().ok()?)),
            Self::Float4 => Datum::Float4(f32::from_le_bytes(bytes.try_into().ok()?)),
            Self::Float8 => Datum::Float8(f64::from_le_bytes(bytes.try_into().ok()?)),
            Self::Date => Datum::Date(i32::from_le_bytes(bytes.try_into().ok()?)),
            Self::Time => Datum::Time(i64::from_le_bytes(bytes.try_into().ok()?)),
            Self::Timestamp => Datum::Timestamp(i64::from_le_bytes(bytes.try_into().ok()?)),
            Self::Timestamptz => Datum::Timestamptz(i64::from_le_bytes(bytes.try_into().ok()?)),
            Self::Interval => Datum::Interval(Interval {
                micros: i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?),
                days: i32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?),
                months: i32::from_le_bytes(bytes.get(12..)?.try_into().ok()?),
            }),
            Self::Uuid => Datum::Uuid(bytes.try_into().ok()?),
            Self::Numeric => Datum::Numeric(get_numeric(bytes)?),
            Self::Text => Datum::Text(std::str::from_utf8(bytes).ok()?.into()),
            Self::Bytea => Datum::Bytea(bytes.into()),
            Self::Array => Datum::Array(Arc::new(get_array(bytes, 0)?)),
            Self::None => return None,
        })
    }
}

const NUMERIC_NAN: u8 = 0xC0;
const NUMERIC_INFINITY: u8 = 0xC1;
const NUMERIC_NEG_INFINITY: u8 = 0xC2;

/// Scale in one byte (0..=127) or two (10xxxxxx xxxxxxxx), then the coefficient in as few little-endian bytes as hold it.
fn put_numeric(number: &Numeric, out: &mut Vec<u8>) {
    match *number {
        Numeric::NaN => out.push(NUMERIC_NAN),
        Numeric::Infinity => out.push(NUMERIC_INFINITY),
        Numeric::NegInfinity => out.push(NUMERIC_NEG_INFINITY),
        Numeric::Finite { coefficient, scale } => {
            match scale {
                0..0x80 => out.push(scale as u8),
                _ => out.extend_from_slice(&[0x80 | (scale >> 8) as u8, scale as u8]),
            }
            let magnitude_bits = 128 - (coefficient ^ (coefficient >> 127)).leading_zeros();
            let length = match coefficient {
                0 => 0,
                _ => magnitude_bits as usize / 8 + 1, // one bit more, for the sign
            };
            out.extend_from_slice(&coefficient.to_le_bytes()[..length]);
        }
    }
}

fn get_numeric(bytes: &[u8]) -> Option<Numeric> {
    let (scale, digits) = match bytes {
        [scale @ 0..0x80, digits @ ..] => (u16::from(*scale), digits),
        [high @ 0x80..0xC0, low, digits @ ..] => (u16::from_be_bytes([high & 0x3F, *low]), digits),
        [NUMERIC_NAN] => return Some(Numeric::NaN),
        [NUMERIC_INFINITY] => return Some(Numeric::Infinity),
        [NUMERIC_NEG_INFINITY] => return Some(Numeric::NegInfinity),
        _ => return None,
    };
    if digits.len() > 16 {
        return None;
    }
    let fill = if digits.last().is_some_and(|top| top & 0x80 != 0) { 0xFF } else { 0 };
    let mut coefficient = [fill; 16];
    coefficient[..digits.len()].copy_from_slice(digits);
    Numeric::new(i128::from_le_bytes(coefficient), scale).ok()
}

/// Element type, dimension count, (length, lower bound) pairs, then per element its length + 1 (0: NULL) and its bytes.
fn put_array(array: &Array, out: &mut Vec<u8>) -> bool {
    let field = Field::of(array.element);
    let (Ok(dimensions), true) = (u8::try_from(array.dimensions.len()), field != Field::None) else { return false };
    out.extend_from_slice(&array.element.0.to_le_bytes());
    out.push(dimensions);
    for (length, lower) in &array.dimensions {
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&lower.to_le_bytes());
    }
    array.elements.iter().all(|element| put_element(field, element, out))
}

fn put_element(field: Field, element: &Datum, out: &mut Vec<u8>) -> bool {
    let head = out.len();
    out.extend_from_slice(&[0; 4]);
    if element.is_null() {
        return true;
    }
    let start = out.len();
    let fits = match field.width() {
        Some(width) => {
            out.resize(start + width, 0);
            field.put_fixed(element, &mut out[start..])
        }
        None => field.put_variable(element, out),
    };
    let Ok(length) = u32::try_from(out.len() - start + 1) else { return false };
    out[head..start].copy_from_slice(&length.to_le_bytes());
    fits
}

/// Arrays nest at most twice (an array of `int2vector`); foreign bytes must not drive the recursion deeper.
const NESTING_MAX: u32 = 2;

fn get_array(bytes: &[u8], depth: u32) -> Option<Array> {
    if depth == NESTING_MAX {
        return None;
    }
    let mut rest = bytes;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let element = TypeId(u32::from_le_bytes(take(4)?.try_into().ok()?));
    let field = Field::of(element);
    let dimension_count = take(1)?[0];
    let mut dimensions = Vec::with_capacity(usize::from(dimension_count));
    for _ in 0..dimension_count {
        let length = i32::from_le_bytes(take(4)?.try_into().ok()?);
        dimensions.push((length, i32::from_le_bytes(take(4)?.try_into().ok()?)));
    }
    let mut elements = Vec::new();
    while let Some(head) = take(4) {
        elements.push(match u32::from_le_bytes(head.try_into().ok()?) {
            0 => Datum::Null,
            length if field == Field::Array => {
                Datum::Array(Arc::new(get_array(take(length as usize - 1)?, depth + 1)?))
            }
            length => field.get(take(length as usize - 1)?)?,
        });
    }
    let expected = match dimension_count {
        0 => Some(0),
        _ => dimensions
            .iter()
            .try_fold(1usize, |product, (length, _)| product.checked_mul(usize::try_from(*length).ok()?)),
    };
    (rest.is_empty() && expected == Some(elements.len())).then_some(Array { element, dimensions, elements })
}
