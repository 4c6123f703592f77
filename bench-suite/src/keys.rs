//! Keys to measure with: the shapes that tables really have.

use std::time::{SystemTime, UNIX_EPOCH};

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use clap::ValueEnum;

/// A shape of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// 0, 1, 2, ... as 8 bytes, big-endian: a serial primary key.
    Dense,
    /// Random 8 bytes: a hash, a random id.
    Sparse,
    /// 24 bytes of three numbers, as TPC-C's customer has: 10 districts per tenant, 3,000 ids per district.
    Composite,
    /// URLs of 30 to 80 bytes over 200 hosts.
    Url,
    /// E-mail addresses of 20 to 40 bytes over 50 providers.
    Email,
}

const HOSTS: u64 = 200;
const PROVIDERS: u64 = 50;
const DISTRICTS: u64 = 10;
const IDS: u64 = 3_000;
const SECTIONS: [&str; 6] = ["item", "article/archive", "user/profile", "search/results/page", "static/img", "api/v2"];
const NAMES: [&str; 8] = ["anna", "bertrand", "carla", "dmitri", "eleonora", "farid", "grace", "hiroshi"];

impl KeyKind {
    /// As it stands in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Sparse => "sparse",
            Self::Composite => "composite",
            Self::Url => "url",
            Self::Email => "email",
        }
    }

    /// Whether every key is 8 bytes.
    pub fn is_word(self) -> bool {
        matches!(self, Self::Dense | Self::Sparse)
    }

    /// `count` different keys in random order.
    pub fn keys(self, count: usize, seed: u64) -> Vec<Vec<u8>> {
        let mut rng = SimRng::new(seed);
        let mut keys: Vec<Vec<u8>> = (0..count as u64).map(|n| self.key(n, &mut rng)).collect();
        shuffle(&mut keys, &mut rng);
        keys
    }

    fn key(self, n: u64, rng: &mut SimRng) -> Vec<u8> {
        match self {
            Self::Dense => n.to_be_bytes().to_vec(),
            Self::Sparse => rng.next_u64().to_be_bytes().to_vec(),
            Self::Composite => [n / (DISTRICTS * IDS), n / IDS % DISTRICTS, n % IDS]
                .iter()
                .flat_map(|part| part.to_be_bytes())
                .collect(),
            Self::Url => {
                let (host, section) = (rng.below(HOSTS) * 7919, SECTIONS[rng.below(6) as usize]);
                format!("https://www.{host:x}.example/{section}/{n}-{:x}", rng.below(1 << 32)).into_bytes()
            }
            Self::Email => {
                let (name, provider) = (NAMES[rng.below(8) as usize], rng.below(PROVIDERS) * 7919);
                format!("{name}{}.{n}@mail{provider:x}.example", rng.below(100)).into_bytes()
            }
        }
    }
}

/// A number from which on no run has used a key before: clients run for milliseconds and insert fewer rows than a million in
/// each. A clock that stands before 1970 counts as standing there.
pub(crate) fn never_used() -> u64 {
    const KEYS_PER_MILLISECOND: u64 = 1_000_000;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64 * KEYS_PER_MILLISECOND
}

/// The same items in another random order.
pub fn shuffle<T>(items: &mut [T], rng: &mut SimRng) {
    for n in (1..items.len()).rev() {
        items.swap(n, rng.below(n as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_differ_and_repeat_with_the_seed() {
        for kind in [KeyKind::Dense, KeyKind::Sparse, KeyKind::Composite, KeyKind::Url, KeyKind::Email] {
            let keys = kind.keys(200_000, 1);
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{kind:?}");
            assert_eq!(keys, kind.keys(200_000, 1));
            assert_eq!(keys.iter().all(|key| key.len() == 8), kind.is_word());
            assert!(keys.iter().all(|key| key.len() <= 80));
        }
    }
}
