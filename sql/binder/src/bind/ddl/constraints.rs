//! Constraints of CREATE TABLE and ALTER TABLE ADD.

use std::sync::Arc;

use crate::bind::type_name;
use cairn_sql_catalog::schema::{Column, Oid, Table, TableKey};
use cairn_sql_types::resolve::operator;
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::made_names::{Taken, constraint_name, joined};
use crate::bind::scope::{ScopeColumn, ScopeItem};
use crate::bind::{Binder, at};
use crate::ddl::{CreateTable, NewColumn, NewForeignKey};
use crate::syntax::ast::{Expr as Syntax, Name};
use crate::syntax::ddl::{Constraint, ConstraintKind, Foreign};
use crate::tree::Expr;

/// A column as constraints see it: from the table being created or altered.
#[derive(Clone, Debug)]
pub(crate) struct KeyColumn {
    pub(crate) name: Arc<str>,
    pub(crate) ty: Type,
    pub(crate) dropped: bool,
}

impl From<&NewColumn> for KeyColumn {
    fn from(column: &NewColumn) -> Self {
        Self { name: Arc::from(column.name.as_str()), ty: column.ty, dropped: false }
    }
}

impl From<&Column> for KeyColumn {
    fn from(column: &Column) -> Self {
        Self { name: column.name.clone(), ty: column.ty, dropped: column.dropped }
    }
}

