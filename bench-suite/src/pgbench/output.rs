//! What pgbench prints at the end of a run.

use crate::error::BenchError;

/// The figures in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    /// Transactions that succeeded.
    pub(super) transactions: u64,
    /// Those that never did.
    pub(super) failed: u64,
    /// Those that were tried again.
    pub(super) retried: u64,
    /// Succeeded per second, without the time of connecting.
    pub(super) tps: f64,
}

/// Reads the report of PostgreSQL 15's pgbench.
pub(super) fn parse(text: &str) -> Result<Told, BenchError> {
    let first_word = |label: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(label));
        let word = line.and_then(|rest| rest.split([' ', '/', '(']).find(|word| !word.is_empty()));
        word.ok_or_else(|| BenchError::parse(label, text))
    };
    let count = |label: &str| first_word(label)?.parse::<u64>().map_err(|_| BenchError::parse(label, text));
    Ok(Told {
        transactions: count("number of transactions actually processed:")?,
        failed: count("number of failed transactions:")?,
        retried: count("number of transactions retried:").unwrap_or(0),
        tps: first_word("tps =")?.parse().map_err(|_| BenchError::parse("tps", text))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "pgbench (15.14)\n\
        transaction type: <builtin: TPC-B (sort of)>\n\
        number of transactions per client: 100\n\
        number of transactions actually processed: 788/800\n\
        number of failed transactions: 12 (1.500%)\n\
        number of transactions retried: 7 (0.875%)\n\
        latency average = 1.234 ms\n\
        tps = 6482.123456 (without initial connection time)\n";

    #[test]
    fn a_report_is_read() {
        let told = parse(REPORT).expect("right");
        assert_eq!(told, Told { transactions: 788, failed: 12, retried: 7, tps: 6_482.123_456 });
        let by_time = REPORT.replace("788/800", "788").replace("number of transactions retried", "other");
        assert_eq!(parse(&by_time).expect("right"), Told { retried: 0, ..told });
        assert!(parse("pgbench: error: connection failed").is_err());
    }
}
