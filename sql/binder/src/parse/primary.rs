//! Constants, columns, parentheses, CASE and the other expressions that begin with a word of their own.

use super::{Parsed, Parser};
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::keyword::{Class, class};
use crate::syntax::token::{Pos, TokenKind};

/// Words that are values by themselves.
const VALUE_WORDS: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "current_user",
    "current_role",
    "session_user",
    "user",
    "current_catalog",
    "current_schema",
];

impl Parser<'_> {
    /// `c_expr`
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let token = self.token().clone();
        let pos = token.start;
        let kind = match token.kind {
            TokenKind::Integer(text) => ExprKind::Integer(text),
            TokenKind::Decimal(text) => ExprKind::Decimal(text),
            TokenKind::Text(text) => ExprKind::Text(text),
            TokenKind::Bits(_) | TokenKind::Hex(_) => ExprKind::Bits,
            TokenKind::Param(number) => ExprKind::Param(number),
            TokenKind::Punct('(') => return self.parenthesis(),
            TokenKind::Operator(symbol) if &*symbol == "*" => ExprKind::Star(Vec::new()),
            TokenKind::Word(word) => return self.word_primary(&word, pos),
            TokenKind::Quoted(_) => return self.column_or_call(),
            _ => return Err(self.unexpected()),
        };
        if matches!(kind, ExprKind::Star(_)) {
            return Err(self.unexpected());
        }
        self.skip(1);
        Ok(Expr { kind, pos })
    }

    fn word_primary(&mut self, word: &str, pos: Pos) -> Parsed<Expr> {
        let kind = match word {
            "null" => self.take(ExprKind::Null),
            "true" => self.take(ExprKind::Bool(true)),
            "false" => self.take(ExprKind::Bool(false)),
            "default" => self.take(ExprKind::Default),
            "case" => self.case()?,
            "cast" => return self.cast(),
            "exists" if self.is_ahead(1, '(') => {
                self.skip(1);
                let query = self.parenthesized_query()?.ok_or_else(|| self.unexpected())?;
                ExprKind::Exists(Box::new(query))
            }
            "array" => {
                self.skip(1);
                self.array()?
            }
            "row" if self.is_ahead(1, '(') => {
                self.skip(1);
                ExprKind::Row { items: self.row_items()?, explicit: true }
            }
            "coalesce" if self.is_ahead(1, '(') => {
                self.skip(1);
                ExprKind::Coalesce(self.parenthesized(Self::expr)?)
            }
            "greatest" | "least" if self.is_ahead(1, '(') => {
                self.skip(1);
                ExprKind::Extreme { greatest: word == "greatest", args: self.parenthesized(Self::expr)? }
            }
            "nullif" if self.is_ahead(1, '(') => {
                self.skip(2);
                let left = Box::new(self.expr()?);
                self.expect(',')?;
                let right = Box::new(self.expr()?);
                self.expect(')')?;
                ExprKind::NullIf(left, right)
            }
            "grouping" if self.is_ahead(1, '(') => {
                self.skip(1);
                ExprKind::Grouping(self.parenthesized(Self::expr)?)
            }
            "extract" | "position" | "substring" | "overlay" | "trim" if self.is_ahead(1, '(') => {
                return self.special_call(word, pos);
            }
            "normalize" | "treat" | "xmlconcat" | "xmlelement" | "xmlexists" | "xmlforest" | "xmlparse" | "xmlpi"
            | "xmlroot" | "xmlserialize"
                if self.is_ahead(1, '(') =>
            {
                return self.unsupported(&word.to_uppercase(), pos);
            }
            _ if VALUE_WORDS.contains(&word) && !(word == "current_schema" && self.is_ahead(1, '(')) => {
                self.value_word(word)?
            }
            _ if self.begins_typed_literal(word) => return self.typed_literal(),
            _ => return self.column_or_call(),
        };
        Ok(Expr { kind, pos })
    }

    fn take(&mut self, kind: ExprKind) -> ExprKind {
        self.skip(1);
        kind
    }

    /// `current_timestamp(3)`
    fn value_word(&mut self, word: &str) -> Parsed<ExprKind> {
        let keyword = VALUE_WORDS.iter().find(|known| **known == word).copied().unwrap_or("current_date");
        self.skip(1);
        let timed = matches!(keyword, "current_time" | "current_timestamp" | "localtime" | "localtimestamp");
        let mut precision = None;
        if timed && self.eat('(') {
            precision = Some(self.signed_integer()?.clamp(0, 6) as i32);
            self.expect(')')?;
        }
        Ok(ExprKind::Keyword(keyword, precision))
    }

    /// `CASE [operand] WHEN .. THEN .. [ELSE ..] END`
    fn case(&mut self) -> Parsed<ExprKind> {
        self.skip(1);
        let operand = if self.is_word("when") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        self.expect_word("when")?;
        loop {
            let condition = self.expr()?;
            self.expect_word("then")?;
            branches.push((condition, self.expr()?));
            if !self.eat_word("when") {
                break;
            }
        }
        let otherwise = if self.eat_word("else") { Some(Box::new(self.expr()?)) } else { None };
        self.expect_word("end")?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    fn cast(&mut self) -> Parsed<Expr> {
        let pos = self.pos();
        self.skip(1);
        self.expect('(')?;
        let arg = self.expr()?;
        self.expect_word("as")?;
        let ty = self.type_name()?;
        self.expect(')')?;
        Ok(Expr { kind: ExprKind::Cast(Box::new(arg), Box::new(ty)), pos })
    }

    /// `ARRAY[...]`, `ARRAY[[...],[...]]`, `ARRAY(SELECT ...)`
    fn array(&mut self) -> Parsed<ExprKind> {
        if self.is('(') {
            let query = self.parenthesized_query()?.ok_or_else(|| self.unexpected())?;
            return Ok(ExprKind::ArrayQuery(Box::new(query)));
        }
        self.array_elements()
    }

    fn array_elements(&mut self) -> Parsed<ExprKind> {
        self.check_stack()?;
        self.expect('[')?;
        let mut elements = Vec::new();
        if !self.is(']') {
            elements = self.list(|parser| match parser.is('[') {
                true => {
                    let pos = parser.pos();
                    Ok(Expr { kind: parser.array_elements()?, pos })
                }
                false => parser.expr(),
            })?;
        }
        self.expect(']')?;
        Ok(ExprKind::Array(elements))
    }

    /// `(expr)`, `(a, b)`, `(SELECT ...)`
    fn parenthesis(&mut self) -> Parsed<Expr> {
        let pos = self.pos();
        if let Some(query) = self.parenthesized_query()? {
            return Ok(Expr { kind: ExprKind::Scalar(Box::new(query)), pos });
        }
        let mut items = self.row_items()?;
        match (items.len(), items.pop()) {
            (1, Some(only)) => Ok(only),
            (_, Some(last)) => {
                items.push(last);
                Ok(Expr { kind: ExprKind::Row { items, explicit: false }, pos })
            }
            (_, None) => Err(self.unexpected_at(&self.tokens[self.at - 1].clone())),
        }
    }

    /// `( a, t.*, ... )`, possibly empty.
    fn row_items(&mut self) -> Parsed<Vec<Expr>> {
        self.expect('(')?;
        if self.eat(')') {
            return Ok(Vec::new());
        }
        let items = self.list(Self::expr)?;
        self.expect(')')?;
        Ok(items)
    }

    /// A column, a whole row `t.*`, or a function call.
    fn column_or_call(&mut self) -> Parsed<Expr> {
        let pos = self.pos();
        if let Some(call) = self.call()? {
            return Ok(call);
        }
        let mut parts = vec![self.name()?];
        while self.is('.') {
            self.skip(1);
            if self.eat_operator("*") {
                return Ok(Expr { kind: ExprKind::Star(parts), pos });
            }
            parts.push(self.label()?);
        }
        Ok(Expr { kind: ExprKind::Column(parts), pos })
    }

    /// Does `type 'text'` begin here?
    fn begins_typed_literal(&self, word: &str) -> bool {
        let next = &self.ahead(1).kind;
        match word {
            "interval" | "timestamp" | "time" | "double" | "character" | "char" | "varchar" | "national" | "nchar"
            | "numeric" | "decimal" | "dec" | "float" | "bit" | "int" | "integer" | "smallint" | "bigint" | "real"
            | "boolean" => {
                matches!(next, TokenKind::Text(_) | TokenKind::Punct('(') | TokenKind::Word(_)) && self.type_then_text()
            }
            _ => matches!(next, TokenKind::Text(_)) && matches!(class(word), Class::Unreserved | Class::TypeFunction),
        }
    }

    /// Looks ahead past a type's words and modifiers for a string constant.
    fn type_then_text(&self) -> bool {
        let mut count = 1;
        let mut depth = 0_usize;
        loop {
            match &self.ahead(count).kind {
                TokenKind::Text(_) if depth == 0 => return true,
                TokenKind::Punct('(') => depth += 1,
                TokenKind::Punct(')') if depth == 1 => depth = 0,
                TokenKind::Integer(_) | TokenKind::Punct(',') if depth > 0 => {}
                TokenKind::Word(word)
                    if depth == 0
                        && matches!(
                            &**word,
                            "precision" | "varying" | "with" | "without" | "time" | "zone" | "character" | "char"
                        ) => {}
                _ => return false,
            }
            count += 1;
        }
    }

    /// `date '2020-01-01'`, `interval '1' day`
    fn typed_literal(&mut self) -> Parsed<Expr> {
        let (pos, first) = (self.pos(), self.at);
        let mut ty = self.simple_type()?;
        let written = self.tokens[first..self.at].iter().any(|token| token.kind == TokenKind::Punct('('));
        if ty.name.last() == "bpchar" && !written {
            // Unlike the type `char`, which means `char(1)`, a constant keeps its length.
            ty.modifiers.clear();
        }
        let text_pos = self.pos();
        let text = self.text_constant()?;
        if ty.system && ty.name.last() == "interval" {
            self.interval_fields(&mut ty)?;
        }
        let text = Expr { kind: ExprKind::Text(text), pos: text_pos };
        Ok(Expr { kind: ExprKind::Cast(Box::new(text), Box::new(ty)), pos })
    }
}
