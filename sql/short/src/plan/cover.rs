//! Index-only access: where an index's key holds every column that a query uses, the rows need not be read.

use super::{QueryPlan, Step};
use crate::eval::Code;
use crate::shape::{Which, keeps_value};

/// Marks the steps whose index covers what the plan uses of them.
pub(super) fn cover(plan: &mut QueryPlan) {
    for at in 0..plan.steps.len() {
        let locked = plan.locks.as_ref().is_some_and(|locks| locks.plans.iter().any(|lock| lock.step == at));
        if !locked && matches!(plan.steps[at].access.which, Which::Index(_)) {
            plan.steps[at].access.covering = uses(plan, at as u16).is_some_and(|used| covers(&plan.steps[at], &used));
        }
    }
}

fn covers(step: &Step, used: &[usize]) -> bool {
    let Which::Index(index) = step.access.which else { return false };
    let index = &step.shape.indexes[index];
    let parts = index.parts.iter().chain(&step.shape.key);
    let kept: Vec<usize> = parts.filter(|part| keeps_value(part.encoding.ty)).map(|part| part.column).collect();
    index.keeps_values() && used.iter().all(|column| kept.contains(column))
}

/// The columns of a step that the plan uses; `None` when it uses the hidden row id.
fn uses(plan: &QueryPlan, step: u16) -> Option<Vec<usize>> {
    let mut used = Vec::new();
    let mut has_row_id = false;
    let mut look = |code: &Code| {
        code.any(&mut |part| {
            match part {
                Code::Column { source, column } | Code::TextColumn { source, column } if *source == step => {
                    used.push(usize::from(*column));
                }
                Code::RowId(source) if *source == step => has_row_id = true,
                _ => {}
            }
            false
        });
    };
    plan.targets.iter().chain(&plan.having).for_each(&mut look);
    for aggregate in plan.aggregates.iter().flatten() {
        aggregate.args.iter().chain(&aggregate.filter).for_each(&mut look);
    }
    for other in &plan.steps {
        other.matches.iter().chain(&other.filter).for_each(&mut look);
        other.access.codes().for_each(&mut look);
    }
    (!has_row_id).then_some(used)
}
