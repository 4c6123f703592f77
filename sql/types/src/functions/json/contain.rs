//! `@>`, `<@`, `?`, `?|`, `?&` of jsonb.

use crate::datum::{Array, Datum};
use crate::functions::declare::{f, functions};
use crate::io::json::compare;

use super::tree::Value;

/// Does `whole` contain `part`? Objects: every member; arrays: every element somewhere, at any place; scalars: equality.
fn contains(whole: &Value<'_>, part: &Value<'_>) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, value)| {
            whole.iter().find(|(name, _)| name == key).is_some_and(|(_, other)| contains(other, value))
        }),
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|value| whole.iter().any(|other| contains(other, value)))
        }
        (Value::Number(whole), Value::Number(part)) => compare(whole, part).is_eq(),
        (Value::String(whole), Value::String(part)) => whole == part,
        (Value::Bool(whole), Value::Bool(part)) => whole == part,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

/// At the top level an array may contain a bare scalar.
fn contains_top(whole: &Value<'_>, part: &Value<'_>) -> bool {
    match (whole, part) {
        (Value::Array(elements), part) if part.is_scalar() => elements.iter().any(|element| contains(element, part)),
        _ => contains(whole, part),
    }
}

/// Is the text a key of the object, or a string element of the array, or the string itself?
fn exists(value: &Value<'_>, key: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, _)| name == key),
        Value::Array(elements) => elements.iter().any(|element| matches!(element, Value::String(text) if text == key)),
        Value::String(text) => text == key,
        _ => false,
    }
}

/// The texts among the keys; NULLs do not count.
fn texts(keys: &Array) -> impl Iterator<Item = &str> {
    keys.elements.iter().filter_map(|key| match key {
        Datum::Text(key) => Some(&**key),
        _ => None,
    })
}

functions! {
    4046 jsonb_contains(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| contains_top(&a, &b));
    4050 jsonb_contained(JSONB, JSONB) -> BOOL = f!(|a: Value, b: Value| contains_top(&b, &a));
    4047 jsonb_exists(JSONB, TEXT) -> BOOL = f!(|value: Value, key: &str| exists(&value, key));
    4048 jsonb_exists_any(JSONB, TEXT_ARRAY) -> BOOL = f!(|value: Value, keys: &Array| texts(keys).any(|key| exists(&value, key)));
    4049 jsonb_exists_all(JSONB, TEXT_ARRAY) -> BOOL = f!(|value: Value, keys: &Array| texts(keys).all(|key| exists(&value, key)));
}
