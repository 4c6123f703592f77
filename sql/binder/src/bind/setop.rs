//! UNION, INTERSECT, EXCEPT: both sides brought to common types.

use cairn_sql_types::resolve::common_type;
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::Binder;
use super::coerce::Placed;
use super::query::QueryMode;
use crate::syntax::ast::{Query as QuerySyntax, SetKind as SyntaxKind};
use crate::tree::{Body, Distinct, Expr, FromItem, OutputColumn, Query, Select, SetKind, Subquery, Target};

impl Binder<'_> {
    pub(crate) fn set_operation(
        &mut self,
        syntax: &QuerySyntax,
        kind: SyntaxKind,
        all: bool,
        left_syntax: &QuerySyntax,
        right_syntax: &QuerySyntax,
        _mode: QueryMode,
    ) -> Result<Query, SqlError> {
        let kind = match kind {
            SyntaxKind::Union => SetKind::Union,
            SyntaxKind::Intersect => SetKind::Intersect,
            SyntaxKind::Except => SetKind::Except,
        };
        let unknown = QueryMode { keep_unknown: true };
        let left = self.side(left_syntax, unknown)?;
        let right = self.side(right_syntax, unknown)?;
        let (left, right) = self.matched(kind, all, left, left_syntax, right, right_syntax)?;
        let columns = left
            .columns
            .iter()
            .map(|column| OutputColumn { name: column.name.clone(), ty: column.ty, source: None })
            .collect();
        let body = Body::SetOperation { kind, all, left: Box::new(left), right: Box::new(right) };
        let mut query = Query::of(body, columns);
        query.order_by = self.order_by_outputs(&syntax.order_by, &query.columns)?;
        self.limits(syntax, &mut query)?;
        self.locking(syntax, &mut query)?;
        Ok(query)
    }

    /// One side in its own level; its outer references pass through this level.
    fn side(&mut self, syntax: &QuerySyntax, mode: QueryMode) -> Result<Query, SqlError> {
        if let Some(lock) = syntax.locking.first() {
            let pos = lock.of.first().map(crate::syntax::ast::ObjectName::pos);
            let error =
                SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
            return Err(pos.map_or(error.clone(), |pos| error.at(pos + 1)));
        }
        Ok(self.subquery(syntax, mode)?.query)
    }

    /// Both sides with the same number of columns of the same types.
    pub(crate) fn matched(
        &mut self,
        kind: SetKind,
        all: bool,
        left: Query,
        left_syntax: &QuerySyntax,
        right: Query,
        right_syntax: &QuerySyntax,
    ) -> Result<(Query, Query), SqlError> {
        let word = match kind {
            SetKind::Union => "UNION",
            SetKind::Intersect => "INTERSECT",
            SetKind::Except => "EXCEPT",
        };
        if left.columns.len() != right.columns.len() {
            let message = format!("each {word} query must have the same number of columns");
            let empty = columns_written(right_syntax) == 0;
            let error = SqlError::new(SqlState::SYNTAX_ERROR, message);
            return Err(if empty { error } else { error.at(target_pos(right_syntax, 0) + 1) });
        }
        let mut types = Vec::with_capacity(left.columns.len());
        for (index, (a, b)) in left.columns.iter().zip(&right.columns).enumerate() {
            let pos = target_pos(right_syntax, index);
            let id = common_type(word, &[a.ty.id, b.ty.id]).map_err(|(_, error)| error.at(pos + 1))?;
            if !(all && kind == SetKind::Union) {
                super::order::check_type_groupable(id, target_pos(left_syntax, index))?;
            }
            let modifier = if a.ty == b.ty { a.ty.modifier } else { -1 };
            types.push(Type { id, modifier });
        }
        let left = self.query_as(left, &types, word, left_syntax)?;
        let right = self.query_as(right, &types, word, right_syntax)?;
        Ok((left, right))
    }

    fn query_as(&mut self, query: Query, types: &[Type], word: &str, syntax: &QuerySyntax) -> Result<Query, SqlError> {
        self.coerce_columns(query, &mut |this, index, expr| {
            let pos = target_pos(syntax, index);
            let coerced = this.common(word, Placed { expr, pos }, types[index].id)?;
            Ok(coerced)
        })
    }

    /// A query whose visible columns went through `coerce`: in place where that changes nothing else, else in a query around it.
    pub(crate) fn coerce_columns(
        &mut self,
        mut query: Query,
        coerce: &mut dyn FnMut(&mut Self, usize, Expr) -> Result<Expr, SqlError>,
    ) -> Result<Query, SqlError> {
        let plain = query.order_by.is_empty() && !query.with_ties;
        match &mut query.body {
            Body::Select(select) => {
                let simple = plain && select.distinct == Distinct::No;
                let literal = |expr: &Expr| expr.ty().id == TypeId::UNKNOWN;
                let mut wrap = false;
                for (index, target) in select.targets.iter_mut().filter(|target| !target.hidden).enumerate() {
                    let coerced = coerce(self, index, target.expr.clone())?;
                    if coerced.ty() == target.expr.ty() {
                        continue;
                    }
                    if simple || literal(&target.expr) {
                        query.columns[index].ty = coerced.ty();
                        query.columns[index].source = None;
                        target.expr = coerced;
                    } else {
                        wrap = true;
                    }
                }
                if wrap { self.wrap(query, coerce) } else { Ok(query) }
            }
            Body::Values(rows) if plain => {
                for row in rows.iter_mut() {
                    for (index, value) in row.iter_mut().enumerate() {
                        let coerced = coerce(self, index, value.clone())?;
                        query.columns[index].ty = coerced.ty();
                        *value = coerced;
                    }
                }
                Ok(query)
            }
            _ => {
                let mut changes = false;
                for (index, column) in query.columns.clone().iter().enumerate() {
                    let probe = Expr::SubColumn(index, column.ty);
                    let coerced = coerce(self, index, probe)?;
                    changes |= !matches!(coerced, Expr::SubColumn(..));
                }
                if changes { self.wrap(query, coerce) } else { Ok(query) }
            }
        }
    }

    /// `SELECT coerced columns FROM (query)`
    fn wrap(
        &mut self,
        query: Query,
        coerce: &mut dyn FnMut(&mut Self, usize, Expr) -> Result<Expr, SqlError>,
    ) -> Result<Query, SqlError> {
        let rel = self.new_rel();
        let mut columns = query.columns.clone();
        let mut targets = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter_mut().enumerate() {
            let expr = coerce(self, index, Expr::Column(rel, index, column.ty))?;
            column.ty = expr.ty();
            targets.push(Target { expr, hidden: false });
        }
        let subquery = Box::new(Subquery { query, outer: Vec::new() });
        let from = vec![FromItem::Subquery { rel, subquery, lateral: false, alias: "*SELECT*".into() }];
        let select = Select {
            from,
            filter: None,
            grouping: None,
            having: None,
            windows: Vec::new(),
            targets,
            distinct: Distinct::No,
        };
        Ok(Query::of(Body::Select(Box::new(select)), columns))
    }
}

/// Where the leftmost SELECT of a query has its n-th target.
pub(crate) fn target_pos(syntax: &QuerySyntax, index: usize) -> u32 {
    use crate::syntax::ast::Body as SyntaxBody;
    match &syntax.body {
        SyntaxBody::Select(select) => select.targets.get(index).map_or(syntax.pos, |target| target.expr.pos),
        SyntaxBody::Values(rows) => rows.first().and_then(|row| row.get(index)).map_or(syntax.pos, |value| value.pos),
        SyntaxBody::SetOperation { left, .. } => target_pos(left, index),
    }
}

/// How many targets the leftmost SELECT of a query has.
fn columns_written(syntax: &QuerySyntax) -> usize {
    use crate::syntax::ast::Body as SyntaxBody;
    match &syntax.body {
        SyntaxBody::Select(select) => select.targets.len(),
        SyntaxBody::Values(rows) => rows.first().map_or(0, Vec::len),
        SyntaxBody::SetOperation { left, .. } => columns_written(left),
    }
}
