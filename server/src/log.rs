//! The task that drives the log: it waits for the device and for records, and gives the log its turns.

use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

use cairn_sql_session::Core;
use cairn_storage::Log;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

/// Pause between two syncs of a log that is not synced by each write. PostgreSQL's `wal_writer_delay` is 200 ms; large queries wait
/// for the engines, and so for this.
const SYNC_PAUSE: Duration = Duration::from_millis(50);

struct WakeFd(RawFd);

impl AsRawFd for WakeFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

#[expect(
    deprecated,
    reason = "the descriptor lives as long as the log, which this task holds; the replacement is unsafe"
)]
fn watch(fd: RawFd) -> std::io::Result<AsyncFd<WakeFd>> {
    AsyncFd::with_interest(WakeFd(fd), Interest::READABLE)
}

/// A log that asks for its turns through the second value.
pub(crate) fn new() -> (Log, Rc<Notify>) {
    let kick = Rc::new(Notify::new());
    let kicked = kick.clone();
    (Log::new(move || kick.notify_one()), kicked)
}

/// Drives the log for ever: what has gathered is written, what is written is reported. Ends when the log has failed, with
/// the reason; the shard is poisoned then.
pub(crate) async fn drive(log: Log, kicked: Rc<Notify>, core: Rc<Core>) -> String {
    let wake = match log.with(|wal| wal.wake_fd()).map(watch).transpose() {
        Ok(wake) => wake,
        Err(error) => return fail(&core, format!("cannot wait for the log device: {error}")),
    };
    loop {
        if let Err(error) = core.with_shard(|shard| log.turn(shard)) {
            return fail(&core, error.to_string());
        }
        match &wake {
            None => kicked.notified().await,
            Some(wake) => {
                tokio::select! {
                    biased;
                    ready = wake.readable() => match ready {
                        Ok(mut ready) => ready.clear_ready(),
                        Err(error) => return fail(&core, format!("cannot wait for the log device: {error}")),
                    },
                    () = kicked.notified() => {}
                }
            }
        }
    }
}

/// Syncs the log again and again where an acknowledgement does not wait for that (`durability = os`): a crash of the system then
/// costs what was acknowledged in the last moments, and engines, which are given only what is synced, never get ahead of the log.
pub(crate) async fn keep_synced(log: Log, core: Rc<Core>) {
    loop {
        tokio::time::sleep(SYNC_PAUSE).await;
        // After a failure the driver ends the server.
        if log.is_behind() && sync(&log, &core).await.is_err() {
            return;
        }
    }
}

/// Makes everything acknowledged so far survive a crash of the system, on another thread, and hands it to the engines. An error is
/// final.
pub(crate) async fn sync(log: &Log, core: &Core) -> Result<(), String> {
    let job = log.with(|wal| wal.begin_sync()).map_err(|error| error.to_string())?;
    let synced = tokio::task::spawn_blocking(move || job.run()).await.map_err(|error| error.to_string())?;
    let synced = log.with(|wal| wal.end_sync(synced));
    if let Ok(index) = synced {
        core.with_shard(|shard| shard.durable(index));
    }
    // The driver sees a failure, too, and ends the server.
    log.kick();
    synced.map(|_| ()).map_err(|error| error.to_string())
}

fn fail(core: &Core, reason: String) -> String {
    core.with_shard(|shard| shard.poison(reason.clone()));
    reason
}
