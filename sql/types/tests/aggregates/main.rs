//! Aggregates over a few rows, against answers of PostgreSQL 15, computed in one state and in two merged ones.
//!
//! A line of `cases.txt`: name, argument types, rows (separated by `|`, columns by `,`, a comma inside a value is `;`), and
//! the answer in the notation of `tests/expressions`. Rows of ordered-set aggregates are sorted already.

#[path = "../expressions/host.rs"]
mod host;

use std::fmt::Write;

use cairn_sql_types::datum::Datum;
use cairn_sql_types::error::SqlError;
use cairn_sql_types::io;
use cairn_sql_types::kernel::{Aggregate, AggregateState, EvalContext};
use cairn_sql_types::resolve::{Callable, FunctionMatch, function};
use cairn_sql_types::ty::TypeId;
use cairn_sql_types::type_name::parse_type_name;

struct Case {
    aggregate: &'static Aggregate,
    types: Vec<TypeId>,
    result: TypeId,
    rows: Vec<Vec<Datum>>,
}

fn read(context: &EvalContext<'_>, name: &str, types: &str, rows: &str) -> Result<Case, SqlError> {
    let types: Vec<TypeId> = types.split(',').map(|ty| parse_type_name(ty).expect("a type").id).collect();
    let FunctionMatch::Call(call) = function(name, &types, false)? else { panic!("{name} is no cast") };
    let Callable::Aggregate(aggregate) = call.callable else { panic!("{name} is no aggregate") };
    assert_eq!(call.args, types, "the cases give the types as declared");
    let value = |(text, ty): (&str, &TypeId)| match text {
        "null" => Datum::Null,
        text => io::input(context, *ty, &text.replace(';', ",")).expect("a value"),
    };
    let rows = rows.split('|').filter(|row| !row.is_empty());
    let rows = rows.map(|row| row.split(',').zip(&types).map(value).collect()).collect();
    Ok(Case { aggregate, types, result: call.result, rows })
}

fn feed(context: &EvalContext<'_>, case: &Case, rows: &[Vec<Datum>]) -> Result<Box<dyn AggregateState>, SqlError> {
    let mut state = (case.aggregate.state)(&case.types);
    for row in rows {
        let skipped = case.aggregate.strict && row.iter().any(Datum::is_null);
        if !skipped {
            state.update(context, row)?;
        }
        assert!(state.bytes() > 0);
    }
    Ok(state)
}

fn show(context: &EvalContext<'_>, case: &Case, result: Result<Datum, SqlError>) -> String {
    match result {
        Ok(Datum::Null) => format!("=> {} | ∅", case.result.sql_name()),
        Ok(value) => {
            let text = io::output_string(context, case.result, &value);
            format!("=> {} | {}", case.result.sql_name(), text.replace('\n', "⏎"))
        }
        Err(error) => format!("!! {} {}", error.state().as_str(), error.fields().message),
    }
}

fn whole(context: &EvalContext<'_>, case: &Case) -> String {
    let result = feed(context, case, &case.rows).and_then(|state| state.finish(context));
    show(context, case, result)
}

fn in_parts(context: &EvalContext<'_>, case: &Case, at: usize) -> String {
    let (first, second) = case.rows.split_at(at);
    let result = feed(context, case, first).and_then(|mut state| {
        state.merge(context, feed(context, case, second)?)?;
        state.finish(context)
    });
    show(context, case, result)
}

#[test]
fn aggregates_answer_as_postgresql() {
    let settings = host::settings();
    let context = EvalContext { settings: &settings, host: &host::NoHost };
    let mut failures = String::new();
    for line in include_str!("cases.txt").lines() {
        let [name, types, rows, expected] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("four fields a line");
        let case = match read(&context, name, types, rows) {
            Ok(case) => case,
            Err(error) => {
                let _ = write!(failures, "\n{line}\n  {error}");
                continue;
            }
        };
        let mut answers = vec![whole(&context, &case)];
        // Doubles round differently in another order; these are compared as a whole only.
        let exact = !types.starts_with("float") && !types.starts_with("interval");
        if case.aggregate.ordered_set.is_none() && exact {
            answers.extend((0..=case.rows.len()).map(|at| in_parts(&context, &case, at)));
        }
        for answer in answers.iter().filter(|answer| *answer != expected) {
            let _ = write!(failures, "\n{line}\n  actual {answer}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
