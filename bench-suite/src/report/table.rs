//! The table for the terminal.

use std::fmt::Write;

use super::figures::{number, percent, ratio};
use crate::run::{Run, Series, case_text};
use crate::stats;

/// More ratios than this have no columns of their own, so that lines stay short.
const RATIO_COLUMNS_MAX: usize = 3;

/// One line per case for each of `metrics`: medians of all subjects, spreads, then our ratios to each peer; where these are
/// many, only the first of ours is divided by each peer, in brackets behind the peer's figure. Without names the metric that
/// was measured first, with `all` every one.
pub fn table(run: &Run, metrics: &[String]) -> String {
    let mut text = format!("{}  {}\n{}\n", run.suite, run.started, run.machine.summary());
    for subject in &run.subjects {
        let _ = writeln!(text, "  {}: {}", subject.name, subject.version);
    }
    for metric in chosen(run, metrics) {
        let columns = Columns::of(run, &metric);
        let title =
            columns.bracketed.as_ref().map_or_else(String::new, |ours| format!(", in brackets {ours} divided by it"));
        let _ = write!(text, "\n{metric}{title}\n{}", aligned(&rows(run, &metric, &columns)));
    }
    for note in &run.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// Names of the metrics to show.
fn chosen(run: &Run, names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for series in &run.series {
        if !all.contains(&series.metric.name) {
            all.push(series.metric.name.clone());
        }
    }
    match names {
        [] => all.into_iter().take(1).collect(),
        [only] if only == "all" => all,
        names => all.into_iter().filter(|name| names.contains(name)).collect(),
    }
}

/// Where ratios stand.
struct Columns {
    /// Ours and peers whose ratio has a column.
    pairs: Vec<(String, String)>,
    /// Who of ours is divided by each peer in the peer's column instead.
    bracketed: Option<String>,
}

impl Columns {
    fn of(run: &Run, metric: &str) -> Self {
        let pairs = pairs_with_ratios(run, metric);
        match pairs.first() {
            Some((ours, _)) if pairs.len() > RATIO_COLUMNS_MAX => {
                Self { bracketed: Some(ours.clone()), pairs: Vec::new() }
            }
            _ => Self { pairs, bracketed: None },
        }
    }
}

/// The header and a row per case.
fn rows(run: &Run, metric: &str, columns: &Columns) -> Vec<Vec<String>> {
    let mut header = vec![String::new()];
    header.extend(run.subjects.iter().map(|subject| subject.name.clone()));
    header.extend(columns.pairs.iter().map(|(ours, peer)| format!("{ours} / {peer}")));
    let mut rows = vec![header];
    for case in run.cases() {
        let of = |subject: &str| -> Option<&Series> {
            let same =
                |series: &&Series| series.case == case && series.subject == subject && series.metric.name == metric;
            run.series.iter().find(same)
        };
        if !run.subjects.iter().any(|subject| of(&subject.name).is_some()) {
            continue;
        }
        let divided = |ours: &Series, peer: &Series| {
            let ratios = stats::ratios(&ours.samples, &peer.samples);
            (!ratios.is_empty()).then(|| ratio(stats::median(&ratios)))
        };
        let mut row = vec![case_text(&case)];
        row.extend(run.subjects.iter().map(|subject| {
            let Some(series) = of(&subject.name) else { return String::new() };
            let ours = columns.bracketed.as_deref().filter(|_| subject.peer).and_then(of);
            match ours.and_then(|ours| divided(ours, series)) {
                Some(ratio) => format!("{} ({ratio})", figure(series)),
                None => figure(series),
            }
        }));
        row.extend(columns.pairs.iter().map(|(ours, peer)| match (of(ours), of(peer)) {
            (Some(ours), Some(peer)) => divided(ours, peer).unwrap_or_default(),
            _ => String::new(),
        }));
        rows.push(row);
    }
    rows
}

/// Each of ours with each peer.
pub(super) fn pairs(run: &Run) -> Vec<(String, String)> {
    let ours = run.subjects.iter().filter(|subject| !subject.peer);
    ours.flat_map(|ours| run.peers().map(|peer| (ours.name.clone(), peer.to_owned()))).collect()
}

/// Pairs for which this metric has a ratio somewhere: not those where all samples of the peer are zero.
fn pairs_with_ratios(run: &Run, metric: &str) -> Vec<(String, String)> {
    let mut pairs = pairs(run);
    pairs.retain(|(ours, peer)| {
        let mut series = run.series.iter().filter(|series| series.metric.name == metric && series.subject == *ours);
        series.any(|ours| {
            run.beside(ours, peer).is_some_and(|peer| !stats::ratios(&ours.samples, &peer.samples).is_empty())
        })
    });
    pairs
}

fn figure(series: &Series) -> String {
    match series.samples.len() {
        0 | 1 => number(series.median()),
        _ => format!("{} ±{}", number(series.median()), percent(stats::spread(&series.samples) / 2.0)),
    }
}

/// Columns of equal width; the first to the left, figures to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let _ = if column == 0 { write!(text, "  {cell:width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}
