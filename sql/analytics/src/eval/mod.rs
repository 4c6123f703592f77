//! Scalar expressions over one row of datums. Three-valued logic as SQL defines it; AND, OR, CASE and COALESCE stop as
//! soon as the answer is known, so an error behind them stays unseen, as in PostgreSQL.
//!
//! What is evaluated is the typed tree itself, once [`crate::lower`] has rewritten everything that comes from elsewhere
//! (columns, groups, aggregates, window results, subqueries) to inputs: columns of the relation [`INPUT`].

mod array;

use cairn_sql_binder::tree::{Expr, RelId};
use cairn_sql_types::casts::coerce_length;
use cairn_sql_types::functions::array::build;
use cairn_sql_types::kernel::{Body, EvalContext, Function};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};
use smallvec::SmallVec;

/// The relation of an expression's inputs: column `n` is the `n`th argument.
pub(crate) const INPUT: RelId = RelId(u32::MAX);

type Evaluated = Result<Datum, SqlError>;

/// What an expression sees.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) row: &'a [Datum],
    pub(crate) element: Option<&'a Datum>,
}

impl<'a> Frame<'a> {
    /// A row in sight.
    pub(crate) fn new(context: &'a EvalContext<'a>, row: &'a [Datum]) -> Self {
        Self { context, row, element: None }
    }
}

/// The value of `expr` in this frame.
pub(crate) fn eval(expr: &Expr, frame: &Frame<'_>) -> Evaluated {
    match expr {
        Expr::Const(value, _) => Ok(value.clone()),
        Expr::Column(_, index, _) => Ok(frame.row[*index].clone()),
        Expr::Call { function, args, .. } => call(function, args, frame),
        Expr::Relabel(arg, _) => eval(arg, frame),
        Expr::And(args) => connective(args, false, frame),
        Expr::Or(args) => connective(args, true, frame),
        Expr::Not(arg) => Ok(logic(truth(&eval(arg, frame)?).map(|value| !value))),
        Expr::IsNull { arg, negated } => Ok(Datum::Bool(is_null(&eval(arg, frame)?, *negated))),
        Expr::IsBool { arg, value, negated } => Ok(Datum::Bool((truth(&eval(arg, frame)?) == *value) != *negated)),
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                if holds(condition, frame)? {
                    return eval(result, frame);
                }
            }
            eval(otherwise, frame)
        }
        Expr::Coalesce(args, _) => {
            for arg in args {
                let value = eval(arg, frame)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Ok(Datum::Null)
        }
        Expr::InList { arg, list, equal, negated } => in_list(arg, list, equal, *negated, frame),
        Expr::Length { arg, ty, explicit } => coerce_length(eval(arg, frame)?, *ty, *explicit),
        other => eval_rare(other, frame),
    }
}

/// Is the condition true?
pub(crate) fn holds(expr: &Expr, frame: &Frame<'_>) -> Result<bool, SqlError> {
    Ok(matches!(eval(expr, frame)?, Datum::Bool(true)))
}

fn eval_rare(expr: &Expr, frame: &Frame<'_>) -> Evaluated {
    match expr {
        Expr::ViaText(arg, ty) => match eval(arg, frame)? {
            Datum::Null => Ok(Datum::Null),
            value => via_text(&value, arg.ty(), *ty, frame.context),
        },
        Expr::Element(_) => frame.element.cloned().ok_or_else(|| SqlError::internal("no element in sight")),
        Expr::ArrayCast { arg, element, ty } => match eval(arg, frame)? {
            Datum::Array(values) => array::cast(&values, element, ty.id, frame),
            other => Ok(other),
        },
        Expr::Quantified { array, test, all } => match eval(array, frame)? {
            Datum::Array(array) => quantified(&array.elements, test, *all, frame),
            _ => Ok(Datum::Null),
        },
        Expr::Distinct { equal, left, right, negated } => {
            let pair = [eval(left, frame)?, eval(right, frame)?];
            let same = match (pair[0].is_null(), pair[1].is_null()) {
                (true, true) => true,
                (false, false) => matches!(invoke(equal, &[], &pair, frame)?, Datum::Bool(true)),
                _ => false,
            };
            Ok(Datum::Bool(same == *negated))
        }
        Expr::NullIf { value, test } => match holds(test, frame)? {
            true => Ok(Datum::Null),
            false => eval(value, frame),
        },
        Expr::Extreme { greatest, args, ty } => extreme(args, *greatest, ty.id, frame),
        Expr::Array { elements, ty, nested } => {
            let element = ty.id.element().ok_or_else(|| SqlError::internal("ARRAY of no array type"))?;
            build(eval_all(elements, frame)?.into_vec(), element, *nested)
        }
        Expr::Subscript { array, subscripts, .. } => array::subscript(&eval(array, frame)?, subscripts, frame),
        Expr::Row(args, _) => Ok(Datum::Record(eval_all(args, frame)?.into_vec().into())),
        other => Err(SqlError::internal(format!("an expression without evaluation: {other:?}"))),
    }
}

fn eval_all(args: &[Expr], frame: &Frame<'_>) -> Result<SmallVec<[Datum; 4]>, SqlError> {
    args.iter().map(|arg| eval(arg, frame)).collect()
}

