//! Servers that the suite starts itself: on free ports, on directories of its own, stopped and removed at the end.

mod cairn;
#[cfg(feature = "clients")]
pub mod client;
mod copy;
pub mod iproto;
mod leash;
mod msgpack;
mod ports;
mod postgres;
pub mod prepared;
mod psql;
mod redis;
pub mod resp;
pub mod subjects;
mod tarantool;

pub use cairn::{Cairn, binary};
pub use copy::copy;
pub use postgres::Postgres;
pub use psql::query;
pub use redis::{Keeps, Redis};
pub use subjects::{Subject, Way};
pub use tarantool::Tarantool;

use std::path::Path;
use std::process::Command;

/// A running server that speaks PostgreSQL's protocol.
pub trait SqlServer {
    /// Where it listens on 127.0.0.1.
    fn port(&self) -> u16;
    /// The directory in which its Unix socket lies.
    fn socket_directory(&self) -> &Path;
    /// Its first process.
    fn process(&self) -> u32;
    /// What it says about its version.
    fn version(&self) -> String;
    /// Options for its sessions, in the form of `PGOPTIONS`; empty for none.
    fn session_options(&self) -> &str;
}

/// A PostgreSQL client program with the environment that leads it to `server`.
pub fn client_program(server: &dyn SqlServer, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", server.port().to_string())
        .env("PGUSER", "postgres")
        .env("PGDATABASE", "postgres")
        .env("PGOPTIONS", server.session_options())
        .stdin(std::process::Stdio::null());
    command
}
