//! The task that drives the log: it waits for the device and for records, and gives the log its turns.

use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use cairn_sql_session::Core;
use cairn_storage::Log;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

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

fn fail(core: &Core, reason: String) -> String {
    core.with_shard(|shard| shard.poison(reason.clone()));
    reason
}
