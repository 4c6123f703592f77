//! Whole queries: WITH, the body, ORDER BY, LIMIT; set operations and VALUES.

use std::sync::Arc;

use cairn_sql_binder::tree::{Body, Cte, Distinct, Expr as Tree, Query, RelId, SetKind};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};
use datafusion::common::JoinType;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, LogicalPlanBuilder};

use super::build::{append, has_subquery, join_plans};
use super::from::relation;
use super::scope::{Name, Plan, Slot, bind_params};
use super::{Domain, Lowered, Lowerer, Working};
use crate::error;
use crate::eval::{self, Frame};
use crate::leaf::source::Source;
use crate::value::is_canonical;

/// Nesting of queries that one plan takes.
const DEPTH_MAX: u32 = 1 << 20;

impl Lowerer {
    /// Plans a query. Its order is returned and not applied, unless LIMIT needs it.
    pub(super) fn query(&mut self, query: &Query, domain: Option<&Domain>) -> Result<Lowered, SqlError> {
        if self.next_column > DEPTH_MAX {
            return Err(SqlError::new(SqlState::STATEMENT_TOO_COMPLEX, "the query is too complex"));
        }
        let depth = self.ctes.len();
        self.ctes.extend(query.with.iter().cloned().map(Arc::new));
        let lowered = self.body(query, domain);
        self.ctes.truncate(depth);
        lowered
    }

    fn body(&mut self, query: &Query, domain: Option<&Domain>) -> Result<Lowered, SqlError> {
        let mut lowered = match &query.body {
            Body::Select(select) => self.select(select, domain)?,
            Body::SetOperation { kind, all, left, right } => self.set_operation(*kind, *all, left, right, domain)?,
            Body::Values(rows) => self.values(rows, domain)?,
        };
        let slot = |target: usize| {
            lowered
                .columns
                .get(target)
                .cloned()
                .ok_or_else(|| SqlError::internal("ORDER BY a column that is not there"))
        };
        let order = query.order_by.iter().map(|key| Ok((slot(key.target)?, key.descending, key.nulls_first)));
        let order = order.collect::<Result<Vec<_>, SqlError>>()?;
        for (slot, ..) in &order {
            super::build::key(slot.expr(), slot.ty.id)?;
        }
        if let Body::Select(body) = &query.body
            && let Distinct::On(targets) = &body.distinct
        {
            lowered = self.distinct_on(lowered, targets, &order)?;
        }
        lowered.order = order;
        self.limited(query, lowered)
    }

    fn distinct_on(
        &mut self,
        mut lowered: Lowered,
        targets: &[usize],
        order: &[(Slot, bool, bool)],
    ) -> Result<Lowered, SqlError> {
        let mut partition: Vec<Slot> = targets.iter().map(|target| lowered.columns[*target].clone()).collect();
        partition.extend(lowered.domain.iter().cloned());
        let mut plan = bare(&lowered);
        let number = self.numbered(&mut plan, partition, order.to_vec(), false)?;
        self.keep_numbers(&mut plan, &number, 0, Some(1))?;
        lowered.plan = plan.plan;
        lowered.single = false;
        Ok(lowered)
    }

