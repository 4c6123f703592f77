//! Checkpoints: engines write down what they hold, so that the log behind it can go.

use std::rc::Rc;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_engine_api::{Engine, Persisted};
use cairn_sql_session::Core;
use cairn_storage::{Log, Registered};
use tokio::sync::oneshot;

use crate::process;

/// One checkpoint of every engine, on a thread of its own; then the log is truncated. The core goes on meanwhile.
pub(crate) async fn run(core: Rc<Core>, log: Log, engines: Rc<Vec<Registered>>) -> Result<(), String> {
    let began = std::time::Instant::now();
    let bytes = log.since_checkpoint();
    let jobs: Vec<(&'static str, Arc<dyn Engine>, Persisted)> = core.with_shard(|shard| {
        let job = |registered: &Registered| {
            (registered.name, registered.engine.clone(), shard.checkpoint_point(registered.code))
        };
        engines.iter().map(job).collect()
    });
    // The log may be behind where it does not sync itself: it should not lose what the engines keep.
    let sync = log.with(|wal| wal.begin_sync()).map_err(|error| error.to_string())?;
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        let synced = sync.run();
        process::step_back();
        let covered = if synced.is_ok() { write_all(&jobs) } else { Err("the log is not synced".to_owned()) };
        // The caller may have gone; the checkpoint counts all the same.
        let _ = sender.send((synced, covered));
    };
    std::thread::Builder::new()
        .name("checkpoint".to_owned())
        .spawn(work)
        .map_err(|error| format!("cannot start the checkpoint thread: {error}"))?;
    let (synced, covered) = receiver.await.map_err(|_| "the checkpoint thread ended".to_owned())?;
    log.with(|wal| wal.end_sync(synced)).map_err(|error| {
        // The log task sees the same and ends the server.
        log.kick();
        error.to_string()
    })?;
    let covered = covered?;
    let segments = log.with(|wal| wal.truncate_before(covered.next())).map_err(|error| error.to_string())?;
    log.checkpointed(bytes);
    tracing::info!(
        index = covered.0,
        segments_released = segments,
        seconds = began.elapsed().as_secs_f64(),
        "checkpoint written"
    );
    Ok(())
}

/// What all engines cover together.
fn write_all(jobs: &[(&'static str, Arc<dyn Engine>, Persisted)]) -> Result<LogIndex, String> {
    let mut covered = LogIndex(u64::MAX - 1);
    for (name, engine, upto) in jobs {
        let persisted = engine
            .checkpoint(*upto, &|rows| tracing::debug!(engine = name, rows, "checkpoint in progress"))
            .map_err(|error| format!("engine {name} cannot write a checkpoint: {error}"))?;
        covered = covered.min(persisted.index);
    }
    Ok(covered)
}
