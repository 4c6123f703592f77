//! Words for drawing from a generator.

pub use cairn_base::seam::Rng;

/// What the simulator asks of chance.
pub trait Chance: Rng {
    /// True `percent` times in a hundred.
    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number from `least` to `most`, both included.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// A place in a list of this length, which must not be 0.
    fn place(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of the choices.
    fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.place(choices.len())]
    }

    /// The place of a weight, drawn as often as its share of the sum; `None` when all are 0.
    fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> Option<usize> {
        let sum: u64 = weights.clone().sum();
        if sum == 0 {
            return None;
        }
        let mut left = self.below(sum);
        weights.enumerate().find_map(|(place, weight)| match left.checked_sub(weight) {
            Some(rest) => {
                left = rest;
                None
            }
            None => Some(place),
        })
    }
}

impl<R: Rng> Chance for R {}

#[cfg(test)]
mod tests {
    use cairn_base::seam::sim::SimRng;

    use super::*;

    #[test]
    fn weights_are_shares() {
        let mut rng = SimRng::new(1);
        let mut drawn = [0; 3];
        for _ in 0..4_000 {
            drawn[rng.weighted([1, 0, 3].into_iter()).expect("some weight")] += 1;
        }
        assert_eq!(drawn[1], 0);
        assert!((800..1200).contains(&drawn[0]), "{drawn:?}");
        assert_eq!(rng.weighted([0, 0].into_iter()), None);
    }
}
