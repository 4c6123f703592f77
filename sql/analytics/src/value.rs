//! Datums as Arrow arrays and back.
//!
//! | type | Arrow | remark |
//! |---|---|---|
//! | bool, int2, int4, int8 | Boolean, Int16, Int32, Int64 | |
//! | date; time, timestamp(tz) | Int32; Int64 | days and microseconds, infinities kept |
//! | oid and its aliases | UInt32 | |
//! | float4, float8 | Int32, Int64 | their bits: Arrow and PostgreSQL order floats differently, see [`crate::sortable`] |
//! | strings, json, jsonb | Utf8 | |
//! | bytea, uuid | Binary | |
//! | numeric, interval, arrays, records | Binary | see [`crate::opaque`]; never compared by its bytes |

use std::sync::Arc;

use cairn_sql_types::{Datum, SqlError, TypeId};
use datafusion::arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, BooleanArray, BooleanBuilder, Int16Array, Int16Builder, Int32Array,
    Int32Builder, Int64Array, Int64Builder, StringArray, StringBuilder, UInt32Array, UInt32Builder,
};
use datafusion::arrow::datatypes::DataType;

use crate::opaque;

/// How values of a type travel.
pub(crate) fn arrow_type(ty: TypeId) -> DataType {
    match ty {
        TypeId::BOOL => DataType::Boolean,
        TypeId::INT2 => DataType::Int16,
        TypeId::INT4 | TypeId::DATE | TypeId::FLOAT4 => DataType::Int32,
        TypeId::INT8 | TypeId::TIME | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ | TypeId::FLOAT8 => DataType::Int64,
        TypeId::OID
        | TypeId::XID
        | TypeId::REGPROC
        | TypeId::REGCLASS
        | TypeId::REGTYPE
        | TypeId::REGNAMESPACE
        | TypeId::REGROLE => DataType::UInt32,
        TypeId::TEXT
        | TypeId::VARCHAR
        | TypeId::BPCHAR
        | TypeId::NAME
        | TypeId::CHAR
        | TypeId::JSON
        | TypeId::JSONB
        | TypeId::UNKNOWN
        | TypeId::PG_NODE_TREE
        | TypeId::ACLITEM => DataType::Utf8,
        // bytea, uuid, numeric, interval, arrays, records, void
        _ => DataType::Binary,
    }
}

/// Is the Arrow form equal exactly where values are, and ordered as they are?
pub(crate) fn is_canonical(ty: TypeId) -> bool {
    match arrow_type(ty) {
        DataType::Boolean | DataType::Int16 | DataType::UInt32 => true,
        DataType::Int32 | DataType::Int64 => !matches!(ty, TypeId::FLOAT4 | TypeId::FLOAT8),
        DataType::Utf8 => !matches!(ty, TypeId::BPCHAR | TypeId::JSONB),
        _ => matches!(ty, TypeId::BYTEA | TypeId::UUID),
    }
}

