//! The servers of a run, with pgbench's tables in them.

use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use super::{Case, Options, Script};
use crate::error::{BenchError, output};
use crate::run::{self, Run};
use crate::server::{Cairn, Postgres, SqlServer, client_program, query};

const SERIALIZABLE: &str = "-c default_transaction_isolation=serializable";

/// A server under one name; the same server may stand under two, with different session options.
pub(super) struct Subject {
    /// Name in all tables.
    pub(super) name: String,
    /// The server.
    pub(super) server: Rc<dyn SqlServer>,
    /// Further session options.
    options: &'static str,
    /// Whether another subject loads the same server.
    shared: bool,
}

/// Starts all servers that the options name. Peers that are not installed are left out with a note.
pub(super) fn start(options: &Options, run: &mut Run, directory: &Path) -> Result<Vec<Subject>, BenchError> {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut postgres: Option<Rc<dyn SqlServer>> = None;
    for name in &options.subjects {
        let place = directory.join(name);
        std::fs::create_dir_all(&place).map_err(BenchError::io("create", &place))?;
        let peer = name.starts_with("postgres");
        let shared = peer && postgres.is_some();
        let server: Rc<dyn SqlServer> = match (peer, &postgres) {
            (false, _) => Rc::new(Cairn::start(&place, name)?),
            (true, Some(server)) => server.clone(),
            (true, None) => match Postgres::start(&place) {
                Ok(server) => Rc::new(server),
                Err(BenchError::Missing(what)) => {
                    run.notes.push(format!("{name} is left out: {what} is not installed"));
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        if peer {
            postgres = Some(server.clone());
        }
        let session = if name == "postgres-serializable" { SERIALIZABLE } else { "" };
        let shown = if peer { name.clone() } else { format!("cairn {name}") };
        run.subjects.push(run::Subject { name: shown.clone(), version: server.version(), peer });
        subjects.push(Subject { name: shown, server, options: session, shared });
    }
    Ok(subjects)
}

impl Subject {
    /// pgbench, to be run against this server.
    pub(super) fn pgbench(&self) -> Command {
        let mut command = client_program(self.server.as_ref(), "pgbench");
        command.env("PGOPTIONS", format!("{} {}", self.server.session_options(), self.options));
        command
    }

    /// Makes and fills pgbench's tables.
    pub(super) fn load(&self, scale: u32) -> Result<(), BenchError> {
        match self.shared {
            true => Ok(()),
            false => output(self.pgbench().args(["-i", "-q", "-s", &scale.to_string()])).map(|_| ()),
        }
    }

    /// PostgreSQL at SERIALIZABLE differs from itself at READ COMMITTED where something is written.
    pub(super) fn runs(&self, case: Case) -> bool {
        self.options.is_empty() || case.script != Script::SelectOnly
    }

    /// tpcb-like adds the same amounts to four tables: are the sums equal after everything? Notes it.
    pub(super) fn check(&self, run: &mut Run) -> Result<(), BenchError> {
        if self.shared {
            return Ok(());
        }
        let sums = query(
            self.server.as_ref(),
            "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history) \
             and (select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches)",
        )?;
        let verdict = if sums == "t" || sums.is_empty() { "equal" } else { "NOT EQUAL" };
        run.notes.push(format!("{}: sums of the four tables afterwards are {verdict}", self.name));
        Ok(())
    }
}
