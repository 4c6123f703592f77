//! Which statement begins here.

use super::{Parsed, Parser};
use crate::syntax::ast::Statement;
use crate::syntax::ddl::{Ddl, Utility};
use crate::utility::Utility as Bound;

/// Statements of PostgreSQL that Cairn does not have.
const UNSUPPORTED: &[&str] = &[
    "analyse", "call", "cluster", "comment", "do", "grant", "import", "listen", "load", "merge", "notify", "reassign",
    "refresh", "reindex", "revoke", "security", "unlisten",
];

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        self.check_stack()?;
        let pos = self.pos();
        let Some(word) = self.word_ahead(0).map(str::to_owned) else {
            if self.is('(') {
                return Ok(Statement::Query(Box::new(self.query()?)));
            }
            return Err(self.unexpected());
        };
        Ok(match &*word {
            "select" | "values" | "table" => Statement::Query(Box::new(self.query()?)),
            "with" => self.with_statement()?,
            "insert" => Statement::Insert(Box::new(self.insert(None)?)),
            "update" => Statement::Update(Box::new(self.update(None)?)),
            "delete" => Statement::Delete(Box::new(self.delete(None)?)),
            "create" => ddl(self.create()?),
            "drop" => ddl(self.drop_statement()?),
            "truncate" => ddl(self.truncate()?),
            "alter" => ddl(self.alter()?),
            word if UNSUPPORTED.contains(&word) => return self.unsupported(&word.to_uppercase(), pos),
            word => Statement::Utility(Box::new(self.utility(word)?)),
        })
    }

    /// WITH in front of SELECT, INSERT, UPDATE or DELETE.
    fn with_statement(&mut self) -> Parsed<Statement> {
        let (at, notices) = (self.at, self.notices.len());
        let with = self.with()?;
        match self.word_ahead(0) {
            Some("insert") => Ok(Statement::Insert(Box::new(self.insert(with)?))),
            Some("update") => Ok(Statement::Update(Box::new(self.update(with)?))),
            Some("delete") => Ok(Statement::Delete(Box::new(self.delete(with)?))),
            _ => {
                self.at = at;
                self.notices.truncate(notices);
                Ok(Statement::Query(Box::new(self.query()?)))
            }
        }
    }

    fn utility(&mut self, word: &str) -> Parsed<Utility> {
        match word {
            "begin" | "start" => self.begin(),
            "commit" | "end" | "rollback" | "abort" => self.commit_or_rollback(),
            "savepoint" => {
                self.skip(1);
                Ok(Utility::Savepoint(self.name()?))
            }
            "release" => {
                self.skip(1);
                self.eat_word("savepoint");
                Ok(Utility::Release(self.name()?))
            }
            "set" => self.set(),
            "reset" => self.reset(),
            "show" => self.show(),
            "discard" => self.discard(),
            "prepare" => self.prepare(),
            "execute" => self.execute(),
            "deallocate" => self.deallocate(),
            "copy" => self.copy(),
            "explain" => self.explain(),
            "vacuum" | "analyze" => self.vacuum(),
            "checkpoint" => {
                self.skip(1);
                Ok(Utility::Plain(Bound::Checkpoint))
            }
            "lock" => self.lock_table(),
            "declare" => self.declare(),
            "fetch" | "move" => self.fetch(),
            "close" => self.close(),
            _ => Err(self.unexpected()),
        }
    }

    /// `EXPLAIN [ANALYZE] [VERBOSE] statement`, `EXPLAIN (options) statement`
    fn explain(&mut self) -> Parsed<Utility> {
        self.skip(1);
        let (mut analyze, mut verbose, mut json) = (false, false, false);
        if self.is('(') && !self.begins_query(1) && !self.is_ahead(1, '(') {
            let options = self.parenthesized(|parser| {
                let pos = parser.pos();
                let name = parser.label()?.text;
                let value = match parser.is(',') || parser.is(')') {
                    true => None,
                    false => Some(parser.explain_value()?),
                };
                Ok((name, value, pos))
            })?;
            for (name, value, pos) in options {
                let on = !matches!(value.as_deref(), Some("off" | "false" | "0"));
                match (&*name, value.as_deref()) {
                    ("analyze", _) => analyze = on,
                    ("verbose", _) => verbose = on,
                    ("format", Some("text")) => json = false,
                    ("format", Some("json")) => json = true,
                    ("format", _) => return self.unsupported("this EXPLAIN format", pos),
                    ("costs" | "timing" | "summary" | "buffers" | "settings" | "wal", _) => {}
                    (name, _) => {
                        let error = format!("unrecognized EXPLAIN option \"{name}\"");
                        return Err(
                            cairn_sql_types::SqlError::new(cairn_sql_types::SqlState::SYNTAX_ERROR, error).at(pos + 1)
                        );
                    }
                }
            }
        } else {
            analyze = self.eat_word("analyze") || self.eat_word("analyse");
            verbose = self.eat_word("verbose");
        }
        let statement = Box::new(self.statement()?);
        Ok(Utility::Explain { analyze, verbose, json, statement })
    }

    fn explain_value(&mut self) -> Parsed<String> {
        use crate::syntax::token::TokenKind;
        let value = match self.kind().clone() {
            TokenKind::Word(text) | TokenKind::Quoted(text) | TokenKind::Text(text) | TokenKind::Integer(text) => text,
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        Ok(value.to_lowercase())
    }

    /// `VACUUM [(options)] [FULL] [FREEZE] [VERBOSE] [ANALYZE] [tables]`, `ANALYZE [VERBOSE] [tables]`
    fn vacuum(&mut self) -> Parsed<Utility> {
        let vacuum = self.is_word("vacuum");
        self.skip(1);
        if self.is('(') {
            self.parenthesized(|parser| {
                parser.label()?;
                if !parser.is(',') && !parser.is(')') {
                    parser.explain_value()?;
                }
                Ok(())
            })?;
        } else {
            let words: &[&str] =
                if vacuum { &["full", "freeze", "verbose", "analyze", "analyse"] } else { &["verbose"] };
            for word in words {
                self.eat_word(word);
            }
        }
        let mut tables = Vec::new();
        if self.is_name() {
            tables = self.list(|parser| {
                let name = parser.object_name()?;
                let columns = if parser.is('(') { parser.parenthesized(Self::name)? } else { Vec::new() };
                Ok((name, columns))
            })?;
        }
        Ok(Utility::Vacuum { tables, vacuum })
    }

    /// `LOCK [TABLE] tables [IN mode MODE] [NOWAIT]`
    fn lock_table(&mut self) -> Parsed<Utility> {
        self.skip(1);
        self.eat_word("table");
        let tables = self.list(|parser| {
            parser.eat_word("only");
            let name = parser.object_name()?;
            parser.eat_operator("*");
            Ok(name)
        })?;
        if self.eat_word("in") {
            while matches!(self.word_ahead(0), Some("access" | "share" | "row" | "exclusive" | "update")) {
                self.skip(1);
            }
            self.expect_word("mode")?;
        }
        let nowait = self.eat_word("nowait");
        Ok(Utility::LockTable { tables, nowait })
    }
}

fn ddl(ddl: Ddl) -> Statement {
    Statement::Ddl(Box::new(ddl))
}
