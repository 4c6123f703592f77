//! Type names to types.

use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::{Binder, at};
use crate::syntax::ast::{Expr, ExprKind, TypeName};

impl Binder<'_> {
    /// The type that was written. 42704 `type "x" does not exist`.
    pub(crate) fn type_of(&mut self, name: &TypeName) -> Result<Type, SqlError> {
        if name.setof {
            return Err(SqlError::unsupported("SETOF").at(name.pos + 1));
        }
        let id = self.type_id(name)?;
        let mut numbers = Vec::with_capacity(name.modifiers.len());
        for modifier in &name.modifiers {
            numbers.push(modifier_number(modifier)?);
        }
        let mut modifier = modifier_of(id, &numbers).map_err(|error| error.at(name.pos + 1))?;
        if let Some(fields) = name.interval_fields {
            let precision = if modifier < 0 { 0xffff } else { modifier & 0xffff };
            modifier = (fields << 16) | precision;
        }
        let mut ty = Type { id, modifier };
        if name.dimensions > 0 && ty.id.element().is_none() {
            ty.id = ty.id.array().ok_or_else(|| {
                let shown = crate::bind::type_name(id);
                at(SqlState::UNDEFINED_OBJECT, format!("could not find array type for data type {shown}"), name.pos)
            })?;
        }
        Ok(ty)
    }

    fn type_id(&self, name: &TypeName) -> Result<TypeId, SqlError> {
        let last = name.name.last();
        let qualified = name.name.parts.len() > 1;
        let in_catalog =
            !qualified || name.name.parts.iter().rev().nth(1).is_some_and(|schema| &*schema.text == "pg_catalog");
        let unknown = || {
            let shown = name.name.display();
            at(SqlState::UNDEFINED_OBJECT, format!("type \"{shown}\" does not exist"), name.pos)
        };
        let lacking = |what: &str| Err(SqlError::unsupported(format!("type {what}")).at(name.pos + 1));
        if !in_catalog {
            let schema = &name.name.parts[name.name.parts.len() - 2].text;
            if self.catalog.schema(schema).is_none() {
                let message = format!("schema \"{schema}\" does not exist");
                return Err(at(SqlState::INVALID_SCHEMA_NAME, message, name.pos));
            }
            return Err(unknown());
        }
        let found = TypeId::by_internal_name(last).filter(|id| {
            cairn_sql_types::info::TypeInfo::of(*id).is_some_and(|info| info.category != 'P')
                || last == "record"
                || last == "void"
        });
        match (found, last) {
            (Some(id), _) => Ok(id),
            (None, "timetz") => lacking("time with time zone"),
            (None, "bit" | "varbit") => lacking(last),
            (
                None,
                "money" | "xml" | "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" | "inet" | "cidr"
                | "macaddr" | "macaddr8" | "tsvector" | "tsquery" | "int4range" | "int8range" | "numrange" | "tsrange"
                | "tstzrange" | "daterange" | "pg_lsn" | "txid_snapshot" | "xid8" | "tid" | "cid" | "jsonpath"
                | "cstring" | "regoper" | "regoperator" | "regprocedure" | "regconfig" | "regdictionary"
                | "regcollation",
            ) => lacking(last),
            // SERIAL is no type: only CREATE TABLE knows it.
            _ => Err(unknown()),
        }
    }
}

/// Modifiers are integer constants.
fn modifier_number(expr: &Expr) -> Result<i32, SqlError> {
    let number = match &expr.kind {
        ExprKind::Integer(digits) => digits.parse().ok(),
        ExprKind::Text(text) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| at(SqlState::SYNTAX_ERROR, "type modifiers must be simple constants or identifiers", expr.pos))
}

/// The modifier of a type for its numbers in parentheses.
fn modifier_of(id: TypeId, numbers: &[i32]) -> Result<i32, SqlError> {
    cairn_sql_types::type_name::type_modifier(id, numbers)
}
