//! DuckDB from its Python package: a process that loads the tables and answers queries (`duckdb_peer.py`).
//!
//! Its averages are floating-point numbers and its `char(n)` has no padding, so its answers are compared with PostgreSQL's
//! to six significant digits: see [`Answer::rounded`].

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::Deserialize;

use super::answer::Answer;
use crate::error::BenchError;

const PROGRAM: &str = "duckdb";
const SCRIPT: &str = include_str!("duckdb_peer.py");

/// A process with all tables in memory, killed when dropped.
#[derive(Debug)]
pub(super) struct DuckDb {
    process: Child,
    answers: BufReader<ChildStdout>,
    /// As it says itself.
    pub(super) version: String,
}

/// A line of the process: a version, rows and a time, or an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    version: Option<String>,
    rows: Option<Vec<Vec<Option<String>>>>,
    ms: f64,
    error: Option<String>,
}

impl DuckDb {
    /// Starts it and loads the tables.
    ///
    /// # Errors
    /// If no Python with DuckDB is installed, or the tables cannot be loaded.
    pub(super) fn start(data: &Path, schema: &str) -> Result<Self, BenchError> {
        let mut process = Command::new(python()?)
            .args(["-c", SCRIPT])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|source| failed("start", source))?;
        let answers = BufReader::new(process.stdout.take().expect("it was asked for"));
        let mut started = Self { process, answers, version: String::new() };
        let version = started.exchange(schema)?.version.unwrap_or_default();
        started.version = format!("DuckDB {version}");
        Ok(started)
    }

    /// The answer of a query and how long it took in milliseconds, or what DuckDB says instead.
    ///
    /// # Errors
    /// If the process has ended.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Result<(Answer, f64), String>, BenchError> {
        let line = self.exchange(sql)?;
        match line.rows {
            Some(rows) => Ok(Ok((Answer::of(rows), line.ms))),
            None => Ok(Err(line.error.unwrap_or_default())),
        }
    }

    fn exchange(&mut self, text: &str) -> Result<Line, BenchError> {
        let request = serde_json::to_string(text).expect("a text is plain data") + "\n";
        let pipe = self.process.stdin.as_mut().expect("it was asked for");
        pipe.write_all(request.as_bytes()).map_err(|source| failed("ask", source))?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|source| failed("read an answer of", source))?;
        serde_json::from_str(&line).map_err(|_| BenchError::parse("an answer of duckdb", &line))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Python that has DuckDB: where `make bench-tools` puts it, or the one on the path.
fn python() -> Result<PathBuf, BenchError> {
    let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/cairn/tools"));
    let tools = std::env::var_os("CAIRN_TOOLS").map(PathBuf::from).or(cache);
    let own = tools.map(|tools| tools.join("bench-python/bin/python"));
    let has = |python: &PathBuf| {
        let mut import = Command::new(python);
        import.args(["-c", "import duckdb"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    let found = own.into_iter().chain([PathBuf::from("python3")]).find(has);
    found.ok_or_else(|| BenchError::Missing(format!("{PROGRAM} (`make bench-tools`)")))
}

fn failed(verb: &str, source: std::io::Error) -> BenchError {
    BenchError::Io { context: format!("{verb} {PROGRAM}"), source }
}
