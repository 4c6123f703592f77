//! From the typed tree to a DataFusion plan.
//!
//! ```text
//!  query.rs      WITH, ORDER BY, LIMIT, set operations, VALUES
//!  select.rs     WHERE with subqueries, targets, DISTINCT
//!  from.rs       FROM: leaves, outer joins, LATERAL
//!  order.rs      the order of inner joins
//!  group.rs      GROUP BY, grouping sets, aggregates
//!  subquery.rs   subqueries in expressions
//!  condition.rs  AND and OR
//!  build.rs      small steps: project, filter, join, group
//! ```
//! **Names.** Every column of every plan has a name that is used nowhere else in the query (`c17`); a [`scope::Plan`] says
//! what it means. So DataFusion can never mix up two columns, whatever it moves.
//!
//! **Correlation** (after Neumann and Kemper, "Unnesting arbitrary queries"). A subquery that uses columns of the query
//! around it is planned once, for all rows of it: its *domain* is the set of distinct tuples of those columns. The domain
//! becomes one more relation of the subquery's FROM, and its columns go along through everything above: groups and
//! windows are partitioned by them, LIMIT counts per tuple. At the end the result is joined back on them, with NULL equal to
//! NULL. EXISTS and IN in WHERE need no domain when the subquery is plain: they are semijoins on its conditions.

mod build;
mod condition;
mod from;
mod group;
mod order;
mod query;
mod scope;
mod select;
mod setcall;
mod subquery;
mod window;

use std::sync::Arc;

use cairn_sql_binder::tree::{Cte, CteId, Query, RelId};
use cairn_sql_types::{SqlError, Type, TypeId};
use datafusion::common::Column;
use datafusion::logical_expr::LogicalPlan;

use self::scope::Slot;
use crate::context::Run;

/// The first relation number that the binder does not use.
const FIRST_OWN_REL: u32 = 1 << 30;

/// Distinct tuples of the outer columns that a subquery uses.
#[derive(Clone, Debug)]
struct Domain {
    plan: LogicalPlan,
    columns: Vec<((RelId, usize), Slot)>,
}

/// A query's plan.
#[derive(Clone, Debug)]
struct Lowered {
    plan: LogicalPlan,
    /// All targets, hidden ones included.
    columns: Vec<Slot>,
    /// The domain's columns, in its order.
    domain: Vec<Slot>,
    /// The order that was asked for and is not applied yet: (key, descending, nulls first).
    order: Vec<(Slot, bool, bool)>,
    /// Exactly one row (per tuple of the domain).
    single: bool,
    volatile: bool,
}

/// A recursive WITH item whose own rows are being planned.
struct Working {
    id: CteId,
    name: String,
    types: Vec<Type>,
}

/// Plans one query.
pub(crate) struct Lowerer {
    run: Arc<Run>,
    next_column: u32,
    next_rel: u32,
    ctes: Vec<Arc<Cte>>,
    working: Vec<Working>,
}

/// A whole query's plan, sorted, and the types of its columns.
pub(crate) fn lower(query: &Query, run: &Arc<Run>) -> Result<(LogicalPlan, Vec<TypeId>), SqlError> {
    let mut lowerer =
        Lowerer { run: run.clone(), next_column: 0, next_rel: FIRST_OWN_REL, ctes: Vec::new(), working: Vec::new() };
    let lowered = lowerer.query(query, None)?;
    let visible = &lowered.columns[..query.columns.len().min(lowered.columns.len())].to_vec();
    let sorted = lowerer.sorted(lowered)?;
    let plan = build::select(sorted.plan, visible)?;
    Ok((plan, visible.iter().map(|slot| slot.ty.id).collect()))
}

impl Lowerer {
    /// A column name of its own.
    fn fresh(&mut self) -> String {
        self.next_column += 1;
        format!("c{}", self.next_column)
    }

    /// A relation of its own.
    fn fresh_rel(&mut self) -> RelId {
        self.next_rel += 1;
        RelId(self.next_rel)
    }

    fn fresh_column(&mut self) -> Column {
        Column::new_unqualified(self.fresh())
    }
}
