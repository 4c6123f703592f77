//! The settings that exist.

use cairn_sql_types::{SqlError, SqlState};

use super::value;

/// One setting.
#[derive(Debug)]
pub struct Definition {
    /// Name as SHOW prints it.
    pub name: &'static str,
    /// Built-in default.
    pub default: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Told to the client whenever it changes (ParameterStatus).
    pub reported: bool,
    /// One line for SHOW ALL.
    pub description: &'static str,
}

/// What values a setting takes.
#[derive(Debug)]
pub enum Kind {
    /// on or off.
    Bool,
    /// A whole number in a range.
    Int(i64, i64),
    /// Milliseconds, with a unit: ms, s, min, h, d.
    Duration,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
    /// A value with rules of its own: the function answers it in its canonical form.
    Checked(fn(&str) -> Result<String, SqlError>),
    /// A word of which only this one is supported: others are refused with 0A000.
    Only(&'static str),
    /// Fixed when the server was built or started.
    Fixed,
}

const LEVELS: &[&str] = &["serializable", "repeatable read", "read committed", "read uncommitted"];
const SEVERITIES: &[&str] =
    &["debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "info", "notice", "warning", "error"];

const fn setting(name: &'static str, default: &'static str, kind: Kind, description: &'static str) -> Definition {
    Definition { name, default, kind, reported: false, description }
}

const fn reported(name: &'static str, default: &'static str, kind: Kind, description: &'static str) -> Definition {
    Definition { name, default, kind, reported: true, description }
}

static DEFINITIONS: &[Definition] = &[
    reported("application_name", "", Kind::Text, "The application's name, for the logs."),
    setting(
        "authentication_timeout",
        "1min",
        Kind::Fixed,
        "Longest time to authenticate (instance.pg.authentication_timeout).",
    ),
    setting("bytea_output", "hex", Kind::Enum(&["hex", "escape"]), "Output form of bytea."),
    setting(
        "cairn.executor",
        "auto",
        Kind::Enum(&["auto", "short", "analytics"]),
        "Which back end runs queries (for tests).",
    ),
    setting("check_function_bodies", "on", Kind::Bool, "No effect: there are no SQL functions."),
    reported("client_encoding", "UTF8", Kind::Checked(value::client_encoding), "The client's encoding."),
    setting("client_min_messages", "notice", Kind::Enum(SEVERITIES), "The least severe messages that are sent."),
    reported("DateStyle", "ISO, MDY", Kind::Checked(value::check_date_style), "Form of dates."),
    setting("default_table_access_method", "memtx", Kind::Text, "The engine of tables created without USING."),
    setting("default_tablespace", "", Kind::Only(""), "Tablespaces are not supported."),
    setting("default_transaction_deferrable", "off", Kind::Bool, "Deferrable status of new transactions."),
    setting(
        "default_transaction_isolation",
        "serializable",
        Kind::Enum(LEVELS),
        "Isolation level of new transactions.",
    ),
    reported("default_transaction_read_only", "off", Kind::Bool, "Read-only status of new transactions."),
    setting("escape_string_warning", "on", Kind::Bool, "No effect: backslashes in plain literals are literal."),
    setting("extra_float_digits", "1", Kind::Int(-15, 3), "Digits of floating-point output."),
    setting("idle_in_transaction_session_timeout", "0", Kind::Duration, "Ends sessions idle in a transaction."),
    reported("in_hot_standby", "off", Kind::Fixed, "Never a standby."),
    reported("integer_datetimes", "on", Kind::Fixed, "Times are 64-bit integers."),
    reported("IntervalStyle", "postgres", Kind::Checked(value::check_interval_style), "Form of intervals."),
    reported("is_superuser", "on", Kind::Fixed, "The first user may do everything."),
    setting("lc_collate", "C", Kind::Fixed, "Text is ordered by bytes."),
    setting("lc_ctype", "C.UTF-8", Kind::Fixed, "Character classes are Unicode's."),
    setting("lc_messages", "C", Kind::Only("C"), "Messages are in English."),
    setting("lc_monetary", "C", Kind::Only("C"), "Form of amounts."),
    setting("lc_numeric", "C", Kind::Only("C"), "Form of numbers in to_char."),
    setting("lc_time", "C", Kind::Only("C"), "Form of times in to_char."),
    setting("lock_timeout", "0", Kind::Duration, "Longest wait for a lock; 0: for ever."),
    setting("max_connections", "1000", Kind::Fixed, "Most sessions at a time (instance.pg.connections_max)."),
    setting("max_identifier_length", "63", Kind::Fixed, "Longest name in bytes."),
    setting("max_index_keys", "32", Kind::Fixed, "Most columns of an index."),
    setting("row_security", "on", Kind::Bool, "No effect: there are no row security policies."),
    setting("search_path", "\"$user\", public", Kind::Checked(value::check_search_path), "Where names are looked up."),
    reported("server_encoding", "UTF8", Kind::Fixed, "The database's encoding."),
    reported("server_version", "15.18 (Cairn 0.1.0)", Kind::Fixed, "The PostgreSQL version that Cairn behaves as."),
    setting("server_version_num", "150018", Kind::Fixed, "The same as a number."),
    reported("session_authorization", "", Kind::Fixed, "The user of this session."),
    setting("session_replication_role", "origin", Kind::Only("origin"), "Triggers do not exist."),
    reported("standard_conforming_strings", "on", Kind::Only("on"), "Backslashes in plain literals are literal."),
    setting("statement_timeout", "0", Kind::Duration, "Longest run of a statement; 0: for ever."),
    setting("synchronous_commit", "on", Kind::Only("on"), "Commits are answered when durable; see --durability."),
    setting("temp_tablespaces", "", Kind::Only(""), "Tablespaces are not supported."),
    reported("TimeZone", "UTC", Kind::Checked(value::check_zone), "Time zone of timestamptz input and output."),
    setting("transaction_isolation", "serializable", Kind::Fixed, "Isolation level of this transaction."),
    setting("transaction_read_only", "off", Kind::Fixed, "Read-only status of this transaction."),
    setting("transaction_deferrable", "off", Kind::Fixed, "Deferrable status of this transaction."),
    setting("xmloption", "content", Kind::Only("content"), "XML is not supported."),
];

/// All settings, by name.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    DEFINITIONS.iter()
}

/// The setting of this name, whatever its case.
pub fn definition(name: &str) -> Option<&'static Definition> {
    let name = match name.to_ascii_lowercase().as_str() {
        "time zone" => "TimeZone",
        _ => name,
    };
    DEFINITIONS.iter().find(|definition| definition.name.eq_ignore_ascii_case(name))
}

