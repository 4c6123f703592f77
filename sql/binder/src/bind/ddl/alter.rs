//! ALTER TABLE. Later actions see the table as it is now, except that columns added before them exist.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Relation, Table, TableKey};
use cairn_sql_types::{SqlError, SqlState};

use super::constraints::{KeyColumn, OwnTable};
use super::create::check_width;
use super::made_names::{Taken, joined};
use crate::bind::Binder;
use crate::bind::names::{missing_relation, not_a, permission_denied};
use crate::ddl::{AlterTable, Ddl};
use crate::syntax::ast::{Name, ObjectName};
use crate::syntax::ddl::{AlterAction, ColumnDefinition, Constraint, ConstraintKind};

/// The table while its actions are bound.
struct Altered {
    table: Arc<Table>,
    columns: Vec<KeyColumn>,
    taken: Taken,
    has_primary: bool,
}

impl Binder<'_> {
    pub(crate) fn alter_table(
        &mut self,
        name: &ObjectName,
        if_exists: bool,
        actions: &[AlterAction],
    ) -> Result<Ddl, SqlError> {
        let table = match self.find_relation(name)? {
            Some(Relation::Table(table)) => table.clone(),
            Some(Relation::System(relation)) => return Err(permission_denied(relation.name)),
            Some(Relation::View(_)) => {
                let action = actions.first().map_or("ALTER", action_words);
                let message = format!("ALTER action {action} cannot be performed on relation \"{}\"", name.last());
                return Err(SqlError::new(SqlState::WRONG_OBJECT_TYPE, message)
                    .detail("This operation is not supported for views."));
            }
            Some(_) => return Err(not_a("table", name)),
            None if if_exists => {
                let notice = format!("relation \"{}\" does not exist, skipping", name.last());
                let notice = crate::Notice::new(SqlState::SUCCESSFUL_COMPLETION, notice);
                return Ok(Ddl::Nothing { notice, tag: "ALTER TABLE" });
            }
            None => return Err(crate::position::without(missing_relation(name))),
        };
        self.touch(table.oid, true);
        let mut altered = Altered {
            columns: table.columns.iter().map(KeyColumn::from).collect(),
            taken: Taken { relations: Vec::new(), constraints: constraint_names(&table) },
            has_primary: matches!(table.key, TableKey::Primary { .. }),
            table: table.clone(),
        };
        let mut bound = Vec::with_capacity(actions.len());
        for action in actions {
            self.alter_action(&mut altered, action, &mut bound)?;
        }
        Ok(Ddl::AlterTable { table, actions: bound })
    }

    fn alter_action(
        &mut self,
        altered: &mut Altered,
        action: &AlterAction,
        bound: &mut Vec<AlterTable>,
    ) -> Result<(), SqlError> {
        match action {
            AlterAction::AddColumn { column, if_not_exists } => self.add_column(altered, column, *if_not_exists, bound),
            AlterAction::DropColumn { name, if_exists, cascade } => {
                let column = match existing(altered, name) {
                    Ok(column) => Some(column),
                    Err(_) if *if_exists => {
                        let message = format!(
                            "column \"{}\" of relation \"{}\" does not exist, skipping",
                            name.text, altered.table.name
                        );
                        self.notice(message);
                        None
                    }
                    Err(error) => return Err(error),
                };
                if let Some(column) = column {
                    altered.columns[column].dropped = true;
                }
                bound.push(AlterTable::DropColumn { column, name: name.text.to_string(), cascade: *cascade });
                Ok(())
            }
            AlterAction::RenameColumn { from, to } => {
                let column = renamed(altered, from)?;
                check_new_column(altered, to)?;
                bound.push(AlterTable::RenameColumn { column, name: to.text.to_string() });
                Ok(())
            }
            AlterAction::SetDefault { column, default } => {
                let index = existing(altered, column)?;
                if altered.table.columns.get(index).is_some_and(|column| column.identity.is_some()) {
                    let message = format!(
                        "column \"{}\" of relation \"{}\" is an identity column",
                        column.text, altered.table.name
                    );
                    return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
                }
                let text = match default {
                    Some(value) => {
                        self.default_text(value, altered.columns[index].ty, &column.text)
                            .map_err(crate::position::without)?
                            .0
                    }
                    None => None,
                };
                bound.push(AlterTable::SetDefault { column: index, default: text });
                Ok(())
            }
            AlterAction::SetNotNull { column, not_null } => self.set_not_null(altered, column, *not_null, bound),
            AlterAction::AddConstraint(constraint) => self.add_constraint(altered, constraint, bound),
            AlterAction::DropConstraint { name, if_exists, cascade } => {
                let known = altered.taken.constraints.iter().any(|known| **known == *name.text);
                if !known && !if_exists {
                    return Err(missing_constraint(&altered.table, name));
                }
                if !known {
                    let message = format!(
                        "constraint \"{}\" of relation \"{}\" does not exist, skipping",
                        name.text, altered.table.name
                    );
                    self.notice(message);
                }
                bound.push(AlterTable::DropConstraint {
                    name: name.text.to_string(),
                    if_exists: *if_exists,
                    cascade: *cascade,
                });
                Ok(())
            }
            AlterAction::RenameConstraint { from, to } => {
                if !altered.taken.constraints.iter().any(|known| **known == *from.text) {
                    let message =
                        format!("constraint \"{}\" for table \"{}\" does not exist", from.text, altered.table.name);
                    return Err(SqlError::new(SqlState::UNDEFINED_OBJECT, message));
                }
                if altered.taken.constraints.iter().any(|known| **known == *to.text) {
                    let message =
                        format!("constraint \"{}\" for relation \"{}\" already exists", to.text, altered.table.name);
                    return Err(SqlError::new(SqlState::DUPLICATE_OBJECT, message));
                }
                bound.push(AlterTable::RenameConstraint { from: from.text.to_string(), to: to.text.to_string() });
                Ok(())
            }
        }
    }

    /// A key over columns of an existing table: errors name the table and no position.
    fn altered_key(&self, altered: &Altered, names: &[Name], what: &str) -> Result<Vec<usize>, SqlError> {
        for name in names.iter().filter(|_| what == "primary key") {
            existing(altered, name)?;
        }
        self.key_columns(&altered.columns, names, what, 0).map_err(crate::position::without)
    }

    fn add_column(
        &mut self,
        altered: &mut Altered,
        definition: &ColumnDefinition,
        if_not_exists: bool,
        bound: &mut Vec<AlterTable>,
    ) -> Result<(), SqlError> {
        let exists = altered.columns.iter().any(|column| !column.dropped && *column.name == *definition.name.text);
        if exists && !if_not_exists {
            let message =
                format!("column \"{}\" of relation \"{}\" already exists", definition.name.text, altered.table.name);
            return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
        }
        let table = altered.table.clone();
        let (column, constraints) = self.new_column(table.schema, &table.name, definition, &mut altered.taken)?;
        if exists {
            let message =
                format!("column \"{}\" of relation \"{}\" already exists, skipping", definition.name.text, table.name);
            self.notices.push(crate::notice::Notice::new(SqlState::DUPLICATE_COLUMN, message));
        } else {
            altered.columns.push(KeyColumn::from(&column));
            check_width(altered.columns.len())?;
        }
        bound.push(AlterTable::AddColumn { column, exists });
        if exists {
            return Ok(());
        }
        constraints.iter().try_for_each(|constraint| self.add_constraint(altered, constraint, bound))
    }

    fn set_not_null(
        &mut self,
        altered: &Altered,
        column: &Name,
        not_null: bool,
        bound: &mut Vec<AlterTable>,
    ) -> Result<(), SqlError> {
        let index = existing(altered, column)?;
        if !not_null {
            if matches!(&altered.table.key, TableKey::Primary { columns, .. } if columns.contains(&index)) {
                let message = format!("column \"{}\" is in a primary key", column.text);
                return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message));
            }
            if altered.table.columns.get(index).is_some_and(|column| column.identity.is_some()) {
                let message =
                    format!("column \"{}\" of relation \"{}\" is an identity column", column.text, altered.table.name);
                return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
            }
        }
        bound.push(AlterTable::SetNotNull { column: index, not_null });
        Ok(())
    }

    fn add_constraint(
        &mut self,
        altered: &mut Altered,
        constraint: &Constraint,
        bound: &mut Vec<AlterTable>,
    ) -> Result<(), SqlError> {
        let table = altered.table.clone();
        let is_key = matches!(constraint.kind, ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_));
        if let Some(name) = constraint.name.as_ref().filter(|_| !is_key) {
            if altered.taken.constraints.iter().any(|known| **known == *name.text) {
                let message = format!("constraint \"{}\" for relation \"{}\" already exists", name.text, table.name);
                return Err(SqlError::new(SqlState::DUPLICATE_OBJECT, message));
            }
            altered.taken.constraints.push(name.text.to_string());
        }
        match &constraint.kind {
            ConstraintKind::PrimaryKey(names) => {
                if std::mem::replace(&mut altered.has_primary, true) {
                    let message = format!("multiple primary keys for table \"{}\" are not allowed", table.name);
                    return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message));
                }
                let columns = self.altered_key(altered, names, "primary key")?;
                let name = self.key_name(table.schema, &table.name, constraint, None, &mut altered.taken)?;
                bound.push(AlterTable::AddPrimaryKey { name, columns });
            }
            ConstraintKind::Unique(names) => {
                let columns = self.altered_key(altered, names, "unique")?;
                let label = joined(names.iter().map(|name| &*name.text));
                let name = self.key_name(table.schema, &table.name, constraint, Some(&label), &mut altered.taken)?;
                bound.push(AlterTable::AddUnique { name, columns });
            }
            ConstraintKind::Check(expr) => {
                let columns = altered.columns.clone();
                let check = self.new_check(&table.name, &columns, constraint, expr, &mut altered.taken);
                let (name, text) = check.map_err(crate::position::without)?;
                bound.push(AlterTable::AddCheck { name, text });
            }
            ConstraintKind::Foreign(foreign) => {
                let columns = altered.columns.clone();
                let own = OwnTable { schema: table.schema, name: &table.name, primary: None, uniques: Vec::new() };
                let key = self.new_foreign_key(&own, &columns, constraint, foreign, &mut altered.taken)?;
                bound.push(AlterTable::AddForeignKey(key));
            }
            _ => return Err(SqlError::internal("a column constraint stays with its column")),
        }
        Ok(())
    }
}

