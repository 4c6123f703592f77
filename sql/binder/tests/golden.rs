//! Statements against PostgreSQL 15's answers: parameter types, columns, errors with SQLSTATE and position. The files in
//! `golden/` are recorded by `record.py` from a real server; a block whose expectation begins with `cairn:` is a known
//! difference and was written by hand.
//!
//! ```text
//! select a from t where b = $1
//! ----
//! params: text
//! columns: a integer
//! ```

#[path = "support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::path::PathBuf;

use cairn_sql_binder::Bound;
use cairn_sql_binder::ddl::Ddl;
use cairn_sql_binder::tree::Statement;
use cairn_sql_types::SqlError;
use support::World;

fn directory() -> PathBuf {
    PathBuf::from("tests/golden")
}

/// What a statement came to, in the words of `record.py`.
fn answer(world: &World, text: &str) -> String {
    match world.bind(text, &[]) {
        Ok(bound) => success(&bound),
        Err(error) => failure(&error),
    }
}

/// What a CREATE TABLE makes: defaults, checks and names.
fn definition(world: &World, text: &str) -> String {
    let bound = match world.bind(text, &[]) {
        Ok(bound) => bound,
        Err(error) => return failure(&error),
    };
    let Statement::Ddl(ddl) = bound.statement else { return "no definition".to_owned() };
    let Ddl::CreateTable(table) = *ddl else { return "no table".to_owned() };
    let defaults = table.columns.iter().filter_map(|column| Some((&column.name, column.default.as_ref()?)));
    let mut lines: Vec<String> = defaults.map(|(name, text)| format!("default {name}: {text}")).collect();
    let sorted = |mut group: Vec<String>| {
        group.sort_by(|a, b| a.split(':').next().cmp(&b.split(':').next()));
        group
    };
    lines.extend(sorted(table.checks.iter().map(|(name, text)| format!("check {name}: {text}")).collect()));
    lines.extend(sorted(table.foreign_keys.iter().map(|key| format!("foreign key {}", key.name)).collect()));
    lines.extend(table.primary_key.iter().map(|(name, _)| format!("primary key {name}")));
    lines.extend(sorted(table.uniques.iter().map(|(name, _)| format!("unique {name}")).collect()));
    let sequences = table.columns.iter().filter_map(|column| column.sequence.as_ref());
    lines.extend(sequences.map(|sequence| format!("sequence {}", sequence.name)));
    lines.join("\n")
}

fn success(bound: &Bound) -> String {
    let mut out = String::new();
    if !bound.params.is_empty() {
        let params: Vec<String> = bound.params.iter().map(|ty| ty.name()).collect();
        let _ = writeln!(out, "params: {}", params.join(", "));
    }
    let columns: Vec<String> =
        bound.columns.iter().flatten().map(|column| format!("{} {}", column.name, column.ty.name())).collect();
    match columns.is_empty() {
        true => out.push_str("ok"),
        false => {
            let _ = write!(out, "columns: {}", columns.join(" | "));
        }
    }
    out
}

fn failure(error: &SqlError) -> String {
    let fields = error.fields();
    let mut out = format!("ERROR {}", fields.state.as_str());
    if let Some(position) = fields.position {
        let _ = write!(out, " at {position}");
    }
    let _ = write!(out, ": {}", fields.message);
    for (label, text) in [("detail", &fields.detail), ("hint", &fields.hint)] {
        if let Some(text) = text {
            let _ = write!(out, "\n{label}: {text}");
        }
    }
    out
}

#[test]
fn statements_bind_as_in_postgresql() {
    let script = std::fs::read_to_string(directory().join("schema.sql")).expect("the schema is there");
    let world = World::from_script(&script);
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory())
        .expect("the directory is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let (mut wrong, mut total) = (String::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
            let (statement, expected) = block.split_once("\n----\n").expect("a statement and its answer");
            total += 1;
            let expected = expected.trim_end();
            let expected = expected.strip_prefix("cairn:\n").unwrap_or(expected);
            let found = answer(&world, statement.trim());
            let found = match file.ends_with("definitions.txt") {
                true => definition(&world, statement.trim()),
                false => found,
            };
            if found != expected {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let _ = writeln!(wrong, "[{name}] {statement}\n  PostgreSQL: {expected}\n  Cairn:      {found}\n");
            }
        }
    }
    assert!(total > 0, "no statements");
    let count = wrong.matches("PostgreSQL: ").count();
    assert!(wrong.is_empty(), "{count} of {total} statements differ:\n\n{wrong}");
}
