//! Statements made ready: bound to the catalog, planned for a back end, kept for the next time.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use cairn_sql_analytics::PreparedQuery;
use cairn_sql_binder::tree::{OutputColumn, Query, Statement};
use cairn_sql_binder::{Bound, Lifted, Notice, TableUse};
use cairn_sql_short::{NotShort, ShortPlan};
use cairn_sql_types::Type;

/// A statement that was bound, with the plans made for it so far. Shared by all sessions of the core that prepare the
/// same text.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The text it came from, to bind it again when the catalog has changed.
    pub(crate) text: Rc<str>,
    /// What it means; `None` for an empty statement.
    pub(crate) bound: Option<Bound>,
    /// Version of the catalog it was bound to. Private catalogs never reach the shared cache.
    pub(crate) catalog_version: u64,
    /// The literals that were lifted out of the text.
    pub(crate) lifted: Option<Rc<Lifted>>,
    /// The short plan, or why there is none.
    short: OnceCell<Result<Rc<ShortPlan>, NotShort>>,
    /// The analytics plan of the whole statement, or of the query inside it.
    pub(crate) analytics: RefCell<Option<Arc<PreparedQuery>>>,
    /// The core has found it too expensive: go to analytics at once.
    pub(crate) escalated: Cell<bool>,
}

impl Prepared {
    pub(crate) fn new(text: Rc<str>, bound: Option<Bound>, catalog_version: u64) -> Self {
        Self {
            text,
            bound,
            catalog_version,
            lifted: None,
            short: OnceCell::new(),
            analytics: RefCell::default(),
            escalated: Cell::new(false),
        }
    }

    /// The statement.
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.bound.as_ref().map(|bound| &bound.statement)
    }

    /// Its parameters.
    pub(crate) fn params(&self) -> &[Type] {
        self.bound.as_ref().map_or(&[], |bound| &bound.params)
    }

    /// The columns it returns; `None`: it returns no rows.
    pub(crate) fn columns(&self) -> Option<&[OutputColumn]> {
        self.bound.as_ref()?.columns.as_deref()
    }

    /// Tables it touches.
    pub(crate) fn tables(&self) -> &[TableUse] {
        self.bound.as_ref().map_or(&[], |bound| &bound.tables)
    }

    /// What binding it had to say.
    pub(crate) fn notices(&self) -> &[Notice] {
        self.bound.as_ref().map_or(&[], |bound| &bound.notices)
    }

    /// The short plan, made when it is first asked for.
    pub(crate) fn short(
        &self,
        plan: impl FnOnce(&Bound) -> Result<ShortPlan, NotShort>,
    ) -> Result<&Rc<ShortPlan>, NotShort> {
        let bound = self.bound.as_ref().ok_or(NotShort("empty statement"))?;
        self.short.get_or_init(|| plan(bound).map(Rc::new)).as_ref().map_err(|reason| *reason)
    }

    /// The query of a SELECT.
    pub(crate) fn query(&self) -> Option<&Query> {
        match self.statement()? {
            Statement::Query(query) => Some(query),
            _ => None,
        }
    }
}
