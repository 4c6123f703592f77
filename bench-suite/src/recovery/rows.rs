//! What tables are filled with.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;

/// Bodies of rows 0, 1, 2, ...: 80 random hexadecimal digits each.
pub(super) fn bodies(seed: u64) -> impl Iterator<Item = String> {
    let mut rng = SimRng::new(seed);
    std::iter::repeat_with(move || (0..5).map(|_| format!("{:016x}", rng.next_u64())).collect())
}
