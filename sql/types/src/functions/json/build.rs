//! SQL values as JSON.

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::args::{Answer, Arg};
use crate::functions::declare::{f, functions, typed};
use crate::functions::output::{iso_output, output};
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::tree::{Value, write_string};

/// 22023
pub(crate) fn refuse(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Is this the text of a JSON number (and not `NaN` or `Infinity`)?
fn is_number(text: &str) -> bool {
    text.bytes().last().is_some_and(|byte| byte.is_ascii_digit())
}

/// Appends a value of this type as JSON; `array_lines` puts elements of the outermost array on lines of their own.
pub(crate) fn write_value(
    out: &mut String,
    context: &EvalContext<'_>,
    ty: TypeId,
    value: &Datum,
    array_lines: bool,
) -> Result<(), SqlError> {
    match (ty, value) {
        (_, Datum::Null) => out.push_str("null"),
        (_, Datum::Bool(value)) => out.push_str(if *value { "true" } else { "false" }),
        (TypeId::JSON | TypeId::JSONB, Datum::Text(json)) => out.push_str(json),
        (_, Datum::Array(array)) => write_array(out, context, array, array_lines)?,
        (_, Datum::Record(_)) => return Err(SqlError::unsupported("a row inside a function that builds JSON")),
        (_, Datum::Text(text)) => write_string(out, text),
        (_, Datum::Date(_) | Datum::Timestamp(_) | Datum::Timestamptz(_)) => {
            write_string(out, &iso_output(context, ty, value));
        }
        (
            _,
            Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Float4(_) | Datum::Float8(_) | Datum::Numeric(_),
        ) => match output(context, ty, value) {
            number if is_number(&number) => out.push_str(&number),
            special => write_string(out, &special),
        },
        _ => write_string(out, &output(context, ty, value)),
    }
    Ok(())
}

/// `[[1,2],[3,4]]`
fn write_array(out: &mut String, context: &EvalContext<'_>, array: &Array, lines: bool) -> Result<(), SqlError> {
    if array.elements.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    let mut elements = array.elements.iter();
    let lengths: Vec<usize> = array.dimensions.iter().map(|(length, _)| *length as usize).collect();
    write_dimension(out, context, array.element, &lengths, &mut elements, lines)
}

fn write_dimension<'a>(
    out: &mut String,
    context: &EvalContext<'_>,
    element: TypeId,
    lengths: &[usize],
    elements: &mut impl Iterator<Item = &'a Datum>,
    lines: bool,
) -> Result<(), SqlError> {
    let Some((length, inner)) = lengths.split_first() else {
        let value = elements.next().unwrap_or(&Datum::Null);
        return write_value(out, context, element, value, false);
    };
    out.push('[');
    for at in 0..*length {
        out.push_str(match (at, lines) {
            (0, _) => "",
            (_, true) => ",\n ",
            (_, false) => ",",
        });
        write_dimension(out, context, element, inner, elements, false)?;
    }
    out.push(']');
    Ok(())
}

fn type_at(types: &[TypeId], at: usize) -> TypeId {
    types.get(at).copied().unwrap_or(TypeId::UNKNOWN)
}

fn to_json(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let mut out = String::new();
    write_value(&mut out, context, type_at(types, 0), &args[0], false)?;
    Ok(Datum::text(out))
}

/// The canonical form of what `to_json` gives.
pub(crate) fn canonical(json: &str) -> Result<Datum, SqlError> {
    crate::io::json::canonical(json).map(Datum::text)
}

fn to_jsonb(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let Datum::Text(json) = to_json(context, types, args)? else { return Ok(Datum::Null) };
    canonical(&json)
}

fn array_to_json(context: &EvalContext<'_>, array: &Array, lines: bool) -> Result<String, SqlError> {
    let mut out = String::new();
    write_array(&mut out, context, array, lines)?;
    Ok(out)
}

/// Appends a value as an object's key.
pub(crate) fn write_key(out: &mut String, context: &EvalContext<'_>, ty: TypeId, key: &Datum) -> Result<(), SqlError> {
    let scalar = !matches!(key, Datum::Array(_) | Datum::Record(_)) && !matches!(ty, TypeId::JSON | TypeId::JSONB);
    if !scalar {
        return Err(refuse("key value must be scalar, not array, composite, or json"));
    }
    let text = match key {
        Datum::Bool(value) => value.to_string(),
        Datum::Date(_) | Datum::Timestamp(_) | Datum::Timestamptz(_) => iso_output(context, ty, key),
        key => output(context, ty, key),
    };
    write_string(out, &text);
    Ok(())
}

/// `null_key` makes the error for a NULL key at an argument position.
fn object(
    context: &EvalContext<'_>,
    types: &[TypeId],
    args: &[Datum],
    function: &str,
    null_key: fn(usize) -> SqlError,
) -> Result<String, SqlError> {
    if !args.len().is_multiple_of(2) {
        return Err(refuse("argument list must have even number of elements")
            .hint(format!("The arguments of {function}() must consist of alternating keys and values.")));
    }
    let mut out = String::from("{");
    for (pair, members) in args.chunks_exact(2).enumerate() {
        let at = pair * 2;
        out.push_str(if pair > 0 { ", " } else { "" });
        if members[0].is_null() {
            return Err(null_key(at + 1));
        }
        write_key(&mut out, context, type_at(types, at), &members[0])?;
        out.push_str(" : ");
        write_value(&mut out, context, type_at(types, at + 1), &members[1], false)?;
    }
    out.push('}');
    Ok(out)
}

