//! What a query sees of the rows that it looks up: the columns that it uses. A change of the others is no conflict with it
//! ([`Sight`]). TPC-C's New-Order reads a warehouse's tax while every Payment adds to that warehouse's turnover.

use std::sync::Arc;

use cairn_sql_types::row::RowLayout;
use cairn_txn::Sight;

use super::QueryPlan;
use super::uses::uses;

/// Some columns of a row.
#[derive(Debug)]
struct Columns {
    layout: Arc<RowLayout>,
    columns: Box<[usize]>,
}

impl Sight for Columns {
    fn same(&self, then: &[u8], now: &[u8]) -> bool {
        self.columns.iter().all(|column| self.layout.same_bytes(then, now, *column).unwrap_or(false))
    }
}

/// Tells every step what it sees of its rows. A row that is locked is handed on as a whole.
pub(super) fn sight(plan: &mut QueryPlan) {
    if plan.locks.is_some() {
        return;
    }
    for at in 0..plan.steps.len() {
        let mut columns = uses(plan, at as u16).columns;
        columns.sort_unstable();
        columns.dedup();
        let step = &mut plan.steps[at];
        if columns.len() < step.shape.layout.len() {
            step.access.sight = Some(Arc::new(Columns { layout: step.shape.layout.clone(), columns: columns.into() }));
        }
    }
}
