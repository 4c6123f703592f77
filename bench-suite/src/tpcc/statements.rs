//! A connection that prepares each statement once.

use std::collections::HashMap;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::server::{Subject, client};

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// One client's connection.
pub(super) struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl Session {
    /// Connects, on the current tokio runtime.
    pub(super) async fn connect(subject: &Subject) -> Result<Self, Error> {
        Ok(Self { client: client::connect(subject).await?, prepared: HashMap::new() })
    }

    /// `BEGIN`, `COMMIT`, `ROLLBACK`.
    pub(super) async fn control(&self, command: &str) -> Result<(), Error> {
        self.client.batch_execute(command).await
    }

    /// All rows.
    pub(super) async fn query(&mut self, text: &'static str, values: Values<'_>) -> Result<Vec<Row>, Error> {
        let statement = self.statement(text).await?;
        self.client.query(&statement, values).await
    }

    /// The one row, if there is one.
    pub(super) async fn find(&mut self, text: &'static str, values: Values<'_>) -> Result<Option<Row>, Error> {
        let statement = self.statement(text).await?;
        self.client.query_opt(&statement, values).await
    }

    /// The one row.
    pub(super) async fn get(&mut self, text: &'static str, values: Values<'_>) -> Result<Row, Error> {
        let statement = self.statement(text).await?;
        self.client.query_one(&statement, values).await
    }

    /// No rows.
    pub(super) async fn execute(&mut self, text: &'static str, values: Values<'_>) -> Result<(), Error> {
        let statement = self.statement(text).await?;
        self.client.execute(&statement, values).await.map(|_| ())
    }

    async fn statement(&mut self, text: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.prepared.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        self.prepared.insert(text, statement.clone());
        Ok(statement)
    }
}
