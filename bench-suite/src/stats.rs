//! Medians, spreads and percentiles.

/// The median of the samples (mean of the middle two of an even number); NaN of none.
pub fn median(samples: &[f64]) -> f64 {
    let sorted = sorted(samples);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Largest minus least, as a share of the median; 0 of a single sample or a median of 0.
pub fn spread(samples: &[f64]) -> f64 {
    let sorted = sorted(samples);
    let median = median(samples);
    match (sorted.first(), sorted.last()) {
        (Some(least), Some(most)) if median != 0.0 => (most - least) / median,
        _ => 0.0,
    }
}

/// The value below which a share of the samples lies (nearest rank); NaN of none.
pub fn percentile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let rank = (samples.len() as f64 * share).ceil() as usize;
    samples.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// What each round says about `ours` against `peer`: quotients of samples of the same round.
pub fn ratios(ours: &[f64], peer: &[f64]) -> Vec<f64> {
    ours.iter().zip(peer).filter(|(_, peer)| **peer != 0.0).map(|(ours, peer)| ours / peer).collect()
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
        assert_eq!(spread(&[1.0, 2.0, 3.0]), 1.0);
        assert_eq!(spread(&[5.0]), 0.0);
    }

    #[test]
    fn percentiles_are_samples() {
        let mut samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut samples, 0.5), 50.0);
        assert_eq!(percentile(&mut samples, 0.99), 99.0);
        assert_eq!(percentile(&mut samples, 1.0), 100.0);
        assert!(percentile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn ratios_are_made_within_a_round() {
        assert_eq!(ratios(&[2.0, 8.0], &[1.0, 2.0]), [2.0, 4.0]);
        assert_eq!(ratios(&[2.0, 8.0], &[0.0, 2.0]), [4.0]);
    }
}
