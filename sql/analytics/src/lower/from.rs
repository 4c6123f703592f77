//! FROM: leaves, outer joins, LATERAL.
//!
//! Inner joins are flattened to a set of units and a set of conditions, which `order` puts in order. Outer joins are units; a
//! LATERAL item waits until what it uses is there.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr as Tree, FromItem, JoinKind, RelId, Subquery};
use cairn_sql_catalog::schema::{Table, TableKey};
use cairn_sql_types::{SqlError, Type, TypeId};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::{Column, JoinType};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use rustc_hash::FxHashSet;

use super::build::{conjunction, has_subquery, join_plans, one_row, rels};
use super::condition::conjuncts;
use super::order::{Unit, Waiting};
use super::scope::{Name, Plan, Slot, is_volatile};
use super::{Domain, Lowerer};
use crate::context::Run;
use crate::error;
use crate::leaf::condition::Condition;
use crate::leaf::source::Source;
use crate::leaf::{Leaf, estimate, key};
use crate::value::arrow_type;

/// Rows of a relation about which nothing is known.
const UNKNOWN_ROWS: usize = 10_000;
/// Tuples of outer columns.
const DOMAIN_ROWS: usize = 1000;

impl Lowerer {
    /// All items joined, and the conditions without subqueries applied. The conditions that are left hold subqueries.
    pub(super) fn from(
        &mut self,
        items: &[FromItem],
        conditions: Vec<Tree>,
        domain: Option<&Domain>,
    ) -> Result<(Plan, Vec<Tree>), SqlError> {
        let mut flat = Vec::new();
        let mut all = conditions;
        items.iter().for_each(|item| flatten(item, &self.run, &mut flat, &mut all));
        let (late, mut open): (Vec<Tree>, Vec<Tree>) =
            all.into_iter().partition(|condition| has_subquery(condition) || is_volatile(condition));
        let mut units = Vec::new();
        let mut waiting = Vec::new();
        if let Some(domain) = domain.filter(|domain| !domain.columns.is_empty()) {
            let (plan, _) = self.domain_plan(domain)?;
            let rels = domain.columns.iter().map(|((rel, _), _)| *rel).collect();
            units.push(Unit::new(plan, rels, DOMAIN_ROWS));
        }
        for item in flat {
            let mut own = FxHashSet::default();
            defined(item, &mut own);
            let needs: FxHashSet<RelId> = used(item).into_iter().filter(|rel| !own.contains(rel)).collect();
            match needs.is_empty() {
                true => {
                    let unit = self.unit(item, own, &open)?;
                    units.push(unit);
                }
                false => waiting.push(Waiting { item, needs, rels: own }),
            }
        }
        for unit in &mut units {
            self.apply(unit, &mut open)?;
        }
        let late = self.early_semijoins(&mut units, late)?;
        let mut unit = self.in_order(units, waiting, &mut open)?;
        // What is left has no column of ours in it, or the unit would have taken it.
        for condition in open {
            self.filter(&mut unit.plan, &condition)?;
        }
        let (volatile, late): (Vec<Tree>, Vec<Tree>) = late.into_iter().partition(|condition| !has_subquery(condition));
        for condition in volatile {
            self.filter(&mut unit.plan, &condition)?;
        }
        Ok((unit.plan, late))
    }

    /// An item that uses nothing of the others. `open` only serves the estimate.
    fn unit(&mut self, item: &FromItem, rels: FxHashSet<RelId>, open: &[Tree]) -> Result<Unit, SqlError> {
        let (plan, rows) = match item {
            FromItem::Table { rel, table, .. } => {
                let all = estimate::rows(&Source::Table(table.clone()), &self.run);
                let rows = self.table_rows(table, *rel, all, open)?;
                let unit = Unit::new(self.table(table, *rel)?, rels, rows);
                return Ok(unit.with_keys(table, *rel, all));
            }
            FromItem::System { rel, relation } => {
                let columns = relation.columns.iter().map(|(_, ty)| Type::plain(*ty)).collect::<Vec<_>>();
                let source = Source::System(relation);
                let rows = estimate::rows(&source, &self.run);
                (self.leaf(source, *rel, &columns)?, rows)
            }
            FromItem::Sequence { .. } => {
                return Err(SqlError::unsupported("reading a sequence as a table in this query"));
            }
            FromItem::Subquery { rel, subquery, .. } => (self.derived(*rel, subquery)?, UNKNOWN_ROWS),
            FromItem::Cte { rel, cte, .. } => (self.cte(*rel, *cte)?, UNKNOWN_ROWS),
            FromItem::Function { rel, call, columns, ordinality, .. } => {
                (self.function(one_row(), *rel, call, columns, *ordinality)?, 100)
            }
            FromItem::Join { kind, left, right, on } => {
                (self.outer_join(None, *kind, left, right, on.as_ref())?, UNKNOWN_ROWS)
            }
        };
        Ok(Unit::new(plan, rels, rows))
    }

