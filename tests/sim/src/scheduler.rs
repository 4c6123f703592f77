//! The scheduler: one step at a time, chosen by chance among all that could happen now.
//!
//! ```text
//!   clients (futures)   log turn   device   applier   checkpoint (baton)   ticks   faults   crash
//!        \                 \         |        |          /                  /        /       /
//!         +------------------ what could happen now, weighted -------------------------------+
//!                                          |
//!                                 one step, then all checks of that step
//! ```

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use cairn_base::seam::sim::{SimClock, SimDisk, SimRng};
use cairn_base::seam::{Clock, Rng};
use cairn_txn::record;

use crate::chance::Chance;
use crate::check::{data, log, quiet};
use crate::checkpoint::RunningCheckpoint;
use crate::device::Pending;
use crate::disk::LifeDisk;
use crate::faults;
use crate::life;
use crate::node::Order;
use crate::session::{Client, Stop};
use crate::swarm::{Swarm, Weights};
use crate::trace::Trace;
use crate::trim::Trim;
use crate::workload;
use crate::world::{Violation, Wait, World};

/// Wall time at which every run begins.
const BEGINNING_MICROS: u64 = 1_800_000_000_000_000;
/// Steps that the liveness phase may take for each client, and for all together.
const DRAIN_STEPS_PER_CLIENT: u64 = 20_000;
/// The server looks after timeouts and vanished sessions this often.
const TICK_NANOS: u64 = 100_000_000;
/// Most that wall time jumps, in microseconds.
const JUMP_MICROS_MAX: u64 = 10_000_000;

/// What can happen next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Client(usize),
    Turn,
    Sync,
    Device,
    Apply,
    Report,
    Checkpoint,
    Background,
    Tick,
    Collect,
    Audit,
    Crash,
    Fault,
    Jump,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    wait: Wait,
    done: bool,
}

/// One run.
pub struct Scheduler {
    pub(crate) world: Rc<World>,
    pub(crate) medium: SimDisk,
    pub(crate) rng: SimRng,
    tasks: Vec<Task>,
    pub(crate) checkpoint: Option<RunningCheckpoint>,
    /// The device's step is done when this moment has come.
    device_ready: u64,
    choices: Vec<(Action, u64)>,
    /// Faults and crashes have stopped.
    quiet: bool,
}

impl Scheduler {
    /// A run of this seed that has not begun.
    pub fn new(seed: u64, trim: &Trim, print: bool) -> Self {
        let mut rng = SimRng::new(seed);
        let mut swarm = Swarm::draw(&mut rng.split());
        trim.apply(&mut swarm);
        let world = World::new(swarm, SimClock::at(BEGINNING_MICROS), Trace::new(print));
        Self {
            world: Rc::new(world),
            medium: SimDisk::new(),
            rng,
            tasks: Vec::new(),
            checkpoint: None,
            device_ready: 0,
            choices: Vec::new(),
            quiet: false,
        }
    }

    /// Runs the safety phase for so many steps, then the liveness phase, then the checks of the end.
    pub fn run(&mut self, steps: u64) -> Result<(), Violation> {
        self.start()?;
        for step in 0..steps {
            self.world.steps.set(step + 1);
            self.step()?;
        }
        self.calm_down()?;
        self.finish()
    }

    /// One step.
    fn step(&mut self) -> Result<(), Violation> {
        self.collect_choices();
        let rng = &mut self.rng;
        match rng.weighted(self.choices.iter().map(|(_, weight)| *weight)) {
            Some(place) => {
                self.world.clock.advance_nanos(200 + rng.below(4_000));
                let (action, _) = self.choices[place];
                self.perform(action)?;
            }
            None => self.skip_time(),
        }
        self.after_step()
    }

    fn after_step(&mut self) -> Result<(), Violation> {
        if let Some(violation) = self.world.violation() {
            return Err(violation);
        }
        let stopped = self.world.node.borrow().as_ref().is_some_and(|node| node.disk.is_over());
        if stopped || self.world.is_poisoned() {
            // The server ends when its log fails; the machine may stop with it.
            let machine = stopped || self.rng.percent(50);
            return self.restart(machine);
        }
        Ok(())
    }

    /// Nothing can happen now: time goes on to the next moment at which something can, at most to the server's next tick.
    fn skip_time(&mut self) {
        let now = self.world.clock.monotonic_nanos();
        let clients = self.tasks.iter().filter(|task| !task.done).filter_map(|task| match task.wait {
            Wait::Until(nanos) => Some(nanos),
            _ => None,
        });
        let deadline = self.world.node.borrow().as_ref().and_then(|node| node.shard.next_deadline());
        let moments = clients.chain(deadline).chain([self.device_ready]).filter(|moment| *moment > now);
        let next = moments.min().unwrap_or(u64::MAX);
        self.world.clock.advance_nanos((next - now).min(TICK_NANOS));
        self.world.with_shard(|shard| shard.tick());
    }

