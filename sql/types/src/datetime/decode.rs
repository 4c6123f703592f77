//! From fields to a date and time. Follows the rules of PostgreSQL's `DecodeDateTime` step by step, because "permissive"
//! has no other definition.

use super::UNIX_EPOCH_DAYS;
use super::calendar::{Civil, Clock};
use super::lex::{Field, Kind};
use super::parts::{date_parts, micros, offset as checked_offset, time};
use super::words::{Label, Word, date_word};
use super::zones::{self, Meaning, Offset, ZoneWord};
use crate::kernel::EvalSettings;
use crate::zone::{DateOrder, Zone};

/// Why a text is no date or time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum DecodeError {
    /// 22007
    Format,
    /// 22008
    Overflow,
    /// 22008 with the hint that the field order may be wrong.
    MonthDayOverflow,
    /// 22009
    ZoneOverflow,
    /// 22023
    UnknownZone(String),
}

use DecodeError::{Format, Overflow, UnknownZone};

/// What a text says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Decoded {
    /// `infinity`
    Late,
    /// `-infinity`
    Early,
    /// `epoch`
    Epoch,
    /// A date and time with the offset it was given in.
    Moment { date: Civil, clock: Clock, offset: Offset },
}

/// What the text is expected to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expect {
    /// A date, perhaps with a time.
    Date,
    /// A time, perhaps with a date in front that is ignored.
    Time,
}

/// Fields found so far, one bit each.
pub(super) mod found {
    pub(in crate::datetime) const YEAR: u32 = 1;
    pub(in crate::datetime) const MONTH: u32 = 1 << 1;
    pub(in crate::datetime) const DAY: u32 = 1 << 2;
    pub(in crate::datetime) const HOUR: u32 = 1 << 3;
    pub(in crate::datetime) const MINUTE: u32 = 1 << 4;
    pub(in crate::datetime) const SECOND: u32 = 1 << 5;
    pub(in crate::datetime) const FRACTION: u32 = 1 << 6;
    pub(in crate::datetime) const ZONE: u32 = 1 << 7;
    pub(in crate::datetime) const DAYLIGHT: u32 = 1 << 8;
    pub(in crate::datetime) const DAY_OF_YEAR: u32 = 1 << 9;
    pub(in crate::datetime) const HALF_DAY: u32 = 1 << 10;
    pub(in crate::datetime) const ERA: u32 = 1 << 11;
    pub(in crate::datetime) const WEEKDAY: u32 = 1 << 12;
    pub(in crate::datetime) const DATE: u32 = YEAR | MONTH | DAY;
    pub(in crate::datetime) const SECONDS: u32 = SECOND | FRACTION;
    pub(in crate::datetime) const TIME: u32 = HOUR | MINUTE | SECONDS;
}

/// How the zone was given.
pub(super) enum Zoned {
    Session,
    Offset(Offset),
    Zone(Zone),
    Abbreviation(Meaning),
}

pub(super) struct Decoder<'a> {
    pub(super) settings: &'a EvalSettings,
    pub(super) expect: Expect,
    /// Bits of [`found`].
    pub(super) found: u32,
    /// What the next number is, when a word before it said so.
    pub(super) label: Option<Label>,
    pub(super) text_month: bool,
    pub(super) two_digit_year: bool,
    pub(super) julian: bool,
    pub(super) before_christ: bool,
    /// `Some(true)`: PM.
    pub(super) afternoon: Option<bool>,
    pub(super) date: Civil,
    pub(super) day_of_year: i32,
    pub(super) clock: Clock,
    pub(super) zoned: Zoned,
    pub(super) daylight: Offset,
    pub(super) special: Option<Decoded>,
}

/// Decodes the fields of a date or time. `Zoned::Session` resolves in the session's zone.
pub(super) fn decode(fields: &[Field], expect: Expect, settings: &EvalSettings) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder {
        settings,
        expect,
        found: 0,
        label: None,
        text_month: false,
        two_digit_year: false,
        julian: false,
        before_christ: false,
        afternoon: None,
        date: Civil::default(),
        day_of_year: 0,
        clock: Clock::default(),
        zoned: Zoned::Session,
        daylight: 0,
        special: None,
    };
    for at in 0..fields.len() {
        let mask = decoder.field(fields, at)?;
        if mask & decoder.found != 0 {
            return Err(Format);
        }
        decoder.found |= mask;
    }
    decoder.finish()
}

