//! Servers that speak PostgreSQL's protocol: Cairn and PostgreSQL, with prepared statements.

use super::workload::{ACCOUNTS, BALANCE, HOLD, Operation, Workload};
use super::{Options, Outcome, Session, Store};
use crate::duty::{self, Change};
use crate::error::BenchError;
use crate::server::prepared::{Connection, End};
use crate::server::{Subject, query};

/// Rows of one statement when loading.
const CHUNK_ROWS: u64 = 10_000;

const STATEMENTS: [(&str, &str); 14] = [
    ("get", "SELECT body FROM rows WHERE id = $1"),
    ("put", "UPDATE rows SET body = $2 WHERE id = $1"),
    ("insert", "INSERT INTO rows VALUES ($1, $2)"),
    ("scan", "SELECT body FROM rows WHERE id >= $1 ORDER BY id LIMIT $2"),
    ("increment", "UPDATE hot SET n = n + 1 WHERE id = 1"),
    ("move", "UPDATE bank SET balance = balance + $2 WHERE id = $1"),
    ("on duty", duty::ON_DUTY),
    (Change::GoOff.name(), Change::GoOff.sql()),
    (Change::ComeOn.name(), Change::ComeOn.sql()),
    (Change::ComeOnAlone.name(), Change::ComeOnAlone.sql()),
    ("begin", "BEGIN"),
    ("hold", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
    ("commit", "COMMIT"),
    ("rollback", "ROLLBACK"),
];

/// Makes and fills the tables, unless another subject has done so on the same server.
pub(super) fn load(subject: &Subject, options: &Options) -> Result<(), BenchError> {
    if subject.shared {
        return Ok(());
    }
    let mut statements = vec![
        "create table rows (id bigint primary key, body text not null)".to_owned(),
        "create table hot (id int primary key, n bigint not null)".to_owned(),
        "create table bank (id bigint primary key, balance bigint not null)".to_owned(),
        "insert into hot values (1, 0)".to_owned(),
        format!("insert into bank select n, {BALANCE} from generate_series(0, {}) n", ACCOUNTS - 1),
    ];
    statements.extend(duty::tables());
    statements.extend((0..options.rows).step_by(CHUNK_ROWS as usize).map(|first| {
        let last = options.rows.min(first + CHUNK_ROWS) - 1;
        format!("insert into rows select n, repeat('x', 100) from generate_series({first}, {last}) n")
    }));
    statements.push("analyze".to_owned());
    statements.iter().try_for_each(|statement| query(subject.server.as_ref(), statement).map(drop))
}

impl Store for Subject {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes(&self, workload: Workload) -> bool {
        !(self.chooses_a_level() && workload.only_reads())
    }

    fn process(&self) -> Option<u32> {
        Some(self.server.process())
    }

    fn connect(&self) -> Result<Box<dyn Session>, BenchError> {
        let mut connection = Connection::open(self.server.port(), &self.session_options())?;
        STATEMENTS.iter().try_for_each(|(name, text)| connection.prepare(name, text))?;
        Ok(Box::new(connection))
    }

    fn witness(&self, workload: Workload) -> Result<Option<i64>, BenchError> {
        let question = match workload {
            Workload::HotRow => "select n from hot",
            Workload::Bank => "select sum(balance)::bigint from bank",
            Workload::WriteSkew => duty::SKEWS,
            _ => return Ok(None),
        };
        let answer = query(self.server.as_ref(), question)?;
        answer.parse().map(Some).map_err(|_| BenchError::parse("a number", &answer))
    }
}

impl Session for Connection {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        let end = match operation {
            Operation::Get(id) => get(self, id)?,
            Operation::Put(id, body) => self.execute("put", &[&id.to_string(), body])?,
            Operation::Insert(id, body) => self.execute("insert", &[&id.to_string(), body])?,
            Operation::Scan { from, rows } => {
                some(self.execute("scan", &[&from.to_string(), &rows.to_string()])?, from)?
            }
            Operation::Increment => self.execute("increment", &[])?,
            Operation::Transfer { from, to, amount } => {
                let moves = [(from, format!("-{amount}")), (to, amount.to_string())];
                return transaction(self, "begin", |connection| transfer(connection, &moves));
            }
            Operation::Modify(id, body) => {
                return transaction(self, "begin", |connection| match get(connection, id)? {
                    End::Conflict => Ok(End::Conflict),
                    End::Rows(..) => connection.execute("put", &[&id.to_string(), body]),
                });
            }
            Operation::Hold(id) => {
                return transaction(self, "hold", |connection| {
                    get(connection, id)?;
                    std::thread::sleep(HOLD);
                    get(connection, id)
                });
            }
            Operation::Duty { pair, side } => {
                return transaction(self, "begin", |connection| change_duty(connection, pair, side));
            }
        };
        Ok(outcome(&end))
    }
}

fn outcome(end: &End) -> Outcome {
    if *end == End::Conflict { Outcome::Conflict } else { Outcome::Done }
}

fn get(connection: &mut Connection, id: u64) -> Result<End, BenchError> {
    some(connection.execute("get", &[&id.to_string()])?, id)
}

/// Rows that have to be there.
fn some(end: End, id: u64) -> Result<End, BenchError> {
    match end {
        End::Rows(0, _) => Err(BenchError::parse("a row", &id.to_string())),
        end => Ok(end),
    }
}

/// A transaction, each statement of which is sent when the one before is answered, as a program does it.
fn transaction(
    connection: &mut Connection,
    begin: &str,
    work: impl FnOnce(&mut Connection) -> Result<End, BenchError>,
) -> Result<Outcome, BenchError> {
    connection.execute(begin, &[])?;
    if work(connection)? == End::Conflict {
        connection.execute("rollback", &[])?;
        return Ok(Outcome::Conflict);
    }
    connection.execute("commit", &[]).map(|end| outcome(&end))
}

fn transfer(connection: &mut Connection, moves: &[(u64, String); 2]) -> Result<End, BenchError> {
    let [first, second] = moves;
    match connection.execute("move", &[&first.0.to_string(), &first.1])? {
        End::Conflict => Ok(End::Conflict),
        End::Rows(..) => connection.execute("move", &[&second.0.to_string(), &second.1]),
    }
}

fn change_duty(connection: &mut Connection, pair: u64, side: u64) -> Result<End, BenchError> {
    let (pair, side) = (pair.to_string(), side.to_string());
    let sum = match connection.execute("on duty", &[&pair])? {
        End::Conflict => return Ok(End::Conflict),
        End::Rows(_, sum) => sum.unwrap_or_default(),
    };
    let change = Change::decide(sum.parse().map_err(|_| BenchError::parse("a number", &sum))?);
    connection.execute(change.name(), &[&pair, &side])
}
