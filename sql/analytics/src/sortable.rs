//! Sort keys: bytes that compare as values do, for types whose Arrow form does not. Grouping, joining, sorting and
//! DISTINCT work on these; the value itself travels beside them.

use cairn_base::key::{KeyOrder, KeyWriter};
use cairn_sql_types::{Array, Datum, SqlError, TypeId};

/// Has this type an order and an equality that bytes can express?
pub(crate) fn check(ty: TypeId) -> Result<(), SqlError> {
    match ty {
        TypeId::JSON | TypeId::JSONB => {
            Err(SqlError::unsupported(format_args!("sorting, grouping or joining by type {ty:?} in this query")))
        }
        _ => match ty.element() {
            Some(element) => check(element),
            None => Ok(()),
        },
    }
}

/// Appends the sort key of a value that is not NULL.
pub(crate) fn encode(value: &Datum, ty: TypeId, out: &mut Vec<u8>) -> Result<(), SqlError> {
    match value {
        Datum::Array(array) => encode_array(array, out),
        Datum::Record(fields) => encode_elements(fields, TypeId::RECORD, out),
        value => cairn_sql_types::key::encode_key(value, scalar(value, ty), KeyOrder::ASC, &mut KeyWriter::new(out)),
    }
}

/// The type to encode a scalar as; fields of records carry none of their own.
fn scalar(value: &Datum, ty: TypeId) -> TypeId {
    match (value, ty) {
        (Datum::Text(_), TypeId::BPCHAR) => TypeId::BPCHAR,
        (Datum::Text(_), _) => TypeId::TEXT,
        _ => ty,
    }
}

/// Elements, then the number of dimensions, then lengths and lower bounds, as `array_cmp`.
fn encode_array(array: &Array, out: &mut Vec<u8>) -> Result<(), SqlError> {
    encode_elements(&array.elements, array.element, out)?;
    let mut writer = KeyWriter::new(out);
    writer.put_i32(array.dimensions.len() as i32, KeyOrder::ASC);
    for (length, lower) in &array.dimensions {
        writer.put_i32(*length, KeyOrder::ASC);
        writer.put_i32(*lower, KeyOrder::ASC);
    }
    Ok(())
}

/// The end sorts before every element, and NULL after every value.
fn encode_elements(elements: &[Datum], ty: TypeId, out: &mut Vec<u8>) -> Result<(), SqlError> {
    for element in elements {
        match element {
            Datum::Null => out.push(2),
            value => {
                out.push(1);
                encode(value, ty, out)?;
            }
        }
    }
    out.push(0);
    Ok(())
}
