//! Planning queries: which table first, how each is reached, what is left to filter, sort and count.

use std::sync::Arc;

use cairn_sql_binder::tree::{
    AggregateCall, Body, Distinct, Expr, LockStrength, LockWait, Locking, Query, RelId, Select, SortKey, Target,
};
use cairn_sql_types::TypeId;
use cairn_sql_types::kernel::Aggregate;

use super::access::{self, Bound, Request, Wanted};
use super::join::{Flat, Item};
use super::{Access, NotShort, Planner, extreme, walk};
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
        Ok(plan)
    }

    /// Puts the tables into an order in which each is reached by an index.
    pub(crate) fn tables(
        &self,
        flat: &Flat<'_>,
        wish: &Wish<'_>,
        compiler: &mut Compiler<'_>,
    ) -> Result<Tables, NotShort> {
        if flat.items.len() > TABLES_MAX {
            return Err(NotShort("more than three tables"));
        }
        let mut state =
            Arrangement { planner: self, flat, placed: Vec::new(), tested: vec![false; flat.conjuncts.len()] };
        let gates = state.ready_conjuncts(compiler)?.0;
        let mut tables = Tables { gates, steps: Vec::new(), order: Vec::new(), ordered: true };
        while state.placed.len() < flat.items.len() {
            let first = state.placed.is_empty();
            let next = state.next(wish)?;
            let (step, ordered, bound) = state.place(next, wish, compiler)?;
            let stops_early = first && wish.limited && (ordered || !wish.sorts);
            let unbounded = match first {
                true => bound == Bound::Unbounded && !stops_early,
                false => bound < Bound::Prefix,
            };
            if unbounded && !self.options.force {
                return Err(NotShort("no index bounds what is read"));
            }
            if first {
                tables.ordered = ordered && wish.wanted.is_some();
            }
            tables.order.push(flat.items[next].rel);
            tables.steps.push(step);
        }
        Ok(tables)
    }
}

/// What the query around wants of its tables.
pub(crate) struct Wish<'w> {
    /// The order as columns of one table; `None`: it is not an order of columns.
    pub(crate) wanted: Option<&'w [(RelId, Wanted)]>,
    /// It stops after some rows.
    pub(crate) limited: bool,
    /// It has an order.
    pub(crate) sorts: bool,
}

/// Arranged tables.
pub(crate) struct Tables {
    pub(crate) gates: Box<[Code]>,
    pub(crate) steps: Vec<Step>,
    pub(crate) order: Vec<RelId>,
    /// Rows come in the wanted order.
    pub(crate) ordered: bool,
}

/// Tables being put in order.
struct Arrangement<'p, 'e> {
    planner: &'p Planner<'p>,
    flat: &'p Flat<'e>,
    placed: Vec<RelId>,
    tested: Vec<bool>,
}

