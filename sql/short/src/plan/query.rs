//! Planning queries: which table first, how each is reached, what is left to filter, sort and count.

use std::sync::Arc;

use cairn_sql_binder::tree::{
    AggregateCall, Body, Distinct, Expr, LockStrength, LockWait, Locking, Query, RelId, Select, SortKey, Target,
};
use cairn_sql_types::TypeId;
use cairn_sql_types::kernel::Aggregate;

use super::access::Wanted;
use super::arrange::Wish;
use super::join::Flat;
use super::{Access, NotShort, Planner, extreme};
use crate::eval::{Code, Compiler, SubPlan};
use crate::shape::TableShape;

/// Most tables of a query on the core.
pub(crate) const TABLES_MAX: usize = 3;

/// A query, planned.
pub(crate) struct QueryPlan {
    pub(crate) subs: Vec<SubPlan>,
    /// Conditions without columns: tested once.
    pub(crate) gates: Box<[Code]>,
    pub(crate) steps: Vec<Step>,
    /// VALUES, instead of a select list.
    pub(crate) values: Option<Vec<Box<[Code]>>>,
    /// `Some`: one group over all rows.
    pub(crate) aggregates: Option<Vec<AggregatePlan>>,
    /// The first row is enough for the aggregate.
    pub(crate) first_row: bool,
    pub(crate) having: Option<Code>,
    /// The visible ones first, then those that only ORDER BY needs.
    pub(crate) targets: Box<[Code]>,
    pub(crate) visible: usize,
    pub(crate) ordering: Ordering,
    pub(crate) limit: Option<Code>,
    pub(crate) offset: Option<Code>,
    pub(crate) with_ties: bool,
    pub(crate) locks: Option<Locks>,
}

/// One table of the nested loops.
pub(crate) struct Step {
    pub(crate) shape: Arc<TableShape>,
    pub(crate) alias: Arc<str>,
    pub(crate) access: Access,
    pub(crate) kind: StepKind,
    /// What decides whether a row matches (ON of a LEFT JOIN; for others, WHERE as far as it can be decided here).
    pub(crate) matches: Box<[Code]>,
    /// What is tested after a LEFT JOIN has been filled up with NULLs.
    pub(crate) filter: Box<[Code]>,
    /// The typed conditions, for EXPLAIN.
    pub(crate) shown: Shown,
}

/// Conditions as EXPLAIN shows them.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) index: Vec<Expr>,
    pub(crate) filter: Vec<Expr>,
    pub(crate) rel: u32,
}

/// Does a row without partner stay?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepKind {
    Inner,
    Left,
}

/// One aggregate call.
pub(crate) struct AggregatePlan {
    pub(crate) aggregate: &'static Aggregate,
    pub(crate) args: Box<[Code]>,
    pub(crate) types: Box<[TypeId]>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Code>,
}

/// How the rows get into order.
pub(crate) enum Ordering {
    /// They come in order, or in none.
    AsTheyCome,
    /// Sorted in memory by these targets.
    Sort(Vec<SortSpec>),
}

/// One sort column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SortSpec {
    pub(crate) target: usize,
    pub(crate) ty: TypeId,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// Row locks of a query.
pub(crate) struct Locks {
    pub(crate) plans: Vec<LockPlan>,
    pub(crate) skips: bool,
}

/// The lock on one table's rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockPlan {
    /// Which step's rows.
    pub(crate) step: usize,
    pub(crate) strength: LockStrength,
    pub(crate) wait: LockWait,
}

impl QueryPlan {
    /// A join of several rows that finds the others by their keys.
    pub(crate) fn looks_up(&self) -> bool {
        let singles = self.steps.iter().filter(|step| step.access.is_single()).count();
        singles > 0 && singles < self.steps.len()
    }

    /// At most one row, whose last read comes before it is handed out; or rows that were all computed before the first.
    pub(crate) fn rows_are_final(&self) -> bool {
        let single = self.steps.iter().all(|step| step.access.is_single());
        self.locks.is_none() && (single || self.aggregates.is_some() || matches!(self.ordering, Ordering::Sort(_)))
    }
}

