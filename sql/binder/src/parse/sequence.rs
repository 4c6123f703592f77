//! Options of CREATE and ALTER SEQUENCE and of identity columns.

use super::{Parsed, Parser};
use crate::syntax::ast::ObjectName;
use crate::syntax::ddl::SequenceOption;

impl Parser<'_> {
    /// Options in any order, as many as there are.
    pub(super) fn sequence_options(&mut self) -> Parsed<Vec<SequenceOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        Ok(options)
    }

    fn sequence_option(&mut self) -> Parsed<Option<SequenceOption>> {
        let pos = self.pos();
        let Some(word) = self.word_ahead(0).map(str::to_owned) else { return Ok(None) };
        let negated = word == "no";
        let word = if negated { self.word_ahead(1).unwrap_or_default().to_owned() } else { word };
        if negated && !matches!(&*word, "minvalue" | "maxvalue" | "cycle") {
            return Ok(None);
        }
        let known = ["as", "increment", "minvalue", "maxvalue", "start", "restart", "cache", "cycle", "owned"];
        if !known.contains(&&*word) {
            return Ok(None);
        }
        self.skip(1 + usize::from(negated));
        Ok(Some(match &*word {
            "as" => SequenceOption::As(self.type_name()?),
            "increment" => {
                self.eat_word("by");
                SequenceOption::Increment(self.signed_integer()?, pos)
            }
            "minvalue" if negated => SequenceOption::Min(None, pos),
            "minvalue" => SequenceOption::Min(Some(self.signed_integer()?), pos),
            "maxvalue" if negated => SequenceOption::Max(None, pos),
            "maxvalue" => SequenceOption::Max(Some(self.signed_integer()?), pos),
            "start" => {
                self.eat_word("with");
                SequenceOption::Start(self.signed_integer()?, pos)
            }
            "restart" => {
                let with = self.eat_word("with");
                let number =
                    with || matches!(self.kind(), crate::syntax::token::TokenKind::Integer(_)) || self.is_operator("-");
                SequenceOption::Restart(if number { Some(self.signed_integer()?) } else { None }, pos)
            }
            "cache" => SequenceOption::Cache(self.signed_integer()?, pos),
            "cycle" => SequenceOption::Cycle(!negated, pos),
            _ => {
                self.expect_word("by")?;
                let owner = self.any_name()?;
                SequenceOption::OwnedBy(if owner.display() == "none" { None } else { Some(owner) }, pos)
            }
        }))
    }

    /// A dotted name with any number of parts.
    pub(super) fn any_name(&mut self) -> Parsed<ObjectName> {
        let mut parts = vec![self.label()?];
        while self.eat('.') {
            parts.push(self.label()?);
        }
        Ok(ObjectName { parts })
    }
}
