//! Threads that run only when the scheduler says so: production code that blocks (a checkpoint) becomes a task whose
//! steps end where it asks the disk for something.
//!
//! ```text
//!   scheduler      resume -------------------+           resume ---+
//!                                            v                     v
//!   thread         parked in pause()         runs ... pause() parked   runs ... ends
//! ```
//! Exactly one of the two runs at any time, so a run stays deterministic.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

thread_local! {
    /// The thread's own end of the baton; `None` on threads that nobody schedules.
    static MINE: RefCell<Option<Mine>> = const { RefCell::new(None) };
}

struct Mine {
    go: Receiver<()>,
    parked: SyncSender<()>,
}

/// A scheduled thread that computes a `T`.
#[derive(Debug)]
pub struct Baton<T> {
    go: SyncSender<()>,
    parked: Receiver<()>,
    thread: Option<JoinHandle<T>>,
}

impl<T: Send + 'static> Baton<T> {
    /// A thread that waits to be resumed before it does anything.
    pub fn new(work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (go, inbox) = sync_channel(1);
        let (outbox, parked) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            inbox.recv().expect("whoever starts a thread resumes it");
            MINE.with(|mine| *mine.borrow_mut() = Some(Mine { go: inbox, parked: outbox }));
            let result = work();
            // Gone before the thread ends: the scheduler takes that for the end.
            MINE.with(|mine| mine.borrow_mut().take());
            result
        });
        Self { go, parked, thread: Some(thread) }
    }

    /// Lets the thread run to its next pause. Its result when it has ended.
    pub fn resume(&mut self) -> Option<T> {
        // A thread that panicked is noticed right below.
        let _ = self.go.send(());
        if self.parked.recv().is_ok() {
            return None;
        }
        let thread = self.thread.take().expect("a thread ends once");
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// Lets the thread run to its end.
    pub fn finish(mut self) -> T {
        loop {
            if let Some(result) = self.resume() {
                return result;
            }
        }
    }
}

/// Parks this thread until it is resumed. Nothing happens on threads that are not scheduled.
pub fn pause() {
    MINE.with(|mine| {
        if let Some(Mine { go, parked }) = &*mine.borrow() {
            parked.send(()).expect("the scheduler waits");
            go.recv().expect("the scheduler resumes what it parked");
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    #[test]
    fn steps_end_at_pauses() {
        let count = Arc::new(AtomicU32::new(0));
        let theirs = count.clone();
        let mut baton = Baton::new(move || {
            for _ in 0..3 {
                theirs.fetch_add(1, Relaxed);
                pause();
            }
            "done"
        });
        for step in 1..=3 {
            assert_eq!(baton.resume(), None);
            assert_eq!(count.load(Relaxed), step);
        }
        assert_eq!(baton.resume(), Some("done"));
        pause();
    }

    #[test]
    fn a_thread_can_be_run_to_its_end() {
        let baton = Baton::new(|| {
            (0..100).for_each(|_| pause());
            7
        });
        assert_eq!(baton.finish(), 7);
    }
}
