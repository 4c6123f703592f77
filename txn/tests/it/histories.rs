//! Random histories of list appends by many clients, checked for cycles.
//!
//! Each append writes a value that nobody else writes, so a list tells in which order its transactions came, and a read
//! tells exactly which of them it saw. From that the checker draws every dependency (write-write, write-read, read-write,
//! and real time: answered before begun) and looks for a cycle. Broken validation must produce one.

use std::rc::Rc;
use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::{Direction, KeyRange};
use cairn_serial::{Anomaly, History, Object, Observed, Operation, UNANSWERED};
use cairn_txn::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::engines;
use crate::world::*;

/// Each row holds two lists. Who reads one of them does not see the other ([`Half`]).
const ROWS: u8 = 12;
const LISTS: u8 = 2 * ROWS;

/// Marks the values of a row's second list.
const SECOND: u64 = 1 << 63;

/// What a run is made of.
#[derive(Clone)]
struct Plan {
    seed: u64,
    clients: usize,
    transactions: usize,
    level: Isolation,
    validator: Rc<dyn Validator>,
    /// What the reader of a row's first or second list sees of it.
    sights: [Arc<dyn Sight>; 2],
}

impl Plan {
    fn new(seed: u64) -> Self {
        let validator = Rc::new(BackwardValidator);
        let sights: [Arc<dyn Sight>; 2] = [Arc::new(Half(0)), Arc::new(Half(SECOND))];
        Self { seed, clients: 8, transactions: 400, level: Isolation::Serializable, validator, sights }
    }
}

/// One client and what it is in the middle of.
#[derive(Default)]
struct Client {
    txn: Option<Txn>,
    /// Step in which the transaction began.
    began: u64,
    done: Vec<Operation>,
    /// What was done before the running statement.
    before: Vec<Operation>,
    statement: Option<Statement>,
    statements_left: usize,
    waits: Option<Ticket>,
    /// The savepoint, and how much was done before it.
    savepoint: Option<(SavepointId, usize)>,
}

#[derive(Clone, Copy, Debug)]
enum Statement {
    Read(u8),
    ReadRange(u8, u8, bool, usize),
    Append(u8),
    AppendAfterReadingRange(u8, u8, u8),
}

struct Run {
    world: World,
    random: StdRng,
    plan: Plan,
    clients: Vec<Client>,
    history: History,
    step: u64,
    next_value: u64,
    started: usize,
    committed: usize,
    failed: usize,
    /// Committed, not durable: answered when the log says so.
    unanswered: Vec<(cairn_base::LogIndex, u64)>,
}

/// Runs a plan; answers how many transactions committed and failed, and what is wrong with the history.
fn run(plan: Plan) -> (usize, usize, Option<Anomaly>) {
    // Some runs keep every batch of a few rows as a sorted run.
    let run_ops_min = if plan.seed.is_multiple_of(3) { 2 } else { 4_096 };
    let config = ShardConfig { validator: Rc::clone(&plan.validator), run_ops_min, ..ShardConfig::default() };
    let world = World::with(config, engines::on_disk(true));
    let clients = (0..plan.clients).map(|_| Client::default()).collect();
    let random = StdRng::seed_from_u64(plan.seed);
    let (history, unanswered) = (History::default(), Vec::new());
    let (step, next_value, started, committed, failed) = (0, 0, 0, 0, 0);
    let run = Run { world, random, plan, clients, history, step, next_value, started, committed, failed, unanswered };
    run.play()
}

impl Run {
    fn play(mut self) -> (usize, usize, Option<Anomaly>) {
        while self.started < self.plan.transactions || self.clients.iter().any(|client| client.txn.is_some()) {
            self.step += 1;
            assert!(self.step < 2_000_000, "seed {}: no progress", self.plan.seed);
            self.background();
            let client = self.random.random_range(0..self.clients.len());
            self.turn(client);
        }
        self.world.settle();
        self.answer(self.world.shard.durable_point().index);
        let stats = self.world.shard.stats();
        let rest = (stats.locks, stats.waiting, stats.snapshots, stats.overlay_versions);
        assert_eq!(rest, (0, 0, 0, 0), "seed {}: something is left behind", self.plan.seed);
        let reader = self.world.ro();
        for list in 0..LISTS {
            let values = self.list(&reader, list).unwrap();
            self.history.last.insert(Object::List(list), values);
        }
        (self.committed, self.failed, cairn_serial::check(&self.history).err())
    }

