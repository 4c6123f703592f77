//! Servers that speak PostgreSQL's protocol: Cairn and PostgreSQL, with prepared statements.

use super::workload::{ACCOUNTS, BALANCE, Operation, Workload};
use super::{Options, Outcome, Session, Store};
use crate::error::BenchError;
use crate::server::prepared::{Connection, End};
use crate::server::{Subject, query};

/// Rows of one statement when loading.
const CHUNK_ROWS: u64 = 10_000;

const STATEMENTS: [(&str, &str); 7] = [
    ("get", "SELECT body FROM rows WHERE id = $1"),
    ("put", "UPDATE rows SET body = $2 WHERE id = $1"),
    ("increment", "UPDATE hot SET n = n + 1 WHERE id = 1"),
    ("move", "UPDATE bank SET balance = balance + $2 WHERE id = $1"),
    ("begin", "BEGIN"),
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
        !(self.chooses_a_level() && workload == Workload::Get)
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
            _ => return Ok(None),
        };
        let answer = query(self.server.as_ref(), question)?;
        answer.parse().map(Some).map_err(|_| BenchError::parse("a number", &answer))
    }
}

impl Session for Connection {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        let end = match operation {
            Operation::Get(id) => match self.execute("get", &[&id.to_string()])? {
                End::Rows(0, _) => return Err(BenchError::parse("a row", &id.to_string())),
                end => end,
            },
            Operation::Put(id, body) => self.execute("put", &[&id.to_string(), body])?,
            Operation::Increment => self.execute("increment", &[])?,
            Operation::Transfer { from, to, amount } => {
                return transfer(self, [(from, format!("-{amount}")), (to, amount.to_string())]);
            }
        };
        Ok(outcome(&end))
    }
}

fn outcome(end: &End) -> Outcome {
    if *end == End::Conflict { Outcome::Conflict } else { Outcome::Done }
}

/// Four statements, each sent when the one before is answered, as a program does it.
fn transfer(connection: &mut Connection, moves: [(u64, String); 2]) -> Result<Outcome, BenchError> {
    connection.execute("begin", &[])?;
    for (id, amount) in moves {
        if connection.execute("move", &[&id.to_string(), &amount])? == End::Conflict {
            connection.execute("rollback", &[])?;
            return Ok(Outcome::Conflict);
        }
    }
    connection.execute("commit", &[]).map(|end| outcome(&end))
}
