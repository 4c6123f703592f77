//! The differential corpus: `sql/*.sql` on memtx and vinyl, and on each back end, against PostgreSQL 15's recorded answers.
//!
//! `sql/record` runs the statements on PostgreSQL and writes the answers to `.out`: notices, column names with type ids, rows
//! and tag, or the error with SQLSTATE, position, message, detail and hint. A forced back end may answer 0A000 where the automatic
//! one does not: not every statement can run on both. A last pass sends every statement through the extended protocol.

use std::fmt::Write;

use cairn_tests::corpus::{Statement, answers, files, statements};
use cairn_tests::{Answer, Client, ENGINES, Failure, Server};

#[test]
fn answers_are_those_of_postgresql() {
    if let Ok(port) = std::env::var("CAIRN_RECORD_PORT") {
        return record(port.parse().expect("CAIRN_RECORD_PORT is a port"));
    }
    let server = Server::start(&[]);
    let (mut wrong, mut compared, mut failures) = (String::new(), 0, 0);
    for file in files() {
        let name = file.file_stem().expect("a file").to_string_lossy().into_owned();
        let expected = answers(&std::fs::read_to_string(file.with_extension("out")).expect("run sql/record first"));
        let statements = statements(&file);
        assert_eq!(statements.len(), expected.len(), "{name}: run sql/record again");
        for engine in ENGINES {
            for way in ["auto", "short", "analytics", "extended"] {
                let mut run = Run::new(&server, engine, way);
                for (statement, expected) in statements.iter().zip(&expected) {
                    let answer = run.answer(statement);
                    compared += 1;
                    if let Some(problem) = problem(statement, &answer, expected) {
                        failures += 1;
                        wrong += &format!("--- {name} {engine} {way}: {problem}\n{}\n", statement.text);
                        wrong += &format!("PostgreSQL:\n{expected}Cairn:\n{answer}\n");
                    }
                }
            }
        }
    }
    println!("{compared} answers compared");
    assert!(wrong.is_empty(), "{failures} of {compared} answers differ:\n{wrong}");
}

/// What is wrong with an answer.
fn problem(statement: &Statement, answer: &str, expected: &str) -> Option<&'static str> {
    let refused = answer.starts_with("ERROR 0A000");
    match (statement.refused, answer == expected) {
        (false, true) => None,
        (false, false) => Some("differs"),
        (true, true) => Some("works now: remove its mark `-- refused`"),
        (true, false) => (!refused).then_some("is neither refused nor right"),
    }
}

/// One pass over a file, on an engine: on both back ends, on one that is forced, or by the extended protocol.
struct Run<'a> {
    client: Client,
    way: &'a str,
}

impl<'a> Run<'a> {
    fn new(server: &Server, engine: &str, way: &'a str) -> Self {
        let mut client = server.connect();
        client.ok(&format!("set default_table_access_method = {engine}"));
        prepare(&mut client);
        Self { client, way }
    }

    /// The answer as text. The back end is forced outside of transaction blocks only, and a statement that it can't run is
    /// run again unforced: so what later statements find is the same everywhere.
    fn answer(&mut self, statement: &Statement) -> String {
        if self.way == "extended" {
            return answer(&mut self.client, statement, !has_parameter(statement));
        }
        if self.way == "auto" || self.client.status != b'I' || is_begin(statement) {
            return answer(&mut self.client, statement, false);
        }
        self.force(self.way);
        let forced = answer(&mut self.client, statement, false);
        self.force("auto");
        if forced.starts_with("ERROR 0A000") { answer(&mut self.client, statement, false) } else { forced }
    }

    fn force(&mut self, executor: &str) {
        self.client.ok(&format!("set cairn.executor = {executor}"));
    }
}

fn is_begin(statement: &Statement) -> bool {
    ["begin", "start", "set", "reset"].iter().any(|word| statement.text.starts_with(word))
}

/// A parameter that no PREPARE declares means something else in the two protocols.
fn has_parameter(statement: &Statement) -> bool {
    statement.text.contains("$1") && !statement.text.starts_with("prepare")
}

/// A schema of its own, empty.
fn prepare(client: &mut Client) {
    client.ok("set client_min_messages = warning");
    client.ok("drop schema if exists corpus cascade");
    client.ok("create schema corpus");
    client.ok("set search_path = corpus");
    client.ok("reset client_min_messages");
}

/// Runs one statement and shows all that the server said.
fn answer(client: &mut Client, statement: &Statement, extended: bool) -> String {
    let data = statement.data.as_deref();
    let (mut answers, failure) = match extended {
        true => client.run_extended(&statement.text, data),
        false => client.run_copy(&statement.text, data),
    };
    let mut text = String::new();
    for notice in client.notices.drain(..) {
        text += &message("NOTICE", &notice);
    }
    match failure {
        Some(failure) => text + &message("ERROR", &failure),
        None => text + &rows(&answers.pop().unwrap_or_default(), statement.any_order()),
    }
}

fn message(kind: &str, failure: &Failure) -> String {
    let mut text = format!("{kind} {}", failure.code);
    if failure.position > 0 {
        write!(text, " at {}", failure.position).expect("a string takes all");
    }
    writeln!(text, ": {}", failure.message).expect("a string takes all");
    for (name, line) in [("DETAIL", &failure.detail), ("HINT", &failure.hint)] {
        if !line.is_empty() {
            writeln!(text, "{name}: {}", line.replace('\n', "\\n")).expect("a string takes all");
        }
    }
    text
}

fn rows(answer: &Answer, any_order: bool) -> String {
    let columns: Vec<_> = answer.columns.iter().map(|(name, id)| format!("{name}:{id}")).collect();
    let value = |value: &Option<String>| match value.as_deref() {
        None => "NULL".to_owned(),
        Some("") => "''".to_owned(),
        Some(text) => text.replace('\n', "\\n"),
    };
    let line = |row: &Vec<Option<String>>| match row.is_empty() {
        true => "()".to_owned(),
        false => row.iter().map(value).collect::<Vec<_>>().join(" | "),
    };
    let mut lines: Vec<_> = answer.rows.iter().map(line).collect();
    if any_order {
        lines.sort();
    }
    lines.extend(answer.copied.lines().map(|line| format!("> {line}")));
    if !columns.is_empty() {
        lines.insert(0, columns.join(" | "));
    }
    lines.push(answer.tag.clone());
    lines.join("\n") + "\n"
}

fn record(port: u16) {
    for file in files() {
        let mut client = Client::connect(port).expect("PostgreSQL listens");
        prepare(&mut client);
        let answers: String =
            statements(&file).iter().map(|statement| answer(&mut client, statement, false) + "\n").collect();
        std::fs::write(file.with_extension("out"), answers).expect("the answers can be written");
    }
}
