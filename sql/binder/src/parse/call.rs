//! Function calls: the plain syntax with DISTINCT, ORDER BY, FILTER and OVER, and SQL's special ones
//! (`EXTRACT(field FROM x)`, `TRIM(BOTH FROM x)`, ...), which become plain calls.

use super::expr::level;
use super::{Parsed, Parser};
use crate::syntax::ast::{
    Argument, Call, Expr, ExprKind, Frame, FrameBound, FrameUnits, Name, ObjectName, Over, SortBy, WindowSpec,
};
use crate::syntax::token::{Pos, TokenKind};

/// A call of a function in `pg_catalog` that the grammar made.
pub(super) fn system_call(name: &str, args: Vec<Expr>, pos: Pos) -> Expr {
    let part = |text: &str| Name { text: text.into(), pos };
    let call = Call {
        name: ObjectName { parts: vec![part("pg_catalog"), part(name)] },
        args: args.into_iter().map(|value| Argument { name: None, value }).collect(),
        star: false,
        distinct: false,
        variadic: false,
        order_by: Vec::new(),
        within_group: false,
        filter: None,
        over: None,
    };
    Expr { kind: ExprKind::Call(Box::new(call)), pos }
}

impl Parser<'_> {
    /// `name(...)` with all its trimmings; `None` when no call begins here.
    pub(super) fn call(&mut self) -> Parsed<Option<Expr>> {
        let mut count = 1;
        while self.is_ahead(count, '.')
            && matches!(self.ahead(count + 1).kind, TokenKind::Word(_) | TokenKind::Quoted(_))
        {
            count += 2;
        }
        if !self.is_ahead(count, '(') {
            return Ok(None);
        }
        let pos = self.pos();
        let name = match count {
            1 if self.is_word("char")
                || self.is_word("interval")
                || self.is_word("timestamp")
                || self.is_word("time") =>
            {
                return Err(self.unexpected_at(&self.ahead(2).clone()));
            }
            1 => ObjectName { parts: vec![self.function_or_type_name()?] },
            _ => {
                let first = self.name()?;
                self.object_name_from(first)?
            }
        };
        self.expect('(')?;
        let mut call = Call {
            name,
            args: Vec::new(),
            star: false,
            distinct: false,
            variadic: false,
            order_by: Vec::new(),
            within_group: false,
            filter: None,
            over: None,
        };
        self.call_arguments(&mut call)?;
        self.call_suffixes(&mut call)?;
        Ok(Some(Expr { kind: ExprKind::Call(Box::new(call)), pos }))
    }

    fn call_arguments(&mut self, call: &mut Call) -> Parsed<()> {
        if self.eat(')') {
            return Ok(());
        }
        if self.eat_operator("*") {
            call.star = true;
            return self.expect(')');
        }
        call.distinct = self.eat_word("distinct");
        if !call.distinct {
            self.eat_word("all");
        }
        loop {
            call.variadic = self.eat_word("variadic");
            call.args.push(self.argument()?);
            if call.variadic || !self.eat(',') {
                break;
            }
        }
        if self.is_word("order") {
            call.order_by = self.order_by()?;
        }
        self.expect(')')
    }

    /// `value`, `name => value`, `name := value`
    fn argument(&mut self) -> Parsed<Argument> {
        let mut name = None;
        if matches!(self.ahead(1).kind, TokenKind::Arrow | TokenKind::ColonEquals) {
            name = Some(self.function_or_type_name()?);
            self.skip(1);
        }
        Ok(Argument { name, value: self.expr()? })
    }

    /// WITHIN GROUP, FILTER, OVER.
    fn call_suffixes(&mut self, call: &mut Call) -> Parsed<()> {
        if self.are_words(&["within", "group"]) {
            let pos = self.pos();
            self.skip(2);
            self.expect('(')?;
            if !call.order_by.is_empty() || call.distinct || call.variadic {
                return Err(cairn_sql_types::SqlError::new(
                    cairn_sql_types::SqlState::SYNTAX_ERROR,
                    match (call.distinct, call.variadic) {
                        (true, _) => "cannot use DISTINCT with WITHIN GROUP",
                        (_, true) => "cannot use VARIADIC with WITHIN GROUP",
                        _ => "cannot use multiple ORDER BY clauses with WITHIN GROUP",
                    },
                )
                .at(pos + 1));
            }
            call.order_by = self.order_by()?;
            call.within_group = true;
            self.expect(')')?;
        }
        if self.is_word("filter") && self.is_ahead(1, '(') {
            self.skip(2);
            self.expect_word("where")?;
            call.filter = Some(self.expr()?);
            self.expect(')')?;
        }
        if self.eat_word("over") {
            call.over = Some(match self.is('(') {
                true => Over::Spec(Box::new(self.window_spec()?)),
                false => Over::Name(self.name()?),
            });
        }
        Ok(())
    }

    /// `ORDER BY ...`
    pub(super) fn order_by(&mut self) -> Parsed<Vec<SortBy>> {
        self.expect_words(&["order", "by"])?;
        self.list(Self::sort_by)
    }

    /// One item of ORDER BY.
    pub(super) fn sort_by(&mut self) -> Parsed<SortBy> {
        let expr = self.expr()?;
        let mut descending = false;
        if self.eat_word("using") {
            let op = self.operator_name()?;
            descending = match &*op.symbol {
                "<" => false,
                ">" => true,
                symbol => {
                    return Err(cairn_sql_types::SqlError::new(
                        cairn_sql_types::SqlState::WRONG_OBJECT_TYPE,
                        format!("operator {symbol} is not a valid ordering operator"),
                    )
                    .hint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
                    .at(op.pos + 1));
                }
            };
        } else if self.eat_word("desc") {
            descending = true;
        } else {
            self.eat_word("asc");
        }
        let mut nulls_first = descending;
        if self.eat_words(&["nulls", "first"]) {
            nulls_first = true;
        } else if self.eat_words(&["nulls", "last"]) {
            nulls_first = false;
        }
        Ok(SortBy { expr, descending, nulls_first })
    }

    /// `( [name] [PARTITION BY ..] [ORDER BY ..] [frame] )`
    pub(super) fn window_spec(&mut self) -> Parsed<WindowSpec> {
        let pos = self.pos();
        self.expect('(')?;
        let clause = matches!(self.word_ahead(0), Some("partition" | "range" | "rows" | "groups"));
        let base = if self.is_name() && !clause { Some(self.name()?) } else { None };
        let mut spec = WindowSpec { base, partition_by: Vec::new(), order_by: Vec::new(), frame: None, pos };
        if self.eat_words(&["partition", "by"]) {
            spec.partition_by = self.list(Self::expr)?;
        }
        if self.is_word("order") {
            spec.order_by = self.order_by()?;
        }
        spec.frame = self.frame()?;
        self.expect(')')?;
        Ok(spec)
    }

    fn frame(&mut self) -> Parsed<Option<Frame>> {
        let units = match self.word_ahead(0) {
            Some("rows") => FrameUnits::Rows,
            Some("range") => FrameUnits::Range,
            Some("groups") => FrameUnits::Groups,
            _ => return Ok(None),
        };
        self.skip(1);
        let between = self.eat_word("between");
        let mut pos = self.pos();
        let start = self.frame_bound()?;
        let end = match between {
            false => FrameBound::CurrentRow,
            true => {
                self.expect_word("and")?;
                if start.may_start() {
                    pos = self.pos();
                }
                self.frame_bound()?
            }
        };
        if self.is_word("exclude") && !self.eat_words(&["exclude", "no", "others"]) {
            let pos = self.pos();
            return self.unsupported("frame exclusion (EXCLUDE)", pos);
        }
        Ok(Some(Frame { units, start, end, pos }))
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.eat_words(&["unbounded", "preceding"]) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.eat_words(&["unbounded", "following"]) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        if self.eat_words(&["current", "row"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = self.expr()?;
        if self.eat_word("preceding") {
            return Ok(FrameBound::Preceding(offset));
        }
        self.expect_word("following")?;
        Ok(FrameBound::Following(offset))
    }

    /// EXTRACT, POSITION, SUBSTRING, OVERLAY, TRIM.
    pub(super) fn special_call(&mut self, word: &str, pos: Pos) -> Parsed<Expr> {
        self.skip(2);
        let (name, args) = match word {
            "extract" => ("extract", self.extract_arguments()?),
            "position" => ("position", self.position_arguments()?),
            "substring" => self.substring_arguments()?,
            "overlay" => ("overlay", self.overlay_arguments()?),
            _ => self.trim_arguments()?,
        };
        self.expect(')')?;
        let ExprKind::Call(mut call) = system_call(name, args, pos).kind else { return Err(self.unexpected()) };
        self.call_suffixes(&mut call)?;
        Ok(Expr { kind: ExprKind::Call(call), pos })
    }

    fn extract_arguments(&mut self) -> Parsed<Vec<Expr>> {
        let pos = self.pos();
        let field = match self.kind().clone() {
            TokenKind::Text(text) => {
                self.skip(1);
                text
            }
            _ => self.label()?.text,
        };
        self.expect_word("from")?;
        Ok(vec![Expr { kind: ExprKind::Text(field), pos }, self.expr()?])
    }

    /// `POSITION(a IN b)` is `position(b, a)`.
    fn position_arguments(&mut self) -> Parsed<Vec<Expr>> {
        let sought = self.restricted_expr()?;
        self.expect_word("in")?;
        let text = self.restricted_expr()?;
        Ok(vec![text, sought])
    }

    /// `FROM`/`FOR` in any order, SIMILAR, or plain arguments.
    fn substring_arguments(&mut self) -> Parsed<(&'static str, Vec<Expr>)> {
        if self.is(')') {
            return Ok(("substring", Vec::new()));
        }
        let mut args = vec![self.expr_at(level::OPERATOR, false)?];
        if self.is_word("from") || self.is_word("for") {
            let (mut from, mut length) = (None, None);
            loop {
                let pos = self.pos();
                if from.is_none() && self.eat_word("from") {
                    from = Some(self.expr()?);
                } else if length.is_none() && self.eat_word("for") {
                    length = Some((pos, self.expr()?));
                } else {
                    break;
                }
            }
            let one = |pos| Expr { kind: ExprKind::Integer("1".into()), pos };
            args.push(from.unwrap_or_else(|| one(args[0].pos)));
            args.extend(length.map(|(_, length)| length));
            return Ok(("substring", args));
        }
        if self.eat_word("similar") {
            args.push(self.expr()?);
            self.expect_word("escape")?;
            args.push(self.expr()?);
            return Ok(("substring", args));
        }
        while self.eat(',') {
            args.push(self.expr()?);
        }
        Ok(("substring", args))
    }

    fn overlay_arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut args = vec![self.expr()?];
        if !self.eat_word("placing") {
            while self.eat(',') {
                args.push(self.expr()?);
            }
            return Ok(args);
        }
        args.push(self.expr()?);
        self.expect_word("from")?;
        args.push(self.expr()?);
        if self.eat_word("for") {
            args.push(self.expr()?);
        }
        Ok(args)
    }

    /// `[BOTH|LEADING|TRAILING] [characters] [FROM] text`
    fn trim_arguments(&mut self) -> Parsed<(&'static str, Vec<Expr>)> {
        let name = match self.word_ahead(0) {
            Some("leading") => "ltrim",
            Some("trailing") => "rtrim",
            _ => "btrim",
        };
        if matches!(self.word_ahead(0), Some("leading" | "trailing" | "both")) {
            self.skip(1);
        }
        if self.eat_word("from") {
            return Ok((name, self.list(Self::expr)?));
        }
        let first = self.expr()?;
        if self.eat_word("from") {
            let mut args = self.list(Self::expr)?;
            args.push(first);
            return Ok((name, args));
        }
        let mut args = vec![first];
        while self.eat(',') {
            args.push(self.expr()?);
        }
        Ok((name, args))
    }
}