impl Binder<'_> {
    pub(crate) fn table_constraints(
        &mut self,
        table: &mut CreateTable,
        constraints: &[Constraint],
        taken: &mut Taken,
    ) -> Result<(), SqlError> {
        let columns: Vec<KeyColumn> = table.columns.iter().map(KeyColumn::from).collect();
        // Written names first: made-up ones must keep clear of them.
        for constraint in constraints {
            let Some(name) = &constraint.name else { continue };
            if taken.constraints.iter().any(|known| **known == *name.text) {
                let message = match constraint.kind {
                    ConstraintKind::Check(_) => format!("check constraint \"{}\" already exists", name.text),
                    _ => format!("constraint \"{}\" for relation \"{}\" already exists", name.text, table.name),
                };
                return Err(SqlError::new(SqlState::DUPLICATE_OBJECT, message));
            }
            taken.constraints.push(name.text.to_string());
        }
        for constraint in constraints {
            match &constraint.kind {
                ConstraintKind::PrimaryKey(names) => {
                    if table.primary_key.is_some() {
                        let message = format!("multiple primary keys for table \"{}\" are not allowed", table.name);
                        return Err(at(SqlState::INVALID_TABLE_DEFINITION, message, constraint.pos));
                    }
                    let key = self.key_columns(&columns, names, "primary key", constraint.pos)?;
                    let name = self.key_name(table.schema, &table.name, constraint, None, taken)?;
                    for index in &key {
                        table.columns[*index].not_null = true;
                    }
                    table.primary_key = Some((name, key));
                }
                ConstraintKind::Unique(names) => {
                    let key = self.key_columns(&columns, names, "unique", constraint.pos)?;
                    // A second constraint over the same columns adds nothing, and PostgreSQL makes no second index.
                    let repeated = table.uniques.iter().any(|(_, known)| *known == key);
                    if repeated && constraint.name.is_none() {
                        continue;
                    }
                    let label = joined(names.iter().map(|name| &*name.text));
                    let name = self.key_name(table.schema, &table.name, constraint, Some(&label), taken)?;
                    table.uniques.push((name, key));
                }
                ConstraintKind::Check(expr) => {
                    let check = self.new_check(&table.name, &columns, constraint, expr, taken)?;
                    table.checks.push(check);
                }
                ConstraintKind::Foreign(_) => {}
                _ => return Err(SqlError::internal("a column constraint stays with its column")),
            }
        }
        // Primary key and unique keys are known now, for references to the table itself.
        for constraint in constraints {
            if let ConstraintKind::Foreign(foreign) = &constraint.kind {
                let own = OwnTable {
                    schema: table.schema,
                    name: &table.name,
                    primary: table.primary_key.as_ref().map(|(_, key)| key.clone()),
                    uniques: table.uniques.iter().map(|(_, key)| key.clone()).collect(),
                };
                let key = self.new_foreign_key(&own, &columns, constraint, foreign, taken)?;
                table.foreign_keys.push(key);
            }
        }
        Ok(())
    }

    /// Positions of a key's columns. `what`: primary key or unique.
    pub(crate) fn key_columns(
        &self,
        columns: &[KeyColumn],
        names: &[Name],
        what: &str,
        pos: u32,
    ) -> Result<Vec<usize>, SqlError> {
        let mut key = Vec::with_capacity(names.len());
        for name in names {
            let index =
                columns.iter().position(|column| !column.dropped && *column.name == *name.text).ok_or_else(|| {
                    let message = format!("column \"{}\" named in key does not exist", name.text);
                    at(SqlState::UNDEFINED_COLUMN, message, pos)
                })?;
            if key.contains(&index) {
                let message = format!("column \"{}\" appears twice in {what} constraint", name.text);
                return Err(at(SqlState::DUPLICATE_COLUMN, message, pos));
            }
            check_indexable(columns[index].ty.id)?;
            key.push(index);
        }
        check_key_width(key.len())?;
        Ok(key)
    }

    /// The written name of a key, if free, or a made-up one.
    pub(crate) fn key_name(
        &self,
        schema: Oid,
        table: &str,
        constraint: &Constraint,
        columns: Option<&str>,
        taken: &mut Taken,
    ) -> Result<String, SqlError> {
        if let Some(name) = &constraint.name {
            if self.catalog.relation(schema, &name.text).is_some()
                || taken.relations.iter().any(|known| **known == *name.text)
            {
                let message = format!("relation \"{}\" already exists", name.text);
                return Err(SqlError::new(SqlState::DUPLICATE_TABLE, message));
            }
            taken.relations.push(name.text.to_string());
            return Ok(name.text.to_string());
        }
        Ok(match columns {
            None => self.relation_name(schema, (table, ""), "pkey", taken),
            Some(columns) => self.relation_name(schema, (table, columns), "key", taken),
        })
    }

    /// A check's name and text.
    pub(crate) fn new_check(
        &mut self,
        table: &str,
        columns: &[KeyColumn],
        constraint: &Constraint,
        syntax: &Syntax,
        taken: &mut Taken,
    ) -> Result<(String, String), SqlError> {
        let rel = self.new_rel();
        let scope = ScopeItem {
            name: Some(Arc::from(table)),
            schema: None,
            original: None,
            columns: columns
                .iter()
                .enumerate()
                .filter(|(_, column)| !column.dropped)
                .map(|(index, column)| ScopeColumn {
                    name: column.name.clone(),
                    expr: Expr::Column(rel, index, column.ty),
                    source: None,
                })
                .collect(),
            qualified: true,
            unqualified: true,
            rel: Some(rel),
            table: None,
            scalar_function: false,
        };
        let expr = self.as_written(|this| this.check_condition(syntax, scope))?;
        if expr.any(|part| {
            matches!(
                part,
                Expr::Scalar(..) | Expr::ArraySubquery(..) | Expr::Exists { .. } | Expr::QuantifiedSubquery { .. }
            )
        }) {
            return Err(at(
                SqlState::FEATURE_NOT_SUPPORTED,
                "cannot use subquery in check constraint",
                first_query(syntax),
            ));
        }
        let text = self.deparse(&expr, &|_, column| columns.get(column).map(|column| column.name.to_string()))?;
        let mut used: Vec<usize> = expr.columns().into_iter().map(|(_, column, _)| column).collect();
        used.sort_unstable();
        used.dedup();
        let name = match (&constraint.name, used.as_slice()) {
            (Some(name), _) => name.text.to_string(),
            (None, [only]) => constraint_name((table, &columns[*only].name), "check", taken),
            (None, _) => constraint_name((table, ""), "check", taken),
        };
        Ok((name, text))
    }

    /// A foreign key: both sides' columns, checked for number, types and uniqueness.
    pub(crate) fn new_foreign_key(
        &mut self,
        own: &OwnTable<'_>,
        columns: &[KeyColumn],
        constraint: &Constraint,
        foreign: &Foreign,
        taken: &mut Taken,
    ) -> Result<NewForeignKey, SqlError> {
        let mut referencing = Vec::with_capacity(foreign.columns.len());
        for name in &foreign.columns {
            let index = columns.iter().position(|column| !column.dropped && *column.name == *name.text);
            referencing.push(index.ok_or_else(|| {
                let message = format!("column \"{}\" referenced in foreign key constraint does not exist", name.text);
                SqlError::new(SqlState::UNDEFINED_COLUMN, message)
            })?);
        }
        let to_itself = foreign.target.last() == own.name && self.find_relation(&foreign.target)?.is_none();
        let target =
            if to_itself { None } else { Some(self.table(&foreign.target).map_err(crate::position::without)?) };
        let (names, keys) = match &target {
            None => (columns.to_vec(), own.keys()),
            Some(table) => (table.columns.iter().map(KeyColumn::from).collect(), table_keys(table)),
        };
        let target_columns = referenced_columns(foreign, &names, &keys)?;
        if target_columns.len() != referencing.len() {
            let message = "number of referencing and referenced columns for foreign key disagree";
            return Err(SqlError::new(SqlState::INVALID_FOREIGN_KEY, message));
        }
        let label = joined(foreign.columns.iter().map(|name| &*name.text));
        let name = match &constraint.name {
            Some(name) => name.text.to_string(),
            None => constraint_name((own.name, &label), "fkey", taken),
        };
        for (from, to) in referencing.iter().zip(&target_columns) {
            check_comparable(&name, &columns[*from], &names[*to])?;
        }
        if let Some(table) = &target {
            self.touch(table.oid, false);
        }
        Ok(NewForeignKey {
            name,
            columns: referencing,
            target,
            target_columns,
            on_delete: foreign.on_delete,
            on_update: foreign.on_update,
        })
    }
}

