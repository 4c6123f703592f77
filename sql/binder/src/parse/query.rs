//! SELECT, VALUES, TABLE, set operations, WITH.

use super::{Parsed, Parser};
use crate::syntax::ast::{
    Body, Cte, Distinct, Expr, ExprKind, GroupItem, LockStrength, LockWait, Locking, Query, Select, SetKind, TableRef,
    TableRefKind, Target, With,
};
use crate::syntax::keyword::is_bare_label;
use crate::syntax::token::{Pos, TokenKind};
use cairn_sql_types::{SqlError, SqlState};

impl Parser<'_> {
    /// Does a query begin at this token (parentheses not counted)?
    pub(super) fn begins_query(&self, count: usize) -> bool {
        matches!(self.word_ahead(count), Some("select" | "values" | "with" | "table"))
    }

    /// `( query )` with any number of parentheses; `None` (and no movement) when it is an expression.
    pub(super) fn parenthesized_query(&mut self) -> Parsed<Option<Query>> {
        let mut depth = 0;
        while self.is_ahead(depth, '(') {
            depth += 1;
        }
        if depth == 0 || !self.begins_query(depth) {
            return Ok(None);
        }
        let rule = |parser: &mut Self| {
            parser.expect('(')?;
            let query = parser.query()?;
            parser.expect(')')?;
            Ok(query)
        };
        // With one parenthesis it can be nothing else, so its errors are final.
        if depth == 1 {
            return rule(self).map(Some);
        }
        Ok(self.attempt(rule))
    }

    /// A query with WITH, set operations, ORDER BY, LIMIT, locking. Clauses behind a parenthesised query belong to that
    /// query, which must not have its own of the kind.
    pub(super) fn query(&mut self) -> Parsed<Query> {
        self.check_stack()?;
        let pos = self.pos();
        let with = self.with()?;
        let mut query = self.union()?;
        query.pos = pos;
        if with.is_some() {
            if query.with.is_some() {
                return Err(multiple("WITH", pos));
            }
            query.with = with;
        }
        self.query_tail(&mut query)?;
        Ok(query)
    }

    pub(super) fn with(&mut self) -> Parsed<Option<With>> {
        if !self.eat_word("with") {
            return Ok(None);
        }
        let recursive = self.eat_word("recursive");
        let items = self.list(Self::cte)?;
        Ok(Some(With { recursive, items }))
    }

    fn cte(&mut self) -> Parsed<Cte> {
        let name = self.name()?;
        let columns = if self.is('(') { self.parenthesized(Self::name)? } else { Vec::new() };
        self.expect_word("as")?;
        let mut materialized = None;
        if self.eat_word("materialized") {
            materialized = Some(true);
        } else if self.eat_words(&["not", "materialized"]) {
            materialized = Some(false);
        }
        let pos = self.pos();
        self.expect('(')?;
        if matches!(self.word_ahead(0), Some("insert" | "update" | "delete")) {
            return self.unsupported("a data-modifying statement in WITH", pos + 1);
        }
        let query = self.query()?;
        self.expect(')')?;
        let pos = self.pos();
        if self.is_word("search") || self.is_word("cycle") {
            return self.unsupported("SEARCH and CYCLE clauses in WITH", pos);
        }
        Ok(Cte { name, columns, materialized, query: Box::new(query) })
    }

    /// UNION and EXCEPT, left to right.
    fn union(&mut self) -> Parsed<Query> {
        let mut left = self.intersect()?;
        loop {
            let kind = match self.word_ahead(0) {
                Some("union") => SetKind::Union,
                Some("except") => SetKind::Except,
                _ => return Ok(left),
            };
            left = self.set_operation(left, kind, Self::intersect)?;
        }
    }

    /// INTERSECT binds tighter.
    fn intersect(&mut self) -> Parsed<Query> {
        let mut left = self.query_primary()?;
        while self.is_word("intersect") {
            left = self.set_operation(left, SetKind::Intersect, Self::query_primary)?;
        }
        Ok(left)
    }

    fn set_operation(&mut self, left: Query, kind: SetKind, right: fn(&mut Self) -> Parsed<Query>) -> Parsed<Query> {
        self.skip(1);
        let all = self.eat_word("all");
        if !all {
            self.eat_word("distinct");
        }
        let right = Box::new(right(self)?);
        self.grow()?;
        let pos = left.pos;
        Ok(bare(Body::SetOperation { kind, all, left: Box::new(left), right }, pos))
    }

    fn query_primary(&mut self) -> Parsed<Query> {
        let pos = self.pos();
        if self.is('(') {
            self.check_stack()?;
            self.skip(1);
            let query = self.query()?;
            self.expect(')')?;
            return Ok(query);
        }
        let body = match self.word_ahead(0) {
            Some("select") => Body::Select(Box::new(self.select()?)),
            Some("values") => Body::Values(self.values()?),
            Some("table") => Body::Select(Box::new(self.table_query()?)),
            _ => return Err(self.unexpected()),
        };
        Ok(bare(body, pos))
    }

    /// `VALUES (..), (..)`
    pub(super) fn values(&mut self) -> Parsed<Vec<Vec<Expr>>> {
        self.expect_word("values")?;
        self.list(|parser| parser.parenthesized(Self::expr))
    }

    /// `TABLE t` is `SELECT * FROM t`.
    fn table_query(&mut self) -> Parsed<Select> {
        let pos = self.pos();
        self.expect_word("table")?;
        self.eat_word("only");
        let name = self.object_name()?;
        self.eat_operator("*");
        let table = TableRef { pos: name.pos(), kind: TableRefKind::Table(name), alias: None, lateral: false };
        let star = Target { expr: Expr { kind: ExprKind::Star(Vec::new()), pos }, alias: None };
        Ok(Select { targets: vec![star], from: vec![table], ..empty_select() })
    }

    fn select(&mut self) -> Parsed<Select> {
        self.expect_word("select")?;
        let mut select = empty_select();
        if self.eat_word("distinct") {
            select.distinct = match self.eat_word("on") {
                true => Distinct::On(self.parenthesized(Self::expr)?),
                false => Distinct::All,
            };
        } else {
            self.eat_word("all");
        }
        if !self.ends_targets() {
            select.targets = self.targets()?;
        }
        if self.eat_word("into") {
            let pos = self.pos();
            if matches!(self.word_ahead(0), Some("temp" | "temporary" | "local" | "global")) {
                return self.unsupported("a temporary table", pos);
            }
            self.eat_word("unlogged");
            self.eat_word("table");
            select.into = Some(self.object_name()?);
        }
        if self.eat_word("from") {
            select.from = self.list(Self::table_ref)?;
        }
        if self.eat_word("where") {
            select.filter = Some(self.expr()?);
        }
        if self.eat_word("group") {
            self.expect_word("by")?;
            select.group_distinct = self.eat_word("distinct");
            if !select.group_distinct {
                self.eat_word("all");
            }
            select.group_by = self.list(Self::group_item)?;
        }
        if self.eat_word("having") {
            select.having = Some(self.expr()?);
        }
        if self.eat_word("window") {
            select.windows = self.list(|parser| {
                let name = parser.name()?;
                parser.expect_word("as")?;
                Ok((name, parser.window_spec()?))
            })?;
        }
        Ok(select)
    }

    /// An empty select list is legal.
    fn ends_targets(&self) -> bool {
        let ends = |word: &str| {
            matches!(
                word,
                "from"
                    | "where"
                    | "into"
                    | "group"
                    | "having"
                    | "window"
                    | "union"
                    | "intersect"
                    | "except"
                    | "order"
                    | "limit"
                    | "offset"
                    | "fetch"
                    | "for"
            )
        };
        match self.kind() {
            TokenKind::End => true,
            TokenKind::Punct(punct) => matches!(punct, ';' | ')'),
            TokenKind::Word(word) => ends(word),
            _ => false,
        }
    }

    /// A select list or RETURNING list.
    pub(super) fn targets(&mut self) -> Parsed<Vec<Target>> {
        self.list(|parser| {
            let pos = parser.pos();
            if parser.eat_operator("*") {
                return Ok(Target { expr: Expr { kind: ExprKind::Star(Vec::new()), pos }, alias: None });
            }
            let expr = parser.expr()?;
            let alias = parser.target_alias()?;
            Ok(Target { expr, alias })
        })
    }

    fn target_alias(&mut self) -> Parsed<Option<crate::syntax::ast::Name>> {
        if self.eat_word("as") {
            return self.label().map(Some);
        }
        let bare = match self.kind() {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) => is_bare_label(word),
            _ => false,
        };
        if bare { self.label().map(Some) } else { Ok(None) }
    }

    fn group_item(&mut self) -> Parsed<GroupItem> {
        self.check_stack()?;
        match self.word_ahead(0) {
            Some("rollup") if self.is_ahead(1, '(') => {
                self.skip(1);
                Ok(GroupItem::Rollup(self.parenthesized(Self::group_item)?))
            }
            Some("cube") if self.is_ahead(1, '(') => {
                self.skip(1);
                Ok(GroupItem::Cube(self.parenthesized(Self::group_item)?))
            }
            Some("grouping") if self.word_ahead(1) == Some("sets") => {
                self.skip(2);
                Ok(GroupItem::Sets(self.parenthesized(Self::group_item)?))
            }
            _ if self.is('(') && self.is_ahead(1, ')') => {
                self.skip(2);
                Ok(GroupItem::List(Vec::new()))
            }
            _ => {
                let expr = self.expr()?;
                Ok(match expr.kind {
                    ExprKind::Row { items, explicit: false } => GroupItem::List(items),
                    kind => GroupItem::Expr(Expr { kind, pos: expr.pos }),
                })
            }
        }
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH, FOR: the last three in any order.
    fn query_tail(&mut self, query: &mut Query) -> Parsed<()> {
        if self.is_word("order") {
            let again = !query.order_by.is_empty();
            let order_by = self.order_by()?;
            if again {
                return Err(multiple("ORDER BY", order_by[0].expr.pos));
            }
            query.order_by = order_by;
        }
        loop {
            let pos = self.pos();
            match self.word_ahead(0) {
                Some("limit") => self.limit(query, pos)?,
                Some("fetch") => self.fetch_first(query, pos)?,
                Some("offset") => {
                    if query.offset.is_some() {
                        return Err(multiple("OFFSET", pos));
                    }
                    self.skip(1);
                    query.offset = Some(self.expr()?);
                    let _ = self.eat_word("row") || self.eat_word("rows");
                }
                Some("for") => {
                    let locking = self.locking()?;
                    query.locking.extend(locking);
                }
                _ => return Ok(()),
            }
        }
    }

    fn limit(&mut self, query: &mut Query, pos: Pos) -> Parsed<()> {
        if query.limit.is_some() {
            return Err(multiple("LIMIT", pos));
        }
        self.skip(1);
        let all = self.pos();
        query.limit = Some(match self.eat_word("all") {
            true => Expr { kind: ExprKind::Null, pos: all },
            false => self.expr()?,
        });
        if self.is(',') {
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, "LIMIT #,# syntax is not supported")
                .hint("Use separate LIMIT and OFFSET clauses.")
                .at(pos + 1));
        }
        Ok(())
    }

    /// `FETCH FIRST [n] ROWS ONLY | WITH TIES`
    fn fetch_first(&mut self, query: &mut Query, pos: Pos) -> Parsed<()> {
        if query.limit.is_some() {
            return Err(multiple("LIMIT", pos));
        }
        self.skip(1);
        if !(self.eat_word("first") || self.eat_word("next")) {
            return Err(self.unexpected());
        }
        let counted = !(self.is_word("row") || self.is_word("rows"));
        query.limit = Some(match counted {
            true => self.prefix_only()?,
            false => Expr { kind: ExprKind::Integer("1".into()), pos: self.pos() },
        });
        if !(self.eat_word("row") || self.eat_word("rows")) {
            return Err(self.unexpected());
        }
        if self.eat_words(&["with", "ties"]) {
            query.with_ties = true;
            return Ok(());
        }
        self.expect_word("only")
    }

    /// A signed constant or a primary (`c_expr`).
    fn prefix_only(&mut self) -> Parsed<Expr> {
        self.expr_at(super::expr::level::SIGN, false)
    }

    fn locking(&mut self) -> Parsed<Option<Locking>> {
        self.expect_word("for")?;
        let strength = match self.word_ahead(0) {
            Some("update") => LockStrength::Update,
            Some("share") => LockStrength::Share,
            Some("no") if self.are_words(&["no", "key", "update"]) => {
                self.skip(2);
                LockStrength::NoKeyUpdate
            }
            Some("key") if self.are_words(&["key", "share"]) => {
                self.skip(1);
                LockStrength::KeyShare
            }
            Some("read") => {
                self.expect_words(&["read", "only"])?;
                return Ok(None);
            }
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        let of = if self.eat_word("of") { self.list(Self::object_name)? } else { Vec::new() };
        let wait = match () {
            () if self.eat_word("nowait") => LockWait::NoWait,
            () if self.eat_words(&["skip", "locked"]) => LockWait::SkipLocked,
            () => LockWait::Wait,
        };
        Ok(Some(Locking { strength, of, wait }))
    }
}

fn multiple(clause: &str, pos: Pos) -> SqlError {
    SqlError::new(SqlState::SYNTAX_ERROR, format!("multiple {clause} clauses not allowed")).at(pos + 1)
}

/// A query of only a body.
fn bare(body: Body, pos: Pos) -> Query {
    Query {
        with: None,
        body,
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        locking: Vec::new(),
        pos,
    }
}

/// SELECT of nothing.
fn empty_select() -> Select {
    Select {
        distinct: Distinct::No,
        targets: Vec::new(),
        into: None,
        from: Vec::new(),
        filter: None,
        group_by: Vec::new(),
        group_distinct: false,
        having: None,
        windows: Vec::new(),
    }
}