impl Definition {
    /// May SET change it?
    pub fn writable(&self) -> Result<&Self, SqlError> {
        match self.kind {
            Kind::Fixed => Err(SqlError::new(
                SqlState::CANT_CHANGE_RUNTIME_PARAM,
                format!("parameter \"{}\" cannot be changed", self.name),
            )),
            _ => Ok(self),
        }
    }

    /// `vartype` and `enumvals` of pg_settings.
    pub(crate) fn shape(&self) -> (&'static str, &'static [&'static str]) {
        match self.kind {
            Kind::Bool => ("bool", &[]),
            Kind::Int(..) | Kind::Duration => ("integer", &[]),
            Kind::Enum(words) => ("enum", words),
            Kind::Text | Kind::Checked(_) | Kind::Only(_) | Kind::Fixed => ("string", &[]),
        }
    }

    /// The value in canonical form, or why it is none.
    pub fn check(&self, text: &str) -> Result<String, SqlError> {
        match self.kind {
            Kind::Bool => value::boolean(text).map(|on| if on { "on" } else { "off" }.to_owned()).ok_or_else(|| {
                SqlError::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("parameter \"{}\" requires a Boolean value", self.name),
                )
            }),
            Kind::Int(min, max) => self.integer(text, min, max),
            Kind::Duration => parse_for(self, text),
            Kind::Enum(words) => self.word(text, words),
            Kind::Text | Kind::Fixed => Ok(text.to_owned()),
            Kind::Checked(check) => check(text),
            Kind::Only(word) if text.eq_ignore_ascii_case(word) => Ok(word.to_owned()),
            Kind::Only(word) if value::boolean(word).is_some() && value::boolean(word) == value::boolean(text) => {
                Ok(word.to_owned())
            }
            Kind::Only(_) => Err(SqlError::unsupported(format!("{} = '{text}'", self.name))),
        }
    }

    fn integer(&self, text: &str, min: i64, max: i64) -> Result<String, SqlError> {
        let number: i64 = text.trim().parse().map_err(|_| self.invalid(text))?;
        if (min..=max).contains(&number) {
            return Ok(number.to_string());
        }
        Err(SqlError::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("{number} is outside the valid range for parameter \"{}\" ({min} .. {max})", self.name),
        ))
    }

    fn word(&self, text: &str, words: &[&str]) -> Result<String, SqlError> {
        let found = words.iter().find(|word| word.eq_ignore_ascii_case(text.trim()));
        found.map(|word| (*word).to_owned()).ok_or_else(|| {
            // PostgreSQL shows the name of such a setting as SET folds it.
            let message = format!("invalid value for parameter \"{}\": \"{text}\"", self.name.to_lowercase());
            let shown: Vec<&str> = words.iter().copied().filter(|word| !matches!(*word, "debug" | "info")).collect();
            let hint = format!("Available values: {}.", shown.join(", "));
            SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message).hint(hint)
        })
    }

    fn invalid(&self, text: &str) -> SqlError {
        SqlError::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"{}\": \"{text}\"", self.name),
        )
    }
}

fn parse_for(definition: &Definition, text: &str) -> Result<String, SqlError> {
    let number = text.trim().trim_start_matches(['-', '+']);
    if text.trim().starts_with('-') && number.parse::<u64>().is_ok() {
        let message =
            format!("-{number} ms is outside the valid range for parameter \"{}\" (0 .. 2147483647)", definition.name);
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    let ms = value::parse_duration_ms(text).map_err(|_| {
        let error = definition.invalid(text);
        match number.starts_with(|first: char| first.is_ascii_digit()) {
            true => error.hint("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."),
            false => error,
        }
    })?;
    Ok(value::show_duration_ms(ms))
}
