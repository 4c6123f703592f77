//! `= <> < <= > >=` of jsonb. The order is [`crate::io::json::compare`]'s.

use crate::functions::declare::{f, functions};
use crate::io::json::compare;

functions! {
    4043 jsonb_eq(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_eq());
    4038 jsonb_ne(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_ne());
    4039 jsonb_lt(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_lt());
    4041 jsonb_le(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_le());
    4042 jsonb_ge(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_ge());
    4040 jsonb_gt(JSONB, JSONB) -> BOOL = f!(|a: &str, b: &str| compare(a, b).is_gt());
    4044 jsonb_cmp(JSONB, JSONB) -> INT4 = f!(|a: &str, b: &str| compare(a, b) as i32);
}
