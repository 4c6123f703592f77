//! CREATE TABLE, with Cairn's own clauses, and what ALTER TABLE shares with it: column definitions and constraints.

use cairn_sql_catalog::schema::ForeignAction;

use super::{Parsed, Parser};
use crate::syntax::ast::Name;
use crate::syntax::ddl::{ColumnDefinition, Constraint, ConstraintKind, CreateTable, Ddl, Distribution, Foreign};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// Behind CREATE [UNLOGGED] TABLE.
    pub(super) fn create_table(&mut self, unlogged: bool) -> Parsed<Ddl> {
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        let name = self.object_name()?;
        let mut table = CreateTable {
            name,
            if_not_exists,
            columns: Vec::new(),
            constraints: Vec::new(),
            engine: None,
            distribution: None,
            tier: None,
            options: Vec::new(),
            unlogged,
        };
        let pos = self.pos();
        if self.is_word("of") {
            return self.unsupported("CREATE TABLE OF", pos);
        }
        if self.are_words(&["partition", "of"]) {
            return self.unsupported("table partitioning", pos);
        }
        let mut names = Vec::new();
        if self.is('(') {
            match self.attempt(Self::column_names_then_as) {
                Some(found) => names = found,
                None => self.table_elements(&mut table)?,
            }
        }
        self.table_clauses(&mut table)?;
        if self.eat_word("as") {
            return self.create_table_as(table, names);
        }
        if !names.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Ddl::CreateTable(table))
    }

    /// `(a, b)` of CREATE TABLE ... AS: names without types.
    fn column_names_then_as(&mut self) -> Parsed<Vec<Name>> {
        self.parenthesized(Self::name)
    }

    fn create_table_as(&mut self, table: CreateTable, columns: Vec<Name>) -> Parsed<Ddl> {
        let pos = self.pos();
        if self.is_word("execute") {
            return self.unsupported("CREATE TABLE AS EXECUTE", pos);
        }
        let query = Box::new(self.query()?);
        let mut with_data = true;
        if self.eat_words(&["with", "no", "data"]) {
            with_data = false;
        } else {
            self.eat_words(&["with", "data"]);
        }
        Ok(Ddl::CreateTableAs { table, columns, query, with_data })
    }

    fn table_elements(&mut self, table: &mut CreateTable) -> Parsed<()> {
        self.expect('(')?;
        if self.eat(')') {
            return Ok(());
        }
        loop {
            let pos = self.pos();
            if self.is_word("like") {
                return self.unsupported("LIKE in CREATE TABLE", pos);
            }
            match self.table_constraint()? {
                Some(constraint) => table.constraints.push(constraint),
                None => table.columns.push(self.column_definition()?),
            }
            if !self.eat(',') {
                return self.expect(')');
            }
        }
    }

    /// Clauses behind the columns, in any order.
    fn table_clauses(&mut self, table: &mut CreateTable) -> Parsed<()> {
        loop {
            let pos = self.pos();
            match self.word_ahead(0) {
                Some("inherits") => return self.unsupported("table inheritance", pos),
                Some("partition") => return self.unsupported("table partitioning", pos),
                Some("on") if self.are_words(&["on", "commit"]) => return self.unsupported("ON COMMIT", pos),
                Some("using") => {
                    self.skip(1);
                    table.engine = Some(self.name()?);
                }
                Some("with") if self.is_ahead(1, '(') => {
                    self.skip(1);
                    table.options.extend(self.storage_options()?);
                }
                Some("without") if self.are_words(&["without", "oids"]) => self.skip(2),
                Some("option") if self.is_ahead(1, '(') => {
                    self.skip(1);
                    table.options.extend(self.storage_options()?);
                }
                Some("distributed") => {
                    self.skip(1);
                    table.distribution = Some(match self.eat_word("globally") {
                        true => Distribution::Globally,
                        false => {
                            self.expect_word("by")?;
                            Distribution::By(self.parenthesized(Self::name)?)
                        }
                    });
                }
                Some("in") if self.word_ahead(1) == Some("tier") => {
                    self.skip(2);
                    table.tier = Some(self.name()?);
                }
                Some("tablespace") => {
                    self.skip(1);
                    let name = self.name()?;
                    if !matches!(&*name.text, "pg_default") {
                        return self.unsupported("a tablespace", pos);
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// `( name [= value], ... )`
    pub(super) fn storage_options(&mut self) -> Parsed<Vec<(Name, Option<String>)>> {
        self.parenthesized(|parser| {
            let mut name = parser.label()?;
            while parser.eat('.') {
                let part = parser.label()?;
                name.text = format!("{}.{}", name.text, part.text).into();
            }
            let value = if parser.eat_operator("=") { Some(parser.option_value()?) } else { None };
            Ok((name, value))
        })
    }

    fn option_value(&mut self) -> Parsed<String> {
        let sign = if self.eat_operator("-") { "-" } else { "" };
        let text = match self.kind().clone() {
            TokenKind::Integer(text) | TokenKind::Decimal(text) | TokenKind::Text(text) => text,
            TokenKind::Word(text) | TokenKind::Quoted(text) if sign.is_empty() => text,
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        Ok(format!("{sign}{text}"))
    }

    pub(super) fn column_definition(&mut self) -> Parsed<ColumnDefinition> {
        let name = self.name()?;
        let ty = self.type_name()?;
        let mut column = ColumnDefinition { name, ty, collation: None, constraints: Vec::new() };
        loop {
            if self.eat_word("collate") {
                column.collation = Some(self.any_name()?);
                continue;
            }
            match self.column_constraint()? {
                Some(constraint) => column.constraints.push(constraint),
                None => return Ok(column),
            }
        }
    }

    fn column_constraint(&mut self) -> Parsed<Option<Constraint>> {
        let pos = self.pos();
        let name = if self.eat_word("constraint") { Some(self.name()?) } else { None };
        let kind = match self.word_ahead(0) {
            Some("not") if self.word_ahead(1) == Some("null") => {
                self.skip(2);
                ConstraintKind::NotNull
            }
            Some("null") => {
                self.skip(1);
                ConstraintKind::Null
            }
            Some("default") => {
                self.skip(1);
                ConstraintKind::Default(self.restricted_expr()?)
            }
            Some("check") => self.check()?,
            Some("primary") => {
                self.expect_words(&["primary", "key"])?;
                self.index_parameters()?;
                ConstraintKind::PrimaryKey(Vec::new())
            }
            Some("unique") => {
                self.skip(1);
                self.nulls_distinct()?;
                self.index_parameters()?;
                ConstraintKind::Unique(Vec::new())
            }
            Some("references") => ConstraintKind::Foreign(self.references(Vec::new())?),
            Some("generated") => self.generated()?,
            Some("compression" | "storage") => return self.unsupported("column storage options", pos),
            _ if name.is_some() => return Err(self.unexpected()),
            _ => return Ok(None),
        };
        self.constraint_attributes()?;
        Ok(Some(Constraint { name, kind, pos }))
    }

    /// A constraint of the table; `None` (without movement) when a column begins.
    pub(super) fn table_constraint(&mut self) -> Parsed<Option<Constraint>> {
        let pos = self.pos();
        if !matches!(self.word_ahead(0), Some("constraint" | "check" | "primary" | "unique" | "foreign" | "exclude")) {
            return Ok(None);
        }
        if self.is_word("exclude") && !self.is_ahead(1, '(') && self.word_ahead(1) != Some("using") {
            return Ok(None);
        }
        let name = if self.eat_word("constraint") { Some(self.name()?) } else { None };
        let kind = match self.word_ahead(0) {
            Some("check") => self.check()?,
            Some("primary") => {
                self.expect_words(&["primary", "key"])?;
                ConstraintKind::PrimaryKey(self.constraint_columns()?)
            }
            Some("unique") => {
                self.skip(1);
                self.nulls_distinct()?;
                ConstraintKind::Unique(self.constraint_columns()?)
            }
            Some("foreign") => {
                self.expect_words(&["foreign", "key"])?;
                let columns = self.parenthesized(Self::name)?;
                ConstraintKind::Foreign(self.references(columns)?)
            }
            Some("exclude") => return self.unsupported("EXCLUDE constraints", pos),
            _ => return Err(self.unexpected()),
        };
        self.constraint_attributes()?;
        Ok(Some(Constraint { name, kind, pos }))
    }

    fn nulls_distinct(&mut self) -> Parsed<()> {
        let pos = self.pos();
        if self.eat_words(&["nulls", "not", "distinct"]) {
            return self.unsupported("UNIQUE NULLS NOT DISTINCT", pos);
        }
        self.eat_words(&["nulls", "distinct"]);
        Ok(())
    }

    fn constraint_columns(&mut self) -> Parsed<Vec<Name>> {
        let pos = self.pos();
        if self.is_word("using") {
            return self.unsupported("a constraint USING INDEX", pos);
        }
        let columns = self.parenthesized(Self::name)?;
        self.index_parameters()?;
        Ok(columns)
    }

    /// INCLUDE, WITH (...), USING INDEX TABLESPACE behind a key.
    fn index_parameters(&mut self) -> Parsed<()> {
        let pos = self.pos();
        if self.is_word("include") {
            return self.unsupported("INCLUDE columns of an index", pos);
        }
        if self.is_word("with") && self.is_ahead(1, '(') {
            return self.unsupported("storage parameters of an index", pos);
        }
        if self.are_words(&["using", "index"]) {
            return self.unsupported("USING INDEX TABLESPACE", pos);
        }
        Ok(())
    }

    fn check(&mut self) -> Parsed<ConstraintKind> {
        self.skip(1);
        self.expect('(')?;
        let expr = self.expr()?;
        self.expect(')')?;
        // Without inheritance NO INHERIT changes nothing.
        self.eat_words(&["no", "inherit"]);
        Ok(ConstraintKind::Check(expr))
    }

    fn references(&mut self, columns: Vec<Name>) -> Parsed<Foreign> {
        self.expect_word("references")?;
        let target = self.object_name()?;
        let target_columns = if self.is('(') { self.parenthesized(Self::name)? } else { Vec::new() };
        let mut foreign = Foreign {
            columns,
            target,
            target_columns,
            on_delete: ForeignAction::NoAction,
            on_update: ForeignAction::NoAction,
        };
        loop {
            let pos = self.pos();
            if self.eat_word("match") {
                if self.eat_word("simple") {
                    continue;
                }
                return self.unsupported("MATCH FULL and MATCH PARTIAL", pos);
            }
            if self.eat_words(&["on", "delete"]) {
                foreign.on_delete = self.foreign_action()?;
            } else if self.eat_words(&["on", "update"]) {
                foreign.on_update = self.foreign_action()?;
            } else {
                return Ok(foreign);
            }
        }
    }

    fn foreign_action(&mut self) -> Parsed<ForeignAction> {
        let actions = [
            (["no", "action"].as_slice(), ForeignAction::NoAction),
            (&["restrict"], ForeignAction::Restrict),
            (&["cascade"], ForeignAction::Cascade),
            (&["set", "null"], ForeignAction::SetNull),
            (&["set", "default"], ForeignAction::SetDefault),
        ];
        let found = actions.iter().find(|(words, _)| self.are_words(words));
        let Some((words, action)) = found else { return Err(self.unexpected()) };
        self.skip(words.len());
        let pos = self.pos();
        if self.is('(') {
            return self.unsupported("a column list of SET NULL or SET DEFAULT", pos);
        }
        Ok(*action)
    }

    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(options)]`
    fn generated(&mut self) -> Parsed<ConstraintKind> {
        let pos = self.pos();
        self.skip(1);
        let always = self.eat_word("always");
        if !always {
            self.expect_words(&["by", "default"])?;
        }
        self.expect_word("as")?;
        if self.is('(') {
            return self.unsupported("a generated column", pos);
        }
        self.expect_word("identity")?;
        let mut options = Vec::new();
        if self.eat('(') {
            options = self.sequence_options()?;
            self.expect(')')?;
        }
        Ok(ConstraintKind::Identity { always, options })
    }

    /// DEFERRABLE and its kin: only the immediate kind exists.
    fn constraint_attributes(&mut self) -> Parsed<()> {
        loop {
            let pos = self.pos();
            if self.eat_words(&["not", "deferrable"]) || self.eat_words(&["initially", "immediate"]) {
                continue;
            }
            if self.is_word("deferrable") || self.are_words(&["initially", "deferred"]) {
                return self.unsupported("a deferrable constraint", pos);
            }
            if self.are_words(&["not", "valid"]) {
                return self.unsupported("a NOT VALID constraint", pos);
            }
            return Ok(());
        }
    }
}
