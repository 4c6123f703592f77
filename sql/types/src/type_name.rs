//! Names of types: `format_type` writes them as SQL does, `parse_type_name` reads every spelling.

use crate::error::{SqlError, SqlState};
use crate::numeric::{NumericLimit, numeric_modifier};
use crate::ty::{NAMED, Type, TypeId};

/// Longest `varchar(n)` and `char(n)`.
const LENGTH_MAX: i32 = 10 * 1024 * 1024;
/// Most fraction digits of a second.
const SECOND_DIGITS_MAX: i32 = 6;

/// Bits of an interval's `fields`, in the upper half of its modifier.
pub mod interval_fields {
    /// MONTH
    pub const MONTH: i32 = 1 << 1;
    /// YEAR
    pub const YEAR: i32 = 1 << 2;
    /// DAY
    pub const DAY: i32 = 1 << 3;
    /// HOUR
    pub const HOUR: i32 = 1 << 10;
    /// MINUTE
    pub const MINUTE: i32 = 1 << 11;
    /// SECOND
    pub const SECOND: i32 = 1 << 12;
    /// All fields: no restriction.
    pub const ALL: i32 = 0x7FFF;
    /// In the lower half: no precision given.
    pub const ANY_PRECISION: i32 = 0xFFFF;

    /// The allowed combinations by name.
    pub(super) const NAMES: &[(i32, &str)] = &[
        (YEAR, "year"),
        (MONTH, "month"),
        (DAY, "day"),
        (HOUR, "hour"),
        (MINUTE, "minute"),
        (SECOND, "second"),
        (YEAR | MONTH, "year to month"),
        (DAY | HOUR, "day to hour"),
        (DAY | HOUR | MINUTE, "day to minute"),
        (DAY | HOUR | MINUTE | SECOND, "day to second"),
        (HOUR | MINUTE, "hour to minute"),
        (HOUR | MINUTE | SECOND, "hour to second"),
        (MINUTE | SECOND, "minute to second"),
    ];
}

use interval_fields::{ALL, ANY_PRECISION};

/// `format_type(oid, typmod)`: the type as SQL writes it. `???` for an unknown OID, `-` for 0. A `modifier` of `None` is
/// the NULL of `format_type(oid, NULL)`: differs from -1 only for bare `char`.
pub fn format_type(id: TypeId, modifier: Option<i32>) -> String {
    if id.0 == 0 {
        return "-".to_owned();
    }
    if let Some(element) = id.element().filter(|_| id != TypeId::INT2VECTOR && id != TypeId::OIDVECTOR) {
        return format!("{}[]", format_type(element, modifier));
    }
    let given = modifier.filter(|modifier| *modifier >= 0);
    match id {
        TypeId::BPCHAR => match (given, modifier) {
            (Some(length @ 5..), _) => format!("character({})", length - 4),
            (Some(_), _) | (None, None) => "character".to_owned(),
            (None, Some(_)) => "bpchar".to_owned(),
        },
        TypeId::VARCHAR => match given {
            Some(length @ 5..) => format!("character varying({})", length - 4),
            _ => "character varying".to_owned(),
        },
        TypeId::NUMERIC => match given.and_then(NumericLimit::of) {
            Some(limit) => format!("numeric({},{})", limit.precision, limit.scale),
            None => "numeric".to_owned(),
        },
        TypeId::TIME => with_precision("time", given, " without time zone"),
        TypeId::TIMESTAMP => with_precision("timestamp", given, " without time zone"),
        TypeId::TIMESTAMPTZ => with_precision("timestamp", given, " with time zone"),
        TypeId::INTERVAL => format_interval(given),
        TypeId::BOOL => "boolean".to_owned(),
        TypeId::INT2 => "smallint".to_owned(),
        TypeId::INT4 => "integer".to_owned(),
        TypeId::INT8 => "bigint".to_owned(),
        TypeId::FLOAT4 => "real".to_owned(),
        TypeId::FLOAT8 => "double precision".to_owned(),
        TypeId::CHAR => "\"char\"".to_owned(),
        TypeId::ANY => "\"any\"".to_owned(),
        _ => id.internal_name().unwrap_or_else(|| "???".to_owned()),
    }
}

fn with_precision(name: &str, precision: Option<i32>, zone: &str) -> String {
    match precision {
        Some(digits) => format!("{name}({digits}){zone}"),
        None => format!("{name}{zone}"),
    }
}

fn format_interval(modifier: Option<i32>) -> String {
    let mut text = "interval".to_owned();
    let Some(modifier) = modifier else { return text };
    if let Some((_, name)) = interval_fields::NAMES.iter().find(|(fields, _)| *fields == (modifier >> 16) & ALL) {
        text.push(' ');
        text.push_str(name);
    }
    let precision = modifier & ANY_PRECISION;
    if precision != ANY_PRECISION {
        text.push_str(&format!("({precision})"));
    }
    text
}

