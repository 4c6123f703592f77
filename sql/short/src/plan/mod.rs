//! From a typed statement to a plan, or to the reason why analytics has to run it.
//!
//! Nothing of a parameter's value goes into a plan: it can be cached by statement text and run with any values.

mod access;
mod arrange;
mod cover;
mod extreme;
mod join;
mod query;
mod references;
mod sight;
mod terms;
mod uses;
mod walk;
mod write;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use cairn_sql_binder::tree::{Insert, OutputColumn, Query, Statement};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::{Oid, Table};
use rustc_hash::FxHashMap;

pub(crate) use crate::api::NotShort;
use crate::shape::TableShape;

pub(crate) use access::{Access, Equal, Range};
pub(crate) use query::{AggregatePlan, LockPlan, Locks, Ordering, QueryPlan, SortSpec, Step, StepKind, TABLES_MAX};
pub(crate) use references::{ChildKey, ParentKey, WriteSchema};
pub(crate) use walk::is_volatile;
pub(crate) use write::{
    Check, ConflictAction, ConflictPlan, DeletePlan, Find, InsertPlan, InsertRows, UpdatePlan, lock_for,
};

/// How plans are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlanOptions {
    /// Accept whatever can be run at all: full scans, sorts in memory. For tests that run one statement on both back ends.
    pub force: bool,
}

/// A statement, ready to run any number of times on the catalog version that it was planned with.
pub struct ShortPlan {
    pub(crate) kind: Kind,
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) tables: Vec<Oid>,
    pub(crate) row_query: Option<Query>,
}

pub(crate) enum Kind {
    Query(QueryPlan),
    Insert(InsertPlan),
    Update(UpdatePlan),
    Delete(DeletePlan),
}

/// Plans a statement.
///
/// Queries: `Err` names what makes it a matter for analytics. Writes are always planned (unless something in them is
/// unsupported altogether); where finding their rows is a matter for analytics, [`ShortPlan::row_query`] says what to run.
pub fn plan(statement: &Statement, catalog: &Catalog, options: PlanOptions) -> Result<ShortPlan, NotShort> {
    let planner = Planner::new(catalog, options);
    let (kind, columns, row_query) = match statement {
        Statement::Query(query) => (Kind::Query(planner.query(query)?), query.columns.clone(), None),
        Statement::Insert(insert) => {
            let (plan, rows) = planner.insert(insert)?;
            (Kind::Insert(plan), insert.returning_columns.clone(), rows)
        }
        Statement::Update(update) => {
            let (plan, rows) = planner.update(update)?;
            (Kind::Update(plan), update.returning_columns.clone(), rows)
        }
        Statement::Delete(delete) => {
            let (plan, rows) = planner.delete(delete)?;
            (Kind::Delete(plan), delete.returning_columns.clone(), rows)
        }
        Statement::Ddl(_) => return Err(NotShort("data definition")),
        Statement::Utility(_) => return Err(NotShort("a utility statement")),
    };
    let tables = planner.shapes.into_inner().into_keys().collect();
    Ok(ShortPlan { kind, columns, tables, row_query })
}

/// Plans an INSERT whose rows are all handed in, whatever its source says.
pub(crate) fn plan_given(insert: &Insert, catalog: &Catalog, options: PlanOptions) -> Result<ShortPlan, NotShort> {
    let planner = Planner::new(catalog, options);
    let kind = Kind::Insert(planner.insert_given(insert)?);
    let tables = planner.shapes.into_inner().into_keys().collect();
    Ok(ShortPlan { kind, columns: Vec::new(), tables, row_query: None })
}

impl ShortPlan {
    /// What it returns: the query's columns, or RETURNING's.
    pub fn columns(&self) -> &[OutputColumn] {
        &self.columns
    }

    /// Every table that a run reads, writes or checks: the session locks them against DDL.
    pub fn tables(&self) -> &[Oid] {
        &self.tables
    }

    /// `Some`: a write whose rows analytics has to find. Run this query in the statement's transaction and hand its rows to
    /// [`ShortPlan::execute_with_rows`].
    pub fn row_query(&self) -> Option<&Query> {
        self.row_query.as_ref()
    }

    /// Does it write or lock?
    pub fn is_read_only(&self) -> bool {
        matches!(&self.kind, Kind::Query(query) if query.locks.is_none())
    }

    /// Can analytics take it over, before or after [`Stop::Escalate`](crate::Stop::Escalate)?
    pub fn can_escalate(&self) -> bool {
        self.is_read_only()
    }

    /// Does every run either fail before its first row or come to its end? Then rows may leave the session while it runs.
    pub fn rows_are_final(&self) -> bool {
        matches!(&self.kind, Kind::Query(query) if query.rows_are_final())
    }
}

impl fmt::Debug for ShortPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.explain()).finish()
    }
}

/// Plans the parts of one statement.
pub(crate) struct Planner<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: PlanOptions,
    shapes: RefCell<FxHashMap<Oid, Arc<TableShape>>>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(catalog: &'a Catalog, options: PlanOptions) -> Self {
        Self { catalog, options, shapes: RefCell::default() }
    }

    /// The shape of a table, made once per statement.
    pub(crate) fn shape(&self, table: &Arc<Table>) -> Arc<TableShape> {
        let mut shapes = self.shapes.borrow_mut();
        shapes.entry(table.oid).or_insert_with(|| Arc::new(TableShape::new(table))).clone()
    }
}