    /// The log, the applier, collection, time.
    fn background(&mut self) {
        match self.random.random_range(0..20) {
            0 => {
                let records = self.world.log.borrow().records.iter().map(|(index, _)| *index).collect::<Vec<_>>();
                let durable = self.world.shard.durable_point().index;
                let pending: Vec<_> = records.into_iter().filter(|index| *index > durable).collect();
                if !pending.is_empty() {
                    let upto = pending[self.random.random_range(0..pending.len())];
                    self.world.shard.durable(upto);
                    self.answer(upto);
                }
            }
            1 | 2 => {
                self.world.apply_one();
            }
            3 => {
                use cairn_engine_api::Engine;
                let watermark = self.world.shard.watermark();
                self.world.fast.collect(watermark).unwrap();
                self.world.slow.collect(watermark).unwrap();
            }
            4 => self.world.clock.advance_nanos(self.random.random_range(0..100_000)),
            _ => {}
        }
        for event in self.world.events() {
            if let Event::Granted(ticket) = event {
                let waiting = self.clients.iter_mut().find(|client| client.waits == Some(ticket));
                waiting.expect("somebody waits for what is granted").waits = None;
            }
        }
    }

    fn answer(&mut self, durable: cairn_base::LogIndex) {
        let step = self.step;
        let history = &mut self.history;
        self.unanswered.retain(|(index, txn)| {
            if *index <= durable {
                history.answer(*txn, step);
            }
            *index > durable
        });
    }

    fn turn(&mut self, client: usize) {
        if self.clients[client].waits.is_some() {
            return;
        }
        if self.clients[client].txn.is_none() {
            return self.begin(client);
        }
        let mut this = std::mem::take(&mut self.clients[client]);
        let mut txn = this.txn.take().expect("checked above");
        let rerun = this.statement.is_some();
        if rerun {
            if let Err(error) = self.world.shard.restart_statement(&mut txn) {
                return self.fail(txn, error);
            }
            this.done = this.before.clone();
        } else {
            if this.statements_left == 0 {
                return self.commit(txn, this.began, this.done);
            }
            this.statements_left -= 1;
            self.savepoints(&mut this, &mut txn);
            self.world.next(&mut txn);
            this.before = this.done.clone();
            this.statement = Some(self.draw(txn.access() == Access::ReadOnly));
        }
        match self.execute(&mut this, &mut txn) {
            Ok(None) => this.statement = None,
            Ok(Some(ticket)) => this.waits = Some(ticket),
            Err(error) if error.wants_restart() => {}
            Err(error) => return self.fail(txn, error),
        }
        this.txn = Some(txn);
        self.clients[client] = this;
    }

    fn begin(&mut self, client: usize) {
        if self.started == self.plan.transactions {
            return;
        }
        self.started += 1;
        let read_only = self.random.random_ratio(1, 5);
        let access = if read_only { Access::ReadOnly } else { Access::ReadWrite };
        let txn = self.world.shard.begin(self.plan.level, access).unwrap();
        let statements_left = self.random.random_range(1..5);
        self.clients[client] = Client { txn: Some(txn), began: self.step, statements_left, ..Client::default() };
    }

    /// Sometimes opens a savepoint, sometimes returns to it: the writes since then never were, the reads were.
    fn savepoints(&mut self, client: &mut Client, txn: &mut Txn) {
        match (self.random.random_range(0..8), client.savepoint.take()) {
            (0, _) => client.savepoint = Some((self.world.shard.savepoint(txn), client.done.len())),
            (1, Some((savepoint, then))) => {
                self.world.shard.rollback_to(txn, savepoint).unwrap();
                let mut place = 0;
                client.done.retain(|operation| {
                    place += 1;
                    place <= then || !matches!(operation, Operation::Append(..))
                });
            }
            (_, kept) => client.savepoint = kept,
        }
    }

    fn draw(&mut self, read_only: bool) -> Statement {
        let (a, b) = (self.random.random_range(0..ROWS), self.random.random_range(0..ROWS));
        let list = self.random.random_range(0..LISTS);
        let (low, high) = (a.min(b), a.max(b));
        match self.random.random_range(0..if read_only { 4 } else { 10 }) {
            0..=1 => Statement::Read(list),
            2..=3 => Statement::ReadRange(low, high, self.random.random(), self.random.random_range(1..6)),
            4..=5 => Statement::AppendAfterReadingRange(low, high, list),
            _ => Statement::Append(list),
        }
    }

