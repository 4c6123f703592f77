//! Resolves and computes an expression, as binder and executor do together.

use cairn_sql_types::casts::coerce_length;
use cairn_sql_types::datum::{Array, Datum};
use cairn_sql_types::error::SqlError;
use cairn_sql_types::functions::array::build;
use cairn_sql_types::functions::call;
use cairn_sql_types::io;
use cairn_sql_types::kernel::{Body, CastContext, EvalContext, Function};
use cairn_sql_types::numeric::Numeric;
use cairn_sql_types::resolve::{
    self, Callable, Coercion, FunctionMatch, coercion, common_type, function, length_needed, operator,
};
use cairn_sql_types::ty::{Type, TypeId};

use crate::host::{NoHost, settings};
use crate::parse::Expression;

/// A value with its type; a literal without a type is UNKNOWN.
struct Value {
    ty: Type,
    datum: Datum,
}

impl Value {
    fn plain(ty: TypeId, datum: Datum) -> Self {
        Self { ty: ty.into(), datum }
    }
}

/// Type and rows of an expression, as text.
pub(crate) fn evaluate(expression: &Expression) -> Result<(String, Vec<String>), SqlError> {
    let settings = settings();
    let context = EvalContext { settings: &settings, host: &NoHost };
    if let Expression::Call(name, arguments) = expression
        && let Some(rows) = set_call(&context, name, arguments)?
    {
        return Ok(rows);
    }
    let value = compute(&context, expression)?;
    let value = if value.ty.id == TypeId::UNKNOWN { coerce(&context, value, TypeId::TEXT)? } else { value };
    Ok((value.ty.id.sql_name(), vec![show(&context, value.ty.id, &value.datum)]))
}

