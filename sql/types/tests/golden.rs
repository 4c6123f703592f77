//! Answers of PostgreSQL 15, line by line: `golden/*.txt`, filled in by `golden/ask_postgres.py`.
//!
//! A line is `operation | argument | ... => answer`. An answer that begins with `!` is an error: SQLSTATE, message, and
//! after ` // ` the detail. Where Cairn differs on purpose the line says so: `=> answer ## ours`.

use std::fmt::Write as _;
use std::path::Path;

use cairn_sql_types::casts::coerce_length;
use cairn_sql_types::compare::compare;
use cairn_sql_types::datetime::{self, arith, fields, make, truncate, zone_argument_at};
use cairn_sql_types::format;
use cairn_sql_types::info::TypeInfo;
use cairn_sql_types::io;
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::numeric::{NumericLimit, numeric_modifier};
use cairn_sql_types::type_name::{format_type, parse_type_name};
use cairn_sql_types::zone::{IntervalStyle, Zone};
use cairn_sql_types::{Datum, Numeric, SqlError, SqlState, Type, TypeId};

/// There is no catalog here: names of `reg*` values are unknown.
struct NoCatalog;

impl Host for NoCatalog {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(function.name))
    }
    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }
    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist")))
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

fn settings() -> EvalSettings {
    EvalSettings::default()
}

fn set(settings: &mut EvalSettings, name: &str, value: &str) {
    match (name, value) {
        ("timezone", zone) => settings.time_zone = Zone::parse(zone).expect("a time zone"),
        ("datestyle", styles) => settings.date_style = settings.date_style.changed(styles).expect("a date style"),
        ("intervalstyle", style) => settings.interval_style = IntervalStyle::parse(style).expect("an interval style"),
        ("extra_float_digits", digits) => settings.extra_float_digits = digits.parse().unwrap(),
        ("bytea_output", form) => settings.bytea_hex = form == "hex",
        _ => panic!("no such setting: {name}"),
    }
}

struct Asked<'a> {
    context: EvalContext<'a>,
}

type Answer = Result<String, SqlError>;

