//! What the server does for sessions.

use std::rc::Rc;

use cairn_engine_api::EngineError;
use cairn_sql_session::{LocalFuture, Services};
use cairn_storage::Log;
use cairn_txn::ReadTask;
use tokio::sync::{mpsc, oneshot};

use crate::readers::Readers;

/// Work that sessions ask of the node's own task.
pub(crate) enum Request {
    Checkpoint(oneshot::Sender<Result<(), String>>),
    Collect(oneshot::Sender<Result<(), String>>),
    /// A deadline of the shard may have moved.
    Deadline,
}

/// The port's implementation.
pub(crate) struct NodeServices {
    pub(crate) log: Log,
    pub(crate) readers: Rc<Readers>,
    pub(crate) requests: mpsc::UnboundedSender<Request>,
}

impl NodeServices {
    fn ask(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<(), String>>) -> Request,
    ) -> LocalFuture<Result<(), String>> {
        let (sender, receiver) = oneshot::channel();
        let sent = self.requests.send(request(sender));
        Box::pin(async move {
            let stopping = || "the server is shutting down".to_owned();
            sent.map_err(|_| stopping())?;
            receiver.await.map_err(|_| stopping())?
        })
    }
}

impl Services for NodeServices {
    fn kick(&self) {
        self.log.kick();
        // The node's task ends only with the server.
        let _ = self.requests.send(Request::Deadline);
    }

    fn fetch(&self, task: ReadTask) -> LocalFuture<Result<(), EngineError>> {
        let receiver = self.readers.fetch(task);
        Box::pin(async move {
            let panicked =
                || EngineError::Library { context: "read".to_owned(), message: "a reader thread ended".to_owned() };
            receiver.await.map_err(|_| panicked())?
        })
    }

    fn checkpoint(&self) -> LocalFuture<Result<(), String>> {
        self.ask(Request::Checkpoint)
    }

    fn collect(&self) -> LocalFuture<Result<(), String>> {
        self.ask(Request::Collect)
    }
}
