//! The order of subjects: in turns, rotated each round.

/// Which subject is measured at which place of a round: `order(3, 1)` is `[1, 2, 0]`.
pub fn order(subjects: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..subjects).map(move |place| (place + round) % subjects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_first_once() {
        let rounds: Vec<Vec<usize>> = (0..3).map(|round| order(3, round).collect()).collect();
        assert_eq!(rounds, [vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1]]);
    }
}