/// An action as error messages call it.
fn action_words(action: &AlterAction) -> &'static str {
    match action {
        AlterAction::AddColumn { .. } => "ADD COLUMN",
        AlterAction::DropColumn { .. } => "DROP COLUMN",
        AlterAction::RenameColumn { .. } => "RENAME COLUMN",
        AlterAction::SetDefault { .. } => "ALTER COLUMN ... SET DEFAULT",
        AlterAction::SetNotNull { not_null: true, .. } => "ALTER COLUMN ... SET NOT NULL",
        AlterAction::SetNotNull { .. } => "ALTER COLUMN ... DROP NOT NULL",
        AlterAction::AddConstraint(_) => "ADD CONSTRAINT",
        AlterAction::DropConstraint { .. } => "DROP CONSTRAINT",
        AlterAction::RenameConstraint { .. } => "RENAME CONSTRAINT",
    }
}

/// Constraint names of a table.
fn constraint_names(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    if let TableKey::Primary { name, .. } = &table.key {
        names.push(name.to_string());
    }
    names.extend(table.indexes.iter().filter(|index| index.constraint.is_some()).map(|index| index.name.to_string()));
    names.extend(table.checks.iter().map(|check| check.name.to_string()));
    names.extend(table.foreign_keys.iter().map(|key| key.name.to_string()));
    names
}

