//! What is lifted and what stays.

use super::lift;

fn lifted(text: &str) -> (String, String, Vec<String>) {
    let lifted = lift(text).unwrap_or_else(|| panic!("nothing lifted from {text}"));
    let texts = lifted.literals.iter().map(|literal| literal.text.clone()).collect();
    (lifted.text.clone(), lifted.kinds(), texts)
}

#[test]
fn values_become_parameters_with_their_kinds() {
    let (text, kinds, texts) =
        lifted("SELECT b FROM t WHERE a = 17 AND c > 1.5 and d='it''s' and e in (5000000000,-3);");
    assert_eq!(text, "SELECT b FROM t WHERE a = $1 AND c > $2 and d=$3 and e in ($4,$5)");
    assert_eq!(kinds, "4nu84");
    assert_eq!(texts, ["17", "1.5", "it's", "5000000000", "-3"]);
}

#[test]
fn pgbench_statements_share_their_texts() {
    let (text, ..) = lifted("UPDATE pgbench_accounts SET abalance = abalance + -4211 WHERE aid = 17;");
    assert_eq!(text, "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2");
    let insert = "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 2, 3, 4, CURRENT_TIMESTAMP);";
    assert_eq!(
        lifted(insert).0,
        "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)"
    );
}

#[test]
fn what_the_binder_must_see_stays() {
    for text in [
        "select date '2020-01-01'",
        "select a::numeric(10,2) from t",
        "select a from t order by 1",
        "select cast(a as varchar(3)) from t",
        "select a[1] from t",
        "select interval '1' day",
        "select timestamp(3) '2020-01-01'",
    ] {
        assert_eq!(lift(text), None, "{text}");
    }
    assert_eq!(lifted("select a from t order by 2 limit 5").0, "select a from t order by 2 limit $1");
    assert_eq!(lifted("select -1::text, 2").0, "select -1::text, $1");
}

#[test]
fn texts_that_are_not_simple_are_left_alone() {
    for text in [
        "select a from t where a = $1 and b = 2",
        "select 1; select 2",
        "select 1 -- one",
        "select /* one */ 1",
        "select E'a'",
        "select u&'a'",
        "select 'a'\n'b'",
        "select a + 1 from t group by a + 1",
        "select distinct a + 1 from t",
        "select 1 union select 2",
        "select 1 into t2",
        "create table t (a varchar(3))",
        "select 1x",
        "select 'open",
        "",
    ] {
        assert_eq!(lift(text), None, "{text}");
    }
}

#[test]
fn the_widest_negative_number_stays_in_the_text() {
    // An int4 as it stands; but `-(-2147483648)` is an int8.
    assert_eq!(lift("select -2147483648"), None);
    assert_eq!(lift("select - 2147483648"), None);
}
