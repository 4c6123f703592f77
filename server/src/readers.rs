//! The reader pool: threads that do what a core must not, block on a disk.

use std::thread::JoinHandle;

use cairn_engine_api::EngineError;
use cairn_txn::ReadTask;
use crossbeam_channel::{Sender, unbounded};
use tokio::sync::oneshot;

type Job = (ReadTask, oneshot::Sender<Result<(), EngineError>>);

/// A pool of reader threads. They end when it is dropped.
pub(crate) struct Readers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts `count` threads.
    pub(crate) fn start(count: usize) -> std::io::Result<Self> {
        let (jobs, inbox) = unbounded::<Job>();
        let mut threads = Vec::new();
        for number in 0..count {
            let inbox = inbox.clone();
            let work = move || {
                for (task, done) in inbox {
                    // The statement may have been cancelled meanwhile.
                    let _ = done.send(task.run().map(drop));
                }
            };
            threads.push(std::thread::Builder::new().name(format!("read-{number}")).spawn(work)?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Does a read in the pool.
    pub(crate) fn fetch(&self, task: ReadTask) -> oneshot::Receiver<Result<(), EngineError>> {
        let (done, receiver) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            // The threads end only with the pool; if they did, the dropped sender tells the caller.
            let _ = jobs.send((task, done));
        }
        receiver
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic in a read was seen by the statement that waited for it.
            let _ = thread.join();
        }
    }
}
