//! Clients: closed loops without thinking, a thread and a connection each.

use std::time::{Duration, Instant};

use super::Size;
use super::random::Random;
use super::statements::{Failure, Session};
use super::transactions::{End, Work};
use crate::error::BenchError;
use crate::server::Subject;

/// A transaction that fails so often is an error.
const RETRIES_MAX: u64 = 10_000;

/// What clients have done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Of all kinds, retries not counted.
    pub(super) transactions: u64,
    /// Begun again after a conflict.
    pub(super) retries: u64,
    /// How long each New-Order took that committed.
    pub(super) new_order_millis: Vec<f64>,
}

impl Tally {
    fn sum(tallies: Vec<Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |mut sum, one| {
            sum.transactions += one.transactions;
            sum.retries += one.retries;
            sum.new_order_millis.extend(one.new_order_millis);
            sum
        })
    }
}

/// What happened between the first transaction and the last.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) tally: Tally,
    pub(super) seconds: f64,
    /// What `cpu` rose by.
    pub(super) cpu: Duration,
}

/// Runs the clients for a while. `cpu` tells what the server has used up to now.
pub(super) fn run(
    subject: &Subject,
    size: Size,
    clients: usize,
    time: Duration,
    seed: u64,
    cpu: impl Fn() -> Duration,
) -> Result<Stretch, BenchError> {
    let connect = |number| Terminal::connect(subject, size, number, seed);
    let mut terminals = (0..clients).map(connect).collect::<Result<Vec<_>, _>>()?;
    let (begun, before) = (Instant::now(), cpu());
    let tallies = std::thread::scope(|threads| {
        let clients = terminals.iter_mut().map(|terminal| threads.spawn(move || terminal.work(begun + time)));
        // All are started before the first is waited for.
        let clients: Vec<_> = clients.collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect::<Result<Vec<_>, _>>()
    });
    // While connections are open: PostgreSQL's backends, and what they have used, go away with them.
    let (seconds, after) = (begun.elapsed().as_secs_f64(), cpu());
    match tallies {
        Ok(tallies) => Ok(Stretch { tally: Tally::sum(tallies), seconds, cpu: after.saturating_sub(before) }),
        Err(Failure::Error(error)) => {
            Err(BenchError::Program { program: subject.name.clone(), output: error.to_string() })
        }
        Err(Failure::Conflict) => Err(BenchError::parse("an end of conflicts", &subject.name)),
    }
}

/// One client at its warehouse.
struct Terminal {
    session: Session,
    random: Random,
    size: Size,
    home: i32,
}

impl Terminal {
    fn connect(subject: &Subject, size: Size, number: usize, seed: u64) -> Result<Self, BenchError> {
        let home = 1 + i32::try_from(number).expect("there are few clients") % size.warehouses;
        let random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        Ok(Self { session: Session::connect(subject)?, random, size, home })
    }

    fn work(&mut self, until: Instant) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        while Instant::now() < until {
            let work = Work::draw(&mut self.random, self.size, self.home);
            let begun = Instant::now();
            let end = self.finish(&work, &mut tally.retries)?;
            tally.transactions += 1;
            if matches!((&work, end), (Work::NewOrder(_), End::Commit)) {
                tally.new_order_millis.push(begun.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok(tally)
    }

    /// Until it commits, or rolls back as it wanted to.
    fn finish(&mut self, work: &Work, retries: &mut u64) -> Result<End, Failure> {
        for _ in 0..RETRIES_MAX {
            match self.attempt(work) {
                Err(Failure::Conflict) => {
                    *retries += 1;
                    self.session.execute("rollback", &[])?;
                }
                ended => return ended,
            }
        }
        self.attempt(work)
    }

    fn attempt(&mut self, work: &Work) -> Result<End, Failure> {
        self.session.execute("begin", &[])?;
        let end = work.run(&mut self.session)?;
        self.session.execute(if end == End::Commit { "commit" } else { "rollback" }, &[])?;
        Ok(end)
    }
}
