//! Index keys: a datum as order-preserving bytes (see `cairn_base::key`) and back.
//!
//! Keys compare as values do, so values that are equal have equal keys and the key keeps no more than that: `1.00` comes
//! back as `1`, `-0` as `0`, `char(n)` without its blanks, an interval in days and time. Read the row for the value
//! itself.

use cairn_base::key::{KeyError, KeyOrder, KeyReader, KeyWriter, NumericKey};

use crate::compare::unpadded;
use crate::datum::{Datum, Interval};
use crate::error::{SqlError, SqlState};
use crate::numeric::Numeric;
use crate::ty::TypeId;

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

/// One column of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyColumn {
    /// Its type.
    pub ty: TypeId,
    /// Its direction and where NULLs go.
    pub order: KeyOrder,
    /// May it be NULL? Columns that may not save the tag byte.
    pub nullable: bool,
}

impl KeyColumn {
    /// Appends a value. `XX000` for NULL in a column that is not nullable and for a value of another type; 0A000 for a type
    /// that cannot be indexed.
    pub fn encode(&self, datum: &Datum, out: &mut KeyWriter<'_>) -> Result<(), SqlError> {
        match (datum, self.nullable) {
            (Datum::Null, true) => {
                out.put_null(self.order);
                return Ok(());
            }
            (Datum::Null, false) => return Err(SqlError::internal("NULL in a key column that is not nullable")),
            (_, true) => out.put_present(self.order),
            (_, false) => {}
        }
        encode_key(datum, self.ty, self.order, out)
    }

    /// Takes a value from the front of a key.
    pub fn decode(&self, from: &mut KeyReader<'_>) -> Result<Datum, SqlError> {
        if self.nullable && !from.take_present(self.order).map_err(corrupted)? {
            return Ok(Datum::Null);
        }
        decode_key(self.ty, self.order, from)
    }
}

/// Can values of this type be the key of an index?
pub fn is_indexable(ty: TypeId) -> bool {
    matches!(
        ty,
        TypeId::BOOL
            | TypeId::INT2
            | TypeId::INT4
            | TypeId::INT8
            | TypeId::OID
            | TypeId::REGPROC
            | TypeId::REGCLASS
            | TypeId::REGTYPE
            | TypeId::REGNAMESPACE
            | TypeId::REGROLE
            | TypeId::FLOAT4
            | TypeId::FLOAT8
            | TypeId::NUMERIC
            | TypeId::TEXT
            | TypeId::VARCHAR
            | TypeId::BPCHAR
            | TypeId::NAME
            | TypeId::CHAR
            | TypeId::BYTEA
            | TypeId::DATE
            | TypeId::TIME
            | TypeId::TIMESTAMP
            | TypeId::TIMESTAMPTZ
            | TypeId::INTERVAL
            | TypeId::UUID
    )
}

/// Appends a value that is not NULL, without a tag. Allocates nothing besides the key's buffer.
pub fn encode_key(datum: &Datum, ty: TypeId, order: KeyOrder, out: &mut KeyWriter<'_>) -> Result<(), SqlError> {
    match datum {
        Datum::Bool(value) => out.put_bool(*value, order),
        Datum::Int2(value) => out.put_i16(*value, order),
        Datum::Int4(value) | Datum::Date(value) => out.put_i32(*value, order),
        Datum::Int8(value) | Datum::Time(value) | Datum::Timestamp(value) | Datum::Timestamptz(value) => {
            out.put_i64(*value, order);
        }
        Datum::Oid(value) => out.put_u32(*value, order),
        Datum::Float4(value) => out.put_f32(*value, order),
        Datum::Float8(value) => out.put_f64(*value, order),
        Datum::Numeric(value) => out.put_numeric(&NumericKey::from(*value), order),
        Datum::Text(text) if ty == TypeId::BPCHAR => out.put_bytes(unpadded(text).as_bytes(), order),
        Datum::Text(text) if is_indexable(ty) => out.put_bytes(text.as_bytes(), order),
        Datum::Bytea(bytes) => out.put_bytes(bytes, order),
        Datum::Interval(value) => {
            let span = value.span();
            out.put_i64(span.div_euclid(DAY) as i64, order);
            out.put_i64(span.rem_euclid(DAY) as i64, order);
        }
        Datum::Uuid(value) => out.put_uuid(value, order),
        Datum::Null => return Err(SqlError::internal("NULL in a key column that is not nullable")),
        Datum::Text(_) | Datum::Array(_) | Datum::Record(_) => {
            return Err(SqlError::unsupported(format_args!("an index on type {}", ty.sql_name())));
        }
    }
    Ok(())
}

