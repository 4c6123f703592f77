//! Building rows by column name: what is not said has PostgreSQL's empty value, NULL for types of variable length and zero,
//! false or an empty name for the others.

use std::sync::Arc;

use cairn_sql_types::{Array, Datum, TypeId};

use super::columns::Definition;
use crate::schema::Oid;

/// A row being filled.
pub(super) struct Row {
    columns: &'static [(&'static str, TypeId)],
    values: Vec<Datum>,
}

impl Row {
    pub(super) fn of(definition: &Definition) -> Self {
        let values = definition.columns.iter().map(|(_, ty)| empty(*ty)).collect();
        Self { columns: definition.columns, values }
    }

    /// Sets a column. Panics on an unknown name: tests read every relation.
    pub(super) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let at = self.columns.iter().position(|(own, _)| *own == name).expect("a column of this relation");
        let Value(value) = value.into();
        self.values[at] = match (value, self.columns[at].1) {
            (Datum::Int4(number), TypeId::INT2) => Datum::Int2(number as i16),
            (Datum::Int4(number), TypeId::INT8) => Datum::Int8(number.into()),
            (Datum::Int4(number), TypeId::FLOAT4) => Datum::Float4(number as f32),
            (value, _) => value,
        };
        self
    }

    pub(super) fn done(self) -> Vec<Datum> {
        self.values
    }
}

/// Something that can stand in a row.
pub(super) struct Value(Datum);

impl From<Datum> for Value {
    fn from(value: Datum) -> Self {
        Value(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value(Datum::Bool(value))
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Value(Datum::Int4(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value(Datum::Int8(value))
    }
}

impl From<Oid> for Value {
    fn from(value: Oid) -> Self {
        Value(Datum::Oid(value.0))
    }
}

impl From<TypeId> for Value {
    fn from(value: TypeId) -> Self {
        Value(Datum::Oid(value.0))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value(Datum::text(value))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value(Datum::text(value))
    }
}

/// A one-dimensional array; vectors count from 0.
pub(super) fn array(element: TypeId, lower: i32, elements: Vec<Datum>) -> Datum {
    let dimensions = if elements.is_empty() { Vec::new() } else { vec![(elements.len() as i32, lower)] };
    Datum::Array(Arc::new(Array { element, dimensions, elements }))
}

/// Column positions as attribute numbers.
pub(super) fn attribute_numbers(columns: impl Iterator<Item = usize>) -> Datum {
    array(TypeId::INT2, 1, columns.map(|column| Datum::Int2(column as i16 + 1)).collect())
}

fn empty(ty: TypeId) -> Datum {
    match ty {
        TypeId::BOOL => Datum::Bool(false),
        TypeId::INT2 => Datum::Int2(0),
        TypeId::INT4 => Datum::Int4(0),
        TypeId::INT8 => Datum::Int8(0),
        TypeId::FLOAT4 => Datum::Float4(0.0),
        TypeId::OID | TypeId::REGPROC | TypeId::XID | TypeId::REGTYPE => Datum::Oid(0),
        TypeId::NAME | TypeId::CHAR => Datum::text(""),
        TypeId::INT2VECTOR => array(TypeId::INT2, 0, Vec::new()),
        TypeId::OIDVECTOR => array(TypeId::OID, 0, Vec::new()),
        _ => Datum::Null,
    }
}
