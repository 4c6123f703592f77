//! Evaluation. Three-valued logic as SQL defines it; AND, OR, CASE and COALESCE stop as soon as the answer is known.

use std::sync::Arc;

use cairn_sql_types::functions::array;
use cairn_sql_types::kernel::ScalarFn;
use cairn_sql_types::{Array, Datum, SqlError, SqlState};
use smallvec::SmallVec;

use super::code::{Callee, Code, Subscript};
use super::frame::{Frame, Source, SubResult};
use crate::api::Cell;

type Evaluated = Result<Datum, SqlError>;

/// Arguments of a call: up to four need no allocation.
type Args = SmallVec<[Datum; 4]>;

impl Code {
    /// The value in this frame.
    pub(crate) fn eval(&self, frame: &Frame<'_>) -> Evaluated {
        match self {
            Code::Const(value) => Ok(value.clone()),
            Code::Param(index) => param(frame, *index),
            Code::Column { source, column } | Code::TextColumn { source, column } => {
                frame.sources[usize::from(*source)].column(usize::from(*column))
            }
            Code::RowId(source) => frame.sources[usize::from(*source)].row_id(),
            Code::Aggregate(index) => Ok(frame.aggregates[*index].clone()),
            Code::Binary { kernel, strict, args } => binary(*kernel, *strict, args, frame),
            Code::Call { callee, strict, args } => call(callee, *strict, args, frame),
            Code::And(args) => Ok(logic(and(args, frame)?)),
            Code::Or(args) => Ok(logic(or(args, frame)?)),
            Code::Not(arg) => Ok(logic(truth(&arg.eval(frame)?).map(|value| !value))),
            Code::IsNull { arg, negated } => Ok(Datum::Bool(is_null(&arg.eval(frame)?, *negated))),
            Code::IsBool { arg, value, negated } => Ok(Datum::Bool((truth(&arg.eval(frame)?) == *value) != *negated)),
            Code::Distinct { equal, args, negated } => {
                Ok(Datum::Bool(same(*equal, &args[0].eval(frame)?, &args[1].eval(frame)?, frame)? == *negated))
            }
            Code::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    if condition.test(frame)? {
                        return result.eval(frame);
                    }
                }
                otherwise.eval(frame)
            }
            Code::Coalesce(args) => coalesce(args, frame),
            Code::Length { arg, ty, explicit } => {
                cairn_sql_types::casts::coerce_length(arg.eval(frame)?, *ty, *explicit)
            }
            Code::InList { arg, list, equal, negated } => in_list(arg, list, *equal, *negated, frame),
            other => other.eval_rare(frame),
        }
    }

    /// The value on its way out: a string column stays where it is.
    pub(crate) fn cell<'f>(&'f self, frame: &Frame<'f>) -> Result<Cell<'f>, SqlError> {
        match self {
            Code::TextColumn { source, column } => match frame.sources[usize::from(*source)] {
                Source::Row { layout, row, .. } => {
                    Ok(layout.text(row, usize::from(*column))?.map_or(Cell::Value(Datum::Null), Cell::Text))
                }
                Source::Values(values) => Ok(Cell::Ref(&values[usize::from(*column)])),
                Source::Empty => Ok(Cell::Value(Datum::Null)),
            },
            Code::Const(value) => Ok(Cell::Ref(value)),
            other => other.eval(frame).map(Cell::Value),
        }
    }

    /// Is the condition true (neither false nor unknown)?
    #[inline]
    pub(crate) fn test(&self, frame: &Frame<'_>) -> Result<bool, SqlError> {
        Ok(matches!(self.eval(frame)?, Datum::Bool(true)))
    }

    fn eval_rare(&self, frame: &Frame<'_>) -> Evaluated {
        match self {
            Code::ViaText { arg, from, to } => match arg.eval(frame)? {
                Datum::Null => Ok(Datum::Null),
                value => crate::text::via_text(&value, *from, *to, frame.context),
            },
            Code::ArrayCast { arg, element, to } => match arg.eval(frame)? {
                Datum::Array(array) => array_cast(&array, element, *to, frame),
                other => Ok(other),
            },
            Code::Element => frame.element.cloned().ok_or_else(|| SqlError::internal("no element in sight")),
            Code::Quantified { array, test, all } => match array.eval(frame)? {
                Datum::Array(array) => {
                    let tests = array.elements.iter().map(|element| {
                        test.eval(&Frame { element: Some(element), ..*frame }).map(|value| truth(&value))
                    });
                    quantified(tests, *all)
                }
                _ => Ok(Datum::Null),
            },
            Code::NullIf { value, test } => match test.test(frame)? {
                true => Ok(Datum::Null),
                false => value.eval(frame),
            },
            Code::Extreme { greatest, args, ty } => {
                let mut best = Datum::Null;
                for arg in args {
                    let value = arg.eval(frame)?;
                    let wins = |order: std::cmp::Ordering| if *greatest { order.is_gt() } else { order.is_lt() };
                    if !value.is_null()
                        && (best.is_null() || wins(cairn_sql_types::compare::compare(*ty, &value, &best)))
                    {
                        best = value;
                    }
                }
                Ok(best)
            }
            Code::Array { elements, element, nested } => {
                let values = eval_all(elements, frame)?.into_vec();
                array::build(values, *element, *nested)
            }
            Code::Subscript { array, subscripts } => {
                let parts = subscripts.iter().map(Subscript::part);
                array::subscript(&array.eval(frame)?, parts, |code: &Code| code.eval(frame))
            }
            Code::Row(args) => Ok(Datum::Record(eval_all(args, frame)?.into_vec().into())),
            Code::SubValue(sub) => match &frame.subs[*sub] {
                SubResult::Value(value) => Ok(value.clone()),
                _ => Err(SqlError::internal("a subquery's result is no value")),
            },
            Code::SubExists { sub, negated } => match &frame.subs[*sub] {
                SubResult::Exists(exists) => Ok(Datum::Bool(exists != negated)),
                _ => Err(SqlError::internal("a subquery's result does not say whether rows exist")),
            },
            Code::SubTest { sub, test, all } => match &frame.subs[*sub] {
                SubResult::Rows(rows) => {
                    let tests =
                        rows.iter().map(|row| test.eval(&Frame { sub_row: row, ..*frame }).map(|value| truth(&value)));
                    quantified(tests, *all)
                }
                _ => Err(SqlError::internal("a subquery's result is no set of rows")),
            },
            Code::SubColumn(column) => Ok(frame.sub_row[*column].clone()),
            _ => Err(SqlError::internal("an expression without evaluation")),
        }
    }
}

