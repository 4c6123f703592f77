//! The configuration, and how assignments make it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::keys::KEYS;
use crate::yaml;

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of the cluster.
    pub cluster_name: String,
    /// Name of this instance.
    pub instance_name: String,
    /// Tier of this instance.
    pub tier: String,
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// No disk at all: `data_dir` is not touched.
    pub memory: bool,
    /// Instances in this process.
    pub cores: usize,
    /// Address for PostgreSQL clients.
    pub pg_listen: SocketAddr,
    /// Directories for Unix sockets.
    pub pg_socket_dirs: Vec<PathBuf>,
    /// How clients prove who they are.
    pub pg_auth: AuthMethod,
    /// The first user.
    pub pg_user: String,
    /// That user's password.
    pub pg_password: Option<String>,
    /// Certificate and key; `None`: no TLS.
    pub pg_tls: Option<TlsFiles>,
    /// Most connections at a time.
    pub pg_connections_max: usize,
    /// From connecting to the end of authentication.
    pub pg_authentication_timeout: Duration,
    /// How long the core looks for a client's next message before it sleeps.
    pub pg_busy_poll: Duration,
    /// Address for other instances, if one was asked for.
    pub iproto_listen: Option<String>,
    /// What a commit waits for.
    pub durability: Durability,
    /// Bytes of a log segment.
    pub log_segment_bytes: u64,
    /// How the log writes.
    pub log_device: LogDevice,
    /// Checkpoint after this many bytes of log.
    pub checkpoint_log_bytes: u64,
    /// Checkpoint at least this often; 0: only by log.
    pub checkpoint_seconds: u64,
    /// Most bytes for memtx tables; 0: half of the machine's.
    pub memtx_memory: u64,
    /// Bytes of the block cache of vinyl.
    pub vinyl_cache: u64,
    /// Bytes of the memory table of vinyl.
    pub vinyl_write_buffer: u64,
    /// Threads for large queries; 0: one per processor.
    pub analytics_threads: usize,
    /// Most bytes for one large query.
    pub analytics_memory: u64,
    /// How large queries compete for a processor.
    pub analytics_priority: Priority,
    /// Filter of the server's own log.
    pub trace_level: String,
    /// Its form.
    pub trace_format: TraceFormat,
    /// How transactions are validated.
    pub validation: Validation,
    /// Defaults of SQL settings: (name, value).
    pub settings: Vec<(String, String)>,
}

/// How clients prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// They need not.
    Trust,
    /// By password, SCRAM-SHA-256.
    Scram,
}

/// Certificate and key, PEM.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TlsFiles {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The disk: it survives a loss of power.
    Sync,
    /// The operating system: it survives a crash of the process.
    Os,
    /// Nothing.
    None,
}

/// How the threads for large queries compete for a processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Priority {
    /// With a tenth of the weight of other threads.
    Low,
    /// When nothing else wants it.
    Idle,
}

/// How the log writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogDevice {
    /// io_uring where the kernel allows it.
    Auto,
    /// io_uring or an error.
    Uring,
    /// A thread with `pwrite` and `fdatasync`.
    Portable,
}

/// How transactions are validated; everything but `Full` is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Rows and ranges.
    Full,
    /// Rows only: phantoms pass.
    RowsOnly,
    /// Not at all.
    None,
}

/// Form of the server's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// For people.
    Plain,
    /// For programs.
    Json,
}

/// Why a configuration is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No key has this path, or no environment variable this name.
    #[error("unknown configuration key \"{key}\" in {source_name}{}", hint(.nearest))]
    UnknownKey {
        /// What was written.
        key: String,
        /// Where.
        source_name: String,
        /// The most similar name that exists.
        nearest: Option<String>,
    },
    /// A key's own check refuses the value.
    #[error("bad value \"{value}\" for {key} in {source_name}: {reason}")]
    BadValue {
        /// The key's path.
        key: String,
        /// What was written.
        value: String,
        /// Where.
        source_name: String,
        /// What the key takes.
        reason: String,
    },
    /// The file cannot be read, or is no mapping of keys to values.
    #[error("cannot read configuration file {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Values that do not go together. The text is for the user.
    #[error("{0}")]
    Conflict(String),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|key| format!(", did you mean \"{key}\"?")).unwrap_or_default()
}

/// Says whether a SQL setting takes a value, and why not.
pub type SettingCheck<'a> = dyn Fn(&str, &str) -> Result<(), String> + 'a;

/// One value from one source.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The key's path.
    pub key: String,
    /// The value as text.
    pub value: String,
    /// For messages: "command line", "environment variable X", "file Y".
    pub source: String,
}

impl Config {
    /// The built-in defaults.
    pub fn defaults() -> Self {
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
            pg_busy_poll: Duration::ZERO,
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

    /// Builds a configuration: the file's assignments, then the environment's, then the command line's. `check` knows the SQL
    /// settings, whose defaults stand under `settings`.
    pub fn from_sources(
        file: Option<&std::path::Path>,
        environment: impl Iterator<Item = (String, String)>,
        command_line: Vec<Assignment>,
        check: &SettingCheck<'_>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::defaults();
        let mut assignments = file.map(yaml::read).transpose()?.unwrap_or_default();
        assignments.extend(from_environment(environment)?);
        assignments.extend(command_line);
        for assignment in &assignments {
            config.assign(assignment, check)?;
        }
        config.check()?;
        Ok(config)
    }

    fn assign(&mut self, assignment: &Assignment, check: &SettingCheck<'_>) -> Result<(), ConfigError> {
        let Assignment { key, value, source } = assignment;
        let bad_value = |reason| ConfigError::BadValue {
            key: key.clone(),
            value: value.clone(),
            source_name: source.clone(),
            reason,
        };
        if let Some(name) = key.strip_prefix("settings.") {
            check(name, value).map_err(bad_value)?;
            self.settings.push((name.to_owned(), value.clone()));
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
fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = names.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.8).then(|| best.1.to_owned())
}

/// The defaults as a YAML file with a comment for each key.
pub fn default_yaml() -> String {
    yaml::write(KEYS)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