fn json_build_object(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let null_key = |at| refuse(format!("argument {at} cannot be null")).hint("Object keys should be text.");
    object(context, types, args, "json_build_object", null_key).map(Datum::text)
}

fn jsonb_build_object(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let null_key = |at| refuse(format!("argument {at}: key must not be null"));
    canonical(&object(context, types, args, "jsonb_build_object", null_key)?)
}

/// A row's names and values by turns, without white space: what `row_to_json` writes.
fn row_to_json(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let mut out = String::from("{");
    for (pair, members) in args.chunks_exact(2).enumerate() {
        out.push_str(if pair > 0 { "," } else { "" });
        write_key(&mut out, context, type_at(types, pair * 2), &members[0])?;
        out.push(':');
        write_value(&mut out, context, type_at(types, pair * 2 + 1), &members[1], false)?;
    }
    out.push('}');
    Ok(Datum::text(out))
}

fn array(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<String, SqlError> {
    let mut out = String::from("[");
    for (at, value) in args.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_value(&mut out, context, type_at(types, at), value, false)?;
    }
    out.push(']');
    Ok(out)
}

fn json_build_array(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    array(context, types, args).map(Datum::text)
}

fn jsonb_build_array(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    canonical(&array(context, types, args)?)
}

fn subscript_error(message: &str) -> SqlError {
    SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message)
}

/// `{"a" : "1", "b" : null}` from keys and values.
fn text_object<'a>(pairs: impl Iterator<Item = (&'a Datum, &'a Datum)>) -> Result<String, SqlError> {
    let mut out = String::from("{");
    for (at, (key, value)) in pairs.enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        let key: Option<&str> = Arg::get(Some(key))?;
        let key = key
            .ok_or_else(|| SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "null value not allowed for object key"))?;
        write_string(&mut out, key);
        out.push_str(" : ");
        match Arg::get(Some(value))? {
            Some(text) => write_string(&mut out, text),
            None => out.push_str("null"),
        }
    }
    out.push('}');
    Ok(out)
}

/// `json_object(text[])`: pairs one after the other, or rows of two.
fn object_from_array(array: &Array) -> Result<String, SqlError> {
    match array.dimensions.as_slice() {
        [] => return Ok("{}".to_owned()),
        [(length, _)] if length % 2 != 0 => {
            return Err(subscript_error("array must have even number of elements"));
        }
        [_] | [_, (2, _)] => {}
        [_, _] => return Err(subscript_error("array must have two columns")),
        _ => return Err(subscript_error("wrong number of array subscripts")),
    }
    text_object(array.elements.chunks_exact(2).map(|pair| (&pair[0], &pair[1])))
}

fn object_from_arrays(keys: &Array, values: &Array) -> Result<String, SqlError> {
    if keys.dimensions.len() > 1 || keys.dimensions.len() != values.dimensions.len() {
        return Err(subscript_error("wrong number of array subscripts"));
    }
    if keys.elements.len() != values.elements.len() {
        return Err(subscript_error("mismatched array dimensions"));
    }
    text_object(keys.elements.iter().zip(&values.elements))
}

fn empty_object() -> Value<'static> {
    Value::Object(Vec::new())
}

functions! {
    3176 to_json(ANYELEMENT) -> JSON [stable] = typed(to_json);
    3787 to_jsonb(ANYELEMENT) -> JSONB [stable] = typed(to_jsonb);
    3153 array_to_json(ANYARRAY) -> JSON [stable] = f!(context, |array: &Array| array_to_json(context, array, false));
    3154 array_to_json(ANYARRAY, BOOL) -> JSON [stable] = f!(context, |array: &Array, lines: bool| array_to_json(context, array, lines));
    9000010 cairn_row_to_json(ANY) -> JSON [stable, lax, variadic] = typed(row_to_json);
    3200 json_build_object(ANY) -> JSON [stable, lax, variadic] = typed(json_build_object);
    3201 json_build_object() -> JSON [stable, lax] = f!(|| "{}");
    3273 jsonb_build_object(ANY) -> JSONB [stable, lax, variadic] = typed(jsonb_build_object);
    3274 jsonb_build_object() -> JSONB [stable, lax] = f!(|| empty_object());
    3198 json_build_array(ANY) -> JSON [stable, lax, variadic] = typed(json_build_array);
    3199 json_build_array() -> JSON [stable, lax] = f!(|| "[]");
    3271 jsonb_build_array(ANY) -> JSONB [stable, lax, variadic] = typed(jsonb_build_array);
    3272 jsonb_build_array() -> JSONB [stable, lax] = f!(|| "[]");
    3202 json_object(TEXT_ARRAY) -> JSON = f!(|array: &Array| object_from_array(array));
    3203 json_object(TEXT_ARRAY, TEXT_ARRAY) -> JSON = f!(|keys: &Array, values: &Array| object_from_arrays(keys, values));
    3263 jsonb_object(TEXT_ARRAY) -> JSONB = f!(|array: &Array| canonical(&object_from_array(array)?).answer());
    3264 jsonb_object(TEXT_ARRAY, TEXT_ARRAY) -> JSONB = f!(|keys: &Array, values: &Array| canonical(&object_from_arrays(keys, values)?).answer());
}
