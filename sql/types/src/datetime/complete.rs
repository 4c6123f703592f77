//! The last step of decoding: are the fields complete, do they make a date, which offset applies.

use super::calendar::{Civil, days_in_month};
use super::decode::DecodeError::{self, Format, MonthDayOverflow, Overflow};
use super::decode::{Decoded, Decoder, Expect, Zoned, found};
use super::zones::Offset;
use crate::zone::Zone;

impl Decoder<'_> {
    /// What the fields say, once all are taken.
    pub(super) fn finish(mut self) -> Result<Decoded, DecodeError> {
        if let Some(special) = self.special {
            return Ok(special);
        }
        self.check_date()?;
        self.apply_half_day()?;
        match self.expect {
            Expect::Date if !self.has(found::DATE) => return Err(Format),
            Expect::Time if self.clock.overflows() => return Err(Overflow),
            Expect::Time if !self.has(found::TIME) => return Err(Format),
            _ => {}
        }
        let offset = self.offset()?;
        Ok(Decoded::Moment { date: self.date, clock: self.clock, offset })
    }

    fn offset(&self) -> Result<Offset, DecodeError> {
        let dst_given = self.daylight != 0;
        let local = || {
            // What no timestamp holds is refused later; until then it must only not overflow.
            let days = self.date.to_days().clamp(i64::from(super::DATE_MIN), super::TIMESTAMP_END / super::DAY);
            (days * super::DAY).saturating_add(self.clock.to_micros())
        };
        match &self.zoned {
            Zoned::Offset(offset) => Ok(offset + self.daylight),
            Zoned::Zone(_) | Zoned::Session if dst_given => Err(Format),
            Zoned::Abbreviation(meaning) => Ok(meaning.offset_of_local(local()) + self.daylight),
            Zoned::Session => Ok(self.settings.time_zone.offset_of_local(local())),
            Zoned::Zone(zone) => match self.expect {
                // Without a date only a zone without daylight saving time says enough.
                Expect::Time if !self.has(found::DATE) && !is_constant(zone) => Err(Format),
                _ => Ok(zone.offset_of_local(local())),
            },
        }
    }

    /// PostgreSQL's `ValidateDate`.
    fn check_date(&mut self) -> Result<(), DecodeError> {
        if self.has(found::YEAR) && !self.julian {
            let year = &mut self.date.year;
            match (self.before_christ, self.two_digit_year) {
                (true, _) if *year <= 0 => return Err(Overflow),
                (true, _) => *year = 1 - *year,
                (false, true) if *year < 70 => *year += 2000,
                (false, true) if *year < 100 => *year += 1900,
                (false, true) => {}
                (false, false) if *year <= 0 => return Err(Overflow),
                (false, false) => {}
            }
        }
        if self.has(found::DAY_OF_YEAR) {
            let first = Civil { year: self.date.year, month: 1, day: 1 }.to_days();
            let days = i32::try_from(first).map_err(|_| Overflow)? + self.day_of_year - 1;
            self.date = Civil::from_days(days);
        }
        let Civil { year, month, day } = self.date;
        if self.has(found::MONTH) && !(1..=12).contains(&month) || self.has(found::DAY) && !(1..=31).contains(&day) {
            return Err(MonthDayOverflow);
        }
        if self.has(found::DATE) && day > days_in_month(year, month) {
            return Err(Overflow);
        }
        Ok(())
    }

    fn apply_half_day(&mut self) -> Result<(), DecodeError> {
        let Some(afternoon) = self.afternoon else { return Ok(()) };
        let hour = &mut self.clock.hour;
        match (afternoon, *hour) {
            (_, 13..) => return Err(Overflow),
            (false, 12) => *hour = 0,
            (true, 12) | (false, _) => {}
            (true, _) => *hour += 12,
        }
        Ok(())
    }
}

/// Does the zone have one offset only?
fn is_constant(zone: &Zone) -> bool {
    match zone {
        Zone::Fixed(_) => true,
        Zone::Named(_) => {
            let half_year = 182 * super::DAY;
            (0..120).all(|step| zone.offset_at((step - 60) * half_year) == zone.offset_at(0))
        }
    }
}
