//! A write over very many rows, between two turns.

use std::fmt;

use cairn_sql_types::Datum;
use rustc_hash::FxHashSet;

use super::find::{Keys, Search};
use super::references::Event;
use crate::api::{Done, ExecContext, Stop};
use crate::eval::SubResult;

/// What a write works through, and how far it has come.
pub(crate) struct Turns {
    pub(super) subs: Vec<SubResult>,
    pub(super) input: Input,
    /// Rows of the input that are done.
    pub(super) next: usize,
    pub(super) done: Done,
    /// Foreign keys to look at in the end.
    pub(super) events: Vec<Event>,
    /// Keys of rows that the statement has met.
    pub(super) met: KeySet,
    /// `next`, `done` and the number of events when the last turn ended.
    kept: (usize, Done, usize),
}

/// Where the rows come from.
pub(super) enum Input {
    /// From analytics.
    Given,
    /// The keys are being looked for.
    Search(Search),
    /// These keys were found.
    Keys(Keys),
    /// A query on the core gave these.
    Rows(Vec<Vec<Datum>>),
}

impl Turns {
    /// `in_turns`: it can stop and go on.
    pub(super) fn new(subs: Vec<SubResult>, input: Input, in_turns: bool) -> Box<Self> {
        let (events, met) = (Vec::new(), KeySet { in_turns, ..KeySet::default() });
        Box::new(Self { subs, input, next: 0, done: Done::default(), events, met, kept: (0, Done::default(), 0) })
    }

    /// The write that has stopped here, taken back to the end of its last turn; `None`: it is to begin.
    pub(super) fn take(context: &mut ExecContext<'_>) -> Option<Box<Self>> {
        let mut turns = context.scratch.turns.take()?;
        let (next, done, events) = turns.kept;
        (turns.next, turns.done) = (next, done);
        turns.events.truncate(events);
        turns.met.take_back();
        Some(turns)
    }

    /// Rows of this turn, of `count` in all.
    pub(super) fn range(&self, count: usize, rows_per_turn: Option<usize>) -> std::ops::Range<usize> {
        self.next..rows_per_turn.map_or(count, |rows| count.min(self.next + rows))
    }

    /// The rows up to `upto`, of `count` in all, are done. Stops where there are more.
    pub(super) fn end(&mut self, upto: usize, count: usize) -> Result<(), Stop> {
        self.next = upto;
        if upto == count {
            return Ok(());
        }
        self.kept = (self.next, self.done, self.events.len());
        self.met.keep();
        Err(Stop::Pause)
    }

    /// Puts the write aside if it can go on after this stop.
    pub(super) fn put_aside<T>(self: Box<Self>, stopped: &Result<T, Stop>, context: &mut ExecContext<'_>) {
        if self.met.in_turns && matches!(stopped, Err(Stop::Pause | Stop::Fetch(_) | Stop::Busy(_))) {
            context.scratch.turns = Some(self);
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("next", &self.next).field("done", &self.done).finish_non_exhaustive()
    }
}

/// Keys, of which those of the last turn can be taken out again.
#[derive(Default)]
pub(super) struct KeySet {
    all: FxHashSet<Vec<u8>>,
    fresh: Vec<Vec<u8>>,
    /// Is `fresh` needed?
    in_turns: bool,
}

impl KeySet {
    /// Adds a key; `false`: it is there already.
    pub(super) fn insert(&mut self, key: &[u8]) -> bool {
        let added = self.all.insert(key.to_vec());
        if added && self.in_turns {
            self.fresh.push(key.to_vec());
        }
        added
    }

    pub(super) fn contains(&self, key: &[u8]) -> bool {
        self.all.contains(key)
    }

    fn keep(&mut self) {
        self.fresh.clear();
    }

    fn take_back(&mut self) {
        for key in self.fresh.drain(..) {
            self.all.remove(&key);
        }
    }
}
