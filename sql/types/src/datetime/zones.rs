//! Time zones: offsets at an instant or at a local time, names, abbreviations.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use super::abbreviations::{self, Abbreviation};
use super::calendar::{Civil, split};
use super::{DAY, HOUR, SECOND, UNIX_EPOCH_SECONDS, check_timestamp, is_infinite};
use crate::error::{SqlError, SqlState};
use crate::zone::Zone;

/// Seconds east of Greenwich.
pub type Offset = i32;

/// The last year whose transitions the IANA tables list one by one; later years repeat its rules.
const RULES_REPEAT_AFTER: i32 = 2090;

impl Zone {
    /// Greenwich.
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// The zone of this name, as `SET TimeZone` takes it: an IANA name in any case, an offset (`+3`, `-8.5`, `03:00`), or
    /// a POSIX name (`EST5`, `<+03>-03`) without rules.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        named(name).or_else(|| hours(name)).or_else(|| posix(name))
    }

    /// A fixed offset east of Greenwich, in seconds.
    pub const fn fixed(offset: Offset) -> Self {
        Self::Fixed(offset)
    }

    /// The offset in force at an instant (a finite timestamptz).
    pub fn offset_at(&self, instant: i64) -> Offset {
        match self {
            Self::Fixed(offset) => *offset,
            Self::Named(zone) => utc_offset(*zone, instant).fix().local_minus_utc(),
        }
    }

    /// The abbreviation in force at an instant: `CET`, `CEST`, `+03`.
    pub fn abbreviation_at(&self, instant: i64) -> String {
        match self {
            Self::Fixed(offset) => Offsets(*offset).to_string(),
            Self::Named(zone) => match utc_offset(*zone, instant).abbreviation() {
                Some(name) => name.to_owned(),
                // Zones without letters are called by their offset: `+0545`.
                None => Offsets(self.offset_at(instant)).to_string().replace(':', ""),
            },
        }
    }

    /// The offset that a local time (a finite timestamp) has here. In the gap of a spring-forward change the offset before
    /// it counts, in the doubled hour of a fall-back change the offset after it.
    pub fn offset_of_local(&self, local: i64) -> Offset {
        let Self::Named(_) = self else { return self.offset_at(local) };
        let before = self.offset_at(local.saturating_sub(DAY));
        let after = self.offset_at(local.saturating_add(DAY));
        if before == after {
            return before;
        }
        let instant = |offset: Offset| local.saturating_sub(i64::from(offset) * SECOND);
        let holds = |offset: Offset| self.offset_at(instant(offset)) == offset;
        match (holds(before), holds(after)) {
            (_, true) => after,
            (true, false) => before,
            (false, false) => before,
        }
    }

    /// `timestamp AT TIME ZONE zone`: the instant of a local time. 22008 out of range.
    pub fn to_utc(&self, local: i64) -> Result<i64, SqlError> {
        if is_infinite(local) {
            return Ok(local);
        }
        let offset = i64::from(self.offset_of_local(local)) * SECOND;
        check_timestamp(local.checked_sub(offset).unwrap_or(i64::MAX))
    }

    /// `timestamptz AT TIME ZONE zone`: the local time of an instant. 22008 out of range.
    pub fn to_local(&self, instant: i64) -> Result<i64, SqlError> {
        if is_infinite(instant) {
            return Ok(instant);
        }
        let offset = i64::from(self.offset_at(instant)) * SECOND;
        check_timestamp(instant.checked_add(offset).unwrap_or(i64::MAX))
    }

    /// The local time of an instant in `timestamptz`'s range, which may lie some hours outside of it.
    pub(crate) fn local_for_output(&self, instant: i64) -> (i64, Offset) {
        let offset = self.offset_at(instant);
        (instant.saturating_add(i64::from(offset) * SECOND), offset)
    }
}

impl fmt::Display for Zone {
    /// As `SHOW TimeZone` answers: the IANA name, or `<+03>-03` for a fixed offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(zone) => f.write_str(zone.name()),
            Self::Fixed(offset) => write!(f, "<{}>{}", Offsets(*offset), Offsets(-*offset)),
        }
    }
}

/// Writes an offset as `+03`, `-08:30` or `+00:19:32`.
pub(super) struct Offsets(pub(super) Offset);

impl fmt::Display for Offsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let seconds = self.0.unsigned_abs();
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{sign}{hour:02}")?;
        if minute != 0 || second != 0 {
            write!(f, ":{minute:02}")?;
        }
        if second != 0 {
            write!(f, ":{second:02}")?;
        }
        Ok(())
    }
}

fn utc_offset(zone: Tz, instant: i64) -> chrono_tz::TzOffset {
    let instant = repeating(instant);
    let seconds = instant.div_euclid(SECOND) + UNIX_EPOCH_SECONDS;
    let utc: NaiveDateTime = DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    zone.offset_from_utc_datetime(&utc)
}

