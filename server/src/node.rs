//! A node from start to end: recovery, service, shutdown.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cairn_base::seam::{Clock, OsRng, RealDisk, SystemClock};
use cairn_config::{self as config, Config};
use cairn_sql_analytics::{Analytics, AnalyticsConfig};
use cairn_sql_session::{Core, CoreConfig, EngineEntry};
use cairn_sql_wire::{Cancels, Reception};
use cairn_storage::{DataDir, Log, LogHome, Registered, open_shard, recover};
use cairn_txn::{LogIndex, Shard, ShardConfig};
use cairn_wal::{DeviceKind, Durability, Options, Place, Wal};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use crate::applier::{Appliers, Report};
use crate::engines::{Home, Registration, open_all};
use crate::readers::Readers;
use crate::services::{NodeServices, Request};
use crate::validation::validator;
use crate::{busy_poll, checkpoint, listener, log, process, shutdown};

/// Threads that block on the disk for the core.
const READERS: usize = 2;
/// Time that running statements have to end at a shutdown.
const DRAIN: Duration = Duration::from_secs(10);
/// How often old versions are collected and timeouts looked at.
const TICK: Duration = Duration::from_millis(100);
/// While there is more to collect on the core, its next turn comes after this.
const COLLECT_AGAIN: Duration = Duration::from_millis(10);
/// Longest stretch of collection on the core at a time: statements wait that long.
const COLLECT: Duration = Duration::from_millis(1);
/// Pause after a checkpoint that failed, as in PostgreSQL, before the next one that nobody asked for.
const CHECKPOINT_RETRY: Duration = Duration::from_secs(1);

/// Runs a node until it is told to stop, or cannot go on. `engines` come beside the built-in ones.
pub(crate) fn run(config: Config, engines: &[Registration]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the runtime: {error}"))?;
    let local = tokio::task::LocalSet::new();
    let ended = local.block_on(&runtime, Node::start(config, engines));
    // The process ends now, and what it holds with it: freeing row by row would only keep the user waiting.
    std::mem::forget((local, runtime));
    ended
}

/// A progress bar for something long; invisible where nobody looks, and while it takes less than a moment.
pub(crate) fn progress_bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {elapsed}/{duration}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style).with_message(what)
}

/// The parts of a running node.
struct Node {
    config: Config,
    core: Rc<Core>,
    log: Log,
    engines: Rc<Vec<Registered>>,
    appliers: Appliers,
    cancels: Cancels,
}

/// Where everything is kept, for as long as the node lives.
enum Ground {
    Disk(DataDir),
    Memory { _dir: TempDir },
}

/// How checkpoints are going.
#[derive(Default)]
struct Checkpointing {
    running: Cell<bool>,
    /// Did the last one fail?
    failed: Cell<bool>,
}

/// A directory that goes with the process: RocksDB needs one even when nothing shall stay.
struct TempDir(std::path::PathBuf);

impl Drop for TempDir {
    fn drop(&mut self) {
        // Left over files in the temporary directory do no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Ground {
    fn open(config: &Config) -> Result<(Self, Home), String> {
        if config.memory {
            let path = std::env::temp_dir().join(format!("cairn-memory-{}", std::process::id()));
            std::fs::create_dir_all(&path).map_err(|error| format!("cannot create {}: {error}", path.display()))?;
            let home = Home { disk: Arc::new(RealDisk), directory: path.clone(), persistent: false };
            return Ok((Ground::Memory { _dir: TempDir(path) }, home));
        }
        let dir = DataDir::open(Arc::new(RealDisk), &config.data_dir).map_err(|error| error.to_string())?;
        let home = Home { disk: dir.disk.clone(), directory: dir.path.clone(), persistent: true };
        Ok((Ground::Disk(dir), home))
    }
}

impl Node {
    async fn start(config: Config, engines: &[Registration]) -> Result<(), String> {
        // First the port: a server that cannot be reached need not recover.
        let tcp = TcpListener::bind(config.pg_listen)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", config.pg_listen))?;
        let (ground, home) = Ground::open(&config)?;
        let engines = Rc::new(open_all(&config, &home, engines)?);
        let (appliers, reports) =
            Appliers::start(&engines).map_err(|error| format!("cannot start an applier thread: {error}"))?;
        let clock: Rc<dyn Clock> = Rc::new(SystemClock::new());
        let (log, kicked) = log::new();
        let applier = Box::new(appliers.hand());
        let shard_config = ShardConfig { validator: validator(config.validation), ..ShardConfig::default() };
        let mut shard = open_shard(shard_config, &engines, &log, applier, clock.clone());
        open_log(&config, &ground, &engines, &mut shard, &log)?;
        let readers = Rc::new(Readers::start(READERS).map_err(|error| format!("cannot start the readers: {error}"))?);
        let (requests, inbox) = mpsc::unbounded_channel();
        let services = Rc::new(NodeServices { log: log.clone(), readers, requests });
        let analytics = analytics(&config)?;
        let core = Core::open(
            core_config(&config, &engines, clock.as_ref()),
            shard,
            analytics,
            clock,
            services,
            rand::random(),
        )
        .map_err(|error| format!("cannot open the database: {error}"))?;
        let cancels = Cancels::new(config.pg_connections_max);
        let node = Rc::new(Node { config, core, log, engines, appliers, cancels });
        let ended = node.clone().serve(tcp, kicked, inbox, reports).await;
        match ground {
            Ground::Memory { .. } => drop(ground),
            // Its lock goes with the process, after everything that still has the directory's files open.
            Ground::Disk(dir) => std::mem::forget(dir),
        }
        ended
    }

