//! A bank in both engines, for tests that stop or harm the server in the middle of its business.
//!
//! ```text
//!   transfers   money between two accounts, in one engine or across both; the id is left in a table of each engine touched
//!   copies      a batch of rows into both engines with COPY, in one transaction
//!   things      CREATE TABLE AS, CREATE INDEX, ALTER TABLE ADD COLUMN and their opposites, each with a row that says so
//! ```
//! The [`Ledger`] keeps what was begun and what was acknowledged. Afterwards [`check`](Bank::check) holds the tables against it:
//!
//! ```text
//!   acknowledged  is contained in  found  is contained in  begun         for each kind of business
//!   across engines: in both or in none        a batch: all of its rows or none        sum of all balances = what it was
//!   every table answers the same through its primary key, its secondary index and a full scan
//! ```

mod check;
mod ledger;
mod load;
mod things;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Client, ENGINES, Failure, Server};

pub use check::Checked;
pub use ledger::Ledger;

/// Accounts in each engine.
const ACCOUNTS: u32 = 20;
/// Money in each account at first.
const START: i64 = 1000;
/// Rows of the tables whose columns come and go.
const WIDE_ROWS: u32 = 50;
/// Ids that one client may use in one load.
const IDS: i64 = 1_000_000;

/// Settings that make everything small, so that a short load meets rotations of the log, flushes, images and truncations.
pub const SMALL: [&str; 3] =
    ["instance.wal.segment_bytes=1M", "instance.checkpoint.log_bytes=1M", "instance.vinyl.write_buffer=1M"];

/// The tables and what is known about them.
#[derive(Clone, Default)]
pub struct Bank {
    ledger: Arc<Mutex<Ledger>>,
    /// Loads so far: ids are never used twice.
    loads: i64,
}

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Result<(), Failure>>>,
}

impl Bank {
    /// Creates the tables.
    pub fn open(server: &Server) -> Self {
        let mut client = server.connect();
        client.ok("create table things (id bigint primary key)");
        for engine in ENGINES {
            client.ok(&format!(
                "create table {engine}_account (id int primary key, balance bigint not null) using {engine}"
            ));
            client.ok(&format!("create index on {engine}_account (balance)"));
            for table in ["done", "copied"] {
                client.ok(&format!(
                    "create table {engine}_{table} (id bigint primary key, tag bigint not null, note text) using {engine}"
                ));
                client.ok(&format!("create index on {engine}_{table} (tag)"));
            }
            let rows: Vec<_> = (0..ACCOUNTS).map(|id| format!("({id}, {START})")).collect();
            client.ok(&format!("insert into {engine}_account values {}", rows.join(",")));
            things::create_wide(&mut client, engine);
        }
        Self::default()
    }

    /// Starts one client of each kind, and a second one for transfers. One asks for checkpoints.
    pub fn load(&mut self, server: &Server, rng: &mut StdRng) -> Load {
        let workers = [load::transfers, load::transfers, load::copies, load::checkpoints, things::come_and_go];
        let stop = Arc::new(AtomicBool::new(false));
        let clients = workers.into_iter().map(|work| {
            let first = self.loads * IDS;
            self.loads += 1;
            let mut worker = load::Worker {
                client: server.connect(),
                rng: StdRng::seed_from_u64(rng.random()),
                ledger: self.ledger.clone(),
                stop: stop.clone(),
            };
            thread::spawn(move || work(&mut worker, first))
        });
        Load { clients: clients.collect(), stop }
    }

    /// Holds the tables against the ledger. Fails with what is wrong.
    pub fn check(&self, client: &mut Client) -> Checked {
        check::check(client, &self.ledger())
    }

    /// The same after an end of the log was lost: what was acknowledged may be gone, but nothing may be half there.
    pub fn check_what_is_left(&self, client: &mut Client) -> Checked {
        check::check(client, &Ledger::of_begun(&self.ledger()))
    }

    /// Empties the tables that grow, in one transaction, and forgets what they held.
    pub fn tidy(&self, client: &mut Client) {
        let mut ledger = self.ledger();
        check::tidy(client);
        *ledger = Ledger::default();
    }

    /// Businesses acknowledged since the ledger was last emptied.
    pub fn acknowledged(&self) -> usize {
        self.ledger().acknowledged()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no client panicked")
    }
}

impl Load {
    /// Waits until all clients have met an end, and answers what they met.
    pub fn end(self) -> Vec<Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let ends = self.clients.into_iter().map(|client| client.join().expect("a client does not panic"));
        ends.filter_map(Result::err).collect()
    }

    /// Do all clients still work?
    pub fn goes_on(&self) -> bool {
        self.clients.iter().all(|client| !client.is_finished())
    }
}