impl<'e> Arrangement<'_, 'e> {
    /// The table to read next: the one that can be reached best.
    fn next(&self, wish: &Wish<'_>) -> Result<usize, NotShort> {
        let open = self.flat.items.iter().enumerate().filter(|(_, item)| {
            let ready = item.left.as_ref().is_none_or(|left| left.after.iter().all(|rel| self.placed.contains(rel)));
            !self.placed.contains(&item.rel) && ready
        });
        let merit = |item: &Item<'e>| {
            let shape = self.planner.shape(item.table);
            let wanted = self.wanted(item.rel, wish);
            let bound = access::bound(&self.request(item, &shape, &self.conditions(item), wanted.as_deref(), wish));
            (bound, wanted.is_some_and(|wanted| !wanted.is_empty()))
        };
        // `max_by_key` keeps the last of equals; FROM's order shall win.
        let best = open.map(|(at, item)| (merit(item), std::cmp::Reverse(at))).max();
        best.map(|(_, at)| at.0).ok_or(NotShort("an outer join that needs a later table"))
    }

    /// Conditions that may help to reach a table.
    fn conditions(&self, item: &Item<'e>) -> Vec<&'e Expr> {
        match &item.left {
            Some(left) => left.on.clone(),
            None => self.flat.conjuncts.clone(),
        }
    }

    /// The wanted order, if it is one of this table's columns alone and the table comes first.
    fn wanted(&self, rel: RelId, wish: &Wish<'_>) -> Option<Vec<Wanted>> {
        let wanted = wish.wanted?;
        let own = self.placed.is_empty() && wanted.iter().all(|(owner, _)| *owner == rel);
        own.then(|| wanted.iter().map(|(_, wanted)| *wanted).collect())
    }

    fn request<'r>(
        &'r self,
        item: &Item<'e>,
        shape: &'r TableShape,
        conjuncts: &'r [&'e Expr],
        wanted: Option<&'r [Wanted]>,
        wish: &Wish<'_>,
    ) -> Request<'r, 'e> {
        Request {
            shape,
            rel: item.rel,
            conjuncts,
            placed: &self.placed,
            wanted: wanted.unwrap_or_default(),
            limited: wish.limited && self.placed.is_empty(),
        }
    }

    fn place(
        &mut self,
        next: usize,
        wish: &Wish<'_>,
        compiler: &mut Compiler<'_>,
    ) -> Result<(Step, bool, Bound), NotShort> {
        let item = &self.flat.items[next];
        let shape = self.planner.shape(item.table);
        let conditions = self.conditions(item);
        let wanted = self.wanted(item.rel, wish);
        let request = self.request(item, &shape, &conditions, wanted.as_deref(), wish);
        let chosen = access::choose(&request, compiler)?;
        let ordered = chosen.ordered && (wanted.is_some() || !wish.sorts);
        let mut shown = Shown { rel: item.rel.0, ..Shown::default() };
        shown.index.extend(chosen.answered.iter().map(|conjunct| conditions[*conjunct].clone()));
        compiler.bring(item.rel, self.placed.len());
        self.placed.push(item.rel);
        let mut rest = |conditions: &[&Expr], answered: &[usize]| {
            let open = conditions.iter().enumerate().filter(|(at, _)| !answered.contains(at)).map(|(_, expr)| *expr);
            let open: Vec<&Expr> = open.collect();
            shown.filter.extend(open.iter().map(|expr| (*expr).clone()));
            compiler.all(open)
        };
        let (kind, matches) = match &item.left {
            Some(left) => (StepKind::Left, rest(&left.on, &chosen.answered)?),
            None => {
                chosen.answered.iter().for_each(|conjunct| self.tested[*conjunct] = true);
                (StepKind::Inner, Box::default())
            }
        };
        let (filter, exprs) = self.ready_conjuncts(compiler)?;
        shown.filter.extend(exprs);
        let (matches, filter) = match kind {
            StepKind::Inner => (filter, Box::default()),
            StepKind::Left => (matches, filter),
        };
        let alias = item.alias.clone();
        let step = Step { shape, alias, access: chosen.access, kind, matches, filter, shown };
        Ok((step, ordered, chosen.bound))
    }

    /// The conditions that can be tested now and were not yet.
    fn ready_conjuncts(&mut self, compiler: &mut Compiler<'_>) -> Result<(Box<[Code]>, Vec<Expr>), NotShort> {
        let mut ready = Vec::new();
        let all_placed = self.placed.len() == self.flat.items.len();
        for (at, conjunct) in self.flat.conjuncts.iter().enumerate() {
            let mut bound = true;
            walk::relations(conjunct, &mut |rel| bound = bound && self.placed.contains(&rel));
            // A volatile condition is tested for every row, at the end.
            let bound = bound && (all_placed || !walk::is_volatile(conjunct));
            if bound && !std::mem::replace(&mut self.tested[at], true) {
                ready.push(*conjunct);
            } else if all_placed && !self.tested[at] {
                return Err(NotShort("a correlated subquery"));
            }
        }
        let codes = compiler.all(ready.iter().copied())?;
        Ok((codes, ready.into_iter().cloned().collect()))
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
