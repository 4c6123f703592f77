//! YCSB's workloads as pgbench scripts, so that every server is driven by the same client.
//!
//! The table is YCSB's: a key and ten fields of 100 bytes. Keys are chosen with a Zipfian distribution and scattered, as
//! YCSB does; pgbench wants an exponent above 1, so it is 1.001 and not 0.99. In workload D a
//! client reads what it inserted itself last: pgbench cannot name what others inserted. Before its first inserts it reads the
//! rows that were loaded last.

use std::path::{Path, PathBuf};

use crate::error::BenchError;
use crate::keys::never_used;
use crate::server::{SqlServer, query};

/// Rows per unit of the scale.
const ROWS_PER_SCALE: u64 = 100_000;
/// Rows inserted by one statement when loading.
const CHUNK_ROWS: u64 = 5_000;

const CHOOSE: &str = "\\set k permute(random_zipfian(1, :rows, 1.001) - 1, :rows)\n";
const READ: &str = "SELECT * FROM usertable WHERE ycsb_key = :k;\n";
const VALUE: &str = "\\set v random(1000000000, 1999999999)\n";
const UPDATE: &str = "UPDATE usertable SET field0 = repeat('x', 90) || :v WHERE ycsb_key = :k;\n";
const INSERT: &str = "\\set n :rows + random(1, 1000000000000000)\n\
    INSERT INTO usertable (ycsb_key, field0) VALUES (:n, repeat('x', 100)) ON CONFLICT DO NOTHING;\n";
/// The `own`th row of a client in this run, which the client's number keeps apart from those of others.
const INSERT_NEXT: &str = "\\set own :own + 1\n\\set n :base + :own * 1024 + :client_id\n\
    INSERT INTO usertable (ycsb_key, field0) VALUES (:n, repeat('x', 100));\n";
const CHOOSE_LATEST: &str = "\\set back random_zipfian(1, :rows, 1.001) - 1\n\
    \\set k case when :back < :own then :base + (:own - :back) * 1024 + :client_id else :rows - 1 - (:back - :own) end\n";
const HOLD: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n";
const SCAN: &str = "\\set l random(1, 100)\nSELECT * FROM usertable WHERE ycsb_key >= :k ORDER BY ycsb_key LIMIT :l;\n";

/// The operations of a workload, with their shares in percent.
fn operations(workload: char) -> Vec<(&'static str, String, u32)> {
    let read = ("read", format!("{CHOOSE}{READ}"));
    let update = ("update", format!("{CHOOSE}{VALUE}{UPDATE}"));
    let insert = ("insert", INSERT.to_owned());
    let hold = ("hold", format!("{CHOOSE}{HOLD}{READ}\\sleep 200 ms\n{READ}COMMIT;\n"));
    let latest = ("latest", format!("{CHOOSE_LATEST}{READ}"));
    let next = ("next", INSERT_NEXT.to_owned());
    let scan = ("scan", format!("{CHOOSE}{SCAN}"));
    let modify = ("modify", format!("{CHOOSE}{VALUE}BEGIN;\n{READ}{UPDATE}COMMIT;\n"));
    let mix = match workload {
        'a' => vec![(read, 50), (update, 50)],
        'b' => vec![(read, 95), (update, 5)],
        'c' => vec![(read, 100)],
        'd' => vec![(latest, 95), (next, 5)],
        'l' => vec![(read, 94), (update, 5), (hold, 1)],
        'e' => vec![(scan, 95), (insert, 5)],
        _ => vec![(read, 50), (modify, 50)],
    };
    mix.into_iter().map(|((name, text), share)| (name, text, share)).collect()
}

/// Arguments for pgbench that run a workload; writes its scripts into `directory`.
pub(super) fn arguments(workload: char, scale: u32, directory: &Path) -> Result<Vec<String>, BenchError> {
    let variables = [format!("rows={}", rows(scale)), format!("base={}", never_used()), "own=0".to_owned()];
    let mut arguments: Vec<String> = variables.into_iter().flat_map(|variable| ["-D".to_owned(), variable]).collect();
    for (name, text, share) in operations(workload) {
        let path: PathBuf = directory.join(format!("ycsb-{name}.sql"));
        std::fs::write(&path, text).map_err(BenchError::io("write", &path))?;
        arguments.extend(["-f".to_owned(), format!("{}@{share}", path.display())]);
    }
    Ok(arguments)
}

fn rows(scale: u32) -> u64 {
    u64::from(scale) * ROWS_PER_SCALE
}

/// Makes and fills the table.
pub(super) fn load(server: &dyn SqlServer, scale: u32) -> Result<(), BenchError> {
    let fields: Vec<String> = (0..10).map(|n| format!("field{n} text")).collect();
    query(server, &format!("create table usertable (ycsb_key bigint primary key, {})", fields.join(", ")))?;
    let values = ["repeat('x', 100)"; 10].join(", ");
    for first in (0..rows(scale)).step_by(CHUNK_ROWS as usize) {
        let last = first + CHUNK_ROWS - 1;
        query(server, &format!("insert into usertable select n, {values} from generate_series({first}, {last}) n"))?;
    }
    query(server, "analyze usertable").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_up() {
        for workload in ['a', 'b', 'c', 'd', 'e', 'f', 'l'] {
            assert_eq!(operations(workload).iter().map(|(_, _, share)| share).sum::<u32>(), 100, "{workload}");
        }
    }

    #[test]
    fn scripts_are_written_and_weighed() {
        let directory = tempfile::tempdir().expect("a directory");
        let arguments = arguments('b', 2, directory.path()).expect("written");
        assert_eq!(arguments[..2], ["-D", "rows=200000"]);
        assert!(arguments[7].ends_with("ycsb-read.sql@95"));
        assert!(directory.path().join("ycsb-update.sql").is_file());
    }
}
