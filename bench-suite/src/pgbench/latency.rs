//! Single latencies out of pgbench's transaction logs.

use std::path::Path;

use crate::error::BenchError;

/// Reads and removes the logs with this prefix. Microseconds; transactions that failed are not among them.
pub(super) fn take(prefix: &Path) -> Result<Vec<f64>, BenchError> {
    let directory = prefix.parent().unwrap_or(Path::new("."));
    let name = prefix.file_name().unwrap_or_default().to_string_lossy();
    let entries = std::fs::read_dir(directory).map_err(BenchError::io("list", directory))?;
    let mut latencies = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let logs = path.file_name().is_some_and(|found| found.to_string_lossy().starts_with(&format!("{name}.")));
        if logs {
            let text = std::fs::read_to_string(&path).map_err(BenchError::io("read", &path))?;
            latencies.extend(text.lines().filter_map(latency));
            std::fs::remove_file(&path).map_err(BenchError::io("remove", &path))?;
        }
    }
    Ok(latencies)
}

/// `client transaction TIME script seconds microseconds ...`
fn latency(line: &str) -> Option<f64> {
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_read_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let prefix = directory.path().join("latency");
        std::fs::write(directory.path().join("latency.123"), "0 1 250 0 1700 5\n1 1 failed 0 1700 6\n").expect("write");
        std::fs::write(directory.path().join("other"), "0 1 999 0 1700 5\n").expect("write");
        assert_eq!(take(&prefix).expect("read"), [250.0]);
        assert!(take(&prefix).expect("read").is_empty());
    }
}
