//! The command line.

use std::path::PathBuf;

use cairn_config::{self as config, Assignment, Config};
use cairn_sql_session::settings::Settings;
use clap::{Args, Parser, Subcommand};

use crate::engines::Registration;
use crate::{node, process, trace};

/// A PostgreSQL-compatible, in-memory-first SQL database.
#[derive(Parser)]
#[command(name = "cairn", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a node.
    Run(Box<Run>),
    /// Shows configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Prints every key with its default as YAML.
    Default,
}

/// Options that set configuration keys; see `cairn config default` for all keys.
#[derive(Args)]
struct Run {
    /// Configuration file (YAML).
    #[arg(long, env = "CAIRN_CONFIG_FILE")]
    config: Option<PathBuf>,
    /// Any key: `-c instance.memtx.memory=4G`. May be repeated.
    #[arg(short = 'c', long = "config-parameter", value_name = "KEY=VALUE")]
    parameter: Vec<String>,
    /// Where data is kept (default ./cairn-data).
    #[arg(long, visible_alias = "instance-dir", value_name = "DIR")]
    data_dir: Option<String>,
    /// Run without disk: everything is gone at the end.
    #[arg(long)]
    memory: bool,
    /// Address for PostgreSQL clients (default 127.0.0.1:4327).
    #[arg(long, value_name = "ADDRESS")]
    pg_listen: Option<String>,
    /// Address for other instances; nothing listens there before replication is there.
    #[arg(long, visible_alias = "iproto-listen", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address of the web page; not there yet.
    #[arg(long, value_name = "ADDRESS")]
    http_listen: Option<String>,
    /// Instances to join; needs replication.
    #[arg(long, value_name = "ADDRESS")]
    peer: Vec<String>,
    /// Failure domain, key=value; needs replication.
    #[arg(long, value_name = "KEY=VALUE")]
    failure_domain: Vec<String>,
    /// Copies of each bucket; more than 1 needs replication.
    #[arg(long, value_name = "N")]
    init_replication_factor: Option<String>,
    /// Name of the cluster.
    #[arg(long, visible_alias = "cluster-id", value_name = "NAME")]
    cluster_name: Option<String>,
    /// Name of this instance.
    #[arg(long, visible_alias = "instance-id", value_name = "NAME")]
    instance_name: Option<String>,
    /// Tier that this instance belongs to.
    #[arg(long, value_name = "NAME")]
    tier: Option<String>,
    /// Instances in this process; more than 1 needs replication.
    #[arg(long, value_name = "N")]
    cores: Option<String>,
    /// What an answered commit survives: sync, os or none.
    #[arg(long, value_name = "LEVEL")]
    durability: Option<String>,
    /// error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl Run {
    /// The options as assignments to keys.
    fn assignments(&self) -> Result<Vec<Assignment>, String> {
        let listed = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
        let options: [(&str, &str, Option<String>); 14] = [
            ("--data-dir", "instance.instance_dir", self.data_dir.clone()),
            ("--memory", "instance.memory", self.memory.then(|| "true".to_owned())),
            ("--pg-listen", "instance.pg.listen", self.pg_listen.clone()),
            ("--listen", "instance.iproto.listen", self.listen.clone()),
            ("--http-listen", "instance.http_listen", self.http_listen.clone()),
            ("--peer", "instance.peer", listed(&self.peer)),
            ("--failure-domain", "instance.failure_domain", listed(&self.failure_domain)),
            ("--init-replication-factor", "cluster.default_replication_factor", self.init_replication_factor.clone()),
            ("--cluster-name", "cluster.name", self.cluster_name.clone()),
            ("--instance-name", "instance.name", self.instance_name.clone()),
            ("--tier", "instance.tier", self.tier.clone()),
            ("--cores", "instance.cores", self.cores.clone()),
            ("--durability", "instance.durability", self.durability.clone()),
            ("--log-level", "instance.log.level", self.log_level.clone()),
        ];
        let mut assignments = Vec::new();
        for (option, key, value) in options {
            assignments.extend(value.map(|value| Assignment {
                key: key.to_owned(),
                value,
                source: format!("option {option}"),
            }));
        }
        for parameter in &self.parameter {
            let (key, value) =
                parameter.split_once('=').ok_or_else(|| format!("option -c needs KEY=VALUE, got \"{parameter}\""))?;
            assignments.push(Assignment {
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                source: "option -c".to_owned(),
            });
        }
        Ok(assignments)
    }

    fn configure(&self) -> Result<Config, String> {
        let assignments = self.assignments()?;
        Config::from_sources(self.config.as_deref(), std::env::vars(), assignments, &check_setting)
            .map_err(|error| error.to_string())
    }
}

/// Is this a SQL setting that may have this default?
fn check_setting(name: &str, value: &str) -> Result<(), String> {
    let setting = (name.to_owned(), value.to_owned());
    Settings::new(&[setting]).map(drop).map_err(|error| error.fields().message.clone())
}

/// Parses the command line of this process and carries it out, with `engines` beside the built-in ones; then the process
/// ends. Exit codes: 0 done, 1 failed (the reason is on standard error), 2 the command line is wrong.
pub fn main(engines: &[Registration]) -> ! {
    let outcome = match Cli::parse().command {
        Command::Config { command: ConfigCommand::Default } => {
            print!("{}", config::default_yaml());
            Ok(())
        }
        Command::Run(run) => run.configure().and_then(|config| {
            trace::start(&config)?;
            process::let_large_writes_fail();
            node::run(config, engines)
        }),
    };
    let code = match outcome {
        Ok(()) => libc::EXIT_SUCCESS,
        Err(message) => {
            process::tell(&message);
            libc::EXIT_FAILURE
        }
    };
    process::leave(code)
}

#[cfg(test)]
mod tests {
    use super::check_setting;

    #[test]
    fn a_wrong_setting_is_refused_at_the_start() {
        let wrong = [
            ("no_such_setting", "1", "unrecognized configuration parameter \"no_such_setting\""),
            ("lock_timeout", "soon", "invalid value for parameter \"lock_timeout\": \"soon\""),
            ("max_connections", "7", "parameter \"max_connections\" cannot be changed"),
        ];
        for (name, value, reason) in wrong {
            assert_eq!(check_setting(name, value), Err(reason.to_owned()));
        }
        assert_eq!((check_setting("my.own", "x"), check_setting("TimeZone", "Europe/Berlin")), (Ok(()), Ok(())));
    }
}