impl Access {
    /// At most one row?
    pub(crate) fn is_single(&self) -> bool {
        self.point && self.equal.iter().all(|equal| matches!(equal, super::Equal::One(_)))
    }
}

impl Planner<'_> {
    /// Plans a query.
    pub(crate) fn query(&self, query: &Query) -> Result<QueryPlan, NotShort> {
        self.query_for(query, false)
    }

    /// Plans a query. `first_only`: whoever asks stops after the first row (EXISTS).
    pub(crate) fn query_for(&self, query: &Query, first_only: bool) -> Result<QueryPlan, NotShort> {
        if !query.with.is_empty() {
            return Err(NotShort("WITH"));
        }
        let mut plan = match &query.body {
            Body::Select(select) => self.select(query, select, first_only)?,
            Body::Values(rows) => self.values(query, rows)?,
            Body::SetOperation { .. } => return Err(NotShort("a set operation")),
        };
        plan.with_ties = query.with_ties;
        if query.with_ties && query.limit.is_some() && matches!(plan.ordering, Ordering::AsTheyCome) {
            // Ties are found by comparing sort columns, which only a sort keeps.
            plan.ordering = Ordering::Sort(sort_specs(&query.order_by, &plan_types(query)));
        }
        Ok(plan)
    }

    fn values(&self, query: &Query, rows: &[Vec<Expr>]) -> Result<QueryPlan, NotShort> {
        let mut compiler = Compiler::new(self);
        let values = rows.iter().map(|row| compiler.all(row)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<TypeId> = rows.first().into_iter().flatten().map(|expr| expr.ty().id).collect();
        let ordering = match query.order_by.is_empty() {
            true => Ordering::AsTheyCome,
            false => Ordering::Sort(sort_specs(&query.order_by, &types)),
        };
        let (limit, offset) = limits(query, &mut compiler)?;
        Ok(QueryPlan {
            subs: compiler.into_subs(),
            gates: Box::default(),
            steps: Vec::new(),
            values: Some(values),
            aggregates: None,
            first_row: false,
            having: None,
            targets: Box::default(),
            visible: types.len(),
            ordering,
            limit,
            offset,
            with_ties: false,
            locks: None,
        })
    }

    fn select(&self, query: &Query, select: &Select, first_only: bool) -> Result<QueryPlan, NotShort> {
        if !select.windows.is_empty() {
            return Err(NotShort("window functions"));
        }
        if select.distinct != Distinct::No {
            return Err(NotShort("DISTINCT"));
        }
        let flat = Flat::new(&select.from, select.filter.as_ref())?;
        let grouped = select.grouping.is_some();
        let wanted = match grouped {
            true => Some(Vec::new()),
            false => wanted(&query.order_by, &select.targets),
        };
        let sorts = !query.order_by.is_empty() && !grouped;
        let limited = (query.limit.is_some() || first_only) && !grouped;
        let extreme = extreme::wanted(select, &flat).and_then(|wanted| self.first_row(&flat, wanted));
        let first_row = extreme.is_some();
        let (tables, mut compiler) = match extreme {
            Some(found) => found,
            None => {
                let mut compiler = Compiler::new(self);
                let wish = Wish { wanted: wanted.as_deref(), limited, sorts };
                (self.tables(&flat, &wish, &mut compiler)?, compiler)
            }
        };
        let aggregates = match &select.grouping {
            None => None,
            Some(grouping) if grouping.keys.is_empty() && grouping.sets.len() == 1 => {
                Some(grouping.aggregates.iter().map(|call| aggregate(call, &mut compiler)).collect::<Result<_, _>>()?)
            }
            Some(_) => return Err(NotShort("GROUP BY")),
        };
        let visible = select.targets.iter().filter(|target| !target.hidden).count();
        let types: Vec<TypeId> = select.targets.iter().map(|target| target.expr.ty().id).collect();
        let ordering = match sorts && !tables.ordered {
            true => Ordering::Sort(sort_specs(&query.order_by, &types)),
            false => Ordering::AsTheyCome,
        };
        let targets = compiler.all(select.targets.iter().map(|target| &target.expr))?;
        let having = select.having.as_ref().map(|having| compiler.expr(having)).transpose()?;
        let (limit, offset) = limits(query, &mut compiler)?;
        let locks = locks(&query.locking, &tables.order)?;
        let mut plan = QueryPlan {
            subs: compiler.into_subs(),
            gates: tables.gates,
            steps: tables.steps,
            values: None,
            aggregates,
            first_row,
            having,
            targets,
            visible,
            ordering,
            limit,
            offset,
            with_ties: false,
            locks,
        };
        super::cover::cover(&mut plan);
        super::sight::sight(&mut plan);
        Ok(plan)
    }
}

