//! GROUP BY, grouping sets, aggregates.
//!
//! Keys and arguments become columns first. A key whose bytes do not say whether values are equal (numeric, float,
//! char(n), ...) is grouped by its sort key and shown by the group's first value. Several grouping sets are the UNION ALL of
//! one grouping each.

use cairn_sql_binder::tree::{AggregateCall, Expr as Tree, Grouping};
use cairn_sql_types::{Datum, SqlError, Type, TypeId};
use datafusion::common::JoinType;
use datafusion::logical_expr::{Expr, lit};
use rustc_hash::FxHashSet;

use super::build::{aggregate, append, join_plans, project};
use super::scope::{Name, Plan, Slot, literal};
use super::{Domain, Lowerer};
use crate::aggregate::{Call, Kernel};
use crate::value::is_canonical;

/// An aggregate call whose arguments are columns.
struct Prepared {
    call: Call,
    args: Vec<Slot>,
    filter: Option<Slot>,
    order: Vec<Slot>,
    ty: Type,
}

impl Lowerer {
    /// The groups of a plan: afterwards only groups, aggregates and the domain's columns are in sight. `ids`: the calls of
    /// GROUPING().
    pub(super) fn group(
        &mut self,
        mut plan: Plan,
        grouping: &Grouping,
        ids: &[Vec<usize>],
        domain: Option<&Domain>,
    ) -> Result<Plan, SqlError> {
        let mut keys = Vec::with_capacity(grouping.keys.len());
        for key in &grouping.keys {
            let key = self.without_subqueries(&mut plan, key.clone())?;
            keys.push(self.column_of(&mut plan, &key)?);
        }
        let calls = grouping.aggregates.iter().map(|call| self.prepare(&mut plan, call));
        let mut calls = calls.collect::<Result<Vec<_>, _>>()?;
        if grouping.sets.len() > 1 && plan.volatile {
            return Err(SqlError::unsupported("grouping sets over volatile functions"));
        }
        let mut outer = Vec::new();
        for ((rel, column), _) in domain.iter().flat_map(|domain| &domain.columns) {
            let name = Name::Column(*rel, *column);
            outer.push((name.clone(), plan.slot(&name)?.clone()));
        }
        if grouping.sets.iter().any(Vec::is_empty)
            && let Some(domain) = domain.filter(|domain| !domain.columns.is_empty())
        {
            self.keep_empty_groups(&mut plan, domain, &mut outer, &mut calls)?;
        }
        let mut groups = Vec::with_capacity(grouping.sets.len());
        for set in &grouping.sets {
            groups.push(self.group_set(&plan, &keys, set, &calls, &outer, ids)?);
        }
        let mut result = self.union_groups(groups)?;
        // A key that is a bare column is what subqueries behind the grouping stage refer to.
        for (number, key) in grouping.keys.iter().enumerate() {
            if let Some(name @ Name::Column(..)) = super::scope::name_of(key)
                && let Some(slot) = result.scope.get(&Name::Group(number)).cloned()
            {
                result.scope.entry(name).or_insert(slot);
            }
        }
        Ok(result)
    }

    fn prepare(&mut self, plan: &mut Plan, call: &AggregateCall) -> Result<Prepared, SqlError> {
        let mut column = |this: &mut Self, expr: &Tree| {
            let expr = this.without_subqueries(plan, expr.clone())?;
            this.column_of(plan, &expr)
        };
        let args = call.args.iter().map(|arg| column(self, arg)).collect::<Result<Vec<_>, _>>()?;
        let filter = call.filter.as_ref().map(|filter| column(self, filter)).transpose()?;
        let order = call.order_by.iter().map(|sort| column(self, &sort.expr)).collect::<Result<Vec<_>, _>>()?;
        let specs = call.order_by.iter().map(|sort| (sort.expr.ty().id, sort.descending, sort.nulls_first));
        let types: Vec<TypeId> = args.iter().map(|slot| slot.ty.id).collect();
        let mut own = self.own_call(Kernel::Library(call.aggregate), types, call.ty);
        own.distinct = call.distinct;
        own.filtered = filter.is_some();
        own.order = specs.collect();
        Ok(Prepared { call: own, args, filter, order, ty: call.ty })
    }

