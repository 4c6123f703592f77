//! Time zones and the styles in which dates and intervals are shown.

/// `TimeZone`: a named zone with its history, or a fixed offset.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Zone {
    /// From the IANA database.
    Named(chrono_tz::Tz),
    /// Seconds east of Greenwich.
    Fixed(i32),
}

/// `DateStyle`: output style.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateStyle {
    /// ISO, Postgres, SQL or German.
    pub format: DateFormat,
    /// Which field comes first in ambiguous input.
    pub order: DateOrder,
}

/// The output half of `DateStyle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateFormat {
    /// `1997-12-17 07:37:16-08`
    Iso,
    /// `Wed Dec 17 07:37:16 1997 PST`
    Postgres,
    /// `12/17/1997 07:37:16.00 PST`
    Sql,
    /// `17.12.1997 07:37:16.00 PST`
    German,
}

/// The input half of `DateStyle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    /// Month, day, year.
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

/// `IntervalStyle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalStyle {
    /// `1 year 2 mons 3 days 04:05:06`
    Postgres,
    /// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`
    PostgresVerbose,
    /// `1-2 3 4:05:06`
    SqlStandard,
    /// `P1Y2M3DT4H5M6S`
    Iso8601,
}
