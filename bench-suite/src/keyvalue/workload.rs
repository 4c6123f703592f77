//! What clients ask for.

use std::time::Duration;

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use clap::ValueEnum;

use crate::duty::PAIRS;
use crate::engine::Zipf;

/// Bytes of a row's text.
pub(super) const BODY_BYTES: usize = 100;
/// What every account of the bank begins with.
pub const BALANCE: i64 = 1_000;
/// Accounts of the bank.
pub const ACCOUNTS: u64 = 10_000;
/// How long a long reader holds its snapshot.
pub const HOLD: Duration = Duration::from_millis(200);
/// Most rows of a scan, as in YCSB.
const SCAN_ROWS_MAX: u64 = 100;

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
    /// YCSB C: reads, the same rows.
    YcsbC,
    /// YCSB D: 95 % reads of what this client inserted last, 5 % inserts.
    YcsbD,
    /// YCSB E: 95 % scans of up to 100 rows, 5 % inserts.
    YcsbE,
    /// YCSB F: half reads, half transactions that read a row and write it.
    YcsbF,
    /// YCSB B, and one operation in a hundred reads, holds its snapshot for 200 ms, and reads again.
    LongReaders,
    /// Everybody adds 1 to the same row.
    HotRow,
    /// A transaction of two updates: money moves from an account to another.
    Bank,
    /// A transaction that decides by what it read, which only serializable ones do right: see [`crate::duty`].
    WriteSkew,
}

impl Workload {
    /// As it stands in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::YcsbA => "ycsb-a",
            Self::YcsbB => "ycsb-b",
            Self::YcsbC => "ycsb-c",
            Self::YcsbD => "ycsb-d",
            Self::YcsbE => "ycsb-e",
            Self::YcsbF => "ycsb-f",
            Self::LongReaders => "long-readers",
            Self::HotRow => "hot-row",
            Self::Bank => "bank",
            Self::WriteSkew => "write-skew",
        }
    }

    /// Whether nothing is written, so that levels of isolation make no difference.
    pub(super) fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::YcsbC)
    }

    /// Whether an operation is a transaction of several statements.
    pub(super) fn has_transactions(self) -> bool {
        matches!(self, Self::YcsbF | Self::LongReaders | Self::Bank | Self::WriteSkew)
    }
}

/// One thing that a client asks for, durable when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// The row with this key, which is there.
    Get(u64),
    /// A new text for the row with this key.
    Put(u64, &'a str),
    /// A new row with this key and text.
    Insert(u64, &'a str),
    /// Rows in the order of their keys.
    Scan {
        /// The first key, which is there.
        from: u64,
        /// Most rows.
        rows: u64,
    },
    /// Reads the row with this key, which is there, and gives it a new text, in one transaction.
    Modify(u64, &'a str),
    /// Reads the row with this key, waits for [`HOLD`], and reads it again, at one snapshot.
    Hold(u64),
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
    /// One of a pair goes off duty or comes back, by what the transaction read: [`crate::duty::Change::decide`].
    Duty {
        /// Which pair.
        pair: u64,
        /// Who of the two: 0 or 1.
        side: u64,
    },
}

/// Draws operations.
pub(super) struct Source {
    workload: Workload,
    rows: u64,
    own: OwnRows,
    zipf: Zipf,
    rng: SimRng,
    body: String,
}

/// The rows that a client inserts, under keys that nobody else uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnRows {
    /// Key of the first.
    pub(super) first: u64,
    /// From one to the next.
    pub(super) step: u64,
    /// How many there are.
    pub(super) count: u64,
}

impl OwnRows {
    fn key(self, number: u64) -> u64 {
        self.first + number * self.step
    }
}

impl Source {
    pub(super) fn new(workload: Workload, rows: u64, own: OwnRows, seed: u64) -> Self {
        Self { workload, rows, own, zipf: Zipf::new(rows), rng: SimRng::new(seed), body: String::new() }
    }

    pub(super) fn next(&mut self) -> Operation<'_> {
        match self.workload {
            Workload::Get => Operation::Get(self.rng.below(self.rows)),
            Workload::Put => self.put(),
            Workload::YcsbA => self.mixed(50),
            Workload::YcsbB => self.mixed(5),
            Workload::YcsbC => self.mixed(0),
            Workload::YcsbD | Workload::YcsbE if self.rng.below(100) < 5 => self.insert(),
            Workload::YcsbD => Operation::Get(self.latest()),
            Workload::YcsbE => {
                Operation::Scan { from: self.zipf.scrambled(&mut self.rng), rows: 1 + self.rng.below(SCAN_ROWS_MAX) }
            }
            Workload::YcsbF => match self.mixed(50) {
                Operation::Put(id, body) => Operation::Modify(id, body),
                read => read,
            },
            Workload::LongReaders if self.rng.below(100) == 0 => Operation::Hold(self.zipf.scrambled(&mut self.rng)),
            Workload::LongReaders => self.mixed(5),
            Workload::WriteSkew => {
                Operation::Duty { pair: 1 + self.rng.below(u64::from(PAIRS)), side: self.rng.below(2) }
            }
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

    /// The key of a new row.
    fn insert(&mut self) -> Operation<'_> {
        let id = self.own.key(self.own.count);
        self.own.count += 1;
        self.body = body(self.rng.next_u64());
        Operation::Insert(id, &self.body)
    }

    /// A row that this client inserted a short time ago, or one of the last that were loaded.
    fn latest(&mut self) -> u64 {
        let back = self.zipf.rank(&mut self.rng);
        match self.own.count.checked_sub(back + 1) {
            Some(number) => self.own.key(number),
            None => self.rows - 1 - (back - self.own.count) % self.rows,
        }
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
        let own = OwnRows { first: 1000, step: 8, count: 0 };
        for workload in Workload::value_variants() {
            let (mut source, mut again) = (Source::new(*workload, 50, own, 7), Source::new(*workload, 50, own, 7));
            let mut inserted = 0;
            for _ in 0..1000 {
                let operation = source.next();
                assert_eq!(operation, again.next());
                match operation {
                    Operation::Get(id) => {
                        assert!(id < 50 || (id % 8 == 0 && (1000..1000 + 8 * inserted).contains(&id)))
                    }
                    Operation::Put(id, body) | Operation::Modify(id, body) => {
                        assert!(id < 50 && body.len() == BODY_BYTES);
                    }
                    Operation::Insert(id, body) => {
                        assert_eq!((id, body.len()), (1000 + 8 * inserted, BODY_BYTES));
                        inserted += 1;
                    }
                    Operation::Scan { from, rows } => assert!(from < 50 && (1..=SCAN_ROWS_MAX).contains(&rows)),
                    Operation::Hold(id) => assert!(id < 50),
                    Operation::Duty { pair, side } => assert!((1..=u64::from(PAIRS)).contains(&pair) && side < 2),
                    Operation::Increment => assert_eq!(*workload, Workload::HotRow),
                    Operation::Transfer { from, to, amount } => {
                        assert!(from < ACCOUNTS && to < ACCOUNTS && from != to && amount > 0);
                    }
                }
            }
        }
    }
}
