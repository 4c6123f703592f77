//! Configuration: one table of keys, four sources, each overriding the one before:
//! built-in default < YAML file < environment < command line.
//!
//! The keys and their names follow Picodata's, so that its users' files work. A key that does not exist is refused with
//! the nearest one that does; a key that stands for something Cairn does not do yet is refused unless it asks for nothing.

mod keys;
mod size;
mod yaml;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cairn_sql_session::settings::Settings;

pub(crate) use keys::{KEYS, Key};

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) cluster_name: String,
    pub(crate) instance_name: String,
    pub(crate) tier: String,
    pub(crate) data_dir: PathBuf,
    /// No disk at all: `data_dir` is not touched.
    pub(crate) memory: bool,
    pub(crate) cores: usize,
    pub(crate) pg_listen: SocketAddr,
    pub(crate) pg_socket_dirs: Vec<PathBuf>,
    pub(crate) pg_auth: AuthMethod,
    pub(crate) pg_user: String,
    pub(crate) pg_password: Option<String>,
    pub(crate) pg_tls: Option<TlsFiles>,
    pub(crate) pg_connections_max: usize,
    pub(crate) pg_authentication_timeout: Duration,
    pub(crate) iproto_listen: Option<String>,
    pub(crate) durability: Durability,
    pub(crate) log_segment_bytes: u64,
    pub(crate) log_device: LogDevice,
    pub(crate) checkpoint_log_bytes: u64,
    pub(crate) checkpoint_seconds: u64,
    pub(crate) memtx_memory: u64,
    pub(crate) vinyl_cache: u64,
    pub(crate) vinyl_write_buffer: u64,
    pub(crate) analytics_threads: usize,
    pub(crate) analytics_memory: u64,
    pub(crate) analytics_priority: Priority,
    pub(crate) trace_level: String,
    pub(crate) trace_format: TraceFormat,
    pub(crate) validation: Validation,
    /// Defaults of SQL settings: (name, value).
    pub(crate) settings: Vec<(String, String)>,
}

/// How clients prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthMethod {
    Trust,
    Scram,
}

/// Certificate and key, PEM.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    Sync,
    Os,
    None,
}

/// How the threads for large queries compete for a processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Priority {
    /// With a tenth of the weight of other threads.
    Low,
    /// When nothing else wants it.
    Idle,
}

/// How the log writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogDevice {
    Auto,
    Uring,
    Portable,
}

/// How transactions are validated; everything but `Full` is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    Full,
    RowsOnly,
    None,
}

/// Form of the server's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TraceFormat {
    Plain,
    Json,
}

/// Why a configuration is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("unknown configuration key \"{key}\" in {source_name}{}", hint(.nearest))]
    UnknownKey { key: String, source_name: String, nearest: Option<String> },
    #[error("bad value \"{value}\" for {key} in {source_name}: {reason}")]
    BadValue { key: String, value: String, source_name: String, reason: String },
    #[error("cannot read configuration file {path}: {reason}")]
    File { path: PathBuf, reason: String },
    #[error("{0}")]
    Conflict(String),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|key| format!(", did you mean \"{key}\"?")).unwrap_or_default()
}

/// One value from one source.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: String,
    /// For messages: "command line", "environment variable X", "file Y".
    pub(crate) source: String,
}

impl Config {
    /// The built-in defaults.
    pub(crate) fn defaults() -> Self {
        let mut config = Self {
            cluster_name: String::new(),
            instance_name: String::new(),
            tier: String::new(),
            data_dir: PathBuf::new(),
            memory: false,
            cores: 1,
            pg_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            pg_socket_dirs: Vec::new(),
            pg_auth: AuthMethod::Trust,
            pg_user: String::new(),
            pg_password: None,
            pg_tls: None,
            pg_connections_max: 0,
            pg_authentication_timeout: Duration::ZERO,
            iproto_listen: None,
            durability: Durability::Sync,
            log_segment_bytes: 0,
            log_device: LogDevice::Auto,
            checkpoint_log_bytes: 0,
            checkpoint_seconds: 0,
            memtx_memory: 0,
            vinyl_cache: 0,
            vinyl_write_buffer: 0,
            analytics_threads: 0,
            analytics_memory: 0,
            analytics_priority: Priority::Low,
            trace_level: String::new(),
            trace_format: TraceFormat::Plain,
            validation: Validation::Full,
            settings: Vec::new(),
        };
        for key in KEYS {
            (key.set)(&mut config, key.default).expect("the built-in defaults are valid");
        }
        config
    }

