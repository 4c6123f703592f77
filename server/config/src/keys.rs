//! The keys: path in the YAML file, environment variable, default, meaning.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{AuthMethod, Config, Durability, LogDevice, Priority, TlsFiles, TraceFormat, Validation};
use crate::size::parse_bytes;

/// One key.
pub(crate) struct Key {
    pub(crate) path: &'static str,
    /// Other paths that mean the same (Picodata's older names).
    pub(crate) aliases: &'static [&'static str],
    pub(crate) env: &'static str,
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    /// Not in the default file: nobody who has data shall set it.
    pub(crate) hidden: bool,
    /// Checks and stores a value.
    pub(crate) set: fn(&mut Config, &str) -> Result<(), String>,
}

const fn key(
    path: &'static str,
    env: &'static str,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Config, &str) -> Result<(), String>,
) -> Key {
    Key { path, aliases: &[], env, default, help, hidden: false, set }
}

impl Key {
    const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(text: &str, min: T, max: T) -> Result<T, String> {
    let number: T = text.trim().parse().map_err(|_| "not a whole number".to_owned())?;
    if number < min || number > max { Err(format!("must be from {min} to {max}")) } else { Ok(number) }
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "on" | "yes" | "1" => Ok(true),
        "false" | "off" | "no" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn name(text: &str) -> Result<String, String> {
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > 63 || !text.chars().all(valid) {
        return Err("must be 1 to 63 letters, digits, '_', '-' or '.'".to_owned());
    }
    Ok(text.to_owned())
}

fn bytes(text: &str, min: u64) -> Result<u64, String> {
    let bytes = parse_bytes(text)?;
    if bytes < min { Err(format!("must be at least {min} bytes")) } else { Ok(bytes) }
}

fn nothing_but(text: &str, only: &[&str], what: &str) -> Result<(), String> {
    if only.contains(&text.trim()) { Ok(()) } else { Err(format!("{what} is not supported yet")) }
}

const MIB: u64 = 1 << 20;

/// All keys, in the order of the default file.
pub(crate) const KEYS: &[Key] = &[
    key("cluster.name", "CAIRN_CLUSTER_NAME", "demo", "Name of the cluster.", |config, text| {
        name(text).map(|name| config.cluster_name = name)
    })
    .alias(&["cluster.cluster_id"]),
    key(
        "cluster.default_replication_factor",
        "CAIRN_INIT_REPLICATION_FACTOR",
        "1",
        "Copies of each bucket. More than 1 needs replication, which is not there yet.",
        |_, text| nothing_but(text, &["1"], "a replication factor above 1"),
    ),
    key("instance.name", "CAIRN_INSTANCE_NAME", "i1", "Name of this instance.", |config, text| {
        name(text).map(|name| config.instance_name = name)
    })
    .alias(&["instance.instance_id"]),
    key("instance.tier", "CAIRN_TIER", "default", "Tier that this instance belongs to.", |config, text| {
        name(text).map(|name| config.tier = name)
    }),
    key("instance.instance_dir", "CAIRN_DATA_DIR", "./cairn-data", "Where data is kept.", |config, text| {
        if text.is_empty() {
            return Err("must not be empty".to_owned());
        }
        config.data_dir = PathBuf::from(text);
        Ok(())
    })
    .alias(&["instance.data_dir"]),
    key(
        "instance.memory",
        "CAIRN_MEMORY",
        "false",
        "Run without disk: everything is gone at the end.",
        |config, text| boolean(text).map(|memory| config.memory = memory),
    ),
    key(
        "instance.cores",
        "CAIRN_CORES",
        "1",
        "Instances in this process. More than 1 needs replication.",
        |config, text| nothing_but(text, &["1"], "more than one core per process").map(|()| config.cores = 1),
    ),
    key("instance.failure_domain", "CAIRN_FAILURE_DOMAIN", "", "key=value, ... ; needs replication.", |_, text| {
        nothing_but(text, &["", "{}"], "a failure domain")
    }),
    key("instance.peer", "CAIRN_PEER", "", "Instances to join; needs replication.", |_, text| {
        nothing_but(text, &["", "[]"], "joining a cluster")
    }),
    key(
        "instance.iproto.listen",
        "CAIRN_IPROTO_LISTEN",
        "127.0.0.1:3301",
        "Address for other instances. Nothing listens there before replication is there.",
        |config, text| {
            config.iproto_listen = Some(text.to_owned()).filter(|text| text != "127.0.0.1:3301");
            Ok(())
        },
    )
    .alias(&["instance.listen", "instance.iproto_listen"]),
    key("instance.http_listen", "CAIRN_HTTP_LISTEN", "", "Address of the web page; not there yet.", |_, text| {
        nothing_but(text, &[""], "the web page")
    }),
    key(
        "instance.pg.listen",
        "CAIRN_PG_LISTEN",
        "127.0.0.1:4327",
        "Address for PostgreSQL clients.",
        |config, text| {
            let address = text.replace("localhost", "127.0.0.1");
            config.pg_listen = address.parse().map_err(|_| "must be address:port".to_owned())?;
            Ok(())
        },
    ),
    key(
        "instance.pg.socket_dirs",
        "CAIRN_PG_SOCKET_DIRS",
        "/var/run/postgresql,/tmp",
        "Directories for Unix sockets, separated by commas; those that can't be used are left out with a warning.",
        |config, text| {
            config.pg_socket_dirs =
                text.split(',').map(str::trim).filter(|dir| !dir.is_empty()).map(PathBuf::from).collect();
            Ok(())
        },
    ),
    key("instance.pg.auth", "CAIRN_PG_AUTH", "trust", "trust or scram-sha-256.", |config, text| {
        config.pg_auth = match text {
            "trust" => AuthMethod::Trust,
            "scram-sha-256" => AuthMethod::Scram,
            _ => return Err("must be trust or scram-sha-256".to_owned()),
        };
        Ok(())
    }),
    key("instance.pg.user", "CAIRN_PG_USER", "postgres", "The first user, for scram-sha-256.", |config, text| {
        config.pg_user = text.to_owned();
        Ok(())
    }),
    key("instance.pg.password", "CAIRN_PG_PASSWORD", "", "That user's password.", |config, text| {
        config.pg_password = Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(())
    }),
    key(
        "instance.pg.tls_certificate",
        "CAIRN_PG_TLS_CERTIFICATE",
        "",
        "Certificate chain (PEM) for TLS.",
        |config, text| {
            if !text.is_empty() {
                config.pg_tls.get_or_insert_with(TlsFiles::default).certificate = PathBuf::from(text);
            }
            Ok(())
        },
    ),
    key("instance.pg.tls_key", "CAIRN_PG_TLS_KEY", "", "Private key (PEM) for TLS.", |config, text| {
        if !text.is_empty() {
            config.pg_tls.get_or_insert_with(TlsFiles::default).key = PathBuf::from(text);
        }
        Ok(())
    }),
    key(
        "instance.pg.connections_max",
        "CAIRN_PG_CONNECTIONS_MAX",
        "1000",
        "Most connections at a time.",
        |config, text| number(text, 1, 100_000).map(|number| config.pg_connections_max = number),
    ),
    key(
        "instance.pg.authentication_timeout",
        "CAIRN_PG_AUTHENTICATION_TIMEOUT",
        "60",
        "Seconds that a client may take from connecting to the end of authentication.",
        |config, text| {
            number(text, 1, 600).map(|seconds| config.pg_authentication_timeout = Duration::from_secs(seconds))
        },
    ),
    key(
        "instance.pg.busy_poll",
        "CAIRN_PG_BUSY_POLL",
        "50",
        "Microseconds to look for a client's next message before the core sleeps; 0: not at all.",
        |config, text| number(text, 0, 1_000_000).map(|micros| config.pg_busy_poll = Duration::from_micros(micros)),
    ),
    key(
        "instance.durability",
        "CAIRN_DURABILITY",
        "sync",
        "What an answered commit survives: sync (power loss), os (a crash of cairn), none (nothing).",
        |config, text| {
            config.durability = match text {
                "sync" => Durability::Sync,
                "os" => Durability::Os,
                "none" => Durability::None,
                _ => return Err("must be sync, os or none".to_owned()),
            };
            Ok(())
        },
    ),
    key("instance.wal.segment_bytes", "CAIRN_WAL_SEGMENT_BYTES", "64M", "Size of a log segment.", |config, text| {
        bytes(text, MIB).map(|bytes| config.log_segment_bytes = bytes)
    }),
    key("instance.wal.device", "CAIRN_WAL_DEVICE", "auto", "auto, uring or portable.", |config, text| {
        config.log_device = match text {
            "auto" => LogDevice::Auto,
            "uring" => LogDevice::Uring,
            "portable" => LogDevice::Portable,
            _ => return Err("must be auto, uring or portable".to_owned()),
        };
        Ok(())
    }),
    key(
        "instance.checkpoint.log_bytes",
        "CAIRN_CHECKPOINT_LOG_BYTES",
        "1G",
        "Checkpoint after this much log.",
        |config, text| bytes(text, MIB).map(|bytes| config.checkpoint_log_bytes = bytes),
    ),
    key(
        "instance.checkpoint.seconds",
        "CAIRN_CHECKPOINT_SECONDS",
        "3600",
        "Checkpoint at least this often; 0: only by log.",
        |config, text| number(text, 0, 7 * 86_400).map(|number| config.checkpoint_seconds = number),
    ),
    key(
        "instance.memtx.memory",
        "CAIRN_MEMTX_MEMORY",
        "0",
        "Most memory for memtx tables; 0: half of the machine's.",
        |config, text| bytes(text, 0).map(|bytes| config.memtx_memory = bytes),
    ),
    key("instance.vinyl.cache", "CAIRN_VINYL_CACHE", "256M", "Block cache of vinyl tables.", |config, text| {
        bytes(text, MIB).map(|bytes| config.vinyl_cache = bytes)
    }),
    key("instance.vinyl.write_buffer", "CAIRN_VINYL_WRITE_BUFFER", "64M", "Memory table of vinyl.", |config, text| {
        bytes(text, MIB).map(|bytes| config.vinyl_write_buffer = bytes)
    })
    .alias(&["instance.vinyl.memory"]),
    key(
        "instance.analytics.threads",
        "CAIRN_ANALYTICS_THREADS",
        "0",
        "Threads for large queries; 0: one per processor.",
        |config, text| number(text, 0, 1024).map(|number| config.analytics_threads = number),
    ),
    key(
        "instance.analytics.memory",
        "CAIRN_ANALYTICS_MEMORY",
        "1G",
        "Most memory for one large query.",
        |config, text| bytes(text, 16 * MIB).map(|bytes| config.analytics_memory = bytes),
    ),
    key(
        "instance.analytics.priority",
        "CAIRN_ANALYTICS_PRIORITY",
        "low",
        "How large queries compete for a processor: low, with a tenth of the weight; idle, when nothing else wants it.",
        |config, text| {
            config.analytics_priority = match text {
                "idle" => Priority::Idle,
                "low" => Priority::Low,
                _ => return Err("must be low or idle".to_owned()),
            };
            Ok(())
        },
    ),
    key(
        "instance.log.level",
        "CAIRN_LOG_LEVEL",
        "info",
        "error, warn, info, debug or trace (or a filter).",
        |config, text| {
            config.trace_level = text.to_owned();
            Ok(())
        },
    ),
    key("instance.log.format", "CAIRN_LOG_FORMAT", "plain", "plain or json.", |config, text| {
        config.trace_format = match text {
            "plain" => TraceFormat::Plain,
            "json" => TraceFormat::Json,
            _ => return Err("must be plain or json".to_owned()),
        };
        Ok(())
    }),
    key(
        "instance.debug.validation",
        "CAIRN_DEBUG_VALIDATION",
        "full",
        "full, rows_only or none: breaks SERIALIZABLE, to see that its tests notice. Only with instance.memory.",
        |config, text| {
            config.validation = match text {
                "full" => Validation::Full,
                "rows_only" => Validation::RowsOnly,
                "none" => Validation::None,
                _ => return Err("must be full, rows_only or none".to_owned()),
            };
            Ok(())
        },
    )
    .hidden(),
];