impl Asked<'_> {
    fn read(&self, ty: Type, text: &str) -> Result<Datum, SqlError> {
        coerce_length(io::input(&self.context, ty, text)?, ty, true)
    }

    fn show(&self, ty: TypeId, datum: Datum) -> Answer {
        match datum {
            Datum::Null => Ok("NULL".to_owned()),
            datum => Ok(io::output_string(&self.context, ty, &datum)),
        }
    }

    fn interval(&self, text: &str) -> Result<cairn_sql_types::Interval, SqlError> {
        match self.read(TypeId::INTERVAL.into(), text)? {
            Datum::Interval(interval) => Ok(interval),
            other => panic!("{other:?}"),
        }
    }

    fn timestamp(&self, text: &str) -> Result<i64, SqlError> {
        match self.read(TypeId::TIMESTAMP.into(), text)? {
            Datum::Timestamp(timestamp) => Ok(timestamp),
            other => panic!("{other:?}"),
        }
    }

    fn answer(&self, parts: &[&str]) -> Answer {
        let zone = &self.context.settings.time_zone;
        let number = |text: &str| Numeric::parse(text);
        let shown = |number: Numeric| Ok(number.to_string());
        let optional = |number: Option<Numeric>| Ok(number.map_or("NULL".to_owned(), |number| number.to_string()));
        match *parts {
            ["text", ty, value] => {
                let ty = parse_type_name(ty)?;
                match self.read(ty, value)? {
                    Datum::Bool(value) => Ok(value.to_string()),
                    datum => self.show(ty.id, datum),
                }
            }
            ["send", ty, value] => {
                let ty = parse_type_name(ty)?;
                let datum = self.read(ty, value)?;
                let mut sent = Vec::new();
                io::send(ty.id, &datum, &mut sent);
                let received = io::receive(ty.id, &sent)?;
                assert!(compare(ty.id, &datum, &received).is_eq(), "{datum:?} came back as {received:?}");
                Ok(sent.iter().fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").unwrap();
                    hex
                }))
            }
            ["compare", ty, a, b] => {
                let ty = parse_type_name(ty)?;
                let order = compare(ty.id, &self.read(ty, a)?, &self.read(ty, b)?);
                Ok(["<", "=", ">"][(order as i8 + 1) as usize].to_owned())
            }
            ["add", a, b] => shown(number(a)?.checked_add(number(b)?)?),
            ["sub", a, b] => shown(number(a)?.checked_sub(number(b)?)?),
            ["mul", a, b] => shown(number(a)?.checked_mul(number(b)?)?),
            ["div", a, b] => shown(number(a)?.checked_div(number(b)?)?),
            ["mod", a, b] => shown(number(a)?.checked_rem(number(b)?)?),
            ["quotient", a, b] => shown(number(a)?.div_trunc(number(b)?)?),
            ["power", a, b] => shown(number(a)?.power(number(b)?)?),
            ["log", a, b] => shown(number(a)?.log(number(b)?)?),
            ["round", a, scale] => shown(number(a)?.round(scale.parse().unwrap())?),
            ["trunc", a, scale] => shown(number(a)?.trunc(scale.parse().unwrap())?),
            ["numeric", function, a] => {
                let a = number(a)?;
                match function {
                    "sqrt" => shown(a.sqrt()?),
                    "exp" => shown(a.exp()?),
                    "ln" => shown(a.ln()?),
                    "log" => shown(a.log10()?),
                    "ceil" => shown(a.ceil()?),
                    "floor" => shown(a.floor()?),
                    "abs" => shown(a.abs()),
                    "trim_scale" => shown(a.trim_scale()),
                    "min_scale" => Ok(a.min_scale().map_or("NULL".to_owned(), |scale| scale.to_string())),
                    _ => panic!("no such function: {function}"),
                }
            }
            ["typmod", precision, scale, a] => {
                let modifier = numeric_modifier(precision.parse().unwrap(), scale.parse().unwrap())?;
                assert!(NumericLimit::of(modifier).is_some());
                shown(number(a)?.coerce(modifier)?)
            }
            ["cast", "numeric", "int8", a] => number(a)?.to_i64().map(|n| n.to_string()),
            ["cast", "numeric", "int4", a] => number(a)?.to_i32().map(|n| n.to_string()),
            ["cast", "numeric", "int2", a] => number(a)?.to_i16().map(|n| n.to_string()),
            ["cast", "numeric", "float8", a] => self.show(TypeId::FLOAT8, Datum::Float8(number(a)?.to_f64())),
            ["cast", "numeric", "float4", a] => self.show(TypeId::FLOAT4, Datum::Float4(number(a)?.to_f32()?)),
            ["cast", "float8", "numeric", a] => shown(Numeric::from_f64(io::float::float8(a)?)?),
            ["cast", "float4", "numeric", a] => shown(Numeric::from_f32(io::float::float4(a)?)?),
            ["plus", "timestamp", a, b] => {
                let sum = arith::timestamp_plus(self.timestamp(a)?, self.interval(b)?)?;
                self.show(TypeId::TIMESTAMP, Datum::Timestamp(sum))
            }
            ["plus", "timestamptz", a, b] => {
                let Datum::Timestamptz(a) = self.read(TypeId::TIMESTAMPTZ.into(), a)? else { panic!() };
                let sum = arith::timestamptz_plus(a, self.interval(b)?, zone)?;
                self.show(TypeId::TIMESTAMPTZ, Datum::Timestamptz(sum))
            }
            ["plus", "date", a, b] => {
                let Datum::Date(a) = self.read(TypeId::DATE.into(), a)? else { panic!() };
                let sum = arith::timestamp_plus(arith::date_to_timestamp(a)?, self.interval(b)?)?;
                self.show(TypeId::TIMESTAMP, Datum::Timestamp(sum))
            }
            ["plus", "time", a, b] => {
                let Datum::Time(a) = self.read(TypeId::TIME.into(), a)? else { panic!() };
                self.show(TypeId::TIME, Datum::Time(arith::time_plus(a, self.interval(b)?)))
            }
            ["plus", "interval", a, b] => {
                let sum = arith::interval_plus(self.interval(a)?, self.interval(b)?)?;
                self.show(TypeId::INTERVAL, Datum::Interval(sum))
            }
            ["minus", "timestamp", a, b] => {
                let difference = arith::difference(self.timestamp(a)?, self.timestamp(b)?)?;
                self.show(TypeId::INTERVAL, Datum::Interval(difference))
            }
            ["justify", function, a] => {
                let a = self.interval(a)?;
                let justified = match function {
                    "justify_hours" => arith::justify_hours(a)?,
                    "justify_days" => arith::justify_days(a)?,
                    _ => arith::justify_interval(a)?,
                };
                self.show(TypeId::INTERVAL, Datum::Interval(justified))
            }
            ["age", a, b] => {
                let age = arith::age(self.timestamp(a)?, self.timestamp(b)?)?;
                self.show(TypeId::INTERVAL, Datum::Interval(age))
            }
            ["extract", field, ty, a] => match self.read(parse_type_name(ty)?, a)? {
                Datum::Date(a) => optional(fields::of_date(field, a)?),
                Datum::Time(a) => optional(fields::of_time(field, a)?),
                Datum::Timestamp(a) => optional(fields::of_timestamp(field, a)?),
                Datum::Timestamptz(a) => optional(fields::of_timestamptz(field, a, zone)?),
                Datum::Interval(a) => optional(fields::of_interval(field, a)?),
                other => panic!("{other:?}"),
            },
            ["date_trunc", unit, ty, a] => {
                let ty = parse_type_name(ty)?;
                let truncated = match self.read(ty, a)? {
                    Datum::Timestamp(a) => Datum::Timestamp(truncate::timestamp(unit, a)?),
                    Datum::Timestamptz(a) => Datum::Timestamptz(truncate::timestamptz(unit, a, zone)?),
                    Datum::Interval(a) => Datum::Interval(truncate::interval(unit, a)?),
                    other => panic!("{other:?}"),
                };
                self.show(ty.id, truncated)
            }
            ["date_bin", stride, a, origin] => {
                let bin = truncate::bin(self.interval(stride)?, self.timestamp(a)?, self.timestamp(origin)?)?;
                self.show(TypeId::TIMESTAMP, Datum::Timestamp(bin))
            }
            ["zone", name, ty, a] => match self.read(parse_type_name(ty)?, a)? {
                Datum::Timestamp(a) => {
                    self.show(TypeId::TIMESTAMPTZ, Datum::Timestamptz(zone_argument_at(name, a)?.to_utc(a)?))
                }
                Datum::Timestamptz(a) => {
                    self.show(TypeId::TIMESTAMP, Datum::Timestamp(zone_argument_at(name, a)?.to_local(a)?))
                }
                other => panic!("{other:?}"),
            },
            ["make_date", y, m, d] => {
                let date = make::date(y.parse().unwrap(), m.parse().unwrap(), d.parse().unwrap())?;
                self.show(TypeId::DATE, Datum::Date(date))
            }
            ["make_time", h, m, s] => {
                let time = make::time(h.parse().unwrap(), m.parse().unwrap(), s.parse().unwrap())?;
                self.show(TypeId::TIME, Datum::Time(time))
            }
            ["make_timestamp", y, m, d, h, min, s] => {
                let [y, m, d, h, min] = [y, m, d, h, min].map(|part| part.parse().unwrap());
                let timestamp = make::timestamp(y, m, d, h, min, s.parse().unwrap())?;
                self.show(TypeId::TIMESTAMP, Datum::Timestamp(timestamp))
            }
            ["make_interval", y, m, w, d, h, min, s] => {
                let parts = [y, m, w, d, h, min].map(|part| part.parse().unwrap());
                let interval = make::interval(parts, s.parse().unwrap())?;
                self.show(TypeId::INTERVAL, Datum::Interval(interval))
            }
            ["epoch", seconds] => {
                let instant = make::from_epoch(io::float::float8(seconds)?)?;
                self.show(TypeId::TIMESTAMPTZ, Datum::Timestamptz(instant))
            }
            ["to_char", ty, value, pattern] => {
                let shown = match self.read(parse_type_name(ty)?, value)? {
                    Datum::Timestamp(value) => format::timestamp(value, pattern)?,
                    Datum::Timestamptz(value) => format::timestamptz(value, zone, pattern)?,
                    Datum::Interval(value) => format::interval(value, pattern)?,
                    Datum::Numeric(value) => format::numeric(value, pattern)?,
                    Datum::Int4(value) => format::int4(value, pattern)?,
                    Datum::Int8(value) => format::int8(value, pattern)?,
                    Datum::Float4(value) => format::float4(value, pattern)?,
                    Datum::Float8(value) => format::float8(value, pattern)?,
                    other => panic!("{other:?}"),
                };
                Ok(shown.unwrap_or_else(|| "NULL".to_owned()))
            }
            ["to_timestamp", text, pattern] => {
                let instant = format::to_timestamp(text, pattern, zone)?;
                self.show(TypeId::TIMESTAMPTZ, Datum::Timestamptz(instant))
            }
            ["to_date", text, pattern] => self.show(TypeId::DATE, Datum::Date(format::to_date(text, pattern)?)),
            ["to_number", text, pattern] => optional(format::to_number(text, pattern)?),
            ["type", name] => parse_type_name(name).map(|ty| ty.name()),
            ["info", name] => {
                let id = TypeId::by_internal_name(name).expect("a type");
                let info = TypeInfo::of(id).expect("its row");
                let truth = |value: bool| if value { "t" } else { "f" };
                let related = |id: Option<TypeId>| id.map_or(0, |id| id.0);
                Ok(format!(
                    "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
                    id.0,
                    info.length,
                    truth(info.by_value),
                    info.category,
                    truth(info.preferred),
                    info.kind,
                    info.delimiter,
                    info.alignment,
                    info.storage,
                    info.collation,
                    related(id.element()),
                    related(id.array()),
                    info.input(),
                    info.output(),
                    info.receive(),
                    info.send(),
                ))
            }
            ["format_type", oid, modifier] => Ok(format_type(TypeId(oid.parse().unwrap()), modifier.parse().ok())),
            _ => panic!("no such operation: {parts:?}"),
        }
    }
}