    async fn serve(
        self: Rc<Self>,
        tcp: TcpListener,
        kicked: Rc<Notify>,
        inbox: mpsc::UnboundedReceiver<Request>,
        reports: mpsc::UnboundedReceiver<Report>,
    ) -> Result<(), String> {
        let tls = self.config.pg_tls.as_ref().map(listener::tls).transpose()?;
        let address = tcp.local_addr().map_err(|error| error.to_string())?;
        let reception = Reception {
            core: self.core.clone(),
            tls,
            auth: listener::auth(&self.config),
            authentication_timeout: self.config.pg_authentication_timeout,
            cancels: self.cancels.clone(),
            attention: Rc::default(),
        };
        let patience = busy_poll::patience(self.config.pg_busy_poll);
        let watch = (!patience.is_zero())
            .then(|| tokio::task::spawn_local(busy_poll::run(reception.attention.clone(), patience)));
        let door = Rc::new(listener::Door::new(reception, self.config.pg_connections_max));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn_local(listener::tcp(tcp, door.clone()));
        let mut sockets = Vec::new();
        for dir in &self.config.pg_socket_dirs {
            match listener::bind_unix(dir, address.port()) {
                Ok((unix, socket)) => {
                    tasks.spawn_local(listener::unix(unix, door.clone()));
                    sockets.push(socket);
                }
                Err(error) => tracing::warn!(dir = %dir.display(), %error, "no Unix socket here"),
            }
        }
        let driver = tokio::task::spawn_local(log::drive(self.log.clone(), kicked, self.core.clone()));
        let syncer = (self.config.durability == config::Durability::Os)
            .then(|| tokio::task::spawn_local(log::keep_synced(self.log.clone(), self.core.clone())));
        let housekeeper = tokio::task::spawn_local(self.clone().keep_house(inbox));
        let receiver = tokio::task::spawn_local(take_reports(self.core.clone(), reports));
        let version = env!("CARGO_PKG_VERSION");
        process::announce(&format!("cairn {version} is ready: psql -h {} -p {}", address.ip(), address.port()));
        if let Some(iproto) = &self.config.iproto_listen {
            tracing::warn!(address = %iproto, "instance.iproto.listen has no effect: replication is not there yet");
        }
        let ended = tokio::select! {
            biased;
            reason = driver => Err(format!("the log has failed: {}", reason.unwrap_or_else(|error| error.to_string()))),
            reason = receiver => Err(reason.unwrap_or_else(|error| error.to_string())),
            signal = shutdown::requested() => signal.map_err(|error| format!("cannot wait for signals: {error}")),
        };
        tasks.abort_all();
        drop(sockets);
        let ended = match ended {
            Ok(signal) => self.stop(signal).await,
            Err(reason) => {
                tracing::error!(%reason, "stopping; the next start recovers");
                Err(reason)
            }
        };
        housekeeper.abort();
        syncer.into_iter().chain(watch).for_each(|task| task.abort());
        ended
    }