/// Where the first subquery of an expression is.
fn first_query(syntax: &Syntax) -> u32 {
    let mut pos = None;
    crate::syntax::walk::queries(syntax, &mut |query| pos = pos.or(Some(query.pos)));
    // The opening parenthesis stands before it.
    pos.map_or(syntax.pos, |pos| pos.saturating_sub(1))
}

/// The table whose constraints are bound, as its own foreign keys see it.
pub(crate) struct OwnTable<'a> {
    pub(crate) schema: Oid,
    pub(crate) name: &'a str,
    pub(crate) primary: Option<Vec<usize>>,
    pub(crate) uniques: Vec<Vec<usize>>,
}

/// Keys that a foreign key may reference.
struct Keys {
    table: String,
    primary: Option<Vec<usize>>,
    all: Vec<Vec<usize>>,
}

impl OwnTable<'_> {
    fn keys(&self) -> Keys {
        let _ = self.schema;
        let all = self.primary.iter().chain(&self.uniques).cloned().collect();
        Keys { table: self.name.to_owned(), primary: self.primary.clone(), all }
    }
}

fn table_keys(table: &Table) -> Keys {
    let primary = match &table.key {
        TableKey::Primary { columns, .. } => Some(columns.clone()),
        TableKey::RowId => None,
    };
    let unique = table.indexes.iter().filter(|index| index.unique);
    let unique = unique.map(|index| index.columns.iter().map(|column| column.column).collect());
    let all = primary.iter().cloned().chain(unique).collect();
    Keys { table: table.name.to_string(), primary, all }
}

/// The named columns, which must be a key, or the primary key.
fn referenced_columns(foreign: &Foreign, columns: &[KeyColumn], keys: &Keys) -> Result<Vec<usize>, SqlError> {
    if foreign.target_columns.is_empty() {
        return keys.primary.clone().ok_or_else(|| {
            let message = format!("there is no primary key for referenced table \"{}\"", keys.table);
            SqlError::new(SqlState::UNDEFINED_OBJECT, message)
        });
    }
    let mut found = Vec::with_capacity(foreign.target_columns.len());
    for name in &foreign.target_columns {
        let index = columns.iter().position(|column| !column.dropped && *column.name == *name.text);
        found.push(index.ok_or_else(|| {
            let message = format!("column \"{}\" referenced in foreign key constraint does not exist", name.text);
            SqlError::new(SqlState::UNDEFINED_COLUMN, message)
        })?);
    }
    let sorted = |key: &[usize]| {
        let mut key = key.to_vec();
        key.sort_unstable();
        key
    };
    if keys.all.iter().any(|key| sorted(key) == sorted(&found)) {
        return Ok(found);
    }
    let message = format!("there is no unique constraint matching given keys for referenced table \"{}\"", keys.table);
    Err(SqlError::new(SqlState::INVALID_FOREIGN_KEY, message))
}

fn check_comparable(constraint: &str, from: &KeyColumn, to: &KeyColumn) -> Result<(), SqlError> {
    if operator("=", Some(to.ty.id), from.ty.id).is_ok() {
        return Ok(());
    }
    Err(SqlError::new(
        SqlState::DATATYPE_MISMATCH,
        format!("foreign key constraint \"{constraint}\" cannot be implemented"),
    )
    .detail(format!(
        "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
        from.name,
        to.name,
        type_name(from.ty.id),
        type_name(to.ty.id)
    )))
}

/// The widest key, as in PostgreSQL.
const KEY_COLUMNS_MAX: usize = 32;

/// 54011 for an index of more columns than there may be.
pub(super) fn check_key_width(columns: usize) -> Result<(), SqlError> {
    if columns <= KEY_COLUMNS_MAX {
        return Ok(());
    }
    let message = format!("cannot use more than {KEY_COLUMNS_MAX} columns in an index");
    Err(SqlError::new(SqlState::TOO_MANY_COLUMNS, message))
}

/// 42704 for a type that has no order, 0A000 for one that Cairn cannot put into a key.
pub(crate) fn check_indexable(ty: TypeId) -> Result<(), SqlError> {
    let orderless = ty == TypeId::JSON || ty.element() == Some(TypeId::JSON);
    if orderless {
        let message = format!("data type {} has no default operator class for access method \"btree\"", type_name(ty));
        return Err(SqlError::new(SqlState::UNDEFINED_OBJECT, message).hint(
            "You must specify an operator class for the index or define a default operator class for the data type.",
        ));
    }
    if cairn_sql_types::key::is_indexable(ty) {
        return Ok(());
    }
    Err(SqlError::unsupported(format!("a key column of type {}", type_name(ty))))
}
