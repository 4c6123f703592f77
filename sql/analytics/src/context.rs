//! What every operator of one running query shares.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_sql_catalog::Catalog;
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Host};
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::SnapshotView;

/// One run: data, parameters, settings. Planned into the operators, so that no plan outlives its run.
pub(crate) struct Run {
    /// `None` while a query is only planned.
    pub(crate) view: Option<SnapshotView>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) params: Vec<Datum>,
    pub(crate) settings: EvalSettings,
    pub(crate) host: Arc<dyn Host + Send + Sync>,
    pub(crate) cancel: Arc<AtomicBool>,
    /// Raised when nobody reads the rows any more.
    pub(crate) stop: Arc<AtomicBool>,
}

impl Run {
    /// The data.
    pub(crate) fn view(&self) -> Result<&SnapshotView, SqlError> {
        self.view.as_ref().ok_or_else(|| SqlError::internal("a plan without data was run"))
    }

    /// What kernels see.
    pub(crate) fn eval(&self) -> EvalContext<'_> {
        EvalContext { settings: &self.settings, host: &*self.host }
    }

    /// 57014 when the query shall stop.
    pub(crate) fn check_cancel(&self) -> Result<(), SqlError> {
        match self.cancel.load(Ordering::Relaxed) || self.stop.load(Ordering::Relaxed) {
            true => Err(SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("params", &self.params).finish_non_exhaustive()
    }
}
