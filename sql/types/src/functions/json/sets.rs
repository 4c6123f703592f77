//! JSON values as rows.

use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::functions::args::{Answer, Arg};
use crate::functions::declare::{functions, set};
use crate::functions::types::{JSON, JSONB, TEXT};
use crate::kernel::{Body, EvalContext};

use super::get::as_text;
use super::tree::Reader;

fn refuse(message: String) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// `an object`, `an array` or `a scalar`.
fn kind(text: &str) -> &'static str {
    match Reader::new(text).peek() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        _ => "a scalar",
    }
}

fn raw_elements(text: &str) -> Result<Vec<&str>, SqlError> {
    let mut reader = Reader::new(text);
    reader.expect(b'[')?;
    let mut elements = Vec::new();
    while !reader.eat(b']') {
        elements.push(reader.skip()?);
        reader.eat(b',');
    }
    Ok(elements)
}

/// The elements of a json array; `function` is named in the error.
fn json_elements<'a>(text: &'a str, function: &str) -> Result<Vec<&'a str>, SqlError> {
    match kind(text) {
        "an array" => raw_elements(text),
        "an object" => Err(refuse(format!("cannot call {function} on a non-array"))),
        _ => Err(refuse(format!("cannot call {function} on a scalar"))),
    }
}

fn jsonb_elements(text: &str) -> Result<Vec<&str>, SqlError> {
    match kind(text) {
        "an array" => raw_elements(text),
        kind => Err(refuse(format!("cannot extract elements from {kind}"))),
    }
}

fn as_texts(elements: Vec<&str>) -> Result<Vec<Option<String>>, SqlError> {
    elements.into_iter().map(as_text).collect()
}

fn raw_members(text: &str) -> Result<Vec<(String, &str)>, SqlError> {
    let mut reader = Reader::new(text);
    reader.expect(b'{')?;
    let mut members = Vec::new();
    while !reader.eat(b'}') {
        let key = reader.string()?.into_owned();
        reader.expect(b':')?;
        members.push((key, reader.skip()?));
        reader.eat(b',');
    }
    Ok(members)
}

fn keys(text: &str, function: &str) -> Result<Vec<String>, SqlError> {
    match kind(text) {
        "an object" => Ok(raw_members(text)?.into_iter().map(|(key, _)| key).collect()),
        kind => Err(refuse(format!("cannot call {function} on {kind}"))),
    }
}

fn json_members(text: &str) -> Result<Vec<(String, &str)>, SqlError> {
    match kind(text) {
        "an object" => raw_members(text),
        "an array" => Err(refuse("cannot deconstruct an array as an object".to_owned())),
        _ => Err(refuse("cannot deconstruct a scalar".to_owned())),
    }
}

fn jsonb_members<'a>(text: &'a str, function: &str) -> Result<Vec<(String, &'a str)>, SqlError> {
    match kind(text) {
        "an object" => raw_members(text),
        _ => Err(refuse(format!("cannot call {function} on a non-object"))),
    }
}

/// Rows of (key, value).
fn pairs(
    members: Vec<(String, &str)>,
    value: fn(&str) -> Result<Datum, SqlError>,
) -> Result<Vec<Vec<Datum>>, SqlError> {
    members.into_iter().map(|(key, raw)| Ok(vec![Datum::text(key), value(raw)?])).collect()
}

fn json_each(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    pairs(json_members(Arg::get(args.first())?)?, |raw| raw.answer())
}

fn json_each_text(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    pairs(json_members(Arg::get(args.first())?)?, |raw| as_text(raw).answer())
}

fn jsonb_each(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    pairs(jsonb_members(Arg::get(args.first())?, "jsonb_each")?, |raw| raw.answer())
}

fn jsonb_each_text(_: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    pairs(jsonb_members(Arg::get(args.first())?, "jsonb_each_text")?, |raw| as_text(raw).answer())
}

functions! {
    3955 json_array_elements(JSON) -> JSON = set!(JSON "value", |json: &str| json_elements(json, "json_array_elements"));
    3969 json_array_elements_text(JSON) -> TEXT = set!(TEXT "value", |json: &str| as_texts(json_elements(json, "json_array_elements_text")?));
    3219 jsonb_array_elements(JSONB) -> JSONB = set!(JSONB "value", |json: &str| jsonb_elements(json));
    3465 jsonb_array_elements_text(JSONB) -> TEXT = set!(TEXT "value", |json: &str| as_texts(jsonb_elements(json)?));
    3957 json_object_keys(JSON) -> TEXT = set!(TEXT "json_object_keys", |json: &str| keys(json, "json_object_keys"));
    3931 jsonb_object_keys(JSONB) -> TEXT = set!(TEXT "jsonb_object_keys", |json: &str| keys(json, "jsonb_object_keys"));
    3958 json_each(JSON) -> RECORD = Body::Set(json_each, &[("key", TEXT), ("value", JSON)]);
    3959 json_each_text(JSON) -> RECORD = Body::Set(json_each_text, &[("key", TEXT), ("value", TEXT)]);
    3208 jsonb_each(JSONB) -> RECORD = Body::Set(jsonb_each, &[("key", TEXT), ("value", JSONB)]);
    3932 jsonb_each_text(JSONB) -> RECORD = Body::Set(jsonb_each_text, &[("key", TEXT), ("value", TEXT)]);
}
