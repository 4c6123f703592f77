//! Tarantool from its Debian package, with its engine memtx.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{leash, ports};
use crate::error::{BenchError, output};

const START: Duration = Duration::from_secs(60);
const PROGRAM: &str = "tarantool";

/// A running Tarantool, killed when dropped.
#[derive(Debug)]
pub struct Tarantool {
    process: Child,
    port: u16,
}

impl Tarantool {
    /// Starts Tarantool on an empty directory, runs a Lua script in it, and then lets it listen. A commit is answered when
    /// it is synced, as the others promise.
    ///
    /// # Errors
    /// If it is not installed, or does not start, or the script fails.
    pub fn start(directory: &Path, script: &str) -> Result<Self, BenchError> {
        Self::version()?;
        let port = ports::free_port()?;
        let file = directory.join("init.lua");
        let log = directory.join("tarantool.log");
        let text = format!(
            "box.cfg{{wal_mode = 'none', memtx_memory = 2 * 1024 ^ 3, work_dir = '{}', log = '{}', checkpoint_count = 1}}\n\
             box.schema.user.grant('guest', 'read,write,execute', 'universe')\n\
             {script}\nbox.snapshot()\n",
            directory.display(),
            log.display(),
        );
        // The log's mode is fixed at the start, so what fills the database is a process of its own: nothing has to be synced
        // row by row.
        std::fs::write(&file, text + "os.exit(0)\n").map_err(BenchError::io("write", &file))?;
        let told = || std::fs::read_to_string(&log).unwrap_or_default();
        output(Command::new(PROGRAM).arg(&file)).map_err(|_| failed(told()))?;
        let text = format!(
            "box.cfg{{wal_mode = 'fsync', memtx_memory = 2 * 1024 ^ 3, work_dir = '{}', log = '{}', listen = '127.0.0.1:{port}'}}\n",
            directory.display(),
            log.display(),
        );
        std::fs::write(&file, text).map_err(BenchError::io("write", &file))?;
        let mut command = leash::command(Path::new(PROGRAM));
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(BenchError::io("run", Path::new(PROGRAM)))?;
        let mut server = Self { process, port };
        match ports::wait_for(port, START, || matches!(server.process.try_wait(), Ok(None))) {
            true => Ok(server),
            false => Err(failed(told())),
        }
    }

    /// What the program says about its version.
    ///
    /// # Errors
    /// If it is not installed.
    pub fn version() -> Result<String, BenchError> {
        let text = output(Command::new(PROGRAM).arg("--version"))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }
}

fn failed(output: String) -> BenchError {
    BenchError::Program { program: PROGRAM.to_owned(), output }
}

impl Drop for Tarantool {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
