use super::*;

fn settings() -> Settings {
    Settings::new(&[]).expect("the built-in defaults are valid")
}

#[test]
fn every_default_passes_its_own_check() {
    for definition in definitions() {
        assert!(definition.check(definition.default).is_ok(), "{}", definition.name);
    }
}

#[test]
fn names_are_found_in_any_case_and_shown_in_their_own() {
    let mut settings = settings();
    assert_eq!(
        settings.set("timezone", Some("europe/berlin"), false).unwrap(),
        Some(("TimeZone", "Europe/Berlin".into()))
    );
    assert_eq!(settings.get("TIMEZONE").unwrap(), "Europe/Berlin");
}

#[test]
fn local_values_end_with_the_transaction() {
    let mut settings = settings();
    settings.set("lock_timeout", Some("5s"), true).unwrap();
    assert_eq!(settings.decoded().lock_timeout_ms, 5000);
    settings.end_transaction(true);
    assert_eq!(settings.decoded().lock_timeout_ms, 0);
}

#[test]
fn values_set_in_a_failed_transaction_are_taken_back() {
    let mut settings = settings();
    settings.set("DateStyle", Some("German"), false).unwrap();
    assert_eq!(settings.get("datestyle").unwrap(), "German, DMY");
    assert_eq!(settings.end_transaction(false), [("DateStyle", "ISO, MDY".to_owned())]);
}

#[test]
fn a_savepoint_takes_back_what_came_after_it() {
    let mut settings = settings();
    settings.set("lock_timeout", Some("1s"), false).unwrap();
    let mark = settings.mark();
    settings.set("lock_timeout", Some("2s"), false).unwrap();
    settings.rollback_to(mark);
    assert_eq!(settings.get("lock_timeout").unwrap(), "1s");
}

#[test]
fn unknown_and_fixed_settings_are_refused_and_dotted_ones_kept() {
    let mut settings = settings();
    assert_eq!(settings.set("no_such", Some("1"), false).unwrap_err().state().as_str(), "42704");
    assert_eq!(settings.set("server_version", Some("1"), false).unwrap_err().state().as_str(), "55P02");
    assert_eq!(settings.set("fsync_mode.x", Some("1"), false).unwrap(), None);
    assert_eq!(settings.get("fsync_mode.x").unwrap(), "1");
    assert_eq!(settings.set("cairn.typo", Some("1"), false).unwrap_err().state().as_str(), "42704");
}

#[test]
fn durations_take_units_and_show_the_largest() {
    let mut settings = settings();
    for (text, shown) in [("90", "90ms"), ("120000", "2min"), ("1.5s", "1500ms"), ("0", "0"), ("2h", "2h")] {
        settings.set("statement_timeout", Some(text), false).unwrap();
        assert_eq!(settings.get("statement_timeout").unwrap(), shown);
    }
    assert_eq!(settings.set("statement_timeout", Some("5 parsec"), false).unwrap_err().state().as_str(), "22023");
}
