//! Configuration files: an error that says where, or a configuration; and a file that says the same in other words is the same
//! configuration.

use std::fmt::Write;

use cairn_config::{Assignment, Config, ConfigError, parse_yaml};

/// A file's text.
///
/// # Panics
/// When the same assignments give another configuration, or do not survive being written down.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(assignments) = parse_yaml(text, "the file") else { return };
    check_written_down(&assignments);
    match configure(assignments.clone()) {
        Ok(config) => assert_eq!(config, configure(assignments).expect("it was accepted before")),
        Err(error) => check_error(&error, &assignments),
    }
}

/// SQL settings are the session's business: any name and value pass.
fn configure(assignments: Vec<Assignment>) -> Result<Config, ConfigError> {
    Config::from_sources(None, std::iter::empty(), assignments, &|_, _| Ok(()))
}

/// An error is about something that the file says.
fn check_error(error: &ConfigError, assignments: &[Assignment]) {
    match error {
        ConfigError::UnknownKey { key, .. } => assert!(assignments.iter().any(|one| one.key == *key), "{error}"),
        ConfigError::BadValue { key, value, .. } => {
            assert!(assignments.iter().any(|one| one.key == *key && one.value == *value), "{error}");
        }
        ConfigError::Conflict(_) => assert!(!assignments.is_empty(), "the defaults conflict: {error}"),
        ConfigError::File { .. } => panic!("no file was read: {error}"),
    }
}

/// Each assignment as one line with the whole path for a key reads back as itself.
fn check_written_down(assignments: &[Assignment]) {
    let distinct: std::collections::BTreeSet<&str> = assignments.iter().map(|one| one.key.as_str()).collect();
    // `a.b` once as a path and once as a name, or a key longer than YAML's 1024 characters: no file of single lines says that.
    if distinct.len() < assignments.len() || distinct.iter().any(|key| quoted(key).len() > 1000) {
        return;
    }
    let lines: String =
        assignments.iter().map(|one| format!("{}: {}\n", quoted(&one.key), quoted(&one.value))).collect();
    let again = parse_yaml(&lines, "the file").unwrap_or_else(|error| panic!("{lines:?}: {error}"));
    let plain = |list: &[Assignment]| -> Vec<(String, String)> {
        list.iter().map(|one| (one.key.clone(), one.value.clone())).collect()
    };
    assert_eq!(plain(&again), plain(assignments), "{lines:?}");
}

/// A double-quoted YAML scalar in which every character but letters and digits is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            plain if plain.is_ascii_alphanumeric() => out.push(plain),
            other => write!(out, "\\U{:08x}", u32::from(other)).expect("a string takes everything"),
        }
    }
    out.push('"');
    out
}
