//! UPDATE.

use cairn_sql_catalog::schema::{Identity, Table};
use cairn_sql_types::{SqlError, SqlState};

use super::changed::Changed;
use super::coerce::Placed;
use super::insert::table_column;
use super::query::QueryMode;
use super::{Binder, Place, at};
use crate::syntax::ast::{Assignment, Expr as Syntax, ExprKind, Name, Update as SyntaxUpdate};
use crate::tree::{Expr, Query, Subquery, Update};

impl Binder<'_> {
    pub(crate) fn update(&mut self, syntax: &SyntaxUpdate) -> Result<Update, SqlError> {
        self.flags.read_only = false;
        Ok(self.in_new_level(|this| this.update_here(syntax))?.0)
    }

    fn update_here(&mut self, syntax: &SyntaxUpdate) -> Result<Update, SqlError> {
        let with = self.with(syntax.with.as_ref())?;
        let Changed { table, rel, alias, others, filter } =
            self.changed("update", &syntax.table, syntax.alias.as_ref(), &syntax.from, syntax.filter.as_ref())?;
        let (returning, returning_columns) = self.returning(&syntax.returning)?;
        let assignments = self.assignments(&syntax.assignments, &table)?;
        let checks = self.checks(&table, rel)?;
        Ok(Update { table, rel, alias, with, from: others, filter, assignments, checks, returning, returning_columns })
    }

    /// SET's values, coerced to their columns.
    pub(crate) fn assignments(&mut self, syntax: &[Assignment], table: &Table) -> Result<Vec<(usize, Expr)>, SqlError> {
        let mut bound: Vec<(usize, Expr)> = Vec::with_capacity(syntax.len());
        for assignment in syntax {
            let values = match assignment {
                Assignment::One { column, indirection: true, .. } => {
                    return Err(SqlError::unsupported("assignment to a part of a column").at(column.pos + 1));
                }
                Assignment::One { column, value, .. } => vec![self.assignment(table, column, value)?],
                Assignment::Row { columns, value } => self.row_assignment(table, columns, value)?,
            };
            for (index, value) in values {
                if bound.iter().any(|(other, _)| *other == index) {
                    let message = format!("multiple assignments to same column \"{}\"", table.columns[index].name);
                    return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
                }
                bound.push((index, value));
            }
        }
        Ok(bound)
    }

    fn assignment(&mut self, table: &Table, column: &Name, value: &Syntax) -> Result<(usize, Expr), SqlError> {
        let index = table_column(table, column)?;
        if matches!(value.kind, ExprKind::Default) {
            return Ok((index, self.default_or_null(table, index)?));
        }
        check_identity(table, index)?;
        let placed = self.in_place(Place::UpdateSet, |this| this.expr(value))?;
        let definition = &table.columns[index];
        Ok((index, self.assign(placed, definition.ty, &definition.name)?))
    }

    /// `(a, b) = (x, y)`, `(a, b) = ROW(x, y)`, `(a, b) = (SELECT x, y)`
    fn row_assignment(
        &mut self,
        table: &Table,
        columns: &[Name],
        value: &Syntax,
    ) -> Result<Vec<(usize, Expr)>, SqlError> {
        let mismatch = || at(SqlState::SYNTAX_ERROR, "number of columns does not match number of values", value.pos);
        match &value.kind {
            ExprKind::Row { items, .. } => {
                if items.len() != columns.len() {
                    return Err(mismatch());
                }
                columns.iter().zip(items).map(|(column, item)| self.assignment(table, column, item)).collect()
            }
            ExprKind::Scalar(query) => {
                let mut values = Vec::with_capacity(columns.len());
                for (position, column) in columns.iter().enumerate() {
                    let index = table_column(table, column)?;
                    check_identity(table, index)?;
                    let subquery =
                        self.in_place(Place::UpdateSet, |this| this.subquery(query, QueryMode::default()))?;
                    if subquery.query.columns.len() != columns.len() {
                        return Err(mismatch());
                    }
                    let expr = self.column_of_query(subquery, position);
                    let definition = &table.columns[index];
                    let value = self.assign(Placed { expr, pos: value.pos }, definition.ty, &definition.name)?;
                    values.push((index, value));
                }
                Ok(values)
            }
            _ if columns.len() == 1 => Ok(vec![self.assignment(table, &columns[0], value)?]),
            _ => {
                let message = "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression";
                Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, value.pos))
            }
        }
    }

    /// One column of a subquery as a scalar subquery.
    fn column_of_query(&mut self, subquery: Subquery, position: usize) -> Expr {
        let rel = self.new_rel();
        let column = subquery.query.columns[position].clone();
        let ty = column.ty;
        let outer = subquery.outer.clone();
        let query = Query::project(subquery, rel, position, column);
        Expr::Scalar(Box::new(Subquery { query, outer }), ty)
    }
}

fn check_identity(table: &Table, index: usize) -> Result<(), SqlError> {
    let column = &table.columns[index];
    if column.identity != Some(Identity::Always) {
        return Ok(());
    }
    let message = format!("column \"{}\" can only be updated to DEFAULT", column.name);
    Err(SqlError::new(SqlState::of(b"428C9"), message)
        .detail(format!("Column \"{}\" is an identity column defined as GENERATED ALWAYS.", column.name)))
}