/// An instant of the far future, moved to a year of the tables that begins on the same weekday and is as long: the rules
/// (`last Sunday of March`) fall on the same dates there.
fn repeating(instant: i64) -> i64 {
    let (days, micros) = split(instant);
    let date = Civil::from_days(days);
    match date.year {
        ..=RULES_REPEAT_AFTER => instant.max(i64::MIN / 2), // 146 000 BC: before every table, within chrono's range
        year => {
            let start = |year| Civil { year, month: 1, day: 1 }.to_days();
            let same = |other: &i32| {
                (start(*other) - start(year)) % 7 == 0
                    && start(other + 1) - start(*other) == start(year + 1) - start(year)
            };
            let other = (RULES_REPEAT_AFTER - 40..=RULES_REPEAT_AFTER).find(same).unwrap_or(RULES_REPEAT_AFTER);
            (i64::from(days) - start(year) + start(other)) * DAY + micros
        }
    }
}

/// An IANA name in any case.
pub(super) fn named(name: &str) -> Option<Zone> {
    if let Ok(zone) = name.parse::<Tz>() {
        return Some(Zone::Named(zone));
    }
    TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).map(|zone| Zone::Named(*zone))
}

/// Offsets stay below a week.
const OFFSET_END: i64 = 168 * HOUR / SECOND;

/// `3`, `-8.5`: hours EAST of Greenwich, as `SET TIME ZONE` counts a plain number.
fn hours(text: &str) -> Option<Zone> {
    let seconds = text.parse::<f64>().ok().filter(|hours| hours.is_finite())? * 3600.0;
    (seconds.abs() < OFFSET_END as f64).then_some(Zone::Fixed(seconds as i32))
}

/// `EST5`, `<+03>-03`, `+05:30`: hours WEST of Greenwich after a name, as POSIX has it, or after none. Names with daylight
/// saving rules (`FOO5BAR`) are refused.
fn posix(text: &str) -> Option<Zone> {
    let rest = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let parts: Vec<i64> = unsigned.split(':').map(number).collect::<Option<_>>()?;
    let west = match parts[..] {
        [hours] => hours * 3600,
        [hours, minutes @ 0..60] => hours * 3600 + minutes * 60,
        [hours, minutes @ 0..60, seconds @ 0..60] => hours * 3600 + minutes * 60 + seconds,
        _ => return None,
    };
    let east = if rest.starts_with('-') { west } else { -west };
    (west < OFFSET_END).then_some(Zone::Fixed(east as i32))
}

/// One to three digits.
fn number(text: &str) -> Option<i64> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// An abbreviation in input: a fixed offset, or a zone that decides by the date.
pub(super) enum ZoneWord {
    Offset { offset: Offset, daylight: bool },
    Dynamic(Meaning),
}

/// An abbreviation whose offset has changed over the years.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Meaning {
    name: &'static str,
    zone: Zone,
}

impl Meaning {
    /// The offset that the abbreviation stood for at an instant: its latest use up to then, else its first use after; where
    /// the zone's history does not know it, the zone's own offset.
    fn offset_at(&self, instant: i64) -> Offset {
        // Offsets are kept for a season at least, so that monthly probes miss no use of a name.
        const STEP: i64 = 30 * DAY;
        const STEPS_MAX: i64 = 12 * 60;
        let uses = |probe: &i64| self.zone.abbreviation_at(*probe).eq_ignore_ascii_case(self.name);
        let before = (0..STEPS_MAX).map(|step| instant.saturating_sub(step * STEP)).find(uses);
        let found = before.or_else(|| (1..STEPS_MAX).map(|step| instant.saturating_add(step * STEP)).find(uses));
        self.zone.offset_at(found.unwrap_or(instant))
    }

    /// The same for a local time.
    pub(super) fn offset_of_local(&self, local: i64) -> Offset {
        self.offset_at(local.saturating_sub(i64::from(self.zone.offset_of_local(local)) * SECOND))
    }
}

/// The meaning of an abbreviation (in lower case).
pub(super) fn abbreviation(word: &str) -> Option<ZoneWord> {
    let (name, meaning) = abbreviations::entry(word)?;
    Some(match meaning {
        Abbreviation::Standard(offset) => ZoneWord::Offset { offset, daylight: false },
        Abbreviation::Daylight(offset) => ZoneWord::Offset { offset, daylight: true },
        Abbreviation::Zone(zone) => ZoneWord::Dynamic(Meaning { name, zone: named(zone)? }),
    })
}

/// The zone that a function's argument names, where no moment tells what a changing abbreviation stands for.
pub fn zone_argument(text: &str) -> Result<Zone, SqlError> {
    zone_argument_at(text, 0)
}

/// The zone in `AT TIME ZONE 'text'` at `moment` (the timestamp or timestamptz to convert): an abbreviation first, then a
/// name. 22023 for neither.
pub fn zone_argument_at(text: &str, moment: i64) -> Result<Zone, SqlError> {
    let lower = text.trim().to_ascii_lowercase();
    match abbreviation(&lower) {
        Some(ZoneWord::Offset { offset, .. }) => return Ok(Zone::Fixed(offset)),
        Some(ZoneWord::Dynamic(_)) if is_infinite(moment) => return Ok(Zone::UTC),
        Some(ZoneWord::Dynamic(meaning)) => return Ok(Zone::Fixed(meaning.offset_at(moment))),
        None => {}
    }
    named(&lower)
        .or_else(|| posix(text.trim()))
        .ok_or_else(|| SqlError::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{text}\" not recognized")))
}
