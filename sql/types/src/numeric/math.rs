//! Square root, logarithms, exponential and power. Result scales are PostgreSQL's; digits are computed with guard digits
//! in big integers, so the last digit shown is right.

use num_bigint::{BigInt, Sign};

use super::arith::{SIGNIFICANT_DIGITS_MIN, result_scale};
use super::{Numeric, division_by_zero, overflow};
use crate::error::{SqlError, SqlState};

/// Digits computed beyond those shown.
const GUARD: u32 = 12;

/// log10(e)
const LOG10_E: f64 = std::f64::consts::LOG10_E;
/// ln(10)
const LN_10: f64 = std::f64::consts::LN_10;

/// A big integer read as `value / 10^places`.
#[derive(Clone)]
struct Fixed {
    value: BigInt,
    places: u32,
}

fn big_pow10(n: u32) -> BigInt {
    BigInt::from(10).pow(n)
}

/// a / b, rounded half away from zero.
fn divide_rounded(a: &BigInt, b: &BigInt) -> BigInt {
    let (quotient, remainder) = (a / b, a % b);
    match remainder.magnitude() * 2u32 >= *b.magnitude() {
        true if (a.sign() == Sign::Minus) != (b.sign() == Sign::Minus) => quotient - 1,
        true => quotient + 1,
        false => quotient,
    }
}

impl Fixed {
    /// A finite number at `places` digits (digits beyond are cut).
    fn of(coefficient: i128, scale: u16, places: u32) -> Self {
        let value = BigInt::from(coefficient);
        let scale = u32::from(scale);
        let value = match places >= scale {
            true => value * big_pow10(places - scale),
            false => value / big_pow10(scale - places),
        };
        Self { value, places }
    }

    fn one(places: u32) -> Self {
        Self { value: big_pow10(places), places }
    }

    fn mul(&self, other: &Self) -> Self {
        Self { value: &self.value * &other.value / big_pow10(other.places), places: self.places }
    }

    fn div(&self, other: &Self) -> Self {
        Self { value: &self.value * big_pow10(other.places) / &other.value, places: self.places }
    }

    fn sqrt(&self) -> Self {
        Self { value: (&self.value * big_pow10(self.places)).sqrt(), places: self.places }
    }

    /// Rounded to `scale`, or to as many fraction digits as fit in 38.
    fn finish(&self, scale: u16) -> Result<Numeric, SqlError> {
        let mut scale = u32::from(scale);
        loop {
            let rounded = match self.places >= scale {
                true => divide_rounded(&self.value, &big_pow10(self.places - scale)),
                false => &self.value * big_pow10(scale - self.places),
            };
            if let Ok(number) =
                i128::try_from(&rounded).map_err(|_| overflow()).and_then(|n| Numeric::new(n, scale as u16))
            {
                return Ok(number);
            }
            scale = scale.checked_sub(1).ok_or_else(overflow)?;
        }
    }
}

/// ln(x) for x > 0, by x = m^8 with m near 1 and ln m = 2 artanh((m - 1) / (m + 1)).
fn ln_fixed(x: &Fixed) -> Fixed {
    let places = x.places;
    let one = Fixed::one(places);
    let root = x.sqrt().sqrt().sqrt();
    let ratio =
        Fixed { value: &root.value - &one.value, places }.div(&Fixed { value: &root.value + &one.value, places });
    let square = ratio.mul(&ratio);
    let mut power = ratio.clone();
    let mut sum = ratio.value;
    for odd in (3u32..).step_by(2) {
        power = power.mul(&square);
        if power.value.sign() == Sign::NoSign {
            break;
        }
        sum += &power.value / odd;
    }
    Fixed { value: sum * 16, places }
}

