//! One `cairn run` process on a temporary directory.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::tools;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);

/// A running (or killed) server and its directory. Dropping it kills the process and removes the directory.
pub struct Server {
    program: PathBuf,
    directory: tempfile::TempDir,
    parameters: Vec<String>,
    environment: Vec<(String, OsString)>,
    port: u16,
    process: Option<Child>,
    /// How a start that failed ended.
    exit: Option<ExitStatus>,
}

/// The binary under test.
pub fn binary() -> PathBuf {
    let candidates = [
        std::env::var_os("CAIRN_BIN").map(PathBuf::from),
        std::env::var_os("CARGO_TARGET_DIR").map(|dir| PathBuf::from(dir).join("release/cairn")),
        Some(PathBuf::from("../target/release/cairn")),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
        .expect("no cairn binary: run `make test`, or set CAIRN_BIN to a release build")
}

impl Server {
    /// Starts a server on an empty directory. `parameters` are `KEY=VALUE` as for `-c`.
    pub fn start(parameters: &[&str]) -> Self {
        let mut server = Self::prepare(parameters);
        server.restart().unwrap_or_else(|error| panic!("the server did not start: {error}"));
        server
    }

    /// A server with an empty directory that does not run yet: [`Self::restart`] starts it.
    pub fn prepare(parameters: &[&str]) -> Self {
        Self::prepare_program(binary(), parameters)
    }

    /// The same with a program of its own that understands `cairn`'s command line.
    pub fn prepare_program(program: PathBuf, parameters: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("cairn-test-").tempdir().expect("a temporary directory");
        let parameters = parameters.iter().map(|&parameter| parameter.to_owned()).collect();
        Self { program, directory, parameters, environment: Vec::new(), port: 0, process: None, exit: None }
    }

    /// Sets a configuration key for all later starts.
    pub fn set_parameter(&mut self, key: &str, value: &str) {
        let prefix = format!("{key}=");
        self.parameters.retain(|parameter| !parameter.starts_with(&prefix));
        self.parameters.push(prefix + value);
    }

    /// Sets an environment variable for all later starts.
    pub fn set_environment(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Starts the process again on the same directory and waits until it is ready.
    ///
    /// # Errors
    /// What the process wrote to standard error, if it ended or did not get ready in time.
    pub fn restart(&mut self) -> Result<(), String> {
        self.kill();
        self.exit = None;
        self.port = free_port();
        let mut process = self.command(self.port).spawn().expect("the cairn binary can be run");
        let stdout = process.stdout.take().expect("stdout is piped");
        self.process = Some(process);
        match wait_for_ready(stdout) {
            true => Ok(()),
            false => {
                // It has closed its output and is about to end, or does nothing any more.
                self.exit = self.end_within(Duration::from_secs(5));
                self.kill();
                Err(self.stderr())
            }
        }
    }

    /// Starts the process and kills it after this time, wherever it has come by then.
    pub fn start_and_kill(&mut self, after: Duration) {
        self.kill();
        self.process = Some(self.command(free_port()).spawn().expect("the cairn binary can be run"));
        std::thread::sleep(after);
        self.kill();
    }

    /// Starts the process, which must end with exit code 1 and say why. Answers what it wrote to standard error this time.
    pub fn refused(&mut self) -> String {
        let before = self.stderr().len();
        if self.restart().is_ok() {
            panic!("the server started, but should have refused to");
        }
        let status = self.exit.take().expect("the process has ended");
        let told = self.stderr().split_off(before);
        assert_eq!(status.code(), Some(1), "{told}");
        assert!(told.contains("cairn: ") && !told.contains("panicked"), "{told}");
        told
    }

    /// The exit code of a start that failed by itself.
    pub fn exit_code(&self) -> Option<i32> {
        self.exit.and_then(|status| status.code())
    }

    /// Waits until the process ends by itself.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        self.end_within(STOP).unwrap_or_else(|| panic!("the server did not end within {STOP:?}\n{}", self.stderr()))
    }

    /// The command that runs a server on this directory, its standard error going to a file beside the data.
    pub fn command(&self, port: u16) -> Command {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.directory.path().join("stderr"))
            .expect("the log file can be written");
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--data-dir").arg(self.data()).arg("--pg-listen").arg(format!("127.0.0.1:{port}"));
        command.args(["-c", "instance.pg.socket_dirs="]);
        // The server reads CAIRN_* as its configuration; those here are for the tests.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CAIRN_") {
                command.env_remove(name);
            }
        }
        for parameter in &self.parameters {
            command.arg("-c").arg(parameter);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Everything written to standard error since the first start.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("stderr")).unwrap_or_default()
    }

    /// The port that clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Id of the running process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// A new connection.
    pub fn connect(&self) -> Client {
        self.try_connect().unwrap_or_else(|error| panic!("cannot connect: {error}\nserver said:\n{}", self.stderr()))
    }

    /// A new connection, or why there is none.
    pub fn try_connect(&self) -> std::io::Result<Client> {
        Client::connect(self.port)
    }

    /// SIGKILL: what a power cut looks like to the process.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // An error means that it is dead already.
            let _ = process.kill();
            process.wait().expect("a killed process can be waited for");
        }
    }

    /// SIGTERM, then waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        let process = self.process.as_ref().expect("the server runs");
        let pid = libc::pid_t::try_from(process.id()).expect("process ids fit");
        // SAFETY: kill(2) takes plain numbers; the process is our child and not yet waited for, so the id is its own.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGTERM) }, 0);
        self.wait_for_end()
    }

    /// The process's end, if it comes in time. It is still there to be killed otherwise.
    fn end_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let process = self.process.as_mut().expect("the server runs");
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if let Some(status) = process.try_wait().expect("our child can be waited for") {
                self.process = None;
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Whether the process still runs.
    pub fn lives(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().is_ok_and(|status| status.is_none()))
    }

    /// Runs psql with these arguments against this server.
    pub fn psql(&self, arguments: &[&str]) -> Output {
        self.client_program("psql")
            .args(["-X", "-v", "ON_ERROR_STOP=1"])
            .args(arguments)
            .output()
            .expect("psql can be run")
    }

    /// A PostgreSQL client program with the environment that leads it here.
    pub fn client_program(&self, program: &str) -> Command {
        self.client_command(Command::new(tools::program(program)))
    }

    /// A command with the environment that leads PostgreSQL's clients here.
    pub fn client_command(&self, mut command: Command) -> Command {
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGDATABASE", "postgres")
            .env("PGCONNECT_TIMEOUT", "10")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.stderr());
        }
    }
}

/// Ports that no system gives to outgoing connections by itself: one of those could take a port between the look and the
/// server's start. Processes begin far apart, threads of one never try the same.
const PORTS: Range<u32> = 10_000..32_000;

/// A port that was free a moment ago.
fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    for _ in PORTS {
        let place = std::process::id().wrapping_mul(61).wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = (PORTS.start + place % (PORTS.end - PORTS.start)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port of {PORTS:?} is free");
}

/// Waits for the line that says the server is ready. Goes on draining the output, so that the server never blocks on it.
fn wait_for_ready(stdout: std::process::ChildStdout) -> bool {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if line.contains("is ready") {
                // The receiver may have given up waiting.
                let _ = sender.send(());
            }
        }
    });
    receiver.recv_timeout(START).is_ok()
}
