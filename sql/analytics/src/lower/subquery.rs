//! Subqueries in expressions.
//!
//! As a condition of WHERE, EXISTS and ANY are semijoins, NOT EXISTS and ALL antijoins. Anywhere else the subquery becomes
//! columns of the plan around it, by a join that neither loses nor doubles rows: one row per tuple of its domain.

use std::sync::Arc;

use cairn_sql_binder::tree::{Body, Distinct, Expr as Tree, RelId, Select, Subquery};
use cairn_sql_types::{Array, Datum, SqlError, Type, TypeId, operators};
use datafusion::common::JoinType;
use datafusion::logical_expr::{Expr, lit};
use rustc_hash::FxHashSet;

use super::build::{aggregate, has_subquery, join_plans, rels};
use super::condition::conjuncts;
use super::from::{defined, relation, used};
use super::scope::{Name, Plan, Slot, is_volatile};
use super::{Domain, Lowered, Lowerer};
use crate::aggregate::Kernel;
use crate::context::Run;
use crate::eval::SINGLE_ROW;

const BOOL: Type = Type::plain(TypeId::BOOL);
const INT8: Type = Type::plain(TypeId::INT8);

impl Lowerer {
    /// The distinct tuples of some columns of a plan.
    pub(super) fn domain(
        &mut self,
        plan: &mut Plan,
        columns: impl IntoIterator<Item = (RelId, usize)>,
    ) -> Result<Domain, SqlError> {
        if plan.volatile {
            return Err(SqlError::unsupported("a correlated subquery beside volatile functions"));
        }
        let mut seen = FxHashSet::default();
        let mut domain = Vec::new();
        for (rel, column) in columns {
            if seen.insert((rel, column)) {
                domain.push(((rel, column), plan.slot(&Name::Column(rel, column))?.clone()));
            }
        }
        let mut keys: Vec<Expr> = Vec::new();
        for (_, slot) in &domain {
            if !keys.contains(&slot.expr()) {
                keys.push(slot.expr());
            }
        }
        let distinct = if keys.is_empty() {
            super::build::one_row().plan
        } else {
            aggregate(plan.plan.clone(), keys, Vec::new())?
        };
        Ok(Domain { plan: distinct, columns: domain })
    }

    /// Rows that fulfil a condition that may hold subqueries.
    pub(super) fn condition(&mut self, plan: &mut Plan, condition: Tree) -> Result<(), SqlError> {
        let (inner, negated) = match condition {
            Tree::Not(inner) => (*inner, true),
            other => (other, false),
        };
        match inner {
            Tree::Exists { subquery, negated: not } => self.semijoin(plan, &subquery, None, not != negated),
            Tree::QuantifiedSubquery { subquery, test, all } if all == negated => {
                // ANY, or NOT ALL: some row's test is true (or false).
                let test = if negated { Tree::Not(test) } else { *test };
                self.semijoin(plan, &subquery, Some(test), false)
            }
            Tree::QuantifiedSubquery { subquery, test, .. } => {
                // ALL, or NOT ANY: no row's test is anything but true (or false).
                let test = Tree::IsBool { arg: test, value: Some(!negated), negated: true };
                self.semijoin(plan, &subquery, Some(test), true)
            }
            other => {
                let condition = if negated { Tree::Not(Box::new(other)) } else { other };
                let condition = self.without_subqueries(plan, condition)?;
                self.filter(plan, &condition)
            }
        }
    }

    /// Keeps the rows for which the subquery has a row (or has none), with `test` true if there is one.
    fn semijoin(
        &mut self,
        plan: &mut Plan,
        subquery: &Subquery,
        test: Option<Tree>,
        anti: bool,
    ) -> Result<(), SqlError> {
        let kind = if anti { JoinType::LeftAnti } else { JoinType::LeftSemi };
        let test = test.map(|test| self.own_operands(plan, test)).transpose()?;
        if let Body::Select(select) = &subquery.query.body
            && is_plain(subquery, select, &self.run)
        {
            let (inner, mut on) = self.plain_subquery(subquery, select)?;
            if let Some(test) = test {
                on.push(simplified(with_targets(test, select)?, plan, &inner));
            }
            *plan = self.join(plan.clone(), inner, kind, &on)?;
            return Ok(());
        }
        let rel = self.fresh_rel();
        match subquery.outer.is_empty() {
            true => {
                let lowered = self.query(&subquery.query, None)?;
                let inner = relation(lowered.plan, rel, &lowered.columns, lowered.volatile);
                let on: Vec<Tree> =
                    test.map(|test| simplified(with_columns(test, rel), plan, &inner)).into_iter().collect();
                *plan = self.join(plan.clone(), inner, kind, &on)?;
            }
            false => {
                let domain = self.test_domain(plan, subquery, test.as_ref())?;
                let lowered = self.query(&subquery.query, Some(&domain))?;
                let mut inner = self.beside_domain(&lowered, &domain, rel);
                if let Some(test) = test {
                    self.filter(&mut inner, &with_columns(test, rel))?;
                }
                let keys = domain_keys(&domain, &lowered);
                let joined = join_plans(plan.plan.clone(), inner.plan.clone(), kind, keys, None, true)?;
                *plan = self.joined(plan.clone(), inner, kind, joined)?;
            }
        }
        Ok(())
    }

