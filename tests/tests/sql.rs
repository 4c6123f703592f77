//! The differential corpus: `sql/*.sql` on memtx and vinyl, and on each back end, against PostgreSQL 15's recorded answers.
//!
//! A file is a list of statements, each ended by `;` at the end of a line. `sql/record` runs them on PostgreSQL and writes the answers
//! to `.out`: column names with type ids, rows, tag, or SQLSTATE. A forced back end may answer 0A000 where the automatic one does not:
//! not every statement can run on both.

use std::path::{Path, PathBuf};

use cairn_tests::{Client, ENGINES, Server};

#[test]
fn answers_are_those_of_postgresql() {
    if let Ok(port) = std::env::var("CAIRN_RECORD_PORT") {
        return record(port.parse().expect("CAIRN_RECORD_PORT is a port"));
    }
    let server = Server::start(&[]);
    let (mut wrong, mut compared, mut failures) = (String::new(), 0, 0);
    for file in corpus() {
        let expected = blocks(&std::fs::read_to_string(file.with_extension("out")).expect("run sql/record first"));
        for engine in ENGINES {
            for executor in ["auto", "short", "analytics"] {
                let mut client = fresh(&server, engine, executor);
                for (statement, expected) in statements(&file).iter().zip(&expected) {
                    let answer = answer(&mut client, statement, executor);
                    compared += 1;
                    if answer != *expected && !(executor != "auto" && answer == "ERROR 0A000\n") {
                        failures += 1;
                        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
                        wrong += &format!(
                            "--- {name} {engine} {executor}\n{statement}\nPostgreSQL:\n{expected}Cairn:\n{answer}\n"
                        );
                    }
                }
            }
        }
    }
    println!("{compared} answers compared");
    assert!(wrong.is_empty(), "{failures} of {compared} answers differ:\n{wrong}");
}

fn corpus() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir("sql")
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus is empty");
    files
}

fn statements(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a corpus file");
    let lines = text.lines().filter(|line| !line.starts_with("--") && !line.trim().is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    text.split_inclusive(";\n").map(|statement| statement.trim().trim_end_matches(';').to_owned()).collect()
}

/// Recorded answers are separated by empty lines.
fn blocks(text: &str) -> Vec<String> {
    text.split_terminator("\n\n").map(|block| format!("{}\n", block.trim_end_matches('\n'))).collect()
}

/// A connection to a database without the corpus's tables.
fn fresh(server: &Server, engine: &str, executor: &str) -> Client {
    let mut client = server.connect();
    client.ok(&format!("set default_table_access_method = {engine}"));
    client.ok("drop schema if exists corpus cascade");
    client.ok("create schema corpus");
    client.ok("set search_path = corpus");
    client.ok(&format!("set cairn.executor = {executor}"));
    client
}

/// The answer as text. A statement that a forced back end can't run is run again unforced, so that the next ones find its effect.
fn answer(client: &mut Client, statement: &str, executor: &str) -> String {
    let outcome = client.query(statement);
    if executor != "auto" && outcome.as_ref().is_err_and(|failure| failure.code == "0A000") && client.status == b'I' {
        client.ok("set cairn.executor = auto");
        drop(client.query(statement));
        client.ok(&format!("set cairn.executor = {executor}"));
    }
    match outcome {
        Err(failure) => format!("ERROR {}\n", failure.code),
        Ok(answer) => {
            let mut text = String::new();
            if !answer.columns.is_empty() {
                let columns: Vec<_> = answer.columns.iter().map(|(name, id)| format!("{name}:{id}")).collect();
                text += &format!("{}\n", columns.join(" | "));
            }
            for row in &answer.rows {
                let values: Vec<_> =
                    row.iter().map(|value| value.as_deref().unwrap_or("NULL").replace('\n', "\\n")).collect();
                text += &format!("{}\n", values.join(" | "));
            }
            format!("{text}{}\n", answer.tag)
        }
    }
}

fn record(port: u16) {
    for file in corpus() {
        let mut client = Client::connect(port).expect("PostgreSQL listens");
        client.ok("drop schema if exists corpus cascade");
        client.ok("create schema corpus");
        client.ok("set search_path = corpus");
        let answers: String =
            statements(&file).iter().map(|statement| answer(&mut client, statement, "auto") + "\n").collect();
        std::fs::write(file.with_extension("out"), answers).expect("the answers can be written");
    }
}