    /// An item that uses columns of what is there.
    pub(super) fn dependent(&mut self, current: Plan, item: &FromItem) -> Result<Plan, SqlError> {
        match item {
            FromItem::Subquery { rel, subquery, .. } => self.lateral(current, *rel, subquery, JoinType::Inner, &[]),
            FromItem::Function { rel, call, columns, ordinality, .. } => {
                self.function(current, *rel, call, columns, *ordinality)
            }
            FromItem::Join { kind: JoinKind::Left, left, right, on } => {
                self.outer_join(Some(current), JoinKind::Left, left, right, on.as_ref())
            }
            FromItem::Join { .. } => {
                Err(SqlError::unsupported("a RIGHT or FULL JOIN that uses columns of an outer query"))
            }
            _ => Err(SqlError::internal("an item of FROM that cannot depend on others")),
        }
    }

    /// LEFT, RIGHT, FULL. `base`: rows that stand beside the left side, whose columns both sides may use.
    fn outer_join(
        &mut self,
        base: Option<Plan>,
        kind: JoinKind,
        left: &FromItem,
        right: &FromItem,
        on: Option<&Tree>,
    ) -> Result<Plan, SqlError> {
        let kind = match kind {
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
            JoinKind::Inner | JoinKind::Cross => return Err(SqlError::internal("an inner join among the outer ones")),
        };
        let mut conditions = Vec::new();
        if let Some(on) = on {
            conjuncts(on, &self.run, &mut conditions);
        }
        if conditions.iter().any(has_subquery) {
            return Err(SqlError::unsupported("a subquery in the condition of an outer join"));
        }
        let left_plan = self.side(base, left)?;
        let mut own = FxHashSet::default();
        defined(right, &mut own);
        let depends = used(right).into_iter().any(|rel| !own.contains(&rel));
        if depends {
            return match (kind, right) {
                (JoinType::Left, FromItem::Subquery { rel, subquery, .. }) => {
                    self.lateral(left_plan, *rel, subquery, kind, &conditions)
                }
                (JoinType::Left, FromItem::Function { rel, call, columns, ordinality, .. }) => {
                    self.function_beside(left_plan, *rel, call, columns, *ordinality, &conditions)
                }
                _ => Err(SqlError::unsupported("this outer join with outer references in its inner side")),
            };
        }
        let mut right_plan = self.side(None, right)?;
        // Conditions on the inner side alone narrow it before the join.
        if kind == JoinType::Left {
            let (mine, others): (Vec<Tree>, Vec<Tree>) = conditions.into_iter().partition(|condition| {
                let rels = rels(condition);
                rels.is_subset(&own) && !is_volatile(condition)
            });
            for condition in &mine {
                self.filter(&mut right_plan, condition)?;
            }
            conditions = others;
        }
        self.join(left_plan, right_plan, kind, &conditions)
    }

    fn side(&mut self, base: Option<Plan>, item: &FromItem) -> Result<Plan, SqlError> {
        let Some(base) = base else {
            let (plan, late) = self.from(std::slice::from_ref(item), Vec::new(), None)?;
            return match late.is_empty() {
                true => Ok(plan),
                false => Err(SqlError::unsupported("a subquery in a join condition below an outer join")),
            };
        };
        let mut conditions = Vec::new();
        let mut flat = Vec::new();
        flatten(item, &self.run, &mut flat, &mut conditions);
        if conditions.iter().any(|condition| has_subquery(condition) || is_volatile(condition)) {
            return Err(SqlError::unsupported("a subquery in a join condition below an outer join"));
        }
        let mut rels = FxHashSet::default();
        rels.extend(base.scope.keys().filter_map(|name| match name {
            Name::Column(rel, _) | Name::RowId(rel) => Some(*rel),
            _ => None,
        }));
        let mut units = vec![Unit::new(base, rels, DOMAIN_ROWS)];
        let mut waiting = Vec::new();
        for item in flat {
            let mut own = FxHashSet::default();
            defined(item, &mut own);
            let needs: FxHashSet<RelId> = used(item).into_iter().filter(|rel| !own.contains(rel)).collect();
            match needs.is_empty() {
                true => units.push(self.unit(item, own, &conditions)?),
                false => waiting.push(Waiting { item, needs, rels: own }),
            }
        }
        for unit in &mut units {
            self.apply(unit, &mut conditions)?;
        }
        let mut unit = self.in_order(units, waiting, &mut conditions)?;
        for condition in conditions {
            self.filter(&mut unit.plan, &condition)?;
        }
        Ok(unit.plan)
    }

