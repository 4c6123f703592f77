//! TPC-H: the 22 queries with the specification's validation parameters, answers compared value by value.
//!
//! The data come from files that `bench-peers tpch-data` writes (the `tpchgen` crate; it makes what the specification's own
//! dbgen makes). The tables have their primary keys, and indexes on foreign keys, as the specification allows. A query's
//! answer counts as right when it has the same values as PostgreSQL's, as text; rows that `ORDER BY` leaves in either order
//! may come in either. DuckDB, which holds the tables in memory too, but whose types differ, is compared to six significant
//! digits.
//!
//! | metric | meaning |
//! |---|---|
//! | `ms` | from sending a query to its last row; the first round runs on cold caches |
//! | `wrong rows` | rows of the answer that PostgreSQL's does not have, and the other way round |
//!
//! A query that a server refuses, or does not answer in time, has no figures: a note says so.

mod answer;
mod duckdb;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tokio::runtime::Runtime;

use crate::error::BenchError;
use crate::hook::Hook;
use crate::interleave;
use crate::progress::Progress;
use crate::run::{self, Metric, Run};
use crate::server::{Subject, client, copy, query, subjects};
use answer::Answer;
use duckdb::DuckDb;

const TABLES: [&str; 8] = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"];
const SCHEMA: &str = include_str!("schema.sql");
const QUERIES: &str = include_str!("queries.sql");
const DUCKDB: &str = "duckdb";

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The directory that `bench-peers tpch-data` has filled.
    #[arg(long)]
    pub data: PathBuf,
    /// Numbers of queries; all by default.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=22))]
    pub queries: Vec<u8>,
    /// Who: as for `pgbench`, and `duckdb`. The last `postgres` is who must be right.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres,duckdb")]
    pub subjects: Vec<String>,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seconds that a query may take.
    #[arg(long, default_value_t = 300)]
    pub seconds: u32,
}

/// Loads all servers and asks each query of each in turns.
///
/// # Errors
/// If Cairn or psql is missing, a table cannot be loaded, or a connection breaks.
pub fn measure(options: &Options, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let mut asked = start(options, run, directory)?;
    let runtime = client::runtime()?;
    let queries: Vec<(u8, &str)> = queries()
        .into_iter()
        .filter(|(number, _)| options.queries.is_empty() || options.queries.contains(number))
        .collect();
    let progress = Progress::new(queries.len());
    for (number, text) in queries {
        progress.begin(&format!("query {number}"));
        hook.around(|| one(&runtime, options, &mut asked, number, text, run))?;
        progress.end();
    }
    progress.finish();
    Ok(())
}

/// Somebody who answers queries.
enum Asked {
    Server(Subject),
    DuckDb(DuckDb),
}

impl Asked {
    /// As it stands in tables.
    fn name(&self) -> &str {
        match self {
            Self::Server(subject) => &subject.name,
            Self::DuckDb(_) => DUCKDB,
        }
    }

    /// Whether it must be right.
    fn is_reference(&self) -> bool {
        matches!(self, Self::Server(subject) if subject.engine.is_none())
    }

    /// Rows of its answer that differ from the right one's, and the first of them.
    fn wrong_rows(&self, answer: &Answer, right: &Answer) -> (usize, String) {
        match self {
            Self::Server(_) => (answer.rows_unlike(right), answer.first_unlike(right)),
            Self::DuckDb(_) => {
                let (answer, right) = (answer.rounded(), right.rounded());
                (answer.rows_unlike(&right), answer.first_unlike(&right))
            }
        }
    }

    fn ask(
        &mut self,
        runtime: &Runtime,
        seconds: u32,
        text: &str,
    ) -> Result<Result<(Answer, f64), String>, BenchError> {
        match self {
            Self::Server(subject) => ask(runtime, subject, seconds, text),
            Self::DuckDb(duckdb) => duckdb.ask(text),
        }
    }
}

