//! Checkpoints on a thread of their own.

use std::rc::Rc;

use cairn_sql_session::Core;
use cairn_storage::{Checkpoint, Log, Registered};
use tokio::sync::oneshot;

use crate::process;

/// One checkpoint of every engine; then the log is truncated. The core goes on meanwhile.
pub(crate) async fn run(core: Rc<Core>, log: Log, engines: Rc<Vec<Registered>>) -> Result<(), String> {
    let began = std::time::Instant::now();
    // Engines are given only what is synced: let them have, and keep, as much as there is.
    crate::log::sync(&log, &core).await?;
    let checkpoint = core.with_shard(|shard| Checkpoint::begin(&log, shard, &engines));
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        process::step_back();
        let progress = |engine: &'static str, rows: u64| tracing::debug!(engine, rows, "checkpoint in progress");
        // The caller may have gone; the checkpoint counts all the same.
        let _ = sender.send(checkpoint.write(&progress));
    };
    std::thread::Builder::new()
        .name("checkpoint".to_owned())
        .spawn(work)
        .map_err(|error| format!("cannot start the checkpoint thread: {error}"))?;
    let written = receiver.await.map_err(|_| "the checkpoint thread ended".to_owned())?;
    let done = written.end(&log).map_err(|error| error.to_string())?;
    tracing::info!(
        index = done.covered.0,
        segments_released = done.segments,
        seconds = began.elapsed().as_secs_f64(),
        "checkpoint written"
    );
    Ok(())
}
