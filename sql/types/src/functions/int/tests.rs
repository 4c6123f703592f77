//! Checked arithmetic against 128-bit arithmetic.

use proptest::prelude::*;

use super::*;

/// What the exact result is in `T`, or the error.
fn expected<T: TryFrom<i128> + Integer>(exact: i128) -> Result<T, String> {
    T::try_from(exact).map_err(|_| format!("{} out of range", T::NAME))
}

fn message<T>(result: Result<T, SqlError>) -> Result<T, String> {
    result.map_err(|error| error.fields().message.clone())
}

macro_rules! against_128_bits {
    ($($name:ident $rust:ident)*) => { $(
        proptest! {
            #[test]
            fn $name(
                a in prop_oneof![any::<$rust>(), Just($rust::MIN), Just($rust::MAX), -3..3 as $rust],
                b in prop_oneof![any::<$rust>(), Just($rust::MIN), Just($rust::MAX), -3..3 as $rust],
            ) {
                let (x, y) = (i128::from(a), i128::from(b));
                prop_assert_eq!(message(add(a, b)), expected(x + y));
                prop_assert_eq!(message(subtract(a, b)), expected(x - y));
                prop_assert_eq!(message(multiply(a, b)), expected(x * y));
                prop_assert_eq!(message(negate(a)), expected(-x));
                prop_assert_eq!(message(absolute(a)), expected(x.abs()));
                if b == 0 {
                    prop_assert_eq!(message(divide(a, b)), Err("division by zero".to_owned()));
                    prop_assert_eq!(message(remainder(a, b)), Err("division by zero".to_owned()));
                } else {
                    prop_assert_eq!(message(divide(a, b)), expected(x / y));
                    prop_assert_eq!(message(remainder(a, b)), expected(x % y));
                }
            }
        }
    )* };
}

against_128_bits! { int2_agrees i16 int4_agrees i32 int8_agrees i64 }

proptest! {
    #[test]
    fn greatest_common_divisors_divide_both(a in any::<i64>(), b in any::<i64>()) {
        if let Ok(divisor) = gcd(a, b) {
            prop_assert!(divisor >= 0);
            prop_assert!(divisor == 0 && a == 0 && b == 0 || a % divisor == 0 && b % divisor == 0);
        }
    }
}