    fn collect_choices(&mut self) {
        let world = &self.world;
        let now = world.clock.monotonic_nanos();
        let weights: &Weights = &world.swarm.weights;
        let choices = &mut self.choices;
        choices.clear();
        let mut add = |possible: bool, action: Action, weight: u64| {
            if possible && weight > 0 {
                choices.push((action, weight));
            }
        };
        for (place, task) in self.tasks.iter().enumerate() {
            add(!task.done && world.is_over(task.wait), Action::Client(place), weights.client);
        }
        let node = world.node.borrow();
        let node = node.as_ref().expect("a node runs between steps");
        let pending = node.device.pending();
        let device_works = matches!(pending, Pending::Write | Pending::Sync);
        add(node.kicked.get() || pending == Pending::Ended, Action::Turn, weights.turn);
        add(node.log.is_behind(), Action::Sync, weights.background);
        add(device_works && now >= self.device_ready, Action::Device, weights.device);
        let applier = node.applier.borrow();
        add(!applier.orders.is_empty(), Action::Apply, weights.apply);
        add(!applier.reports.is_empty(), Action::Report, weights.report);
        add(self.checkpoint.is_some(), Action::Background, weights.background);
        // What happens of its own accord must not keep time from going on when nothing else can happen.
        let deadline_passed = node.shard.next_deadline().is_some_and(|deadline| deadline <= now);
        add(deadline_passed || !choices_empty(&self.tasks, world), Action::Tick, weights.tick);
        if self.choices.is_empty() {
            return;
        }
        let choices = &mut self.choices;
        let mut add = |possible: bool, action: Action, weight: u64| {
            if possible && weight > 0 {
                choices.push((action, weight));
            }
        };
        add(self.checkpoint.is_none() && !self.quiet, Action::Checkpoint, weights.checkpoint);
        add(!applier.is_collecting(), Action::Collect, weights.collect);
        add(!self.quiet, Action::Audit, weights.audit);
        add(!self.quiet, Action::Crash, weights.crash);
        add(!self.quiet, Action::Fault, weights.fault);
        add(!self.quiet, Action::Jump, weights.jump);
    }

    fn perform(&mut self, action: Action) -> Result<(), Violation> {
        match action {
            Action::Client(place) => self.run_client(place),
            Action::Turn => self.turn(),
            Action::Sync => self.sync(),
            Action::Device => self.step_device(),
            Action::Apply => self.apply(),
            Action::Report => self.report(),
            Action::Checkpoint => self.begin_checkpoint(),
            Action::Background => self.step_checkpoint(),
            Action::Tick => self.world.with_shard(|shard| shard.tick()),
            Action::Collect => self.collect(),
            Action::Audit => self.audit(),
            Action::Crash => return self.crash(),
            Action::Fault => faults::inject(self),
            Action::Jump => self.jump(),
        }
        Ok(())
    }

    fn run_client(&mut self, place: usize) {
        let task = &mut self.tasks[place];
        let mut context = Context::from_waker(Waker::noop());
        match task.future.as_mut().poll(&mut context) {
            Poll::Ready(()) => task.done = true,
            Poll::Pending => task.wait = self.world.take_wait(),
        }
    }

    fn turn(&mut self) {
        let result = {
            let node = self.world.node.borrow();
            let node = node.as_ref().expect("a node runs between steps");
            node.kicked.set(false);
            node.log.clone()
        };
        let device_was = self.pending();
        if let Err(error) = self.world.with_shard(|shard| result.turn(shard)) {
            self.world.trace(format_args!("the log has failed: {error}"));
            self.world.with_shard(|shard| shard.poison(error.to_string()));
        }
        if device_was != Pending::Write && self.pending() == Pending::Write {
            self.schedule_device();
        }
    }

    fn pending(&self) -> Pending {
        self.world.node.borrow().as_ref().map_or(Pending::Nothing, |node| node.device.pending())
    }

    fn schedule_device(&mut self) {
        let now = self.world.clock.monotonic_nanos();
        self.device_ready = now + self.rng.below(self.world.swarm.device_nanos_max);
    }

    fn step_device(&mut self) {
        let device = self.world.node.borrow().as_ref().expect("a node runs between steps").device.clone();
        self.world.trace(format_args!("device: {:?}", device.pending()));
        device.step();
        self.schedule_device();
    }