    /// FROM and WHERE of a plain subquery; the conditions that use columns from outside are returned.
    fn plain_subquery(&mut self, subquery: &Subquery, select: &Select) -> Result<(Plan, Vec<Tree>), SqlError> {
        let outer: FxHashSet<RelId> = subquery.outer.iter().map(|(rel, ..)| *rel).collect();
        let mut conditions = Vec::new();
        if let Some(filter) = &select.filter {
            conjuncts(filter, &self.run, &mut conditions);
        }
        let (on, own): (Vec<Tree>, Vec<Tree>) =
            conditions.into_iter().partition(|condition| !rels(condition).is_disjoint(&outer));
        let depth = self.ctes.len();
        self.ctes.extend(subquery.query.with.iter().cloned().map(Arc::new));
        let result = self.from(&select.from, own, None);
        let result = result.and_then(|(mut plan, late)| {
            late.into_iter().try_for_each(|condition| self.condition(&mut plan, condition))?;
            Ok((plan, on))
        });
        self.ctes.truncate(depth);
        result
    }

    /// An expression whose subqueries have become columns of the plan.
    pub(super) fn without_subqueries(&mut self, plan: &mut Plan, expr: Tree) -> Result<Tree, SqlError> {
        if !has_subquery(&expr) {
            return Ok(expr);
        }
        match expr {
            Tree::Scalar(subquery, ty) => self.scalar_subquery(plan, &subquery, ty),
            Tree::ArraySubquery(subquery, ty) => self.array_subquery(plan, &subquery, ty),
            Tree::Exists { subquery, negated } => {
                let found = self.found(plan, &subquery, None, vec![None])?.remove(0);
                Ok(Tree::IsNull { arg: Box::new(found), negated: !negated })
            }
            Tree::QuantifiedSubquery { subquery, test, all } => self.quantified(plan, &subquery, *test, all),
            other => other.map_children(&mut |child| self.without_subqueries(plan, child)),
        }
    }

    fn scalar_subquery(&mut self, plan: &mut Plan, subquery: &Subquery, ty: Type) -> Result<Tree, SqlError> {
        let domain = self.domain(plan, outer_columns(subquery))?;
        let mut lowered = self.query(&subquery.query, Some(&domain))?;
        if lowered.single {
            let value = lowered.columns[0].clone();
            let rel = self.attach(plan, lowered, &domain, &[value])?;
            return Ok(Tree::Column(rel, 0, ty));
        }
        let value = lowered.columns[0].clone();
        let (first, first_slot) = self.first(&value);
        let (count, count_slot) = self.count();
        lowered.plan = aggregate(lowered.plan, lowered.domain.iter().map(Slot::expr).collect(), vec![first, count])?;
        let rel = self.attach(plan, lowered, &domain, &[first_slot, count_slot])?;
        let args = vec![Tree::Column(rel, 0, ty), Tree::Column(rel, 1, INT8)];
        Ok(Tree::Call { function: &SINGLE_ROW, args, ty })
    }

    fn array_subquery(&mut self, plan: &mut Plan, subquery: &Subquery, ty: Type) -> Result<Tree, SqlError> {
        let domain = self.domain(plan, outer_columns(subquery))?;
        let mut lowered = self.query(&subquery.query, Some(&domain))?;
        let value = lowered.columns[0].clone();
        let mut call = self.own_call(Kernel::Collect(ty.id), vec![value.ty.id], ty);
        call.order = lowered.order.iter().map(|(slot, descending, first)| (slot.ty.id, *descending, *first)).collect();
        let args = std::iter::once(value.expr()).chain(lowered.order.iter().map(|(slot, ..)| slot.expr())).collect();
        let column = self.fresh_column();
        let collect = call.over(args).alias(&column.name);
        lowered.plan = aggregate(lowered.plan, lowered.domain.iter().map(Slot::expr).collect(), vec![collect])?;
        let rel = self.attach(plan, lowered, &domain, &[Slot { column, ty, nullable: false }])?;
        let element = ty.id.element().ok_or_else(|| SqlError::internal("ARRAY of no array type"))?;
        let empty = Datum::Array(Arc::new(Array { element, dimensions: Vec::new(), elements: Vec::new() }));
        Ok(Tree::Coalesce(vec![Tree::Column(rel, 0, ty), Tree::Const(empty, ty)], ty))
    }

