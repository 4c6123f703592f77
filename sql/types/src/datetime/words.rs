//! The words of date and interval input.

/// What a word means in a date or time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// 1..=12
    Month(i32),
    /// Day of the week: read and ignored.
    Weekday,
    /// `infinity`
    Late,
    /// `-infinity`
    Early,
    /// `epoch`
    Epoch,
    /// `now`
    Now,
    /// `today`, `yesterday`, `tomorrow`: days from today.
    Today(i32),
    /// `allballs`: 00:00 UTC
    Zulu,
    /// `am`
    Am,
    /// `pm`
    Pm,
    /// `bc`
    Bc,
    /// `ad`
    Ad,
    /// `dst`: one hour more than the zone before it.
    DaylightModifier,
    /// `j`, `y`, `m`, `d`, `h`, `mm`, `s`: says what the next number is.
    Label(Label),
    /// `t`: an ISO time follows.
    IsoTime,
    /// `at`, `on`
    Ignored,
    /// `dow`, `doy`, `isodow`, `isoyear`: fields that input does not take.
    Refused,
}

/// What the next number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Label {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Julian,
    IsoTime,
}

/// Words are told apart by their first ten characters.
const LENGTH_MAX: usize = 10;

fn shortened(word: &str) -> &str {
    word.get(..LENGTH_MAX).unwrap_or(word)
}

/// The meaning of a word (in lower case) in a date or time.
pub(super) fn date_word(word: &str) -> Option<Word> {
    Some(match shortened(word) {
        "jan" | "january" => Word::Month(1),
        "feb" | "february" => Word::Month(2),
        "mar" | "march" => Word::Month(3),
        "apr" | "april" => Word::Month(4),
        "may" => Word::Month(5),
        "jun" | "june" => Word::Month(6),
        "jul" | "july" => Word::Month(7),
        "aug" | "august" => Word::Month(8),
        "sep" | "sept" | "september" => Word::Month(9),
        "oct" | "october" => Word::Month(10),
        "nov" | "november" => Word::Month(11),
        "dec" | "december" => Word::Month(12),
        "sun" | "sunday" | "mon" | "monday" | "tue" | "tues" | "tuesday" | "wed" | "weds" | "wednesday" | "thu"
        | "thur" | "thurs" | "thursday" | "fri" | "friday" | "sat" | "saturday" => Word::Weekday,
        "infinity" => Word::Late,
        "-infinity" => Word::Early,
        "epoch" => Word::Epoch,
        "now" => Word::Now,
        "today" => Word::Today(0),
        "yesterday" => Word::Today(-1),
        "tomorrow" => Word::Today(1),
        "allballs" => Word::Zulu,
        "am" => Word::Am,
        "pm" => Word::Pm,
        "bc" => Word::Bc,
        "ad" => Word::Ad,
        "dst" => Word::DaylightModifier,
        "y" => Word::Label(Label::Year),
        "m" => Word::Label(Label::Month),
        "d" => Word::Label(Label::Day),
        "h" => Word::Label(Label::Hour),
        "mm" => Word::Label(Label::Minute),
        "s" => Word::Label(Label::Second),
        "j" | "jd" | "julian" => Word::Label(Label::Julian),
        "t" => Word::IsoTime,
        "at" | "on" => Word::Ignored,
        "dow" | "doy" | "isodow" | "isoyear" => Word::Refused,
        _ => return None,
    })
}

/// A unit of intervals, and of `extract` and `date_trunc`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
}

/// The unit that a word (in lower case) names.
pub(super) fn unit_word(word: &str) -> Option<Unit> {
    Some(match shortened(word) {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" => Unit::Quarter,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        "dec" | "decs" | "decade" | "decades" => Unit::Decade,
        "c" | "cent" | "century" | "centuries" => Unit::Century,
        "mil" | "mils" | "millennium" | "millennia" => Unit::Millennium,
        "timezone" => Unit::Timezone,
        "timezone_h" => Unit::TimezoneHour,
        "timezone_m" => Unit::TimezoneMinute,
        _ => return None,
    })
}
