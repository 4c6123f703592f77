//! Plots as inline SVG: no script, no font, no network.

use std::fmt::Write;

use super::figures::number;

const WIDTH: f64 = 430.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 34.0;
const TICKS: usize = 4;

/// Colours that stay apart for colour-blind readers (Okabe and Ito's).
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000"];

/// The colour of a subject, by its place in the run.
pub(super) fn colour(subject: usize) -> &'static str {
    COLOURS[subject % COLOURS.len()]
}

/// One line of a plot: its colour's number, and a value (least, median, most) at some of the ticks.
pub(super) struct Line {
    /// For [`colour`].
    pub(super) subject: usize,
    /// Per tick of the x axis.
    pub(super) values: Vec<Option<(f64, f64, f64)>>,
}

/// A line plot from zero upwards, ticks of the x axis evenly apart, a whisker from least to most at each point.
pub(super) fn lines(title: &str, x_label: &str, ticks: &[String], lines: &[Line]) -> String {
    let most = lines.iter().flat_map(|line| line.values.iter().flatten()).map(|value| value.2).fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 1.0 };
    let x = |place: usize| match ticks.len() {
        0 | 1 => (LEFT + WIDTH - RIGHT) / 2.0,
        n => LEFT + 14.0 + (WIDTH - LEFT - RIGHT - 28.0) * place as f64 / (n - 1) as f64,
    };
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" role=\"img\"><text x=\"4\" y=\"15\" class=\"title\">{}</text>",
        escape(title)
    );
    for tick in 0..=TICKS {
        let value = most * tick as f64 / TICKS as f64;
        let (from, to, at) = (LEFT, WIDTH - RIGHT, y(value));
        let _ = write!(svg, "<line x1=\"{from}\" x2=\"{to}\" y1=\"{at:.1}\" y2=\"{at:.1}\" class=\"grid\"/>");
        let _ =
            write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" class=\"end\">{}</text>", LEFT - 6.0, at + 4.0, number(value));
    }
    for (place, tick) in ticks.iter().enumerate() {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"mid\">{}</text>",
            x(place),
            HEIGHT - BOTTOM + 15.0,
            escape(tick)
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" class=\"mid\">{}</text>",
        f64::midpoint(LEFT, WIDTH),
        HEIGHT - 4.0,
        escape(x_label)
    );
    for line in lines {
        let colour = colour(line.subject);
        let points: Vec<String> = line
            .values
            .iter()
            .enumerate()
            .filter_map(|(place, value)| value.map(|(_, median, _)| format!("{:.1},{:.1}", x(place), y(median))))
            .collect();
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        );
        for (place, (least, median, most)) in
            line.values.iter().enumerate().filter_map(|(place, value)| value.map(|value| (place, value)))
        {
            let (at, top, bottom) = (x(place), y(most), y(least));
            let _ = write!(
                svg,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\"/>\
                 <circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"><title>{}</title></circle>",
                y(median),
                number(median)
            );
        }
    }
    svg + "</svg>"
}

/// Text as it may stand in markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_closed_markup() {
        let line = Line { subject: 0, values: vec![Some((1.0, 2.0, 3.0)), None, Some((2.0, 4.0, 4.0))] };
        let ticks = ["1", "8", "32"].map(str::to_owned);
        let svg = lines("a < b", "clients", &ticks, &[line]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        assert!(svg.contains("a &lt; b"));
        assert_eq!(svg.matches("<circle").count(), 2);
    }
}