fn param(frame: &Frame<'_>, index: usize) -> Evaluated {
    match frame.params.get(index) {
        Some(value) => Ok(value.clone()),
        None => Err(SqlError::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${}", index + 1))),
    }
}

#[inline]
fn binary(kernel: ScalarFn, strict: bool, args: &[Code; 2], frame: &Frame<'_>) -> Evaluated {
    let values = [args[0].eval(frame)?, args[1].eval(frame)?];
    if strict && (values[0].is_null() || values[1].is_null()) {
        return Ok(Datum::Null);
    }
    kernel(frame.context, &values)
}

fn call(callee: &Callee, strict: bool, args: &[Code], frame: &Frame<'_>) -> Evaluated {
    let values = eval_all(args, frame)?;
    if strict && values.iter().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    match callee {
        Callee::Scalar(kernel) => kernel(frame.context, &values),
        Callee::Typed(kernel, types) => kernel(frame.context, types, &values),
        Callee::Host(function) => frame.context.host.call(function, frame.context, &values),
    }
}

fn eval_all(codes: &[Code], frame: &Frame<'_>) -> Result<Args, SqlError> {
    codes.iter().map(|code| code.eval(frame)).collect()
}

/// A condition's truth; `None` is unknown.
fn truth(value: &Datum) -> Option<bool> {
    match value {
        Datum::Bool(value) => Some(*value),
        _ => None,
    }
}

fn logic(value: Option<bool>) -> Datum {
    value.map_or(Datum::Null, Datum::Bool)
}

fn and(args: &[Code], frame: &Frame<'_>) -> Result<Option<bool>, SqlError> {
    let mut result = Some(true);
    for arg in args {
        match truth(&arg.eval(frame)?) {
            Some(false) => return Ok(Some(false)),
            None => result = None,
            Some(true) => {}
        }
    }
    Ok(result)
}

fn or(args: &[Code], frame: &Frame<'_>) -> Result<Option<bool>, SqlError> {
    let mut result = Some(false);
    for arg in args {
        match truth(&arg.eval(frame)?) {
            Some(true) => return Ok(Some(true)),
            None => result = None,
            Some(false) => {}
        }
    }
    Ok(result)
}

/// A record is NULL when all its fields are, and NOT NULL when none is: both can be false.
fn is_null(value: &Datum, negated: bool) -> bool {
    match value {
        Datum::Record(fields) => fields.iter().all(|field| field.is_null() != negated),
        value => value.is_null() != negated,
    }
}

fn same(equal: ScalarFn, left: &Datum, right: &Datum, frame: &Frame<'_>) -> Result<bool, SqlError> {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ok(true),
        (false, false) => Ok(matches!(equal(frame.context, &[left.clone(), right.clone()])?, Datum::Bool(true))),
        _ => Ok(false),
    }
}

fn coalesce(args: &[Code], frame: &Frame<'_>) -> Evaluated {
    for arg in args {
        let value = arg.eval(frame)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Datum::Null)
}

fn in_list(arg: &Code, list: &[Code], equal: ScalarFn, negated: bool, frame: &Frame<'_>) -> Evaluated {
    let mut pair = [arg.eval(frame)?, Datum::Null];
    if pair[0].is_null() {
        return Ok(Datum::Null);
    }
    let mut unknown = false;
    for candidate in list {
        pair[1] = candidate.eval(frame)?;
        match pair[1].is_null() {
            true => unknown = true,
            false if matches!(equal(frame.context, &pair)?, Datum::Bool(true)) => return Ok(Datum::Bool(!negated)),
            false => {}
        }
    }
    Ok(if unknown { Datum::Null } else { Datum::Bool(negated) })
}

/// ANY is an OR over the tests, ALL an AND.
fn quantified(tests: impl Iterator<Item = Result<Option<bool>, SqlError>>, all: bool) -> Evaluated {
    let mut result = Some(all);
    for test in tests {
        match test? {
            None => result = None,
            Some(value) if value != all => return Ok(Datum::Bool(value)),
            Some(_) => {}
        }
    }
    Ok(logic(result))
}

fn array_cast(array: &Array, element: &Code, to: cairn_sql_types::TypeId, frame: &Frame<'_>) -> Evaluated {
    let cast = |value: &Datum| element.eval(&Frame { element: Some(value), ..*frame });
    let elements = array.elements.iter().map(cast).collect::<Result<Vec<_>, _>>()?;
    let element = to.element().ok_or_else(|| SqlError::internal("an array cast to no array"))?;
    Ok(Datum::Array(Arc::new(Array { element, dimensions: array.dimensions.clone(), elements })))
}
