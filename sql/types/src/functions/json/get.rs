//! `->`, `->>`, `#>`, `#>>`: parts of a value, cut out of its text.

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::tree::{Reader, parse};

/// The text of a member; the last of equal keys counts. `None` when the value is no object or has no such key.
fn member<'a>(text: &'a str, key: &str) -> Result<Option<&'a str>, SqlError> {
    let mut reader = Reader::new(text);
    if !reader.eat(b'{') {
        return Ok(None);
    }
    let mut found = None;
    while !reader.eat(b'}') {
        let name = reader.string()?;
        reader.expect(b':')?;
        let value = reader.skip()?;
        if name == key {
            found = Some(value);
        }
        reader.eat(b',');
    }
    Ok(found)
}

/// The text of an element; negative positions count from the end.
fn element(text: &str, position: i32) -> Result<Option<&str>, SqlError> {
    let position = if position < 0 {
        let Some(count) = count(text)? else { return Ok(None) };
        i64::from(count) + i64::from(position)
    } else {
        i64::from(position)
    };
    let mut reader = Reader::new(text);
    if !reader.eat(b'[') || position < 0 {
        return Ok(None);
    }
    let mut at = 0;
    while !reader.eat(b']') {
        let value = reader.skip()?;
        if at == position {
            return Ok(Some(value));
        }
        at += 1;
        reader.eat(b',');
    }
    Ok(None)
}

/// As [`element`], but a scalar counts as an array of itself: so PostgreSQL stores jsonb scalars.
fn jsonb_element(text: &str, position: i32) -> Result<Option<&str>, SqlError> {
    match Reader::new(text).peek() {
        Some(b'[' | b'{') => element(text, position),
        _ => Ok(matches!(position, 0 | -1).then_some(text)),
    }
}

/// Elements of an array; `None` for other values.
fn count(text: &str) -> Result<Option<i32>, SqlError> {
    let mut reader = Reader::new(text);
    if !reader.eat(b'[') {
        return Ok(None);
    }
    let mut count = 0;
    while !reader.eat(b']') {
        reader.skip()?;
        count += 1;
        reader.eat(b',');
    }
    Ok(Some(count))
}

/// As SQL text: strings without quotes, JSON's null as NULL.
pub(super) fn as_text(raw: &str) -> Result<Option<String>, SqlError> {
    match raw.as_bytes().first() {
        Some(b'"') => Reader::new(raw).string().map(|text| Some(text.into_owned())),
        Some(b'n') => Ok(None),
        _ => Ok(Some(raw.to_owned())),
    }
}

fn text_of(raw: Result<Option<&str>, SqlError>) -> Result<Option<String>, SqlError> {
    raw?.map_or(Ok(None), as_text)
}

/// Follows keys and positions; a NULL step leads nowhere.
fn follow<'a>(text: &'a str, path: &Array) -> Result<Option<&'a str>, SqlError> {
    let mut here = text.trim_matches([' ', '\t', '\n', '\r']);
    for step in &path.elements {
        let Datum::Text(step) = step else { return Ok(None) };
        let next = match Reader::new(here).peek() {
            Some(b'{') => member(here, step)?,
            Some(b'[') => match step.trim_start().parse() {
                Ok(position) => element(here, position)?,
                Err(_) => None,
            },
            _ => None,
        };
        let Some(next) = next else { return Ok(None) };
        here = next;
    }
    Ok(Some(here))
}

fn length(text: &str) -> Result<i32, SqlError> {
    count(text)?.ok_or_else(|| {
        let what = if Reader::new(text).peek() == Some(b'{') { "non-array" } else { "scalar" };
        SqlError::new(SqlState::INVALID_PARAMETER_VALUE, format!("cannot get array length of a {what}"))
    })
}

functions! {
    3947 json_object_field(JSON, TEXT) -> JSON = f!(|json: &str, key: &str| member(json, key));
    3478 jsonb_object_field(JSONB, TEXT) -> JSONB = f!(|json: &str, key: &str| member(json, key));
    3948 json_object_field_text(JSON, TEXT) -> TEXT = f!(|json: &str, key: &str| text_of(member(json, key)));
    3214 jsonb_object_field_text(JSONB, TEXT) -> TEXT = f!(|json: &str, key: &str| text_of(member(json, key)));
    3949 json_array_element(JSON, INT4) -> JSON = f!(|json: &str, at: i32| element(json, at));
    3215 jsonb_array_element(JSONB, INT4) -> JSONB = f!(|json: &str, at: i32| jsonb_element(json, at));
    3950 json_array_element_text(JSON, INT4) -> TEXT = f!(|json: &str, at: i32| text_of(element(json, at)));
    3216 jsonb_array_element_text(JSONB, INT4) -> TEXT = f!(|json: &str, at: i32| text_of(jsonb_element(json, at)));
    3951 json_extract_path(JSON, TEXT_ARRAY) -> JSON [variadic] = f!(|json: &str, path: &Array| follow(json, path));
    3217 jsonb_extract_path(JSONB, TEXT_ARRAY) -> JSONB [variadic] = f!(|json: &str, path: &Array| follow(json, path));
    3953 json_extract_path_text(JSON, TEXT_ARRAY) -> TEXT [variadic] = f!(|json: &str, path: &Array| text_of(follow(json, path)));
    3940 jsonb_extract_path_text(JSONB, TEXT_ARRAY) -> TEXT [variadic] = f!(|json: &str, path: &Array| text_of(follow(json, path)));
    3968 json_typeof(JSON) -> TEXT = f!(|json: &str| parse(json)?.kind());
    3210 jsonb_typeof(JSONB) -> TEXT = f!(|json: &str| parse(json)?.kind());
    3956 json_array_length(JSON) -> INT4 = f!(|json: &str| length(json));
    3207 jsonb_array_length(JSONB) -> INT4 = f!(|json: &str| length(json));
}