/// ORDER BY as columns, if it is nothing else.
fn wanted(order_by: &[SortKey], targets: &[Target]) -> Option<Vec<(RelId, Wanted)>> {
    let column = |key: &SortKey| match &targets[key.target].expr {
        Expr::Column(rel, column, _) => Some((*rel, (*column, key.descending, key.nulls_first))),
        _ => None,
    };
    order_by.iter().map(column).collect()
}

fn sort_specs(order_by: &[SortKey], types: &[TypeId]) -> Vec<SortSpec> {
    let spec = |key: &SortKey| SortSpec {
        target: key.target,
        ty: types[key.target],
        descending: key.descending,
        nulls_first: key.nulls_first,
    };
    order_by.iter().map(spec).collect()
}

fn plan_types(query: &Query) -> Vec<TypeId> {
    match &query.body {
        Body::Select(select) => select.targets.iter().map(|target| target.expr.ty().id).collect(),
        Body::Values(rows) => rows.first().into_iter().flatten().map(|expr| expr.ty().id).collect(),
        Body::SetOperation { .. } => Vec::new(),
    }
}

fn limits(query: &Query, compiler: &mut Compiler<'_>) -> Result<(Option<Code>, Option<Code>), NotShort> {
    let mut compile = |expr: &Option<Expr>| expr.as_ref().map(|expr| compiler.expr(expr)).transpose();
    Ok((compile(&query.limit)?, compile(&query.offset)?))
}

fn aggregate(call: &AggregateCall, compiler: &mut Compiler<'_>) -> Result<AggregatePlan, NotShort> {
    if !call.order_by.is_empty() {
        return Err(NotShort("an ordered aggregate"));
    }
    Ok(AggregatePlan {
        aggregate: call.aggregate,
        args: compiler.all(&call.args)?,
        types: call.args.iter().map(|arg| arg.ty().id).collect(),
        distinct: call.distinct,
        filter: call.filter.as_ref().map(|filter| compiler.expr(filter)).transpose()?,
    })
}

/// One lock a table: the strongest strength and the most impatient wait of all clauses that name it, as in PostgreSQL.
fn locks(locking: &[Locking], order: &[RelId]) -> Result<Option<Locks>, NotShort> {
    let mut plans: Vec<LockPlan> = Vec::new();
    for clause in locking {
        for rel in &clause.relations {
            let step = order.iter().position(|placed| placed == rel).ok_or(NotShort("a lock on a relation inside"))?;
            match plans.iter_mut().find(|plan| plan.step == step) {
                Some(plan) => {
                    plan.strength = plan.strength.max(clause.strength);
                    plan.wait = stricter(plan.wait, clause.wait);
                }
                None => plans.push(LockPlan { step, strength: clause.strength, wait: clause.wait }),
            }
        }
    }
    let skips = plans.iter().any(|plan| plan.wait == LockWait::SkipLocked);
    Ok((!plans.is_empty()).then_some(Locks { plans, skips }))
}

/// NOWAIT beats SKIP LOCKED beats waiting.
fn stricter(a: LockWait, b: LockWait) -> LockWait {
    let rank = |wait| match wait {
        LockWait::Wait => 0,
        LockWait::SkipLocked => 1,
        LockWait::NoWait => 2,
    };
    if rank(a) >= rank(b) { a } else { b }
}