    fn table(&mut self, table: &Arc<Table>, rel: RelId) -> Result<Plan, SqlError> {
        let mut columns: Vec<Type> = table.columns.iter().map(|column| column.ty).collect();
        if table.key == TableKey::RowId {
            columns.push(Type::plain(crate::leaf::source::ROW_ID));
        }
        let mut plan = self.leaf(Source::Table(table.clone()), rel, &columns)?;
        for (number, column) in table.columns.iter().enumerate() {
            if let Some(slot) = plan.scope.get_mut(&Name::Column(rel, number)) {
                slot.nullable = !column.not_null;
            }
        }
        if table.key == TableKey::RowId
            && let Some(slot) = plan.scope.remove(&Name::Column(rel, table.columns.len()))
        {
            plan.scope.insert(Name::RowId(rel), slot);
        }
        Ok(plan)
    }

    /// A scan of a leaf with these columns.
    pub(super) fn leaf(&mut self, source: Source, rel: RelId, columns: &[Type]) -> Result<Plan, SqlError> {
        let table = format!("r{}", self.fresh());
        let named: Vec<(String, TypeId)> = columns.iter().map(|ty| (self.fresh(), ty.id)).collect();
        let scope = named.iter().zip(columns).enumerate().map(|(number, ((name, _), ty))| {
            let column = Column::new(Some(table.as_str()), name);
            (Name::Column(rel, number), Slot { column, ty: *ty, nullable: true })
        });
        let scope = scope.collect();
        let leaf = Arc::new(Leaf::new(source, named, &self.run));
        let plan = LogicalPlanBuilder::scan(table.as_str(), provider_as_source(leaf), None);
        let plan = plan.and_then(LogicalPlanBuilder::build).map_err(error::unwrap)?;
        Ok(Plan { plan, scope, volatile: false })
    }

    /// Those of a table's rows, `all` in number, that pass the conditions on it alone.
    fn table_rows(&self, table: &Arc<Table>, rel: RelId, all: usize, open: &[Tree]) -> Result<usize, SqlError> {
        let mine = open.iter().filter(|condition| rels(condition).into_iter().eq([rel]) && !has_row_id(condition));
        let bound = mine.map(|condition| super::scope::bind_params(condition.clone(), &self.run));
        let conditions =
            bound.map(|tree| Ok(Condition { tree: Arc::new(tree?) })).collect::<Result<Vec<_>, SqlError>>()?;
        let access = key::choose(table, &conditions, &self.run)?;
        Ok(estimate::passing(all, Some(&access), &conditions))
    }

    /// A subquery in FROM that uses nothing from outside.
    fn derived(&mut self, rel: RelId, subquery: &Subquery) -> Result<Plan, SqlError> {
        let lowered = self.query(&subquery.query, None)?;
        let lowered = self.sorted(lowered)?;
        Ok(relation(lowered.plan, rel, &lowered.columns[..subquery.query.columns.len()], lowered.volatile))
    }

    fn cte(&mut self, rel: RelId, id: cairn_sql_binder::tree::CteId) -> Result<Plan, SqlError> {
        if let Some(working) = self.working.iter().rev().find(|working| working.id == id) {
            let (name, types) = (working.name.clone(), working.types.clone());
            return self.work_table(rel, &name, &types);
        }
        let known = self.ctes.iter().rev().find(|cte| cte.id == id).cloned();
        let cte = known.ok_or_else(|| SqlError::internal("a WITH item that is not in sight"))?;
        if cte.recursive {
            return self.recursive(rel, &cte);
        }
        let lowered = self.query(&cte.query, None)?;
        let lowered = self.sorted(lowered)?;
        Ok(relation(lowered.plan, rel, &lowered.columns[..cte.query.columns.len()], lowered.volatile))
    }

