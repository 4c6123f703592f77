//! COPY FROM: rows go in by the batch, without a statement around each.

use std::sync::Arc;

use cairn_sql_binder::{BindSettings, Binder};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::Table;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError};

use crate::api::{Done, ExecContext, Flow, RowSink, RowView, Stop};
use crate::plan::{PlanOptions, ShortPlan, plan_given};

/// A COPY into a table, planned once for all its batches.
#[derive(Debug)]
pub struct CopyPlan {
    plan: ShortPlan,
    columns: Vec<usize>,
}

impl CopyPlan {
    /// A plan for rows with one value per column of `columns`; the others get their defaults.
    pub fn new(
        table: &Arc<Table>,
        columns: &[usize],
        catalog: &Catalog,
        settings: &BindSettings,
        context: &EvalContext<'_>,
    ) -> Result<Self, SqlError> {
        let insert = Binder::new(catalog, settings, context, Vec::new()).table_insert(table, columns)?;
        let plan = plan_given(&insert, catalog, PlanOptions::default());
        let plan = plan.map_err(|reason| SqlError::unsupported(format_args!("COPY: {}", reason.0)))?;
        Ok(Self { plan, columns: columns.to_vec() })
    }

    /// The columns that each row gives.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Inserts a batch. On a [`Stop`] that is no error the batch is inserted again as a whole after the wait.
    pub fn insert(&self, context: &mut ExecContext<'_>, rows: &[Vec<Datum>]) -> Result<Done, Stop> {
        self.plan.execute_with_rows(context, rows, &mut NoRows)
    }
}

/// COPY returns no rows.
struct NoRows;

impl RowSink for NoRows {
    fn row(&mut self, _: &RowView<'_>) -> Result<Flow, SqlError> {
        Ok(Flow::Enough)
    }
}