    /// Aggregates without GROUP BY give a row for every tuple of the domain, also where nothing was found: the input is
    /// joined to the whole domain, and rows that stand for "nothing" are filtered out of every aggregate.
    fn keep_empty_groups(
        &mut self,
        plan: &mut Plan,
        domain: &Domain,
        outer: &mut [(Name, Slot)],
        calls: &mut [Prepared],
    ) -> Result<(), SqlError> {
        let marker = self.fresh_column();
        let mut exprs: Vec<Expr> = plan.plan.schema().columns().into_iter().map(Expr::Column).collect();
        exprs.push(lit(true).alias(&marker.name));
        for call in calls.iter_mut() {
            let filter = self.fresh_column();
            let condition = match &call.filter {
                Some(slot) => slot.expr(),
                None => lit(true),
            };
            exprs.push(condition.alias(&filter.name));
            call.filter = Some(Slot { column: filter, ty: Type::plain(TypeId::BOOL), nullable: true });
            call.call.filtered = true;
        }
        let input = project(plan.plan.clone(), exprs)?;
        let (all, slots) = self.domain_plan(domain)?;
        let keys = (
            slots.iter().map(|slot| slot.column.clone()).collect(),
            outer.iter().map(|(_, slot)| slot.column.clone()).collect(),
        );
        plan.plan = join_plans(all.plan, input, JoinType::Left, keys, None, true)?;
        for ((_, slot), fresh) in outer.iter_mut().zip(slots) {
            *slot = fresh;
        }
        Ok(())
    }

    fn group_set(
        &mut self,
        input: &Plan,
        keys: &[Slot],
        set: &[usize],
        calls: &[Prepared],
        outer: &[(Name, Slot)],
        ids: &[Vec<usize>],
    ) -> Result<Plan, SqlError> {
        let mut plan = input.clone();
        let mut grouped = Vec::new();
        let mut aggregates = Vec::new();
        let mut shown: Vec<(Name, Slot)> = Vec::new();
        let mut constants = Vec::new();
        let mut seen = FxHashSet::default();
        for (number, key) in keys.iter().enumerate() {
            if !set.contains(&number) {
                let column = self.fresh_column();
                constants.push(literal(&Datum::Null, key.ty.id)?.alias(&column.name));
                shown.push((Name::Group(number), Slot { column, ty: key.ty, nullable: true }));
                continue;
            }
            let column = self.key_of(&mut plan, key)?;
            if seen.insert(column.clone()) {
                grouped.push(Expr::Column(column));
            }
            match is_canonical(key.ty.id) {
                true => shown.push((Name::Group(number), key.clone())),
                false => {
                    let (call, slot) = self.first(key);
                    aggregates.push(call);
                    shown.push((Name::Group(number), slot));
                }
            }
        }
        for (name, slot) in outer {
            if seen.insert(slot.column.clone()) {
                grouped.push(slot.expr());
            }
            shown.push((name.clone(), slot.clone()));
        }
        for (number, call) in calls.iter().enumerate() {
            let slots = call.args.iter().chain(&call.filter).chain(&call.order);
            let mut args: Vec<Expr> = slots.map(Slot::expr).collect();
            if args.is_empty() {
                args.push(lit(true));
            }
            let column = self.fresh_column();
            aggregates.push(call.call.clone().over(args).alias(&column.name));
            shown.push((Name::Aggregate(number), Slot { column, ty: call.ty, nullable: true }));
        }
        if grouped.is_empty() && aggregates.is_empty() {
            // GROUP BY () without aggregates still is one row.
            let (call, _) = self.count();
            aggregates.push(call);
        }
        plan.plan = aggregate(plan.plan, grouped, aggregates)?;
        for id in ids {
            let column = self.fresh_column();
            let bits = id.iter().fold(0, |bits, key| bits << 1 | i32::from(!set.contains(key)));
            constants.push(lit(bits).alias(&column.name));
            let slot = Slot { column, ty: Type::plain(TypeId::INT4), nullable: false };
            shown.push((Name::GroupingId(id.clone()), slot));
        }
        if !constants.is_empty() {
            let mut exprs: Vec<Expr> = plan.plan.schema().columns().into_iter().map(Expr::Column).collect();
            exprs.extend(constants);
            plan.plan = project(plan.plan, exprs)?;
        }
        plan.scope = shown.into_iter().collect();
        Ok(plan)
    }

    fn union_groups(&mut self, groups: Vec<Plan>) -> Result<Plan, SqlError> {
        let mut groups = groups.into_iter();
        let first = groups.next().ok_or_else(|| SqlError::internal("grouping without sets"))?;
        let rest: Vec<Plan> = groups.collect();
        if rest.is_empty() {
            return Ok(first);
        }
        let names: Vec<Name> = first.scope.keys().cloned().collect();
        let volatile = first.volatile;
        let slots = names.iter().map(|name| first.slot(name).cloned()).collect::<Result<Vec<_>, _>>()?;
        let (mut plan, fresh) = self.renamed(first.plan, &slots)?;
        for group in rest {
            let exprs =
                names.iter().zip(&fresh).map(|(name, fresh)| Ok(group.slot(name)?.expr().alias(&fresh.column.name)));
            let side = project(group.plan.clone(), exprs.collect::<Result<Vec<_>, SqlError>>()?)?;
            plan = append(plan, side);
        }
        let scope = names.into_iter().zip(fresh).map(|(name, slot)| (name, Slot { nullable: true, ..slot })).collect();
        Ok(Plan { plan, scope, volatile })
    }
}
