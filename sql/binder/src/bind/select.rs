//! SELECT: its clauses in the order in which PostgreSQL looks at them, which decides the first error.

use std::sync::Arc;

use cairn_sql_catalog::schema::Oid;
use cairn_sql_types::{SqlError, SqlState};

use super::query::QueryMode;
use super::{Binder, Place, at};
use crate::syntax::ast::{Distinct as SyntaxDistinct, Query as Syntax, Select as SyntaxSelect};
use crate::syntax::token::Pos;
use crate::tree::{Body, Distinct, Expr, Grouping, OutputColumn, Query, Select, Target};

/// A target while its SELECT is bound.
#[derive(Clone, Debug)]
pub(crate) struct WorkTarget {
    pub(crate) expr: Expr,
    pub(crate) name: Arc<str>,
    pub(crate) source: Option<(Oid, i16)>,
    pub(crate) hidden: bool,
    pub(crate) pos: Pos,
}

impl Binder<'_> {
    pub(crate) fn select(
        &mut self,
        syntax: &Syntax,
        select: &SyntaxSelect,
        mode: QueryMode,
    ) -> Result<Query, SqlError> {
        if select.into.is_some() {
            let pos = select.into.as_ref().map_or(0, crate::syntax::ast::ObjectName::pos);
            return Err(at(SqlState::SYNTAX_ERROR, "SELECT ... INTO is not allowed here", pos));
        }
        let from = self.from(&select.from)?;
        self.level().window_names = select.windows.clone();
        self.check_window_names()?;
        let mut targets = self.in_place(Place::Targets, |this| this.targets(&select.targets, mode))?;
        let filter = match &select.filter {
            Some(filter) => Some(self.in_place(Place::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        let having = match &select.having {
            Some(having) => Some(self.in_place(Place::Having, |this| this.condition(having, "HAVING"))?),
            None => None,
        };
        let order_by = self.order_by(&syntax.order_by, &mut targets)?;
        let (keys, sets) = self.group_by(&select.group_by, select.group_distinct, &targets)?;
        let distinct = self.distinct(&select.distinct, &order_by, &mut targets)?;
        let columns = output_columns(&targets);
        let mut bound =
            Select { from, filter, grouping: None, having, windows: Vec::new(), targets: Vec::new(), distinct };
        let grouped = !select.group_by.is_empty() || bound.having.is_some() || !self.level().aggregates.is_empty();
        if grouped {
            let aggregates = std::mem::take(&mut self.level().aggregates);
            bound.grouping = Some(Grouping { keys, sets, aggregates });
        }
        bound.windows = std::mem::take(&mut self.level().windows);
        bound.targets = targets.into_iter().map(|target| Target { expr: target.expr, hidden: target.hidden }).collect();
        self.group_stage(&mut bound)?;
        let mut query = Query::of(Body::Select(Box::new(bound)), columns);
        query.order_by = order_by;
        self.limits(syntax, &mut query)?;
        self.locking(syntax, &mut query)?;
        Ok(query)
    }

    fn distinct(
        &mut self,
        syntax: &SyntaxDistinct,
        order_by: &[crate::tree::SortKey],
        targets: &mut Vec<WorkTarget>,
    ) -> Result<Distinct, SqlError> {
        match syntax {
            SyntaxDistinct::No => Ok(Distinct::No),
            SyntaxDistinct::All => {
                if let Some(hidden) = order_by.iter().find(|key| targets[key.target].hidden) {
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, targets[hidden.target].pos));
                }
                for target in targets.iter() {
                    self.check_groupable(&target.expr, target.pos)?;
                }
                Ok(Distinct::All)
            }
            SyntaxDistinct::On(exprs) => {
                let mut keys: Vec<usize> = Vec::with_capacity(exprs.len());
                let mut places = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    let key =
                        self.in_place(Place::DistinctOn, |this| this.sort_target(expr, targets, "DISTINCT ON"))?;
                    self.check_groupable(&targets[key].expr.clone(), expr.pos)?;
                    if !keys.contains(&key) {
                        keys.push(key);
                        places.push(expr.pos);
                    }
                }
                self.check_distinct_order(&keys, &places, order_by, targets)?;
                Ok(Distinct::On(keys))
            }
        }
    }

    /// The first ORDER BY items must be the DISTINCT ON items, in any order.
    fn check_distinct_order(
        &self,
        keys: &[usize],
        places: &[Pos],
        order_by: &[crate::tree::SortKey],
        targets: &[WorkTarget],
    ) -> Result<(), SqlError> {
        let mut skipped = false;
        let mut matched = 0;
        for (index, key) in order_by.iter().enumerate() {
            let listed = keys.contains(&key.target);
            if listed && skipped {
                let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
                return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, targets[key.target].pos));
            }
            if listed {
                matched = index + 1;
            }
            skipped |= !listed;
        }
        if skipped && matched < keys.len() {
            let missing = keys.iter().position(|key| !order_by.iter().any(|sort| sort.target == *key));
            let pos = missing.map_or(0, |key| places[key]);
            let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
            return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, pos));
        }
        Ok(())
    }
}

/// The visible targets as columns.
pub(crate) fn output_columns(targets: &[WorkTarget]) -> Vec<OutputColumn> {
    let visible = targets.iter().filter(|target| !target.hidden);
    visible
        .map(|target| OutputColumn { name: target.name.clone(), ty: target.expr.ty(), source: target.source })
        .collect()
}
