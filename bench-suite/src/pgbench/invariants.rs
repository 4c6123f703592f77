//! Scripts of our own that promise something, and how it is seen that the promise was kept: contention, isolation, and
//! transactions across engines.
//!
//! | script | what a transaction does | figure that has to be 0 |
//! |---|---|---|
//! | `hot-row` | adds 1 to the one row | `lost`: transactions that the row does not show |
//! | `bank-across` | moves money from a table to a table in another engine | `money off`: change of the sum of both |
//! | `write-skew` | one of a pair goes off duty if both are on, comes back if one or none is | `skews`: per 1000 transactions, how often nobody was found on duty; below SERIALIZABLE it need not be 0 |

use std::path::Path;

use super::Script;
use crate::duty::{self, PAIRS};
use crate::error::BenchError;
use crate::run::Metric;
use crate::server::{Subject, query};

/// Accounts of either table per unit of the scale.
const ACCOUNTS_PER_SCALE: u32 = 10_000;

const HOT_ROW: &str = "UPDATE hot SET n = n + 1 WHERE id = 1;\n";

const BANK_ACROSS: &str = "\\set a random(1, :accounts)\n\\set b random(1, :accounts)\n\\set amount random(1, 100)\n\
    BEGIN;\n\
    UPDATE bank_here SET balance = balance - :amount WHERE id = :a;\n\
    UPDATE bank_there SET balance = balance + :amount WHERE id = :b;\n\
    COMMIT;\n";

const WRITE_SKEW: &str = "\\set p random(1, :pairs)\n\\set s random(0, 1)\n\
    BEGIN;\n\
    SELECT sum(on_duty) AS on_duty FROM duty WHERE pair = :p \\gset\n\
    \\if :on_duty > 1\n\
    UPDATE duty SET on_duty = 0 WHERE pair = :p AND side = :s;\n\
    \\elif :on_duty = 1\n\
    UPDATE duty SET on_duty = 1 WHERE pair = :p AND side = :s;\n\
    \\else\n\
    UPDATE duty SET on_duty = 1, seen = seen + 1 WHERE pair = :p AND side = :s;\n\
    \\endif\n\
    COMMIT;\n";

/// Arguments for pgbench that run a script of this module; writes it into `directory`.
pub(super) fn arguments(script: Script, scale: u32, directory: &Path) -> Result<Vec<String>, BenchError> {
    let (variable, text) = match script {
        Script::BankAcross => (format!("accounts={}", scale * ACCOUNTS_PER_SCALE), BANK_ACROSS),
        Script::WriteSkew => (format!("pairs={PAIRS}"), WRITE_SKEW),
        _ => ("id=1".to_owned(), HOT_ROW),
    };
    let path = directory.join(format!("{}.sql", script.name()));
    std::fs::write(&path, text).map_err(BenchError::io("write", &path))?;
    Ok(vec!["-D".to_owned(), variable, "-f".to_owned(), path.display().to_string()])
}

/// Makes and fills the tables. On Cairn `bank_there` is in another engine than all the others.
pub(super) fn load(subject: &Subject, scale: u32) -> Result<(), BenchError> {
    let elsewhere = match subject.engine.as_deref() {
        None => "",
        Some("vinyl") => "using memtx",
        Some(_) => "using vinyl",
    };
    let accounts = scale * ACCOUNTS_PER_SCALE;
    let statements = [
        "create table hot (id int primary key, n bigint not null)".to_owned(),
        "insert into hot values (1, 0)".to_owned(),
        "create table bank_here (id int primary key, balance bigint not null)".to_owned(),
        format!("create table bank_there (id int primary key, balance bigint not null) {elsewhere}"),
        format!("insert into bank_here select n, 1000 from generate_series(1, {accounts}) n"),
        format!("insert into bank_there select n, 1000 from generate_series(1, {accounts}) n"),
    ];
    let statements = statements.into_iter().chain(duty::tables()).chain(["analyze".to_owned()]);
    statements.into_iter().try_for_each(|statement| query(subject.server.as_ref(), &statement).map(|_| ()))
}

/// A number in the tables that tells, before and after a run, whether a promise was kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Witness {
    script: Script,
    value: i64,
}

impl Witness {
    /// Asks the server; `None` for scripts that promise nothing.
    pub(super) fn ask(script: Script, subject: &Subject) -> Result<Option<Self>, BenchError> {
        let question = match script {
            Script::HotRow => "select n from hot",
            Script::BankAcross => {
                "select (select sum(balance) from bank_here)::bigint + (select sum(balance) from bank_there)::bigint"
            }
            Script::WriteSkew => duty::SKEWS,
            _ => return Ok(None),
        };
        let answer = query(subject.server.as_ref(), question)?;
        let value = answer.parse().map_err(|_| BenchError::parse("a number", &answer))?;
        Ok(Some(Self { script, value }))
    }

    /// What came out between the two answers, over so many transactions.
    pub(super) fn figure(self, after: Self, transactions: u64) -> (Metric, f64) {
        let change = after.value - self.value;
        match self.script {
            Script::BankAcross => (Metric::lower("money off"), change.abs() as f64),
            Script::WriteSkew => (Metric::lower("skews"), change as f64 * 1000.0 / transactions as f64),
            _ => (Metric::lower("lost"), transactions.abs_diff(change.unsigned_abs()) as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(script: Script, before: i64, after: i64, transactions: u64) -> f64 {
        Witness { script, value: before }.figure(Witness { script, value: after }, transactions).1
    }

    #[test]
    fn broken_promises_are_seen() {
        assert_eq!(figure(Script::HotRow, 10, 110, 100), 0.0);
        assert_eq!(figure(Script::HotRow, 10, 107, 100), 3.0);
        assert_eq!(figure(Script::BankAcross, 2000, 2000, 50), 0.0);
        assert_eq!(figure(Script::BankAcross, 2000, 1995, 50), 5.0);
        assert_eq!(figure(Script::WriteSkew, 1, 3, 1000), 2.0);
    }

    #[test]
    fn scripts_are_written_with_their_variables() {
        let directory = tempfile::tempdir().expect("a directory");
        let arguments = arguments(Script::BankAcross, 2, directory.path()).expect("written");
        assert_eq!(arguments[..2], ["-D", "accounts=20000"]);
        assert!(directory.path().join("bank-across.sql").is_file());
    }
}