    /// `op ANY` and `op ALL` as a value: whether a row's test decides, else whether one's is unknown.
    fn quantified(&mut self, plan: &mut Plan, subquery: &Subquery, test: Tree, all: bool) -> Result<Tree, SqlError> {
        let test = self.own_operands(plan, test)?;
        let decides = Tree::IsBool { arg: Box::new(test.clone()), value: Some(!all), negated: false };
        let unknown = Tree::IsNull { arg: Box::new(test.clone()), negated: false };
        let mut found = self.found(plan, subquery, Some(&test), vec![Some(decides), Some(unknown)])?.into_iter();
        let (Some(decided), Some(unknown)) = (found.next(), found.next()) else {
            return Err(SqlError::internal("two answers were asked for"));
        };
        let is_found = |column: Tree| Tree::IsNull { arg: Box::new(column), negated: true };
        Ok(Tree::Case {
            branches: vec![
                (is_found(decided), Tree::Const(Datum::Bool(!all), BOOL)),
                (is_found(unknown), Tree::Const(Datum::Null, BOOL)),
            ],
            otherwise: Box::new(Tree::Const(Datum::Bool(all), BOOL)),
            ty: BOOL,
        })
    }

    /// For every test (`None`: any row) a column that is NULL where no row of the subquery fulfils it.
    fn found(
        &mut self,
        plan: &mut Plan,
        subquery: &Subquery,
        operands: Option<&Tree>,
        tests: Vec<Option<Tree>>,
    ) -> Result<Vec<Tree>, SqlError> {
        let domain = self.test_domain(plan, subquery, operands)?;
        let inner_rel = self.fresh_rel();
        let mut lowered = match subquery.outer.is_empty() && operands.is_some() {
            // The subquery itself knows nothing of the domain: every tuple meets every row.
            true => {
                let plain = self.query(&subquery.query, None)?;
                let (all, slots) = self.domain_plan(&domain)?;
                let joined = join_plans(all.plan, plain.plan, JoinType::Inner, Default::default(), None, false)?;
                Lowered { plan: joined, domain: slots, order: Vec::new(), ..plain }
            }
            false => self.query(&subquery.query, Some(&domain))?,
        };
        let mut inner = self.beside_domain(&lowered, &domain, inner_rel);
        let mut calls = Vec::new();
        let mut slots = Vec::new();
        for test in tests {
            let mut call = self.own_call(Kernel::First, vec![TypeId::BOOL], BOOL);
            let mut args = vec![lit(true)];
            if let Some(test) = test {
                let test = self.column_of(&mut inner, &with_columns(test, inner_rel))?;
                call.filtered = true;
                args.push(test.expr());
            }
            let column = self.fresh_column();
            calls.push(call.over(args).alias(&column.name));
            slots.push(Slot { column, ty: BOOL, nullable: true });
        }
        lowered.plan = aggregate(inner.plan, lowered.domain.iter().map(Slot::expr).collect(), calls)?;
        let rel = self.attach(plan, lowered, &domain, &slots)?;
        Ok((0..slots.len()).map(|column| Tree::Column(rel, column, BOOL)).collect())
    }

    /// The domain of a subquery and of the operands of a test.
    fn test_domain(&mut self, plan: &mut Plan, subquery: &Subquery, test: Option<&Tree>) -> Result<Domain, SqlError> {
        let operands = test.map(Tree::columns).unwrap_or_default();
        let operands = operands.into_iter().map(|(rel, column, _)| (rel, column));
        self.domain(plan, outer_columns(subquery).chain(operands))
    }

    /// A subquery's columns under `rel`, and the domain's under their own names.
    fn beside_domain(&self, lowered: &Lowered, domain: &Domain, rel: RelId) -> Plan {
        let mut plan = relation(lowered.plan.clone(), rel, &lowered.columns, lowered.volatile);
        for (((rel, column), _), slot) in domain.columns.iter().zip(&lowered.domain) {
            plan.scope.insert(Name::Column(*rel, *column), slot.clone());
        }
        plan
    }

    /// Joins a subquery's columns to the plan, by its domain. Without one it is a single row.
    fn attach(
        &mut self,
        plan: &mut Plan,
        lowered: Lowered,
        domain: &Domain,
        slots: &[Slot],
    ) -> Result<RelId, SqlError> {
        let rel = self.fresh_rel();
        let right = relation(lowered.plan.clone(), rel, slots, lowered.volatile);
        let kind = if domain.columns.is_empty() { JoinType::Inner } else { JoinType::Left };
        let keys = domain_keys(domain, &lowered);
        let joined = join_plans(plan.plan.clone(), right.plan.clone(), kind, keys, None, true)?;
        *plan = self.joined(plan.clone(), right, kind, joined)?;
        Ok(rel)
    }

