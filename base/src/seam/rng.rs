//! Chance.

use std::fmt;

use rand::TryRngCore;

/// A source of random bits.
pub trait Rng: Send + fmt::Debug {
    /// The next 64 bits.
    fn next_u64(&mut self) -> u64;

    /// Fills `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }

    /// A number below `bound`, near enough to evenly distributed for everything but statistics.
    ///
    /// # Panics
    /// When `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below 0");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

/// The operating system's generator, fit for secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    fn next_u64(&mut self) -> u64 {
        rand::rngs::OsRng.try_next_u64().expect("the operating system gives random bytes once it has started")
    }

    fn fill(&mut self, out: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(out).expect("the operating system gives random bytes once it has started");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_fills_whole_buffers() {
        let mut bytes = [0u8; 37];
        OsRng.fill(&mut bytes);
        assert!(bytes[24..].iter().any(|&byte| byte != 0));
        assert_ne!(OsRng.next_u64(), OsRng.next_u64());
    }

    #[test]
    fn below_stays_below() {
        assert!((0..1000).all(|_| OsRng.below(3) < 3));
    }
}
