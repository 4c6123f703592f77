//! A client's transactions: what the session layer does with the shard, one call a step, every answer checked.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use cairn_base::seam::Clock;
use cairn_base::seam::sim::SimRng;
use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_txn::{
    Access, Direction, EngineError, Isolation, Lock, LockMode, ReadTask, SavepointId, SnapshotView, SpaceOptions,
    Ticket, Txn, TxnError, Wait as LockWait,
};

use crate::check::reads::{self, Seen};
use crate::oracle::{Committed, Range, Rows, Write};
use crate::world::{Wait, World};
use cairn_serial::{Observed, Operation, UNANSWERED};

/// Times that a statement is run again before the session gives up.
const RESTARTS_MAX: u32 = 30;

/// A client.
#[derive(Debug)]
pub struct Client {
    /// Where it lives.
    pub world: Rc<World>,
    /// Its own chance.
    pub rng: SimRng,
    /// Its number.
    pub id: usize,
}

/// Why a transaction does not go on.
#[derive(Debug)]
pub enum Stop {
    /// Run the statement again, after this.
    Again(Again),
    /// It failed with this SQLSTATE.
    Failed(&'static str),
    /// The workload gave it up.
    GivenUp,
}

/// What comes before a statement runs again.
#[derive(Debug)]
pub enum Again {
    /// Nothing.
    AtOnce,
    /// A lock.
    Lock(Ticket),
    /// A read that misses memory.
    Fetch(Box<ReadTask>),
    /// An engine that is behind.
    Busy,
}

/// How a transaction is begun.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Isolation level.
    pub isolation: Isolation,
    /// May it write?
    pub access: Access,
}

impl Mode {
    /// Serializable and writing.
    pub const SERIALIZABLE: Self = Self { isolation: Isolation::Serializable, access: Access::ReadWrite };
    /// Reads what is durable.
    pub const READ_ONLY: Self = Self { isolation: Isolation::Serializable, access: Access::ReadOnly };
}

/// What a transaction has written so far.
#[derive(Clone, Debug, Default)]
struct Own {
    keys: BTreeMap<(SpaceId, Vec<u8>), Option<Vec<u8>>>,
    created: Vec<SpaceId>,
    dropped: Vec<SpaceId>,
}

impl Own {
    fn writes(&self) -> Vec<Write> {
        let created =
            self.created.iter().filter(|space| !self.dropped.contains(space)).map(|space| Write::Create(*space));
        let keys = self.keys.iter().filter(|((space, _), _)| !self.dropped.contains(space));
        let keys = keys.map(|((space, key), row)| Write::Key(*space, key.clone(), row.clone()));
        let dropped =
            self.dropped.iter().filter(|space| !self.created.contains(space)).map(|space| Write::Drop(*space));
        created.chain(keys).chain(dropped).collect()
    }
}

/// A savepoint and what was written before it.
#[derive(Debug)]
pub struct Savepoint {
    id: SavepointId,
    own: Own,
    seen: usize,
}

/// One transaction.
#[derive(Debug)]
pub struct Tx<'w> {
    world: &'w World,
    txn: Option<Txn>,
    mode: Mode,
    number: u64,
    began: u64,
    statements: u32,
    own: Own,
    own_before: Own,
    seen: Vec<Seen>,
    seen_before: usize,
    operations: Vec<Operation>,
    operations_before: usize,
}

impl Client {
    /// Begins a transaction.
    pub async fn begin(&self, mode: Mode) -> Result<Tx<'_>, Stop> {
        let world = self.world.as_ref();
        world.turn().await;
        let number = world.fresh_number();
        let began = world.with_trace(|trace| trace.lines());
        let txn =
            world.with_shard(|shard| shard.begin(mode.isolation, mode.access)).map_err(|error| stop(world, error))?;
        world.trace(format_args!("c{} t{number} begin {:?} {:?}", self.id, mode.isolation, mode.access));
        Ok(Tx {
            world,
            txn: Some(txn),
            mode,
            number,
            began,
            statements: 0,
            own: Own::default(),
            own_before: Own::default(),
            seen: Vec::new(),
            seen_before: 0,
            operations: Vec::new(),
            operations_before: 0,
        })
    }

    /// Does nothing for a while.
    pub async fn pause(&self, nanos: u64) {
        self.world.wait(Wait::Until(self.world.clock.monotonic_nanos() + nanos)).await;
    }
}

