//! Concatenation of values of any type, and `format`.

use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::functions::args::Arg;
use crate::functions::declare::{functions, typed};
use crate::functions::output::{output, to_text};
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::quote::{quote_ident, quote_literal};

fn type_at(types: &[TypeId], at: usize) -> TypeId {
    types.get(at).copied().unwrap_or(TypeId::UNKNOWN)
}

/// The values that are not NULL, as text, with `separator` between them.
fn join(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum], separator: &str) -> Result<String, SqlError> {
    let mut result = String::new();
    let mut first = true;
    for (at, value) in args.iter().enumerate().filter(|(_, value)| !value.is_null()) {
        if !first {
            result.push_str(separator);
        }
        first = false;
        result.push_str(&output(context, type_at(types, at), value));
    }
    Ok(result)
}

fn concat(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    join(context, types, args, "").map(Datum::text)
}

fn concat_ws(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let separator: Option<&str> = Arg::get(args.first())?;
    let Some(separator) = separator else { return Ok(Datum::Null) };
    join(context, types.get(1..).unwrap_or_default(), &args[1..], separator).map(Datum::text)
}

/// `anynonarray || text`, `text || anynonarray`: the other side is cast to text.
fn any_concat(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let left = to_text(context, type_at(types, 0), &args[0]);
    let right = to_text(context, type_at(types, 1), &args[1]);
    Ok(Datum::text(left + &right))
}

/// One `%` specifier of `format`.
struct Specifier {
    /// Explicit argument position, from 1.
    position: Option<usize>,
    left_align: bool,
    width: Width,
    kind: char,
}

enum Width {
    Fixed(i64),
    /// `*`, `*n$`: taken from an argument.
    Argument(Option<usize>),
}

fn bad_format(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn unterminated() -> SqlError {
    bad_format("unterminated format() type specifier").hint("For a single \"%\" use \"%%\".")
}

/// Digits at the start of `text` as a number, and the rest.
fn number(text: &str) -> Result<(Option<i64>, &str), SqlError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let value: i32 =
        digits.parse().map_err(|_| SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "number is out of range"))?;
    Ok((Some(i64::from(value)), rest))
}

fn position(value: i64) -> Result<usize, SqlError> {
    match value {
        0 => Err(bad_format("format specifies argument 0, but arguments are numbered from 1")),
        n => Ok(n as usize),
    }
}

/// Reads a specifier after its `%`: `[position$][-][width]kind`.
fn parse(text: &str) -> Result<(Specifier, &str), SqlError> {
    let mut spec = Specifier { position: None, left_align: false, width: Width::Fixed(0), kind: ' ' };
    let (leading, mut rest) = number(text)?;
    match (leading, rest.strip_prefix('$')) {
        (Some(n), Some(after)) => {
            spec.position = Some(position(n)?);
            rest = after;
        }
        (Some(n), None) => {
            spec.width = Width::Fixed(n);
            return kind(spec, rest);
        }
        (None, _) => {}
    }
    while let Some(after) = rest.strip_prefix('-') {
        spec.left_align = true;
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('*') {
        let (n, after) = number(after)?;
        spec.width = Width::Argument(n.map(position).transpose()?);
        rest = match n {
            Some(_) => {
                after.strip_prefix('$').ok_or_else(|| bad_format("width argument position must be ended by \"$\""))?
            }
            None => after,
        };
    } else if let (Some(n), after) = number(rest)? {
        spec.width = Width::Fixed(n);
        rest = after;
    }
    kind(spec, rest)
}

fn kind(mut spec: Specifier, rest: &str) -> Result<(Specifier, &str), SqlError> {
    let kind = rest.chars().next().ok_or_else(unterminated)?;
    spec.kind = kind;
    Ok((spec, &rest[kind.len_utf8()..]))
}

fn pad(out: &mut String, text: &str, width: i64, left_align: bool) {
    let missing = (width.unsigned_abs() as usize).saturating_sub(text.chars().count());
    let padding = " ".repeat(missing);
    if left_align || width < 0 {
        out.push_str(text);
        out.push_str(&padding);
    } else {
        out.push_str(&padding);
        out.push_str(text);
    }
}

/// Arguments of `format`, consumed in order or picked by position.
struct Arguments<'a> {
    context: &'a EvalContext<'a>,
    types: &'a [TypeId],
    values: &'a [Datum],
    next: usize,
}

impl Arguments<'_> {
    /// An explicit position moves the cursor, too.
    fn take(&mut self, position: Option<usize>) -> Result<usize, SqlError> {
        let at = position.unwrap_or(self.next + 1);
        self.next = at;
        if at > self.values.len() {
            return Err(bad_format("too few arguments for format()"));
        }
        Ok(at - 1)
    }

    fn width(&mut self, width: &Width) -> Result<i64, SqlError> {
        let position = match width {
            Width::Fixed(n) => return Ok(*n),
            Width::Argument(position) => *position,
        };
        let at = self.take(position)?;
        match &self.values[at] {
            Datum::Null => Ok(0),
            Datum::Int2(n) => Ok(i64::from(*n)),
            Datum::Int4(n) => Ok(i64::from(*n)),
            value => {
                let text = output(self.context, self.types[at], value);
                text.trim().parse::<i32>().map(i64::from).map_err(|_| {
                    SqlError::new(
                        SqlState::INVALID_TEXT_REPRESENTATION,
                        format!("invalid input syntax for type integer: \"{text}\""),
                    )
                })
            }
        }
    }

    fn show(&self, at: usize, kind: char) -> Result<String, SqlError> {
        let value = &self.values[at];
        if value.is_null() {
            return match kind {
                's' => Ok(String::new()),
                'L' => Ok("NULL".to_owned()),
                _ => Err(SqlError::new(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "null values cannot be formatted as an SQL identifier",
                )),
            };
        }
        let text = output(self.context, self.types[at], value);
        Ok(match kind {
            'I' => quote_ident(&text),
            'L' => quote_literal(&text),
            _ => text,
        })
    }
}

fn format(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    let template: Option<&str> = Arg::get(args.first())?;
    let Some(mut rest) = template else { return Ok(Datum::Null) };
    let mut arguments = Arguments { context, types: types.get(1..).unwrap_or_default(), values: &args[1..], next: 0 };
    let mut out = String::new();
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (spec, after) = parse(rest)?;
        rest = after;
        let width = arguments.width(&spec.width)?;
        if !matches!(spec.kind, 's' | 'I' | 'L') {
            return Err(bad_format(format!("unrecognized format() type specifier \"{}\"", spec.kind))
                .hint("For a single \"%\" use \"%%\"."));
        }
        let at = arguments.take(spec.position)?;
        pad(&mut out, &arguments.show(at, spec.kind)?, width, spec.left_align);
    }
    out.push_str(rest);
    Ok(Datum::text(out))
}

functions! {
    3058 concat(ANY) -> TEXT [stable, lax, variadic] = typed(concat);
    3059 concat_ws(TEXT, ANY) -> TEXT [stable, lax, variadic] = typed(concat_ws);
    3540 format(TEXT) -> TEXT [stable, lax] = typed(format);
    3539 format(TEXT, ANY) -> TEXT [stable, lax, variadic] = typed(format);
    2003 textanycat(TEXT, ANYNONARRAY) -> TEXT [stable] = typed(any_concat);
    2004 anytextcat(ANYNONARRAY, TEXT) -> TEXT [stable] = typed(any_concat);
}
