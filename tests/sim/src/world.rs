//! What everything in the simulation shares: time, the node, the oracle, the trace, and what was heard from the shard.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cairn_base::seam::Clock;
use cairn_base::seam::sim::SimClock;
use cairn_base::{LogIndex, Timestamp};
use cairn_txn::{Event, Shard, Ticket};

use crate::node::Node;
use crate::oracle::Oracle;
use crate::swarm::Swarm;
use crate::trace::Trace;
use cairn_serial::History;

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name, as in `docs/simulator.md`.
    pub check: &'static str,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.what)
    }
}

/// What a client waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Its next turn.
    Turn,
    /// A lock, or its timeout.
    Lock(Ticket),
    /// A record's durability.
    Durable(LogIndex),
    /// A record's application by all engines.
    Applied(LogIndex),
    /// A moment, in monotonic nanoseconds.
    Until(u64),
}

/// What the shard has reported in this life.
#[derive(Debug, Default)]
pub struct Heard {
    durable: LogIndex,
    applied: LogIndex,
    locks: BTreeMap<Ticket, bool>,
    poisoned: bool,
}

impl Heard {
    /// What a new life begins with: everything up to `last` is there.
    pub fn from(last: LogIndex) -> Self {
        Self { durable: last, applied: last, ..Self::default() }
    }
}

/// The shared state. Everything is single-threaded.
#[derive(Debug)]
pub struct World {
    /// What this run varies.
    pub swarm: Swarm,
    /// Time.
    pub clock: SimClock,
    /// The node; `None` while it is down.
    pub node: RefCell<Option<Node>>,
    /// What must be true.
    pub oracle: RefCell<Oracle>,
    /// What clients saw.
    pub history: RefCell<History>,
    /// What was heard from the shard.
    pub heard: RefCell<Heard>,
    /// Snapshots of open transactions, by transaction number.
    pub snapshots: RefCell<BTreeMap<u64, Timestamp>>,
    /// Steps of the safety phase so far.
    pub steps: Cell<u64>,
    /// Clients begin nothing new.
    pub draining: Cell<bool>,
    trace: RefCell<Trace>,
    violation: RefCell<Option<Violation>>,
    /// What the client that runs now waits for when it next stops.
    wait: Cell<Wait>,
    numbers: Cell<u64>,
}

impl World {
    /// A world without a node.
    pub fn new(swarm: Swarm, clock: SimClock, trace: Trace) -> Self {
        Self {
            swarm,
            clock,
            node: RefCell::default(),
            oracle: RefCell::default(),
            history: RefCell::default(),
            heard: RefCell::default(),
            snapshots: RefCell::default(),
            steps: Cell::new(0),
            draining: Cell::new(false),
            trace: RefCell::new(trace),
            violation: RefCell::default(),
            wait: Cell::new(Wait::Turn),
            numbers: Cell::new(0),
        }
    }

    /// Adds a line to the trace.
    pub fn trace(&self, text: fmt::Arguments<'_>) {
        self.trace.borrow_mut().line(self.clock.monotonic_nanos(), text);
    }

    /// The trace so far.
    pub fn with_trace<T>(&self, look: impl FnOnce(&Trace) -> T) -> T {
        look(&self.trace.borrow())
    }

    /// A check failed. The first one counts; the run ends after the step.
    pub fn violate(&self, check: &'static str, what: impl fmt::Display) {
        let mut violation = self.violation.borrow_mut();
        if violation.is_none() {
            let found = Violation { check, what: what.to_string() };
            self.trace(format_args!("VIOLATION {found}"));
            *violation = Some(found);
        }
    }

    /// The check that failed, if one did.
    pub fn violation(&self) -> Option<Violation> {
        self.violation.borrow().clone()
    }

    /// A number for a transaction, or for a value that is written once.
    pub fn fresh_number(&self) -> u64 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    /// Works on the shard, and hears what it reports.
    pub fn with_shard<T>(&self, work: impl FnOnce(&mut Shard) -> T) -> T {
        let mut node = self.node.borrow_mut();
        let shard = &mut node.as_mut().expect("clients run only while the node does").shard;
        let result = work(shard);
        for event in shard.take_events() {
            self.hear(event);
        }
        result
    }

    fn hear(&self, event: Event) {
        let mut heard = self.heard.borrow_mut();
        match event {
            Event::Granted(ticket) => drop(heard.locks.insert(ticket, true)),
            Event::Timeout(ticket) => drop(heard.locks.insert(ticket, false)),
            Event::Durable(index) => {
                if index <= heard.durable {
                    self.violate("order", format_args!("{index:?} is reported durable after {:?}", heard.durable));
                }
                heard.durable = index;
                self.oracle.borrow_mut().promise(index, self.swarm.syncs_before_answering());
            }
            Event::Applied(index) => heard.applied = heard.applied.max(index),
            Event::Poisoned => heard.poisoned = true,
        }
    }

    /// May a client that waits for this go on?
    pub fn is_over(&self, wait: Wait) -> bool {
        let heard = self.heard.borrow();
        match wait {
            Wait::Turn => true,
            Wait::Lock(ticket) => heard.locks.contains_key(&ticket),
            Wait::Durable(index) => heard.durable >= index,
            Wait::Applied(index) => heard.applied >= index,
            Wait::Until(nanos) => self.clock.monotonic_nanos() >= nanos,
        }
    }

    /// The answer to a lock request that queued: `true` granted, `false` timed out.
    pub fn take_lock_answer(&self, ticket: Ticket) -> bool {
        self.heard.borrow_mut().locks.remove(&ticket).unwrap_or(false)
    }

    /// Has the shard stopped?
    pub fn is_poisoned(&self) -> bool {
        self.heard.borrow().poisoned
    }

    /// What the client that ran last waits for.
    pub fn take_wait(&self) -> Wait {
        self.wait.replace(Wait::Turn)
    }

    /// Stops the client until what it waits for is there and the scheduler chooses it.
    pub fn wait(&self, wait: Wait) -> impl Future<Output = ()> + '_ {
        Stop { world: self, wait: Some(wait) }
    }

    /// Lets others have their turn.
    pub fn turn(&self) -> impl Future<Output = ()> + '_ {
        self.wait(Wait::Turn)
    }
}

struct Stop<'w> {
    world: &'w World,
    wait: Option<Wait>,
}

impl Future for Stop<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.wait.take() {
            Some(wait) => {
                self.world.wait.set(wait);
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}
