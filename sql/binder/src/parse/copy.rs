//! COPY, in the present syntax (`WITH (FORMAT csv, ...)`) and the old one (`WITH CSV HEADER`).

use super::{Parsed, Parser};
use crate::syntax::ddl::{Copy, CopyOption, Utility};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    pub(super) fn copy(&mut self) -> Parsed<Utility> {
        self.skip(1);
        let mut copy = Copy { table: None, columns: Vec::new(), query: None, from: false, options: Vec::new() };
        let pos = self.pos();
        if self.is('(') {
            if matches!(self.word_ahead(1), Some("insert" | "update" | "delete")) {
                return self.unsupported("COPY of a data-modifying statement", pos);
            }
            copy.query = Some(Box::new(self.parenthesized_query()?.ok_or_else(|| self.unexpected())?));
            self.expect_word("to")?;
        } else {
            let binary = self.eat_word("binary");
            if binary {
                return self.unsupported("COPY in binary format", pos);
            }
            copy.table = Some(self.object_name()?);
            if self.is('(') {
                copy.columns = self.parenthesized(Self::name)?;
            }
            copy.from = self.eat_word("from");
            if !copy.from {
                self.expect_word("to")?;
            }
        }
        self.copy_target(copy.from)?;
        self.old_delimiters(&mut copy)?;
        self.eat_word("with");
        copy.options.extend(if self.is('(') { self.copy_options()? } else { self.old_copy_options()? });
        let pos = self.pos();
        if self.is_word("where") {
            return self.unsupported("COPY ... WHERE", pos);
        }
        Ok(Utility::Copy(Box::new(copy)))
    }

    /// STDIN or STDOUT: files and programs of the server are not reachable through SQL.
    fn copy_target(&mut self, from: bool) -> Parsed<()> {
        let pos = self.pos();
        if self.eat_word("stdin") || self.eat_word("stdout") {
            return Ok(());
        }
        match self.kind() {
            TokenKind::Text(_) => self.unsupported(if from { "COPY from a file" } else { "COPY to a file" }, pos),
            TokenKind::Word(word) if &**word == "program" => self.unsupported("COPY with PROGRAM", pos),
            _ => Err(self.unexpected()),
        }
    }

    fn old_delimiters(&mut self, copy: &mut Copy) -> Parsed<()> {
        let pos = self.pos();
        if self.are_words(&["using", "delimiters"]) || self.is_word("delimiters") {
            self.eat_word("using");
            self.skip(1);
            let value = Some(self.text_constant()?.into_string());
            copy.options.push(CopyOption { name: "delimiter".into(), value, columns: Vec::new(), star: false, pos });
        }
        Ok(())
    }

    /// `( name [value], ... )`
    fn copy_options(&mut self) -> Parsed<Vec<CopyOption>> {
        self.parenthesized(|parser| {
            let pos = parser.pos();
            let name = parser.label()?.text;
            let mut option = CopyOption { name, value: None, columns: Vec::new(), star: false, pos };
            let sign = if parser.eat_operator("-") { "-" } else { "" };
            match parser.kind().clone() {
                TokenKind::Punct('(') => option.columns = parser.parenthesized(Self::name)?,
                TokenKind::Operator(symbol) if &*symbol == "*" => {
                    parser.skip(1);
                    option.star = true;
                }
                TokenKind::Word(text)
                | TokenKind::Quoted(text)
                | TokenKind::Text(text)
                | TokenKind::Integer(text)
                | TokenKind::Decimal(text) => {
                    parser.skip(1);
                    option.value = Some(format!("{sign}{text}"));
                }
                _ => {}
            }
            Ok(option)
        })
    }

    /// `CSV HEADER DELIMITER ';' NULL '' FORCE QUOTE *`
    fn old_copy_options(&mut self) -> Parsed<Vec<CopyOption>> {
        let mut options = Vec::new();
        loop {
            let pos = self.pos();
            let Some(word) = self.word_ahead(0).map(str::to_owned) else { return Ok(options) };
            let mut option =
                CopyOption { name: word.as_str().into(), value: None, columns: Vec::new(), star: false, pos };
            match &*word {
                "binary" | "csv" => {
                    self.skip(1);
                    option.name = "format".into();
                    option.value = Some(word);
                }
                "header" | "freeze" => self.skip(1),
                "delimiter" | "null" | "quote" | "escape" | "encoding" => {
                    self.skip(1);
                    self.eat_word("as");
                    option.value = Some(self.text_constant()?.into_string());
                }
                "force" => {
                    self.skip(1);
                    option.name = self.forced_name()?.into();
                    if self.eat_operator("*") {
                        option.star = true;
                    } else {
                        option.columns = self.list(Self::name)?;
                    }
                }
                _ => return Ok(options),
            }
            options.push(option);
        }
    }

    fn forced_name(&mut self) -> Parsed<&'static str> {
        if self.eat_word("quote") {
            return Ok("force_quote");
        }
        if self.eat_words(&["not", "null"]) {
            return Ok("force_not_null");
        }
        self.expect_word("null")?;
        Ok("force_null")
    }
}
