//! Queries: WITH around a body, and what follows it.

use cairn_sql_types::{SqlError, SqlState};

use super::{Binder, Place, at};
use crate::syntax::ast::{Body as SyntaxBody, Query as Syntax};
use crate::tree::{Body, Expr, Query, Subquery};

/// How a query is bound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueryMode {
    /// Literals without type in the select list stay unknown (the rows go into a table).
    pub(crate) keep_unknown: bool,
}

impl Binder<'_> {
    /// A query at the top or in a place where nothing outside is visible.
    pub(crate) fn query(&mut self, syntax: &Syntax) -> Result<Query, SqlError> {
        Ok(self.subquery(syntax, QueryMode::default())?.query)
    }

    /// A query in its own level, with the outer columns that it uses.
    pub(crate) fn subquery(&mut self, syntax: &Syntax, mode: QueryMode) -> Result<Subquery, SqlError> {
        if self.place == Place::Default {
            // The opening parenthesis stands before it.
            let pos = syntax.pos.saturating_sub(1);
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, "cannot use subquery in DEFAULT expression", pos));
        }
        let place = std::mem::replace(&mut self.place, Place::Targets);
        let bound = self.in_new_level(|this| this.query_here(syntax, mode));
        self.place = place;
        let (query, outer) = bound?;
        Ok(Subquery { query, outer })
    }

    fn query_here(&mut self, syntax: &Syntax, mode: QueryMode) -> Result<Query, SqlError> {
        let with = self.with(syntax.with.as_ref())?;
        let mut query = match &syntax.body {
            SyntaxBody::Select(select) => self.select(syntax, select, mode)?,
            SyntaxBody::Values(rows) => self.values_query(syntax, rows, mode)?,
            SyntaxBody::SetOperation { kind, all, left, right } => {
                self.set_operation(syntax, *kind, *all, left, right, mode)?
            }
        };
        query.with = with;
        if !syntax.locking.is_empty() {
            self.flags.locking = true;
            self.flags.read_only = false;
        }
        Ok(query)
    }

    /// LIMIT and OFFSET.
    pub(crate) fn limits(&mut self, syntax: &Syntax, query: &mut Query) -> Result<(), SqlError> {
        if let Some(offset) = &syntax.offset {
            query.offset = Some(self.in_place(Place::Offset, |this| this.limit_value(offset, "OFFSET"))?);
        }
        if let Some(limit) = &syntax.limit {
            query.limit = Some(self.in_place(Place::Limit, |this| this.limit_value(limit, "LIMIT"))?);
        }
        query.with_ties = syntax.with_ties;
        if syntax.with_ties && syntax.order_by.is_empty() {
            let message = "WITH TIES cannot be specified without ORDER BY clause";
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
        }
        Ok(())
    }

    fn limit_value(&mut self, syntax: &crate::syntax::ast::Expr, what: &str) -> Result<Expr, SqlError> {
        let before = self.level().uses.len();
        let placed = self.expr(syntax)?;
        let value = self.bigint(placed, what)?;
        if self.level().uses.len() > before {
            let message = format!("argument of {what} must not contain variables");
            return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, syntax.pos));
        }
        Ok(value)
    }
}

impl Query {
    /// A query of only a body.
    pub fn of(body: Body, columns: Vec<crate::tree::OutputColumn>) -> Self {
        Query {
            with: Vec::new(),
            body,
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            locking: Vec::new(),
            columns,
        }
    }
}

impl Query {
    /// `SELECT one column FROM (query)`
    pub(crate) fn project(
        subquery: Subquery,
        rel: crate::tree::RelId,
        position: usize,
        column: crate::tree::OutputColumn,
    ) -> Self {
        use crate::tree::{Distinct, FromItem, Select, Target};
        let expr = Expr::Column(rel, position, column.ty);
        let lateral = !subquery.outer.is_empty();
        let from = vec![FromItem::Subquery { rel, subquery: Box::new(subquery), lateral, alias: "*SELECT*".into() }];
        let select = Select {
            from,
            filter: None,
            grouping: None,
            having: None,
            windows: Vec::new(),
            targets: vec![Target { expr, hidden: false }],
            distinct: Distinct::No,
        };
        Query::of(Body::Select(Box::new(select)), vec![column])
    }
}
