//! CREATE, ALTER, DROP, TRUNCATE.

use super::{Parsed, Parser};
use crate::syntax::ast::ObjectName;
use crate::syntax::ddl::{AlterAction, Ddl, ObjectKind};

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Parsed<Ddl> {
        let start = self.pos();
        self.skip(1);
        let or_replace = self.eat_words(&["or", "replace"]);
        let pos = self.pos();
        if matches!(self.word_ahead(0), Some("temp" | "temporary"))
            || self.are_words(&["local", "temp"])
            || self.are_words(&["local", "temporary"])
            || self.are_words(&["global", "temp"])
            || self.are_words(&["global", "temporary"])
        {
            let what =
                if or_replace || self.word_ahead(1) == Some("view") { "a temporary view" } else { "a temporary table" };
            return self.unsupported(what, pos);
        }
        let unlogged = self.eat_word("unlogged");
        let word = self.word_ahead(0).unwrap_or_default().to_owned();
        if or_replace && word != "view" {
            return self.unsupported_object("CREATE OR REPLACE", &word, pos);
        }
        match &*word {
            "table" => {
                self.skip(1);
                self.create_table(unlogged)
            }
            "unique" => {
                self.skip(1);
                self.expect_word("index")?;
                self.create_index(true)
            }
            "index" => {
                self.skip(1);
                self.create_index(false)
            }
            "sequence" => {
                self.skip(1);
                let if_not_exists = self.eat_words(&["if", "not", "exists"]);
                let name = self.object_name()?;
                Ok(Ddl::CreateSequence { name, if_not_exists, options: self.sequence_options()? })
            }
            "schema" => self.create_schema(),
            "view" => {
                self.skip(1);
                self.create_view(or_replace)
            }
            "recursive" | "materialized" | "function" | "procedure" | "trigger" | "type" | "domain" | "extension"
            | "role" | "user" | "group" | "database" | "rule" | "policy" | "aggregate" | "operator" | "cast"
            | "collation" | "conversion" | "event" | "foreign" | "server" | "language" | "publication"
            | "subscription" | "statistics" | "tablespace" | "text" | "transform" | "access" | "constraint" => {
                self.unsupported_object("CREATE", &word, start)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn unsupported_object<T>(&mut self, verb: &str, word: &str, pos: u32) -> Parsed<T> {
        self.unsupported(&format!("{verb} {}", word.to_uppercase()), pos)
    }

    fn create_schema(&mut self) -> Parsed<Ddl> {
        self.skip(1);
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        let pos = self.pos();
        if self.is_word("authorization") {
            return self.unsupported("AUTHORIZATION in CREATE SCHEMA", pos);
        }
        let name = self.name()?;
        let pos = self.pos();
        if self.is_word("authorization") {
            return self.unsupported("AUTHORIZATION in CREATE SCHEMA", pos);
        }
        if matches!(self.word_ahead(0), Some("create" | "grant")) {
            return self.unsupported("elements of CREATE SCHEMA", pos);
        }
        Ok(Ddl::CreateSchema { name, if_not_exists })
    }

    fn create_view(&mut self, or_replace: bool) -> Parsed<Ddl> {
        let name = self.object_name()?;
        let columns = if self.is('(') { self.parenthesized(Self::name)? } else { Vec::new() };
        let pos = self.pos();
        if self.is_word("with") {
            return self.unsupported("options of a view", pos);
        }
        self.expect_word("as")?;
        let start = self.pos();
        let query = Box::new(self.query()?);
        let text = (start, self.previous_end());
        let pos = self.pos();
        if self.is_word("with") {
            return self.unsupported("WITH CHECK OPTION", pos);
        }
        Ok(Ddl::CreateView { name, columns, or_replace, query, text })
    }

    pub(super) fn drop_statement(&mut self) -> Parsed<Ddl> {
        let pos = self.pos();
        self.skip(1);
        let word = self.word_ahead(0).unwrap_or_default().to_owned();
        let kind = match &*word {
            "table" => ObjectKind::Table,
            "index" => ObjectKind::Index,
            "sequence" => ObjectKind::Sequence,
            "view" => ObjectKind::View,
            "schema" => ObjectKind::Schema,
            "materialized" | "function" | "procedure" | "trigger" | "type" | "domain" | "extension" | "role"
            | "user" | "group" | "database" | "rule" | "policy" | "aggregate" | "operator" | "cast" | "collation"
            | "conversion" | "event" | "foreign" | "server" | "language" | "publication" | "subscription"
            | "statistics" | "tablespace" | "text" | "transform" | "access" | "owned" | "routine" => {
                return self.unsupported_object("DROP", &word, pos);
            }
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        let pos = self.pos();
        if kind == ObjectKind::Index && self.is_word("concurrently") {
            return self.unsupported("DROP INDEX CONCURRENTLY", pos);
        }
        let if_exists = self.eat_words(&["if", "exists"]);
        let names = self.list(Self::object_name)?;
        let cascade = self.cascade();
        Ok(Ddl::Drop { kind, names, if_exists, cascade })
    }

    /// CASCADE (true), RESTRICT or nothing.
    fn cascade(&mut self) -> bool {
        let cascade = self.eat_word("cascade");
        if !cascade {
            self.eat_word("restrict");
        }
        cascade
    }

    pub(super) fn truncate(&mut self) -> Parsed<Ddl> {
        self.skip(1);
        self.eat_word("table");
        let tables = self.list(|parser| {
            parser.eat_word("only");
            let name = parser.object_name()?;
            parser.eat_operator("*");
            Ok(name)
        })?;
        let restart_identity = self.eat_words(&["restart", "identity"]);
        if !restart_identity {
            self.eat_words(&["continue", "identity"]);
        }
        let cascade = self.cascade();
        Ok(Ddl::Truncate { tables, restart_identity, cascade })
    }

    pub(super) fn alter(&mut self) -> Parsed<Ddl> {
        let pos = self.pos();
        self.skip(1);
        let word = self.word_ahead(0).unwrap_or_default().to_owned();
        let kind = match &*word {
            "table" => ObjectKind::Table,
            "index" => ObjectKind::Index,
            "sequence" => ObjectKind::Sequence,
            "view" => ObjectKind::View,
            "schema" | "database" | "role" | "user" | "group" | "function" | "type" | "domain" | "system"
            | "default" | "extension" | "materialized" | "trigger" | "policy" | "procedure" | "aggregate"
            | "operator" | "collation" => {
                return self.unsupported_object("ALTER", &word, pos);
            }
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        let if_exists = self.eat_words(&["if", "exists"]);
        if kind == ObjectKind::Table {
            self.eat_word("only");
        }
        let name = self.object_name()?;
        self.eat_operator("*");
        if self.eat_words(&["rename", "to"]) {
            return Ok(Ddl::Rename { kind, name, if_exists, to: self.name()? });
        }
        match kind {
            ObjectKind::Sequence => self.alter_sequence(name, if_exists),
            ObjectKind::Table => self.alter_table(name, if_exists),
            _ => self.unsupported_object("ALTER", &word, pos),
        }
    }

    fn alter_sequence(&mut self, name: ObjectName, if_exists: bool) -> Parsed<Ddl> {
        let pos = self.pos();
        let options = self.sequence_options()?;
        if options.is_empty() {
            return match self.word_ahead(0) {
                Some("set" | "owner") => self.unsupported("this form of ALTER SEQUENCE", pos),
                _ => Err(self.unexpected()),
            };
        }
        Ok(Ddl::AlterSequence { name, if_exists, options })
    }

    fn alter_table(&mut self, name: ObjectName, if_exists: bool) -> Parsed<Ddl> {
        let actions = if self.is_word("rename") { vec![self.rename()?] } else { self.list(Self::alter_action)? };
        Ok(Ddl::AlterTable { name, if_exists, actions })
    }

    fn rename(&mut self) -> Parsed<AlterAction> {
        self.expect_word("rename")?;
        let constraint = self.eat_word("constraint");
        if !constraint {
            self.eat_word("column");
        }
        let from = self.name()?;
        self.expect_word("to")?;
        let to = self.name()?;
        Ok(if constraint { AlterAction::RenameConstraint { from, to } } else { AlterAction::RenameColumn { from, to } })
    }

    fn alter_action(&mut self) -> Parsed<AlterAction> {
        let pos = self.pos();
        let word = self.word_ahead(0).unwrap_or_default().to_owned();
        match &*word {
            "add" => self.alter_add(),
            "drop" => self.alter_drop(),
            "alter" => self.alter_column(),
            "set" | "reset" | "owner" | "enable" | "disable" | "cluster" | "inherit" | "attach" | "detach"
            | "replica" | "validate" | "force" | "no" | "of" | "not" => {
                let second = self.word_ahead(1).unwrap_or_default().to_uppercase();
                self.unsupported(format!("ALTER TABLE {} {second}", word.to_uppercase()).trim_end(), pos)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn alter_add(&mut self) -> Parsed<AlterAction> {
        self.skip(1);
        if let Some(constraint) = self.table_constraint()? {
            return Ok(AlterAction::AddConstraint(constraint));
        }
        self.eat_word("column");
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        Ok(AlterAction::AddColumn { column: self.column_definition()?, if_not_exists })
    }

    fn alter_drop(&mut self) -> Parsed<AlterAction> {
        self.skip(1);
        let constraint = self.eat_word("constraint");
        if !constraint {
            self.eat_word("column");
        }
        let if_exists = self.eat_words(&["if", "exists"]);
        let name = self.name()?;
        let cascade = self.cascade();
        Ok(match constraint {
            true => AlterAction::DropConstraint { name, if_exists, cascade },
            false => AlterAction::DropColumn { name, if_exists, cascade },
        })
    }

    fn alter_column(&mut self) -> Parsed<AlterAction> {
        let pos = self.pos();
        self.skip(1);
        self.eat_word("column");
        let column = self.name()?;
        if self.eat_words(&["set", "default"]) {
            return Ok(AlterAction::SetDefault { column, default: Some(self.expr()?) });
        }
        if self.eat_words(&["drop", "default"]) {
            return Ok(AlterAction::SetDefault { column, default: None });
        }
        if self.eat_words(&["set", "not", "null"]) {
            return Ok(AlterAction::SetNotNull { column, not_null: true });
        }
        if self.eat_words(&["drop", "not", "null"]) {
            return Ok(AlterAction::SetNotNull { column, not_null: false });
        }
        match self.word_ahead(0) {
            Some("type") => self.unsupported("ALTER COLUMN TYPE", pos),
            Some("set" | "drop" | "add" | "reset" | "restart") => self.unsupported("this form of ALTER COLUMN", pos),
            _ => Err(self.unexpected()),
        }
    }
}
