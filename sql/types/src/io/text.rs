//! `typinput` and `typoutput` of every type.

use std::sync::Arc;

use super::{array, boolean, bytes, float, int, invalid_syntax, json, record, truncate_name, uuid};
use crate::datetime::{input as moment, interval_output, interval_text, output as moment_output};
use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::kernel::EvalContext;
use crate::numeric::Numeric;
use crate::ty::{Type, TypeId};

/// Reads a value's text. Of the modifier only an interval's fields count here (`INTERVAL '1' HOUR`); lengths are enforced
/// by `casts::coerce_length`. 22P02, 22003, 22007, 22008 and others as PostgreSQL's input functions answer.
pub fn input(context: &EvalContext<'_>, ty: impl Into<Type>, text: &str) -> Result<Datum, SqlError> {
    let ty: Type = ty.into();
    let settings = context.settings;
    Ok(match ty.id {
        TypeId::BOOL => Datum::Bool(boolean::parse(text).ok_or_else(|| invalid_syntax("boolean", text))?),
        TypeId::INT2 => Datum::Int2(int::int2(text)?),
        TypeId::INT4 => Datum::Int4(int::int4(text)?),
        TypeId::INT8 => Datum::Int8(int::int8(text)?),
        TypeId::FLOAT4 => Datum::Float4(float::float4(text)?),
        TypeId::FLOAT8 => Datum::Float8(float::float8(text)?),
        TypeId::NUMERIC => Datum::Numeric(Numeric::parse(text)?),
        TypeId::OID => Datum::Oid(int::oid(text, "oid")?),
        TypeId::XID => Datum::Oid(int::oid(text, "xid")?),
        TypeId::REGPROC | TypeId::REGCLASS | TypeId::REGTYPE | TypeId::REGNAMESPACE | TypeId::REGROLE => {
            Datum::Oid(registered(context, ty.id, text)?)
        }
        TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::UNKNOWN | TypeId::PG_NODE_TREE | TypeId::ACLITEM => {
            Datum::text(checked(text)?)
        }
        TypeId::NAME => Datum::text(truncate_name(checked(text)?)),
        TypeId::CHAR => Datum::text(checked(text)?.chars().next().map(String::from).unwrap_or_default()),
        TypeId::JSON => {
            json::check(text)?;
            Datum::text(text)
        }
        TypeId::JSONB => Datum::text(json::canonical(text)?),
        TypeId::BYTEA => Datum::Bytea(bytes::parse(text)?.into()),
        TypeId::UUID => Datum::Uuid(uuid::parse(text)?),
        TypeId::DATE => Datum::Date(moment::date(text, settings)?),
        TypeId::TIME => Datum::Time(moment::time(text, settings)?),
        TypeId::TIMESTAMP => Datum::Timestamp(moment::timestamp(text, settings)?),
        TypeId::TIMESTAMPTZ => Datum::Timestamptz(moment::timestamptz(text, settings)?),
        TypeId::INTERVAL => Datum::Interval(interval_text(text, ty.modifier, settings)?),
        TypeId::RECORD => return Err(pseudo("input of anonymous composite types is not implemented")),
        TypeId::VOID => Datum::text(""),
        _ => return container(context, ty, text),
    })
}

fn pseudo(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn container(context: &EvalContext<'_>, ty: Type, text: &str) -> Result<Datum, SqlError> {
    let Some(element) = ty.id.element() else {
        return Err(pseudo(format!("cannot accept a value of type {}", ty.id.sql_name())));
    };
    let read = |text: &str| input(context, Type { id: element, modifier: ty.modifier }, text);
    let array = match ty.id {
        TypeId::INT2VECTOR | TypeId::OIDVECTOR => array::parse_vector(text, element, &read)?,
        _ => array::parse(text, element, &read)?,
    };
    Ok(Datum::Array(Arc::new(array)))
}

/// 22021 for a zero byte, which no PostgreSQL string holds.
fn checked(text: &str) -> Result<&str, SqlError> {
    match text.contains('\0') {
        true => {
            let message = "invalid byte sequence for encoding \"UTF8\": 0x00";
            Err(SqlError::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message))
        }
        false => Ok(text),
    }
}

