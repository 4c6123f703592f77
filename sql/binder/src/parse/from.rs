//! FROM: tables, subqueries, functions, joins.

use super::{Parsed, Parser};
use crate::syntax::ast::{Alias, Expr, Join, JoinCondition, JoinKind, Name, TableRef, TableRefKind};
use crate::syntax::keyword::{Class, class};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// One item of FROM with the joins that follow it.
    pub(super) fn table_ref(&mut self) -> Parsed<TableRef> {
        self.check_stack()?;
        let mut left = self.table_primary()?;
        while let Some((kind, natural)) = self.join_words()? {
            left = self.join(left, kind, natural)?;
            self.grow()?;
        }
        Ok(left)
    }

    /// `[NATURAL] [INNER | LEFT | RIGHT | FULL [OUTER] | CROSS] JOIN`
    fn join_words(&mut self) -> Parsed<Option<(JoinKind, bool)>> {
        let natural = self.eat_word("natural");
        let kind = match self.word_ahead(0) {
            Some("join") => JoinKind::Inner,
            Some("inner") => JoinKind::Inner,
            Some("left") => JoinKind::Left,
            Some("right") => JoinKind::Right,
            Some("full") => JoinKind::Full,
            Some("cross") if !natural => JoinKind::Cross,
            _ if natural => return Err(self.unexpected()),
            _ => return Ok(None),
        };
        if !self.is_word("join") {
            self.skip(1);
            if matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full) {
                self.eat_word("outer");
            }
        }
        self.expect_word("join")?;
        Ok(Some((kind, natural)))
    }

    fn join(&mut self, left: TableRef, kind: JoinKind, natural: bool) -> Parsed<TableRef> {
        let pos = left.pos;
        let qualified = kind != JoinKind::Cross && !natural;
        // `a JOIN b JOIN c ON .. ON ..` nests to the right.
        let mut right = self.table_primary()?;
        while qualified && !self.is_word("on") && !self.is_word("using") {
            let Some((kind, natural)) = self.join_words()? else { return Err(self.unexpected()) };
            right = self.join(right, kind, natural)?;
            self.grow()?;
        }
        let condition = match kind {
            JoinKind::Cross => JoinCondition::None,
            _ if natural => JoinCondition::Natural,
            _ => self.join_condition()?,
        };
        let join = Join { kind, left, right, condition };
        Ok(TableRef { kind: TableRefKind::Join(Box::new(join)), alias: None, lateral: false, pos })
    }

    fn join_condition(&mut self) -> Parsed<JoinCondition> {
        if self.eat_word("on") {
            return Ok(JoinCondition::On(self.expr()?));
        }
        self.expect_word("using")?;
        let columns = self.parenthesized(Self::name)?;
        let alias = if self.eat_word("as") { Some(self.name()?) } else { None };
        Ok(JoinCondition::Using(columns, alias))
    }

    fn table_primary(&mut self) -> Parsed<TableRef> {
        let pos = self.pos();
        let lateral = self.eat_word("lateral");
        if self.is('(') {
            return self.parenthesized_ref(lateral);
        }
        if self.are_words(&["rows", "from"]) {
            return self.unsupported("ROWS FROM", pos);
        }
        if let Some(call) = self.function_call()? {
            return self.function_ref(call, lateral);
        }
        if lateral {
            return Err(self.unexpected());
        }
        let only_parens = self.eat_word("only") && self.eat('(');
        let name = self.object_name()?;
        if only_parens {
            self.expect(')')?;
        }
        self.eat_operator("*");
        let alias = self.alias()?;
        if self.is_word("tablesample") {
            let pos = self.pos();
            return self.unsupported("TABLESAMPLE", pos);
        }
        Ok(TableRef { pos: name.pos(), kind: TableRefKind::Table(name), alias, lateral: false })
    }

    /// `(query) alias` or `(join)`
    fn parenthesized_ref(&mut self, lateral: bool) -> Parsed<TableRef> {
        let pos = self.pos();
        if let Some(query) = self.parenthesized_query()? {
            let alias = self.alias()?;
            return Ok(TableRef { kind: TableRefKind::Query(Box::new(query)), alias, lateral, pos });
        }
        if lateral {
            return Err(self.unexpected());
        }
        self.skip(1);
        let mut inner = self.table_ref()?;
        self.expect(')')?;
        if let Some(alias) = self.alias()? {
            inner.alias = Some(alias);
        } else if !matches!(inner.kind, TableRefKind::Join(_)) {
            return Err(self.unexpected());
        }
        Ok(inner)
    }

    /// A function call in FROM: a name with `(`, or one of the value words.
    fn function_call(&mut self) -> Parsed<Option<Expr>> {
        let value = matches!(
            self.word_ahead(0),
            Some(
                "current_date" | "current_timestamp" | "current_time" | "localtime" | "localtimestamp" | "current_user"
            ) | Some(
                "session_user"
                    | "user"
                    | "current_catalog"
                    | "current_role"
                    | "coalesce"
                    | "greatest"
                    | "least"
                    | "cast"
            )
        );
        if value {
            return self.primary().map(Some);
        }
        let special =
            matches!(self.word_ahead(0), Some("substring" | "trim" | "extract" | "position" | "overlay" | "nullif"));
        if special && self.is_ahead(1, '(') {
            return self.primary().map(Some);
        }
        self.call()
    }

    fn function_ref(&mut self, call: Expr, lateral: bool) -> Parsed<TableRef> {
        let pos = call.pos;
        let ordinality = self.eat_words(&["with", "ordinality"]);
        let mut column_definitions = false;
        let mut alias = None;
        if self.is_word("as") && self.is_ahead(1, '(') {
            column_definitions = true;
        } else if let Some(name) = self.alias_name()? {
            let mut columns = Vec::new();
            if self.is('(') {
                column_definitions = !self.is_ahead(2, ',') && !self.is_ahead(2, ')');
                if !column_definitions {
                    columns = self.parenthesized(Self::name)?;
                }
            }
            alias = Some(Alias { name, columns });
        }
        if column_definitions {
            return self.unsupported("a column definition list for a function in FROM", pos);
        }
        let kind = TableRefKind::Function { call: Box::new(call), ordinality };
        Ok(TableRef { kind, alias, lateral, pos })
    }

    /// `[AS] name [(columns)]`
    pub(super) fn alias(&mut self) -> Parsed<Option<Alias>> {
        let Some(name) = self.alias_name()? else { return Ok(None) };
        let columns = if self.is('(') { self.parenthesized(Self::name)? } else { Vec::new() };
        Ok(Some(Alias { name, columns }))
    }

    /// `[AS] name`
    pub(super) fn alias_name(&mut self) -> Parsed<Option<Name>> {
        if self.eat_word("as") {
            return self.name().map(Some);
        }
        let bare = match self.kind() {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) => matches!(class(word), Class::Unreserved | Class::ColumnName),
            _ => false,
        };
        if bare { self.name().map(Some) } else { Ok(None) }
    }
}