fn existing(altered: &Altered, name: &Name) -> Result<usize, SqlError> {
    let found = altered.columns.iter().position(|column| !column.dropped && *column.name == *name.text);
    found.ok_or_else(|| {
        let message = format!("column \"{}\" of relation \"{}\" does not exist", name.text, altered.table.name);
        SqlError::new(SqlState::UNDEFINED_COLUMN, message)
    })
}

fn renamed(altered: &Altered, name: &Name) -> Result<usize, SqlError> {
    let found = altered.columns.iter().position(|column| !column.dropped && *column.name == *name.text);
    found.ok_or_else(|| SqlError::new(SqlState::UNDEFINED_COLUMN, format!("column \"{}\" does not exist", name.text)))
}

fn check_new_column(altered: &Altered, name: &Name) -> Result<(), SqlError> {
    if altered.columns.iter().any(|column| !column.dropped && *column.name == *name.text) {
        let message = format!("column \"{}\" of relation \"{}\" already exists", name.text, altered.table.name);
        return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
    }
    if crate::bind::expr::is_system_column(&name.text) {
        let message = format!("column name \"{}\" conflicts with a system column name", name.text);
        return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
    }
    Ok(())
}

fn missing_constraint(table: &Table, name: &Name) -> SqlError {
    let message = format!("constraint \"{}\" of relation \"{}\" does not exist", name.text, table.name);
    SqlError::new(SqlState::UNDEFINED_OBJECT, message)
}
