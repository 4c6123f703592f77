//! Reading the values of settings.

use cairn_sql_binder::utility::IsolationLevel;
use cairn_sql_types::zone::{DateFormat, DateOrder, DateStyle, IntervalStyle, Zone};
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::Isolation;

use super::Executor;
use crate::client::Severity;

fn invalid(name: &str, text: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"{name}\": \"{text}\""))
}

/// on, off, true, false, yes, no, 1, 0, and their unique beginnings.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    match text.as_str() {
        "1" => Some(true),
        "0" => Some(false),
        _ if begins("true", 1) || begins("yes", 1) || begins("on", 2) => Some(true),
        _ if begins("false", 1) || begins("no", 1) || begins("off", 2) => Some(false),
        _ => None,
    }
}

/// Milliseconds from `5s`, `100`, `1min`, ...
pub fn parse_duration_ms(text: &str) -> Result<u64, SqlError> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1e3,
        "min" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        _ => return Err(invalid("duration", text)),
    };
    let number: f64 = number.parse().map_err(|_| invalid("duration", text))?;
    let ms = (number * factor).round();
    if ms > f64::from(i32::MAX) {
        return Err(invalid("duration", text));
    }
    Ok(ms as u64)
}

/// Milliseconds in the largest unit that leaves a whole number, as SHOW prints them.
pub(crate) fn show_duration_ms(ms: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    match units.iter().find(|(size, _)| ms != 0 && ms.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", ms / size),
        None => "0".to_owned(),
    }
}

pub(super) fn zone(text: &str) -> Result<Zone, SqlError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "local" | "default" => Ok(Zone::UTC),
        _ => Zone::parse(text).ok_or_else(|| invalid("TimeZone", text)),
    }
}

pub(super) fn check_zone(text: &str) -> Result<String, SqlError> {
    zone(text).map(|zone| zone.to_string())
}

pub(super) fn date_style(text: &str) -> Result<DateStyle, SqlError> {
    let mut style = DateStyle { format: DateFormat::Iso, order: DateOrder::Mdy };
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "iso" => style.format = DateFormat::Iso,
            "postgres" => style.format = DateFormat::Postgres,
            "sql" => style.format = DateFormat::Sql,
            "german" => (style.format, style.order) = (DateFormat::German, DateOrder::Dmy),
            "mdy" | "us" | "noneuropean" | "noneuro" => style.order = DateOrder::Mdy,
            "dmy" | "euro" | "european" => style.order = DateOrder::Dmy,
            "ymd" => style.order = DateOrder::Ymd,
            "default" => {}
            _ => return Err(invalid("DateStyle", text).detail(format!("Unrecognized key word: \"{word}\"."))),
        }
    }
    Ok(style)
}

pub(super) fn check_date_style(text: &str) -> Result<String, SqlError> {
    let style = date_style(text)?;
    let format = match style.format {
        DateFormat::Iso => "ISO",
        DateFormat::Postgres => "Postgres",
        DateFormat::Sql => "SQL",
        DateFormat::German => "German",
    };
    let order = match style.order {
        DateOrder::Mdy => "MDY",
        DateOrder::Dmy => "DMY",
        DateOrder::Ymd => "YMD",
    };
    Ok(format!("{format}, {order}"))
}

pub(super) fn interval_style(text: &str) -> Result<IntervalStyle, SqlError> {
    Ok(match text.trim().to_ascii_lowercase().as_str() {
        "postgres" => IntervalStyle::Postgres,
        "postgres_verbose" => IntervalStyle::PostgresVerbose,
        "sql_standard" => IntervalStyle::SqlStandard,
        "iso_8601" => IntervalStyle::Iso8601,
        _ => {
            // PostgreSQL shows the name of an enumerated setting as SET folds it.
            return Err(invalid("intervalstyle", text)
                .hint("Available values: postgres, postgres_verbose, sql_standard, iso_8601."));
        }
    })
}

pub(super) fn check_interval_style(text: &str) -> Result<String, SqlError> {
    interval_style(text).map(|_| text.trim().to_ascii_lowercase())
}

/// UTF8 under its names; SQL_ASCII passes bytes through, which are UTF-8 here.
pub(super) fn client_encoding(text: &str) -> Result<String, SqlError> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.to_ascii_lowercase().as_str() {
        "utf8" | "unicode" => Ok("UTF8".to_owned()),
        "sqlascii" => Ok("SQL_ASCII".to_owned()),
        _ => Err(SqlError::unsupported(format!("client encoding \"{text}\"")).hint("Use UTF8.")),
    }
}

/// Names of a list, quotes removed, unquoted ones in lower case.
pub(super) fn name_list(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (quoted[..end].to_owned(), quoted.get(end + 1..).unwrap_or(""))
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_lowercase(), &rest[end..])
            }
        };
        names.push(name);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    names.retain(|name| !name.is_empty());
    names
}

pub(super) fn check_search_path(text: &str) -> Result<String, SqlError> {
    Ok(text.trim().to_owned())
}

pub(super) fn isolation(text: &str) -> Result<Isolation, SqlError> {
    match text {
        "serializable" => Ok(Isolation::Serializable),
        "repeatable read" => Ok(Isolation::RepeatableRead),
        "read committed" | "read uncommitted" => Ok(Isolation::ReadCommitted),
        _ => Err(invalid("default_transaction_isolation", text)),
    }
}

pub(super) fn severity(text: &str) -> Severity {
    match text {
        "log" => Severity::Log,
        "info" => Severity::Info,
        "notice" => Severity::Notice,
        "warning" | "error" => Severity::Warning,
        _ => Severity::Debug,
    }
}

pub(super) fn executor(text: &str) -> Executor {
    match text {
        "short" => Executor::Short,
        "analytics" => Executor::Analytics,
        _ => Executor::Auto,
    }
}

/// The word of SET transaction_isolation.
pub(crate) fn parse_isolation(text: &str) -> Result<IsolationLevel, SqlError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "serializable" => Ok(IsolationLevel::Serializable),
        "repeatable read" => Ok(IsolationLevel::RepeatableRead),
        "read committed" => Ok(IsolationLevel::ReadCommitted),
        "read uncommitted" => Ok(IsolationLevel::ReadUncommitted),
        _ => Err(invalid("transaction_isolation", text)),
    }
}

/// The word of a boolean mode.
pub(crate) fn parse_boolean(name: &str, text: &str) -> Result<bool, SqlError> {
    boolean(text).ok_or_else(|| {
        SqlError::new(SqlState::INVALID_PARAMETER_VALUE, format!("parameter \"{name}\" requires a Boolean value"))
    })
}
