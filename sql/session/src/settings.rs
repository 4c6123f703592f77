//! Settings (PostgreSQL's run-time parameters): what exists, what values they take, and their scopes: the server's
//! default, the session's SET, the transaction's SET LOCAL.

use cairn_sql_types::kernel::EvalSettings;
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::{Access, Isolation};
use rustc_hash::FxHashMap;

mod table;
mod value;

pub use table::{Definition, Kind, definition, definitions};
pub use value::parse_duration_ms;
pub(crate) use value::{parse_boolean, parse_isolation, show_duration_ms};

/// Which back end runs a query: the debug setting `cairn.executor`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Executor {
    /// The short executor where it can, analytics otherwise.
    #[default]
    Auto,
    /// The short executor or an error.
    Short,
    /// Analytics or an error.
    Analytics,
}

/// The settings that statements look at, decoded. Kept in step with the texts by [`Settings::set`].
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Kernel settings.
    pub eval: EvalSettings,
    /// `search_path`.
    pub search_path: Vec<String>,
    /// `default_transaction_isolation`.
    pub isolation: Isolation,
    /// `default_transaction_read_only`.
    pub read_only: bool,
    /// `lock_timeout` in milliseconds, 0: none.
    pub lock_timeout_ms: u64,
    /// `statement_timeout` in milliseconds, 0: none.
    pub statement_timeout_ms: u64,
    /// `idle_in_transaction_session_timeout` in milliseconds, 0: none.
    pub idle_in_transaction_timeout_ms: u64,
    /// `default_table_access_method`.
    pub engine: String,
    /// `client_min_messages`.
    pub min_messages: crate::client::Severity,
    /// `cairn.executor`.
    pub executor: Executor,
}

/// One session's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    defaults: FxHashMap<&'static str, String>,
    session: FxHashMap<String, String>,
    decoded: Decoded,
    /// Values to return to: at the end of the transaction (LOCAL), or when it fails (SET).
    undo: Vec<Undo>,
}

#[derive(Clone, Debug)]
struct Undo {
    name: String,
    before: Option<String>,
    local: bool,
}

/// A place in a transaction to which settings can return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingsMark(usize);

impl Settings {
    /// The built-in defaults, then the server's own (from its configuration).
    pub fn new(server: &[(String, String)]) -> Result<Self, SqlError> {
        let defaults = definitions().map(|definition| (definition.name, definition.default.to_owned())).collect();
        let mut settings =
            Self { defaults, session: FxHashMap::default(), decoded: Decoded::initial(), undo: Vec::new() };
        for (name, value) in server {
            settings.set_default(name, value)?;
        }
        Ok(settings)
    }

    /// Changes a default: from the server's configuration or the client's start-up packet. RESET returns to it.
    pub fn set_default(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        match definition(name) {
            Some(definition) => {
                let value = definition.writable()?.check(value)?;
                self.decoded.apply(definition.name, &value)?;
                self.defaults.insert(definition.name, value);
            }
            None => {
                check_custom_name(name)?;
                self.session.insert(name.to_lowercase(), value.to_owned());
            }
        }
        Ok(())
    }

    /// Sets a setting that only the server may set.
    pub(crate) fn fix(&mut self, name: &'static str, value: &str) {
        self.defaults.insert(name, value.to_owned());
    }

    /// All values by name, settings of other classes included.
    pub(crate) fn all_values(&self) -> FxHashMap<String, String> {
        let mut values: FxHashMap<String, String> =
            self.all().into_iter().map(|(definition, value)| (definition.name.to_owned(), value)).collect();
        values.extend(self.session.iter().map(|(name, value)| (name.clone(), value.clone())));
        values
    }

    /// The decoded settings.
    pub fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// The kernel settings, to stamp a statement's times into.
    pub fn eval_mut(&mut self) -> &mut EvalSettings {
        &mut self.decoded.eval
    }

    /// `SHOW name`.
    pub fn get(&self, name: &str) -> Result<String, SqlError> {
        let lower = name.to_lowercase();
        let known = definition(name).map(|definition| definition.name);
        let value =
            self.session.get(known.unwrap_or(&lower)).or_else(|| known.and_then(|name| self.defaults.get(name)));
        value.cloned().ok_or_else(|| unknown(name))
    }

    /// All settings with their values, by name.
    pub fn all(&self) -> Vec<(&'static Definition, String)> {
        let mut all: Vec<_> =
            definitions().map(|definition| (definition, self.get(definition.name).unwrap_or_default())).collect();
        all.sort_by_key(|(definition, _)| definition.name.to_lowercase());
        all
    }

    /// `SET [LOCAL] name TO value`; `None`: TO DEFAULT. Answers the name and value to report to the client, where the
    /// setting is one that clients follow and it changed.
    pub fn set(
        &mut self,
        name: &str,
        value: Option<&str>,
        local: bool,
    ) -> Result<Option<(&'static str, String)>, SqlError> {
        let definition = definition(name);
        let key = match definition {
            Some(definition) => definition.writable()?.name.to_owned(),
            None => check_custom_name(name)?,
        };
        let value = match (definition, value) {
            (Some(definition), Some(value)) => Some(definition.check(value)?),
            (_, value) => value.map(str::to_owned),
        };
        let before = self.session.get(&key).cloned();
        self.store(&key, value)?;
        self.undo.push(Undo { name: key.clone(), before: before.clone(), local });
        let Some(definition) = definition.filter(|definition| definition.reported) else { return Ok(None) };
        let now = self.get(&key)?;
        let was = before.unwrap_or_else(|| self.defaults[definition.name].clone());
        Ok((now != was).then_some((definition.name, now)))
    }