/// ln(coefficient / 10^scale) at `places` digits.
fn ln_number(number: &Numeric, places: u32) -> Fixed {
    let (Numeric::Finite { coefficient, .. }, Some(exponent)) = (number, number.exponent()) else {
        return Fixed { value: BigInt::from(0), places };
    };
    let inner = places + GUARD;
    // number = mantissa * 10^exponent with 1 <= mantissa < 10; near 1 from below, 0.9.. stays whole.
    let near_one = exponent == -1 && number.leading_fraction() >= 9;
    let exponent = if near_one { 0 } else { exponent };
    let scale = i32::from(number.scale().unwrap_or(0)) + exponent;
    let mantissa = match u16::try_from(scale) {
        Ok(scale) => Fixed::of(*coefficient, scale, inner),
        Err(_) => Fixed { value: BigInt::from(*coefficient) * big_pow10(inner + scale.unsigned_abs()), places: inner },
    };
    let mut sum = ln_fixed(&mantissa).value;
    if exponent != 0 {
        sum += ln_fixed(&Fixed::of(10, 0, inner)).value * exponent;
    }
    Fixed { value: sum / big_pow10(GUARD), places }
}

/// e^x, by halving x until the Taylor series is short, then squaring back.
fn exp_fixed(x: &Fixed, places: u32) -> Fixed {
    const HALVINGS: u32 = 16;
    // Each squaring doubles the relative error, and the result may have 40 digits before its point.
    let inner = places + 3 * GUARD + 40;
    let scaled = match inner >= x.places {
        true => &x.value * big_pow10(inner - x.places),
        false => &x.value / big_pow10(x.places - inner),
    };
    let x = Fixed { value: scaled >> HALVINGS, places: inner };
    let mut term = Fixed::one(inner);
    let mut sum = term.value.clone();
    for n in 1u32.. {
        term = Fixed { value: term.mul(&x).value / n, places: inner };
        if term.value.sign() == Sign::NoSign || term.value == BigInt::from(-1) {
            break;
        }
        sum += &term.value;
    }
    let mut result = Fixed { value: sum, places: inner };
    for _ in 0..HALVINGS {
        result = result.mul(&result);
    }
    result
}

impl Numeric {
    /// First digit of the number.
    fn leading_fraction(&self) -> u32 {
        let (_, mut digit) = self.leading_digit();
        while digit >= 10 {
            digit /= 10;
        }
        digit
    }

    /// `sqrt(a)`; 2201F for a negative number.
    pub fn sqrt(self) -> Result<Self, SqlError> {
        let Self::Finite { coefficient, scale } = self else {
            return match self {
                Self::NegInfinity => Err(root_of_negative()),
                _ => Ok(self),
            };
        };
        if coefficient < 0 {
            return Err(root_of_negative());
        }
        let (weight, _) = self.leading_digit();
        let root_weight = (weight + 1) * 4 / 2 - 1;
        let wanted = result_scale(SIGNIFICANT_DIGITS_MIN - root_weight, i32::from(scale));
        let places = u32::from(wanted).max(u32::from(scale)) + 1;
        Fixed::of(coefficient, scale, places).sqrt().finish(wanted)
    }

    /// `exp(a)`
    pub fn exp(self) -> Result<Self, SqlError> {
        let Self::Finite { coefficient, scale } = self else {
            return Ok(if matches!(self, Self::NegInfinity) { Self::ZERO } else { self });
        };
        let weight = (self.to_f64() * LOG10_E).clamp(-2000.0, 2000.0);
        let wanted = result_scale(SIGNIFICANT_DIGITS_MIN - weight as i32, i32::from(scale));
        exp_to_scale(&Fixed::of(coefficient, scale, u32::from(scale)), weight, wanted)
    }

    /// Decimal exponent of ln(a), roughly: PostgreSQL's `estimate_ln_dweight`.
    fn ln_weight(&self) -> i32 {
        let tenth = |n: i128| Self::Finite { coefficient: n, scale: 1 };
        if *self >= tenth(9) && *self <= tenth(11) {
            let distance = self.checked_sub(Self::ONE).unwrap_or(Self::ZERO);
            return distance.exponent().unwrap_or(0);
        }
        let (Self::Finite { coefficient, .. }, Some(exponent)) = (self, self.exponent()) else { return 0 };
        // Leading digits and power of ten, instead of the value itself, which may underflow a double.
        let leading = coefficient.unsigned_abs() as f64 / 10f64.powi(coefficient.unsigned_abs().ilog10() as i32);
        let ln = leading.ln() + f64::from(exponent) * LN_10;
        ln.abs().log10() as i32
    }

