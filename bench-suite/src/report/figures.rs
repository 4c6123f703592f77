//! The way figures are written everywhere.

use crate::run::{Better, Metric};

/// Three significant digits, or whole numbers from 100 on; thousands apart.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".to_owned(),
        size if size >= 100.0 => thousands(value),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A ratio: `1.52x`.
pub(super) fn ratio(value: f64) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{value:.2}x") }
}

/// A share as percent: `3%`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// Whether a ratio to a peer says that we win.
pub(super) fn wins(metric: &Metric, ratio: f64) -> bool {
    match metric.better {
        Better::Higher => ratio >= 1.0,
        Better::Lower => ratio <= 1.0,
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(number(12_345.6), "12\u{202f}346");
        assert_eq!(number(999.4), "999");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(1.0), "1.00");
        assert_eq!(number(0.01234), "0.012");
        assert_eq!(number(f64::NAN), "-");
        assert_eq!(ratio(1.5), "1.50x");
    }
}
