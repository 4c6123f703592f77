//! Looking for the next message before going to sleep.
//!
//! A thread that sleeps in `epoll_wait` has to be woken by whoever sends to it, and its processor with it: on a virtual
//! machine that takes longer than a short statement. So when a client has its answer the core looks for new messages for a
//! while, as databases with a thread per core do (Seastar's `idle-poll-time-us`), and only then sleeps. Everything else goes
//! on meanwhile: a look is one `epoll_wait` without a wait.
//!
//! ```text
//!   answer --> look, look, look ... message --> answer --> look ... nothing for the whole time --> sleep
//! ```

use std::rc::Rc;
use std::time::{Duration, Instant};

use cairn_sql_wire::Attention;

/// How long to look, on this machine: with one processor the client could not go on meanwhile.
pub(crate) fn patience(configured: Duration) -> Duration {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if processors > 1 { configured } else { Duration::ZERO }
}

/// Keeps the core awake for `patience` after each answer, for ever.
pub(crate) async fn run(attention: Rc<Attention>, patience: Duration) {
    loop {
        attention.answered().await;
        let mut end = Instant::now();
        loop {
            if attention.take() {
                end = Instant::now() + patience;
            } else if Instant::now() >= end {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}
