//! VALUES as a query.

use std::sync::Arc;

use cairn_sql_types::{SqlError, SqlState};

use super::query::QueryMode;
use super::{Binder, Place, at};
use crate::syntax::ast::{Expr as Syntax, Query as QuerySyntax};
use crate::tree::{Body, Expr, OutputColumn, Query};

impl Binder<'_> {
    /// Columns are called column1, column2, ... and have common types.
    pub(crate) fn values_query(
        &mut self,
        syntax: &QuerySyntax,
        rows: &[Vec<Syntax>],
        mode: QueryMode,
    ) -> Result<Query, SqlError> {
        let width = rows.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<super::coerce::Placed>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
        let outer = std::mem::replace(&mut self.place, Place::Values);
        for row in rows {
            if row.len() != width {
                let pos = row.first().map_or(syntax.pos, |value| value.pos);
                return Err(at(SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length", pos));
            }
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(self.expr(value)?);
            }
        }
        self.place = outer;
        let mut bound: Vec<Vec<Expr>> = (0..rows.len()).map(|_| Vec::with_capacity(width)).collect();
        let mut outputs = Vec::with_capacity(width);
        for (index, column) in columns.into_iter().enumerate() {
            let unknown = mode.keep_unknown
                && rows.len() == 1
                && column.iter().all(|value| value.ty() == cairn_sql_types::TypeId::UNKNOWN);
            let (values, ty) = match unknown {
                true => {
                    let values: Vec<Expr> = column.into_iter().map(|value| value.expr).collect();
                    (values, cairn_sql_types::Type::plain(cairn_sql_types::TypeId::UNKNOWN))
                }
                false => self.unify("VALUES", column)?,
            };
            outputs.push(OutputColumn { name: Arc::from(format!("column{}", index + 1)), ty, source: None });
            for (row, value) in bound.iter_mut().zip(values) {
                row.push(value);
            }
        }
        let mut query = Query::of(Body::Values(bound), outputs);
        query.order_by = self.order_by_outputs(&syntax.order_by, &query.columns)?;
        self.limits(syntax, &mut query)?;
        self.locking(syntax, &mut query)?;
        Ok(query)
    }
}
