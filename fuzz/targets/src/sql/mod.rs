//! SQL text through the lexer, the parser, the binder, the planner and the short executor, against a small database of memtx
//! tables. What the server would give to analytics or to the session stops there.
//!
//! No panic, no internal error (XX000), and a text whose literals were lifted out of it, as the plan cache does, gives the
//! rows that the text itself gives.

mod database;

use std::cell::RefCell;

use cairn_sql_binder::{Parameter, lift, parse};
use cairn_sql_types::{Datum, SqlError, SqlState};
use database::{Database, Outcome};

/// Statements of one text that are run.
const STATEMENTS_MAX: usize = 8;

thread_local! {
    /// Built once: every text runs in transactions that are taken back at its end.
    static DATABASE: RefCell<Database> = RefCell::new(Database::new());
}

/// A text of any number of statements.
///
/// # Panics
/// On an internal error, or when lifting changes an answer.
pub fn run(bytes: &[u8]) {
    // The server refuses other bytes before they come here, and zero bytes end a text.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains('\0') {
        return;
    }
    DATABASE.with_borrow_mut(|database| {
        let lifted = run_lifted(database, text);
        let plain = run_plain(database, text);
        if let (Some(Outcome::Rows(lifted)), Some(Outcome::Rows(plain))) = (lifted, plain) {
            assert_eq!(lifted, plain, "without its literals the statement gives other rows");
        }
    });
}

/// The outcome of the first statement; the others run, too.
fn run_plain(database: &mut Database, text: &str) -> Option<Outcome> {
    let statements = parse(text).map_err(checked).ok()?;
    let mut outcomes = Vec::new();
    database.begin();
    for statement in statements.iter().take(STATEMENTS_MAX) {
        let outcome = match database.bind(statement, Vec::new()) {
            Ok(bound) => {
                let params = vec![Datum::Null; bound.params.len()];
                database.run(&bound, &params)
            }
            Err(error) => Outcome::Error(error),
        };
        if let Outcome::Error(error) = &outcome {
            checked(error.clone());
            database.roll_back();
            database.begin();
        }
        outcomes.push(outcome);
    }
    database.roll_back();
    outcomes.into_iter().next()
}

fn run_lifted(database: &mut Database, text: &str) -> Option<Outcome> {
    let lifted = lift(text)?;
    assert_eq!(lifted.kinds().len(), lifted.literals.len());
    let parameters: Vec<Parameter> = lifted.parameters();
    // An error is about the text as it was written: the session tries that then.
    let statements = parse(&lifted.text).ok()?;
    let [statement] = &statements[..] else { panic!("a lifted text is one statement: {:?}", lifted.text) };
    let bound = database.bind(statement, parameters).map_err(checked).ok()?;
    let params = database.literals(&lifted, &bound).map_err(checked).ok()?;
    database.begin();
    let outcome = database.run(&bound, &params);
    database.roll_back();
    if let Outcome::Error(error) = &outcome {
        checked(error.clone());
    }
    Some(outcome)
}

/// An error that a user may see: not one that says that Cairn is wrong.
fn checked(error: SqlError) -> SqlError {
    assert_ne!(error.state(), SqlState::INTERNAL_ERROR, "{error}");
    assert!(error.fields().position.is_none_or(|position| position > 0), "{error} at a position before the text");
    error
}