impl Decoder<'_> {
    pub(super) fn has(&self, mask: u32) -> bool {
        self.found & mask == mask
    }

    fn field(&mut self, fields: &[Field], at: usize) -> Result<u32, DecodeError> {
        let field = &fields[at];
        match field.kind {
            Kind::Date => self.date_like(fields, at),
            Kind::Time => {
                if self.label.take().is_some_and(|label| label != Label::IsoTime) {
                    return Err(Format);
                }
                self.clock = time(&field.text)?;
                if self.clock.overflows() {
                    return Err(Overflow);
                }
                Ok(found::TIME)
            }
            Kind::Signed => {
                self.zoned = Zoned::Offset(checked_offset(&field.text)?);
                Ok(found::ZONE)
            }
            Kind::Number => match self.label.take() {
                Some(label) => self.labelled(label, &field.text),
                None => self.number_like(fields, at),
            },
            Kind::Text | Kind::SignedText => self.word(fields, at),
        }
    }

    /// A date; or, when there is one already, a zone's name or a run-together time with an offset.
    fn date_like(&mut self, fields: &[Field], at: usize) -> Result<u32, DecodeError> {
        let text = fields[at].text.as_str();
        if self.label == Some(Label::Julian) {
            self.label = None;
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            self.julian_day(text[..digits].parse().map_err(|_| Overflow)?)?;
            self.zoned = Zoned::Offset(checked_offset(&text[digits..])?);
            return Ok(found::DATE | found::TIME | found::ZONE);
        }
        let is_date = match self.expect {
            Expect::Date => self.label.is_none() && !self.has(found::MONTH | found::DAY),
            Expect::Time => {
                at == 0 && fields.len() >= 2 && (is(fields.last(), Kind::Date) || is(fields.get(1), Kind::Time))
            }
        };
        if is_date {
            return self.whole_date(text);
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) || self.label.is_some() {
            if self.label.take().is_some_and(|label| label != Label::IsoTime) || self.has(found::TIME) {
                return Err(Format);
            }
            let (time, _) = text.split_once('-').ok_or(Format)?;
            self.zoned = Zoned::Offset(checked_offset(&text[time.len()..])?);
            let known = self.found | if self.expect == Expect::Time { found::DATE } else { 0 };
            return Ok(self.run_together(time, known)? | found::ZONE);
        }
        let zone = zones::named(text).or_else(|| Zone::parse(text).filter(|_| !text.starts_with(['+', '-'])));
        self.zoned = Zoned::Zone(zone.ok_or_else(|| UnknownZone(text.to_owned()))?);
        Ok(found::ZONE)
    }

    /// A date in one field: `1999-01-08`, `jan-8-1999`, `8/1/99`.
    fn whole_date(&mut self, text: &str) -> Result<u32, DecodeError> {
        let parts = date_parts(text).ok_or(Format)?;
        let (mut mask, mut text_month) = (0, false);
        let mut numbers = Vec::with_capacity(3);
        for part in &parts {
            if part.starts_with(|c: char| c.is_ascii_digit()) {
                numbers.push(*part);
                continue;
            }
            match date_word(part) {
                Some(Word::Ignored) => {}
                Some(Word::Month(month)) if (self.found | mask) & found::MONTH == 0 => {
                    self.date.month = month;
                    text_month = true;
                    mask |= found::MONTH;
                }
                _ => return Err(Format),
            }
        }
        for number in numbers {
            let bit = self.number(number, text_month, self.found | mask)?;
            if (self.found | mask) & bit != 0 {
                return Err(Format);
            }
            mask |= bit;
        }
        match (self.found | mask) & !(found::DAY_OF_YEAR | found::ZONE) {
            found::DATE => Ok(mask),
            _ => Err(Format),
        }
    }

    /// A number that a word announced: `y 1999`, `j2451187`, `t040506`.
    fn labelled(&mut self, label: Label, text: &str) -> Result<u32, DecodeError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, fraction) = text.split_at(digits);
        if !(fraction.is_empty() || matches!(label, Label::Julian | Label::IsoTime | Label::Second)) {
            return Err(Format);
        }
        if label == Label::IsoTime {
            return match self.run_together(text, self.found | found::DATE)? {
                mask @ found::TIME => Ok(mask),
                _ => Err(Format),
            };
        }
        let value: i32 = whole.parse().map_err(|_| Overflow)?;
        Ok(match label {
            Label::Year => {
                self.date.year = value;
                found::YEAR
            }
            Label::Month if self.has(found::MONTH | found::HOUR) => {
                self.clock.minute = value;
                found::MINUTE
            }
            Label::Month => {
                self.date.month = value;
                found::MONTH
            }
            Label::Day => {
                self.date.day = value;
                found::DAY
            }
            Label::Hour => {
                self.clock.hour = i64::from(value);
                found::HOUR
            }
            Label::Minute => {
                self.clock.minute = value;
                found::MINUTE
            }
            Label::Second => {
                self.clock.second = value;
                if fraction.is_empty() {
                    found::SECOND
                } else {
                    self.clock.micros = micros(fraction)?;
                    found::SECONDS
                }
            }
            Label::Julian => {
                self.julian_day(value)?;
                if fraction.is_empty() {
                    found::DATE
                } else {
                    let part: f64 = format!("0{fraction}").parse().map_err(|_| Format)?;
                    self.clock = Clock::from_micros((part * super::DAY as f64).round_ties_even() as i64);
                    found::DATE | found::TIME
                }
            }
            Label::IsoTime => return Err(Format),
        })
    }

    fn julian_day(&mut self, day: i32) -> Result<(), DecodeError> {
        self.date = Civil::from_days(day.checked_sub(super::calendar::JULIAN_2000).ok_or(Overflow)?);
        self.julian = true;
        Ok(())
    }

    /// A number by itself: part of a date, a run-together date or time, or a year.
    fn number_like(&mut self, fields: &[Field], at: usize) -> Result<u32, DecodeError> {
        let text = fields[at].text.as_str();
        let point = text.find('.');
        match (self.expect, point) {
            (Expect::Date, Some(_)) if self.found & found::DATE == 0 => self.whole_date(text),
            (Expect::Date, Some(point)) if point > 2 => self.run_together(text, self.found),
            (Expect::Date, _) => {
                let incomplete = !self.has(found::DATE) || !self.has(found::TIME);
                let nothing = self.found & found::DATE == 0 || self.found & found::TIME == 0;
                match text.len() >= 6 && incomplete && nothing {
                    true => self.run_together(text, self.found),
                    false => self.number(text, self.text_month, self.found),
                }
            }
            (Expect::Time, Some(_)) if at == 0 && fields.len() >= 2 && is(fields.last(), Kind::Date) => {
                self.whole_date(text)
            }
            (Expect::Time, Some(point)) if point > 2 => self.run_together(text, self.found | found::DATE),
            (Expect::Time, Some(_)) => Err(Format),
            (Expect::Time, None) if text.len() > 4 => self.run_together(text, self.found | found::DATE),
            (Expect::Time, None) => self.number(text, false, self.found | found::DATE),
        }
    }

    /// One number of a date, by what is known already.
    fn number(&mut self, text: &str, text_month: bool, known: u32) -> Result<u32, DecodeError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, fraction) = text.split_at(digits);
        if fraction.starts_with('.') {
            if digits > 2 {
                return self.run_together(text, known | found::DATE);
            }
            self.clock.micros = micros(fraction)?;
        } else if !fraction.is_empty() {
            return Err(Format);
        }
        if whole.is_empty() {
            return Err(Format);
        }
        let value: i32 = whole.parse().map_err(|_| Overflow)?;
        let length = text.len();
        if length == 3 && known & found::DATE == found::YEAR && (1..=366).contains(&value) {
            self.day_of_year = value;
            return Ok(found::DAY_OF_YEAR | found::MONTH | found::DAY);
        }
        const YEAR_MONTH: u32 = found::YEAR | found::MONTH;
        const MONTH_DAY: u32 = found::MONTH | found::DAY;
        let order = self.settings.date_style.order;
        let year_like = length >= 3 || order == DateOrder::Ymd;
        let mask = match known & found::DATE {
            0 if year_like => found::YEAR,
            0 if order == DateOrder::Dmy => found::DAY,
            0 => found::MONTH,
            found::YEAR => found::MONTH,
            found::MONTH if text_month && year_like => found::YEAR,
            found::MONTH => found::DAY,
            YEAR_MONTH if text_month && length >= 3 && self.two_digit_year => {
                // The first number was the day after all.
                self.date.day = self.date.year;
                self.date.year = value;
                self.two_digit_year = false;
                return Ok(found::DAY);
            }
            YEAR_MONTH => found::DAY,
            found::DAY => found::MONTH,
            MONTH_DAY => found::YEAR,
            found::DATE => return self.run_together(text, known),
            _ => return Err(Format),
        };
        match mask {
            found::YEAR => {
                self.date.year = value;
                self.two_digit_year = length <= 2;
            }
            found::MONTH => self.date.month = value,
            _ => self.date.day = value,
        }
        Ok(mask)
    }

    /// `20040821`, `040821`, `040506`, `0405`, `040506.789`
    fn run_together(&mut self, text: &str, known: u32) -> Result<u32, DecodeError> {
        let (digits, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
        let number = |part: &str| part.parse::<i32>().map_err(|_| Format);
        let length = digits.len();
        if !fraction.is_empty() {
            self.clock.micros = micros(fraction)?;
        } else if known & found::DATE != found::DATE && length >= 6 {
            let (year, month_day) = digits.split_at(length - 4);
            self.date = Civil { year: number(year)?, month: number(&month_day[..2])?, day: number(&month_day[2..])? };
            self.two_digit_year |= year.len() == 2;
            return Ok(found::DATE);
        }
        if known & found::TIME == found::TIME || !(length == 6 || length == 4) {
            return Err(Format);
        }
        self.clock.hour = i64::from(number(&digits[..2])?);
        self.clock.minute = number(&digits[2..4])?;
        self.clock.second = if length == 6 { number(&digits[4..])? } else { 0 };
        Ok(found::TIME)
    }

    fn word(&mut self, fields: &[Field], at: usize) -> Result<u32, DecodeError> {
        let text = fields[at].text.as_str();
        match zones::abbreviation(text) {
            Some(ZoneWord::Offset { offset, daylight }) => {
                self.zoned = Zoned::Offset(offset);
                return Ok(found::ZONE | if daylight { found::DAYLIGHT } else { 0 });
            }
            Some(ZoneWord::Dynamic(meaning)) => {
                self.zoned = Zoned::Abbreviation(meaning);
                return Ok(found::ZONE);
            }
            None => {}
        }
        let Some(word) = date_word(text) else {
            // Some zones are all letters: `japan`, `gmt0` is not.
            self.zoned = Zoned::Zone(zones::named(text).ok_or(Format)?);
            return Ok(found::ZONE);
        };
        const EVERYTHING: u32 = found::DATE | found::TIME | found::ZONE;
        let date_only = self.expect == Expect::Time;
        Ok(match word {
            Word::Ignored => 0,
            Word::Late | Word::Early | Word::Epoch | Word::Today(_) if date_only => return Err(Format),
            Word::Late => self.become_special(Decoded::Late),
            Word::Early => self.become_special(Decoded::Early),
            Word::Epoch => self.become_special(Decoded::Epoch),
            Word::Now => {
                let (local, offset) = self.now();
                let (days, micros) = super::calendar::split(local);
                self.date = Civil::from_days(days);
                self.clock = Clock::from_micros(micros);
                self.zoned = Zoned::Offset(offset);
                if self.expect == Expect::Time { found::TIME | found::ZONE } else { EVERYTHING }
            }
            Word::Today(days) => {
                let (today, _) = super::calendar::split(self.now().0);
                self.date = Civil::from_days(today + days);
                found::DATE
            }
            Word::Zulu => {
                self.clock = Clock::default();
                self.zoned = Zoned::Offset(0);
                found::TIME | found::ZONE
            }
            Word::Month(month) => return Ok(self.month_word(month)),
            Word::Weekday => found::WEEKDAY,
            Word::Am | Word::Pm => {
                self.afternoon = Some(word == Word::Pm);
                found::HALF_DAY
            }
            Word::Bc | Word::Ad => {
                self.before_christ = word == Word::Bc;
                found::ERA
            }
            Word::DaylightModifier => {
                self.daylight = 3600;
                found::DAYLIGHT
            }
            Word::Label(label) => {
                self.label = Some(label);
                0
            }
            Word::IsoTime => {
                let next = fields.get(at + 1).map(|next| next.kind);
                let date_first = self.expect == Expect::Time || self.has(found::DATE);
                if !date_first || !matches!(next, Some(Kind::Number | Kind::Time | Kind::Date)) {
                    return Err(Format);
                }
                self.label = Some(Label::IsoTime);
                0
            }
            Word::Refused => return Err(Format),
        })
    }

    fn become_special(&mut self, special: Decoded) -> u32 {
        self.special = Some(special);
        found::DATE | found::TIME | found::ZONE
    }

    fn now(&self) -> (i64, Offset) {
        self.settings.time_zone.local_for_output(self.settings.transaction_start)
    }

    /// A month in letters; a number taken for the month before was the day.
    fn month_word(&mut self, month: i32) -> u32 {
        let swap = self.has(found::MONTH)
            && !self.text_month
            && self.found & found::DAY == 0
            && (1..=31).contains(&self.date.month);
        if swap {
            self.date.day = self.date.month;
        }
        self.text_month = true;
        self.date.month = month;
        if swap { found::DAY } else { found::MONTH }
    }
}

fn is(field: Option<&Field>, kind: Kind) -> bool {
    field.is_some_and(|field| field.kind == kind)
}

/// `1970-01-01` in days since 2000.
pub(super) const EPOCH_DATE: i32 = -UNIX_EPOCH_DAYS;
