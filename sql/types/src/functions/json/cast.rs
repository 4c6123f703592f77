//! jsonb scalars as SQL values.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::numeric::Numeric;

use super::tree::Value;

fn cannot(value: &Value<'_>, target: &str) -> SqlError {
    let message = format!("cannot cast jsonb {} to type {target}", value.kind());
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn number(value: &Value<'_>, target: &str) -> Result<Numeric, SqlError> {
    match value {
        Value::Number(number) => Numeric::parse(number),
        other => Err(cannot(other, target)),
    }
}

fn boolean(value: &Value<'_>) -> Result<bool, SqlError> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(cannot(other, "boolean")),
    }
}

functions! {
    3556 bool(JSONB) -> BOOL = f!(|value: Value| boolean(&value));
    3449 numeric(JSONB) -> NUMERIC = f!(|value: Value| number(&value, "numeric"));
    3450 int2(JSONB) -> INT2 = f!(|value: Value| number(&value, "smallint")?.to_i16());
    3451 int4(JSONB) -> INT4 = f!(|value: Value| number(&value, "integer")?.to_i32());
    3452 int8(JSONB) -> INT8 = f!(|value: Value| number(&value, "bigint")?.to_i64());
    3453 float4(JSONB) -> FLOAT4 = f!(|value: Value| number(&value, "real")?.to_f32());
    2580 float8(JSONB) -> FLOAT8 = f!(|value: Value| number(&value, "double precision")?.to_f64());
}
