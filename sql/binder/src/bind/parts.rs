//! Parts of tables, bound for those who write rows without an INSERT statement: COPY, DDL, foreign keys' actions.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Check, Table};
use cairn_sql_types::SqlError;

use super::Binder;
use crate::tree::{BoundCheck, Expr, Insert, InsertSource, RelId};

impl Binder<'_> {
    /// What COPY FROM does with its lines: an INSERT into these columns, with the other columns' defaults and the checks. Its
    /// source is empty: rows are handed in.
    pub fn table_insert(&mut self, table: &Arc<Table>, columns: &[usize]) -> Result<Insert, SqlError> {
        let rel = self.new_rel();
        let mut defaults = Vec::new();
        for (column, _) in table.live_columns().filter(|(column, _)| !columns.contains(column)) {
            if let Some(default) = self.column_default(table, column)? {
                defaults.push((column, default));
            }
        }
        Ok(Insert {
            table: table.clone(),
            rel,
            source: InsertSource::Values(Vec::new()),
            columns: columns.to_vec(),
            defaults,
            checks: self.checks(table, rel)?,
            on_conflict: None,
            returning: Vec::new(),
            returning_columns: Vec::new(),
        })
    }

    /// One CHECK constraint over the table as the relation that is returned with it.
    pub fn table_check(&mut self, table: &Arc<Table>, check: &Check) -> Result<(RelId, BoundCheck), SqlError> {
        let rel = self.new_rel();
        Ok((rel, self.check(table, check, rel)?))
    }

    /// A column's default, coerced to it; `None` means NULL.
    pub fn table_default(&mut self, table: &Table, column: usize) -> Result<Option<Expr>, SqlError> {
        self.column_default(table, column)
    }
}