    /// The rows of the last step of a recursion.
    fn work_table(&mut self, rel: RelId, name: &str, types: &[Type]) -> Result<Plan, SqlError> {
        let fields = types.iter().enumerate().map(|(number, ty)| {
            datafusion::arrow::datatypes::Field::new(format!("w{number}"), arrow_type(ty.id), true)
        });
        let schema = datafusion::arrow::datatypes::Schema::new(fields.collect::<Vec<_>>());
        let table = Arc::new(CteWorkTable::new(name, Arc::new(schema)));
        let plan = LogicalPlanBuilder::scan(name, provider_as_source(table), None);
        let plan = plan.and_then(LogicalPlanBuilder::build).map_err(error::unwrap)?;
        let slots: Vec<Slot> = types
            .iter()
            .enumerate()
            .map(|(number, ty)| {
                let column = Column::new(Some(name), format!("w{number}"));
                Slot { column, ty: *ty, nullable: true }
            })
            .collect();
        let (plan, slots) = self.renamed(plan, &slots)?;
        Ok(relation(plan, rel, &slots, false))
    }

    /// The same columns under fresh names.
    pub(super) fn renamed(&mut self, plan: LogicalPlan, slots: &[Slot]) -> Result<(LogicalPlan, Vec<Slot>), SqlError> {
        let fresh: Vec<Slot> = slots.iter().map(|slot| Slot { column: self.fresh_column(), ..slot.clone() }).collect();
        let exprs = slots.iter().zip(&fresh).map(|(old, new)| old.expr().alias(&new.column.name));
        Ok((super::build::project(plan, exprs.collect())?, fresh))
    }

    /// Every row with the rows that a subquery gives for it.
    fn lateral(
        &mut self,
        mut plan: Plan,
        rel: RelId,
        subquery: &Subquery,
        kind: JoinType,
        on: &[Tree],
    ) -> Result<Plan, SqlError> {
        let domain = self.domain(&mut plan, subquery.outer.iter().map(|(rel, column, _)| (*rel, *column)))?;
        let lowered = self.query(&subquery.query, Some(&domain))?;
        let right = relation(lowered.plan, rel, &lowered.columns[..subquery.query.columns.len()], lowered.volatile);
        let keys = (
            domain.columns.iter().map(|(_, slot)| slot.column.clone()).collect(),
            lowered.domain.iter().map(|slot| slot.column.clone()).collect(),
        );
        let mut both = plan.clone();
        both.scope.extend(right.scope.iter().map(|(name, slot)| (name.clone(), slot.clone())));
        let on = on.iter().map(|condition| both.condition(condition, &self.run)).collect::<Result<Vec<_>, _>>()?;
        let joined = join_plans(plan.plan.clone(), right.plan.clone(), kind, keys, conjunction(on), true)?;
        self.joined(plan, right, kind, joined)
    }
}

/// A plan whose columns are those of a relation.
pub(super) fn relation(plan: LogicalPlan, rel: RelId, slots: &[Slot], volatile: bool) -> Plan {
    let named = |(number, slot): (usize, &Slot)| (Name::Column(rel, number), slot.clone());
    Plan { plan, scope: slots.iter().enumerate().map(named).collect(), volatile }
}

fn has_row_id(expr: &Tree) -> bool {
    expr.any(|part| matches!(part, Tree::RowId(_)))
}

/// Inner joins become their operands and conditions.
fn flatten<'a>(item: &'a FromItem, run: &Run, items: &mut Vec<&'a FromItem>, conditions: &mut Vec<Tree>) {
    match item {
        FromItem::Join { kind: JoinKind::Inner | JoinKind::Cross, left, right, on } => {
            flatten(left, run, items, conditions);
            flatten(right, run, items, conditions);
            if let Some(on) = on {
                conjuncts(on, run, conditions);
            }
        }
        other => items.push(other),
    }
}

/// The relations that an item brings into sight.
pub(super) fn defined(item: &FromItem, out: &mut FxHashSet<RelId>) {
    match item {
        FromItem::Table { rel, .. }
        | FromItem::System { rel, .. }
        | FromItem::Sequence { rel, .. }
        | FromItem::Subquery { rel, .. }
        | FromItem::Cte { rel, .. }
        | FromItem::Function { rel, .. } => {
            out.insert(*rel);
        }
        FromItem::Join { left, right, .. } => {
            defined(left, out);
            defined(right, out);
        }
    }
}

/// The relations whose columns an item uses (its own among them).
pub(super) fn used(item: &FromItem) -> FxHashSet<RelId> {
    match item {
        FromItem::Subquery { subquery, .. } => subquery.outer.iter().map(|(rel, ..)| *rel).collect(),
        FromItem::Function { call, .. } => rels(call),
        FromItem::Join { left, right, on, .. } => {
            let mut all = used(left);
            all.extend(used(right));
            all.extend(on.iter().flat_map(rels));
            all
        }
        _ => FxHashSet::default(),
    }
}
