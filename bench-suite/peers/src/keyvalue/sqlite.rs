//! SQLite in WAL mode: a connection per client, in the clients' own process, so nothing crosses a socket. Transactions are
//! serializable, and one writes at a time; the others wait.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cairn_bench_suite::BenchError;
use cairn_bench_suite::duty::{self, Change};
use cairn_bench_suite::keyvalue::{
    ACCOUNTS, BALANCE, HOLD, Operation, Options, Outcome, Session, Store, Workload, body,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

/// How long a writer waits for the others before it is told to try again.
const WAIT: Duration = Duration::from_secs(10);
const TABLES: &str = "
    CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
    CREATE TABLE hot (id INTEGER PRIMARY KEY, n INTEGER NOT NULL);
    CREATE TABLE bank (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
    INSERT INTO hot VALUES (1, 0);
";
const GET: &str = "SELECT body FROM rows WHERE id = ?1";
const PUT: &str = "UPDATE rows SET body = ?2 WHERE id = ?1";
const INCREMENT: &str = "UPDATE hot SET n = n + 1 WHERE id = 1";
const INSERT: &str = "INSERT INTO rows VALUES (?1, ?2)";
const SCAN: &str = "SELECT body FROM rows WHERE id >= ?1 ORDER BY id LIMIT ?2";
const MOVE: &str = "UPDATE bank SET balance = balance + ?2 WHERE id = ?1";

/// A file of tables.
struct Sqlite(PathBuf);

/// A client's connection. Statements are prepared once and kept.
struct Client(Connection);

/// Makes and fills the tables.
pub(crate) fn open(directory: &Path, options: &Options) -> Result<Box<dyn Store>, BenchError> {
    let store = Sqlite(directory.join("rows.sqlite"));
    fill(&store.0, options.rows).map_err(|error| failed(&error))?;
    Ok(Box::new(store))
}

fn fill(file: &Path, rows: u64) -> rusqlite::Result<()> {
    let mut connection = connect(file)?;
    connection.execute_batch(TABLES)?;
    duty::tables().iter().try_for_each(|statement| connection.execute_batch(statement))?;
    let transaction = connection.transaction()?;
    {
        let mut row = transaction.prepare("INSERT INTO rows VALUES (?1, ?2)")?;
        let text = body(0);
        (0..rows).try_for_each(|id| row.execute(params![id as i64, text]).map(drop))?;
        let mut account = transaction.prepare("INSERT INTO bank VALUES (?1, ?2)")?;
        (0..ACCOUNTS).try_for_each(|id| account.execute(params![id as i64, BALANCE]).map(drop))?;
    }
    transaction.commit()
}

/// Durable: a commit is synced before it returns.
fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.busy_timeout(WAIT)?;
    Ok(connection)
}

impl Store for Sqlite {
    fn name(&self) -> &str {
        "sqlite WAL"
    }

    fn takes(&self, _workload: Workload) -> bool {
        true
    }

    fn process(&self) -> Option<u32> {
        None
    }

    fn connect(&self) -> Result<Box<dyn Session>, BenchError> {
        connect(&self.0).map(|connection| Box::new(Client(connection)) as _).map_err(|error| failed(&error))
    }

    fn witness(&self, workload: Workload) -> Result<Option<i64>, BenchError> {
        let question = match workload {
            Workload::HotRow => "SELECT n FROM hot",
            Workload::Bank => "SELECT sum(balance) FROM bank",
            Workload::WriteSkew => duty::SKEWS,
            _ => return Ok(None),
        };
        let ask = || connect(&self.0)?.query_row(question, [], |row| row.get(0));
        ask().map(Some).map_err(|error| failed(&error))
    }
}

impl Session for Client {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        match self.attempt(operation) {
            Ok(()) => Ok(Outcome::Done),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(Outcome::Conflict),
            Err(error) => Err(failed(&error)),
        }
    }
}

impl Client {
    fn attempt(&mut self, operation: Operation<'_>) -> rusqlite::Result<()> {
        let connection = &mut self.0;
        match operation {
            Operation::Get(id) => get(connection, id),
            Operation::Put(id, body) => connection.prepare_cached(PUT)?.execute(params![id as i64, body]).map(drop),
            Operation::Insert(id, body) => {
                connection.prepare_cached(INSERT)?.execute(params![id as i64, body]).map(drop)
            }
            Operation::Scan { from, rows } => {
                let mut statement = connection.prepare_cached(SCAN)?;
                let texts = statement.query_map([from as i64, rows as i64], |row| row.get::<_, String>(0))?;
                texts.map(|text| text.map(drop)).collect()
            }
            // It reads first, and has to try again when somebody else writes before it does.
            Operation::Modify(id, body) => {
                let transaction = connection.transaction()?;
                get(&transaction, id)?;
                transaction.prepare_cached(PUT)?.execute(params![id as i64, body])?;
                transaction.commit()
            }
            Operation::Hold(id) => {
                let transaction = connection.transaction()?;
                get(&transaction, id)?;
                std::thread::sleep(HOLD);
                get(&transaction, id)?;
                transaction.commit()
            }
            Operation::Duty { pair, side } => {
                let transaction = connection.transaction()?;
                let there = transaction.prepare_cached(duty::ON_DUTY)?.query_row([pair as i64], |row| row.get(0))?;
                transaction.prepare_cached(Change::decide(there).sql())?.execute([pair as i64, side as i64])?;
                transaction.commit()
            }
            Operation::Increment => connection.prepare_cached(INCREMENT)?.execute([]).map(drop),
            Operation::Transfer { from, to, amount } => {
                // It says at once that it will write: two that read first and then want to write would have to try again.
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                for (id, amount) in [(from, -(amount as i64)), (to, amount as i64)] {
                    transaction.prepare_cached(MOVE)?.execute([id as i64, amount])?;
                }
                transaction.commit()
            }
        }
    }
}

fn get(connection: &Connection, id: u64) -> rusqlite::Result<()> {
    let text: Option<String> = connection.prepare_cached(GET)?.query_row([id as i64], |row| row.get(0)).optional()?;
    text.map(drop).ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn failed(error: &rusqlite::Error) -> BenchError {
    BenchError::Program { program: "sqlite".to_owned(), output: error.to_string() }
}
