//! ALTER TABLE.

use std::sync::Arc;

use cairn_sql_binder::ddl::AlterTable;
use cairn_sql_catalog::schema::{Check, Column, Table, TableKey};
use cairn_sql_catalog::{Oid, check_text};
use cairn_sql_short::ddl::Task;
use cairn_sql_short::{Stop, ddl as data};
use cairn_sql_types::{Datum, SqlError, SqlState};

use super::create::ascending;
use super::{Outcome, Work, engine_options, stop};

impl Work<'_> {
    /// One action of an ALTER TABLE.
    pub(super) fn alter_table(&mut self, oid: Oid, action: &AlterTable) -> Outcome {
        let table = self.table(oid)?;
        self.alter(&table, action)?;
        Ok("ALTER TABLE".to_owned())
    }

    fn alter(&mut self, table: &Arc<Table>, action: &AlterTable) -> Result<(), Stop> {
        match action {
            AlterTable::AddColumn { column, exists } => {
                // That it exists was told when the statement was bound.
                if *exists {
                    return Ok(());
                }
                self.add_column(table, column)
            }
            // What is missing was told when the statement was bound.
            AlterTable::DropColumn { column, cascade, .. } => match column {
                Some(column) => self.drop_column(table, *column, *cascade),
                None => Ok(()),
            },
            AlterTable::RenameColumn { column, name } => self.rename_column(table, *column, name),
            AlterTable::SetDefault { column, default } => {
                let mut changed = (**table).clone();
                changed.columns[*column].default = default.as_deref().map(Arc::from);
                self.edit.put_table(changed).map_err(stop).map(drop)
            }
            AlterTable::SetNotNull { column, not_null } => self.set_not_null(table, *column, *not_null),
            AlterTable::AddPrimaryKey { name, columns } => self.add_primary_key(table, name, columns),
            AlterTable::AddUnique { name, columns } => {
                let columns: Vec<_> = columns.iter().map(|column| ascending(*column)).collect();
                self.add_index(table, name, true, &columns, true).map(drop)
            }
            AlterTable::AddCheck { name, text } => self.add_check(table, name, text),
            AlterTable::AddForeignKey(new) => {
                let key = self.new_foreign_key(new, table.oid)?;
                let mut changed = (**table).clone();
                changed.foreign_keys.push(key.clone());
                let table = self.edit.put_table(changed).map_err(stop)?;
                self.tasks.push(Task::CheckForeignKey { table, key });
                Ok(())
            }
            AlterTable::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(table, name, *if_exists, *cascade)
            }
            AlterTable::RenameConstraint { from, to } => self.rename_constraint(table, from, to),
        }
    }

    fn add_column(&mut self, table: &Arc<Table>, new: &cairn_sql_binder::ddl::NewColumn) -> Result<(), Stop> {
        let position = table.columns.len();
        let mut column = self.new_column(table.oid, position, new, table.schema)?;
        let constant = match &new.default_expr {
            None => Some(Datum::Null),
            Some(expr) => data::constant_value(&self.data(), expr)?,
        };
        let mut changed = (**table).clone();
        if new.sequence.is_some() {
            // Every row gets a number of its own.
            changed.columns.push(column);
            changed.layout = Table::layout_of(&changed.columns);
            let table = self.edit.put_table(changed).map_err(stop)?;
            let default = crate::prepare::default_of(self.catalog(), self.bind, self.eval, &table, position)?;
            self.tasks.push(Task::FillColumn { table, position, default: Box::new(default) });
            return Ok(());
        }
        match constant {
            Some(value) => {
                if new.not_null && value.is_null() {
                    self.tasks.push(Task::CheckEmpty { table: table.clone(), column: Box::new(column.clone()) });
                }
                column.missing = Some(value).filter(|value| !value.is_null());
                changed.columns.push(column);
                changed.layout = Table::layout_of(&changed.columns);
                self.edit.put_table(changed).map_err(stop).map(drop)
            }
            None => {
                changed.columns.push(column);
                changed.layout = Table::layout_of(&changed.columns);
                let table = self.edit.put_table(changed).map_err(stop)?;
                let default = Box::new(new.default_expr.clone().expect("only a default can vary"));
                self.tasks.push(Task::FillColumn { table, position, default });
                Ok(())
            }
        }
    }

    fn drop_column(&mut self, table: &Arc<Table>, column: usize, cascade: bool) -> Result<(), Stop> {
        let mut changed = (**table).clone();
        let has_key = table.primary_key().contains(&column);
        let gone: Vec<_> = changed
            .indexes
            .iter()
            .filter(|index| index.columns.iter().any(|own| own.column == column))
            .cloned()
            .collect();
        for index in gone {
            self.edit.drop_space(index.space).map_err(stop)?;
            changed.indexes.retain(|own| own.oid != index.oid);
        }
        if has_key {
            changed = self.without_primary_key(&changed)?;
        }
        let name = &table.columns[column].name;
        changed.checks.retain(|check| !check_text::uses(&check.expression, name));
        changed.foreign_keys.retain(|key| !key.columns.contains(&column));
        for sequence in self.owned_sequences(table.oid, Some(column)) {
            self.edit.remove(sequence).map_err(stop)?;
            self.positions.push((sequence, None));
        }
        let slot = &mut changed.columns[column];
        *slot = Column {
            name: format!("........pg.dropped.{}........", column + 1).into(),
            ty: slot.ty,
            not_null: false,
            default: None,
            missing: None,
            identity: None,
            dropped: true,
        };
        self.edit.put_table(changed).map_err(stop)?;
        let dependents = self.dependents_of_column(table, column);
        if !cascade && !dependents.found.is_empty() {
            return Err(dependents.refuse(&format!("column {} of table {}", name, self.shown(table.oid))));
        }
        self.drop_dependents(&dependents)
    }

    fn rename_column(&mut self, table: &Arc<Table>, column: usize, name: &str) -> Result<(), Stop> {
        let mut changed = (**table).clone();
        let old = &table.columns[column].name;
        for check in &mut changed.checks {
            check.expression = check_text::renamed(&check.expression, old, name).into();
        }
        changed.columns[column].name = name.into();
        self.edit.put_table(changed).map_err(stop)?;
        self.check_views_follow(table.oid, "a column")
    }

    fn set_not_null(&mut self, table: &Arc<Table>, column: usize, not_null: bool) -> Result<(), Stop> {
        if not_null {
            self.tasks.push(Task::CheckNotNull { table: table.clone(), column });
        } else if table.primary_key().contains(&column) {
            let message = format!("column \"{}\" is in a primary key", table.columns[column].name);
            return Err(Stop::Error(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message)));
        }
        let mut changed = (**table).clone();
        changed.columns[column].not_null = not_null;
        self.edit.put_table(changed).map_err(stop).map(drop)
    }

    fn add_check(&mut self, table: &Arc<Table>, name: &str, text: &str) -> Result<(), Stop> {
        let oid = self.edit.new_oid().map_err(stop)?;
        let check = Check { oid, name: name.into(), expression: text.into() };
        let mut changed = (**table).clone();
        changed.checks.push(check.clone());
        let table = self.edit.put_table(changed).map_err(stop)?;
        self.tasks.push(Task::Check { table, check });
        Ok(())
    }

    /// ADD PRIMARY KEY: the rows move into a new space, ordered by the key.
    fn add_primary_key(&mut self, table: &Arc<Table>, name: &str, columns: &[usize]) -> Result<(), Stop> {
        self.check_free(table.schema, name)?;
        let oid = self.edit.new_oid().map_err(stop)?;
        let mut changed = (**table).clone();
        for column in columns {
            changed.columns[*column].not_null = true;
        }
        changed.key = TableKey::Primary { oid, name: name.into(), columns: columns.to_vec() };
        if changed.distribution == cairn_sql_catalog::schema::Distribution::By(Vec::new()) {
            changed.distribution = cairn_sql_catalog::schema::Distribution::By(columns.to_vec());
        }
        self.move_rows(table, changed)
    }

    fn without_primary_key(&mut self, table: &Table) -> Result<Table, Stop> {
        let mut changed = table.clone();
        changed.key = TableKey::RowId;
        self.move_rows(&Arc::new(table.clone()), changed)?;
        Ok((*self.table(table.oid)?).clone())
    }

    /// Rewrites a table under a new key: new spaces for the rows and every index.
    fn move_rows(&mut self, old: &Arc<Table>, mut new: Table) -> Result<(), Stop> {
        let engine = old.space.engine();
        let options = engine_options(&old.engine, &old.options);
        new.space = self.edit.new_space(engine, &options).map_err(stop)?;
        for index in &mut new.indexes {
            Arc::make_mut(index).space = self.edit.new_space(engine, &options).map_err(stop)?;
        }
        self.edit.mark_rewritten(&mut new);
        let new = self.edit.put_table(new).map_err(stop)?;
        self.tasks.push(Task::MoveRows { old: old.clone(), new, spaces: old.spaces().collect() });
        Ok(())
    }

    fn drop_constraint(&mut self, table: &Arc<Table>, name: &str, if_exists: bool, cascade: bool) -> Result<(), Stop> {
        let mut changed = (**table).clone();
        if let TableKey::Primary { name: own, .. } = &table.key
            && **own == *name
        {
            self.drop_references(table, name, table.primary_key(), cascade)?;
            return self.without_primary_key(&changed).map(drop);
        }
        let unique = table.indexes.iter().find(|index| index.constraint.is_some() && *index.name == *name).cloned();
        if let Some(index) = unique {
            let columns: Vec<usize> = index.columns.iter().map(|column| column.column).collect();
            self.drop_references(table, name, &columns, cascade)?;
            let mut changed = (*self.table(table.oid)?).clone();
            changed.indexes.retain(|own| own.oid != index.oid);
            self.edit.drop_space(index.space).map_err(stop)?;
            return self.edit.put_table(changed).map_err(stop).map(drop);
        }
        let before = changed.checks.len() + changed.foreign_keys.len();
        changed.checks.retain(|check| *check.name != *name);
        changed.foreign_keys.retain(|key| *key.name != *name);
        if changed.checks.len() + changed.foreign_keys.len() < before {
            return self.edit.put_table(changed).map_err(stop).map(drop);
        }
        let message = format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name);
        if if_exists {
            return Ok(());
        }
        Err(Stop::Error(SqlError::new(SqlState::UNDEFINED_OBJECT, message)))
    }

    /// Foreign keys that need a key that goes.
    fn drop_references(&mut self, table: &Table, name: &str, columns: &[usize], cascade: bool) -> Result<(), Stop> {
        for (other, oid) in &table.referenced_by {
            let other = self.table(*other)?;
            let Some(key) = other.foreign_keys.iter().find(|key| key.oid == *oid) else { continue };
            if key.target_columns != columns {
                continue;
            }
            if !cascade {
                let message =
                    format!("cannot drop constraint {name} on table {} because other objects depend on it", table.name);
                return Err(Stop::Error(
                    SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
                        .detail(format!("constraint {} on table {} depends on index {name}", key.name, other.name))
                        .hint("Use DROP ... CASCADE to drop the dependent objects too."),
                ));
            }
            self.notice(format!("drop cascades to constraint {} on table {}", key.name, other.name));
            let mut changed = (*other).clone();
            changed.foreign_keys.retain(|own| own.oid != *oid);
            self.edit.put_table(changed).map_err(stop)?;
        }
        Ok(())
    }

    fn rename_constraint(&mut self, table: &Arc<Table>, from: &str, to: &str) -> Result<(), Stop> {
        let mut changed = (**table).clone();
        let mut found = false;
        let mut rename = |name: &mut Arc<str>| {
            if **name == *from {
                *name = to.into();
                found = true;
            }
        };
        if let TableKey::Primary { name, .. } = &mut changed.key {
            rename(name);
        }
        changed.checks.iter_mut().for_each(|check| rename(&mut check.name));
        changed.foreign_keys.iter_mut().for_each(|key| rename(&mut key.name));
        for index in changed.indexes.iter_mut().filter(|index| index.constraint.is_some()) {
            rename(&mut Arc::make_mut(index).name);
        }
        if !found {
            let message = format!("constraint \"{from}\" for table \"{}\" does not exist", table.name);
            return Err(Stop::Error(SqlError::new(SqlState::UNDEFINED_OBJECT, message)));
        }
        self.edit.put_table(changed).map_err(stop).map(drop)
    }
}
