//! The YAML file: nested keys flattened to paths, and back.

use std::path::Path;

use serde_norway::Value;

use crate::config::{Assignment, ConfigError};
use crate::keys::Key;

/// Reads a file into assignments.
pub(crate) fn read(path: &Path) -> Result<Vec<Assignment>, ConfigError> {
    let failed = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    parse(&text, &format!("file {}", path.display())).map_err(failed)
}

/// Parses a file's text into assignments, in order. `source` is for messages about them. The error is for the user.
pub fn parse(text: &str, source: &str) -> Result<Vec<Assignment>, String> {
    let value: Value = serde_norway::from_str(text).map_err(|error| error.to_string())?;
    let mut assignments = Vec::new();
    match &value {
        Value::Null => {}
        // Below the root an empty mapping is an empty value; the root has no key to have one.
        Value::Mapping(entries) if entries.is_empty() => {}
        Value::Mapping(_) => flatten("", &value, source, &mut assignments)?,
        _ => return Err("must be a mapping of keys to values".to_owned()),
    }
    Ok(assignments)
}

fn flatten(path: &str, value: &Value, source: &str, out: &mut Vec<Assignment>) -> Result<(), String> {
    let text = match value {
        Value::Mapping(entries) if !entries.is_empty() => {
            for (name, value) in entries {
                let name = name.as_str().ok_or_else(|| format!("a key under \"{path}\" is not text"))?;
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                flatten(&path, value, source, out)?;
            }
            return Ok(());
        }
        Value::Mapping(_) => String::new(),
        Value::Null => String::new(),
        Value::Bool(on) => on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Sequence(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or_else(|| format!("\"{path}\" must be a list of texts"))?.join(",")
        }
        Value::Tagged(_) => return Err(format!("\"{path}\" has a YAML tag, which means nothing here")),
    };
    out.push(Assignment { key: path.to_owned(), value: text, source: source.to_owned() });
    Ok(())
}

/// Writes keys with their defaults and meanings. Keys of one section stand together in the table.
pub(crate) fn write(keys: &[Key]) -> String {
    let mut out = String::from("# Every key with its default. Unknown keys are refused.\n");
    let mut open: Vec<&str> = Vec::new();
    for key in keys.iter().filter(|key| !key.hidden) {
        let mut parts: Vec<&str> = key.path.split('.').collect();
        let last = parts.pop().expect("a path has a last part");
        let shared = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        open.truncate(shared);
        for part in &parts[shared..] {
            out.push_str(&format!("{}{part}:\n", "  ".repeat(open.len())));
            open.push(part);
        }
        let indent = "  ".repeat(open.len());
        out.push_str(&format!("{indent}# {} ({})\n{indent}{last}: {}\n", key.help, key.env, scalar(key.default)));
    }
    out.push_str("# Defaults of SQL settings, by name:\n# settings:\n#   lock_timeout: 5s\n");
    out
}

fn scalar(text: &str) -> String {
    let plain =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_'));
    if plain { text.to_owned() } else { format!("\"{text}\"") }
}
