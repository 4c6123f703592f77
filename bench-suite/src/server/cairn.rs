//! `cairn run` on a temporary directory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{SqlServer, leash, ports};
use crate::error::{BenchError, output};

/// A start may have to replay a long log.
const START: Duration = Duration::from_secs(1800);

/// A running Cairn, killed when dropped.
#[derive(Debug)]
pub struct Cairn {
    process: Child,
    port: u16,
    binary: PathBuf,
    directory: PathBuf,
    session_options: String,
}

/// The binary to measure: `CAIRN_BIN`, or the release build in the target directory.
///
/// # Errors
/// If there is none.
pub fn binary() -> Result<PathBuf, BenchError> {
    let candidates = [
        std::env::var_os("CAIRN_BIN").map(PathBuf::from),
        std::env::var_os("CARGO_TARGET_DIR").map(|directory| PathBuf::from(directory).join("release/cairn")),
        Some(PathBuf::from("target/release/cairn")),
    ];
    let found = candidates.into_iter().flatten().find(|path| path.is_file());
    found.ok_or_else(|| BenchError::Missing("a release build of cairn (`make build`, or set CAIRN_BIN)".to_owned()))
}

impl Cairn {
    /// Starts a server on `directory`. Its sessions make tables in `engine` unless they say otherwise.
    ///
    /// # Errors
    /// If there is no binary, or it does not start.
    pub fn start(directory: &Path, engine: &str) -> Result<Self, BenchError> {
        Self::start_with(directory, engine, &[])
    }

    /// The same with settings, `name=value` each.
    ///
    /// # Errors
    /// If there is no binary, or it does not start.
    pub fn start_with(directory: &Path, engine: &str, settings: &[&str]) -> Result<Self, BenchError> {
        let binary = binary()?;
        let port = ports::free_port()?;
        let log = directory.join("cairn.stderr");
        let stderr = std::fs::File::create(&log).map_err(BenchError::io("create", &log))?;
        let mut command = leash::command(&binary);
        command.arg("run").arg("--data-dir").arg(directory.join("data"));
        command.args(["--pg-listen", &format!("127.0.0.1:{port}")]);
        command.args(["-c", &format!("instance.pg.socket_dirs={}", directory.display())]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        // The server reads CAIRN_* as its configuration; what is set here is meant for the suite.
        let own = std::env::vars_os().map(|(name, _)| name);
        for name in own.filter(|name| name.to_string_lossy().starts_with("CAIRN_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let process = command.spawn().map_err(BenchError::io("run", &binary))?;
        let session_options = format!("-c default_table_access_method={engine}");
        let mut server = Self { process, port, binary, directory: directory.to_owned(), session_options };
        let up = ports::wait_for(port, START, || matches!(server.process.try_wait(), Ok(None)));
        match up {
            true => Ok(server),
            false => Err(BenchError::Program {
                program: "cairn".to_owned(),
                output: std::fs::read_to_string(&log).unwrap_or_default(),
            }),
        }
    }

    /// What the binary says about its version.
    ///
    /// # Errors
    /// If there is none.
    pub fn version_installed() -> Result<String, BenchError> {
        Ok(output(Command::new(binary()?).arg("--version"))?.trim().to_owned())
    }
}

impl SqlServer for Cairn {
    fn port(&self) -> u16 {
        self.port
    }

    fn socket_directory(&self) -> &Path {
        &self.directory
    }

    fn process(&self) -> u32 {
        self.process.id()
    }

    fn version(&self) -> String {
        output(Command::new(&self.binary).arg("--version")).unwrap_or_default().trim().to_owned()
    }

    fn session_options(&self) -> &str {
        &self.session_options
    }
}

impl Drop for Cairn {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