    /// One order of the slow engine's thread.
    fn apply(&mut self) {
        let node = self.world.node.borrow();
        let node = node.as_ref().expect("a node runs between steps");
        let mut applier = node.applier.borrow_mut();
        let done = match applier.orders.pop_front().expect("only chosen when there is one") {
            Order::Apply { record, engine, stamp } => {
                self.world.trace(format_args!("applied {}", stamp.index.0));
                applier.reports.push_back((engine, stamp.index));
                record::apply(node.engine(engine).as_ref(), engine, &record, stamp).map_err(|error| error.to_string())
            }
            Order::Collect(engine, watermark) => {
                node.engine(engine).collect(watermark).map(drop).map_err(|error| error.to_string())
            }
        };
        if let Err(error) = done {
            self.world.violate("errors", format_args!("the slow engine's thread: {error}"));
        }
    }

    fn report(&mut self) {
        let (engine, index) = {
            let node = self.world.node.borrow();
            let mut applier = node.as_ref().expect("a node runs between steps").applier.borrow_mut();
            applier.reports.pop_front().expect("only chosen when there is one")
        };
        self.world.with_shard(|shard| shard.applied(engine, index));
    }

    /// The server's background sync of a log whose writes are not synced.
    fn sync(&mut self) {
        let log = self.world.node.borrow().as_ref().expect("a node runs between steps").log.clone();
        let synced = log.with(|wal| wal.begin_sync().and_then(|job| wal.end_sync(job.run())));
        self.world.with_shard(|shard| match &synced {
            Ok(index) => shard.durable(*index),
            Err(error) => shard.poison(error.to_string()),
        });
        match synced {
            Ok(index) => {
                self.world.oracle.borrow_mut().promise_synced(index);
                self.world.trace(format_args!("synced to {}", index.0));
            }
            Err(error) => self.world.trace(format_args!("the log has failed: {error}")),
        }
    }

    fn begin_checkpoint(&mut self) {
        self.checkpoint = Some(RunningCheckpoint::begin(&self.world));
    }

    fn step_checkpoint(&mut self) {
        let Some(checkpoint) = self.checkpoint.take() else { return };
        self.checkpoint = checkpoint.step(&self.world);
    }

    fn collect(&mut self) {
        let node = self.world.node.borrow();
        let node = node.as_ref().expect("a node runs between steps");
        let watermark = node.shard.watermark();
        self.world.trace(format_args!("collect to {}", watermark.0));
        for registered in &node.engines {
            if registered.engine.capabilities().slow_apply {
                node.applier.borrow_mut().orders.push_back(Order::Collect(registered.code, watermark));
                continue;
            }
            if let Err(error) = registered.engine.collect(watermark) {
                self.world.violate("errors", format_args!("{} cannot collect: {error}", registered.name));
            }
        }
        data::snapshots(&self.world, node);
    }

    fn audit(&mut self) {
        let node = self.world.node.borrow();
        let node = node.as_ref().expect("a node runs between steps");
        data::engines(&self.world, node);
        data::snapshots(&self.world, node);
    }

    fn jump(&mut self) {
        let now = self.world.clock.wall_micros();
        let by = self.rng.below(JUMP_MICROS_MAX);
        let then = if self.rng.percent(50) { now + by } else { now.saturating_sub(by) };
        self.world.clock.set_wall_micros(then);
        self.world.trace(format_args!("wall clock jumps to {then}"));
    }

    /// The machine stops (now, or a few operations from now), or the process is killed.
    fn crash(&mut self) -> Result<(), Violation> {
        if self.rng.percent(50) {
            let changes = self.rng.below(12);
            self.world.trace(format_args!("the machine stops after {changes} more changes"));
            self.world.node.borrow().as_ref().expect("a node runs between steps").disk.end_after(changes);
            return Ok(());
        }
        let machine = self.rng.percent(70);
        self.restart(machine)
    }

    /// Starts the first life.
    fn start(&mut self) -> Result<(), Violation> {
        self.boot(true)
    }

    /// Ends this life and starts the next one.
    fn restart(&mut self, machine: bool) -> Result<(), Violation> {
        self.world.trace(format_args!("{}", if machine { "the machine stops" } else { "the process is killed" }));
        self.end_life();
        if machine {
            self.medium.crash(&mut self.rng);
        } else {
            self.medium.kill_process();
        }
        if !self.world.swarm.faults.decay {
            // Where bytes decay, what nobody needs any more may have.
            self.inspect_log();
        }
        self.check_violation()?;
        self.boot(machine)
    }

