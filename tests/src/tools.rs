//! Programs of others that tests run: clients and drivers. `scripts/install-tools test` brings what a machine lacks.

use std::path::PathBuf;
use std::process::Command;

/// The directory for what no Debian package installs in its place: `CAIRN_TOOLS`, else `~/.cache/cairn/tools`.
fn directory() -> PathBuf {
    let cache = || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/cairn/tools");
    std::env::var_os("CAIRN_TOOLS").map_or_else(cache, PathBuf::from)
}

/// A program: the one of the tools directory, else the one that the shell finds.
pub fn program(name: &str) -> PathBuf {
    let own = directory().join("bin").join(name);
    if own.is_file() { own } else { PathBuf::from(name) }
}

/// Python with the drivers' packages.
pub fn python() -> PathBuf {
    directory().join("python/bin/python")
}

/// Fails the test when this command cannot be run: a test that checked nothing must not pass.
pub fn require(command: &mut Command) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{command:?} does not work; run `scripts/install-tools test`\n{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{command:?} cannot be run ({error}); run `scripts/install-tools test`"),
    }
}

/// [`require`] of a program that knows `--version`.
pub fn require_program(name: &str) {
    require(Command::new(program(name)).arg("--version"));
}
