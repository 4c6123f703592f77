//! Small steps on plans.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr as Tree, RelId};
use cairn_sql_types::comparison::Comparison;
use cairn_sql_types::{SqlError, Type, TypeId};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::logical_expr::{Cast, EmptyRelation, Expr, Extension, LogicalPlan, LogicalPlanBuilder, SortExpr, lit};
use rustc_hash::FxHashSet;

use super::scope::{Plan, Slot, bind_params, is_volatile};
use super::{Domain, Lowered, Lowerer};
use crate::aggregate::{Call, Kernel};
use crate::append::Append;
use crate::error;
use crate::eval::{self, Frame};
use crate::function::SortableKey;
use crate::sortable;
use crate::value::is_canonical;

/// Only these columns, in this order.
pub(super) fn select(plan: LogicalPlan, slots: &[Slot]) -> Result<LogicalPlan, SqlError> {
    project(plan, slots.iter().map(Slot::expr).collect())
}

pub(super) fn project(plan: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan, SqlError> {
    LogicalPlanBuilder::from(plan).project(exprs).and_then(LogicalPlanBuilder::build).map_err(error::unwrap)
}

pub(super) fn filter(plan: LogicalPlan, condition: Expr) -> Result<LogicalPlan, SqlError> {
    LogicalPlanBuilder::from(plan).filter(condition).and_then(LogicalPlanBuilder::build).map_err(error::unwrap)
}

pub(super) fn aggregate(plan: LogicalPlan, keys: Vec<Expr>, calls: Vec<Expr>) -> Result<LogicalPlan, SqlError> {
    LogicalPlanBuilder::from(plan).aggregate(keys, calls).and_then(LogicalPlanBuilder::build).map_err(error::unwrap)
}

/// The rows of one plan after those of the other; their columns have the same names.
pub(super) fn append(first: LogicalPlan, second: LogicalPlan) -> LogicalPlan {
    LogicalPlan::Extension(Extension { node: Arc::new(Append::new(vec![first, second])) })
}

/// One row without columns.
pub(super) fn one_row() -> Plan {
    let plan = LogicalPlanBuilder::empty(true).build().expect("an empty relation");
    Plan { plan, scope: Default::default(), volatile: false }
}

/// Conditions joined by AND.
pub(super) fn conjunction(conditions: Vec<Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(Expr::and)
}

/// Does it contain a subquery?
pub(super) fn has_subquery(expr: &Tree) -> bool {
    expr.any(|part| {
        matches!(
            part,
            Tree::Scalar(..) | Tree::ArraySubquery(..) | Tree::Exists { .. } | Tree::QuantifiedSubquery { .. }
        )
    })
}

/// The relations that an expression uses.
pub(super) fn rels(expr: &Tree) -> FxHashSet<RelId> {
    let mut rels: FxHashSet<RelId> = expr.columns().into_iter().map(|(rel, ..)| rel).collect();
    expr.walk(&mut |part| {
        if let Tree::RowId(rel) = part {
            rels.insert(*rel);
        }
    });
    rels
}

/// The value to group, join and sort by: equal and ordered as values of the type are.
pub(super) fn key(value: Expr, ty: TypeId) -> Result<Expr, SqlError> {
    match is_canonical(ty) {
        true => Ok(value),
        false => {
            sortable::check(ty)?;
            Ok(SortableKey::call(value, ty))
        }
    }
}

impl Lowerer {
    /// The plan with one more column.
    pub(super) fn with_column(&mut self, plan: &mut Plan, value: Expr) -> Result<Column, SqlError> {
        if let Expr::Column(column) = value {
            return Ok(column);
        }
        let name = self.fresh();
        let mut exprs: Vec<Expr> = plan.plan.schema().columns().into_iter().map(Expr::Column).collect();
        exprs.push(value.alias(&name));
        plan.plan = project(plan.plan.clone(), exprs)?;
        Ok(Column::new_unqualified(name))
    }

    /// An expression's value as a column of the plan.
    pub(super) fn column_of(&mut self, plan: &mut Plan, expr: &Tree) -> Result<Slot, SqlError> {
        let nullable = plan.is_nullable(expr);
        plan.volatile |= is_volatile(expr);
        let value = plan.scalar(expr, &self.run)?;
        let column = self.with_column(plan, value)?;
        Ok(Slot { column, ty: expr.ty(), nullable })
    }

    /// A column's key as a column of the plan.
    pub(super) fn key_of(&mut self, plan: &mut Plan, slot: &Slot) -> Result<Column, SqlError> {
        let value = key(slot.expr(), slot.ty.id)?;
        self.with_column(plan, value)
    }

    /// Rows that fulfil a condition without subqueries.
    pub(super) fn filter(&mut self, plan: &mut Plan, condition: &Tree) -> Result<(), SqlError> {
        plan.volatile |= is_volatile(condition);
        if expr_names(condition).is_empty() && !is_volatile(condition) && self.run.view.is_some() {
            return self.gate(plan, condition);
        }
        let condition = plan.condition(condition, &self.run)?;
        plan.plan = filter(plan.plan.clone(), condition)?;
        Ok(())
    }

    /// A condition without columns lets all rows through or none.
    fn gate(&mut self, plan: &mut Plan, condition: &Tree) -> Result<(), SqlError> {
        let condition = bind_params(condition.clone(), &self.run)?;
        if !eval::holds(&condition, &Frame::new(&self.run.eval(), &[]))? {
            let schema = plan.plan.schema().clone();
            plan.plan = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema });
        }
        Ok(())
    }

    /// Joins on conditions without subqueries. Equalities between the sides become hash keys.
    pub(super) fn join(
        &mut self,
        mut left: Plan,
        mut right: Plan,
        kind: JoinType,
        on: &[Tree],
    ) -> Result<Plan, SqlError> {
        let mut keys: (Vec<Column>, Vec<Column>) = Default::default();
        let mut rest = Vec::new();
        for condition in on {
            match self.equal_sides(&mut left, &mut right, condition)? {
                Some((a, b)) => {
                    keys.0.push(a);
                    keys.1.push(b);
                }
                None => rest.push(condition),
            }
        }
        let mut both = left.clone();
        both.scope.extend(right.scope.iter().map(|(name, slot)| (name.clone(), slot.clone())));
        let rest =
            rest.into_iter().map(|condition| both.condition(condition, &self.run)).collect::<Result<Vec<_>, _>>()?;
        let plan = join_plans(left.plan.clone(), right.plan.clone(), kind, keys, conjunction(rest), false)?;
        self.joined(left, right, kind, plan)
    }

    /// The plan of a join and what its columns mean.
    pub(super) fn joined(
        &mut self,
        mut left: Plan,
        mut right: Plan,
        kind: JoinType,
        plan: LogicalPlan,
    ) -> Result<Plan, SqlError> {
        let volatile = left.volatile || right.volatile;
        match kind {
            JoinType::Left => right.make_nullable(),
            JoinType::Right => left.make_nullable(),
            JoinType::Full => {
                left.make_nullable();
                right.make_nullable();
            }
            _ => {}
        }
        let mut scope = left.scope;
        if !matches!(kind, JoinType::LeftSemi | JoinType::LeftAnti) {
            scope.extend(right.scope);
        }
        Ok(Plan { plan, scope, volatile })
    }

    /// Key columns for a condition `a = b` with `a` from the one side and `b` from the other.
    fn equal_sides(
        &mut self,
        left: &mut Plan,
        right: &mut Plan,
        condition: &Tree,
    ) -> Result<Option<(Column, Column)>, SqlError> {
        let Tree::Call { function, args, .. } = condition else { return Ok(None) };
        let (Some(Comparison::Equal), [a, b]) = (Comparison::of(function), args.as_slice()) else { return Ok(None) };
        let Some(common) = common_key(a.ty(), b.ty()) else { return Ok(None) };
        if is_volatile(condition) {
            return Ok(None);
        }
        let within = |expr: &Tree, plan: &Plan| {
            let rels = rels(expr);
            !rels.is_empty() && expr_names(expr).iter().all(|name| plan.scope.contains_key(name))
        };
        let (a, b) = match () {
            () if within(a, left) && within(b, right) => (a, b),
            () if within(b, left) && within(a, right) => (b, a),
            () => return Ok(None),
        };
        Ok(Some((self.common(left, a, common)?, self.common(right, b, common)?)))
    }

    fn common(&mut self, plan: &mut Plan, expr: &Tree, common: Common) -> Result<Column, SqlError> {
        let value = plan.scalar(expr, &self.run)?;
        let value = match common {
            Common::Same => key(value, expr.ty().id)?,
            Common::Int8 if expr.ty().id == TypeId::INT8 => value,
            Common::Int8 => Expr::Cast(Cast::new(Box::new(value), DataType::Int64)),
        };
        self.with_column(plan, value)
    }

    /// A copy of the domain with names of its own.
    pub(super) fn domain_plan(&mut self, domain: &Domain) -> Result<(Plan, Vec<Slot>), SqlError> {
        let mut plan = Plan { plan: domain.plan.clone(), scope: Default::default(), volatile: false };
        let mut slots = Vec::with_capacity(domain.columns.len());
        let mut exprs = Vec::with_capacity(domain.columns.len());
        for ((rel, column), slot) in &domain.columns {
            let fresh = self.fresh_column();
            exprs.push(slot.expr().alias(&fresh.name));
            let slot = Slot { column: fresh, ..slot.clone() };
            plan.scope.insert(super::scope::Name::Column(*rel, *column), slot.clone());
            slots.push(slot);
        }
        plan.plan = project(plan.plan, exprs)?;
        Ok((plan, slots))
    }

    /// The rows sorted as asked.
    pub(super) fn sorted(&mut self, mut lowered: Lowered) -> Result<Lowered, SqlError> {
        if lowered.order.is_empty() {
            return Ok(lowered);
        }
        let order = std::mem::take(&mut lowered.order);
        let key = |(slot, descending, nulls_first): &(Slot, bool, bool)| {
            Ok(SortExpr::new(key(slot.expr(), slot.ty.id)?, !descending, *nulls_first))
        };
        let keys = order.iter().map(key).collect::<Result<Vec<_>, SqlError>>()?;
        lowered.plan = LogicalPlanBuilder::from(lowered.plan)
            .sort(keys)
            .and_then(LogicalPlanBuilder::build)
            .map_err(error::unwrap)?;
        Ok(lowered)
    }

    /// Every combination of these columns once: their new slots, in order. Further columns are dropped.
    pub(super) fn distinct(&mut self, plan: &mut Plan, slots: &[Slot], raw: &[Slot]) -> Result<Vec<Slot>, SqlError> {
        let mut keys = Vec::new();
        let mut calls = Vec::new();
        let mut shown = Vec::with_capacity(slots.len() + raw.len());
        for slot in slots {
            match is_canonical(slot.ty.id) {
                true => {
                    let fresh = self.fresh_column();
                    keys.push(slot.expr().alias(&fresh.name));
                    shown.push(Slot { column: fresh, ..slot.clone() });
                }
                false => {
                    let key = self.key_of(plan, slot)?;
                    keys.push(Expr::Column(key));
                    let (call, first) = self.first(slot);
                    calls.push(call);
                    shown.push(first);
                }
            }
        }
        for slot in raw {
            let fresh = self.fresh_column();
            keys.push(slot.expr().alias(&fresh.name));
            shown.push(Slot { column: fresh, ..slot.clone() });
        }
        if keys.is_empty() {
            // No columns at all: one row if there is any.
            plan.plan = LogicalPlanBuilder::from(plan.plan.clone())
                .limit(0, Some(1))
                .and_then(LogicalPlanBuilder::build)
                .map_err(error::unwrap)?;
            return Ok(shown);
        }
        // The same column twice is one key.
        let mut seen = FxHashSet::default();
        keys.retain(|key| seen.insert(key.clone()));
        plan.plan = aggregate(plan.plan.clone(), keys, calls)?;
        Ok(shown)
    }

    /// The first value of a group.
    pub(super) fn first(&mut self, slot: &Slot) -> (Expr, Slot) {
        let call = self.own_call(Kernel::First, vec![slot.ty.id], slot.ty);
        let column = self.fresh_column();
        (call.over(vec![slot.expr()]).alias(&column.name), Slot { column, ..slot.clone() })
    }

    /// The number of rows of a group.
    pub(super) fn count(&mut self) -> (Expr, Slot) {
        let ty = Type::plain(TypeId::INT8);
        let call = self.own_call(Kernel::Count, Vec::new(), ty);
        let column = self.fresh_column();
        (call.over(vec![lit(true)]).alias(&column.name), Slot { column, ty, nullable: false })
    }

    /// A call of one of our own aggregates, without DISTINCT, FILTER and ORDER BY.
    pub(super) fn own_call(&self, kernel: Kernel, args: Vec<TypeId>, ty: Type) -> Call {
        Call {
            kernel,
            args,
            distinct: false,
            filtered: false,
            order: Vec::new(),
            ty: ty.id,
            run: Arc::clone(&self.run),
        }
    }
}

