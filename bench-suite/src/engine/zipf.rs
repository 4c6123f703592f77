//! YCSB's scrambled Zipfian choice of rows.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;

/// YCSB's constant: how much more popular the popular rows are.
const THETA: f64 = 0.99;

/// Draws ranks by the method of Gray et al., "Quickly Generating Billion-Record Synthetic Databases" (SIGMOD 1994).
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    items: u64,
    alpha: f64,
    zeta: f64,
    eta: f64,
}

impl Zipf {
    /// Over this many rows; takes time proportional to it.
    pub fn new(items: u64) -> Self {
        let zeta = zeta(items);
        let eta = (1.0 - (2.0 / items as f64).powf(1.0 - THETA)) / (1.0 - zeta_of_two() / zeta);
        Self { items, alpha: 1.0 / (1.0 - THETA), zeta, eta }
    }

    /// A rank: 0 is the most popular.
    pub fn rank(&self, rng: &mut SimRng) -> u64 {
        let uniform = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let scaled = uniform * self.zeta;
        if scaled < 1.0 {
            return 0;
        }
        if scaled < zeta_of_two() {
            return 1;
        }
        let rank = (self.items as f64 * (self.eta * uniform - self.eta + 1.0).powf(self.alpha)) as u64;
        rank.min(self.items - 1)
    }

    /// A row: ranks scattered, so that popular rows are not neighbours.
    pub fn scrambled(&self, rng: &mut SimRng) -> u64 {
        self.rank(rng).wrapping_mul(0xff51_afd7_ed55_8ccd) % self.items
    }
}

fn zeta(items: u64) -> f64 {
    (1..=items).map(|n| 1.0 / (n as f64).powf(THETA)).sum()
}

fn zeta_of_two() -> f64 {
    1.0 + 0.5_f64.powf(THETA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_get_most() {
        let (zipf, mut rng) = (Zipf::new(10_000), SimRng::new(1));
        let ranks: Vec<u64> = (0..100_000).map(|_| zipf.rank(&mut rng)).collect();
        let share = |below| ranks.iter().filter(|&&rank| rank < below).count() as f64 / ranks.len() as f64;
        assert!(ranks.iter().all(|&rank| rank < 10_000));
        assert!((0.08..0.13).contains(&share(1)), "{}", share(1));
        assert!((0.45..0.60).contains(&share(100)), "{}", share(100));
    }
}