/// Starts and loads everybody. Who is not installed is left out with a note.
fn start(options: &Options, run: &mut Run, directory: &Path) -> Result<Vec<Asked>, BenchError> {
    let (others, servers): (Vec<String>, _) = options.subjects.iter().cloned().partition(|name| name == DUCKDB);
    let mut asked = Vec::new();
    for subject in subjects::start(&servers, run, directory)? {
        if !subject.shared {
            load(&subject, &options.data)?;
        }
        asked.push(Asked::Server(subject));
    }
    for name in others {
        match DuckDb::start(&options.data, SCHEMA) {
            Ok(duckdb) => {
                run.subjects.push(run::Subject { name, version: duckdb.version.clone(), peer: true });
                asked.push(Asked::DuckDb(duckdb));
            }
            Err(BenchError::Missing(what)) => run.notes.push(format!("{name} is left out: {what} is not installed")),
            Err(error) => return Err(error),
        }
    }
    Ok(asked)
}

fn load(subject: &Subject, data: &Path) -> Result<(), BenchError> {
    let server = subject.server.as_ref();
    query(server, SCHEMA)?;
    for table in TABLES {
        copy(server, table, &data.join(table))?;
    }
    query(server, include_str!("indexes.sql"))?;
    query(server, "analyze").map(|_| ())
}

/// The queries by number. One of them is three statements.
fn queries() -> Vec<(u8, &'static str)> {
    let parts = QUERIES.split("-- ").filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (number, text) = part.split_once('\n').expect("a number, then the query");
            (number.parse().expect("a number"), text)
        })
        .collect()
}

/// All rounds of one query, on all subjects.
fn one(
    runtime: &Runtime,
    options: &Options,
    asked: &mut [Asked],
    number: u8,
    text: &str,
    run: &mut Run,
) -> Result<(), BenchError> {
    let case = [("query".to_owned(), number.to_string())];
    let mut answers: Vec<Option<Answer>> = asked.iter().map(|_| None).collect();
    for round in 0..options.rounds {
        for place in interleave::order(asked.len(), round) {
            // What was refused once is not asked again.
            if round > 0 && answers[place].is_none() {
                continue;
            }
            match asked[place].ask(runtime, options.seconds, text)? {
                Ok((answer, millis)) => {
                    run.add(&case, asked[place].name(), &Metric::lower("ms"), millis);
                    answers[place] = Some(answer);
                }
                Err(said) => run.notes.push(format!("query {number}, {}: {said}", asked[place].name())),
            }
        }
    }
    let reference = asked.iter().rposition(Asked::is_reference);
    let Some(right) = reference.and_then(|place| answers[place].as_ref()) else { return Ok(()) };
    for (asked, answer) in asked.iter().zip(&answers) {
        if let Some(answer) = answer {
            let (wrong, first) = asked.wrong_rows(answer, right);
            run.add(&case, asked.name(), &Metric::lower("wrong rows"), wrong as f64);
            if wrong > 0 {
                run.notes.push(format!("query {number}, {}: {wrong} wrong rows; {first}", asked.name()));
            }
        }
    }
    Ok(())
}

/// An answer and how long it took in milliseconds, or what the server said instead.
fn ask(
    runtime: &Runtime,
    subject: &Subject,
    seconds: u32,
    text: &str,
) -> Result<Result<(Answer, f64), String>, BenchError> {
    runtime.block_on(async {
        let client = client::connect(subject).await.map_err(|error| client::failed(subject, &error))?;
        let limit = format!("set statement_timeout = '{seconds}s'");
        client.batch_execute(&limit).await.map_err(|error| client::failed(subject, &error))?;
        let begun = Instant::now();
        let mut messages = Vec::new();
        // Each in a transaction of its own, as psql would send it.
        for statement in text.split(';').filter(|statement| !statement.trim().is_empty()) {
            match client.simple_query(statement).await {
                Ok(answer) => messages.extend(answer),
                Err(error) => match error.as_db_error() {
                    Some(refused) => return Ok(Err(refused.to_string())),
                    None => return Err(client::failed(subject, &error)),
                },
            }
        }
        let millis = begun.elapsed().as_secs_f64() * 1e3;
        Ok(Ok((Answer::of_messages(&messages), millis)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_all_queries() {
        let queries = queries();
        assert!(queries.iter().map(|(number, _)| *number).eq(1..=22));
        for (number, text) in queries {
            let statements = if number == 15 { 3 } else { 1 };
            assert_eq!(text.matches(';').count(), statements, "query {number}");
        }
    }
}
