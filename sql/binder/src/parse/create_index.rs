//! CREATE \[UNIQUE\] INDEX.

use super::{Parsed, Parser};
use crate::syntax::ddl::{CreateIndex, Ddl};

impl Parser<'_> {
    /// Behind CREATE \[UNIQUE\] INDEX.
    pub(super) fn create_index(&mut self, unique: bool) -> Parsed<Ddl> {
        let pos = self.pos();
        if self.is_word("concurrently") {
            return self.unsupported("CREATE INDEX CONCURRENTLY", pos);
        }
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        let name = if self.is_word("on") { None } else { Some(self.name()?) };
        self.expect_word("on")?;
        self.eat_word("only");
        let table = self.object_name()?;
        let method = if self.eat_word("using") { Some(self.name()?) } else { None };
        let columns = self.parenthesized(|parser| {
            let expr_pos = parser.pos();
            let mut item = parser.sort_by_index()?;
            item.expr.pos = expr_pos;
            Ok(item)
        })?;
        let pos = self.pos();
        match self.word_ahead(0) {
            Some("include") => return self.unsupported("INCLUDE columns of an index", pos),
            Some("nulls") if self.are_words(&["nulls", "not", "distinct"]) => {
                return self.unsupported("NULLS NOT DISTINCT", pos);
            }
            Some("with") => return self.unsupported("storage parameters of an index", pos),
            Some("tablespace") => return self.unsupported("a tablespace", pos),
            Some("where") => return self.unsupported("a partial index", pos),
            _ => {}
        }
        Ok(Ddl::CreateIndex(CreateIndex { name, if_not_exists, unique, table, method, columns }))
    }

    /// `column [opclass] [ASC|DESC] [NULLS ..]`
    fn sort_by_index(&mut self) -> Parsed<crate::syntax::ast::SortBy> {
        let checkpoint = self.at;
        let expr = self.expr()?;
        let pos = self.pos();
        if self.is_name() && !matches!(self.word_ahead(0), Some("nulls")) {
            return self.unsupported("an operator class of an index", pos);
        }
        self.at = checkpoint;
        drop(expr);
        self.sort_by()
    }
}
