//! The servers of a run, by the names that options give them.

use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use super::{Cairn, Postgres, SqlServer, client_program};
use crate::error::BenchError;
use crate::run::{self, Run};

/// A name may end in one of these; the rest of it names the server.
const LEVELS: [(&str, &str); 3] = [
    ("-serializable", "-c default_transaction_isolation=serializable"),
    ("-repeatable-read", "-c default_transaction_isolation=repeatable\\ read"),
    ("-read-committed", "-c default_transaction_isolation=read\\ committed"),
];

const POSTGRES: &str = "postgres";

/// How clients reach a server of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// TCP over the loopback interface.
    Tcp,
    /// A Unix socket: what PostgreSQL's programs take when they are told no host.
    Unix,
}

/// A server under one name; the same server may stand under two, with different session options.
pub struct Subject {
    /// Name in all tables.
    pub name: String,
    /// The server.
    pub server: Rc<dyn SqlServer>,
    /// The engine in which a Cairn's sessions make their tables; `None` of a peer.
    pub engine: Option<String>,
    /// Whether an earlier subject is the same server, and has loaded it.
    pub shared: bool,
    level: &'static str,
}

/// Starts all servers that `names` name: `postgres`, or engines of Cairn, both with a level of isolation behind or not.
/// Peers that are not installed are left out with a note.
///
/// # Errors
/// If a server does not start, or Cairn is missing.
pub fn start(names: &[String], run: &mut Run, directory: &Path) -> Result<Vec<Subject>, BenchError> {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut servers: Vec<(&str, Rc<dyn SqlServer>)> = Vec::new();
    for name in names {
        let level = LEVELS.iter().find(|(suffix, _)| name.ends_with(suffix));
        let base = level.map_or(name.as_str(), |(suffix, _)| name.trim_end_matches(suffix));
        let known = servers.iter().find(|(known, _)| *known == base).map(|(_, server)| server.clone());
        let shared = known.is_some();
        let server = match known.map_or_else(|| start_one(base, directory), Ok) {
            Ok(server) => server,
            Err(BenchError::Missing(what)) if base == POSTGRES => {
                run.notes.push(format!("{name} is left out: {what} is not installed"));
                continue;
            }
            Err(error) => return Err(error),
        };
        servers.push((base, server.clone()));
        let peer = base == POSTGRES;
        let shown = if peer { name.clone() } else { format!("cairn {name}") };
        run.subjects.push(run::Subject { name: shown.clone(), version: server.version(), peer });
        let engine = (!peer).then(|| base.to_owned());
        subjects.push(Subject {
            name: shown,
            server,
            engine,
            shared,
            level: level.map_or("", |(_, options)| *options),
        });
    }
    Ok(subjects)
}

/// Starts a server by name: `postgres`, or an engine of Cairn.
fn start_one(name: &str, directory: &Path) -> Result<Rc<dyn SqlServer>, BenchError> {
    let place = directory.join(name);
    std::fs::create_dir_all(&place).map_err(BenchError::io("create", &place))?;
    Ok(match name {
        POSTGRES => Rc::new(Postgres::start(&place)?),
        engine => Rc::new(Cairn::start(&place, engine)?),
    })
}

impl Subject {
    /// Whether its sessions run at a level that its name chooses, instead of the server's default.
    pub fn chooses_a_level(&self) -> bool {
        !self.level.is_empty()
    }

    /// Options for its sessions, in the form of `PGOPTIONS`.
    pub fn session_options(&self) -> String {
        format!("{} {}", self.server.session_options(), self.level)
    }

    /// A client program, to be run against this server at this level.
    pub fn program(&self, program: &str, way: Way) -> Command {
        let mut command = client_program(self.server.as_ref(), program);
        command.env("PGOPTIONS", self.session_options());
        if way == Way::Unix {
            command.env("PGHOST", self.server.socket_directory());
        }
        command
    }
}
