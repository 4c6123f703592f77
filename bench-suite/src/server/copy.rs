//! Filling tables from files.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use super::{SqlServer, client_program};
use crate::error::BenchError;

/// Lines sent in one transaction: a server has to remember a transaction until it commits.
const LINES_PER_TRANSACTION: usize = 50_000;

/// Copies a file of lines with fields apart by `|` into a table, through `COPY` in psql. An empty field is NULL.
///
/// # Errors
/// If the file cannot be read, psql is missing, or the server refuses a line.
pub fn copy(server: &dyn SqlServer, table: &str, file: &Path) -> Result<(), BenchError> {
    let failed = |source| BenchError::Io { context: format!("read {}", file.display()), source };
    let mut lines = BufReader::new(File::open(file).map_err(failed)?).split(b'\n').peekable();
    while lines.peek().is_some() {
        let mut psql = start(server, table)?;
        let mut pipe = psql.stdin.take().expect("it was asked for");
        let mut chunk = Vec::new();
        for line in lines.by_ref().take(LINES_PER_TRANSACTION) {
            chunk.extend_from_slice(&line.map_err(failed)?);
            chunk.push(b'\n');
        }
        // When psql ends early the pipe breaks; what psql says about it is the better message.
        let sent = pipe.write_all(&chunk);
        drop(pipe);
        let output =
            psql.wait_with_output().map_err(|source| BenchError::Io { context: "run psql".to_owned(), source })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(BenchError::Program { program: format!("psql, copy {table}"), output: said });
        }
        sent.map_err(|source| BenchError::Io { context: "write to psql".to_owned(), source })?;
    }
    Ok(())
}

fn start(server: &dyn SqlServer, table: &str) -> Result<Child, BenchError> {
    let mut command = client_program(server, "psql");
    let copy = format!("copy {table} from stdin with (format csv, delimiter '|')");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &copy]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => BenchError::Missing("psql".to_owned()),
        _ => BenchError::Io { context: "run psql".to_owned(), source },
    })
}
