//! DECLARE, FETCH, MOVE, CLOSE, PREPARE, EXECUTE, DEALLOCATE.

use super::{Parsed, Parser};
use crate::syntax::ddl::Utility;
use crate::syntax::token::TokenKind;
use crate::utility::FetchDirection;

impl Parser<'_> {
    pub(super) fn declare(&mut self) -> Parsed<Utility> {
        self.skip(1);
        let name = self.name()?;
        let (mut scroll, mut hold) = (false, false);
        loop {
            let pos = self.pos();
            match self.word_ahead(0) {
                Some("binary") => return self.unsupported("a binary cursor", pos),
                Some("asensitive" | "insensitive") => self.skip(1),
                Some("no") => {
                    self.skip(1);
                    self.expect_word("scroll")?;
                }
                Some("scroll") => {
                    self.skip(1);
                    scroll = true;
                }
                _ => break,
            }
        }
        self.expect_word("cursor")?;
        if self.eat_words(&["with", "hold"]) {
            hold = true;
        } else {
            self.eat_words(&["without", "hold"]);
        }
        self.expect_word("for")?;
        let query = Box::new(self.query()?);
        Ok(Utility::Declare { name, query, hold, scroll })
    }

    pub(super) fn fetch(&mut self) -> Parsed<Utility> {
        let is_move = self.is_word("move");
        self.skip(1);
        let direction = self.fetch_direction()?;
        let _ = self.eat_word("from") || self.eat_word("in");
        let name = self.name()?;
        Ok(Utility::Fetch { name, direction, is_move })
    }

    fn fetch_direction(&mut self) -> Parsed<FetchDirection> {
        let counted = matches!(self.kind(), TokenKind::Integer(_)) || self.is_operator("-") || self.is_operator("+");
        if counted {
            return Ok(FetchDirection::Forward(self.signed_integer()?));
        }
        // A cursor may be called like a direction: then nothing follows it.
        let last = matches!(self.ahead(1).kind, TokenKind::End | TokenKind::Punct(';'));
        let Some(word) = self.word_ahead(0).filter(|_| !last).map(str::to_owned) else {
            return Ok(FetchDirection::Forward(1));
        };
        let pos = self.pos();
        self.skip(1);
        Ok(match &*word {
            "next" => FetchDirection::Forward(1),
            "prior" => FetchDirection::Forward(-1),
            "first" => FetchDirection::Absolute(1),
            "last" => FetchDirection::Absolute(-1),
            "absolute" => FetchDirection::Absolute(self.signed_integer()?),
            "relative" => FetchDirection::Relative(self.signed_integer()?),
            "all" => FetchDirection::All,
            "forward" if self.eat_word("all") => FetchDirection::All,
            "forward" => FetchDirection::Forward(self.optional_count()?),
            "backward" if self.is_word("all") => return self.unsupported("FETCH BACKWARD ALL", pos),
            "backward" => FetchDirection::Forward(self.optional_count()?.saturating_neg()),
            _ => {
                self.at -= 1;
                FetchDirection::Forward(1)
            }
        })
    }

    fn optional_count(&mut self) -> Parsed<i64> {
        let counted = matches!(self.kind(), TokenKind::Integer(_)) || self.is_operator("-") || self.is_operator("+");
        if counted { self.signed_integer() } else { Ok(1) }
    }

    pub(super) fn close(&mut self) -> Parsed<Utility> {
        self.skip(1);
        Ok(Utility::Close(if self.eat_word("all") { None } else { Some(self.name()?) }))
    }

    pub(super) fn prepare(&mut self) -> Parsed<Utility> {
        let pos = self.pos();
        self.skip(1);
        if self.is_word("transaction") {
            return self.unsupported("PREPARE TRANSACTION", pos);
        }
        let name = self.name()?;
        let types = if self.is('(') { self.parenthesized(Self::type_name)? } else { Vec::new() };
        self.expect_word("as")?;
        let start = self.pos();
        let inner = self.statement()?;
        if matches!(inner, crate::syntax::ast::Statement::Ddl(_) | crate::syntax::ast::Statement::Utility(_)) {
            let error = cairn_sql_types::SqlError::new(
                cairn_sql_types::SqlState::SYNTAX_ERROR,
                "utility statements cannot be prepared",
            );
            return Err(error.at(start + 1));
        }
        Ok(Utility::Prepare { name, types, text: (start, self.previous_end()) })
    }

    pub(super) fn execute(&mut self) -> Parsed<Utility> {
        self.skip(1);
        let name = self.name()?;
        let args = if self.is('(') { self.parenthesized(Self::expr)? } else { Vec::new() };
        Ok(Utility::Execute { name, args })
    }

    pub(super) fn deallocate(&mut self) -> Parsed<Utility> {
        self.skip(1);
        self.eat_word("prepare");
        Ok(Utility::Deallocate(if self.eat_word("all") { None } else { Some(self.name()?) }))
    }
}