/// Takes a value of type `ty` that is not NULL from the front of a key. `XX001` for foreign bytes.
pub fn decode_key(ty: TypeId, order: KeyOrder, from: &mut KeyReader<'_>) -> Result<Datum, SqlError> {
    let datum = match ty {
        TypeId::BOOL => from.take_bool(order).map(Datum::Bool),
        TypeId::INT2 => from.take_i16(order).map(Datum::Int2),
        TypeId::INT4 => from.take_i32(order).map(Datum::Int4),
        TypeId::INT8 => from.take_i64(order).map(Datum::Int8),
        TypeId::OID | TypeId::REGPROC | TypeId::REGCLASS | TypeId::REGTYPE | TypeId::REGNAMESPACE | TypeId::REGROLE => {
            from.take_u32(order).map(Datum::Oid)
        }
        TypeId::FLOAT4 => from.take_f32(order).map(Datum::Float4),
        TypeId::FLOAT8 => from.take_f64(order).map(Datum::Float8),
        TypeId::NUMERIC => {
            let key = from.take_numeric(order).map_err(corrupted)?;
            return Numeric::try_from(key).map(Datum::Numeric);
        }
        TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::NAME | TypeId::CHAR => {
            let text = String::from_utf8(from.take_bytes(order).map_err(corrupted)?);
            return text.map(Datum::text).map_err(|_| damaged("the key holds text that is not UTF-8"));
        }
        TypeId::BYTEA => from.take_bytes(order).map(|bytes| Datum::Bytea(bytes.into())),
        TypeId::DATE => from.take_i32(order).map(Datum::Date),
        TypeId::TIME => from.take_i64(order).map(Datum::Time),
        TypeId::TIMESTAMP => from.take_i64(order).map(Datum::Timestamp),
        TypeId::TIMESTAMPTZ => from.take_i64(order).map(Datum::Timestamptz),
        TypeId::INTERVAL => return decode_interval(order, from),
        TypeId::UUID => from.take_uuid(order).map(Datum::Uuid),
        _ => return Err(SqlError::unsupported(format_args!("an index on type {}", ty.sql_name()))),
    };
    datum.map_err(corrupted)
}

/// Days and time. Days beyond an `i32` move into months of 30 days, and what is beyond those too into the time: an interval may
/// have the most of all three.
fn decode_interval(order: KeyOrder, from: &mut KeyReader<'_>) -> Result<Datum, SqlError> {
    let days = from.take_i64(order).map_err(corrupted)?;
    let micros = from.take_i64(order).map_err(corrupted)?;
    let (months, days) = match i32::try_from(days) {
        Ok(days) => (0, i64::from(days)),
        Err(_) => {
            let months = within_i32(days / 30);
            (months, days - i64::from(months) * 30)
        }
    };
    let whole = within_i32(days);
    let micros = i128::from(days - i64::from(whole)) * DAY + i128::from(micros);
    let micros = i64::try_from(micros).map_err(|_| damaged("the key holds an interval out of range"))?;
    Ok(Datum::Interval(Interval { months, days: whole, micros }))
}

fn within_i32(number: i64) -> i32 {
    number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

fn damaged(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::DATA_CORRUPTED, message)
}

fn corrupted(error: KeyError) -> SqlError {
    damaged(error.to_string())
}

impl From<Numeric> for NumericKey {
    fn from(number: Numeric) -> Self {
        match number {
            Numeric::Finite { coefficient, scale } => NumericKey::from_parts(coefficient, u32::from(scale)),
            Numeric::NaN => NumericKey::NaN,
            Numeric::Infinity => NumericKey::Infinity,
            Numeric::NegInfinity => NumericKey::NegativeInfinity,
        }
    }
}

impl TryFrom<NumericKey> for Numeric {
    type Error = SqlError;

    /// 22003 beyond 38 digits, which no key of ours holds.
    fn try_from(key: NumericKey) -> Result<Self, SqlError> {
        Ok(match key {
            NumericKey::NaN => Numeric::NaN,
            NumericKey::Infinity => Numeric::Infinity,
            NumericKey::NegativeInfinity => Numeric::NegInfinity,
            NumericKey::Finite(_) => {
                let (coefficient, scale) = key.to_parts().expect("an ordinary number");
                Numeric::new(coefficient, scale as u16)?
            }
        })
    }
}
