//! What to run.

use std::path::Path;

use clap::{Args, ValueEnum};

use super::tables::Tables;
use super::{Case, invariants, ycsb};
use crate::error::BenchError;
use crate::server::Way;

/// Options of the workload.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What transactions do.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "select-only,simple-update,tpcb-like")]
    pub scripts: Vec<Script>,
    /// Protocols.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "prepared,extended,simple")]
    pub modes: Vec<Mode>,
    /// Numbers of clients; pgbench serves them all from one thread.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    pub clients: Vec<u32>,
    /// How clients connect.
    #[arg(long = "through", value_enum, value_delimiter = ',', default_value = "tcp")]
    pub ways: Vec<Way>,
    /// Who: `postgres` and engines of Cairn by name; with `-serializable`, `-repeatable-read` or `-read-committed` behind,
    /// at that level instead of the server's default.
    #[arg(long, value_delimiter = ',', default_value = "memtx,vinyl,postgres,postgres-serializable")]
    pub subjects: Vec<String>,
    /// Size: 100,000 accounts (or rows of YCSB's table, or 10,000 of the bank's) per unit.
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
                for &clients in &self.clients {
                    cases.extend(self.ways.iter().map(|&way| Case { script, mode, clients, way }));
                }
            }
        }
        cases
    }
}

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Script {
    /// pgbench's own: one row by key.
    SelectOnly,
    /// pgbench's own: change and read an account, append to the history.
    SimpleUpdate,
    /// pgbench's own: five statements, with the hot rows of tellers and branches.
    TpcbLike,
    /// One row by key, over a new connection each time.
    Connect,
    /// YCSB A: half reads, half updates.
    YcsbA,
    /// YCSB B: 95 % reads, 5 % updates.
    YcsbB,
    /// YCSB C: reads.
    YcsbC,
    /// YCSB D: 95 % reads of what was inserted last, 5 % inserts.
    YcsbD,
    /// YCSB E: 95 % scans of up to 100 rows, 5 % inserts.
    YcsbE,
    /// YCSB F: half reads, half read-modify-write.
    YcsbF,
    /// YCSB B, and one transaction in a hundred that reads, holds its snapshot for 200 ms, and reads again.
    LongReaders,
    /// Everybody adds 1 to the same row.
    HotRow,
    /// Money moves between two engines.
    BankAcross,
    /// Decisions on what was read, which only SERIALIZABLE keeps right.
    WriteSkew,
}

impl Script {
    /// As it stands in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelectOnly => "select-only",
            Self::SimpleUpdate => "simple-update",
            Self::TpcbLike => "tpcb-like",
            Self::Connect => "connect",
            Self::YcsbA => "ycsb-a",
            Self::YcsbB => "ycsb-b",
            Self::YcsbC => "ycsb-c",
            Self::YcsbD => "ycsb-d",
            Self::YcsbE => "ycsb-e",
            Self::YcsbF => "ycsb-f",
            Self::LongReaders => "long-readers",
            Self::HotRow => "hot-row",
            Self::BankAcross => "bank-across",
            Self::WriteSkew => "write-skew",
        }
    }

    /// The letter of YCSB's workload, or `l` for ours with long readers.
    fn ycsb(self) -> Option<char> {
        match self {
            Self::YcsbA => Some('a'),
            Self::YcsbB => Some('b'),
            Self::YcsbC => Some('c'),
            Self::YcsbD => Some('d'),
            Self::YcsbE => Some('e'),
            Self::YcsbF => Some('f'),
            Self::LongReaders => Some('l'),
            _ => None,
        }
    }

    /// The tables that it needs.
    pub(super) fn tables(self) -> Tables {
        match self {
            Self::SelectOnly | Self::SimpleUpdate | Self::TpcbLike | Self::Connect => Tables::Pgbench,
            Self::HotRow | Self::BankAcross | Self::WriteSkew => Tables::Invariants,
            Self::YcsbA | Self::YcsbB | Self::YcsbC | Self::YcsbD | Self::YcsbE | Self::YcsbF | Self::LongReaders => {
                Tables::Ycsb
            }
        }
    }

    /// Whether nothing is written, so that levels of isolation make no difference.
    pub(super) fn only_reads(self) -> bool {
        matches!(self, Self::SelectOnly | Self::Connect | Self::YcsbC)
    }

    /// Whether there are so many transactions that logging each would slow the client.
    pub(super) fn is_fast(self) -> bool {
        matches!(self, Self::SelectOnly | Self::YcsbB | Self::YcsbC | Self::YcsbD | Self::LongReaders)
    }

    /// Arguments that make pgbench run it. Scripts of our own are written into `directory`.
    pub(super) fn arguments(self, scale: u32, directory: &Path) -> Result<Vec<String>, BenchError> {
        match (self.tables(), self.ycsb()) {
            (_, Some(workload)) => ycsb::arguments(workload, scale, directory),
            (Tables::Invariants, None) => invariants::arguments(self, scale, directory),
            _ if self == Self::Connect => Ok(["-C", "-b", "select-only"].map(str::to_owned).to_vec()),
            _ => Ok(vec!["-b".to_owned(), self.name().to_owned()]),
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