fn show(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> String {
    match datum {
        Datum::Null => "∅".to_owned(),
        datum => io::output_string(context, ty, datum),
    }
}

fn set_call(
    context: &EvalContext<'_>,
    name: &str,
    arguments: &[Expression],
) -> Result<Option<(String, Vec<String>)>, SqlError> {
    let values = arguments.iter().map(|argument| compute(context, argument)).collect::<Result<Vec<_>, _>>()?;
    let types: Vec<TypeId> = values.iter().map(|value| value.ty.id).collect();
    let FunctionMatch::Call(resolved) = function(name, &types, false)? else { return Ok(None) };
    let Callable::Function(Function { body: Body::Set(kernel, columns), strict, .. }) = resolved.callable else {
        return Ok(None);
    };
    let args = coerce_all(context, values, &resolved.args)?;
    let rows = match *strict && args.iter().any(Datum::is_null) {
        true => Vec::new(),
        false => kernel(context, &args)?,
    };
    let show_row = |row: &Vec<Datum>| match (columns, row.as_slice()) {
        ([_], [value]) => show(context, resolved.result, value),
        _ => io::output_string(context, TypeId::RECORD, &Datum::Record(row.clone().into())),
    };
    Ok(Some((resolved.result.sql_name(), rows.iter().map(show_row).collect())))
}

fn coerce_all(context: &EvalContext<'_>, values: Vec<Value>, to: &[TypeId]) -> Result<Vec<Datum>, SqlError> {
    values.into_iter().zip(to).map(|(value, to)| coerce(context, value, *to).map(|value| value.datum)).collect()
}

/// Implicit coercion.
fn coerce(context: &EvalContext<'_>, value: Value, to: TypeId) -> Result<Value, SqlError> {
    convert(context, value, to.into(), CastContext::Implicit)
}

fn convert(context: &EvalContext<'_>, value: Value, to: Type, how: CastContext) -> Result<Value, SqlError> {
    let from = value.ty;
    let datum = match coercion(from.id, to.id, how) {
        None => return Err(resolve::cannot_cast(from.id, to.id)),
        Some(_) if value.datum.is_null() => Datum::Null,
        Some(way) => apply(context, &way, from.id, to, value.datum)?,
    };
    let datum = if length_needed(from, to) { coerce_length(datum, to, how == CastContext::Explicit)? } else { datum };
    Ok(Value { ty: to, datum })
}

fn apply(context: &EvalContext<'_>, way: &Coercion, from: TypeId, to: Type, datum: Datum) -> Result<Datum, SqlError> {
    match way {
        Coercion::Same | Coercion::Relabel => Ok(datum),
        Coercion::Function(function) => call(function, context, &[from], &[datum]),
        Coercion::ViaText => io::input(context, to, &io::output_string(context, from, &datum)),
        Coercion::Array(element) => {
            let Datum::Array(array) = datum else { panic!("an array") };
            let to = to.id.element().expect("an array type");
            let elements = array.elements.iter().map(|value| match value {
                Datum::Null => Ok(Datum::Null),
                value => apply(context, element, array.element, to.into(), value.clone()),
            });
            let elements = elements.collect::<Result<_, _>>()?;
            Ok(Datum::Array(Array { element: to, dimensions: array.dimensions.clone(), elements }.into()))
        }
    }
}

fn number(text: &str) -> Result<Value, SqlError> {
    if let Ok(n) = text.parse() {
        return Ok(Value::plain(TypeId::INT4, Datum::Int4(n)));
    }
    if let Ok(n) = text.parse() {
        return Ok(Value::plain(TypeId::INT8, Datum::Int8(n)));
    }
    Ok(Value::plain(TypeId::NUMERIC, Datum::Numeric(Numeric::parse(text)?)))
}

fn compute(context: &EvalContext<'_>, expression: &Expression) -> Result<Value, SqlError> {
    match expression {
        Expression::Text(text) => Ok(Value::plain(TypeId::UNKNOWN, Datum::text(text.as_str()))),
        Expression::Number(text) => number(text),
        Expression::Bool(value) => Ok(Value::plain(TypeId::BOOL, Datum::Bool(*value))),
        Expression::Null => Ok(Value::plain(TypeId::UNKNOWN, Datum::Null)),
        Expression::Cast(inner, to) => convert(context, compute(context, inner)?, *to, CastContext::Explicit),
        Expression::Prefix(name, operand) => infix(context, name, None, operand),
        Expression::Infix(name, left, right) => infix(context, name, Some(left), right),
        Expression::Call(name, arguments) => plain_call(context, name, arguments),
        Expression::Array(elements) => array(context, elements),
    }
}

fn infix(
    context: &EvalContext<'_>,
    name: &str,
    left: Option<&Expression>,
    right: &Expression,
) -> Result<Value, SqlError> {
    let left = left.map(|left| compute(context, left)).transpose()?;
    let right = compute(context, right)?;
    let resolved = operator(name, left.as_ref().map(|left| left.ty.id), right.ty.id)?;
    let mut args = Vec::new();
    if let (Some(left), Some(to)) = (left, resolved.left) {
        args.push(coerce(context, left, to)?.datum);
    }
    args.push(coerce(context, right, resolved.right)?.datum);
    let types: Vec<TypeId> = resolved.left.into_iter().chain([resolved.right]).collect();
    Ok(Value::plain(resolved.result, call(resolved.operator.function, context, &types, &args)?))
}

fn plain_call(context: &EvalContext<'_>, name: &str, arguments: &[Expression]) -> Result<Value, SqlError> {
    let values = arguments.iter().map(|argument| compute(context, argument)).collect::<Result<Vec<_>, _>>()?;
    let types: Vec<TypeId> = values.iter().map(|value| value.ty.id).collect();
    let resolved = match function(name, &types, false)? {
        FunctionMatch::Call(resolved) => resolved,
        FunctionMatch::Cast(to) => {
            let value = values.into_iter().next().expect("a cast has one argument");
            return convert(context, value, to.into(), CastContext::Explicit);
        }
    };
    let Callable::Function(function) = resolved.callable else {
        return Err(SqlError::unsupported("an aggregate in these tests"));
    };
    let mut args = coerce_all(context, values, &resolved.args)?;
    let mut types = resolved.args;
    if let Some(gather) = resolved.gather {
        let elements = args.split_off(gather.from);
        args.push(Datum::Array(Array::from_elements(gather.element, elements).into()));
        types.truncate(gather.from);
        types.push(gather.element.array().expect("an array type"));
    }
    Ok(Value::plain(resolved.result, call(function, context, &types, &args)?))
}

fn array(context: &EvalContext<'_>, elements: &[Expression]) -> Result<Value, SqlError> {
    let values = elements.iter().map(|element| compute(context, element)).collect::<Result<Vec<_>, _>>()?;
    let types: Vec<TypeId> = values.iter().map(|value| value.ty.id).collect();
    let common = common_type("ARRAY", &types).map_err(|(_, error)| error)?;
    let data = values.into_iter().map(|value| coerce(context, value, common).map(|value| value.datum));
    let data = data.collect::<Result<Vec<_>, _>>()?;
    if let Some(element) = common.element() {
        return Ok(Value::plain(common, build(data, element, true)?));
    }
    let ty = common.array().expect("an array type");
    Ok(Value::plain(ty, build(data, common, false)?))
}
