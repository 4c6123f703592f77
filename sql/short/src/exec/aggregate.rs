//! Aggregates over all rows, as one group.

use cairn_sql_types::compare::HashKey;
use cairn_sql_types::kernel::AggregateState;
use cairn_sql_types::{Datum, SqlError};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::run::{RowFn, Run, bytes_of};
use crate::api::{Flow, Stop};
use crate::eval::Frame;
use crate::plan::AggregatePlan;

/// One call in progress.
struct Call<'p> {
    plan: &'p AggregatePlan,
    state: Box<dyn AggregateState>,
    /// Arguments met so far, for DISTINCT.
    seen: Option<FxHashSet<Vec<HashKey>>>,
}

/// Feeds every row of `rows` (or only the first one) to every call; the results in their order.
pub(super) fn run(
    plans: &[AggregatePlan],
    first_row: bool,
    run: &Run<'_>,
    rows: impl FnOnce(&mut RowFn<'_>) -> Result<(), Stop>,
) -> Result<Vec<Datum>, Stop> {
    let start = |plan| Call::new(plan);
    let mut calls: SmallVec<[Call<'_>; 4]> = plans.iter().map(start).collect();
    rows(&mut |frame| {
        for call in &mut calls {
            call.update(frame, run)?;
        }
        Ok(if first_row { Flow::Enough } else { Flow::More })
    })?;
    Ok(calls.iter().map(|call| call.state.finish(run.context)).collect::<Result<_, _>>()?)
}

impl<'p> Call<'p> {
    fn new(plan: &'p AggregatePlan) -> Self {
        Self { plan, state: (plan.aggregate.state)(&plan.types), seen: plan.distinct.then(FxHashSet::default) }
    }

    fn update(&mut self, frame: &Frame<'_>, run: &Run<'_>) -> Result<(), SqlError> {
        if let Some(filter) = &self.plan.filter
            && !filter.test(frame)?
        {
            return Ok(());
        }
        let args = self.plan.args.iter().map(|arg| arg.eval(frame)).collect::<Result<SmallVec<[Datum; 2]>, _>>()?;
        if self.plan.aggregate.strict && args.iter().any(Datum::is_null) {
            return Ok(());
        }
        if let Some(seen) = &mut self.seen {
            let key = args.iter().zip(&self.plan.types).map(|(datum, ty)| HashKey { ty: *ty, datum: datum.clone() });
            if !seen.insert(key.collect()) {
                return Ok(());
            }
            run.hold(bytes_of(&args))?;
        }
        self.state.update(frame.context, &args)
    }
}
