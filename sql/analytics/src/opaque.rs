//! Bytes of values that Arrow has no type for. Private to one process and one query: nothing here is stored.
//!
//! Every value is a tag and its bytes, so arrays and records nest. The bytes keep a value exactly (the scale of a
//! numeric, the parts of an interval); they say nothing about order or equality.

use std::sync::Arc;

use cairn_sql_types::{Array, Datum, Interval, Numeric, SqlError, TypeId};

/// Appends a value's bytes.
pub(crate) fn encode(value: &Datum, out: &mut Vec<u8>) -> Result<(), SqlError> {
    match value {
        Datum::Null => out.push(0),
        Datum::Bool(value) => out.extend([1, u8::from(*value)]),
        Datum::Int2(value) => put(2, &value.to_le_bytes(), out),
        Datum::Int4(value) => put(3, &value.to_le_bytes(), out),
        Datum::Int8(value) => put(4, &value.to_le_bytes(), out),
        Datum::Oid(value) => put(5, &value.to_le_bytes(), out),
        Datum::Float4(value) => put(6, &value.to_le_bytes(), out),
        Datum::Float8(value) => put(7, &value.to_le_bytes(), out),
        Datum::Numeric(value) => encode_numeric(value, out),
        Datum::Text(value) => put_long(9, value.as_bytes(), out)?,
        Datum::Bytea(value) => put_long(10, value, out)?,
        Datum::Date(value) => put(11, &value.to_le_bytes(), out),
        Datum::Time(value) => put(12, &value.to_le_bytes(), out),
        Datum::Timestamp(value) => put(13, &value.to_le_bytes(), out),
        Datum::Timestamptz(value) => put(14, &value.to_le_bytes(), out),
        Datum::Interval(value) => {
            put(15, &value.months.to_le_bytes(), out);
            out.extend(value.days.to_le_bytes());
            out.extend(value.micros.to_le_bytes());
        }
        Datum::Uuid(value) => put(16, value, out),
        Datum::Array(array) => {
            put(17, &array.element.0.to_le_bytes(), out);
            out.extend(length(array.dimensions.len())?);
            for (length, lower) in &array.dimensions {
                out.extend(length.to_le_bytes());
                out.extend(lower.to_le_bytes());
            }
            out.extend(length(array.elements.len())?);
            array.elements.iter().try_for_each(|element| encode(element, out))?;
        }
        Datum::Record(fields) => {
            put(18, &length(fields.len())?, out);
            fields.iter().try_for_each(|field| encode(field, out))?;
        }
    }
    Ok(())
}

fn encode_numeric(value: &Numeric, out: &mut Vec<u8>) {
    match value {
        Numeric::Finite { coefficient, scale } => {
            put(8, &scale.to_le_bytes(), out);
            out.extend(coefficient.to_le_bytes());
        }
        Numeric::NaN => out.push(19),
        Numeric::Infinity => out.push(20),
        Numeric::NegInfinity => out.push(21),
    }
}

fn put(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn put_long(tag: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SqlError> {
    put(tag, &length(bytes.len())?, out);
    out.extend_from_slice(bytes);
    Ok(())
}

fn length(length: usize) -> Result<[u8; 4], SqlError> {
    match u32::try_from(length) {
        Ok(length) => Ok(length.to_le_bytes()),
        Err(_) => Err(SqlError::internal("a value of more than 4 GiB")),
    }
}

/// The value of type `ty` behind these bytes. Bytea and uuid stand alone without a tag.
pub(crate) fn decode(ty: TypeId, bytes: &[u8]) -> Result<Datum, SqlError> {
    match ty {
        TypeId::BYTEA => Ok(Datum::Bytea(bytes.into())),
        TypeId::UUID => bytes.try_into().map(Datum::Uuid).map_err(|_| damaged()),
        _ => Source(bytes).value(),
    }
}

struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SqlError> {
        let (head, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn length(&mut self) -> Result<usize, SqlError> {
        Ok(u32::from_le_bytes(self.take()?) as usize)
    }

    fn long(&mut self) -> Result<&[u8], SqlError> {
        let length = self.length()?;
        let (head, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn value(&mut self) -> Result<Datum, SqlError> {
        let [tag] = self.take()?;
        Ok(match tag {
            0 => Datum::Null,
            1 => Datum::Bool(self.take::<1>()? == [1]),
            2 => Datum::Int2(i16::from_le_bytes(self.take()?)),
            3 => Datum::Int4(i32::from_le_bytes(self.take()?)),
            4 => Datum::Int8(i64::from_le_bytes(self.take()?)),
            5 => Datum::Oid(u32::from_le_bytes(self.take()?)),
            6 => Datum::Float4(f32::from_le_bytes(self.take()?)),
            7 => Datum::Float8(f64::from_le_bytes(self.take()?)),
            8 => {
                let scale = u16::from_le_bytes(self.take()?);
                Datum::Numeric(Numeric::Finite { coefficient: i128::from_le_bytes(self.take()?), scale })
            }
            9 => Datum::text(std::str::from_utf8(self.long()?).map_err(|_| damaged())?),
            10 => Datum::Bytea(self.long()?.into()),
            11 => Datum::Date(i32::from_le_bytes(self.take()?)),
            12 => Datum::Time(i64::from_le_bytes(self.take()?)),
            13 => Datum::Timestamp(i64::from_le_bytes(self.take()?)),
            14 => Datum::Timestamptz(i64::from_le_bytes(self.take()?)),
            15 => Datum::Interval(Interval {
                months: i32::from_le_bytes(self.take()?),
                days: i32::from_le_bytes(self.take()?),
                micros: i64::from_le_bytes(self.take()?),
            }),
            16 => Datum::Uuid(self.take()?),
            17 => {
                let element = TypeId(u32::from_le_bytes(self.take()?));
                let dimensions = (0..self.length()?)
                    .map(|_| Ok((i32::from_le_bytes(self.take()?), i32::from_le_bytes(self.take()?))))
                    .collect::<Result<_, SqlError>>()?;
                Datum::Array(Arc::new(Array { element, dimensions, elements: self.values()? }))
            }
            18 => Datum::Record(self.values()?.into()),
            19 => Datum::Numeric(Numeric::NaN),
            20 => Datum::Numeric(Numeric::Infinity),
            21 => Datum::Numeric(Numeric::NegInfinity),
            _ => return Err(damaged()),
        })
    }

    fn values(&mut self) -> Result<Vec<Datum>, SqlError> {
        (0..self.length()?).map(|_| self.value()).collect()
    }
}

fn damaged() -> SqlError {
    SqlError::internal("a value's bytes are damaged")
}
