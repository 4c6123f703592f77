//! SQL expressions evaluated by the kernels, against answers of PostgreSQL 15.
//!
//! A line of `cases/*.txt` is an expression and what PostgreSQL answers, after a tab: `=> type | value` (several rows are
//! separated by ` ¦ `, NULL is `∅`, line feeds are `⏎`) or `!! SQLSTATE message`. Lines that start with `#` are comments. A
//! line may end in a second tab and `@ reason`: Cairn answers differently on purpose, and the line is what Cairn answers.
//!
//! The session is `SET timezone = 'America/New_York'`, everything else as the server starts.

mod eval;
mod host;
mod parse;

use std::fmt::Write;

/// What the kernels answer, in the notation of the case files.
fn answer(expression: &str) -> String {
    let parsed = match parse::parse(expression) {
        Ok(parsed) => parsed,
        Err(error) => return format!("?? the test cannot read this: {error}"),
    };
    match eval::evaluate(&parsed) {
        Ok((ty, rows)) => format!("=> {ty} | {}", rows.join(" ¦ ").replace('\n', "⏎")),
        Err(error) => format!("!! {} {}", error.state().as_str(), error.fields().message.replace('\n', "⏎")),
    }
}

fn check(name: &str, cases: &str) {
    let mut failures = String::new();
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expression, expected) = line.split_once('\t').expect("a case has an expression, a tab and an answer");
        let expected = expected.split_once("\t@ ").map_or(expected, |(expected, _)| expected);
        let actual = answer(expression);
        count += 1;
        if actual != expected {
            let _ = write!(failures, "\n{expression}\n  expected {expected}\n  actual   {actual}");
        }
    }
    assert!(count > 0, "{name} has no cases");
    assert!(
        failures.is_empty(),
        "{name}: {} of {count} cases differ{failures}",
        failures.matches("\n  actual").count()
    );
}

macro_rules! suites {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(stringify!($name), include_str!(concat!("cases/", stringify!($name), ".txt")));
        }
    )* };
}

suites! { arithmetic arrays calls casts json moments operators patterns strings templates }

/// Checks any other file of this form: `CASES=/path cargo test --test expressions -- --ignored`.
#[test]
#[ignore = "needs a file of cases, named by the environment variable CASES"]
fn file() {
    let path = std::env::var("CASES").expect("CASES names a file");
    check(&path, &std::fs::read_to_string(&path).expect("a readable file"));
}
