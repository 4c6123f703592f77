//! `make run` and `make test` share one build.
//!
//! Cargo compiles a crate again for every set of features that it is asked for. Tests and measurements bring crates along
//! that ask for more features of crates far below DataFusion; then `make test` would build DataFusion a second time, which
//! takes longer than everything else. So production code asks for these features too, and this test says when it does not.

use std::collections::BTreeSet;
use std::process::Command;

/// What each line of `cargo tree` shows.
const CRATE_AND_FEATURES: &str = "{p} [{f}]";

#[test]
fn tests_ask_for_no_other_features_than_the_server() {
    let server = tree(&["--edges", "normal,build", "--package", "cairn"]);
    let everything = tree(&["--edges", "normal,build,dev", "--workspace"]);
    assert!(server.len() > 100, "the server is made of {} crates", server.len());
    let only_in_the_server: Vec<String> =
        server.difference(&everything).map(|line| beside(line, &everything)).collect();
    assert!(only_in_the_server.is_empty(), "compiled twice by `make test`:\n{}", only_in_the_server.join("\n"));
}

/// A crate with its features, and the features that it has in tests.
fn beside(line: &str, everything: &BTreeSet<String>) -> String {
    let name = line.split(" [").next().unwrap_or(line);
    let other = everything.iter().filter(|other| other.split(" [").next() == Some(name));
    format!("{line}; in tests {}", other.cloned().collect::<Vec<_>>().join(" and "))
}

fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let common = ["tree", "--offline", "--prefix", "none", "--format", CRATE_AND_FEATURES];
    let output = Command::new(cargo).args(common).args(arguments).output().expect("run cargo tree");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).filter(|line| !line.is_empty()).collect()
}
