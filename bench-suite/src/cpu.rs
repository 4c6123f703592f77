//! CPU time of one thread: what a busy machine disturbs least.

use std::time::Instant;

/// Measures what the calling thread does.
#[derive(Debug)]
pub struct ThreadClock {
    wall: Instant,
    cpu: Option<u64>,
}

impl ThreadClock {
    /// Starts now.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: spent() }
    }

    /// Nanoseconds of CPU that this thread has used since the start, waiting for memory included and waiting for a
    /// processor not; of wall time where the system does not tell.
    pub fn nanos(&self) -> f64 {
        match (self.cpu, spent()) {
            (Some(before), Some(now)) => (now - before) as f64,
            _ => self.wall.elapsed().as_nanos() as f64,
        }
    }
}

/// Nanoseconds that this thread has run.
fn spent() -> Option<u64> {
    // The kernel brings the figure up to date when the thread is scheduled, and else at its ticks, 4 ms apart.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
