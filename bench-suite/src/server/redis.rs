//! Redis from its Debian package.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::resp::{Reply, Resp};
use super::{leash, ports};
use crate::error::{BenchError, output};

/// A start may have to load much.
const START: Duration = Duration::from_secs(1800);
const PROGRAM: &str = "redis-server";

/// What Redis keeps on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Every change, in the append-only file, synced before it is answered: what the others promise.
    Log,
    /// What `SAVE` writes, and nothing else.
    Image,
}

/// A running Redis, killed when dropped.
#[derive(Debug)]
pub struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// Starts Redis on a directory, on what another one left there, and waits until it has loaded that.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub fn start(directory: &Path, keeps: Keeps) -> Result<Self, BenchError> {
        Self::version()?;
        let port = ports::free_port()?;
        let mut command = leash::command(Path::new(PROGRAM));
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no", "--save", ""]);
        command.args(["--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]);
        command.args(["--appendonly", if keeps == Keeps::Log { "yes" } else { "no" }]);
        command.arg("--dir").arg(directory).arg("--logfile").arg(directory.join("redis.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(BenchError::io("run", Path::new(PROGRAM)))?;
        let mut server = Self { process, port };
        let up = ports::wait_for(port, START, || matches!(server.process.try_wait(), Ok(None)));
        match up && server.has_loaded()? {
            true => Ok(server),
            false => Err(BenchError::Program {
                program: PROGRAM.to_owned(),
                output: std::fs::read_to_string(directory.join("redis.log")).unwrap_or_default(),
            }),
        }
    }

    /// What the program says about its version.
    ///
    /// # Errors
    /// If it is not installed.
    pub fn version() -> Result<String, BenchError> {
        let text = output(Command::new(PROGRAM).arg("--version"))?;
        Ok(text.split(" sha=").next().unwrap_or_default().trim().to_owned())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// While it loads it accepts connections and refuses commands.
    fn has_loaded(&self) -> Result<bool, BenchError> {
        let deadline = Instant::now() + START;
        let mut connection = Resp::connect(self.port)?;
        while Instant::now() < deadline {
            connection.push(&[b"GET", b"0"]);
            if !matches!(connection.send(1)?.first(), Some(Reply::Error(_))) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
