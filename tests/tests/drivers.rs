//! Drivers of other languages against the real binary, one script each in `drivers/`: psycopg 3, SQLAlchemy Core, pgjdbc.
//!
//! Each script runs on memtx and on vinyl over a plain trusted connection, and once over TLS with a SCRAM-SHA-256 password. The same
//! scripts pass on PostgreSQL 15 (`PGHOST=... PGPORT=... python psycopg_driver.py`), so that they ask nothing that PostgreSQL does not do.
//! tokio-postgres has its own file, `tokio_driver.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cairn_tests::tools::{program, python, require};
use cairn_tests::{ENGINES, Server};

/// Debian's libpostgresql-jdbc-java.
const PGJDBC: &str = "/usr/share/java/postgresql.jar";
const PASSWORD: &str = "open sesame";

#[test]
fn psycopg() {
    on_every_server(&|| python_script("psycopg_driver.py"));
}

#[test]
fn sqlalchemy_core() {
    on_every_server(&|| python_script("sqlalchemy_driver.py"));
}

#[test]
fn pgjdbc() {
    require(Command::new("java").arg("--version"));
    assert!(Path::new(PGJDBC).is_file(), "{PGJDBC} is missing; run `scripts/install-tools test`");
    on_every_server(&|| {
        let mut command = Command::new("java");
        command.args(["-cp", PGJDBC]).arg(script("Jdbc.java"));
        command
    });
}

/// Tests run in their package's directory.
fn script(name: &str) -> PathBuf {
    Path::new("drivers").join(name)
}

fn python_script(name: &str) -> Command {
    require(Command::new(python()).args(["-c", "import psycopg, sqlalchemy"]));
    let mut command = Command::new(python());
    // Nothing is written beside the sources.
    command.arg("-B").arg(script(name));
    command
}

fn on_every_server(command: &dyn Fn() -> Command) {
    let trusting = Server::start(&[]);
    for engine in ENGINES {
        run(trusting.client_command(command()).env("DRIVER_ENGINE", engine));
    }
    drop(trusting);
    let certificates = tempfile::tempdir().expect("a temporary directory");
    let (certificate, key) = certificate(certificates.path());
    let secure = Server::start(&[
        "instance.pg.auth=scram-sha-256",
        &format!("instance.pg.password={PASSWORD}"),
        &format!("instance.pg.tls_certificate={}", certificate.display()),
        &format!("instance.pg.tls_key={}", key.display()),
    ]);
    let mut command = secure.client_command(command());
    run(command.env("DRIVER_ENGINE", "memtx").env("PGPASSWORD", PASSWORD).env("PGSSLMODE", "require"));
}

/// A certificate that signs itself, and its key.
fn certificate(directory: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    let mut command = Command::new(program("openssl"));
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    require(command.arg("-out").arg(&certificate).arg("-keyout").arg(&key));
    (certificate, key)
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the driver's language is installed");
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{report}\n{errors}", output.status);
    let last = report.lines().last().unwrap_or_default();
    assert!(last.ends_with("checks passed"), "{command:?} ended without its report:\n{report}\n{errors}");
    println!("{last}");
}
