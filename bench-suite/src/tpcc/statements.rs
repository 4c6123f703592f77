//! A connection that prepares each statement once, and waits for each answer.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::error::BenchError;
use crate::server::Subject;
use crate::server::prepared::{Connection, Found, Row};

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a dyn Display];

/// Why a transaction did not come to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// It met another one, and has to be tried again.
    Conflict,
    /// It cannot.
    Error(BenchError),
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::Error(error)
    }
}

/// One client's connection.
pub(super) struct Session {
    connection: Connection,
    /// Names of statements by their texts.
    prepared: HashMap<&'static str, String>,
}

impl Session {
    /// Connects.
    pub(super) fn connect(subject: &Subject) -> Result<Self, BenchError> {
        let connection = Connection::open(subject.server.port(), &subject.session_options())?;
        Ok(Self { connection, prepared: HashMap::new() })
    }

    /// All rows.
    pub(super) fn query(&mut self, text: &'static str, values: Values<'_>) -> Result<Vec<Row>, Failure> {
        if !self.prepared.contains_key(text) {
            let name = format!("s{}", self.prepared.len());
            self.connection.prepare(&name, text)?;
            self.prepared.insert(text, name);
        }
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        match self.connection.query(&self.prepared[text], &values)? {
            Found::Rows(rows) => Ok(rows),
            Found::Conflict => Err(Failure::Conflict),
        }
    }

    /// The one row, if there is one.
    pub(super) fn find(&mut self, text: &'static str, values: Values<'_>) -> Result<Option<Row>, Failure> {
        let mut rows = self.query(text, values)?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            _ => Err(Failure::Error(BenchError::parse("one row", text))),
        }
    }

    /// The one row.
    pub(super) fn get(&mut self, text: &'static str, values: Values<'_>) -> Result<Row, Failure> {
        let row = self.find(text, values)?;
        row.ok_or_else(|| Failure::Error(BenchError::parse("a row", text)))
    }

    /// No rows. Also for `BEGIN`, `COMMIT`, `ROLLBACK`.
    pub(super) fn execute(&mut self, text: &'static str, values: Values<'_>) -> Result<(), Failure> {
        self.query(text, values).map(drop)
    }
}

/// A value of a row that is not NULL.
pub(super) fn value<T: FromStr>(row: &Row, column: usize) -> Result<T, Failure> {
    let found = row.text(column).and_then(|text| text.parse().ok());
    found.ok_or_else(|| Failure::Error(BenchError::parse("another value", &format!("{:?}", row.text(column)))))
}