    /// Builds a configuration: the file's assignments, then the environment's, then the command line's.
    pub(crate) fn from_sources(
        file: Option<&std::path::Path>,
        environment: impl Iterator<Item = (String, String)>,
        command_line: Vec<Assignment>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::defaults();
        let mut assignments = file.map(yaml::read).transpose()?.unwrap_or_default();
        assignments.extend(from_environment(environment)?);
        assignments.extend(command_line);
        for assignment in &assignments {
            config.assign(assignment)?;
        }
        config.check()?;
        Ok(config)
    }

    fn assign(&mut self, assignment: &Assignment) -> Result<(), ConfigError> {
        let Assignment { key, value, source } = assignment;
        let bad_value = |reason| ConfigError::BadValue {
            key: key.clone(),
            value: value.clone(),
            source_name: source.clone(),
            reason,
        };
        if let Some(name) = key.strip_prefix("settings.") {
            let setting = [(name.to_owned(), value.clone())];
            Settings::new(&setting).map_err(|error| bad_value(error.fields().message.clone()))?;
            self.settings.extend(setting);
            return Ok(());
        }
        let known = KEYS.iter().find(|known| known.path == key || known.aliases.contains(&key.as_str()));
        let Some(known) = known else {
            return Err(ConfigError::UnknownKey {
                key: key.clone(),
                source_name: source.clone(),
                nearest: nearest(key),
            });
        };
        (known.set)(self, value).map_err(bad_value)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.pg_auth == AuthMethod::Scram && self.pg_password.is_none() {
            return Err(ConfigError::Conflict(
                "instance.pg.auth is scram-sha-256, but instance.pg.password is not set".to_owned(),
            ));
        }
        if self.validation != Validation::Full && !self.memory {
            return Err(ConfigError::Conflict(
                "instance.debug.validation breaks transactions, so it needs instance.memory: no data on disk is exposed to it"
                    .to_owned(),
            ));
        }
        if let Some(tls) = &self.pg_tls
            && (tls.certificate.as_os_str().is_empty() || tls.key.as_os_str().is_empty())
        {
            return Err(ConfigError::Conflict(
                "TLS needs both instance.pg.tls_certificate and instance.pg.tls_key".to_owned(),
            ));
        }
        Ok(())
    }
}

/// `CAIRN_PG_LISTEN=...`; a variable that begins with CAIRN_ and names nothing is refused.
fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Result<Vec<Assignment>, ConfigError> {
    let mut assignments = Vec::new();
    for (name, value) in variables.filter(|(name, _)| name.starts_with("CAIRN_")) {
        // Read by the command line and by tests, not configuration.
        if matches!(name.as_str(), "CAIRN_CONFIG_FILE" | "CAIRN_SEED" | "CAIRN_BIN" | "CAIRN_PSQL") {
            continue;
        }
        let source = format!("environment variable {name}");
        match KEYS.iter().find(|key| key.env == name) {
            Some(key) => assignments.push(Assignment { key: key.path.to_owned(), value, source }),
            None => {
                let names = KEYS.iter().map(|key| key.env);
                return Err(ConfigError::UnknownKey {
                    nearest: closest(&name, names),
                    key: name,
                    source_name: "the environment".to_owned(),
                });
            }
        }
    }
    Ok(assignments)
}

fn nearest(key: &str) -> Option<String> {
    closest(key, KEYS.iter().flat_map(|known| std::iter::once(known.path).chain(known.aliases.iter().copied())))
}

/// The most similar name, if it is similar at all.
pub(crate) fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = names.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.8).then(|| best.1.to_owned())
}

/// The defaults as a YAML file with a comment for each key.
pub(crate) fn default_yaml() -> String {
    yaml::write(KEYS)
}

#[cfg(test)]
mod tests;
