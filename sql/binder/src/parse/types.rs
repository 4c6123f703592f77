//! Type names: SQL's spellings become names of `pg_catalog`.

use super::{Parsed, Parser};
use crate::syntax::ast::{Expr, ExprKind, Name, ObjectName, TypeName};
use crate::syntax::token::{Pos, TokenKind};

/// Interval fields as PostgreSQL numbers them in a typmod's range mask.
mod field {
    pub(super) const MONTH: i32 = 1 << 1;
    pub(super) const YEAR: i32 = 1 << 2;
    pub(super) const DAY: i32 = 1 << 3;
    pub(super) const HOUR: i32 = 1 << 10;
    pub(super) const MINUTE: i32 = 1 << 11;
    pub(super) const SECOND: i32 = 1 << 12;
}

impl Parser<'_> {
    /// A type with array dimensions.
    pub(super) fn type_name(&mut self) -> Parsed<TypeName> {
        let setof = self.eat_word("setof");
        let mut ty = self.simple_type()?;
        ty.setof = setof;
        if ty.system && ty.name.last() == "interval" && ty.modifiers.is_empty() {
            self.interval_fields(&mut ty)?;
        }
        if self.eat_word("array") {
            ty.dimensions = 1;
            if self.eat('[') {
                self.signed_integer()?;
                self.expect(']')?;
            }
        }
        while self.is('[') && (self.is_ahead(1, ']') || self.is_ahead(2, ']')) {
            self.skip(1);
            if !self.is(']') {
                self.signed_integer()?;
            }
            self.expect(']')?;
            ty.dimensions += 1;
        }
        Ok(ty)
    }

    /// A type without array dimensions.
    pub(super) fn simple_type(&mut self) -> Parsed<TypeName> {
        let pos = self.pos();
        if let TokenKind::Word(word) = self.kind().clone()
            && !self.is_ahead(1, '.')
            && let Some(ty) = self.sql_type(&word, pos)?
        {
            return Ok(ty);
        }
        let first = self.function_or_type_name()?;
        let name = self.object_name_from(first)?;
        let modifiers = self.modifiers()?;
        Ok(TypeName { name, system: false, modifiers, interval_fields: None, dimensions: 0, setof: false, pos })
    }

    fn modifiers(&mut self) -> Parsed<Vec<Expr>> {
        if self.is('(') { self.parenthesized(Self::expr) } else { Ok(Vec::new()) }
    }

    /// The spellings that the SQL standard reserves.
    fn sql_type(&mut self, word: &str, pos: Pos) -> Parsed<Option<TypeName>> {
        let mut modifiers = Vec::new();
        let name = match word {
            "int" | "integer" => self.plain("int4"),
            "smallint" => self.plain("int2"),
            "bigint" => self.plain("int8"),
            "real" => self.plain("float4"),
            "boolean" => self.plain("bool"),
            "double" if self.word_ahead(1) == Some("precision") => {
                self.skip(2);
                "float8"
            }
            "float" => {
                self.skip(1);
                self.float_name()?
            }
            "decimal" | "dec" | "numeric" => {
                self.skip(1);
                modifiers = self.modifiers()?;
                "numeric"
            }
            "character" | "char" | "national" | "nchar" => {
                let (name, found) = self.character(word)?;
                modifiers = found;
                name
            }
            "varchar" => {
                self.skip(1);
                modifiers = self.modifiers()?;
                "varchar"
            }
            "bit" => {
                self.skip(1);
                let varying = self.eat_word("varying");
                modifiers = self.modifiers()?;
                if varying { "varbit" } else { "bit" }
            }
            "time" | "timestamp" => {
                self.skip(1);
                modifiers = self.modifiers()?;
                self.zoned(word)?
            }
            "interval" => {
                self.skip(1);
                modifiers = self.modifiers()?;
                "interval"
            }
            _ => return Ok(None),
        };
        let name = ObjectName { parts: vec![Name { text: name.into(), pos }] };
        Ok(Some(TypeName { name, system: true, modifiers, interval_fields: None, dimensions: 0, setof: false, pos }))
    }

    fn plain(&mut self, name: &'static str) -> &'static str {
        self.skip(1);
        name
    }

    /// `float(p)`: precision in binary digits.
    fn float_name(&mut self) -> Parsed<&'static str> {
        if !self.eat('(') {
            return Ok("float8");
        }
        let pos = self.pos();
        let digits = self.signed_integer()?;
        self.expect(')')?;
        let refuse = |message: &str| {
            let state = cairn_sql_types::SqlState::INVALID_PARAMETER_VALUE;
            Err(cairn_sql_types::SqlError::new(state, message).at(pos + 1))
        };
        match digits {
            i64::MIN..=0 => refuse("precision for type float must be at least 1 bit"),
            1..=24 => Ok("float4"),
            25..=53 => Ok("float8"),
            _ => refuse("precision for type float must be less than 54 bits"),
        }
    }

    /// CHARACTER [VARYING] (n); without a length `char` is `char(1)`.
    fn character(&mut self, word: &str) -> Parsed<(&'static str, Vec<Expr>)> {
        let pos = self.pos();
        self.skip(1);
        if word == "national" && !(self.eat_word("character") || self.eat_word("char")) {
            return Err(self.unexpected());
        }
        let varying = self.eat_word("varying");
        let modifiers = self.modifiers()?;
        if varying {
            return Ok(("varchar", modifiers));
        }
        let one = Expr { kind: ExprKind::Integer("1".into()), pos };
        Ok(("bpchar", if modifiers.is_empty() { vec![one] } else { modifiers }))
    }

    /// WITH[OUT] TIME ZONE
    fn zoned(&mut self, word: &str) -> Parsed<&'static str> {
        let with = self.eat_words(&["with", "time", "zone"]);
        if !with {
            self.eat_words(&["without", "time", "zone"]);
        }
        Ok(match (word, with) {
            ("time", false) => "time",
            ("time", true) => "timetz",
            (_, false) => "timestamp",
            _ => "timestamptz",
        })
    }

    /// `YEAR TO MONTH` and the like behind `interval`.
    pub(super) fn interval_fields(&mut self, ty: &mut TypeName) -> Parsed<()> {
        use field::{DAY, HOUR, MINUTE, MONTH, SECOND, YEAR};
        let order =
            [("year", YEAR), ("month", MONTH), ("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND)];
        let position = |word: Option<&str>| order.iter().position(|(name, _)| Some(*name) == word);
        let Some(from) = position(self.word_ahead(0)) else { return Ok(()) };
        self.skip(1);
        let mut to = from;
        if self.is_word("to") {
            self.skip(1);
            to = position(self.word_ahead(0)).filter(|to| *to > from).ok_or_else(|| self.unexpected())?;
            if from == 0 && to != 1 || from == 1 {
                return Err(self.unexpected());
            }
            self.skip(1);
        }
        ty.interval_fields = Some(order[from..=to].iter().map(|(_, bit)| bit).sum());
        if to == 5 && self.is('(') {
            ty.modifiers = self.modifiers()?;
        }
        Ok(())
    }
}
