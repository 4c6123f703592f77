//! PostgreSQL from its Debian package, on a cluster of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{SqlServer, leash, ports};
use crate::error::{BenchError, output};

/// A start may have to replay a long log.
const START: Duration = Duration::from_secs(1800);

/// What differs from PostgreSQL's defaults, and why. It stays durable: `fsync` and `synchronous_commit` are on.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", "'127.0.0.1'"),
    ("max_connections", "300"),
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "1GB"),
    // No checkpoint falls into a measured stretch of one subject and not of the other.
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "1h"),
    // Predicate locks of SERIALIZABLE: the default of 64 makes it lock whole pages early.
    ("max_pred_locks_per_transaction", "256"),
];

/// A running PostgreSQL, stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    process: Child,
    port: u16,
    programs: PathBuf,
    directory: PathBuf,
}

impl Postgres {
    /// Makes a new cluster in `directory` and starts it.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start.
    pub fn start(directory: &Path) -> Result<Self, BenchError> {
        Self::create(directory)?;
        Self::open(directory)
    }

    /// Makes a new cluster in `directory`.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or refuses.
    pub fn create(directory: &Path) -> Result<(), BenchError> {
        let user = ServerUser::find();
        fs::create_dir_all(directory).map_err(BenchError::io("create", directory))?;
        user.give(directory)?;
        let data = directory.join("data");
        let mut initdb = user.command(&programs()?.join("initdb"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]).arg(&data);
        output(&mut initdb)?;
        append(&data.join("postgresql.conf"))
    }

    /// Starts the cluster that [`Self::create`] made in `directory`.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start.
    pub fn open(directory: &Path) -> Result<Self, BenchError> {
        let programs = programs()?;
        let port = ports::free_port()?;
        let (user, data) = (ServerUser::find(), directory.join("data"));
        let log = directory.join("postgres.stderr");
        let stderr = fs::File::create(&log).map_err(BenchError::io("create", &log))?;
        let mut command = user.command(&programs.join("postgres"));
        command
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-k"])
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        let process = command.spawn().map_err(BenchError::io("run", &programs.join("postgres")))?;
        let mut server = Self { process, port, programs, directory: directory.to_owned() };
        let up = ports::wait_for(port, START, || matches!(server.process.try_wait(), Ok(None)));
        match up && server.answers() {
            true => Ok(server),
            false => Err(BenchError::Program {
                program: "postgres".to_owned(),
                output: fs::read_to_string(&log).unwrap_or_default(),
            }),
        }
    }

    /// What the server's program says about its version.
    ///
    /// # Errors
    /// If PostgreSQL is not installed.
    pub fn version_installed() -> Result<String, BenchError> {
        Ok(output(Command::new(programs()?.join("postgres")).arg("--version"))?.trim().to_owned())
    }

    /// It accepts connections before it answers queries: while it recovers it refuses them.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline && matches!(self.process.try_wait(), Ok(None)) {
            if super::query(self, "select 1").is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl SqlServer for Postgres {
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
        output(Command::new(self.programs.join("postgres")).arg("--version")).unwrap_or_default().trim().to_owned()
    }

    fn session_options(&self) -> &'static str {
        ""
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT would end it in order; the directory goes away anyway, so SIGKILL to the first process is enough: the
        // others notice and end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The newest PostgreSQL 15 or later of Debian's packages, or what is on the path.
fn programs() -> Result<PathBuf, BenchError> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|entry| entry.path().join("bin")).filter(|path| path.join("initdb").is_file()).min();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian.or_else(|| std::env::split_paths(&path).find(|path| path.join("initdb").is_file()));
    found.ok_or_else(|| BenchError::Missing("PostgreSQL's server (package postgresql-15)".to_owned()))
}

fn append(file: &Path) -> Result<(), BenchError> {
    let mut text = fs::read_to_string(file).map_err(BenchError::io("read", file))?;
    text.push('\n');
    for (name, value) in SETTINGS {
        text += &format!("{name} = {value}\n");
    }
    fs::write(file, text).map_err(BenchError::io("write", file))
}

/// PostgreSQL refuses to run as root; then somebody else runs it.
struct ServerUser(Option<(u32, u32)>);

impl ServerUser {
    fn find() -> Self {
        let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        Self(root.then(|| account("postgres").or_else(|| account("nobody"))).flatten())
    }

    fn give(&self, directory: &Path) -> Result<(), BenchError> {
        match self.0 {
            None => Ok(()),
            Some((user, group)) => {
                chown(directory, Some(user), Some(group)).map_err(BenchError::io("give away", directory))
            }
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = leash::command(program);
        if let Some((user, group)) = self.0 {
            // The current directory may be closed to that user.
            command.uid(user).gid(group).current_dir("/");
        }
        command
    }
}

/// User and group id of an account.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
