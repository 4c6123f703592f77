//! Order, equality and hash: by value, whatever the scale. NaN equals itself and is greater than everything.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Numeric;
use super::wide::{Wide, pow10};

/// Compares a / 10^sa with b / 10^sb.
fn compare_magnitudes(a: u128, sa: u16, b: u128, sb: u16) -> Ordering {
    if sa > sb {
        return compare_magnitudes(b, sb, a, sa).reverse();
    }
    // Now a is the one to scale up.
    let shift = u32::from(sb - sa);
    match shift {
        0 => a.cmp(&b),
        _ if a == 0 => 0.cmp(&b),
        1..=38 => Wide::product(a, pow10(shift)).cmp(&Wide { high: 0, low: b }),
        _ => Ordering::Greater, // a * 10^39 exceeds every coefficient
    }
}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        use Numeric::{Finite, Infinity, NaN, NegInfinity};
        match (self, other) {
            (Finite { coefficient: a, scale: sa }, Finite { coefficient: b, scale: sb }) => {
                if sa == sb {
                    return a.cmp(b);
                }
                match a.signum().cmp(&b.signum()) {
                    Ordering::Equal if *a < 0 => {
                        compare_magnitudes(a.unsigned_abs(), *sa, b.unsigned_abs(), *sb).reverse()
                    }
                    Ordering::Equal => compare_magnitudes(a.unsigned_abs(), *sa, b.unsigned_abs(), *sb),
                    unequal => unequal,
                }
            }
            (NaN, NaN) | (Infinity, Infinity) | (NegInfinity, NegInfinity) => Ordering::Equal,
            (NaN, _) | (_, NegInfinity) => Ordering::Greater,
            (_, NaN) | (NegInfinity, _) => Ordering::Less,
            (Infinity, _) => Ordering::Greater,
            (_, Infinity) => Ordering::Less,
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.trim_scale() {
            Self::Finite { coefficient, scale } => {
                // A whole number may still carry zeros in front of its (absent) point: 10 has scale 0, so has 1e1.
                coefficient.hash(state);
                scale.hash(state);
            }
            Self::NaN => 1u8.hash(state),
            Self::Infinity => 2u8.hash(state),
            Self::NegInfinity => 3u8.hash(state),
        }
    }
}
