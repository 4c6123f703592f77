//! Clients: closed loops without thinking, all in one thread.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::Size;
use super::random::Random;
use super::statements::Session;
use super::transactions::{End, Work};
use crate::error::BenchError;
use crate::server::{Subject, client};

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
    let stretch = client::runtime()?.block_on(async {
        let mut terminals = Vec::with_capacity(clients);
        for number in 0..clients {
            terminals.push(Terminal::connect(subject, size, number, seed).await?);
        }
        let (begun, before) = (Instant::now(), cpu());
        let tallies = try_join_all(terminals.iter_mut().map(|terminal| terminal.work(begun + time))).await?;
        // While connections are open: PostgreSQL's backends, and what they have used, go away with them.
        let (seconds, after) = (begun.elapsed().as_secs_f64(), cpu());
        Ok(Stretch { tally: Tally::sum(tallies), seconds, cpu: after.saturating_sub(before) })
    });
    stretch.map_err(|error: Error| client::failed(subject, &error))
}

/// One client at its warehouse.
struct Terminal {
    session: Session,
    random: Random,
    size: Size,
    home: i32,
}

impl Terminal {
    async fn connect(subject: &Subject, size: Size, number: usize, seed: u64) -> Result<Self, Error> {
        let home = 1 + i32::try_from(number).expect("there are few clients") % size.warehouses;
        let random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        Ok(Self { session: Session::connect(subject).await?, random, size, home })
    }

    async fn work(&mut self, until: Instant) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        while Instant::now() < until {
            let work = Work::draw(&mut self.random, self.size, self.home);
            let begun = Instant::now();
            let end = self.finish(&work, &mut tally.retries).await?;
            tally.transactions += 1;
            if matches!((&work, end), (Work::NewOrder(_), End::Commit)) {
                tally.new_order_millis.push(begun.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok(tally)
    }

    /// Until it commits, or rolls back as it wanted to.
    async fn finish(&mut self, work: &Work, retries: &mut u64) -> Result<End, Error> {
        for _ in 0..RETRIES_MAX {
            match self.attempt(work).await {
                Err(error) if is_conflict(&error) => {
                    *retries += 1;
                    self.session.control("rollback").await?;
                }
                ended => return ended,
            }
        }
        self.attempt(work).await
    }

    async fn attempt(&mut self, work: &Work) -> Result<End, Error> {
        self.session.control("begin").await?;
        let end = work.run(&mut self.session).await?;
        self.session.control(if end == End::Commit { "commit" } else { "rollback" }).await?;
        Ok(end)
    }
}

fn is_conflict(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}