/// A `reg*` value: `-` for none, a number, or a name that the catalog knows.
fn registered(context: &EvalContext<'_>, ty: TypeId, text: &str) -> Result<u32, SqlError> {
    if text == "-" {
        return Ok(0);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return int::oid(text, "oid");
    }
    context.host.reg_in(ty, text)
}

/// Appends a value's text; nothing for NULL. A value of another type than `ty` (a bug) is shown by its own kind. Fixed-width
/// values allocate nothing besides `out`.
pub fn output(context: &EvalContext<'_>, ty: TypeId, datum: &Datum, out: &mut Vec<u8>) {
    let settings = context.settings;
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Datum::Int2(value) => int::print(i64::from(*value), out),
        Datum::Int4(value) => int::print(i64::from(*value), out),
        Datum::Int8(value) => int::print(*value, out),
        Datum::Oid(value) => oid(context, ty, *value, out),
        Datum::Float4(value) => float::print4(*value, settings.extra_float_digits, out),
        Datum::Float8(value) => float::print8(*value, settings.extra_float_digits, out),
        Datum::Numeric(value) => value.print(out),
        Datum::Text(text) => out.extend_from_slice(text.as_bytes()),
        Datum::Bytea(bytes) if settings.bytea_hex => {
            out.extend_from_slice(b"\\x");
            bytes::print_hex(bytes, out);
        }
        Datum::Bytea(bytes) => bytes::print_escape(bytes, out),
        Datum::Uuid(value) => uuid::print(value, out),
        Datum::Date(days) => moment_output::date(*days, settings.date_style, out),
        Datum::Time(micros) => moment_output::time(*micros, out),
        Datum::Timestamp(micros) => moment_output::timestamp(*micros, settings.date_style, out),
        Datum::Timestamptz(micros) => moment_output::timestamptz(*micros, settings, out),
        Datum::Interval(value) => interval_output::interval(*value, settings.interval_style, out),
        Datum::Array(array) => {
            let write = |element: &Datum, out: &mut Vec<u8>| output(context, array.element, element, out);
            match ty {
                TypeId::INT2VECTOR | TypeId::OIDVECTOR => array::print_vector(array, out, &write),
                _ => array::print(array, out, &write),
            }
        }
        Datum::Record(fields) => {
            record::print(fields, out, &|field, out| output(context, type_of(field), field, out));
        }
    }
}

/// [`output`] as a string.
pub fn output_string(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> String {
    let mut out = Vec::new();
    output(context, ty, datum, &mut out);
    String::from_utf8(out).expect("every output is made of UTF-8 parts")
}

fn oid(context: &EvalContext<'_>, ty: TypeId, value: u32, out: &mut Vec<u8>) {
    let is_registered =
        matches!(ty, TypeId::REGPROC | TypeId::REGCLASS | TypeId::REGTYPE | TypeId::REGNAMESPACE | TypeId::REGROLE);
    match (is_registered, value) {
        (false, _) => int::print(i64::from(value), out),
        (true, 0) => out.push(b'-'),
        (true, _) => match context.host.reg_out(ty, value) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => int::print(i64::from(value), out),
        },
    }
}

/// The type of a record's field, as far as its value tells.
pub(super) fn type_of(datum: &Datum) -> TypeId {
    match datum {
        Datum::Null | Datum::Text(_) => TypeId::TEXT,
        Datum::Bool(_) => TypeId::BOOL,
        Datum::Int2(_) => TypeId::INT2,
        Datum::Int4(_) => TypeId::INT4,
        Datum::Int8(_) => TypeId::INT8,
        Datum::Oid(_) => TypeId::OID,
        Datum::Float4(_) => TypeId::FLOAT4,
        Datum::Float8(_) => TypeId::FLOAT8,
        Datum::Numeric(_) => TypeId::NUMERIC,
        Datum::Bytea(_) => TypeId::BYTEA,
        Datum::Date(_) => TypeId::DATE,
        Datum::Time(_) => TypeId::TIME,
        Datum::Timestamp(_) => TypeId::TIMESTAMP,
        Datum::Timestamptz(_) => TypeId::TIMESTAMPTZ,
        Datum::Interval(_) => TypeId::INTERVAL,
        Datum::Uuid(_) => TypeId::UUID,
        Datum::Array(array) => array.element.array().unwrap_or(TypeId::TEXT.array().expect("text has an array type")),
        Datum::Record(_) => TypeId::RECORD,
    }
}
