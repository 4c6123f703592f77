//! Expressions: precedence climbing by PostgreSQL's table.
//!
//! ```text
//! OR < AND < NOT < IS < comparison < BETWEEN IN LIKE < other operators < + - < * / % < ^ < AT TIME ZONE < COLLATE < unary +- < [] ::
//! ```

use super::{Parsed, Parser};
use crate::syntax::ast::{Expr, ExprKind, OperatorName, Subscript};
use crate::syntax::token::{Pos, TokenKind};

/// Binding strengths, weakest first.
pub(super) mod level {
    pub(crate) const OR: u8 = 1;
    pub(crate) const AND: u8 = 2;
    pub(crate) const NOT: u8 = 3;
    pub(crate) const IS: u8 = 4;
    pub(crate) const COMPARE: u8 = 5;
    pub(crate) const RANGE: u8 = 6;
    pub(crate) const OPERATOR: u8 = 7;
    pub(crate) const ADD: u8 = 8;
    pub(crate) const MULTIPLY: u8 = 9;
    pub(crate) const POWER: u8 = 10;
    pub(crate) const AT: u8 = 11;
    pub(crate) const COLLATE: u8 = 12;
    pub(crate) const SIGN: u8 = 13;
}

impl Parser<'_> {
    /// `a_expr`
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.expr_at(level::OR, false)
    }

    /// `b_expr`: without AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL at the top.
    pub(super) fn restricted_expr(&mut self) -> Parsed<Expr> {
        self.expr_at(level::OR, true)
    }

    /// An expression whose operators bind at least as strongly as `min`.
    pub(super) fn expr_at(&mut self, min: u8, restricted: bool) -> Parsed<Expr> {
        self.check_stack()?;
        let outer = std::mem::take(&mut self.height);
        let mut left = self.prefix(restricted)?;
        // Non-associative operators lower the ceiling: `a = b = c` is a syntax error.
        let mut ceiling = u8::MAX;
        while let Some(found) = self.infix_level(restricted)
            && found >= min
            && found < ceiling
        {
            left = self.infix(left, found)?;
            self.grow()?;
            if matches!(found, level::IS | level::COMPARE | level::RANGE) {
                ceiling = found;
            }
        }
        self.grow()?;
        self.height = self.height.max(outer);
        Ok(left)
    }

    /// NOT, signs, prefix operators; then a primary with its postfixes.
    fn prefix(&mut self, restricted: bool) -> Parsed<Expr> {
        let pos = self.pos();
        if !restricted && self.is_word("not") {
            self.skip(1);
            let arg = self.expr_at(level::NOT, false)?;
            return Ok(Expr { kind: ExprKind::Not(Box::new(arg)), pos });
        }
        let Some(op) = self.prefix_operator()? else {
            let subscriptable = matches!(self.kind(), TokenKind::Punct('(') | TokenKind::Param(_));
            let primary = self.primary()?;
            let subscriptable = subscriptable || matches!(primary.kind, ExprKind::Column(_));
            return self.postfix(primary, subscriptable);
        };
        let sign = op.schema.is_none() && matches!(&*op.symbol, "+" | "-");
        let arg = self.expr_at(if sign { level::SIGN } else { level::ADD }, restricted)?;
        Ok(match (&*op.symbol, arg.kind) {
            ("-", ExprKind::Integer(digits)) if sign => Expr { kind: ExprKind::Integer(negated(&digits)), pos },
            ("-", ExprKind::Decimal(digits)) if sign => Expr { kind: ExprKind::Decimal(negated(&digits)), pos },
            (_, kind) => Expr { kind: ExprKind::Prefix(op, Box::new(Expr { kind, pos: arg.pos })), pos },
        })
    }

    fn prefix_operator(&mut self) -> Parsed<Option<OperatorName>> {
        match self.kind() {
            TokenKind::Operator(symbol)
                if !matches!(&**symbol, "<" | ">" | "=" | "<=" | ">=" | "<>" | "*" | "/" | "%" | "^") =>
            {
                Ok(Some(self.operator_name()?))
            }
            TokenKind::Word(word) if &**word == "operator" && self.is_ahead(1, '(') => Ok(Some(self.operator_name()?)),
            _ => Ok(None),
        }
    }

    /// `+` or `OPERATOR(schema.+)`
    pub(super) fn operator_name(&mut self) -> Parsed<OperatorName> {
        let pos = self.pos();
        let mut schema = None;
        let wrapped = self.eat_word("operator");
        if wrapped {
            self.expect('(')?;
            while !matches!(self.kind(), TokenKind::Operator(_)) {
                schema = Some(self.label()?);
                self.expect('.')?;
            }
        }
        let TokenKind::Operator(symbol) = self.kind().clone() else { return Err(self.unexpected()) };
        self.skip(1);
        if wrapped {
            self.expect(')')?;
        }
        Ok(OperatorName { schema, symbol, pos })
    }

    /// `::type`, `[subscript]`, `.field` behind a primary. Only columns, parameters and what stands in parentheses take
    /// subscripts.
    pub(super) fn postfix(&mut self, mut expr: Expr, mut subscriptable: bool) -> Parsed<Expr> {
        loop {
            let pos = self.pos();
            match self.kind() {
                TokenKind::DoubleColon => {
                    self.skip(1);
                    let ty = self.type_name()?;
                    expr = Expr { kind: ExprKind::Cast(Box::new(expr), Box::new(ty)), pos };
                    subscriptable = false;
                }
                TokenKind::Punct('[') if subscriptable => {
                    let subscripts = self.subscripts()?;
                    let at = expr.pos;
                    expr = Expr { kind: ExprKind::Subscript(Box::new(expr), subscripts), pos: at };
                }
                TokenKind::Punct('.')
                    if matches!(
                        expr.kind,
                        ExprKind::Row { .. } | ExprKind::Field(..) | ExprKind::Scalar(_) | ExprKind::Subscript(..)
                    ) || self.closes_paren() =>
                {
                    expr = self.field(expr, pos)?;
                }
                _ => return Ok(expr),
            }
            self.grow()?;
        }
    }

    /// Does the token before this one close a parenthesis? (`(t).field`)
    fn closes_paren(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].kind == TokenKind::Punct(')')
    }

    fn field(&mut self, expr: Expr, pos: Pos) -> Parsed<Expr> {
        self.expect('.')?;
        let name = if self.eat_operator("*") { None } else { Some(self.label()?) };
        Ok(Expr { kind: ExprKind::Field(Box::new(expr), name), pos })
    }

    /// `[i]`, `[a:b]`, repeated.
    fn subscripts(&mut self) -> Parsed<Vec<Subscript>> {
        let mut subscripts = Vec::new();
        while self.eat('[') {
            let low = if self.is(':') { None } else { Some(self.expr()?) };
            if self.eat(':') {
                let high = if self.is(']') { None } else { Some(self.expr()?) };
                subscripts.push(Subscript::Slice(low, high));
            } else {
                subscripts.push(Subscript::Index(low.ok_or_else(|| self.unexpected())?));
            }
            self.expect(']')?;
        }
        Ok(subscripts)
    }
}

fn negated(digits: &str) -> Box<str> {
    match digits.strip_prefix('-') {
        Some(positive) => positive.into(),
        None => format!("-{digits}").into(),
    }
}
