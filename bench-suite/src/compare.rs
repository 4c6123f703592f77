//! Two runs of the same workload side by side: what changed, and what is noise.
//!
//! Where both runs measured the same peer, what is compared is our ratio to it, so that a slower machine or minute cancels
//! out; otherwise the medians. A change counts only if it leaves the band that the spreads of both runs span.

use std::fmt::Write;

use crate::run::{Better, Run, Series};
use crate::stats;

/// A change smaller than this is no change, however small the spreads were.
const BAND_LEAST: f64 = 0.05;

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Outside of the band, in the good direction.
    Better,
    /// Outside of the band, in the bad direction.
    Worse,
    /// Inside of the band.
    Same,
}

/// One line of the comparison.
#[derive(Clone, Debug)]
pub struct Change {
    /// Case, subject and metric.
    pub what: String,
    /// New divided by old: of the ratios to `peer`, or of the medians.
    pub factor: f64,
    /// How far from 1 is noise.
    pub band: f64,
    /// The peer that took the machine's drift out.
    pub peer: Option<String>,
    /// What it means.
    pub verdict: Verdict,
}

/// All series of ours that both runs have.
pub fn compare(old: &Run, new: &Run) -> Vec<Change> {
    let ours = old.series.iter().filter(|series| !old.is_peer(&series.subject));
    ours.filter_map(|before| Some(change(old, new, before, new.beside(before, &before.subject)?))).collect()
}

fn change(old: &Run, new: &Run, before: &Series, after: &Series) -> Change {
    let by_peer = old.peers().find_map(|peer| {
        let ratios = |run: &Run, ours: &Series| {
            let ratios = stats::ratios(&ours.samples, &run.beside(ours, peer)?.samples);
            (!ratios.is_empty()).then_some(ratios)
        };
        Some((peer.to_owned(), ratios(old, before)?, ratios(new, after)?))
    });
    let (peer, was, is) = match by_peer {
        Some((peer, was, is)) => (Some(peer), was, is),
        None => (None, before.samples.clone(), after.samples.clone()),
    };
    let factor = match (stats::median(&was), stats::median(&is)) {
        (0.0, 0.0) => 1.0,
        (was, is) => is / was,
    };
    let band = BAND_LEAST.max(stats::spread(&was)).max(stats::spread(&is));
    let what = format!("{} {}: {}", before.case_text(), before.subject, before.metric.name);
    Change { what, factor, band, peer, verdict: verdict(factor, band, before.metric.better) }
}

fn verdict(factor: f64, band: f64, better: Better) -> Verdict {
    let rose = factor > 1.0 + band;
    let fell = factor < 1.0 / (1.0 + band);
    match (better, rose, fell) {
        (Better::Higher, true, _) | (Better::Lower, _, true) => Verdict::Better,
        (Better::Higher, _, true) | (Better::Lower, true, _) => Verdict::Worse,
        _ => Verdict::Same,
    }
}

/// The comparison as text: what changed first, then how many did not.
pub fn text(changes: &[Change]) -> String {
    let mut text = String::new();
    for (verdict, name) in [(Verdict::Worse, "worse"), (Verdict::Better, "better")] {
        for change in changes.iter().filter(|change| change.verdict == verdict) {
            let beside = change.peer.as_ref().map_or_else(String::new, |peer| format!(", beside {peer}"));
            let _ = writeln!(
                text,
                "{name:6} {:.2}x (noise up to {:.2}x{beside})  {}",
                change.factor,
                1.0 + change.band,
                change.what
            );
        }
    }
    let same = changes.iter().filter(|change| change.verdict == Verdict::Same).count();
    let _ = writeln!(text, "{same} of {} figures did not change", changes.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_changes_are_none() {
        assert_eq!(verdict(1.04, 0.05, Better::Higher), Verdict::Same);
        assert_eq!(verdict(1.06, 0.05, Better::Higher), Verdict::Better);
        assert_eq!(verdict(0.90, 0.05, Better::Higher), Verdict::Worse);
        assert_eq!(verdict(0.90, 0.05, Better::Lower), Verdict::Better);
        assert_eq!(verdict(0.90, 0.20, Better::Lower), Verdict::Same);
    }
}