impl Type {
    /// The type as SQL writes it, with its modifier.
    pub fn name(self) -> String {
        format_type(self.id, Some(self.modifier))
    }
}

impl TypeId {
    /// The type as SQL writes it: `integer`, `timestamp with time zone`. For error messages.
    pub fn sql_name(self) -> String {
        match self {
            TypeId::BPCHAR => "character".to_owned(),
            _ if self.element() == Some(TypeId::BPCHAR) => "character[]".to_owned(),
            _ => format_type(self, Some(-1)),
        }
    }

    /// The type called by this internal name (`int4`, `_text`, `bpchar`), in lower case.
    pub fn by_internal_name(name: &str) -> Option<TypeId> {
        NAMED.iter().find_map(|&(id, array, own)| match name.strip_prefix('_') {
            Some(element) if element == own && array.0 != 0 => Some(array),
            None if name == own => Some(id),
            _ => None,
        })
    }
}

/// The modifier for the numbers in parentheses after a type's name. 22023 out of bounds, 42601 where the type takes none.
pub fn type_modifier(id: TypeId, numbers: &[i32]) -> Result<i32, SqlError> {
    match (id, numbers) {
        (_, []) => Ok(-1),
        (TypeId::VARCHAR, [length]) => length_modifier("varchar", *length),
        (TypeId::BPCHAR, [length]) => length_modifier("char", *length),
        (TypeId::NUMERIC, [precision]) => numeric_modifier(*precision, 0),
        (TypeId::NUMERIC, [precision, scale]) => numeric_modifier(*precision, *scale),
        (TypeId::TIME | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ, [digits]) => second_digits(id, *digits),
        (TypeId::INTERVAL, [digits]) => Ok((ALL << 16) | second_digits(id, *digits)?),
        (TypeId::VARCHAR | TypeId::BPCHAR | TypeId::TIME | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ, _) => {
            Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "invalid type modifier"))
        }
        (TypeId::NUMERIC, _) => Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "invalid NUMERIC type modifier")),
        (TypeId::INTERVAL, _) => {
            Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "invalid INTERVAL type modifier"))
        }
        _ => {
            let message =
                format!("type modifier is not allowed for type \"{}\"", id.internal_name().unwrap_or_default());
            Err(SqlError::new(SqlState::SYNTAX_ERROR, message))
        }
    }
}

fn length_modifier(name: &str, length: i32) -> Result<i32, SqlError> {
    let message = match length {
        ..1 => format!("length for type {name} must be at least 1"),
        1..=LENGTH_MAX => return Ok(length + 4),
        _ => format!("length for type {name} cannot exceed {LENGTH_MAX}"),
    };
    Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message))
}

/// More than six digits are reduced to six, as PostgreSQL does (with a warning there).
fn second_digits(id: TypeId, digits: i32) -> Result<i32, SqlError> {
    if digits >= 0 {
        return Ok(digits.min(SECOND_DIGITS_MAX));
    }
    let (name, zone) = match id {
        TypeId::TIME => ("TIME", ""),
        TypeId::TIMESTAMP => ("TIMESTAMP", ""),
        TypeId::TIMESTAMPTZ => ("TIMESTAMP", " WITH TIME ZONE"),
        _ => ("INTERVAL", ""),
    };
    let message = format!("{name}({digits}){zone} precision must not be negative");
    Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message))
}

/// Reads a type's name as written in SQL: `int`, `double precision`, `varchar(20)`, `timestamp(3) with time zone`,
/// `pg_catalog.int4`, `"char"`, `_int4`, `int[]`, `interval day to second`. 42704 for an unknown one.
pub fn parse_type_name(text: &str) -> Result<Type, SqlError> {
    let mut words = Words { rest: text.trim() };
    let parsed = words.type_name()?.filter(|_| words.rest.is_empty());
    parsed.ok_or_else(|| {
        SqlError::new(SqlState::UNDEFINED_OBJECT, format!("type \"{}\" does not exist", text.trim().replace('"', "")))
    })
}

