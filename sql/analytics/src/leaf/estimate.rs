//! How many rows a leaf is expected to give: for the choice among plans, no answer depends on it.
//!
//! The engine knows a table's rows. Of values nothing is known, so each condition keeps a share of them that is usual for
//! its form.

use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_types::comparison::Comparison;

use super::condition::Condition;
use super::key::Access;
use super::source::Source;
use crate::context::Run;

/// Rows of a table while a query is only planned.
const TABLE_ROWS: usize = 100_000;
/// Rows of a system relation.
const SYSTEM_ROWS: usize = 300;
/// Rows behind one key of an index that is not unique.
const ROWS_PER_KEY: usize = 20;

/// All rows of a leaf: at least one, as in PostgreSQL (`clamp_row_est`). With none, any join with it would count for nothing.
pub(crate) fn rows(source: &Source, run: &Run) -> usize {
    let rows = match source {
        Source::Values(rows) => rows.len(),
        Source::System(_) => SYSTEM_ROWS,
        Source::Table(table) => match &run.view {
            Some(view) => usize::try_from(view.rows_about(table.space)).unwrap_or(usize::MAX),
            None => TABLE_ROWS,
        },
    };
    rows.max(1)
}

/// Those of `all` rows that fulfil all conditions.
pub(crate) fn passing(all: usize, access: Option<&Access>, conditions: &[Condition]) -> usize {
    let found = match access {
        Some(access) if access.unique => access.ranges.len(),
        Some(access) if access.equal > 0 => access.ranges.len().saturating_mul(ROWS_PER_KEY),
        _ => usize::MAX,
    };
    let share: f64 = conditions.iter().map(|condition| share(&condition.tree)).product();
    // As exact as an estimate can be.
    let passing = (all as f64 * share).ceil() as usize;
    passing.min(found)
}

/// The share of rows that fulfil a condition.
fn share(condition: &Tree) -> f64 {
    match condition {
        Tree::And(parts) => parts.iter().map(share).product(),
        Tree::Or(arms) => arms.iter().map(share).sum::<f64>().min(1.0),
        Tree::Not(inner) => 1.0 - share(inner),
        Tree::IsNull { negated: false, .. } => 0.02,
        Tree::InList { list, negated, .. } => {
            let among = (EQUAL * list.len() as f64).min(0.5);
            if *negated { 1.0 - among } else { among }
        }
        Tree::Call { function, args, .. } => match Comparison::of(function) {
            Some(Comparison::Equal) if args.iter().any(|arg| arg.columns().is_empty()) => EQUAL,
            _ => OTHER,
        },
        _ => OTHER,
    }
}

/// The share of rows whose column has a given value.
const EQUAL: f64 = 0.02;
/// The share of rows that fulfil a condition of another form.
const OTHER: f64 = 0.33;
