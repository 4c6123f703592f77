//! INSERT, UPDATE, DELETE.

use super::{Parsed, Parser};
use crate::syntax::ast::{
    Assignment, ConflictTarget, Delete, Expr, ExprKind, Insert, Name, ObjectName, OnConflict, Target, Update, With,
};

impl Parser<'_> {
    pub(super) fn insert(&mut self, with: Option<With>) -> Parsed<Insert> {
        self.expect_words(&["insert", "into"])?;
        let table = self.object_name()?;
        let alias = if self.eat_word("as") { Some(self.name()?) } else { None };
        let mut insert = Insert {
            with,
            table,
            alias,
            columns: Vec::new(),
            overriding: None,
            source: None,
            on_conflict: None,
            returning: Vec::new(),
        };
        if self.is('(') && !self.parenthesis_begins_query() {
            insert.columns = self.parenthesized(|parser| {
                let name = parser.name()?;
                let pos = parser.pos();
                if parser.is('.') || parser.is('[') {
                    return parser.unsupported("assignment to a part of a column", pos);
                }
                Ok(name)
            })?;
        }
        if self.eat_word("overriding") {
            insert.overriding = Some(self.is_word("system"));
            if !(self.eat_word("system") || self.eat_word("user")) {
                return Err(self.unexpected());
            }
            self.expect_word("value")?;
        }
        if !self.eat_words(&["default", "values"]) {
            insert.source = Some(Box::new(self.query()?));
        }
        if self.are_words(&["on", "conflict"]) {
            insert.on_conflict = Some(self.on_conflict()?);
        }
        insert.returning = self.returning()?;
        Ok(insert)
    }

    fn parenthesis_begins_query(&self) -> bool {
        let mut depth = 0;
        while self.is_ahead(depth, '(') {
            depth += 1;
        }
        self.begins_query(depth)
    }

    fn on_conflict(&mut self) -> Parsed<OnConflict> {
        let pos = self.pos();
        self.skip(2);
        let target = self.conflict_target()?;
        self.expect_word("do")?;
        if self.eat_word("nothing") {
            return Ok(OnConflict { target, update: None, pos });
        }
        self.expect_words(&["update", "set"])?;
        let assignments = self.list(Self::assignment)?;
        let filter = self.filter()?;
        Ok(OnConflict { target, update: Some((assignments, filter)), pos })
    }

    fn conflict_target(&mut self) -> Parsed<ConflictTarget> {
        if self.eat_words(&["on", "constraint"]) {
            return Ok(ConflictTarget::Constraint(self.name()?));
        }
        if !self.is('(') {
            return Ok(ConflictTarget::Any);
        }
        let columns = self.parenthesized(|parser| {
            let expr = parser.expr()?;
            let pos = parser.pos();
            if parser.is_name() {
                return parser.unsupported("an operator class in ON CONFLICT", pos);
            }
            Ok(expr)
        })?;
        let filter = self.filter()?;
        Ok(ConflictTarget::Columns(columns, filter))
    }

    fn filter(&mut self) -> Parsed<Option<Expr>> {
        if !self.eat_word("where") {
            return Ok(None);
        }
        if self.are_words(&["current", "of"]) {
            let pos = self.pos();
            self.skip(2);
            self.name()?;
            return Ok(Some(Expr { kind: ExprKind::CurrentOf, pos }));
        }
        self.expr().map(Some)
    }

    /// `a = value`, `(a, b) = (..)`
    fn assignment(&mut self) -> Parsed<Assignment> {
        if self.is('(') {
            let columns = self.parenthesized(Self::name)?;
            self.expect_operator("=")?;
            return Ok(Assignment::Row { columns, value: self.expr()? });
        }
        let column = self.name()?;
        let mut indirection = false;
        while self.is('.') || self.is('[') {
            indirection = true;
            if self.eat('.') {
                self.label()?;
            } else {
                self.skip(1);
                self.expr()?;
                self.expect(']')?;
            }
        }
        self.expect_operator("=")?;
        Ok(Assignment::One { column, indirection, value: self.expr()? })
    }

    pub(super) fn update(&mut self, with: Option<With>) -> Parsed<Update> {
        self.expect_word("update")?;
        let (table, alias) = self.target_table(&["set"])?;
        self.expect_word("set")?;
        let assignments = self.list(Self::assignment)?;
        let from = if self.eat_word("from") { self.list(Self::table_ref)? } else { Vec::new() };
        let filter = self.filter()?;
        let returning = self.returning()?;
        Ok(Update { with, table, alias, assignments, from, filter, returning })
    }

    pub(super) fn delete(&mut self, with: Option<With>) -> Parsed<Delete> {
        self.expect_words(&["delete", "from"])?;
        let (table, alias) = self.target_table(&["using", "where", "returning"])?;
        let using = if self.eat_word("using") { self.list(Self::table_ref)? } else { Vec::new() };
        let filter = self.filter()?;
        let returning = self.returning()?;
        Ok(Delete { with, table, alias, using, filter, returning })
    }

    /// `[ONLY] name [*] [[AS] alias]`, where these words do not begin an alias.
    fn target_table(&mut self, stops: &[&str]) -> Parsed<(ObjectName, Option<Name>)> {
        self.eat_word("only");
        let table = self.object_name()?;
        self.eat_operator("*");
        let stop = stops.iter().any(|word| self.is_word(word));
        let alias = if stop { None } else { self.alias_name()? };
        Ok((table, alias))
    }

    fn returning(&mut self) -> Parsed<Vec<Target>> {
        if self.eat_word("returning") { self.targets() } else { Ok(Vec::new()) }
    }
}
