//! 256-bit unsigned integers, just large enough for the product of two coefficients (10^38 * 10^38 < 2^253).

/// `high * 2^128 + low`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Wide {
    pub(crate) high: u128,
    pub(crate) low: u128,
}

const MASK: u128 = u64::MAX as u128;

impl Wide {
    /// The exact product.
    pub(crate) const fn product(a: u128, b: u128) -> Self {
        let (a1, a0) = (a >> 64, a & MASK);
        let (b1, b0) = (b >> 64, b & MASK);
        let low = a0 * b0;
        let middle = a1 * b0 + (low >> 64);
        let carry = (middle & MASK) + a0 * b1;
        Self { high: a1 * b1 + (middle >> 64) + (carry >> 64), low: (carry << 64) | (low & MASK) }
    }

    /// The exact sum; the caller's operands are far below 2^256.
    pub(crate) const fn plus(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        Self { high: self.high + other.high + carry as u128, low }
    }

    /// The exact difference, for `self >= other`.
    pub(crate) const fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Self { high: self.high - other.high - borrow as u128, low }
    }

    /// Quotient and remainder; `None` when the quotient exceeds 128 bits. `divisor` must not be 0.
    ///
    /// Knuth, TAOCP vol. 2, algorithm D, with 64-bit digits: two quotient digits, each estimated from the two leading
    /// digits and corrected at most twice.
    pub(crate) fn div_rem(self, divisor: u128) -> Option<(u128, u128)> {
        if self.high == 0 {
            return Some((self.low / divisor, self.low % divisor));
        }
        if self.high >= divisor {
            return None;
        }
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let high = match shift {
            0 => self.high,
            _ => (self.high << shift) | (self.low >> (128 - shift)),
        };
        let low = self.low << shift;
        let (q1, rest) = digit(high, low >> 64, divisor);
        let (q0, rest) = digit(rest, low & MASK, divisor);
        Some(((q1 << 64) | q0, rest >> shift))
    }
}

/// One quotient digit of (rest * 2^64 + next) / divisor, where rest < divisor and divisor has its top bit set.
fn digit(rest: u128, next: u128, divisor: u128) -> (u128, u128) {
    let (d1, d0) = (divisor >> 64, divisor & MASK);
    let mut q = rest / d1;
    let mut r = rest % d1;
    while q > MASK || q * d0 > ((r << 64) | next) {
        q -= 1;
        r += d1;
        if r > MASK {
            break;
        }
    }
    // The true remainder is below 2^128, so computing it modulo 2^128 is exact.
    let remainder = (rest << 64).wrapping_add(next).wrapping_sub(q.wrapping_mul(divisor));
    (q, remainder)
}

/// 10^n for n in 0..=38.
pub(crate) const fn pow10(n: u32) -> u128 {
    POWERS[n as usize]
}

const POWERS: [u128; 39] = {
    let mut powers = [1u128; 39];
    let mut n = 1;
    while n < 39 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// Number of decimal digits; 0 for 0.
pub(crate) fn digits(n: u128) -> u32 {
    n.checked_ilog10().map_or(0, |log| log + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn division_inverts_multiplication(a: u128, b in 1u128.., r: u128) {
            let r = r % b;
            let product = Wide::product(a, b);
            let (low, carry) = product.low.overflowing_add(r);
            let sum = Wide { high: product.high + u128::from(carry), low };
            prop_assert_eq!(sum.div_rem(b), Some((a, r)));
        }

        #[test]
        fn a_quotient_beyond_128_bits_is_refused(high in 1u128.., low: u128, divisor in 1u128..) {
            let wide = Wide { high, low };
            prop_assert_eq!(wide.div_rem(divisor).is_none(), high >= divisor);
        }
    }

    #[test]
    fn counts_digits() {
        assert_eq!([digits(0), digits(9), digits(10), digits(u128::MAX)], [0, 1, 2, 39]);
        assert_eq!(pow10(38), 100_000_000_000_000_000_000_000_000_000_000_000_000);
    }
}