fn call(function: &'static Function, args: &[Expr], frame: &Frame<'_>) -> Evaluated {
    let values = eval_all(args, frame)?;
    if function.strict && values.iter().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    invoke(function, args, &values, frame)
}

/// Calls a kernel with values; `args` tells their types where the kernel wants to know.
fn invoke(function: &'static Function, args: &[Expr], values: &[Datum], frame: &Frame<'_>) -> Evaluated {
    match function.body {
        Body::Scalar(kernel) => kernel(frame.context, values),
        Body::Typed(kernel) => {
            let types: SmallVec<[TypeId; 4]> = args.iter().map(|arg| arg.ty().id).collect();
            kernel(frame.context, &types, values)
        }
        Body::Host => frame.context.host.call(function, frame.context, values),
        Body::Set(..) => Err(SqlError::unsupported("a set-returning function here")),
        Body::Window => Err(SqlError::internal("a window function outside of its operator")),
    }
}

fn via_text(value: &Datum, from: Type, to: Type, context: &EvalContext<'_>) -> Evaluated {
    let text = cairn_sql_types::io::output_string(context, from.id, value);
    cairn_sql_types::io::input(context, to, &text)
}

/// A condition's truth; `None` is unknown.
pub(crate) fn truth(value: &Datum) -> Option<bool> {
    match value {
        Datum::Bool(value) => Some(*value),
        _ => None,
    }
}

fn logic(value: Option<bool>) -> Datum {
    value.map_or(Datum::Null, Datum::Bool)
}

/// AND (`decisive` is false) or OR (true).
fn connective(args: &[Expr], decisive: bool, frame: &Frame<'_>) -> Evaluated {
    let mut result = Some(!decisive);
    for arg in args {
        match truth(&eval(arg, frame)?) {
            Some(value) if value == decisive => return Ok(Datum::Bool(decisive)),
            None => result = None,
            Some(_) => {}
        }
    }
    Ok(logic(result))
}

/// ANY is an OR over the tests, ALL an AND.
fn quantified(elements: &[Datum], test: &Expr, all: bool, frame: &Frame<'_>) -> Evaluated {
    let mut result = Some(all);
    for element in elements {
        match truth(&eval(test, &Frame { element: Some(element), ..*frame })?) {
            None => result = None,
            Some(value) if value != all => return Ok(Datum::Bool(value)),
            Some(_) => {}
        }
    }
    Ok(logic(result))
}

/// A record is NULL when all its fields are, and NOT NULL when none is: both can be false.
fn is_null(value: &Datum, negated: bool) -> bool {
    match value {
        Datum::Record(fields) => fields.iter().all(|field| field.is_null() != negated),
        value => value.is_null() != negated,
    }
}

fn in_list(arg: &Expr, list: &[Expr], equal: &'static Function, negated: bool, frame: &Frame<'_>) -> Evaluated {
    let mut pair = [eval(arg, frame)?, Datum::Null];
    if pair[0].is_null() {
        return Ok(Datum::Null);
    }
    let mut unknown = false;
    for candidate in list {
        pair[1] = eval(candidate, frame)?;
        match pair[1].is_null() {
            true => unknown = true,
            false if matches!(invoke(equal, &[], &pair, frame)?, Datum::Bool(true)) => {
                return Ok(Datum::Bool(!negated));
            }
            false => {}
        }
    }
    Ok(if unknown { Datum::Null } else { Datum::Bool(negated) })
}

fn extreme(args: &[Expr], greatest: bool, ty: TypeId, frame: &Frame<'_>) -> Evaluated {
    let mut best = Datum::Null;
    for arg in args {
        let value = eval(arg, frame)?;
        let wins = |order: std::cmp::Ordering| if greatest { order.is_gt() } else { order.is_lt() };
        if !value.is_null() && (best.is_null() || wins(cairn_sql_types::compare::compare(ty, &value, &best))) {
            best = value;
        }
    }
    Ok(best)
}

/// 21000 when a subquery used as a value gave several rows: arguments are its value and its number of rows.
pub(crate) static SINGLE_ROW: Function = Function {
    oid: 0,
    name: "single_row",
    args: &[TypeId::ANYELEMENT, TypeId::INT8],
    optional: 0,
    variadic: false,
    result: TypeId::ANYELEMENT,
    strict: false,
    volatility: cairn_sql_types::kernel::Volatility::Immutable,
    body: Body::Scalar(single_row),
};

fn single_row(_: &EvalContext<'_>, args: &[Datum]) -> Evaluated {
    match args {
        [_, Datum::Int8(2..)] => Err(SqlError::new(
            SqlState::CARDINALITY_VIOLATION,
            "more than one row returned by a subquery used as an expression",
        )),
        [value, _] => Ok(value.clone()),
        _ => Err(SqlError::internal("single_row takes two arguments")),
    }
}

/// An array of these elements; the result of ARRAY(subquery).
pub(crate) fn collect(values: Vec<Datum>, ty: TypeId) -> Evaluated {
    let element = ty.element().ok_or_else(|| SqlError::internal("ARRAY of no array type"))?;
    build(values, element, false)
}
