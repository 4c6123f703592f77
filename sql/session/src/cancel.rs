//! Stopping a running statement from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_sql_types::{SqlError, SqlState};
use tokio::sync::Notify;

/// Raised by a cancel request, lowered when a statement begins.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    raised: AtomicBool,
    ended: AtomicBool,
    notify: Notify,
}

impl CancelFlag {
    /// Asks the running statement to stop. Any thread.
    pub fn raise(&self) {
        self.0.raised.store(true, Ordering::Release);
        self.0.notify.notify_waiters();
    }

    /// Asks the whole session to end (the server shuts down). Any thread.
    pub fn end_session(&self) {
        self.0.ended.store(true, Ordering::Release);
        self.raise();
    }

    /// A new statement begins: what was asked before does not concern it.
    pub(crate) fn lower(&self) {
        self.0.raised.store(false, Ordering::Release);
    }

    /// Has somebody asked?
    pub fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::Acquire)
    }

    /// Shall the session end?
    pub(crate) fn is_ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// Waits until somebody asks.
    pub(crate) async fn raised(&self) {
        loop {
            let notified = self.0.notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.is_raised() || self.is_ended() {
                return;
            }
            notified.await;
        }
    }

    /// What a statement that was asked to stop answers.
    pub(crate) fn error(&self) -> SqlError {
        if self.is_ended() {
            let mut error =
                SqlError::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command");
            error.fields_mut().fatal = true;
            return error;
        }
        SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")
    }
}
