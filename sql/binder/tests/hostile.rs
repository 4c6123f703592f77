//! Text that wants to hurt: nothing panics, nothing overflows the stack, nothing takes for ever.

#[path = "support/mod.rs"]
mod support;

use cairn_sql_binder::{Flags, Parameter, lift, parse};
use cairn_sql_types::SqlState;
use proptest::prelude::*;
use support::World;

fn world() -> World {
    let schema = "tests/golden/schema.sql";
    World::from_script(&std::fs::read_to_string(schema).expect("the schema is there"))
}

/// Every statement of the golden files.
fn corpus() -> Vec<String> {
    let directory = "tests/golden";
    let files =
        std::fs::read_dir(directory).expect("the directory is there").map(|entry| entry.expect("readable").path());
    let texts = files.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    let lines = texts.map(|path| std::fs::read_to_string(path).expect("readable"));
    lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).filter(|line| !line.is_empty()).collect()
}

fn too_deep(text: &str) {
    let world = world();
    let error = world.bind(text, &[]).expect_err("too deep");
    assert_eq!(error.state(), SqlState::STATEMENT_TOO_COMPLEX, "{}", error.fields().message);
}

#[test]
fn deep_nesting_is_refused() {
    let nest =
        |open: &str, inner: &str, close: &str| format!("select {}{inner}{}", open.repeat(50_000), close.repeat(50_000));
    too_deep(&nest("(", "1", ")"));
    too_deep(&nest("- ", "x", ""));
    too_deep(&nest("not ", "true", ""));
    too_deep(&nest("abs(", "1", ")"));
    too_deep(&nest("(select ", "1", ")"));
    too_deep(&nest("array[", "1", "]"));
    too_deep(&nest("case when true then ", "1", " end"));
    too_deep(&nest("", "1", "::int"));
    too_deep(&nest("", "1", " + 1"));
    too_deep(&nest("", "1", " union select 1"));
    too_deep(&format!("select 1 from t{}", " cross join t".repeat(50_000)));
    too_deep(&format!("select 1 from {}t{}", "(".repeat(50_000), ")".repeat(50_000)));
    too_deep(&format!("{}select 1", "explain ".repeat(50_000)));
}

#[test]
fn long_and_flat_is_fine() {
    let world = world();
    let conditions = vec!["a = 1"; 20_000].join(" or ");
    assert!(world.bind(&format!("select a from t where {conditions}"), &[]).is_ok());
    let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert!(world.bind(&format!("select a from t where a in ({list})"), &[]).is_ok());
    let rows = vec!["(1, 'x')"; 20_000].join(", ");
    assert!(world.bind(&format!("insert into t (a, b) values {rows}"), &[]).is_ok());
}

#[test]
fn an_identifier_is_cut_with_a_notice() {
    let long = "x".repeat(70);
    let bound = world().bind(&format!("select 1 as {long}"), &[]).expect("binds");
    assert_eq!(bound.columns.expect("columns")[0].name.len(), 63);
    assert_eq!(bound.notices[0].message, format!("identifier \"{long}\" will be truncated to \"{}\"", "x".repeat(63)));
}

#[test]
fn plans_with_constants_of_the_session_say_so() {
    let world = world();
    let session = |text: &str| world.bind(text, &[]).expect("binds").flags.session;
    assert!(session("select a from t where d > timestamp 'now'") && session("select 1 from v where ts = '2020-01-01'"));
    assert!(!session("select a from t where d > '2020-01-01' and a = 5 and b = 'now'"));
}

#[test]
fn lifted_texts_bind_to_the_same_columns() {
    let world = world();
    let mut wrong = Vec::new();
    for text in corpus() {
        let Some(lifted) = lift(&text) else { continue };
        let plain = world.bind(&text, &[]);
        let parameters: Vec<Parameter> = lifted.parameters();
        let again = world.bind(&lifted.text, &parameters);
        match (plain, again) {
            (Ok(plain), Ok(again)) => {
                let params = again.params.len() == lifted.literals.len();
                let flags = Flags { session: false, ..plain.flags };
                if plain.columns != again.columns || flags != again.flags || !params {
                    wrong.push(format!("{text}: other columns"));
                }
            }
            // A literal that its type refuses is only found when the value is read.
            (Err(_), _) => {}
            (Ok(_), Err(error)) => wrong.push(format!("{text}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "lifting changes:\n{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = lift(&text);
        let _ = parse(&text);
    }

    #[test]
    fn no_mutated_statement_panics(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        swap in any::<prop::sample::Index>(),
        kind in 0..5_u8,
    ) {
        thread_local! {
            static SHARED: (World, Vec<String>) = (world(), corpus());
        }
        SHARED.with(|(world, corpus)| {
            let (a, b) = (first.get(corpus), second.get(corpus));
            let words: Vec<&str> = a.split(' ').collect();
            let others: Vec<&str> = b.split(' ').collect();
            let (at, from) = (cut.index(words.len()), swap.index(others.len()));
            let mut mutated: Vec<&str> = words.clone();
            match kind {
                0 => { mutated.remove(at); }
                1 => mutated.insert(at, others[from]),
                2 => mutated[at] = others[from],
                3 => mutated.truncate(at),
                _ => mutated.splice(at.., others[from..].iter().copied()).for_each(drop),
            }
            let text = mutated.join(" ");
            let _ = lift(&text);
            if let Ok(bound) = world.bind(&text, &[]) {
                // Complex writes have a key query.
                match &bound.statement {
                    cairn_sql_binder::tree::Statement::Update(update) => drop(update.key_query()),
                    cairn_sql_binder::tree::Statement::Delete(delete) => drop(delete.key_query()),
                    _ => {}
                }
            }
        });
    }
}