/// Names that an expression without subqueries uses.
fn expr_names(expr: &Tree) -> Vec<super::scope::Name> {
    let mut names = Vec::new();
    expr.walk(&mut |part| names.extend(super::scope::name_of(part)));
    names
}

/// How two types are joined by hash.
#[derive(Clone, Copy)]
enum Common {
    /// Both sides as they are.
    Same,
    /// Integers of different width.
    Int8,
}

fn common_key(a: Type, b: Type) -> Option<Common> {
    let is_integer = |ty: Type| matches!(ty.id, TypeId::INT2 | TypeId::INT4 | TypeId::INT8);
    let is_text = |ty: Type| matches!(ty.id, TypeId::TEXT | TypeId::VARCHAR | TypeId::NAME);
    match () {
        () if sortable::check(a.id).is_err() || sortable::check(b.id).is_err() => None,
        () if a.id == b.id || is_text(a) && is_text(b) => Some(Common::Same),
        () if is_integer(a) && is_integer(b) => Some(Common::Int8),
        () => None,
    }
}

/// A join on key columns and a condition.
pub(super) fn join_plans(
    left: LogicalPlan,
    right: LogicalPlan,
    kind: JoinType,
    keys: (Vec<Column>, Vec<Column>),
    condition: Option<Expr>,
    null_is_equal: bool,
) -> Result<LogicalPlan, SqlError> {
    let nulls = if null_is_equal { NullEquality::NullEqualsNull } else { NullEquality::NullEqualsNothing };
    let builder = LogicalPlanBuilder::from(left);
    let joined = match keys.0.is_empty() && condition.is_none() && kind == JoinType::Inner {
        true => builder.cross_join(right),
        false => {
            // A join without any key needs a condition.
            let condition = match keys.0.is_empty() {
                true => Some(condition.unwrap_or_else(|| lit(true))),
                false => condition,
            };
            builder.join_detailed(right, kind, keys, condition, nulls)
        }
    };
    joined.and_then(LogicalPlanBuilder::build).map_err(error::unwrap)
}
