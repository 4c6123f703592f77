//! The order of jsonb values: object > array > boolean > number > string > null; more elements or members are greater; then
//! element by element (keys before values). An empty array at the top level sorts below everything: PostgreSQL's old quirk.

use std::cmp::Ordering;

use crate::functions::declare::{f, functions};
use crate::numeric::Numeric;

use super::tree::{Value, key_order};

fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Null => 0,
        Value::String(_) => 1,
        Value::Number(_) => 2,
        Value::Bool(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// Numbers compare by value; those beyond 38 digits as doubles.
fn number_order(a: &str, b: &str) -> Ordering {
    match (Numeric::parse(a), Numeric::parse(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse().unwrap_or(0.0)),
    }
}

/// The order of two canonical values.
pub(super) fn order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => number_order(a, b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
            a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }),
        (Value::Object(a), Value::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
            let members = a.iter().zip(b).map(|((ka, a), (kb, b))| key_order(ka, kb).then_with(|| order(a, b)));
            members.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

/// The order of whole jsonb values.
fn top_order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    let empty = |value: &Value<'_>| matches!(value, Value::Array(elements) if elements.is_empty());
    match (empty(a), empty(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => order(a, b),
    }
}

functions! {
    4043 jsonb_eq(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_eq());
    4038 jsonb_ne(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_ne());
    4039 jsonb_lt(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_lt());
    4041 jsonb_le(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_le());
    4042 jsonb_ge(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_ge());
    4040 jsonb_gt(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| top_order(&a, &b).is_gt());
}
