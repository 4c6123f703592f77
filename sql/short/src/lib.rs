//! # cairn-sql-short: statements whose cost is bounded by the keys they touch
mod api;
mod constant;
mod copy;
pub mod ddl;
mod deparse;
mod eval;
mod exec;
mod explain;
mod identifiers;
mod neutral;
mod plan;
mod row_ids;
mod scratch;
mod shape;
mod text;
mod write;

pub use api::{Cell, Done, ExecContext, Flow, Limits, NotShort, RowSink, RowView, Stop, sql_error};
pub use constant::eval_constant;
pub use copy::CopyPlan;
pub use plan::{PlanOptions, ShortPlan, plan, plan_query};
pub use row_ids::RowIds;
pub use scratch::Scratch;
