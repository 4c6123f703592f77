use super::calendar::Civil;
use super::*;
use crate::zone::Zone;

/// What PostgreSQL 15 answers to `SET timezone`, as the offset in July 2001.
#[test]
fn names_of_zones() {
    const JULY_2001: i64 = 547 * DAY;
    for (name, offset) in [
        ("+05:30", Some(-19_800)),
        ("5", Some(18_000)),
        ("+3", Some(10_800)),
        ("-8.5", Some(-30_600)),
        ("EST5", Some(-18_000)),
        ("<+03>-03", Some(10_800)),
        ("utc", Some(0)),
        ("america/new_york", Some(-14_400)),
        ("05:30", Some(-19_800)),
        ("UTC+3", Some(-10_800)),
        ("UTC-05:30", Some(19_800)),
        ("PST8PDT", Some(-25_200)),
        ("FO+2", Some(-7_200)),
        ("zulu", Some(0)),
        ("-167.5", Some(-603_000)),
        ("Etc/GMT+3", Some(-10_800)),
        ("foo", None),
        ("PST", None),
        ("Z", None),
        ("+", None),
        ("169", None),
        ("nan", None),
        ("+0530", None),
        ("", None),
    ] {
        assert_eq!(Zone::parse(name).map(|zone| zone.offset_at(JULY_2001)), offset, "{name}");
    }
}

#[test]
fn rules_hold_beyond_the_tables() {
    let new_york = Zone::parse("America/New_York").unwrap();
    let at = |year, month, day| Civil { year, month, day }.to_days() * DAY;
    for year in [2050, 2091, 2400, 9999, 250_000] {
        assert_eq!(new_york.offset_at(at(year, 7, 1)), -14_400, "{year}");
        assert_eq!(new_york.offset_at(at(year, 12, 31)), -18_000, "{year}");
    }
    assert_eq!(new_york.offset_at(TIMESTAMP_MIN), -17_762); // local mean time
}

#[test]
fn a_local_time_that_is_not_or_is_twice() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let at =
        |month, day, hour, minute| Civil { year: 2021, month, day }.to_days() * DAY + hour * HOUR + minute * MINUTE;
    assert_eq!(berlin.offset_of_local(at(3, 28, 2, 30)), 3600); // in the gap: the offset before it
    assert_eq!(berlin.offset_of_local(at(10, 31, 2, 30)), 3600); // twice: the offset after the change
    assert_eq!(berlin.offset_of_local(at(10, 31, 1, 59)), 7200);
    assert_eq!(berlin.offset_of_local(at(3, 28, 3, 0)), 7200);
}

#[test]
fn every_day_is_its_own_date() {
    let mut before = None;
    for days in (DATE_MIN..DATE_MIN + 2000).chain(-800_000..800_000).chain(DATE_END - 2000..DATE_END) {
        let date = Civil::from_days(days);
        assert!(date.is_valid() && date.to_days() == i64::from(days), "{days}");
        let next = (date.year, date.month, date.day);
        assert!(before.is_none_or(|before| before < next), "{days}");
        before = Some(next);
    }
}

#[test]
fn rounds_half_away_from_zero() {
    for (micros, digits, rounded) in [
        (1_500_000, 0, 2_000_000),
        (-1_500_000, 0, -2_000_000),
        (-1_499_999, 0, -1_000_000),
        (1_449_999, 1, 1_400_000),
        (123_456, 6, 123_456),
        (i64::MAX, 6, i64::MAX),
    ] {
        assert_eq!(arith::round_micros(micros, digits), rounded, "{micros} to {digits} digits");
    }
}
