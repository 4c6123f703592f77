//! Threads that apply batches to slow engines and collect their garbage, one per engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cairn_base::{EngineCode, LogIndex, Timestamp};
use cairn_engine_api::{Engine, EngineError, Stamp};
use cairn_storage::Registered;
use cairn_txn::record::ApplyError;
use cairn_txn::{Applier, record};
use crossbeam_channel::{Receiver, Sender, unbounded};
use tokio::sync::{mpsc, oneshot};

/// How often a full disk is tried again.
const SPACE_RETRY: Duration = Duration::from_millis(500);

/// What an applier thread is told to do.
enum Order {
    Apply(Arc<[u8]>, Stamp),
    Collect(Timestamp, oneshot::Sender<Result<(), String>>),
    /// End, once everything before this is done.
    Stop,
}

/// What an applier thread reports.
pub(crate) enum Report {
    Applied(EngineCode, LogIndex),
    Failed(String),
}

/// The threads of all slow engines.
pub(crate) struct Appliers {
    threads: Vec<Thread>,
    /// The server ends: nobody waits for space any more.
    stopping: Arc<AtomicBool>,
}

struct Thread {
    code: EngineCode,
    orders: Option<Sender<Order>>,
    handle: Option<JoinHandle<()>>,
}

/// `txn`'s hand on the threads.
pub(crate) struct Hand(Vec<(EngineCode, Sender<Order>)>);

impl Applier for Hand {
    fn submit(&mut self, record: Arc<[u8]>, engine: EngineCode, stamp: Stamp) {
        let (_, orders) = self.0.iter().find(|(code, _)| *code == engine).expect("every slow engine has a thread");
        // A thread that has ended has reported why: the core stops at that report.
        let _ = orders.send(Order::Apply(record, stamp));
    }
}

impl Appliers {
    /// Starts a thread for every slow engine; reports come on the receiver.
    pub(crate) fn start(engines: &[Registered]) -> std::io::Result<(Self, mpsc::UnboundedReceiver<Report>)> {
        let (reports, receiver) = mpsc::unbounded_channel();
        let mut threads = Vec::new();
        let stopping = Arc::new(AtomicBool::new(false));
        for registered in engines.iter().filter(|registered| registered.engine.capabilities().slow_apply) {
            let (orders, inbox) = unbounded();
            let (engine, code, reports) = (registered.engine.clone(), registered.code, reports.clone());
            let stop = stopping.clone();
            let handle = std::thread::Builder::new()
                .name(format!("apply-{}", registered.name))
                .spawn(move || run(engine.as_ref(), code, &inbox, &reports, &stop))?;
            threads.push(Thread { code, orders: Some(orders), handle: Some(handle) });
        }
        Ok((Self { threads, stopping }, receiver))
    }

    /// The port's implementation.
    pub(crate) fn hand(&self) -> Hand {
        let orders = |thread: &Thread| Some((thread.code, thread.orders.clone()?));
        Hand(self.threads.iter().filter_map(orders).collect())
    }

    /// Lets a slow engine collect garbage; `None`: the engine is not slow, collect on the core.
    pub(crate) fn collect(
        &self,
        code: EngineCode,
        watermark: Timestamp,
    ) -> Option<oneshot::Receiver<Result<(), String>>> {
        let thread = self.threads.iter().find(|thread| thread.code == code)?;
        let (sender, receiver) = oneshot::channel();
        // As above: a thread that has ended has reported why, and the dropped sender tells the caller.
        let _ = thread.orders.as_ref()?.send(Order::Collect(watermark, sender));
        Some(receiver)
    }
}

impl Drop for Appliers {
    /// Waits until everything handed over is applied.
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        for thread in &mut self.threads {
            if let Some(orders) = thread.orders.take() {
                // A thread that has ended already needs no telling.
                let _ = orders.send(Order::Stop);
            }
            if let Some(handle) = thread.handle.take() {
                // A panic there was reported when the channel broke.
                let _ = handle.join();
            }
        }
    }
}

fn run(
    engine: &dyn Engine,
    code: EngineCode,
    inbox: &Receiver<Order>,
    reports: &mpsc::UnboundedSender<Report>,
    stopping: &AtomicBool,
) {
    for order in inbox {
        let report = match order {
            Order::Stop => return,
            Order::Apply(bytes, stamp) => match apply(engine, code, &bytes, stamp, stopping) {
                Ok(()) => Report::Applied(code, stamp.index),
                Err(error) => Report::Failed(format!("engine {} cannot apply a commit: {error}", code.0)),
            },
            Order::Collect(watermark, done) => {
                // Nobody may be waiting for the answer.
                let _ = done.send(collect(engine, watermark, inbox));
                continue;
            }
        };
        let failed = matches!(report, Report::Failed(_));
        if reports.send(report).is_err() || failed {
            return;
        }
    }
}

/// Applies a record. While the disk is full it waits for space: the record is in the log, sessions are told to write no
/// more, and reads go on.
fn apply(
    engine: &dyn Engine,
    code: EngineCode,
    bytes: &[u8],
    stamp: Stamp,
    stopping: &AtomicBool,
) -> Result<(), ApplyError> {
    let mut waited = false;
    loop {
        match record::apply(engine, code, bytes, stamp) {
            Err(ApplyError::Engine(error @ EngineError::NoSpace { .. })) if !stopping.load(Ordering::Acquire) => {
                if !waited {
                    tracing::error!(%error, "the disk is full; writes are refused until there is space");
                }
                waited = true;
                std::thread::sleep(SPACE_RETRY);
            }
            result => {
                if waited && result.is_ok() {
                    tracing::info!("there is space on the disk again");
                }
                return result;
            }
        }
    }
}

/// Collects until there is nothing left to do, or a batch waits: applying goes first, the rest comes with a later order.
fn collect(engine: &dyn Engine, watermark: Timestamp, inbox: &Receiver<Order>) -> Result<(), String> {
    while engine.collect(watermark).map_err(|error| error.to_string())? && inbox.is_empty() {}
    Ok(())
}