    /// Lets statements end, writes a checkpoint, leaves.
    async fn stop(&self, signal: &str) -> Result<(), String> {
        tracing::info!(signal, "shutting down");
        self.cancels.end_all();
        let deadline = tokio::time::Instant::now() + DRAIN;
        while !self.cancels.is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if self.config.memory {
            return Ok(());
        }
        checkpoint::run(self.core.clone(), self.log.clone(), self.engines.clone()).await?;
        tracing::info!("stopped");
        Ok(())
    }

    /// Timeouts, collection, checkpoints.
    async fn keep_house(self: Rc<Self>, mut inbox: mpsc::UnboundedReceiver<Request>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let checkpointing = Rc::new(Checkpointing::default());
        // Is there more to collect on the core?
        let mut garbage = false;
        let mut last_checkpoint = tokio::time::Instant::now();
        loop {
            let deadline = self.next_deadline();
            tokio::select! {
                _ = tick.tick() => {
                    self.core.with_shard(|shard| shard.tick());
                    self.collect_elsewhere();
                    garbage = self.collect_on_core();
                    let due = Duration::from_secs(self.config.checkpoint_seconds);
                    let by_time = !due.is_zero() && last_checkpoint.elapsed() >= due && self.log.since_checkpoint() > 0;
                    let by_log = self.log.since_checkpoint() >= self.config.checkpoint_log_bytes;
                    let rests = checkpointing.failed.get() && last_checkpoint.elapsed() < CHECKPOINT_RETRY;
                    if !self.config.memory && (by_time || by_log) && !checkpointing.running.get() && !rests {
                        last_checkpoint = tokio::time::Instant::now();
                        self.clone().start_checkpoint(checkpointing.clone(), None);
                    }
                }
                () = tokio::time::sleep(deadline) => self.core.with_shard(|shard| shard.tick()),
                () = tokio::time::sleep(COLLECT_AGAIN), if garbage => garbage = self.collect_on_core(),
                request = inbox.recv() => match request {
                    None => return,
                    Some(Request::Deadline) => {}
                    Some(Request::Checkpoint(done)) => self.clone().start_checkpoint(checkpointing.clone(), Some(done)),
                    Some(Request::Collect(done)) => {
                        let node = self.clone();
                        tokio::task::spawn_local(async move {
                            // The statement may have been cancelled meanwhile.
                            let _ = done.send(node.collect_all().await);
                        });
                    }
                },
            }
        }
    }

    fn next_deadline(&self) -> Duration {
        let far = Duration::from_secs(3600);
        self.core
            .with_shard(|shard| shard.next_deadline())
            .map_or(far, |at| Duration::from_nanos(at.saturating_sub(self.core.monotonic_nanos())))
    }

    fn start_checkpoint(
        self: Rc<Self>,
        checkpointing: Rc<Checkpointing>,
        done: Option<tokio::sync::oneshot::Sender<Result<(), String>>>,
    ) {
        tokio::task::spawn_local(async move {
            while checkpointing.running.get() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            checkpointing.running.set(true);
            let outcome = if self.config.memory {
                Ok(())
            } else {
                checkpoint::run(self.core.clone(), self.log.clone(), self.engines.clone()).await
            };
            checkpointing.running.set(false);
            checkpointing.failed.set(outcome.is_err());
            if let Err(reason) = &outcome {
                tracing::error!(%reason, "checkpoint failed; the log is kept");
            }
            if let Some(done) = done {
                // The statement may have been cancelled meanwhile.
                let _ = done.send(outcome);
            }
        });
    }

    /// Slow engines collect on their own threads.
    fn collect_elsewhere(&self) {
        let watermark = self.core.with_shard(|shard| shard.watermark());
        for registered in self.engines.iter() {
            // Nobody waits for it: what goes wrong shows when somebody does, at VACUUM.
            drop(self.appliers.collect(registered.code, watermark));
        }
    }

