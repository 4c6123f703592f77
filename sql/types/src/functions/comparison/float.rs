//! `= <> < <= > >=` of floats: NaN equals itself and is greater than everything, -0 equals 0.

use crate::compare::compare_floats;
use crate::functions::declare::{f, functions};

functions! {
    287 float4eq(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_eq());
    288 float4ne(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_ne());
    289 float4lt(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_lt());
    290 float4le(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_le());
    291 float4gt(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_gt());
    292 float4ge(FLOAT4, FLOAT4) -> BOOL = f!(|a: f32, b: f32| compare_floats(f64::from(a), f64::from(b)).is_ge());
    293 float8eq(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_eq());
    294 float8ne(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_ne());
    295 float8lt(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_lt());
    296 float8le(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_le());
    297 float8gt(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_gt());
    298 float8ge(FLOAT8, FLOAT8) -> BOOL = f!(|a: f64, b: f64| compare_floats(a, b).is_ge());
    299 float48eq(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_eq());
    300 float48ne(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_ne());
    301 float48lt(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_lt());
    302 float48le(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_le());
    303 float48gt(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_gt());
    304 float48ge(FLOAT4, FLOAT8) -> BOOL = f!(|a: f32, b: f64| compare_floats(f64::from(a), b).is_ge());
    305 float84eq(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_eq());
    306 float84ne(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_ne());
    307 float84lt(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_lt());
    308 float84le(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_le());
    309 float84gt(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_gt());
    310 float84ge(FLOAT8, FLOAT4) -> BOOL = f!(|a: f64, b: f32| compare_floats(a, f64::from(b)).is_ge());
}
