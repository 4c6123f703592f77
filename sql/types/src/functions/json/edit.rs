//! Whole jsonb values joined, thinned and shown.

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::tree::{Value, parse, write_jsonb, write_string};

fn refuse(message: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn as_elements(value: Value<'_>) -> Vec<Value<'_>> {
    match value {
        Value::Array(elements) => elements,
        other => vec![other],
    }
}

/// `a || b`: objects merge, everything else becomes one array.
fn concatenate<'a>(a: Value<'a>, b: Value<'a>) -> Value<'a> {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (a, b) => {
            let mut elements = as_elements(a);
            elements.extend(as_elements(b));
            Value::Array(elements)
        }
    }
}

/// `value - keys`: members with such a key, or string elements.
fn without_keys<'a>(value: Value<'a>, keys: &[&str]) -> Result<Value<'a>, SqlError> {
    match value {
        Value::Object(mut members) => {
            members.retain(|(name, _)| !keys.contains(&&**name));
            Ok(Value::Object(members))
        }
        Value::Array(mut elements) => {
            elements.retain(|element| !matches!(element, Value::String(text) if keys.contains(&&**text)));
            Ok(Value::Array(elements))
        }
        _ => Err(refuse("cannot delete from scalar")),
    }
}

fn without_any<'a>(value: Value<'a>, keys: &Array) -> Result<Value<'a>, SqlError> {
    if keys.dimensions.len() > 1 {
        return Err(SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts"));
    }
    let keys: Vec<&str> = keys
        .elements
        .iter()
        .filter_map(|key| match key {
            Datum::Text(key) => Some(&**key),
            _ => None,
        })
        .collect();
    without_keys(value, &keys)
}

fn without_element(value: Value<'_>, position: i32) -> Result<Value<'_>, SqlError> {
    match value {
        Value::Array(mut elements) => {
            let count = elements.len() as i64;
            let at = if position < 0 { count + i64::from(position) } else { i64::from(position) };
            if (0..count).contains(&at) {
                elements.remove(at as usize);
            }
            Ok(Value::Array(elements))
        }
        Value::Object(_) => Err(refuse("cannot delete from object using integer index")),
        _ => Err(refuse("cannot delete from scalar")),
    }
}

/// Drops members whose value is null, at every level.
fn strip_nulls(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !matches!(value, Value::Null));
            Value::Object(kept.map(|(key, value)| (key, strip_nulls(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(strip_nulls).collect()),
        scalar => scalar,
    }
}

/// Text without any white space, keys in their order: what `json_strip_nulls` writes.
fn compact(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                compact(out, element);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_string(out, key);
                out.push(':');
                compact(out, value);
            }
            out.push('}');
        }
        scalar => write_jsonb(out, scalar),
    }
}

fn json_strip_nulls(text: &str) -> Result<String, SqlError> {
    let mut out = String::with_capacity(text.len());
    compact(&mut out, &strip_nulls(parse(text)?));
    Ok(out)
}

fn indent(out: &mut String, level: usize) {
    out.push('\n');
    out.push_str(&"    ".repeat(level));
}

/// One member or element a line, four blanks a level.
fn pretty(out: &mut String, value: &Value<'_>, level: usize) {
    match value {
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                indent(out, level + 1);
                pretty(out, element, level + 1);
            }
            indent(out, level);
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                indent(out, level + 1);
                write_string(out, key);
                out.push_str(": ");
                pretty(out, value, level + 1);
            }
            indent(out, level);
            out.push('}');
        }
        scalar => write_jsonb(out, scalar),
    }
}

fn jsonb_pretty(value: &Value<'_>) -> String {
    let mut out = String::new();
    pretty(&mut out, value, 0);
    out
}

functions! {
    3301 jsonb_concat(JSONB, JSONB) -> JSONB = f!(|a: Value, b: Value| concatenate(a, b));
    3302 jsonb_delete(JSONB, TEXT) -> JSONB = f!(|value: Value, key: &str| without_keys(value, &[key]));
    3303 jsonb_delete(JSONB, INT4) -> JSONB = f!(|value: Value, at: i32| without_element(value, at));
    3343 jsonb_delete(JSONB, TEXT_ARRAY) -> JSONB [variadic] = f!(|value: Value, keys: &Array| without_any(value, keys));
    3262 jsonb_strip_nulls(JSONB) -> JSONB = f!(|value: Value| strip_nulls(value));
    3261 json_strip_nulls(JSON) -> JSON = f!(|json: &str| json_strip_nulls(json));
    3306 jsonb_pretty(JSONB) -> TEXT = f!(|value: Value| jsonb_pretty(&value));
}