    /// `RESET ALL`.
    pub fn reset_all(&mut self) -> Result<Vec<(&'static str, String)>, SqlError> {
        let names: Vec<String> = self.session.keys().cloned().collect();
        let mut reports = Vec::new();
        for name in names {
            if definition(&name).is_none_or(|definition| definition.writable().is_ok()) {
                reports.extend(self.set(&name, None, false)?);
            }
        }
        Ok(reports)
    }

    /// Where a transaction or savepoint begins.
    pub fn mark(&self) -> SettingsMark {
        SettingsMark(self.undo.len())
    }

    /// A transaction ended: LOCAL values end, the others stay if it committed.
    pub fn end_transaction(&mut self, committed: bool) -> Vec<(&'static str, String)> {
        self.unwind(SettingsMark(0), |undo| undo.local || !committed)
    }

    /// A savepoint was rolled back to.
    pub fn rollback_to(&mut self, mark: SettingsMark) -> Vec<(&'static str, String)> {
        self.unwind(mark, |_| true)
    }

    fn unwind(&mut self, mark: SettingsMark, take_back: impl Fn(&Undo) -> bool) -> Vec<(&'static str, String)> {
        let mut reports = Vec::new();
        for undo in self.undo.split_off(mark.0.min(self.undo.len())).into_iter().rev() {
            if !take_back(&undo) {
                continue;
            }
            self.store(&undo.name, undo.before).expect("a value that was in force is valid");
            if let Some(definition) = definition(&undo.name).filter(|definition| definition.reported) {
                reports.push((definition.name, self.get(definition.name).unwrap_or_default()));
            }
        }
        reports
    }

    fn store(&mut self, key: &str, value: Option<String>) -> Result<(), SqlError> {
        let effective = value.as_ref().or_else(|| self.defaults.get(key));
        if let Some(effective) = effective {
            self.decoded.apply(key, effective)?;
        }
        match value {
            Some(value) => self.session.insert(key.to_owned(), value),
            None => self.session.remove(key),
        };
        Ok(())
    }
}

/// Settings that Cairn does not know are accepted with a dot in their name, as in PostgreSQL.
fn check_custom_name(name: &str) -> Result<String, SqlError> {
    match name.split_once('.') {
        Some(("cairn", _)) => Err(unknown(name)),
        Some((class, rest)) if !class.is_empty() && !rest.is_empty() => Ok(name.to_lowercase()),
        _ => Err(unknown(name)),
    }
}

/// 42704; 0A000 for a setting that PostgreSQL has and Cairn has not.
fn unknown(name: &str) -> SqlError {
    let lower = name.to_lowercase();
    if include_str!("settings/unsupported.txt").lines().any(|line| line == lower) {
        return SqlError::unsupported(format!("configuration parameter \"{lower}\""));
    }
    SqlError::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
}

impl Decoded {
    /// What transactions may do by default.
    pub(crate) fn access(&self) -> Access {
        if self.read_only { Access::ReadOnly } else { Access::ReadWrite }
    }

    fn initial() -> Self {
        Self {
            eval: EvalSettings::default(),
            search_path: vec!["$user".to_owned(), "public".to_owned()],
            isolation: Isolation::Serializable,
            read_only: false,
            lock_timeout_ms: 0,
            statement_timeout_ms: 0,
            idle_in_transaction_timeout_ms: 0,
            engine: "memtx".to_owned(),
            min_messages: crate::client::Severity::Notice,
            executor: Executor::Auto,
        }
    }

    /// Decodes a checked value.
    fn apply(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        match name {
            "TimeZone" => self.eval.time_zone = value::zone(value)?,
            "DateStyle" => self.eval.date_style = value::date_style(value)?,
            "IntervalStyle" => self.eval.interval_style = value::interval_style(value)?,
            "extra_float_digits" => self.eval.extra_float_digits = value.parse().unwrap_or(1),
            "bytea_output" => self.eval.bytea_hex = value == "hex",
            "search_path" => self.search_path = value::name_list(value),
            "default_transaction_isolation" => self.isolation = value::isolation(value)?,
            "default_transaction_read_only" => self.read_only = value == "on",
            "lock_timeout" => self.lock_timeout_ms = parse_duration_ms(value)?,
            "statement_timeout" => self.statement_timeout_ms = parse_duration_ms(value)?,
            "idle_in_transaction_session_timeout" => self.idle_in_transaction_timeout_ms = parse_duration_ms(value)?,
            "default_table_access_method" => self.engine = value.to_owned(),
            "client_min_messages" => self.min_messages = value::severity(value),
            "cairn.executor" => self.executor = value::executor(value),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
