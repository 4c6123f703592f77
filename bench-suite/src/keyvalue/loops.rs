//! Clients: closed loops without thinking, a thread and a session each.

use std::time::{Duration, Instant};

use super::workload::{OwnRows, Source, Workload};
use super::{Outcome, Session, Store};
use crate::error::BenchError;

/// An operation that meets others so often is an error.
const TRIES_MAX: u64 = 100_000;

/// What clients have done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Operations that were answered.
    pub(super) done: u64,
    /// How often one was tried again.
    pub(super) retried: u64,
    /// Microseconds of each, tries included.
    pub(super) latencies: Vec<f64>,
    /// Seconds from the first to the last.
    pub(super) seconds: f64,
}

/// A case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) workload: Workload,
    pub(super) clients: u64,
    pub(super) rows: u64,
    /// Nobody has used a key from here on.
    pub(super) new_keys: u64,
    pub(super) time: Duration,
    pub(super) seed: u64,
}

/// Connects all clients, then lets them run for a while.
pub(super) fn run(store: &dyn Store, load: Load) -> Result<Tally, BenchError> {
    let sessions = (0..load.clients).map(|_| store.connect()).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    let tallies = std::thread::scope(|threads| {
        let clients = sessions.into_iter().enumerate().map(|(number, session)| {
            let own = OwnRows { first: load.new_keys + number as u64, step: load.clients, count: 0 };
            let source = Source::new(load.workload, load.rows, own, load.seed * 1000 + number as u64);
            threads.spawn(move || client(session, source, begun + load.time))
        });
        // All are started before the first is waited for.
        let clients: Vec<_> = clients.collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect::<Vec<_>>()
    });
    let mut sum = Tally { seconds: begun.elapsed().as_secs_f64(), ..Tally::default() };
    for tally in tallies {
        let tally = tally?;
        sum.done += tally.done;
        sum.retried += tally.retried;
        sum.latencies.extend(tally.latencies);
    }
    Ok(sum)
}

fn client(mut session: Box<dyn Session>, mut source: Source, until: Instant) -> Result<Tally, BenchError> {
    let mut tally = Tally::default();
    loop {
        let operation = source.next();
        let begun = Instant::now();
        if begun >= until {
            return Ok(tally);
        }
        let mut tries = 1;
        while session.perform(operation)? == Outcome::Conflict {
            tries += 1;
            if tries > TRIES_MAX {
                return Err(BenchError::parse("an end of conflicts", &format!("{operation:?}")));
            }
        }
        tally.done += 1;
        tally.retried += tries - 1;
        tally.latencies.push(begun.elapsed().as_secs_f64() * 1e6);
    }
}
