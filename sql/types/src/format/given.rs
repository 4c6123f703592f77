//! The fields that a text gave, and the moment they make together.

use crate::datetime::calendar::{Civil, Clock, JULIAN_2000, days_in_month, iso_week_start};
use crate::datetime::{Offset, SECOND};
use crate::error::{SqlError, SqlState};

/// Which calendar the pattern's fields belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Convention {
    Gregorian,
    IsoWeek,
}

/// Fields read; 0 is "not given", as in PostgreSQL.
#[derive(Default)]
pub(super) struct Given {
    pub(super) convention: Option<Convention>,
    pub(super) hour: i32,
    pub(super) afternoon: bool,
    pub(super) half_days: bool,
    pub(super) minute: i32,
    pub(super) second: i32,
    pub(super) second_of_day: i32,
    /// Sunday is 1.
    pub(super) weekday: i32,
    pub(super) day: i32,
    pub(super) day_of_year: i32,
    pub(super) month: i32,
    pub(super) millisecond: i32,
    pub(super) microsecond: i32,
    pub(super) year: i32,
    pub(super) year_digits: u32,
    pub(super) before_christ: bool,
    pub(super) week: i32,
    pub(super) week_of_month: i32,
    pub(super) century: i32,
    pub(super) julian: i32,
    pub(super) zone_sign: i32,
    pub(super) zone_hour: i32,
    pub(super) zone_minute: i32,
}

/// 22007
pub(super) fn malformed(message: String) -> SqlError {
    SqlError::new(SqlState::INVALID_DATETIME_FORMAT, message)
}

fn overflow(text: &str) -> SqlError {
    SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""))
}

impl Given {
    /// 22008 where the fields contradict the calendar or the clock.
    pub(super) fn resolve(mut self, text: &str) -> Result<(Civil, Clock, Option<Offset>), SqlError> {
        let clock = self.clock(text)?;
        let date = self.date(text)?;
        Ok((date, clock, self.offset(text)?))
    }

    fn clock(&self, text: &str) -> Result<Clock, SqlError> {
        let (mut hour, mut minute, mut second) =
            (self.second_of_day / 3600, self.second_of_day / 60 % 60, self.second_of_day % 60);
        let given = |place: &mut i32, value: i32| {
            if value != 0 {
                *place = value;
            }
        };
        given(&mut hour, self.hour);
        given(&mut minute, self.minute);
        given(&mut second, self.second);
        if self.half_days {
            if !(1..=12).contains(&hour) {
                let message = format!("hour \"{hour}\" is invalid for the 12-hour clock");
                return Err(malformed(message).hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            hour = hour % 12 + if self.afternoon { 12 } else { 0 };
        }
        let micros = i64::from(self.millisecond) * 1000 + i64::from(self.microsecond);
        let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
        match valid && (0..SECOND).contains(&micros) {
            true => Ok(Clock { hour: hour.into(), minute, second, micros: micros as i32 }),
            false => Err(overflow(text)),
        }
    }

    fn date(&mut self, text: &str) -> Result<Civil, SqlError> {
        let mut date = Civil { year: self.astronomical_year(), month: 1, day: 1 };
        let whole = |days: i64| i32::try_from(days).map(Civil::from_days).map_err(|_| overflow(text));
        let iso = self.convention == Some(Convention::IsoWeek);
        if self.julian != 0 {
            date = whole(i64::from(self.julian) - i64::from(JULIAN_2000))?;
        }
        if self.week != 0 && iso {
            // From Sunday = 1 to days after Monday.
            let day = if self.weekday == 0 { 0 } else { (self.weekday + 5) % 7 };
            date = whole(iso_week_start(date.year, self.week) + i64::from(day))?;
        } else if self.week != 0 {
            self.day_of_year = self.week.saturating_sub(1).saturating_mul(7).saturating_add(1);
        }
        if self.week_of_month != 0 {
            self.day = self.week_of_month.saturating_sub(1).saturating_mul(7).saturating_add(1);
        }
        if self.day != 0 {
            date.day = self.day;
        }
        if self.month != 0 {
            date.month = self.month;
        }
        if self.day_of_year != 0 && (date.month <= 1 || date.day <= 1) {
            if self.year == 0 && self.century == 0 && !self.before_christ {
                return Err(malformed("cannot calculate day of year without year information".to_owned()));
            }
            let first = match iso {
                true => iso_week_start(date.year, 1),
                false => Civil { year: date.year, month: 1, day: 1 }.to_days(),
            };
            let by_year = whole(first + i64::from(self.day_of_year) - 1)?;
            let beyond = !iso && by_year.year != date.year;
            if beyond {
                return Err(overflow(text));
            }
            date = match iso {
                true => by_year,
                false => Civil {
                    year: date.year,
                    month: if date.month <= 1 { by_year.month } else { date.month },
                    day: if date.day <= 1 { by_year.day } else { date.day },
                },
            };
        }
        let in_month = (1..=12).contains(&date.month) && (1..=days_in_month(date.year, date.month)).contains(&date.day);
        if in_month { Ok(date) } else { Err(overflow(text)) }
    }

    /// 0 is 1 BC; without any year, that is the year.
    fn astronomical_year(&mut self) -> i32 {
        let century = if self.before_christ { -self.century } else { self.century };
        match (self.year, century) {
            (0, 0) => 0,
            (0, 1..) => (century - 1).saturating_mul(100).saturating_add(1),
            (0, _) => century.saturating_mul(100).saturating_add(1),
            (year, century) if century != 0 && self.year_digits <= 2 => match (year % 100, century) {
                (0, 0..) => century.saturating_mul(100),
                (0, _) => century.saturating_mul(100).saturating_add(1),
                (part, 0..) => (century - 1).saturating_mul(100).saturating_add(part),
                (part, _) => (century + 1).saturating_mul(100).saturating_sub(part).saturating_add(1),
            },
            (year, _) => {
                let year = if self.before_christ { year.saturating_neg() } else { year };
                if year < 0 { year + 1 } else { year }
            }
        }
    }

    fn offset(&self, text: &str) -> Result<Option<Offset>, SqlError> {
        const HOURS_MAX: i32 = 15;
        if self.zone_sign == 0 {
            return Ok(None);
        }
        if !(0..=HOURS_MAX).contains(&self.zone_hour) || !(0..60).contains(&self.zone_minute) {
            let message = format!("time zone displacement out of range: \"{text}\"");
            return Err(SqlError::new(SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE, message));
        }
        Ok(Some(self.zone_sign * (self.zone_hour * 3600 + self.zone_minute * 60)))
    }
}
