//! What to run.

use clap::{Args, ValueEnum};

use super::Case;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Built-in scripts.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "select-only,simple-update,tpcb-like")]
    pub scripts: Vec<Script>,
    /// Protocols.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "prepared,extended,simple")]
    pub modes: Vec<Mode>,
    /// Numbers of clients; pgbench serves them all from one thread.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    pub clients: Vec<u32>,
    /// Who: engines of Cairn by name, `postgres`, `postgres-serializable`.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres,postgres-serializable")]
    pub subjects: Vec<String>,
    /// Rows: 100,000 accounts per unit.
    #[arg(long, default_value_t = 10)]
    pub scale: u32,
    /// Rounds, one sample each.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Seconds per sample.
    #[arg(long, default_value_t = 5)]
    pub seconds: u32,
    /// Count syncs and system calls in a short run of its own (needs perf and the right to use it).
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    pub count: bool,
    /// Seed of pgbench's random numbers.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

impl Options {
    /// Every combination, scripts outermost.
    pub(super) fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for &script in &self.scripts {
            for &mode in &self.modes {
                cases.extend(self.clients.iter().map(|&clients| Case { script, mode, clients }));
            }
        }
        cases
    }
}

/// A built-in script of pgbench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Script {
    /// One row by key.
    SelectOnly,
    /// Three statements: change and read an account, append to the history.
    SimpleUpdate,
    /// Five statements, with the hot rows of tellers and branches.
    TpcbLike,
}

impl Script {
    /// As pgbench calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelectOnly => "select-only",
            Self::SimpleUpdate => "simple-update",
            Self::TpcbLike => "tpcb-like",
        }
    }
}

/// How statements are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Text in one message.
    Simple,
    /// Parsed each time, with parameters.
    Extended,
    /// Parsed once.
    Prepared,
}

impl Mode {
    /// As pgbench calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Extended => "extended",
            Self::Prepared => "prepared",
        }
    }
}