    fn limited(&mut self, query: &Query, mut lowered: Lowered) -> Result<Lowered, SqlError> {
        let limit =
            query.limit.as_ref().map(|limit| self.row_count(limit, "LIMIT", SqlState::INVALID_ROW_COUNT_IN_LIMIT));
        let limit = limit.transpose()?.flatten();
        let offset = query.offset.as_ref();
        let offset = offset.map(|offset| self.row_count(offset, "OFFSET", SqlState::INVALID_ROW_COUNT_IN_OFFSET));
        let offset = offset.transpose()?.flatten().unwrap_or(0);
        if limit.is_none() && offset == 0 {
            return Ok(lowered);
        }
        lowered.single = false;
        if lowered.domain.is_empty() && !query.with_ties {
            if limit == Some(0) {
                // Nothing is computed; and DataFusion's top-k takes no 0.
                let schema = lowered.plan.schema().clone();
                lowered.plan = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema });
                return Ok(lowered);
            }
            let order = lowered.order.clone();
            lowered = self.sorted(lowered)?;
            let skip = usize::try_from(offset).unwrap_or(usize::MAX);
            let fetch = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
            lowered.plan = LogicalPlanBuilder::from(lowered.plan)
                .limit(skip, fetch)
                .and_then(LogicalPlanBuilder::build)
                .map_err(error::unwrap)?;
            lowered.order = order;
            return Ok(lowered);
        }
        let mut plan = bare(&lowered);
        let end = limit.map(|limit| offset.saturating_add(limit));
        let number = self.numbered(&mut plan, lowered.domain.clone(), lowered.order.clone(), false)?;
        match query.with_ties {
            true => {
                let rank = self.numbered(&mut plan, lowered.domain.clone(), lowered.order.clone(), true)?;
                self.keep_numbers(&mut plan, &number, offset, None)?;
                self.keep_numbers(&mut plan, &rank, 0, end)?;
            }
            false => self.keep_numbers(&mut plan, &number, offset, end)?,
        }
        lowered.plan = plan.plan;
        Ok(lowered)
    }

    /// The value of LIMIT or OFFSET; NULL is none.
    fn row_count(&mut self, expr: &Tree, what: &str, state: SqlState) -> Result<Option<i64>, SqlError> {
        if has_subquery(expr) || !expr.columns().is_empty() {
            return Err(SqlError::unsupported(format_args!("a subquery in {what}")));
        }
        if self.run.view.is_none() {
            // Only planned: parameters have no values yet.
            return Ok(Some(1));
        }
        let expr = bind_params(expr.clone(), &self.run)?;
        match eval::eval(&expr, &Frame::new(&self.run.eval(), &[]))? {
            Datum::Null => Ok(None),
            Datum::Int8(count) if count >= 0 => Ok(Some(count)),
            Datum::Int8(_) => Err(SqlError::new(state, format!("{what} must not be negative"))),
            other => Err(SqlError::internal(format!("{what} {other:?}"))),
        }
    }

    fn values(&mut self, rows: &[Vec<Tree>], domain: Option<&Domain>) -> Result<Lowered, SqlError> {
        let plain = |value: &Tree| {
            !has_subquery(value)
                && value.columns().is_empty()
                && !value.any(|part| matches!(part, Tree::SetCall { .. }))
        };
        if domain.is_some_and(|domain| !domain.columns.is_empty()) || !rows.iter().flatten().all(plain) {
            return self.values_as_selects(rows, domain);
        }
        let types: Vec<Type> = rows.first().map(|row| row.iter().map(Tree::ty).collect()).unwrap_or_default();
        let bind = |row: &Vec<Tree>| row.iter().map(|value| bind_params(value.clone(), &self.run)).collect();
        let rows = rows.iter().map(bind).collect::<Result<Vec<Vec<Tree>>, SqlError>>()?;
        let single = rows.len() == 1;
        let rel = self.fresh_rel();
        let leaf = self.leaf(Source::Values(Arc::new(rows)), rel, &types)?;
        let slots = (0..types.len()).map(|column| leaf.slot(&Name::Column(rel, column)).cloned());
        let columns = slots.collect::<Result<Vec<_>, _>>()?;
        let (plan, columns) = self.renamed(leaf.plan, &columns)?;
        Ok(Lowered { plan, columns, domain: Vec::new(), order: Vec::new(), single, volatile: true })
    }

    /// VALUES whose rows use columns or subqueries: UNION ALL of one SELECT per row.
    fn values_as_selects(&mut self, rows: &[Vec<Tree>], domain: Option<&Domain>) -> Result<Lowered, SqlError> {
        let mut all: Option<Lowered> = None;
        for row in rows {
            let targets = row.iter().map(|expr| cairn_sql_binder::tree::Target { expr: expr.clone(), hidden: false });
            let select = cairn_sql_binder::tree::Select {
                from: Vec::new(),
                filter: None,
                grouping: None,
                having: None,
                windows: Vec::new(),
                targets: targets.collect(),
                distinct: Distinct::No,
            };
            let next = self.select(&select, domain)?;
            all = Some(match all {
                None => next,
                Some(all) => self.union_all(all, next)?,
            });
        }
        all.ok_or_else(|| SqlError::internal("VALUES without rows"))
    }

    fn set_operation(
        &mut self,
        kind: SetKind,
        all: bool,
        left: &Query,
        right: &Query,
        domain: Option<&Domain>,
    ) -> Result<Lowered, SqlError> {
        let width = left.columns.len();
        let left = self.query(left, domain)?;
        let right = self.query(right, domain)?;
        let (left, right) = (visible(left, width), visible(right, width));
        match kind {
            SetKind::Union => {
                let both = self.union_all(left, right)?;
                if all { Ok(both) } else { self.distinct_rows(both) }
            }
            SetKind::Intersect => self.matched(left, right, JoinType::LeftSemi, all),
            SetKind::Except => self.matched(left, right, JoinType::LeftAnti, all),
        }
    }

    fn union_all(&mut self, left: Lowered, right: Lowered) -> Result<Lowered, SqlError> {
        let slots: Vec<Slot> = left.columns.iter().chain(&left.domain).cloned().collect();
        let (left_plan, fresh) = self.renamed(left.plan, &slots)?;
        let right_slots = right.columns.iter().chain(&right.domain).zip(&fresh);
        let exprs = right_slots.map(|(slot, fresh)| slot.expr().alias(&fresh.column.name)).collect();
        let right_plan = super::build::project(right.plan, exprs)?;
        let plan = append(left_plan, right_plan);
        let mut columns: Vec<Slot> = fresh.into_iter().map(|slot| Slot { nullable: true, ..slot }).collect();
        let domain = columns.split_off(left.columns.len());
        let volatile = left.volatile || right.volatile;
        Ok(Lowered { plan, columns, domain, order: Vec::new(), single: false, volatile })
    }

    /// Every row once.
    pub(super) fn distinct_rows(&mut self, lowered: Lowered) -> Result<Lowered, SqlError> {
        let mut plan = bare(&lowered);
        let mut columns = self.distinct(&mut plan, &lowered.columns, &lowered.domain)?;
        let domain = columns.split_off(lowered.columns.len());
        Ok(Lowered { plan: plan.plan, columns, domain, ..lowered })
    }

    /// INTERSECT and EXCEPT: rows of the left side that have (or have not) an equal one on the right. With ALL the
    /// `n`th of equal rows is matched with the `n`th.
    fn matched(&mut self, left: Lowered, right: Lowered, kind: JoinType, all: bool) -> Result<Lowered, SqlError> {
        let left = if all { left } else { self.distinct_rows(left)? };
        let (mut left_plan, left_keys) = self.matching_keys(&left, all)?;
        let (right_plan, right_keys) = self.matching_keys(&right, all)?;
        left_plan.plan = join_plans(left_plan.plan, right_plan.plan, kind, (left_keys, right_keys), None, true)?;
        Ok(Lowered { plan: left_plan.plan, single: false, volatile: left.volatile || right.volatile, ..left })
    }

    fn matching_keys(
        &mut self,
        side: &Lowered,
        all: bool,
    ) -> Result<(Plan, Vec<datafusion::common::Column>), SqlError> {
        let mut plan = bare(side);
        let mut keys = Vec::new();
        if all {
            let partition = side.columns.iter().chain(&side.domain).cloned().collect();
            let number = self.numbered(&mut plan, partition, Vec::new(), false)?;
            keys.push(number.column);
        }
        for slot in &side.columns {
            keys.push(self.key_of(&mut plan, slot)?);
        }
        keys.extend(side.domain.iter().map(|slot| slot.column.clone()));
        Ok((plan, keys))
    }

    /// A recursive WITH item where it is read.
    pub(super) fn recursive(&mut self, rel: RelId, cte: &Cte) -> Result<Plan, SqlError> {
        let Body::SetOperation { kind: SetKind::Union, all, left, right } = &cte.query.body else {
            return Err(SqlError::internal("a recursive query that is no UNION"));
        };
        if cte.query.limit.is_some() || cte.query.offset.is_some() || !cte.query.order_by.is_empty() {
            return Err(SqlError::unsupported("ORDER BY, LIMIT or OFFSET in a recursive query"));
        }
        let types: Vec<Type> = cte.query.columns.iter().map(|column| column.ty).collect();
        if !all && !types.iter().all(|ty| is_canonical(ty.id)) {
            return Err(SqlError::unsupported("a recursive query with UNION over columns of these types"));
        }
        let depth = self.ctes.len();
        self.ctes.extend(cte.query.with.iter().cloned().map(Arc::new));
        let name = format!("w{}", self.fresh());
        let first = self.query(left, None)?;
        let first = self.work_columns(first, types.len())?;
        self.working.push(Working { id: cte.id, name: name.clone(), types: types.clone() });
        let step = self.query(right, None).and_then(|step| self.work_columns(step, types.len()));
        self.working.pop();
        self.ctes.truncate(depth);
        let plan = LogicalPlanBuilder::from(first).to_recursive_query(name, step?, !all);
        let plan = plan.and_then(LogicalPlanBuilder::build).map_err(error::unwrap)?;
        let slots: Vec<Slot> = plan
            .schema()
            .columns()
            .into_iter()
            .zip(&types)
            .map(|(column, ty)| Slot { column, ty: *ty, nullable: true })
            .collect();
        let (plan, slots) = self.renamed(plan, &slots)?;
        Ok(relation(plan, rel, &slots, false))
    }

    fn work_columns(&mut self, lowered: Lowered, width: usize) -> Result<LogicalPlan, SqlError> {
        let named = lowered.columns.iter().take(width).enumerate();
        super::build::project(
            lowered.plan,
            named.map(|(number, slot)| slot.expr().alias(format!("w{number}"))).collect(),
        )
    }

    /// Rows whose number is above `offset` and not above `end`.
    fn keep_numbers(&mut self, plan: &mut Plan, number: &Slot, offset: i64, end: Option<i64>) -> Result<(), SqlError> {
        use datafusion::logical_expr::lit;
        let mut condition = number.expr().gt(lit(offset));
        if let Some(end) = end {
            condition = condition.and(number.expr().lt_eq(lit(end)));
        }
        plan.plan = super::build::filter(plan.plan.clone(), condition)?;
        Ok(())
    }
}

/// A query's plan with nothing named.
fn bare(lowered: &Lowered) -> Plan {
    Plan { plan: lowered.plan.clone(), scope: Default::default(), volatile: lowered.volatile }
}

fn visible(mut lowered: Lowered, width: usize) -> Lowered {
    lowered.columns.truncate(width);
    lowered.order.clear();
    lowered
}

/// Type of row numbers.
pub(super) const NUMBER: Type = Type::plain(TypeId::INT8);
