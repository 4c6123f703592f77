//! The order of the tables: which first, and how each further one is reached from those before it.

use cairn_sql_binder::tree::{Expr, RelId};

use super::access::{self, Bound, Request, Wanted};
use super::join::{Flat, Item};
use super::query::{Shown, Step, StepKind, TABLES_MAX};
use super::{NotShort, Planner, walk};
use crate::eval::{Code, Compiler};
use crate::shape::TableShape;

impl Planner<'_> {
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
