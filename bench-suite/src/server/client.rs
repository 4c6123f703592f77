//! Connections of the suite's own client.

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, Error, NoTls};

use super::Subject;
use crate::error::BenchError;

/// A runtime in which one thread serves all connections.
///
/// # Errors
/// If the system refuses.
pub fn runtime() -> Result<Runtime, BenchError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| BenchError::Io { context: "start a runtime".to_owned(), source })
}

/// Connects, on the current runtime, with the session options of the subject.
///
/// # Errors
/// If the server refuses.
pub async fn connect(subject: &Subject) -> Result<Client, Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(subject.server.port()).user("postgres").dbname("postgres");
    let (client, connection) = config.options(subject.session_options()).connect(NoTls).await?;
    // What ends the connection, the statement that waits for it is told too.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// An error that ends the measurement.
pub fn failed(subject: &Subject, error: &Error) -> BenchError {
    let output = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    BenchError::Program { program: subject.name.clone(), output }
}
