//! What clients ask for.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use clap::ValueEnum;

use crate::engine::Zipf;

/// Bytes of a row's text.
pub(super) const BODY_BYTES: usize = 100;
/// What every account of the bank begins with.
pub const BALANCE: i64 = 1_000;
/// Accounts of the bank.
pub const ACCOUNTS: u64 = 10_000;

/// A mix of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// One row by key, all alike.
    Get,
    /// A new text for one row, all alike.
    Put,
    /// YCSB A: half reads, half updates, some rows far more often than others (Zipf, 0.99).
    YcsbA,
    /// YCSB B: 95 % reads, 5 % updates, the same rows.
    YcsbB,
    /// Everybody adds 1 to the same row.
    HotRow,
    /// A transaction of two updates: money moves from an account to another.
    Bank,
}

impl Workload {
    /// As it stands in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::YcsbA => "ycsb-a",
            Self::YcsbB => "ycsb-b",
            Self::HotRow => "hot-row",
            Self::Bank => "bank",
        }
    }
}

/// One thing that a client asks for, durable when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// The row with this key, which is there.
    Get(u64),
    /// A new text for the row with this key.
    Put(u64, &'a str),
    /// Adds 1 to the hot row.
    Increment,
    /// Moves an amount between two different accounts, in one transaction.
    Transfer {
        /// Who pays.
        from: u64,
        /// Who is paid.
        to: u64,
        /// How much.
        amount: u64,
    },
}

/// Draws operations.
pub(super) struct Source {
    workload: Workload,
    rows: u64,
    zipf: Zipf,
    rng: SimRng,
    body: String,
}

impl Source {
    pub(super) fn new(workload: Workload, rows: u64, seed: u64) -> Self {
        Self { workload, rows, zipf: Zipf::new(rows), rng: SimRng::new(seed), body: String::new() }
    }

    pub(super) fn next(&mut self) -> Operation<'_> {
        match self.workload {
            Workload::Get => Operation::Get(self.rng.below(self.rows)),
            Workload::Put => self.put(),
            Workload::YcsbA => self.mixed(50),
            Workload::YcsbB => self.mixed(5),
            Workload::HotRow => Operation::Increment,
            Workload::Bank => {
                let from = self.rng.below(ACCOUNTS);
                let to = (from + 1 + self.rng.below(ACCOUNTS - 1)) % ACCOUNTS;
                Operation::Transfer { from, to, amount: 1 + self.rng.below(100) }
            }
        }
    }

    fn put(&mut self) -> Operation<'_> {
        let id = self.rng.below(self.rows);
        self.write(id)
    }

    fn mixed(&mut self, writes_percent: u64) -> Operation<'_> {
        let id = self.zipf.scrambled(&mut self.rng);
        if self.rng.below(100) < writes_percent { self.write(id) } else { Operation::Get(id) }
    }

    fn write(&mut self, id: u64) -> Operation<'_> {
        self.body = body(self.rng.next_u64());
        Operation::Put(id, &self.body)
    }
}

/// A text for a row.
pub fn body(number: u64) -> String {
    format!("{number:0>width$}", width = BODY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_to_their_rows_and_repeat_with_the_seed() {
        for workload in Workload::value_variants() {
            let (mut source, mut again) = (Source::new(*workload, 50, 7), Source::new(*workload, 50, 7));
            for _ in 0..1000 {
                let operation = source.next();
                assert_eq!(operation, again.next());
                match operation {
                    Operation::Get(id) => assert!(id < 50),
                    Operation::Put(id, body) => assert!(id < 50 && body.len() == BODY_BYTES),
                    Operation::Increment => assert_eq!(*workload, Workload::HotRow),
                    Operation::Transfer { from, to, amount } => {
                        assert!(from < ACCOUNTS && to < ACCOUNTS && from != to && amount > 0);
                    }
                }
            }
        }
    }
}