    fn execute(&mut self, client: &mut Client, txn: &mut Txn) -> Result<Option<Ticket>, TxnError> {
        match client.statement.expect("drawn before") {
            Statement::Read(list) => {
                saw(&mut client.done, list, self.list(txn, list)?);
                Ok(None)
            }
            Statement::ReadRange(low, high, backward, limit) => {
                let direction = if backward { Direction::Backward } else { Direction::Forward };
                // The two tables hold the odd and the even rows: one range read of each.
                for (space, odd) in [(T, 0), (S, 1)] {
                    self.read_range(&mut client.done, txn, space, odd, (low, high), direction, limit)?;
                }
                Ok(None)
            }
            Statement::Append(list) => self.append(client, txn, list),
            Statement::AppendAfterReadingRange(low, high, list) => {
                let forward = Direction::Forward;
                let table = space_of(low);
                self.read_range(&mut client.done, txn, table, low % 2, (low, high), forward, usize::MAX)?;
                self.append(client, txn, list)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a statement has that many parts")]
    fn read_range(
        &self,
        done: &mut Vec<Operation>,
        txn: &Txn,
        space: SpaceId,
        odd: u8,
        (low, high): (u8, u8),
        direction: Direction,
        limit: usize,
    ) -> Result<(), TxnError> {
        let ends = [[low], [high]];
        let range =
            KeyRange { start: std::ops::Bound::Included(&ends[0][..]), end: std::ops::Bound::Included(&ends[1][..]) };
        let mut cursor = self.world.shard.scan(txn, space, range, direction)?;
        let mut found = Vec::new();
        let mut complete = false;
        while found.len() < limit {
            let Some(entry) = cursor.next()? else {
                complete = true;
                break;
            };
            found.push((entry.key[0], entry.value.to_vec()));
        }
        let last = found.last().map(|(key, _)| *key);
        for key in (low..=high).filter(|key| key % 2 == odd) {
            let passed =
                last.is_some_and(|last| if direction == Direction::Forward { key <= last } else { key >= last });
            if complete || passed {
                let row = found.iter().find(|(other, _)| *other == key).map_or(&[][..], |(_, row)| row);
                saw(done, key, decode(row, 0));
                saw(done, key + ROWS, decode(row, SECOND));
            }
        }
        Ok(())
    }

    fn append(&mut self, client: &mut Client, txn: &mut Txn, list: u8) -> Result<Option<Ticket>, TxnError> {
        let (space, key, mark) = place_of(list);
        match self.world.shard.lock(txn, space, &[key], LockMode::Update, Wait::Wait)? {
            Lock::Queued(ticket) => return Ok(Some(ticket)),
            other => assert_eq!(other, Lock::Granted),
        }
        let mut row = Vec::new();
        self.world.shard.get(txn, space, &[key], &mut row)?;
        saw(&mut client.done, list, decode(&row, mark));
        self.next_value += 1;
        client.done.push(Operation::Append(list, self.next_value));
        row.extend_from_slice(&(self.next_value | mark).to_be_bytes());
        self.world.shard.put(txn, space, &[key], &row)?;
        Ok(None)
    }

    /// Reads one list, and nothing else of its row.
    fn list(&self, txn: &Txn, list: u8) -> Result<Vec<u64>, TxnError> {
        let (space, key, mark) = place_of(list);
        let sight = &self.plan.sights[usize::from(mark == SECOND)];
        let mut row = Vec::new();
        self.world.shard.get_seen(txn, space, &[key], Some(sight), &mut row)?;
        Ok(decode(&row, mark))
    }

    fn commit(&mut self, txn: Txn, began: u64, operations: Vec<Operation>) {
        match self.world.shard.commit(txn) {
            Ok(Commit { wait, .. }) => {
                let number = self.committed as u64;
                self.committed += 1;
                let answered = if wait.is_none() { self.step } else { UNANSWERED };
                self.history.commit(Observed { began, answered, ..Observed::untimed(number, operations) });
                self.unanswered.extend(wait.map(|index| (index, number)));
            }
            Err(error) => {
                assert!(matches!(error, TxnError::Serialization(_)), "{error}");
                self.failed += 1;
            }
        }
    }

    fn fail(&mut self, txn: Txn, error: TxnError) {
        assert!(matches!(error, TxnError::Serialization(_) | TxnError::Deadlock(_)), "{error}");
        self.world.shard.abort(txn);
        self.failed += 1;
    }
}

/// The space and key of a list's row, and the mark of the list's values in it.
fn place_of(list: u8) -> (SpaceId, u8, u64) {
    let row = list % ROWS;
    (space_of(row), row, if list < ROWS { 0 } else { SECOND })
}

fn space_of(row: u8) -> SpaceId {
    if row.is_multiple_of(2) { T } else { S }
}

/// A list was seen. Own appends say nothing about others, and may be taken back.
fn saw(done: &mut Vec<Operation>, key: u8, mut list: Vec<u64>) {
    list.retain(|value| !done.contains(&Operation::Append(key, *value)));
    done.push(Operation::Read(key, list));
}

/// One list of a row.
fn decode(row: &[u8], mark: u64) -> Vec<u64> {
    let values = row.chunks(8).map(|value| u64::from_be_bytes(value.try_into().unwrap()));
    values.filter(|value| value & SECOND == mark).map(|value| value & !SECOND).collect()
}

/// Sees the list with this mark.
#[derive(Debug)]
struct Half(u64);

impl Sight for Half {
    fn same(&self, then: &[u8], now: &[u8]) -> bool {
        decode(then, self.0) == decode(now, self.0)
    }
}

/// Seeds to run: `CAIRN_SEED=n` repeats one, `CAIRN_ROUNDS=n` runs more than usual.
fn seeds(count: u64) -> Vec<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("CAIRN_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("CAIRN_ROUNDS").unwrap_or(count)).collect(),
    }
}

#[test]
fn serializable_histories_have_no_cycle() {
    let (mut committed, mut failed) = (0, 0);
    for seed in seeds(40) {
        let (good, bad, violation) = run(Plan::new(seed));
        assert!(violation.is_none(), "CAIRN_SEED={seed}: {}", violation.unwrap());
        committed += good;
        failed += bad;
    }
    assert!(committed > failed, "{committed} committed, {failed} failed");
}

#[test]
fn more_clients_and_longer_runs_have_no_cycle_either() {
    for seed in seeds(3) {
        let (_, _, violation) = run(Plan { clients: 24, transactions: 3_000, ..Plan::new(seed) });
        assert!(violation.is_none(), "CAIRN_SEED={seed}: {}", violation.unwrap());
    }
}

/// The checker can fail: it finds what weaker levels allow.
#[test]
fn weaker_levels_turn_the_checker_red() {
    for level in [Isolation::RepeatableRead, Isolation::ReadCommitted] {
        let red = (1..=20).any(|seed| run(Plan { level, ..Plan::new(seed) }).2.is_some());
        assert!(red, "{level:?} looks serializable");
    }
}

#[derive(Debug)]
struct RangesOnly;

impl Validator for RangesOnly {
    fn holds(&self, window: &Window, space: SpaceId, read: Read<'_>, since: Timestamp) -> Result<(), Conflict> {
        match read {
            Read::Point(_) => Ok(()),
            Read::Range(_) => BackwardValidator.holds(window, space, read, since),
        }
    }
}

#[test]
fn broken_validation_turns_the_checker_red() {
    let broken: [Rc<dyn Validator>; 3] = [Rc::new(BlindValidator), Rc::new(RowsOnlyValidator), Rc::new(RangesOnly)];
    for validator in broken {
        let red = (1..=20).find(|seed| run(Plan { validator: Rc::clone(&validator), ..Plan::new(*seed) }).2.is_some());
        assert!(red.is_some(), "nobody notices {validator:?}");
    }
}

/// Sees nothing.
#[derive(Debug)]
struct Blind;

impl Sight for Blind {
    fn same(&self, _: &[u8], _: &[u8]) -> bool {
        true
    }
}

#[test]
fn a_sight_that_sees_too_little_turns_the_checker_red() {
    let sees: [[Arc<dyn Sight>; 2]; 2] =
        [[Arc::new(Blind), Arc::new(Blind)], [Arc::new(Half(SECOND)), Arc::new(Half(0))]];
    for sights in sees {
        let red = (1..=20).find(|seed| run(Plan { sights: sights.clone(), ..Plan::new(*seed) }).2.is_some());
        assert!(red.is_some(), "nobody notices {sights:?}");
    }
}