    /// `ln(a)`; 2201E for zero and negative numbers.
    pub fn ln(self) -> Result<Self, SqlError> {
        self.check_logarithm()?;
        let Some(scale) = self.scale() else { return Ok(self) };
        let wanted = result_scale(SIGNIFICANT_DIGITS_MIN - self.ln_weight(), i32::from(scale));
        ln_number(&self, u32::from(wanted) + GUARD).finish(wanted)
    }

    /// `log(a)`: base 10.
    pub fn log10(self) -> Result<Self, SqlError> {
        Self::integer(10).log(self)
    }

    /// `log(base, a)`; 2201E for zero and negative numbers, 22012 for base 1.
    pub fn log(self, number: Self) -> Result<Self, SqlError> {
        if self.is_nan() || number.is_nan() {
            return Ok(Self::NaN);
        }
        self.check_logarithm()?;
        number.check_logarithm()?;
        let (Some(base_scale), Some(scale)) = (self.scale(), number.scale()) else {
            return Ok(match (self, number) {
                (Self::Infinity, Self::Infinity) => Self::NaN,
                (Self::Infinity, _) => Self::ZERO,
                _ => Self::Infinity,
            });
        };
        let (base_weight, weight) = (self.ln_weight(), number.ln_weight());
        let wanted = SIGNIFICANT_DIGITS_MIN - (weight - base_weight);
        let wanted = result_scale(wanted, i32::from(base_scale.max(scale)));
        let places = u32::from(wanted) + base_weight.unsigned_abs() + weight.unsigned_abs() + 2 * GUARD;
        let base = ln_number(&self, places);
        if base.value.sign() == Sign::NoSign {
            return Err(division_by_zero());
        }
        ln_number(&number, places).div(&base).finish(wanted)
    }

    fn check_logarithm(&self) -> Result<(), SqlError> {
        let refuse = |what| Err(SqlError::new(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, what));
        match self {
            _ if self.is_negative() => refuse("cannot take logarithm of a negative number"),
            _ if self.is_zero() => refuse("cannot take logarithm of zero"),
            _ => Ok(()),
        }
    }

    /// `power(a, b)`; 2201F for 0 to a negative power and for a negative number to a power that is not whole.
    pub fn power(self, exponent: Self) -> Result<Self, SqlError> {
        let (Self::Finite { .. }, Self::Finite { .. }) = (self, exponent) else {
            return power_of_special(self, exponent);
        };
        check_power(&self, &exponent)?;
        if let Some(whole) = exponent.as_whole_i64().and_then(|n| i32::try_from(n).ok()) {
            return power_whole(self, whole);
        }
        if self.is_zero() {
            return Ok(Self::Finite { coefficient: 0, scale: SIGNIFICANT_DIGITS_MIN as u16 });
        }
        let negative = self.is_negative() && is_odd(&exponent);
        let result = power_real(self.abs(), exponent)?;
        Ok(if negative { result.negate() } else { result })
    }
}

