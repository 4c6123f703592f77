//! The pool's threads. Each runs several queries in turn on a runtime of its own: a query whose reader is slow waits
//! without holding its thread up, and no query can stall anything outside of the pool.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc};

/// Something to do on a pool thread.
type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// Stack of a pool thread in bytes: plans recurse.
const STACK_BYTES: usize = 32 << 20;

/// One thread of the pool.
#[derive(Debug)]
struct Thread {
    jobs: mpsc::UnboundedSender<Job>,
    active: Arc<AtomicUsize>,
}

/// Threads that take jobs. They end when the pool is dropped and their jobs are done.
#[derive(Debug)]
pub(crate) struct Pool {
    threads: Vec<Thread>,
    admission: Arc<Semaphore>,
}

impl Pool {
    /// Starts `threads` threads, each with `begin`, on which `queries_max` jobs run at the same time.
    pub(crate) fn new(threads: usize, queries_max: usize, begin: fn()) -> io::Result<Self> {
        let threads = (0..threads.max(1)).map(|number| Thread::start(number, begin)).collect::<io::Result<_>>()?;
        Ok(Self { threads, admission: Arc::new(Semaphore::new(queries_max.clamp(1, Semaphore::MAX_PERMITS))) })
    }

    /// Hands over a job to the least busy thread; it begins when it is admitted.
    pub(crate) fn run<F, W>(&self, job: F)
    where
        F: FnOnce() -> W + Send + 'static,
        W: Future<Output = ()> + 'static,
    {
        let admission = self.admission.clone();
        let Some(thread) = self.threads.iter().min_by_key(|thread| thread.active.load(Ordering::Relaxed)) else {
            return;
        };
        let active = thread.active.clone();
        active.fetch_add(1, Ordering::Relaxed);
        let counted = move || async move {
            let _counted = Counted(active);
            if let Ok(_permit) = admission.acquire_owned().await {
                job().await;
            }
        };
        // A thread ends only with its pool.
        let _ = thread.jobs.send(Box::new(move || Box::pin(counted())));
    }
}

/// A job that counts as active until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Thread {
    fn start(number: usize, begin: fn()) -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let work = move || {
            begin();
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                while let Some(job) = queue.recv().await {
                    // A job that panics takes only its own rows along.
                    tokio::task::spawn_local(async move { job().await });
                }
            });
            runtime.block_on(local);
        };
        std::thread::Builder::new().name(format!("analytics-{number}")).stack_size(STACK_BYTES).spawn(work)?;
        Ok(Self { jobs, active: Arc::default() })
    }
}