/// An array, open for reading as datums of one type.
pub(crate) enum Reader<'a> {
    Bool(&'a BooleanArray),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array, TypeId),
    Int64(&'a Int64Array, TypeId),
    UInt32(&'a UInt32Array),
    Utf8(&'a StringArray),
    Binary(&'a BinaryArray, TypeId),
}

impl<'a> Reader<'a> {
    /// Opens an array that holds values of type `ty`.
    pub(crate) fn new(array: &'a dyn Array, ty: TypeId) -> Result<Self, SqlError> {
        let any = array.as_any();
        let reader = match arrow_type(ty) {
            DataType::Boolean => any.downcast_ref().map(Reader::Bool),
            DataType::Int16 => any.downcast_ref().map(Reader::Int16),
            DataType::Int32 => any.downcast_ref().map(|array| Reader::Int32(array, ty)),
            DataType::Int64 => any.downcast_ref().map(|array| Reader::Int64(array, ty)),
            DataType::UInt32 => any.downcast_ref().map(Reader::UInt32),
            DataType::Utf8 => any.downcast_ref().map(Reader::Utf8),
            _ => any.downcast_ref().map(|array| Reader::Binary(array, ty)),
        };
        let found = array.data_type();
        reader.ok_or_else(|| SqlError::internal(format!("values of type {ty:?} arrived as {found}")))
    }

    /// One value.
    pub(crate) fn get(&self, row: usize) -> Result<Datum, SqlError> {
        Ok(match self {
            Reader::Bool(array) if array.is_valid(row) => Datum::Bool(array.value(row)),
            Reader::Int16(array) if array.is_valid(row) => Datum::Int2(array.value(row)),
            Reader::Int32(array, ty) if array.is_valid(row) => match *ty {
                TypeId::DATE => Datum::Date(array.value(row)),
                TypeId::FLOAT4 => Datum::Float4(f32::from_bits(array.value(row).cast_unsigned())),
                _ => Datum::Int4(array.value(row)),
            },
            Reader::Int64(array, ty) if array.is_valid(row) => match *ty {
                TypeId::TIME => Datum::Time(array.value(row)),
                TypeId::TIMESTAMP => Datum::Timestamp(array.value(row)),
                TypeId::TIMESTAMPTZ => Datum::Timestamptz(array.value(row)),
                TypeId::FLOAT8 => Datum::Float8(f64::from_bits(array.value(row).cast_unsigned())),
                _ => Datum::Int8(array.value(row)),
            },
            Reader::UInt32(array) if array.is_valid(row) => Datum::Oid(array.value(row)),
            Reader::Utf8(array) if array.is_valid(row) => Datum::text(array.value(row)),
            Reader::Binary(array, ty) if array.is_valid(row) => opaque::decode(*ty, array.value(row))?,
            _ => Datum::Null,
        })
    }
}

/// An array being built from datums of one type.
pub(crate) enum Writer {
    Bool(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    UInt32(UInt32Builder),
    Utf8(StringBuilder),
    Binary(BinaryBuilder, Vec<u8>),
}

impl Writer {
    /// An empty array for values of type `ty`.
    pub(crate) fn new(ty: TypeId, rows: usize) -> Self {
        Self::of(&arrow_type(ty), rows)
    }

    /// An empty array of an Arrow type.
    pub(crate) fn of(ty: &DataType, rows: usize) -> Self {
        match ty {
            DataType::Boolean => Writer::Bool(BooleanBuilder::with_capacity(rows)),
            DataType::Int16 => Writer::Int16(Int16Builder::with_capacity(rows)),
            DataType::Int32 => Writer::Int32(Int32Builder::with_capacity(rows)),
            DataType::Int64 => Writer::Int64(Int64Builder::with_capacity(rows)),
            DataType::UInt32 => Writer::UInt32(UInt32Builder::with_capacity(rows)),
            DataType::Utf8 => Writer::Utf8(StringBuilder::with_capacity(rows, rows * 8)),
            _ => Writer::Binary(BinaryBuilder::with_capacity(rows, rows * 16), Vec::new()),
        }
    }

    /// Appends a value. `XX000` for a value of another type.
    pub(crate) fn push(&mut self, value: &Datum) -> Result<(), SqlError> {
        match (self, value) {
            (Writer::Bool(out), Datum::Bool(value)) => out.append_value(*value),
            (Writer::Bool(out), Datum::Null) => out.append_null(),
            (Writer::Int16(out), Datum::Int2(value)) => out.append_value(*value),
            (Writer::Int16(out), Datum::Null) => out.append_null(),
            (Writer::Int32(out), Datum::Int4(value) | Datum::Date(value)) => out.append_value(*value),
            (Writer::Int32(out), Datum::Float4(value)) => out.append_value(value.to_bits().cast_signed()),
            (Writer::Int32(out), Datum::Null) => out.append_null(),
            (
                Writer::Int64(out),
                Datum::Int8(value) | Datum::Time(value) | Datum::Timestamp(value) | Datum::Timestamptz(value),
            ) => out.append_value(*value),
            (Writer::Int64(out), Datum::Float8(value)) => out.append_value(value.to_bits().cast_signed()),
            (Writer::Int64(out), Datum::Null) => out.append_null(),
            (Writer::UInt32(out), Datum::Oid(value)) => out.append_value(*value),
            (Writer::UInt32(out), Datum::Null) => out.append_null(),
            (Writer::Utf8(out), Datum::Text(value)) => out.append_value(value),
            (Writer::Utf8(out), Datum::Null) => out.append_null(),
            (Writer::Binary(out, _), Datum::Null) => out.append_null(),
            (Writer::Binary(out, _), Datum::Bytea(value)) => out.append_value(value),
            (Writer::Binary(out, _), Datum::Uuid(value)) => out.append_value(value),
            (Writer::Binary(out, buffer), value) => {
                buffer.clear();
                opaque::encode(value, buffer)?;
                out.append_value(&*buffer);
            }
            (_, value) => return Err(SqlError::internal(format!("a value of another type: {value:?}"))),
        }
        Ok(())
    }

    /// Appends raw bytes, or NULL, to a Binary array.
    pub(crate) fn push_bytes(&mut self, bytes: Option<&[u8]>) -> Result<(), SqlError> {
        match self {
            Writer::Binary(out, _) => out.append_option(bytes),
            _ => return Err(SqlError::internal("bytes for an array of another type")),
        }
        Ok(())
    }

    /// The array.
    pub(crate) fn finish(self) -> ArrayRef {
        match self {
            Writer::Bool(mut out) => Arc::new(out.finish()),
            Writer::Int16(mut out) => Arc::new(out.finish()),
            Writer::Int32(mut out) => Arc::new(out.finish()),
            Writer::Int64(mut out) => Arc::new(out.finish()),
            Writer::UInt32(mut out) => Arc::new(out.finish()),
            Writer::Utf8(mut out) => Arc::new(out.finish()),
            Writer::Binary(mut out, _) => Arc::new(out.finish()),
        }
    }
}

/// Rows of a batch as datums.
pub(crate) fn rows(columns: &[ArrayRef], types: &[TypeId], count: usize) -> Result<Vec<Vec<Datum>>, SqlError> {
    let readers =
        columns.iter().zip(types).map(|(array, ty)| Reader::new(array, *ty)).collect::<Result<Vec<_>, _>>()?;
    (0..count).map(|row| readers.iter().map(|reader| reader.get(row)).collect()).collect()
}
