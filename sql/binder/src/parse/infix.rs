//! What may stand behind an operand.

use super::expr::level;
use super::{Parsed, Parser};
use crate::syntax::ast::{Between, Expr, ExprKind, Match, MatchKind, OperatorName, Quantified, QuantifiedRight};
use crate::syntax::token::{Pos, TokenKind};

impl Parser<'_> {
    /// The strength of the operator at this token, if one is there.
    pub(super) fn infix_level(&self, restricted: bool) -> Option<u8> {
        match self.kind() {
            TokenKind::Operator(symbol) => Some(symbol_level(symbol)),
            TokenKind::Word(word) => self.word_level(word, restricted),
            _ => None,
        }
    }

    fn word_level(&self, word: &str, restricted: bool) -> Option<u8> {
        let found = match word {
            "operator" if self.is_ahead(1, '(') => return Some(level::OPERATOR),
            "is" if restricted => return self.is_distinct_ahead().then_some(level::IS),
            "collate" => return Some(level::COLLATE),
            "at" if self.are_words(&["at", "time", "zone"]) => return Some(level::AT),
            "or" => level::OR,
            "and" => level::AND,
            "is" | "isnull" | "notnull" => level::IS,
            "between" | "in" | "like" | "ilike" => level::RANGE,
            "similar" if self.word_ahead(1) == Some("to") => level::RANGE,
            "not" if matches!(self.word_ahead(1), Some("between" | "in" | "like" | "ilike" | "similar")) => {
                level::RANGE
            }
            "overlaps" => level::RANGE,
            _ => return None,
        };
        (!restricted).then_some(found)
    }

    fn is_distinct_ahead(&self) -> bool {
        self.are_words(&["is", "distinct"]) || self.are_words(&["is", "not", "distinct"])
    }

    /// Applies the operator at this token to `left`.
    pub(super) fn infix(&mut self, left: Expr, found: u8) -> Parsed<Expr> {
        let pos = self.pos();
        match found {
            level::OR => self.chain(left, "or", level::AND, ExprKind::Or),
            level::AND => self.chain(left, "and", level::NOT, ExprKind::And),
            level::IS => self.is_test(left, pos),
            level::RANGE => self.range(left, pos),
            level::AT => {
                self.skip(3);
                let zone = self.expr_at(level::COLLATE, false)?;
                Ok(Expr { kind: ExprKind::AtTimeZone(Box::new(left), Box::new(zone)), pos })
            }
            level::COLLATE => {
                self.skip(1);
                let collation = self.any_name()?;
                Ok(Expr { kind: ExprKind::Collate(Box::new(left), collation), pos })
            }
            _ => self.binary(left, found),
        }
    }

    /// `a AND b AND c` as one node.
    fn chain(&mut self, left: Expr, word: &str, operand: u8, make: fn(Vec<Expr>) -> ExprKind) -> Parsed<Expr> {
        let pos = self.pos();
        let mut args = vec![left];
        while self.eat_word(word) {
            args.push(self.expr_at(operand, false)?);
        }
        Ok(Expr { kind: make(args), pos })
    }

    fn binary(&mut self, left: Expr, found: u8) -> Parsed<Expr> {
        let op = self.operator_name()?;
        let pos = op.pos;
        if let Some(quantified) = self.quantified(&left, &op)? {
            return Ok(quantified);
        }
        let right = self.expr_at(found + 1, false)?;
        Ok(Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), pos })
    }

    /// `op ANY|SOME|ALL ( array or query )`
    fn quantified(&mut self, left: &Expr, op: &OperatorName) -> Parsed<Option<Expr>> {
        let all = self.is_word("all");
        if !(all || self.is_word("any") || self.is_word("some")) || !self.is_ahead(1, '(') {
            return Ok(None);
        }
        self.skip(1);
        let right = match self.parenthesized_query()? {
            Some(query) => QuantifiedRight::Query(Box::new(query)),
            None => {
                self.expect('(')?;
                let array = self.expr()?;
                self.expect(')')?;
                QuantifiedRight::Array(array)
            }
        };
        let quantified = Quantified { op: op.clone(), left: left.clone(), right, all };
        Ok(Some(Expr { kind: ExprKind::Quantified(Box::new(quantified)), pos: op.pos }))
    }

    /// `IS \[NOT\] NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM`, ISNULL, NOTNULL
    fn is_test(&mut self, left: Expr, pos: Pos) -> Parsed<Expr> {
        let arg = Box::new(left);
        if self.eat_word("isnull") {
            return Ok(Expr { kind: ExprKind::IsNull { arg, negated: false }, pos });
        }
        if self.eat_word("notnull") {
            return Ok(Expr { kind: ExprKind::IsNull { arg, negated: true }, pos });
        }
        self.expect_word("is")?;
        let negated = self.eat_word("not");
        let token = self.token().clone();
        let kind = match self.word_ahead(0) {
            Some("null") => ExprKind::IsNull { arg, negated },
            Some("true") => ExprKind::IsBool { arg, value: Some(true), negated },
            Some("false") => ExprKind::IsBool { arg, value: Some(false), negated },
            Some("unknown") => ExprKind::IsBool { arg, value: None, negated },
            Some("distinct") => {
                self.skip(1);
                self.expect_word("from")?;
                let right = Box::new(self.expr_at(level::IS + 1, false)?);
                return Ok(Expr { kind: ExprKind::IsDistinct { left: arg, right, negated }, pos });
            }
            Some("document" | "normalized" | "nfc" | "nfd" | "nfkc" | "nfkd" | "json" | "of") => {
                return self.unsupported("this IS test", token.start);
            }
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        Ok(Expr { kind, pos })
    }

    /// `[NOT] BETWEEN | IN | LIKE | ILIKE | SIMILAR TO`
    fn range(&mut self, left: Expr, pos: Pos) -> Parsed<Expr> {
        let negated = self.eat_word("not");
        let word = self.advance();
        let TokenKind::Word(word) = word.kind else { return Err(self.unexpected()) };
        match &*word {
            "between" => self.between(left, negated, pos),
            "in" => self.in_test(left, negated, pos),
            "like" => self.matching(left, MatchKind::Like, negated, pos),
            "ilike" => self.matching(left, MatchKind::ILike, negated, pos),
            "similar" => {
                self.expect_word("to")?;
                self.matching(left, MatchKind::Similar, negated, pos)
            }
            _ => self.overlaps(left, pos),
        }
    }

    fn between(&mut self, arg: Expr, negated: bool, pos: Pos) -> Parsed<Expr> {
        let symmetric = self.eat_word("symmetric");
        if !symmetric {
            self.eat_word("asymmetric");
        }
        let low = self.restricted_expr()?;
        self.expect_word("and")?;
        let high = self.expr_at(level::RANGE + 1, false)?;
        let between = Between { arg, low, high, symmetric, negated };
        Ok(Expr { kind: ExprKind::Between(Box::new(between)), pos })
    }

    fn in_test(&mut self, arg: Expr, negated: bool, pos: Pos) -> Parsed<Expr> {
        let arg = Box::new(arg);
        if let Some(query) = self.parenthesized_query()? {
            return Ok(Expr { kind: ExprKind::InQuery { arg, query: Box::new(query), negated }, pos });
        }
        let list = self.parenthesized(Self::expr)?;
        Ok(Expr { kind: ExprKind::InList { arg, list, negated }, pos })
    }

    fn matching(&mut self, arg: Expr, kind: MatchKind, negated: bool, pos: Pos) -> Parsed<Expr> {
        if matches!(self.word_ahead(0), Some("any" | "all" | "some")) && self.is_ahead(1, '(') {
            let symbol = match (kind, negated) {
                (MatchKind::Like, false) => "~~",
                (MatchKind::Like, true) => "!~~",
                (MatchKind::ILike, false) => "~~*",
                (MatchKind::ILike, true) => "!~~*",
                (MatchKind::Similar, _) => return Err(self.unexpected()),
            };
            let op = OperatorName { schema: None, symbol: symbol.into(), pos };
            return self.quantified(&arg, &op)?.ok_or_else(|| self.unexpected());
        }
        let pattern = self.expr_at(level::RANGE + 1, false)?;
        let escape = if self.eat_word("escape") { Some(self.expr_at(level::RANGE + 1, false)?) } else { None };
        let matching = Match { kind, arg, pattern, escape, negated };
        Ok(Expr { kind: ExprKind::Match(Box::new(matching)), pos })
    }

    /// `(a, b) OVERLAPS (c, d)` is a function call.
    fn overlaps(&mut self, left: Expr, pos: Pos) -> Parsed<Expr> {
        let right = self.expr_at(level::RANGE + 1, false)?;
        let (ExprKind::Row { items: mut args, .. }, ExprKind::Row { items: more, .. }) = (left.kind, right.kind) else {
            return Err(self.unexpected());
        };
        for (items, side) in [(args.len(), "left"), (more.len(), "right")] {
            if items != 2 {
                let message = format!("wrong number of parameters on {side} side of OVERLAPS expression");
                return Err(
                    cairn_sql_types::SqlError::new(cairn_sql_types::SqlState::SYNTAX_ERROR, message).at(pos + 1)
                );
            }
        }
        args.extend(more);
        Ok(super::call::system_call("overlaps", args, pos))
    }
}

fn symbol_level(symbol: &str) -> u8 {
    match symbol {
        "<" | ">" | "=" | "<=" | ">=" | "<>" => level::COMPARE,
        "+" | "-" => level::ADD,
        "*" | "/" | "%" => level::MULTIPLY,
        "^" => level::POWER,
        _ => level::OPERATOR,
    }
}
