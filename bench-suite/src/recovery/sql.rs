//! Servers that speak SQL: Cairn and PostgreSQL.

use std::io::Write;
use std::path::Path;

use super::State;
use super::rows::bodies;
use super::subject::{Survivor, Warming};
use crate::error::BenchError;
use crate::server::{SqlServer, copy, query};

const ROWS_PER_CHUNK: u64 = 50_000;
/// Brings all rows into PostgreSQL's buffers.
const PREWARM: &str = "create extension if not exists pg_prewarm; select pg_prewarm('rows'), pg_prewarm('rows_pkey')";

/// A server, and what brings its rows into memory.
pub(super) struct Sql {
    pub(super) server: Box<dyn SqlServer>,
    pub(super) warming: Warming,
}

impl Sql {
    fn run(&self, statement: &str) -> Result<String, BenchError> {
        query(self.server.as_ref(), statement)
    }
}

impl Survivor for Sql {
    fn process(&self) -> u32 {
        self.server.process()
    }

    fn prepare(&self, state: State) -> Result<(), BenchError> {
        self.run("create table rows (id bigint primary key, body text not null)")?;
        if state == State::Log { self.checkpoint() } else { Ok(()) }
    }

    /// A chunk of rows at a time.
    fn load(&self, rows: u64, seed: u64, directory: &Path) -> Result<(), BenchError> {
        let file = directory.join("chunk");
        let mut bodies = bodies(seed);
        for first in (0..rows).step_by(ROWS_PER_CHUNK as usize) {
            let mut chunk = Vec::new();
            for (id, body) in (first..rows.min(first + ROWS_PER_CHUNK)).zip(&mut bodies) {
                writeln!(chunk, "{id}|{body}").expect("memory takes it");
            }
            std::fs::write(&file, chunk).map_err(BenchError::io("write", &file))?;
            copy(self.server.as_ref(), "rows", &file)?;
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<(), BenchError> {
        self.run("checkpoint").map(drop)
    }

    fn ask(&self, id: u64) -> Result<(), BenchError> {
        self.run(&format!("select body from rows where id = {id}")).map(drop)
    }

    fn warm(&self) -> Result<bool, BenchError> {
        match self.warming {
            Warming::Resident => Ok(true),
            Warming::Never => Ok(false),
            Warming::Prewarm => self.run(PREWARM).map(|_| true),
        }
    }

    fn count(&self) -> Result<u64, BenchError> {
        let answer = self.run("select count(*) from rows")?;
        answer.parse().map_err(|_| BenchError::parse("a count", &answer))
    }
}
