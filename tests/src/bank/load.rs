//! What the clients do: transfers and copies.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;

use super::{ACCOUNTS, Ledger};
use crate::{Client, ENGINES, Failure};

/// Repetitions in a note that makes records long, so that the log rotates.
const NOTE: u32 = 2000;
/// Rows of a batch, in each engine.
pub(super) const BATCH: i64 = 100;

/// A client and what it needs.
pub(super) struct Worker {
    pub(super) client: Client,
    pub(super) rng: StdRng,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Worker {
    pub(super) fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, write: impl FnOnce(&mut Ledger)) {
        write(&mut self.ledger.lock().expect("no client panicked"));
    }

    /// Runs a transaction. `false`: it was refused, and PostgreSQL's manual says to try again.
    pub(super) fn transact(&mut self, statements: &[String]) -> Result<bool, Failure> {
        let all = ["begin"].into_iter().chain(statements.iter().map(String::as_str)).chain(["commit"]);
        let outcome = all.map(|statement| self.client.query(statement)).find_map(Result::err);
        self.settle(outcome)
    }

    fn settle(&mut self, outcome: Option<Failure>) -> Result<bool, Failure> {
        match outcome {
            None => Ok(true),
            Some(failure) if failure.is_retryable() => self.client.query("rollback").map(|_| false),
            Some(failure) => Err(failure),
        }
    }
}

/// Moves money until told to stop, or until something else than a conflict is in the way.
pub(super) fn transfers(worker: &mut Worker, first: i64) -> Result<(), Failure> {
    for id in first.. {
        if !worker.goes_on() {
            break;
        }
        worker.note(|ledger| ledger.transfers.begin(id));
        let (from, to) = (worker.rng.random_range(0..ACCOUNTS), worker.rng.random_range(0..ACCOUNTS));
        let amount = worker.rng.random_range(1..100);
        let [giver, taker] = engines(id);
        let done = |engine| format!("insert into {engine}_done values ({id}, {id} % 7, repeat('{amount} ', {NOTE}))");
        let mut statements = vec![
            format!("update {giver}_account set balance = balance - {amount} where id = {from}"),
            format!("update {taker}_account set balance = balance + {amount} where id = {to}"),
            done(giver),
        ];
        if giver != taker {
            statements.push(done(taker));
        }
        if worker.transact(&statements)? {
            worker.note(|ledger| ledger.transfers.acknowledge(id));
        }
    }
    Ok(())
}

/// From which engine to which a transfer goes.
pub(super) fn engines(id: i64) -> [&'static str; 2] {
    let [memtx, vinyl] = ENGINES;
    [[memtx, memtx], [vinyl, vinyl], [memtx, vinyl], [vinyl, memtx]][(id % 4) as usize]
}

/// Asks for checkpoints, with pauses.
pub(super) fn checkpoints(worker: &mut Worker, _: i64) -> Result<(), Failure> {
    while worker.goes_on() {
        std::thread::sleep(Duration::from_millis(worker.rng.random_range(0..60)));
        worker.client.query("checkpoint")?;
    }
    Ok(())
}

/// Copies batches into both engines, one transaction each.
pub(super) fn copies(worker: &mut Worker, first: i64) -> Result<(), Failure> {
    for batch in first.. {
        if !worker.goes_on() {
            break;
        }
        worker.note(|ledger| ledger.copies.begin(batch));
        let mut data = String::new();
        for row in 0..BATCH {
            writeln!(data, "{}\t{batch}\trow {row}", batch * BATCH + row).expect("a String takes everything");
        }
        if copy(worker, &data)? {
            worker.note(|ledger| ledger.copies.acknowledge(batch));
        }
    }
    Ok(())
}

fn copy(worker: &mut Worker, data: &str) -> Result<bool, Failure> {
    let mut outcome = worker.client.query("begin").err();
    for engine in ENGINES {
        outcome = outcome.or_else(|| worker.client.run_copy(&format!("copy {engine}_copied from stdin"), Some(data)).1);
    }
    let outcome = outcome.or_else(|| worker.client.query("commit").err());
    worker.settle(outcome)
}
