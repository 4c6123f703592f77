//! Instructions and allocations per operation: what a busy machine cannot change.
//!
//! ```text
//!   bench-suite engines --using memtx,vinyl
//!      |  after all times, once per subject:
//!      +--> valgrind --tool=callgrind  bench-suite engines --using memtx,vinyl --counted vinyl
//!                 |                        does one small round, prints its stretches as JSON
//!                 +--> out.1, out.2, ...   a count for each stretch
//! ```
//!
//! | metric | meaning |
//! |---|---|
//! | `NAME instructions` | per operation, of the whole process: background threads of a store are in it, and the workload's own loop (random numbers and keys, some dozens) is in it for every subject |
//! | `NAME allocations` | requests for memory per operation by the thread that works, through Rust's allocator: what a store in C or C++ asks for is not seen |
//!
//! callgrind makes programs about fifty times slower, so rounds are small, and their size stands in the case. Without
//! valgrind allocations are counted alone, and a note says so.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::{BenchError, output};
use crate::hook::Hook;
use crate::meter::{COUNTED, Meter, Stretch};
use crate::progress::Progress;
use crate::run::{Metric, Run, Subject};

/// What a child counted in one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    case: Vec<(String, String)>,
    stretches: Vec<Stretch>,
}

impl Counted {
    /// What a meter that counts has found in a case.
    pub fn of(case: &[(String, String)], meter: Meter) -> Self {
        let stretches = match meter {
            Meter::Counting(stretches) => stretches,
            Meter::Timing(_) => Vec::new(),
        };
        Self { case: case.to_vec(), stretches }
    }
}

/// Prints what this process, a child, has counted.
pub fn tell(counted: &[Counted]) {
    println!("{}", serde_json::to_string(counted).expect("counts are plain data"));
}

/// Of all that a child could count, what its `--counted` names.
pub(crate) fn named<'e, E>(
    entries: &'e [E],
    subject: impl Fn(&E) -> &Subject,
    counted: Option<&str>,
) -> Result<&'e E, BenchError> {
    let found = entries.iter().find(|entry| counted == Some(subject(entry).name.as_str()));
    found.ok_or_else(|| BenchError::Missing("a subject of this name".to_owned()))
}

/// Runs this program once more for each subject of `run`, with the same options and `--counted SUBJECT` behind them, and
/// adds what it counted; nothing if it would count over no rows. `directory` takes callgrind's files. What fails is a note: the
/// times are measured already.
///
/// # Errors
/// If the hook fails.
pub(crate) fn measure(rows: u64, hook: &Hook, run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    if rows == 0 {
        return Ok(());
    }
    hook.around(|| {
        if let Err(error) = children(run, directory) {
            run.notes.push(format!("not everything is counted: {error}"));
        }
        Ok(())
    })
}

fn children(run: &mut Run, directory: &Path) -> Result<(), BenchError> {
    let valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let valgrind = valgrind.is_ok_and(|status| status.success());
    if !valgrind {
        run.notes.push("instructions are not counted: valgrind is not installed".to_owned());
    }
    let subjects: Vec<String> = run.subjects.iter().map(|subject| subject.name.clone()).collect();
    let progress = Progress::new(subjects.len());
    for subject in &subjects {
        progress.begin(&format!("instructions and allocations, {subject}"));
        let place = tempfile::tempdir_in(directory).map_err(BenchError::io("create a directory in", directory))?;
        let files = place.path().join("out");
        let counted = child(subject, valgrind.then_some(&files))?;
        let mut file = 0;
        for Counted { case, stretches } in &counted {
            for stretch in stretches {
                file += 1;
                let operations = stretch.operations as f64;
                if valgrind {
                    let instructions = total(&files.with_extension(file.to_string()))?;
                    run.add(case, subject, &metric(stretch, "instructions"), instructions / operations);
                }
                run.add(case, subject, &metric(stretch, "allocations"), stretch.allocations as f64 / operations);
            }
        }
        progress.end();
    }
    progress.finish();
    Ok(())
}

fn metric(stretch: &Stretch, what: &str) -> Metric {
    Metric::lower(&format!("{} {what}", stretch.name))
}

/// This program on one subject, under callgrind if there is a place for its files.
fn child(subject: &str, files: Option<&std::path::PathBuf>) -> Result<Vec<Counted>, BenchError> {
    let own = std::env::current_exe()
        .map_err(|source| BenchError::Io { context: "find this program's file".to_owned(), source })?;
    let mut command = match files {
        None => Command::new(&own),
        Some(files) => {
            let mut command = Command::new("valgrind");
            command.args(["--tool=callgrind", "-q"]).arg(format!("--callgrind-out-file={}", files.display()));
            command.args([format!("--zero-before={COUNTED}"), format!("--dump-after={COUNTED}")]).arg(&own);
            command
        }
    };
    let text = output(command.args(std::env::args_os().skip(1)).args(["--counted", subject]))?;
    serde_json::from_str(&text).map_err(|_| BenchError::parse("counts", &text))
}

/// All instructions of one of callgrind's files.
fn total(file: &Path) -> Result<f64, BenchError> {
    let text = std::fs::read_to_string(file).map_err(BenchError::io("read", file))?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals: "));
    line.and_then(|count| count.trim().parse().ok()).ok_or_else(|| BenchError::parse("totals", &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("out.1");
        std::fs::write(&file, "version: 1\nevents: Ir\n\nfn=(1)\n+3 5\n\ntotals: 4711\n").expect("written");
        assert_eq!(total(&file).expect("there"), 4711.0);
        std::fs::write(&file, "version: 1\n").expect("written");
        assert!(total(&file).is_err());
    }
}
