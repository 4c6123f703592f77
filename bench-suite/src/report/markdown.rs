//! Figures in documents: tables that come from a result and are checked against it.
//!
//! A document marks the place with two comments, and the table between them is the suite's:
//!
//! ```text
//! <!-- figures: bench-suite/results/pgbench-....json tps -->
//! ...
//! <!-- end of figures -->
//! ```

use std::fmt::Write;
use std::path::Path;

use super::figures::{number, percent, ratio};
use crate::error::BenchError;
use crate::run::{Run, Series, case_text};
use crate::stats;

const BEGIN: &str = "<!-- figures: ";
const BEGIN_CLOSES: &str = " -->\n";
const END: &str = "<!-- end of figures -->";

/// The document with all its tables made anew. Results are looked for from `root` on.
///
/// # Errors
/// If a mark is not closed, or a result cannot be read.
pub fn refresh(document: &str, root: &Path) -> Result<String, BenchError> {
    let mut fresh = String::new();
    let mut rest = document;
    while let Some((before, marked)) = rest.split_once(BEGIN) {
        let broken = || BenchError::parse("a closed mark of figures", marked);
        let (mark, old) = marked.split_once(BEGIN_CLOSES).ok_or_else(broken)?;
        let (_, after) = old.split_once(END).ok_or_else(broken)?;
        let (file, metric) = mark.split_once(' ').ok_or_else(broken)?;
        let table = markdown(&Run::load(&root.join(file))?, metric);
        let _ = write!(fresh, "{before}{BEGIN}{mark}{BEGIN_CLOSES}{table}{END}");
        rest = after;
    }
    Ok(fresh + rest)
}

/// One metric of a run as a table, with the machine beneath it: medians with half of the spread, and the ratio of the first
/// of ours to each peer behind the peer's figure.
fn markdown(run: &Run, metric: &str) -> String {
    let ours = run.subjects.iter().find(|subject| !subject.peer).map(|subject| subject.name.as_str());
    let mut text = format!("\n| {metric} |");
    for subject in &run.subjects {
        let _ = write!(text, " {} |", subject.name);
    }
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(run.subjects.len()));
    for case in run.cases() {
        let of = |subject: &str| {
            let mut found = run.series.iter();
            found.find(|series| series.case == case && series.metric.name == metric && series.subject == subject)
        };
        if !run.subjects.iter().any(|subject| of(&subject.name).is_some()) {
            continue;
        }
        let _ = write!(text, "| {} |", case_text(&case));
        for subject in &run.subjects {
            let ours = ours.filter(|_| subject.peer).and_then(of);
            let cell = of(&subject.name).map_or_else(String::new, |series| cell(series, ours));
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    let divided = ours.map_or_else(String::new, |ours| format!("; in brackets {ours} divided by it"));
    let _ = write!(
        text,
        "\nMedians of rounds that ran in turns{divided}. Measured {}: {}.\n",
        run.started,
        run.machine.summary()
    );
    text
}

fn cell(series: &Series, ours: Option<&Series>) -> String {
    let figure = format!("{} ±{}", number(series.median()), percent(stats::spread(&series.samples) / 2.0));
    let ratios = ours.map(|ours| stats::ratios(&ours.samples, &series.samples)).filter(|ratios| !ratios.is_empty());
    match ratios {
        Some(ratios) => format!("{figure} ({})", ratio(stats::median(&ratios))),
        None => figure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_say_what_results_say() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let text = std::fs::read_to_string(root.join("README.md")).expect("there is one");
        assert!(text.contains(BEGIN), "the README has figures");
        let fresh = refresh(&text, root).expect("its marks and results are whole");
        assert!(fresh == text, "README.md is behind its results: run `bench-suite figures README.md`");
    }

    #[test]
    fn marks_that_are_not_closed_are_errors() {
        assert_eq!(refresh("no figures", Path::new(".")).expect("nothing to do"), "no figures");
        assert!(refresh("<!-- figures: x.json tps -->\n|", Path::new(".")).is_err());
        assert!(refresh("<!-- figures: x.json", Path::new(".")).is_err());
    }
}
