//! Servers that end with the suite, also when it is killed and runs no destructor.

use std::path::Path;
use std::process::{Command, Stdio};

/// A command for `program` that gets SIGKILL when this process ends. Where util-linux's `setpriv` is missing it is the
/// plain command, and somebody who kills the suite has to end the servers too.
pub(super) fn command(program: &Path) -> Command {
    let known = Command::new("setpriv").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}