fn check(file: &str) {
    let path = Path::new("tests/golden").join(file);
    let text = std::fs::read_to_string(&path).expect("the golden file");
    let mut settings = settings();
    let mut wrong = String::new();
    let mut count = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let (question, expected) = line.split_once(" => ").unwrap_or((line, ""));
        let parts: Vec<String> = question.split(" | ").map(argument).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if let ["set", name, value] = parts[..] {
            set(&mut settings, name, value);
            continue;
        }
        count += 1;
        let expected = expected.split_once(" ## ").map_or(expected, |(_, ours)| ours);
        let asked = Asked { context: EvalContext { settings: &settings, host: &NoCatalog } };
        let answer = match asked.answer(&parts) {
            Ok(text) => text.replace('\n', "\\n"),
            Err(error) => {
                let detail = error.fields().detail.as_ref().map_or(String::new(), |detail| format!(" // {detail}"));
                format!("!{} {}{detail}", error.state().as_str(), error.fields().message)
            }
        };
        if answer != expected {
            writeln!(wrong, "{file}:{}: {question}\n  PostgreSQL: {expected}\n  Cairn:      {answer}", number + 1)
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 0, "{file} asks nothing");
}

/// An argument: blanks around it do not count unless it is in backquotes; `\p` is a bar, `\n` a line feed.
fn argument(text: &str) -> String {
    let text = text.trim();
    let text = text.replace("\\n", "\n").replace("\\p", "|");
    match text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(inner) => inner.to_owned(),
        None => text,
    }
}

macro_rules! golden {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(concat!(stringify!($name), ".txt"));
        }
    )* };
}

golden! {
    numeric
    datetime
    interval
    values
    binary
    format
    types
}

#[test]
fn infinity_is_no_ordinary_date() {
    assert!(datetime::is_infinite_date(i32::MAX) && !datetime::is_infinite_date(0));
}