fn root_of_negative() -> SqlError {
    let message = "cannot take square root of a negative number";
    SqlError::new(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

fn exp_to_scale(x: &Fixed, weight: f64, wanted: u16) -> Result<Numeric, SqlError> {
    if weight > 39.0 {
        return Err(overflow());
    }
    if weight < -1100.0 {
        return Ok(Numeric::Finite { coefficient: 0, scale: wanted });
    }
    exp_fixed(x, u32::from(wanted)).finish(wanted)
}

/// a^b for a > 0 and any b: e^(b ln a).
fn power_real(base: Numeric, exponent: Numeric) -> Result<Numeric, SqlError> {
    let (Some(base_scale), Numeric::Finite { coefficient, scale }) = (base.scale(), exponent) else {
        return Ok(Numeric::NaN);
    };
    let ln = ln_number(&base, 40);
    let ln_estimate =
        Numeric::try_from(i128::try_from(&ln.value / big_pow10(20)).map_err(|_| overflow())?)?.to_f64() / 1e20;
    let weight = (ln_estimate * exponent.to_f64() * LOG10_E).clamp(-5000.0, 5000.0);
    let scales = i32::from(base_scale.max(scale));
    let wanted = result_scale(SIGNIFICANT_DIGITS_MIN - weight as i32, scales);
    // The product keeps as many digits after its point as the result shows, so ln needs those of the exponent on top.
    let places = u32::from(wanted) + 40 + GUARD + exponent.exponent().unwrap_or(0).max(0) as u32;
    let ln = ln_number(&base, places);
    let product = Fixed { value: ln.value * coefficient, places: places + u32::from(scale) };
    exp_to_scale(&product, weight, wanted)
}

/// a^n by squaring, with 100 digits kept.
fn power_whole(base: Numeric, exponent: i32) -> Result<Numeric, SqlError> {
    const KEPT: u64 = 100;
    let Numeric::Finite { coefficient, scale } = base else { return Ok(Numeric::NaN) };
    let wanted = result_scale(SIGNIFICANT_DIGITS_MIN, i32::from(scale));
    match exponent {
        0 => return Ok(Numeric::ONE.padded(wanted)),
        1 => return base.round(i32::from(wanted)),
        _ if coefficient == 0 => return Ok(Numeric::Finite { coefficient: 0, scale: wanted }),
        _ => {}
    }
    // value = mantissa * 10^power
    let multiply = |a: &(BigInt, i64), b: &(BigInt, i64)| {
        let (product, power) = (&a.0 * &b.0, a.1 + b.1);
        let digits = (product.bits() as f64 * std::f64::consts::LOG10_2) as u64;
        match digits > KEPT {
            true => (product / big_pow10((digits - KEPT) as u32), power + (digits - KEPT) as i64),
            false => (product, power),
        }
    };
    let mut square = (BigInt::from(coefficient), -i64::from(scale));
    let mut result = (BigInt::from(1), 0i64);
    let mut bits = exponent.unsigned_abs();
    while bits > 0 {
        if bits & 1 == 1 {
            result = multiply(&result, &square);
        }
        square = multiply(&square, &square);
        bits >>= 1;
    }
    let (mantissa, power) = match exponent < 0 {
        false => result,
        true => (big_pow10(2 * KEPT as u32) / result.0, -result.1 - 2 * KEPT as i64),
    };
    let exponent10 = power + (mantissa.bits() as f64 * std::f64::consts::LOG10_2) as i64;
    match exponent10 {
        40.. => Err(overflow()),
        ..-1100 => Ok(Numeric::Finite { coefficient: 0, scale: wanted }),
        _ if power >= 0 => Fixed { value: mantissa * big_pow10(power as u32), places: 0 }.finish(wanted),
        _ => Fixed { value: mantissa, places: power.unsigned_abs() as u32 }.finish(wanted),
    }
}

fn is_whole(number: &Numeric) -> bool {
    number.is_infinite() || number.min_scale() == Some(0)
}

fn is_odd(number: &Numeric) -> bool {
    matches!(number.trim_scale(), Numeric::Finite { coefficient, scale: 0 } if coefficient % 2 != 0)
}

fn check_power(base: &Numeric, exponent: &Numeric) -> Result<(), SqlError> {
    let refuse = |what| Err(SqlError::new(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, what));
    if base.is_zero() && exponent.is_negative() {
        return refuse("zero raised to a negative power is undefined");
    }
    if base.is_negative() && !is_whole(exponent) {
        return refuse("a negative number raised to a non-integer power yields a complex result");
    }
    Ok(())
}

/// At least one is NaN or infinite: the rules of POSIX pow(3).
fn power_of_special(base: Numeric, exponent: Numeric) -> Result<Numeric, SqlError> {
    use Numeric::{Infinity, NaN, NegInfinity};
    if exponent.is_zero() || base == Numeric::ONE {
        return Ok(Numeric::ONE);
    }
    if base.is_nan() || exponent.is_nan() {
        return Ok(NaN);
    }
    check_power(&base, &exponent)?;
    if exponent.is_infinite() {
        let grows = match base.abs().cmp(&Numeric::ONE) {
            std::cmp::Ordering::Equal => return Ok(Numeric::ONE),
            std::cmp::Ordering::Greater => exponent == Infinity,
            std::cmp::Ordering::Less => exponent == NegInfinity,
        };
        return Ok(if grows { Infinity } else { Numeric::ZERO });
    }
    Ok(match exponent.is_negative() {
        true => Numeric::ZERO,
        false if base == NegInfinity && is_odd(&exponent) => NegInfinity,
        false => Infinity,
    })
}