    /// A test whose operands from outside are columns of the plan.
    fn own_operands(&mut self, plan: &mut Plan, test: Tree) -> Result<Tree, SqlError> {
        let of_subquery = |expr: &Tree| expr.any(|part| matches!(part, Tree::SubColumn(..)));
        if of_subquery(&test) {
            return match test {
                leaf @ Tree::SubColumn(..) => Ok(leaf),
                other => other.map_children(&mut |child| self.own_operands(plan, child)),
            };
        }
        if matches!(test, Tree::Const(..) | Tree::Param(..) | Tree::Element(_) | Tree::Column(..)) {
            return Ok(test);
        }
        let ty = test.ty();
        let test = self.without_subqueries(plan, test)?;
        let slot = self.column_of(plan, &test)?;
        let rel = self.fresh_rel();
        plan.scope.insert(Name::Column(rel, 0), slot);
        Ok(Tree::Column(rel, 0, ty))
    }
}

fn outer_columns(subquery: &Subquery) -> impl Iterator<Item = (RelId, usize)> + '_ {
    subquery.outer.iter().map(|(rel, column, _)| (*rel, *column))
}

fn domain_keys(
    domain: &Domain,
    lowered: &Lowered,
) -> (Vec<datafusion::common::Column>, Vec<datafusion::common::Column>) {
    let outer = domain.columns.iter().map(|(_, slot)| slot.column.clone());
    (outer.collect(), lowered.domain.iter().map(|slot| slot.column.clone()).collect())
}

/// Is it FROM and WHERE alone, with everything from outside in conditions of WHERE?
fn is_plain(subquery: &Subquery, select: &Select, run: &Run) -> bool {
    let query = &subquery.query;
    let outer: FxHashSet<RelId> = subquery.outer.iter().map(|(rel, ..)| *rel).collect();
    let mut own = FxHashSet::default();
    select.from.iter().for_each(|item| defined(item, &mut own));
    let mut conditions = Vec::new();
    if let Some(filter) = &select.filter {
        conjuncts(filter, run, &mut conditions);
    }
    let uses_outer = |expr: &Tree| !rels(expr).is_disjoint(&outer);
    let plain_target = |expr: &Tree| {
        !has_subquery(expr) && !is_volatile(expr) && !expr.any(|part| matches!(part, Tree::SetCall { .. }))
    };
    query.limit.is_none()
        && query.offset.is_none()
        && select.grouping.is_none()
        && select.having.is_none()
        && select.windows.is_empty()
        && !matches!(select.distinct, Distinct::On(_))
        && !select.from.is_empty()
        && select.targets.iter().all(|target| plain_target(&target.expr))
        && select.from.iter().all(|item| used(item).is_disjoint(&outer))
        && conditions
            .iter()
            .all(|condition| !(uses_outer(condition) && (has_subquery(condition) || is_volatile(condition))))
}

/// A test over a subquery's columns as a test over what they compute.
fn with_targets(test: Tree, select: &Select) -> Result<Tree, SqlError> {
    match test {
        Tree::SubColumn(column, _) => {
            let target = select.targets.get(column).map(|target| target.expr.clone());
            target.ok_or_else(|| SqlError::internal("a test of a column that is not there"))
        }
        other => other.map_children(&mut |child| with_targets(child, select)),
    }
}

/// A test over a subquery's columns as a test over columns of `rel`.
fn with_columns(test: Tree, rel: RelId) -> Tree {
    let rebuilt = match test {
        Tree::SubColumn(column, ty) => return Tree::Column(rel, column, ty),
        other => other.map_children(&mut |child| Ok(with_columns(child, rel))),
    };
    rebuilt.expect("nothing here fails")
}

/// `(a <> b) IS NOT TRUE` is `a = b` where neither can be NULL: a hash join instead of a nested loop. Likewise with
/// `(a = b) IS NOT FALSE`, which NOT (a = ANY ...) leads to.
fn simplified(test: Tree, left: &Plan, right: &Plan) -> Tree {
    let Tree::IsBool { arg, value: Some(value), negated: true } = &test else { return test };
    let Tree::Call { function, args, ty } = &**arg else { return test };
    let is_nullable = |expr: &Tree| left.is_nullable(expr) && right.is_nullable(expr);
    if args.iter().any(is_nullable) || !function.strict {
        return test;
    }
    if !value {
        return (**arg).clone();
    }
    let operator = operators::all().find(|operator| operator.function.oid == function.oid);
    let negator = operator.and_then(|operator| operators::exact(operator.negator?, operator.left, operator.right));
    match negator {
        Some(negator) => Tree::Call { function: negator.function, args: args.clone(), ty: *ty },
        None => test,
    }
}
