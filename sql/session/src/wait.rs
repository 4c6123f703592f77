//! Waiting on the core: for a row lock, for durability, for an engine to catch up. One place where events of the
//! [`Shard`](cairn_txn::Shard) wake the sessions that wait for them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use cairn_base::LogIndex;
use cairn_txn::{Event, Ticket};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

/// How a wait for a lock ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LockOutcome {
    Granted,
    TimedOut,
    Poisoned,
}

#[derive(Debug)]
enum LockWaiter {
    Waiting(Option<Waker>),
    Ended(LockOutcome),
}

#[derive(Debug, Default)]
struct State {
    locks: FxHashMap<Ticket, LockWaiter>,
    durable: Level,
    applied: Level,
    /// Some engine has applied something.
    progress: Rc<Notify>,
    poisoned: bool,
}

/// A log position that rises, and who waits for it to reach theirs.
#[derive(Debug, Default)]
struct Level {
    reached: LogIndex,
    waiting: BTreeMap<(LogIndex, u64), Waker>,
    next: u64,
}

impl Level {
    fn rise(&mut self, to: LogIndex) {
        self.reached = self.reached.max(to);
        let rest = self.waiting.split_off(&(self.reached.next(), 0));
        std::mem::replace(&mut self.waiting, rest).into_values().for_each(Waker::wake);
    }

    fn wake_all(&mut self) {
        std::mem::take(&mut self.waiting).into_values().for_each(Waker::wake);
    }
}

/// All waits of one core.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits(Rc<RefCell<State>>);

impl Waits {
    /// Passes on what happened.
    pub(crate) fn deliver(&self, events: impl IntoIterator<Item = Event>) {
        let mut state = self.0.borrow_mut();
        for event in events {
            match event {
                Event::Granted(ticket) => state.end(ticket, LockOutcome::Granted),
                Event::Timeout(ticket) => state.end(ticket, LockOutcome::TimedOut),
                Event::Durable(index) => state.durable.rise(index),
                Event::Applied(index) => {
                    state.applied.rise(index);
                    state.progress.notify_waiters();
                }
                Event::Poisoned => state.poison(),
            }
        }
    }

    /// Waits for a lock. Dropping the future forgets the wait here; the caller also cancels it in the shard.
    pub(crate) fn lock(&self, ticket: Ticket) -> LockWait {
        self.0.borrow_mut().locks.entry(ticket).or_insert(LockWaiter::Waiting(None));
        LockWait { state: self.0.clone(), ticket }
    }

    /// Waits until everything up to `index` is durable; `false`: the log failed first.
    pub(crate) fn durable(&self, index: LogIndex) -> LevelWait {
        LevelWait { state: self.0.clone(), index, level: |state| &mut state.durable, key: None }
    }

    /// Waits until everything up to `index` is applied by all engines; `false`: the log failed first.
    pub(crate) fn applied(&self, index: LogIndex) -> LevelWait {
        LevelWait { state: self.0.clone(), index, level: |state| &mut state.applied, key: None }
    }
}

impl Waits {
    /// Waits until some engine has applied something.
    pub(crate) async fn progress(&self) {
        let progress = self.0.borrow().progress.clone();
        progress.notified().await;
    }
}

impl State {
    /// Nobody waits for a ticket that is not entered: its statement was cancelled.
    fn end(&mut self, ticket: Ticket, outcome: LockOutcome) {
        let Some(waiter) = self.locks.get_mut(&ticket) else { return };
        if let LockWaiter::Waiting(Some(waker)) = std::mem::replace(waiter, LockWaiter::Ended(outcome)) {
            waker.wake();
        }
    }

    fn poison(&mut self) {
        self.poisoned = true;
        self.progress.notify_waiters();
        self.durable.wake_all();
        self.applied.wake_all();
        for waiter in self.locks.values_mut() {
            let ended = LockWaiter::Ended(LockOutcome::Poisoned);
            if let LockWaiter::Waiting(Some(waker)) = std::mem::replace(waiter, ended) {
                waker.wake();
            }
        }
    }
}

/// See [`Waits::lock`].
#[derive(Debug)]
pub(crate) struct LockWait {
    state: Rc<RefCell<State>>,
    ticket: Ticket,
}

impl Future for LockWait {
    type Output = LockOutcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<LockOutcome> {
        match self.state.borrow_mut().locks.get_mut(&self.ticket) {
            Some(LockWaiter::Ended(outcome)) => Poll::Ready(*outcome),
            Some(LockWaiter::Waiting(waker)) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(LockOutcome::Granted),
        }
    }
}

impl Drop for LockWait {
    fn drop(&mut self) {
        self.state.borrow_mut().locks.remove(&self.ticket);
    }
}

/// See [`Waits::durable`] and [`Waits::applied`].
#[derive(Debug)]
pub(crate) struct LevelWait {
    state: Rc<RefCell<State>>,
    index: LogIndex,
    level: fn(&mut State) -> &mut Level,
    key: Option<(LogIndex, u64)>,
}

impl Future for LevelWait {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let this = &mut *self;
        let mut state = this.state.borrow_mut();
        let poisoned = state.poisoned;
        let level = (this.level)(&mut state);
        if level.reached >= this.index {
            return Poll::Ready(true);
        }
        if poisoned {
            return Poll::Ready(false);
        }
        let key = *this.key.get_or_insert_with(|| {
            level.next += 1;
            (this.index, level.next)
        });
        level.waiting.insert(key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for LevelWait {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            (self.level)(&mut self.state.borrow_mut()).waiting.remove(&key);
        }
    }
}
