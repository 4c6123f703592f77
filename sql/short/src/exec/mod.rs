//! Running plans.

mod access;
mod aggregate;
mod locked;
mod misses;
mod query;
mod run;
mod sort;

use cairn_sql_types::Datum;

use crate::api::{Done, ExecContext, RowSink, Stop};
use crate::plan::{Kind, ShortPlan};
use crate::write;

pub(crate) use access::encode_single;
pub(crate) use locked::subs;
pub(crate) use query::{holds, rows};
pub(crate) use run::{Run, bytes_of};

impl ShortPlan {
    /// Runs the statement once. Rows go to `sink`; on a [`Stop`] that is no error see there.
    pub fn execute(&self, context: &mut ExecContext<'_>, sink: &mut dyn RowSink) -> Result<Done, Stop> {
        self.run(context, &[], sink)
    }

    /// Runs a write whose rows came from [`ShortPlan::row_query`].
    pub fn execute_with_rows(
        &self,
        context: &mut ExecContext<'_>,
        rows: &[Vec<Datum>],
        sink: &mut dyn RowSink,
    ) -> Result<Done, Stop> {
        self.run(context, rows, sink)
    }

    fn run(&self, context: &mut ExecContext<'_>, rows: &[Vec<Datum>], sink: &mut dyn RowSink) -> Result<Done, Stop> {
        let done = match &self.kind {
            Kind::Query(plan) if plan.locks.is_some() => locked::run(plan, context, sink),
            Kind::Query(plan) => query::run(plan, context, sink),
            Kind::Insert(plan) => write::insert(plan, context, rows, sink),
            Kind::Update(plan) => write::update(plan, context, rows, sink),
            Kind::Delete(plan) => write::delete(plan, context, rows, sink),
        };
        context.scratch.settle();
        done
    }
}
