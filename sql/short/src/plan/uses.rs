//! Which columns of a table a query uses.

use super::QueryPlan;
use crate::eval::Code;

/// What a plan uses of one step's rows.
#[derive(Default)]
pub(super) struct Uses {
    /// As often as they are named.
    pub(super) columns: Vec<usize>,
    /// The hidden row id, which stands in the key.
    pub(super) row_id: bool,
}

/// What the plan uses of a step's rows, beyond what the step's own access asks of a key.
pub(super) fn uses(plan: &QueryPlan, step: u16) -> Uses {
    let mut used = Uses::default();
    let mut look = |code: &Code| {
        code.any(&mut |part| {
            match part {
                Code::Column { source, column } | Code::TextColumn { source, column } if *source == step => {
                    used.columns.push(usize::from(*column));
                }
                Code::RowId(source) if *source == step => used.row_id = true,
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
    used
}
