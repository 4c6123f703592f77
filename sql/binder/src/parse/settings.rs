//! SET, RESET, SHOW, DISCARD.

use super::{Parsed, Parser};
use crate::syntax::ddl::Utility;
use crate::syntax::token::TokenKind;
use crate::utility::{Discard, Utility as Bound};

impl Parser<'_> {
    pub(super) fn set(&mut self) -> Parsed<Utility> {
        self.skip(1);
        if self.eat_words(&["session", "characteristics", "as", "transaction"]) {
            return Ok(Utility::Plain(Bound::SetSessionCharacteristics(self.transaction_modes(true)?)));
        }
        let local = self.eat_word("local");
        if !local {
            self.eat_word("session");
        }
        let pos = self.pos();
        match self.word_ahead(0) {
            Some("transaction") => {
                self.skip(1);
                if self.is_word("snapshot") {
                    return self.unsupported("SET TRANSACTION SNAPSHOT", pos);
                }
                return Ok(Utility::Plain(Bound::SetTransaction(self.transaction_modes(true)?)));
            }
            Some("constraints") => return self.unsupported("SET CONSTRAINTS", pos),
            Some("role") => return self.unsupported("SET ROLE", pos),
            Some("authorization") => return self.unsupported("SET SESSION AUTHORIZATION", pos),
            _ => {}
        }
        if self.eat_words(&["time", "zone"]) {
            let value = self.time_zone()?;
            return Ok(Utility::Plain(Bound::Set { local, name: "timezone".to_owned(), value }));
        }
        if self.eat_word("names") {
            let value = if self.eat_word("default") { None } else { Some(vec![self.text_constant()?.into_string()]) };
            return Ok(Utility::Plain(Bound::Set { local, name: "client_encoding".to_owned(), value }));
        }
        if self.eat_word("schema") {
            let value = Some(vec![self.text_constant()?.into_string()]);
            return Ok(Utility::Plain(Bound::Set { local, name: "search_path".to_owned(), value }));
        }
        let name = self.setting_name()?;
        if !(self.eat_word("to") || self.eat_operator("=")) {
            return Err(self.unexpected());
        }
        let value = match self.eat_word("default") {
            true => None,
            false => Some(self.list(Self::setting_value)?),
        };
        Ok(Utility::Plain(Bound::Set { local, name, value }))
    }

    /// `a` or `extension.a`, lower case.
    fn setting_name(&mut self) -> Parsed<String> {
        let mut name = self.name()?.text.into_string();
        while self.eat('.') {
            name.push('.');
            name.push_str(&self.name()?.text);
        }
        Ok(name.to_lowercase())
    }

    fn setting_value(&mut self) -> Parsed<String> {
        let sign = match () {
            () if self.eat_operator("-") => "-",
            () => {
                self.eat_operator("+");
                ""
            }
        };
        let value = match self.kind().clone() {
            TokenKind::Integer(text) | TokenKind::Decimal(text) => format!("{sign}{text}"),
            TokenKind::Text(text) | TokenKind::Word(text) | TokenKind::Quoted(text) if sign.is_empty() => {
                text.into_string()
            }
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        Ok(value)
    }

    /// `SET TIME ZONE 'x' | n | interval '..' | LOCAL | DEFAULT`
    fn time_zone(&mut self) -> Parsed<Option<Vec<String>>> {
        if self.eat_word("local") || self.eat_word("default") {
            return Ok(None);
        }
        if self.eat_word("interval") {
            let text = self.text_constant()?.into_string();
            let _ = self.eat_words(&["hour", "to", "minute"]) || self.eat_word("hour");
            // Hours east; a zone's name counts them west, as POSIX does.
            let west = match text.strip_prefix('-') {
                Some(hours) => format!("+{hours}"),
                None => format!("-{}", text.trim_start_matches('+')),
            };
            return Ok(Some(vec![west]));
        }
        Ok(Some(vec![self.setting_value()?]))
    }

    pub(super) fn reset(&mut self) -> Parsed<Utility> {
        self.skip(1);
        if self.eat_word("all") {
            return Ok(Utility::Plain(Bound::Reset(None)));
        }
        let name = self.shown_name()?;
        Ok(Utility::Plain(Bound::Reset(Some(name))))
    }

    pub(super) fn show(&mut self) -> Parsed<Utility> {
        self.skip(1);
        if self.eat_word("all") {
            return Ok(Utility::Plain(Bound::Show(None)));
        }
        let name = self.shown_name()?;
        Ok(Utility::Plain(Bound::Show(Some(name))))
    }

    fn shown_name(&mut self) -> Parsed<String> {
        if self.eat_words(&["time", "zone"]) {
            return Ok("timezone".to_owned());
        }
        if self.eat_words(&["transaction", "isolation", "level"]) {
            return Ok("transaction_isolation".to_owned());
        }
        if self.eat_words(&["session", "authorization"]) {
            return Ok("session_authorization".to_owned());
        }
        self.setting_name()
    }

    pub(super) fn discard(&mut self) -> Parsed<Utility> {
        self.skip(1);
        let what = match self.word_ahead(0) {
            Some("all") => Discard::All,
            Some("plans") => Discard::Plans,
            Some("sequences") => Discard::Sequences,
            Some("temp" | "temporary") => Discard::Temp,
            _ => return Err(self.unexpected()),
        };
        self.skip(1);
        Ok(Utility::Discard(what))
    }
}
