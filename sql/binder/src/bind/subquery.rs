//! Subqueries in expressions: EXISTS, scalar, ARRAY(...), IN, ANY and ALL.

use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::coerce::Placed;
use super::query::QueryMode;
use super::{Binder, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, OperatorName, Quantified, Query as QuerySyntax};
use crate::syntax::token::Pos;
use crate::tree::{Expr, Subquery};

impl Binder<'_> {
    fn nested(&mut self, query: &QuerySyntax) -> Result<Subquery, SqlError> {
        self.subquery(query, QueryMode::default())
    }

    pub(crate) fn exists(&mut self, query: &QuerySyntax) -> Result<Expr, SqlError> {
        let subquery = Box::new(self.nested(query)?);
        Ok(Expr::Exists { subquery, negated: false })
    }

    pub(crate) fn scalar_query(&mut self, query: &QuerySyntax, pos: Pos) -> Result<Expr, SqlError> {
        let subquery = self.nested(query)?;
        let ty = single_column(&subquery, pos)?;
        Ok(Expr::Scalar(Box::new(subquery), ty))
    }

    pub(crate) fn array_query(&mut self, query: &QuerySyntax, pos: Pos) -> Result<Expr, SqlError> {
        let subquery = self.nested(query)?;
        let element = single_column(&subquery, pos)?;
        let array = match element.id.element() {
            Some(_) => Some(element.id),
            None => element.id.array(),
        };
        let array = array.ok_or_else(|| {
            let shown = crate::bind::type_name(element.id);
            at(SqlState::UNDEFINED_OBJECT, format!("could not find array type for data type {shown}"), pos)
        })?;
        Ok(Expr::ArraySubquery(Box::new(subquery), Type::plain(array)))
    }

    /// `arg \[NOT\] IN (query)`
    pub(crate) fn in_query(
        &mut self,
        arg: &Syntax,
        query: &QuerySyntax,
        negated: bool,
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        let symbol = if negated { "<>" } else { "=" };
        let op = OperatorName { schema: None, symbol: symbol.into(), pos };
        self.rows_against_query(&op, arg, query, negated)
    }

    /// `left op ANY|ALL (query)`
    pub(crate) fn quantified_query(&mut self, quantified: &Quantified, query: &QuerySyntax) -> Result<Expr, SqlError> {
        self.rows_against_query(&quantified.op, &quantified.left, query, quantified.all)
    }

    fn rows_against_query(
        &mut self,
        op: &OperatorName,
        arg: &Syntax,
        query: &QuerySyntax,
        all: bool,
    ) -> Result<Expr, SqlError> {
        let left = match &arg.kind {
            ExprKind::Row { items, .. } => items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?,
            _ => vec![self.expr(arg)?],
        };
        let subquery = self.nested(query)?;
        let columns = &subquery.query.columns;
        if columns.len() != left.len() {
            let message = match columns.len() < left.len() {
                true => "subquery has too few columns",
                false => "subquery has too many columns",
            };
            return Err(at(SqlState::SYNTAX_ERROR, message, op.pos));
        }
        let right: Vec<Placed> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| Placed { expr: Expr::SubColumn(index, column.ty), pos: op.pos })
            .collect();
        let test = match (left.len(), left, right) {
            (1, mut left, mut right) => match (left.pop(), right.pop()) {
                (Some(left), Some(right)) => self.operator(&op.symbol, left, right, op.pos)?,
                _ => return Err(SqlError::internal("a one-column comparison has two sides")),
            },
            (_, left, right) => self.compare_rows(op, left, right)?,
        };
        if test.ty().id != TypeId::BOOL {
            let message = format!(
                "operator {} must return type boolean, not type {}",
                op.symbol,
                crate::bind::type_name(test.ty().id)
            );
            return Err(at(SqlState::DATATYPE_MISMATCH, message, op.pos));
        }
        Ok(Expr::QuantifiedSubquery { subquery: Box::new(subquery), test: Box::new(test), all })
    }

    /// `(a, b) = (SELECT c, d ...)`: one row at most, compared as `= ANY` would, but NULL without a row.
    pub(crate) fn row_and_query(
        &mut self,
        op: &OperatorName,
        items: &[Syntax],
        query: &QuerySyntax,
    ) -> Result<Expr, SqlError> {
        let _ = (items, query);
        Err(SqlError::unsupported("a comparison of a row with a subquery's row").at(op.pos + 1))
    }
}

fn single_column(subquery: &Subquery, pos: Pos) -> Result<Type, SqlError> {
    match subquery.query.columns.as_slice() {
        [column] => Ok(column.ty),
        _ => Err(at(SqlState::SYNTAX_ERROR, "subquery must return only one column", pos)),
    }
}