/// What the session layer does about an error; one that no client should ever see is a violation.
fn stop(world: &World, error: TxnError) -> Stop {
    match error {
        TxnError::Restart => Stop::Again(Again::AtOnce),
        TxnError::NotResident(task) => Stop::Again(Again::Fetch(task)),
        TxnError::EngineBusy(_) => Stop::Again(Again::Busy),
        TxnError::Poisoned { .. } if world.is_poisoned() => Stop::Failed(error.sqlstate()),
        TxnError::Serialization(_)
        | TxnError::Deadlock(_)
        | TxnError::LockNotAvailable
        | TxnError::LockTimeout
        | TxnError::ReadOnly => Stop::Failed(error.sqlstate()),
        TxnError::LogFull { .. } if world.swarm.faults.full => Stop::Failed(error.sqlstate()),
        other => {
            world.violate("errors", format_args!("a client was answered {}: {other}", other.sqlstate()));
            Stop::Failed(other.sqlstate())
        }
    }
}

impl<'w> Tx<'w> {
    /// Its number in the run.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where it runs.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// How it was begun.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What it reads at.
    pub fn snapshot(&self) -> Timestamp {
        self.txn().snapshot()
    }

    fn txn(&self) -> &Txn {
        self.txn.as_ref().expect("a transaction is there until it ends")
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut cairn_txn::Shard, &mut Txn) -> T) -> T {
        let txn = self.txn.as_mut().expect("a transaction is there until it ends");
        let result = self.world.with_shard(|shard| work(shard, txn));
        self.note_snapshot();
        result
    }

    fn note_snapshot(&self) {
        let at = self.snapshot();
        if at != Timestamp::ZERO {
            self.world.snapshots.borrow_mut().insert(self.number, at);
        }
    }

    fn stop(&self, error: TxnError) -> Stop {
        stop(self.world, error)
    }

    /// From now on waits for locks at most this long.
    pub fn set_lock_timeout(&mut self, timeout: Duration) {
        self.txn.as_mut().expect("a transaction is there until it ends").set_lock_timeout(Some(timeout));
    }

    /// Runs a statement, again where it must.
    pub async fn statement<T>(&mut self, mut body: impl AsyncFnMut(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.begin_statement(txn)).map_err(|error| self.stop(error))?;
        self.statements += 1;
        if self.statements == 1 {
            reads::snapshot_is_fresh(self.world, self.number, self.mode, self.snapshot());
        }
        self.own_before = self.own.clone();
        self.seen_before = self.seen.len();
        self.operations_before = self.operations.len();
        for _ in 0..RESTARTS_MAX {
            match body(self).await {
                Err(Stop::Again(again)) => self.restart(again).await?,
                answer => return answer,
            }
        }
        Err(Stop::Failed("40001"))
    }

    async fn restart(&mut self, again: Again) -> Result<(), Stop> {
        match again {
            Again::AtOnce => {}
            Again::Lock(ticket) => {
                self.world.wait(Wait::Lock(ticket)).await;
                if !self.world.take_lock_answer(ticket) {
                    return Err(Stop::Failed("55P03"));
                }
            }
            Again::Fetch(task) => {
                self.world.turn().await;
                if let Err(error) = task.run() {
                    self.world.violate("errors", format_args!("a reader failed: {error}"));
                }
            }
            Again::Busy => {
                let newest = self.world.oracle.borrow().newest().0;
                let patience = self.world.clock.monotonic_nanos() + 1_000_000;
                match self.world.is_over(Wait::Applied(newest)) {
                    true => self.world.turn().await,
                    false => self.world.wait(Wait::Until(patience)).await,
                }
            }
        }
        self.world.turn().await;
        self.own = self.own_before.clone();
        self.seen.truncate(self.seen_before);
        self.operations.truncate(self.operations_before);
        self.with(|shard, txn| shard.restart_statement(txn)).map_err(|error| self.stop(error))
    }

    /// Reads a row.
    pub async fn get(&mut self, space: SpaceId, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        self.world.turn().await;
        let mut row = Vec::new();
        let found = self.with(|shard, txn| shard.get(txn, space, key, &mut row)).map_err(|error| self.stop(error))?;
        let row = found.then_some(row);
        if let Some(own) = self.own_row(space, key) {
            reads::same_row(self.world, "own-writes", self.number, space, key, &row, own.as_deref());
            return Ok(row);
        }
        let at = self.snapshot();
        let oracle = self.world.oracle.borrow();
        reads::same_row(self.world, "snapshot", self.number, space, key, &row, oracle.get(space, key, at));
        self.seen.push(Seen::Row(space, key.to_vec(), row.clone()));
        Ok(row)
    }

    /// Reads the newest row of a key that a lock of this transaction protects.
    pub async fn get_locked(&mut self, space: SpaceId, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        self.world.turn().await;
        let mut row = Vec::new();
        let found =
            self.with(|shard, txn| shard.get_locked(txn, space, key, &mut row)).map_err(|error| self.stop(error))?;
        self.see_newest(space, key, found.then_some(row))
    }

    fn see_newest(&mut self, space: SpaceId, key: &[u8], row: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Stop> {
        if let Some(own) = self.own_row(space, key) {
            reads::same_row(self.world, "own-writes", self.number, space, key, &row, own.as_deref());
            return Ok(row);
        }
        let oracle = self.world.oracle.borrow();
        let now = oracle.newest().1;
        reads::same_row(self.world, "newest", self.number, space, key, &row, oracle.get(space, key, now));
        self.seen.push(Seen::Locked(space, key.to_vec(), row.clone()));
        Ok(row)
    }

    /// Reads the first rows of a range.
    pub async fn scan(
        &mut self,
        space: SpaceId,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, Stop> {
        self.world.turn().await;
        let rows = self.with(|shard, txn| {
            let mut rows = Rows::new();
            let mut cursor = shard.scan(txn, space, range.as_range(), direction)?;
            while rows.len() < limit {
                let Some(entry) = cursor.next()? else { break };
                rows.push((entry.key.to_vec(), entry.value.to_vec()));
            }
            Ok(rows)
        });
        let rows = rows.map_err(|error| self.stop(error))?;
        self.see_rows(space, range, direction, limit, &rows);
        Ok(rows)
    }

    /// Reads a range row by row through a view, as analytics does on its own threads, while the core goes on.
    pub async fn scan_on_a_thread(
        &mut self,
        space: SpaceId,
        range: &Range,
        direction: Direction,
    ) -> Result<Rows, Stop> {
        self.world.turn().await;
        let frozen = self.with(|shard, txn| shard.frozen(txn, &[space])).map_err(|error| self.stop(error))?;
        if frozen.ready > LogIndex::ZERO {
            self.world.wait(Wait::Applied(frozen.ready)).await;
        }
        let rows = self.read_view(&frozen.view, space, range, direction).await;
        self.with(|shard, txn| shard.absorb(txn, frozen.view.read_log()));
        match rows {
            Ok(rows) => {
                self.see_rows(space, range, direction, usize::MAX, &rows);
                Ok(rows)
            }
            Err(error) => {
                self.world.violate("errors", format_args!("a view answered: {error}"));
                Err(Stop::GivenUp)
            }
        }
    }

    async fn read_view(
        &self,
        view: &SnapshotView,
        space: SpaceId,
        range: &Range,
        direction: Direction,
    ) -> Result<Rows, EngineError> {
        let mut rows = Rows::new();
        let mut cursor = view.scan(space, range.as_range(), direction)?;
        while let Some(entry) = cursor.next()? {
            rows.push((entry.key.to_vec(), entry.value.to_vec()));
            self.world.turn().await;
        }
        Ok(rows)
    }

    fn see_rows(&mut self, space: SpaceId, range: &Range, direction: Direction, limit: usize, rows: &Rows) {
        let expected = self.expected_rows(space, range, direction, limit);
        reads::same_rows(self.world, "snapshot", self.number, space, rows, &expected);
        let own = self.own.keys.keys().filter(|(written, _)| *written == space).map(|(_, key)| key.clone()).collect();
        self.seen.push(Seen::rows(space, range, direction, limit, rows.clone(), own));
    }

    /// Reads a row for a constraint: at the snapshot under SERIALIZABLE, the newest one below, and true until commit.
    pub async fn constraint_get(&mut self, space: SpaceId, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        if self.mode.isolation == Isolation::Serializable {
            return self.get(space, key).await;
        }
        self.world.turn().await;
        let mut row = Vec::new();
        let found = self
            .with(|shard, txn| shard.constraint_get(txn, space, key, &mut row))
            .map_err(|error| self.stop(error))?;
        self.see_newest(space, key, found.then_some(row))
    }

    /// What a scan must answer: the oracle's rows at the snapshot, under the own writes.
    pub fn expected_rows(&self, space: SpaceId, range: &Range, direction: Direction, limit: usize) -> Rows {
        let created = self.own.created.contains(&space);
        let oracle = self.world.oracle.borrow();
        let base = if created { None } else { oracle.rows(space, range.as_range(), self.snapshot()) };
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = base.unwrap_or_default().into_iter().collect();
        for ((written, key), row) in &self.own.keys {
            if *written != space || !range.as_range().contains(key) {
                continue;
            }
            match row {
                Some(row) => drop(rows.insert(key.clone(), row.clone())),
                None => drop(rows.remove(key)),
            }
        }
        match direction {
            Direction::Forward => rows.into_iter().take(limit).collect(),
            Direction::Backward => rows.into_iter().rev().take(limit).collect(),
        }
    }

    /// Locks a key. `false`: somebody else has it and it was to be left out.
    pub async fn lock(&mut self, space: SpaceId, key: &[u8], mode: LockMode, wait: LockWait) -> Result<bool, Stop> {
        self.world.turn().await;
        let answer =
            self.with(|shard, txn| shard.lock(txn, space, key, mode, wait)).map_err(|error| self.stop(error))?;
        locked(answer)
    }

    /// Locks a key whatever stands there.
    pub async fn lock_constraint(&mut self, space: SpaceId, key: &[u8], mode: LockMode) -> Result<(), Stop> {
        self.world.turn().await;
        let answer = self
            .with(|shard, txn| shard.lock_constraint(txn, space, key, mode, LockWait::Wait))
            .map_err(|error| self.stop(error))?;
        locked(answer).map(drop)
    }

    /// Writes a row whose key is locked.
    pub async fn put(&mut self, space: SpaceId, key: &[u8], row: &[u8]) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.put(txn, space, key, row)).map_err(|error| self.stop(error))?;
        self.own.keys.insert((space, key.to_vec()), Some(row.to_vec()));
        Ok(())
    }

    /// Writes a row whose key nobody else knows.
    pub async fn put_fresh(&mut self, space: SpaceId, key: &[u8], row: &[u8]) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.put_fresh(txn, space, key, row)).map_err(|error| self.stop(error))?;
        self.own.keys.insert((space, key.to_vec()), Some(row.to_vec()));
        Ok(())
    }

    /// Deletes a row whose key is locked.
    pub async fn delete(&mut self, space: SpaceId, key: &[u8]) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.delete(txn, space, key)).map_err(|error| self.stop(error))?;
        self.own.keys.insert((space, key.to_vec()), None);
        Ok(())
    }

    /// Locks, then writes.
    pub async fn lock_and_put(&mut self, space: SpaceId, key: &[u8], row: &[u8]) -> Result<(), Stop> {
        self.lock(space, key, LockMode::Update, LockWait::Wait).await?;
        self.put(space, key, row).await
    }

    /// Creates a space.
    pub async fn create_space(&mut self, space: SpaceId) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.create_space(txn, space, SpaceOptions::default()))
            .map_err(|error| self.stop(error))?;
        self.own.created.push(space);
        Ok(())
    }

    /// Drops a space.
    pub async fn drop_space(&mut self, space: SpaceId) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.drop_space(txn, space)).map_err(|error| self.stop(error))?;
        self.own.dropped.push(space);
        Ok(())
    }

    /// Opens a savepoint.
    pub async fn savepoint(&mut self) -> Savepoint {
        self.world.turn().await;
        let id = self.with(|shard, txn| shard.savepoint(txn));
        Savepoint { id, own: self.own.clone(), seen: self.seen.len() }
    }

    /// Undoes what was written since.
    pub async fn rollback_to(&mut self, savepoint: &Savepoint) -> Result<(), Stop> {
        self.world.turn().await;
        self.with(|shard, txn| shard.rollback_to(txn, savepoint.id)).map_err(|error| self.stop(error))?;
        self.own = savepoint.own.clone();
        self.own_before = self.own.clone();
        if self.mode.isolation != Isolation::Serializable {
            // What only a lock (or a guard) kept true is true no more.
            self.seen.truncate(savepoint.seen);
        }
        self.seen_before = self.seen.len();
        Ok(())
    }

    /// Notes what this transaction did for the search for cycles.
    pub fn observe(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    fn own_row(&self, space: SpaceId, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let written = self.own.keys.get(&(space, key.to_vec())).cloned();
        written.or_else(|| self.own.created.contains(&space).then_some(None))
    }

    /// Commits, and waits until the client may be answered.
    pub async fn commit(mut self) -> Result<(), Stop> {
        let world = self.world;
        world.turn().await;
        let txn = self.txn.take().expect("a transaction ends once");
        let tracked = self.mode.isolation == Isolation::Serializable && self.mode.access == Access::ReadWrite;
        let writes = self.own.writes();
        let result = world.with_shard(|shard| shard.commit(txn));
        self.forget();
        let commit = match result {
            Ok(commit) => commit,
            Err(error) => {
                world.trace(format_args!("t{} not committed: {}", self.number, error.sqlstate()));
                return Err(stop(world, error));
            }
        };
        let index = commit.wait.unwrap_or(LogIndex::ZERO);
        if !writes.is_empty() {
            reads::commit_follows(world, self.number, index, commit.at);
            reads::still_hold(world, self.number, tracked, &self.seen);
            world.trace(format_args!("t{} commits as {} with {} writes", self.number, index.0, writes.len()));
            world.oracle.borrow_mut().commit(Committed { index, at: commit.at, number: self.number, writes });
        }
        let operations = std::mem::take(&mut self.operations);
        if !operations.is_empty() {
            let (number, began) = (self.number, self.began);
            // Who only read need not wait for what is acknowledged; where that is not synced, a crash may take it back.
            let takes_back = commit.wait.is_none() && !world.swarm.syncs_before_answering();
            let index = if takes_back { world.oracle.borrow().index_at(commit.at) } else { index };
            world.history.borrow_mut().commit(Observed {
                number,
                record: index.0,
                began,
                answered: UNANSWERED,
                operations,
            });
        }
        if !world.is_over(Wait::Durable(index)) {
            world.wait(Wait::Durable(index)).await;
        }
        world.trace(format_args!("t{} is answered", self.number));
        world.history.borrow_mut().answer(self.number, world.with_trace(|trace| trace.lines()));
        Ok(())
    }

    /// Ends it without effect.
    pub async fn abort(mut self) {
        self.world.turn().await;
        let txn = self.txn.take().expect("a transaction ends once");
        self.world.with_shard(|shard| shard.abort(txn));
        self.forget();
        self.world.trace(format_args!("t{} aborted", self.number));
    }

    fn forget(&self) {
        self.world.snapshots.borrow_mut().remove(&self.number);
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

fn locked(answer: Lock) -> Result<bool, Stop> {
    match answer {
        Lock::Granted => Ok(true),
        Lock::Skipped => Ok(false),
        Lock::Queued(ticket) => Err(Stop::Again(Again::Lock(ticket))),
    }
}
