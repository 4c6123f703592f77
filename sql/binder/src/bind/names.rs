//! Relations and schemas by name.

use cairn_sql_catalog::schema::{Oid, Relation, Table};
use cairn_sql_types::{SqlError, SqlState};
use std::sync::Arc;

use super::{Binder, at};
use crate::syntax::ast::ObjectName;

impl Binder<'_> {
    /// Schemas to search for a relation, pg_catalog first unless the path names it.
    pub(crate) fn search_path(&self) -> Vec<Oid> {
        let listed: Vec<&str> = self
            .settings
            .search_path
            .iter()
            .map(|name| if name == "$user" { self.settings.user.as_str() } else { name.as_str() })
            .collect();
        let implicit = if listed.contains(&"pg_catalog") { None } else { Some("pg_catalog") };
        implicit
            .into_iter()
            .chain(listed)
            .filter_map(|name| self.catalog.schema(name))
            .map(|schema| schema.oid)
            .collect()
    }

    /// The schema where new relations go. 3F000 where the path names none that exists.
    pub(crate) fn creation_schema(&self, name: &ObjectName) -> Result<Oid, SqlError> {
        if let Some(schema) = self.named_schema(name)? {
            return Ok(schema);
        }
        let mut path = self.search_path().into_iter().filter(|oid| *oid != Oid::PG_CATALOG);
        path.next()
            .ok_or_else(|| at(SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in", name.pos()))
    }

    /// The schema a qualified name names. 3F000 when it does not exist.
    fn named_schema(&self, name: &ObjectName) -> Result<Option<Oid>, SqlError> {
        let schema = match name.parts.as_slice() {
            [_] | [] => return Ok(None),
            [schema, _] => schema,
            [database, schema, ..] => {
                self.check_database(database, &name.display())?;
                schema
            }
        };
        let found = self.catalog.schema(&schema.text).ok_or_else(|| {
            at(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{}\" does not exist", schema.text), name.pos())
        })?;
        Ok(Some(found.oid))
    }

    /// The relation of this name, if it exists. A schema that does not exist counts as no relation.
    pub(crate) fn find_relation(&self, name: &ObjectName) -> Result<Option<&Relation>, SqlError> {
        if name.parts.len() > 1 {
            return match self.named_schema(name) {
                Ok(Some(schema)) => Ok(self.catalog.relation(schema, name.last())),
                Ok(None) => Ok(None),
                Err(error) if error.state() == SqlState::INVALID_SCHEMA_NAME => Ok(None),
                Err(error) => Err(error),
            };
        }
        Ok(self.search_path().into_iter().find_map(|schema| self.catalog.relation(schema, name.last())))
    }

    /// The relation of this name. 42P01 `relation "t" does not exist`.
    pub(crate) fn relation(&self, name: &ObjectName) -> Result<&Relation, SqlError> {
        self.find_relation(name)?.ok_or_else(|| missing_relation(name))
    }

    /// The table of this name. 42809 when it is something else.
    pub(crate) fn table(&self, name: &ObjectName) -> Result<Arc<Table>, SqlError> {
        match self.relation(name)? {
            Relation::Table(table) => Ok(table.clone()),
            Relation::System(relation) => Err(permission_denied(relation.name)),
            _ => Err(not_a("table", name)),
        }
    }
}

/// 42P01; 0A000 for a system relation that PostgreSQL has and Cairn has not.
pub(crate) fn missing_relation(name: &ObjectName) -> SqlError {
    let schema = name.parts.iter().rev().nth(1).map(|schema| &*schema.text);
    if cairn_sql_catalog::system::is_unsupported(schema, name.last()) {
        return SqlError::unsupported(format!("system relation \"{}\"", name.last())).at(name.pos() + 1);
    }
    at(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", name.display()), name.pos())
}

/// 42809 `"x" is not a table`
pub(crate) fn not_a(kind: &str, name: &ObjectName) -> SqlError {
    SqlError::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{}\" is not a {kind}", name.last()))
}

pub(crate) fn permission_denied(name: &str) -> SqlError {
    SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied: \"{name}\" is a system catalog"))
}
