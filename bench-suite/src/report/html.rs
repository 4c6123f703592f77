//! The page for the browser: one file that opens from disk.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::figures::{number, percent, ratio, wins};
use super::svg::{self, Line, escape};
use super::table::pairs;
use crate::run::{Metric, Run, Series, case_text};
use crate::stats;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:1400px;margin:2em auto;padding:0 1em;color:#222}\
    table{border-collapse:collapse;font-size:13px;margin:.5em 0 2em}td,th{padding:2px 9px;border-bottom:1px solid #ddd;text-align:right}\
    td:first-child,th:first-child{text-align:left}.win{color:#00695c}.lose{color:#b71c1c}.dim{color:#888}\
    .plots{display:flex;flex-wrap:wrap;gap:8px}svg{background:#fafafa;border:1px solid #eee}\
    svg text{font:11px system-ui,sans-serif;fill:#444}svg .title{font-size:13px;font-weight:600}\
    svg .end{text-anchor:end}svg .mid{text-anchor:middle}svg .grid{stroke:#e4e4e4}\
    .key span{display:inline-block;margin-right:1.2em}.key i{display:inline-block;width:.9em;height:.9em;margin-right:.4em}";

/// A title with more values than this would be a list.
const TITLE_VALUES_MAX: usize = 8;

/// A page with a section for each run.
pub fn page(runs: &[Run]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cairn: measured</title><style>{STYLE}</style>\
         <h1>Cairn: measured</h1><p>Medians of rounds that ran in turns; whiskers and ± show the spread. A ratio is ours \
         divided by the peer's in the same round. Rows in which Cairn loses are red and stay in.</p>"
    );
    html.push_str("<ul>");
    for (place, run) in runs.iter().enumerate() {
        let _ = write!(html, "<li><a href=\"#run{place}\">{}</a></li>", escape(&title(run)));
    }
    html.push_str("</ul>");
    for (place, run) in runs.iter().enumerate() {
        let _ = write!(html, "<h2 id=\"run{place}\">{}</h2>", escape(&title(run)));
        section(&mut html, run);
    }
    html + "</html>\n"
}

/// The workload, and what its first option was: `pgbench: select-only, tpcb-like`.
fn title(run: &Run) -> String {
    let all: Vec<&Series> = run.series.iter().collect();
    let first = all.first().and_then(|series| series.case.first());
    let values = first.map(|(key, _)| distinct(&all, key)).unwrap_or_default();
    match values.as_slice() {
        [] | [_] => run.suite.clone(),
        values if values.len() > TITLE_VALUES_MAX => run.suite.clone(),
        values => format!("{}: {}", run.suite, values.join(", ")),
    }
}

fn section(html: &mut String, run: &Run) {
    let _ = write!(html, "<p>{}<br>{}</p>", run.started, escape(&run.machine.summary()));
    html.push_str("<p class=\"key\">");
    for (place, subject) in run.subjects.iter().enumerate() {
        let (colour, name, version) = (svg::colour(place), escape(&subject.name), escape(&subject.version));
        let _ = write!(
            html,
            "<span><i style=\"background:{colour}\"></i>{name} <span class=\"dim\">{version}</span></span>"
        );
    }
    html.push_str("</p>");
    for note in &run.notes {
        let _ = write!(html, "<p class=\"dim\">{}</p>", escape(note));
    }
    for metric in metrics(run) {
        let _ = write!(html, "<h3>{}</h3><div class=\"plots\">", escape(&metric.name));
        plots(html, run, &metric);
        html.push_str("</div>");
        figures(html, run, &metric);
    }
}

/// The metrics of a run, in the order in which they were first measured.
fn metrics(run: &Run) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for series in &run.series {
        if !metrics.contains(&series.metric) {
            metrics.push(series.metric.clone());
        }
    }
    metrics
}

/// A plot for each combination of what is not on the x axis. The x axis is the last part of the case that varies.
fn plots(html: &mut String, run: &Run, metric: &Metric) {
    let series: Vec<&Series> = run.series.iter().filter(|series| series.metric == *metric).collect();
    let Some(axis) = axis(&series) else { return };
    let ticks = distinct(&series, &axis);
    let rest = |series: &Series| -> Vec<(String, String)> {
        series.case.iter().filter(|(key, _)| *key != axis).cloned().collect()
    };
    let mut seen = BTreeSet::new();
    for first in &series {
        let group = rest(first);
        if !seen.insert(group.clone()) {
            continue;
        }
        let lines: Vec<Line> = run
            .subjects
            .iter()
            .enumerate()
            .map(|(subject, named)| {
                let value = |tick: &String| {
                    let same = |series: &&&Series| {
                        let at = series.case.iter().any(|(key, value)| *key == axis && value == tick);
                        series.subject == named.name && at && rest(series) == group
                    };
                    series.iter().find(same).map(|series| extent(series))
                };
                Line { subject, values: ticks.iter().map(value).collect() }
            })
            .collect();
        let values: Vec<&str> = group.iter().map(|(_, value)| value.as_str()).collect();
        html.push_str(&svg::lines(&format!("{} · {}", values.join(" · "), metric.name), &axis, &ticks, &lines));
    }
}

/// Least, median and most.
fn extent(series: &Series) -> (f64, f64, f64) {
    let least = series.samples.iter().copied().fold(f64::INFINITY, f64::min);
    let most = series.samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, series.median(), most)
}

/// The last key of the cases that has more than one value, or the last one.
fn axis(series: &[&Series]) -> Option<String> {
    let keys: Vec<&String> = series.first()?.case.iter().map(|(key, _)| key).collect();
    let varies = keys.iter().rev().find(|key| distinct(series, key).len() > 1);
    varies.or(keys.last()).map(|key| (*key).clone())
}

/// Values of a key, in the order in which they occur.
fn distinct(series: &[&Series], key: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for (_, value) in series.iter().flat_map(|series| &series.case).filter(|(found, _)| found == key) {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    values
}

fn figures(html: &mut String, run: &Run, metric: &Metric) {
    html.push_str("<details open><summary>figures</summary><table><tr><th></th>");
    let pairs = pairs(run);
    for subject in &run.subjects {
        let _ = write!(html, "<th>{}</th>", escape(&subject.name));
    }
    for (ours, peer) in &pairs {
        let _ = write!(html, "<th>{} / {}</th>", escape(ours), escape(peer));
    }
    html.push_str("</tr>");
    for case in run.cases() {
        let of = |subject: &str| {
            let mut found = run.series.iter();
            found.find(|series| series.case == case && series.metric == *metric && series.subject == subject)
        };
        if !run.subjects.iter().any(|subject| of(&subject.name).is_some()) {
            continue;
        }
        let _ = write!(html, "<tr><td>{}</td>", escape(&case_text(&case)));
        for subject in &run.subjects {
            let cell = of(&subject.name).map_or_else(String::new, |series| {
                let spread = percent(stats::spread(&series.samples) / 2.0);
                format!("{} <span class=\"dim\">±{spread}</span>", number(series.median()))
            });
            let _ = write!(html, "<td>{cell}</td>");
        }
        for (ours, peer) in &pairs {
            match (of(ours), of(peer)) {
                (Some(ours), Some(peer)) => {
                    let value = stats::median(&stats::ratios(&ours.samples, &peer.samples));
                    let class = if wins(metric, value) { "win" } else { "lose" };
                    let _ = write!(html, "<td class=\"{class}\">{}</td>", ratio(value));
                }
                _ => html.push_str("<td></td>"),
            }
        }
        html.push_str("</tr>");
    }
    html.push_str("</table></details>");
}
