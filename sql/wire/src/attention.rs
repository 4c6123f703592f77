//! Who was answered a moment ago is likely to speak soon: a mark for whoever decides when the core sleeps.

use std::cell::Cell;

use tokio::sync::Notify;

/// Marks that clients were answered.
#[derive(Debug, Default)]
pub struct Attention {
    answered: Cell<bool>,
    notify: Notify,
}

impl Attention {
    /// A client has its answer, and it is its turn.
    pub(crate) fn mark(&self) {
        if !self.answered.replace(true) {
            self.notify.notify_one();
        }
    }

    /// Was a client answered since this was last asked?
    pub fn take(&self) -> bool {
        self.answered.replace(false)
    }

    /// Waits until a client is answered.
    pub async fn answered(&self) {
        while !self.answered.get() {
            self.notify.notified().await;
        }
    }
}