/// What remains of a type's name.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn type_name(&mut self) -> Result<Option<Type>, SqlError> {
        let quoted = self.rest.starts_with('"');
        let Some(mut word) = self.word() else { return Ok(None) };
        let mut qualified = false;
        if word.eq_ignore_ascii_case("pg_catalog") && self.eat(".") {
            qualified = true;
            word = match self.word() {
                Some(word) => word,
                None => return Ok(None),
            };
        }
        let word = if quoted { word.to_owned() } else { word.to_ascii_lowercase() };
        let base = match quoted || qualified {
            true => self.plain(&word)?,
            false => self.keyword(&word)?,
        };
        let Some(base) = base else { return Ok(None) };
        Ok(self.array_suffix(base))
    }

    fn plain(&mut self, name: &str) -> Result<Option<Type>, SqlError> {
        let Some(id) = TypeId::by_internal_name(name) else { return Ok(None) };
        self.with_modifier(id).map(Some)
    }

    fn with_modifier(&mut self, id: TypeId) -> Result<Type, SqlError> {
        let numbers = self.numbers()?;
        Ok(Type { id, modifier: type_modifier(id, &numbers)? })
    }

    fn keyword(&mut self, word: &str) -> Result<Option<Type>, SqlError> {
        let id = match word {
            "int" | "integer" => TypeId::INT4,
            "smallint" => TypeId::INT2,
            "bigint" => TypeId::INT8,
            "boolean" => TypeId::BOOL,
            "real" => TypeId::FLOAT4,
            "dec" | "decimal" => TypeId::NUMERIC,
            "float" => return self.float().map(Some),
            "double" if self.keyword_is("precision") => TypeId::FLOAT8,
            "national" if self.keyword_is("character") || self.keyword_is("char") => return self.character().map(Some),
            "character" | "char" | "nchar" => return self.character().map(Some),
            "time" => return self.with_zone(TypeId::TIME, None),
            "timestamp" => return self.with_zone(TypeId::TIMESTAMP, Some(TypeId::TIMESTAMPTZ)),
            "interval" => return self.interval().map(Some),
            _ => return self.plain(word),
        };
        self.with_modifier(id).map(Some)
    }

    /// `float(n)` counts binary digits.
    fn float(&mut self) -> Result<Type, SqlError> {
        let refuse = |message| Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
        match self.numbers()?[..] {
            [] => Ok(TypeId::FLOAT8.into()),
            [..1, ..] => refuse("precision for type float must be at least 1 bit"),
            [1..=24] => Ok(TypeId::FLOAT4.into()),
            [25..=53] => Ok(TypeId::FLOAT8.into()),
            _ => refuse("precision for type float must be less than 54 bits"),
        }
    }

    /// `char` alone is `char(1)`.
    fn character(&mut self) -> Result<Type, SqlError> {
        if self.keyword_is("varying") {
            return self.with_modifier(TypeId::VARCHAR);
        }
        let ty = self.with_modifier(TypeId::BPCHAR)?;
        Ok(Type { modifier: if ty.modifier == -1 { 1 + 4 } else { ty.modifier }, ..ty })
    }

    fn with_zone(&mut self, without: TypeId, with: Option<TypeId>) -> Result<Option<Type>, SqlError> {
        let numbers = self.numbers()?;
        let id = match (self.keyword_is("with"), self.rest) {
            (true, _) => with.filter(|_| self.time_zone()),
            (false, _) if self.keyword_is("without") => Some(without).filter(|_| self.time_zone()),
            _ => Some(without),
        };
        let Some(id) = id else { return Ok(None) };
        Ok(Some(Type { id, modifier: type_modifier(id, &numbers)? }))
    }

    fn time_zone(&mut self) -> bool {
        self.keyword_is("time") && self.keyword_is("zone")
    }

    fn interval(&mut self) -> Result<Type, SqlError> {
        // Longest names first, so that `day to second` is not taken for `day`.
        let lower = self.rest.to_ascii_lowercase();
        let found = interval_fields::NAMES
            .iter()
            .filter(|(_, name)| lower.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
            .max_by_key(|(_, name)| name.len());
        let mut fields = ALL;
        if let Some((bits, name)) = found {
            fields = *bits;
            self.rest = self.rest[name.len()..].trim_start();
        }
        let precision = match self.numbers()?[..] {
            [] if fields == ALL => return Ok(TypeId::INTERVAL.into()),
            [] => ANY_PRECISION,
            [digits, ..] => second_digits(TypeId::INTERVAL, digits)?,
        };
        Ok(Type { id: TypeId::INTERVAL, modifier: (fields << 16) | precision })
    }

    fn array_suffix(&mut self, base: Type) -> Option<Type> {
        let mut is_array = self.keyword_is("array");
        while self.eat("[") {
            let digits = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
            self.rest = digits.trim_start();
            if !self.eat("]") {
                return None;
            }
            is_array = true;
        }
        if !is_array {
            return Some(base);
        }
        base.id.array().map(|id| Type { id, modifier: base.modifier })
    }

    /// `(n)`, `(n, m)` or nothing.
    fn numbers(&mut self) -> Result<Vec<i32>, SqlError> {
        if !self.eat("(") {
            return Ok(Vec::new());
        }
        let invalid = || SqlError::new(SqlState::SYNTAX_ERROR, "invalid type modifier");
        let (inside, rest) = self.rest.split_once(')').ok_or_else(invalid)?;
        self.rest = rest.trim_start();
        inside.split(',').map(|number| number.trim().parse().map_err(|_| invalid())).collect()
    }

    /// An identifier, quoted or not.
    fn word(&mut self) -> Option<&'a str> {
        let (word, rest) = match self.rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
                self.rest.split_at(end.unwrap_or(self.rest.len()))
            }
        };
        self.rest = rest.trim_start();
        (!word.is_empty()).then_some(word)
    }

    fn keyword_is(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let found = self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword)) && !before.starts_with('"');
        if !found {
            self.rest = before;
        }
        found
    }

    fn eat(&mut self, symbol: &str) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}