    /// A bounded step of collection for the engines that live on the core. Answers whether there is more to do.
    fn collect_on_core(&self) -> bool {
        let watermark = self.core.with_shard(|shard| shard.watermark());
        let began = std::time::Instant::now();
        let mut more = false;
        for registered in self.engines.iter().filter(|registered| !registered.engine.capabilities().slow_apply) {
            loop {
                match registered.engine.collect(watermark) {
                    Ok(true) if began.elapsed() < COLLECT => {}
                    Ok(left) => {
                        more |= left;
                        break;
                    }
                    Err(error) => {
                        tracing::error!(engine = registered.name, %error, "collection failed");
                        break;
                    }
                }
            }
        }
        more
    }

    async fn collect_all(&self) -> Result<(), String> {
        let watermark = self.core.with_shard(|shard| shard.watermark());
        for registered in self.engines.iter() {
            match self.appliers.collect(registered.code, watermark) {
                Some(done) => done.await.map_err(|_| "the applier thread ended".to_owned())??,
                None => {
                    while registered.engine.collect(watermark).map_err(|error| error.to_string())? {
                        tokio::task::yield_now().await;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Replays what the engines lack, and opens the log for writing.
fn open_log(
    config: &Config,
    ground: &Ground,
    engines: &[Registered],
    shard: &mut Shard,
    log: &Log,
) -> Result<(), String> {
    let dir = match ground {
        Ground::Memory { .. } => {
            log.set(Wal::nowhere(LogIndex::ZERO));
            return Ok(());
        }
        Ground::Disk(dir) => dir,
    };
    let options = Options {
        segment_bytes: config.log_segment_bytes,
        // All that a checkpoint frees is written over until the next one: no file is filled with zeros beside the log.
        spare_segments_max: usize::try_from(config.checkpoint_log_bytes / config.log_segment_bytes)
            .unwrap_or(usize::MAX),
        durability: match config.durability {
            config::Durability::Sync => Durability::Sync,
            config::Durability::Os => Durability::Os,
            config::Durability::None => Durability::None,
        },
        device: match config.log_device {
            config::LogDevice::Auto => DeviceKind::Auto,
            config::LogDevice::Uring => DeviceKind::Uring,
            config::LogDevice::Portable => DeviceKind::Portable,
        },
        ..Options::default()
    };
    let bar = progress_bar("replaying the log");
    let place = Place { disk: dir.disk.clone(), dir: dir.log() };
    let home = LogHome { place, options, device: None };
    let found = recover(home, &mut OsRng, engines, shard, log, &mut |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
    })
    .map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    if let Some(torn) = &found.torn {
        tracing::warn!(%torn, "cut the unfinished end of the log");
    }
    log.with(|wal| {
        let (device, why) = wal.device().unwrap_or(("none", ""));
        tracing::info!(replayed = found.replayed, last = found.last.0, device, why, "log open");
    });
    Ok(())
}

fn analytics(config: &Config) -> Result<Arc<Analytics>, String> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if config.analytics_threads == 0 { processors } else { config.analytics_threads };
    let settings = AnalyticsConfig {
        threads,
        query_memory_bytes_max: config.analytics_memory as usize,
        queries_max: threads * 2,
        thread_start: match config.analytics_priority {
            config::Priority::Idle => process::only_when_idle,
            config::Priority::Low => process::step_back,
        },
    };
    Analytics::new(settings).map(Arc::new).map_err(|error| format!("cannot start analytics: {error}"))
}

fn core_config(config: &Config, engines: &[Registered], clock: &dyn Clock) -> CoreConfig {
    let entry = |registered: &Registered| EngineEntry { name: registered.name.into(), code: registered.code };
    CoreConfig {
        engines: engines.iter().map(entry).collect(),
        tiers: vec![config.tier.clone()],
        settings: config.settings.clone(),
        connections_max: config.pg_connections_max,
        authentication_timeout: config.pg_authentication_timeout,
        database: "cairn".to_owned(),
        owner: config.pg_user.clone(),
        started_at: cairn_sql_session::to_postgres_micros(clock.wall_micros()),
    }
}

/// What applier threads report. Ends when one has failed.
async fn take_reports(core: Rc<Core>, mut reports: mpsc::UnboundedReceiver<Report>) -> String {
    while let Some(report) = reports.recv().await {
        match report {
            Report::Applied(code, index) => core.with_shard(|shard| shard.applied(code, index)),
            Report::Failed(reason) => {
                core.with_shard(|shard| shard.poison(reason.clone()));
                return reason;
            }
        }
    }
    std::future::pending().await
}