    /// Everything that runs ends, without a chance to touch the disk.
    fn end_life(&mut self) {
        if let Some(node) = self.world.node.borrow().as_ref() {
            node.disk.end();
        }
        self.tasks.clear();
        if let Some(checkpoint) = self.checkpoint.take() {
            checkpoint.abandon();
        }
        self.world.node.borrow_mut().take();
        self.world.snapshots.borrow_mut().clear();
        self.medium.clear_faults();
        self.medium.set_capacity(None);
    }

    /// Starts a node until one starts, then what runs on it.
    fn boot(&mut self, mut after_machine: bool) -> Result<(), Violation> {
        while !life::try_boot(self, &mut after_machine)? {}
        self.check_violation()?;
        let clients = self.world.swarm.clients;
        self.tasks = (0..clients).map(|id| self.client(id)).collect();
        Ok(())
    }

    fn client(&mut self, id: usize) -> Task {
        let client = Client { world: self.world.clone(), rng: self.rng.split(), id };
        Task { future: Box::pin(live(client)), wait: Wait::Turn, done: false }
    }

    fn check_violation(&self) -> Result<(), Violation> {
        self.world.violation().map_or(Ok(()), Err)
    }

    /// Liveness: faults stop, clients begin nothing new, and everybody must come to an end.
    fn calm_down(&mut self) -> Result<(), Violation> {
        self.world.trace(format_args!("faults stop"));
        self.quiet = true;
        self.medium.clear_faults();
        self.medium.set_capacity(None);
        self.world.draining.set(true);
        self.drain("the clients")?;
        Ok(())
    }

    fn drain(&mut self, whom: &str) -> Result<(), Violation> {
        let limit = DRAIN_STEPS_PER_CLIENT * (self.world.swarm.clients as u64 + 1);
        for _ in 0..limit {
            if self.is_idle() {
                return Ok(());
            }
            self.step()?;
        }
        let waits: Vec<Wait> = self.tasks.iter().filter(|task| !task.done).map(|task| task.wait).collect();
        self.world.violate("live", format_args!("{whom} do not come to an end: they wait for {waits:?}"));
        self.check_violation()
    }

    fn is_idle(&self) -> bool {
        let node = self.world.node.borrow();
        let node = node.as_ref().expect("a node runs between steps");
        let applier = node.applier.borrow();
        self.tasks.iter().all(|task| task.done)
            && self.checkpoint.is_none()
            && node.device.pending() == Pending::Nothing
            && !node.kicked.get()
            && !node.log.is_behind()
            && applier.orders.is_empty()
            && applier.reports.is_empty()
    }

    /// The checks of the end, a last crash, and the same again.
    fn finish(&mut self) -> Result<(), Violation> {
        let client = Client { world: self.world.clone(), rng: self.rng.split(), id: usize::MAX };
        self.tasks = vec![Task { future: Box::pin(last_words(client)), wait: Wait::Turn, done: false }];
        self.drain("the last reader")?;
        {
            let world = &self.world;
            let node = world.node.borrow();
            let node = node.as_ref().expect("a node runs between steps");
            quiet::nothing_is_left(world, node);
            data::engines(world, node);
            if let Err(anomaly) = cairn_serial::check(&world.history.borrow()) {
                world.violate("serial", anomaly);
            }
        }
        self.check_violation()?;
        self.restart(true)
    }

    /// Have faults stopped?
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn new_disk(&self) -> LifeDisk {
        LifeDisk::new(self.medium.clone())
    }

    /// Looks at what a crash has left before anybody opens it.
    pub(crate) fn inspect_log(&self) {
        let from = self.world.oracle.borrow().first_needed();
        log::is_a_prefix(&self.world, &self.medium, from);
    }
}

/// Is there nobody who could go on by himself?
fn choices_empty(tasks: &[Task], world: &World) -> bool {
    !tasks.iter().any(|task| !task.done && world.is_over(task.wait))
}

/// What a client does all its life.
async fn live(mut client: Client) {
    let world = client.world.clone();
    let weights = world.swarm.workloads.clone();
    while !world.draining.get() {
        let Some(place) = client.rng.weighted(weights.iter().map(|(_, weight)| *weight)) else { return };
        if let Err(Stop::Again(again)) = weights[place].0.run(&mut client).await {
            world.violate("errors", format_args!("a restart left its statement: {again:?}"));
        }
        let pause = client.rng.below(world.swarm.pause_nanos_max + 1);
        client.pause(pause).await;
    }
}

async fn last_words(mut client: Client) {
    let world = client.world.clone();
    for _ in 0..10 {
        if workload::last_words(&mut client).await.is_ok() {
            return;
        }
    }
    world.violate("live", "a lone reader cannot read");
}
