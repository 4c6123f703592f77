//! Free ports, and waiting until somebody listens.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::error::BenchError;

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .map_err(|source| BenchError::Io { context: "find a free port".to_owned(), source })?;
    let address = listener
        .local_addr()
        .map_err(|source| BenchError::Io { context: "read a socket's address".to_owned(), source })?;
    Ok(address.port())
}

/// Waits until a connection is accepted; `false` when the time is up or `lives` says that nobody ever will.
pub(super) fn wait_for(port: u16, time: Duration, mut lives: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline && lives() {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
