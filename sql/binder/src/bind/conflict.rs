//! ON CONFLICT: which unique index arbitrates, and what is done.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Oid, Table, TableKey};
use cairn_sql_types::{SqlError, SqlState};

use super::scope::ScopeItem;
use super::{Binder, Place, at};
use crate::syntax::ast::{ConflictTarget, Expr as Syntax, ExprKind, Name, OnConflict as SyntaxConflict};
use crate::tree::{ConflictAction, OnConflict};

impl Binder<'_> {
    pub(crate) fn on_conflict(
        &mut self,
        syntax: &SyntaxConflict,
        table: &Arc<Table>,
        scope: &ScopeItem,
    ) -> Result<OnConflict, SqlError> {
        self.level().items = vec![scope.clone()];
        let arbiter = match &syntax.target {
            ConflictTarget::Any => None,
            ConflictTarget::Constraint(name) => Some(constraint_index(table, name)?),
            ConflictTarget::Columns(columns, filter) => {
                if let Some(filter) = filter {
                    // All unique indexes are total, so any condition is implied; it must only be valid.
                    self.in_place(Place::Where, |this| this.condition(filter, "WHERE"))?;
                }
                Some(self.inferred_index(table, columns)?)
            }
        };
        let Some((assignments, filter)) = &syntax.update else {
            return Ok(OnConflict { arbiter, action: ConflictAction::Nothing });
        };
        if arbiter.is_none() {
            let message = "ON CONFLICT DO UPDATE requires inference specification or constraint name";
            return Err(at(SqlState::SYNTAX_ERROR, message, syntax.pos).hint("For example, ON CONFLICT (column_name)."));
        }
        let excluded = self.new_rel();
        let mut excluded_scope = self.own_scope(table, excluded)?;
        excluded_scope.name = Some("excluded".into());
        excluded_scope.schema = None;
        for column in &mut excluded_scope.columns {
            column.source = None;
        }
        self.level().items.push(excluded_scope);
        let assignments = self.assignments(assignments, table)?;
        let filter = match filter {
            Some(filter) => Some(self.in_place(Place::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        Ok(OnConflict { arbiter, action: ConflictAction::Update { excluded, assignments, filter } })
    }

    /// The unique index over exactly these columns.
    fn inferred_index(&mut self, table: &Table, items: &[Syntax]) -> Result<Oid, SqlError> {
        let mut wanted = Vec::with_capacity(items.len());
        for item in items {
            match &item.kind {
                ExprKind::Column(parts) if parts.len() == 1 => wanted.push(conflict_column(table, &parts[0])?),
                ExprKind::Collate(inner, collation) => match &inner.kind {
                    ExprKind::Column(parts) if parts.len() == 1 => {
                        super::expr::check_collation(&collation.parts)?;
                        wanted.push(conflict_column(table, &parts[0])?);
                    }
                    _ => return Err(SqlError::unsupported("an expression in ON CONFLICT").at(item.pos + 1)),
                },
                _ => {
                    // No index is over expressions, so none can match; the expression must only be valid.
                    self.value(item)?;
                    return Err(no_arbiter());
                }
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let matches = |columns: &mut dyn Iterator<Item = usize>| {
            let mut columns: Vec<usize> = columns.collect();
            columns.sort_unstable();
            columns == wanted
        };
        if let TableKey::Primary { oid, columns, .. } = &table.key
            && matches(&mut columns.iter().copied())
        {
            return Ok(*oid);
        }
        let mut unique = table.indexes.iter().filter(|index| index.unique);
        let found = unique.find(|index| matches(&mut index.columns.iter().map(|column| column.column)));
        found.map(|index| index.oid).ok_or_else(no_arbiter)
    }
}

fn no_arbiter() -> SqlError {
    let message = "there is no unique or exclusion constraint matching the ON CONFLICT specification";
    SqlError::new(SqlState::INVALID_COLUMN_REFERENCE, message)
}

fn conflict_column(table: &Table, name: &Name) -> Result<usize, SqlError> {
    let found = table.columns.iter().position(|column| !column.dropped && *column.name == *name.text);
    found.ok_or_else(|| {
        at(SqlState::UNDEFINED_COLUMN, format!("column \"{}\" does not exist", name.text), name.pos.saturating_sub(1))
    })
}

fn constraint_index(table: &Table, name: &Name) -> Result<Oid, SqlError> {
    if let TableKey::Primary { oid, name: key, .. } = &table.key
        && **key == *name.text
    {
        return Ok(*oid);
    }
    let found = table.indexes.iter().find(|index| index.constraint.is_some() && *index.name == *name.text);
    if let Some(index) = found {
        return Ok(index.oid);
    }
    let other = table.checks.iter().any(|check| *check.name == *name.text)
        || table.foreign_keys.iter().any(|key| *key.name == *name.text);
    if other {
        let message = "constraint in ON CONFLICT clause has no associated index";
        return Err(SqlError::new(SqlState::WRONG_OBJECT_TYPE, message));
    }
    let message = format!("constraint \"{}\" for table \"{}\" does not exist", name.text, table.name);
    Err(SqlError::new(SqlState::UNDEFINED_OBJECT, message))
}
