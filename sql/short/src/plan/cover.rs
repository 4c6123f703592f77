//! Index-only access: where an index's key holds every column that a query uses, the rows need not be read.

use super::uses::{Uses, uses};
use super::{QueryPlan, Step};
use crate::shape::{Which, keeps_value};

/// Marks the steps whose index covers what the plan uses of them.
pub(super) fn cover(plan: &mut QueryPlan) {
    for at in 0..plan.steps.len() {
        let locked = plan.locks.as_ref().is_some_and(|locks| locks.plans.iter().any(|lock| lock.step == at));
        if !locked && matches!(plan.steps[at].access.which, Which::Index(_)) {
            plan.steps[at].access.covering = covers(&plan.steps[at], &uses(plan, at as u16));
        }
    }
}

fn covers(step: &Step, used: &Uses) -> bool {
    let Which::Index(index) = step.access.which else { return false };
    let index = &step.shape.indexes[index];
    let parts = index.parts.iter().chain(&step.shape.key);
    let kept: Vec<usize> = parts.filter(|part| keeps_value(part.encoding.ty)).map(|part| part.column).collect();
    !used.row_id && index.keeps_values() && used.columns.iter().all(|column| kept.contains(column))
}
