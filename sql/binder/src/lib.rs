//! # cairn-sql-binder: from text to the typed tree (being written)
mod bind;
pub mod ddl;
mod deparse;
mod key_query;
mod lift;
pub mod notice;
mod parse;
mod position;
mod settings;
mod stack;
mod syntax;
pub mod tree;
pub mod utility;
mod walk;

use std::ops::Range;
use std::sync::Arc;

use cairn_sql_types::SqlError;

pub use bind::Binder;
pub use key_query::{KeyQuery, ROW_ID_TYPE};
pub use lift::{Lifted, Literal, LiteralKind, lift};
pub use notice::Notice;
pub use settings::{BindSettings, Bound, Flags, Parameter, TableUse};

/// A statement as written: syntax only, bound to nothing.
#[derive(Clone, Debug)]
pub struct ParsedStatement {
    /// The text it was part of.
    pub source: Arc<str>,
    /// Its bytes in that text.
    pub range: Range<usize>,
    pub(crate) tree: Arc<syntax::ast::Statement>,
    pub(crate) notices: Vec<Notice>,
}

impl ParsedStatement {
    /// The statement's own text.
    pub fn text(&self) -> &str {
        self.source.get(self.range.clone()).unwrap_or_default()
    }
}

/// Parses a text of any number of statements.
///
/// Errors: 42601 `syntax error at or near "x"`, 0A000 for statements that Cairn does not have, 54001 for too deep nesting; the
/// position is in characters from 1.
pub fn parse(text: &str) -> Result<Vec<ParsedStatement>, SqlError> {
    let located = parse::parse_statements(text).map_err(|error| position::in_characters(error, text))?;
    let source: Arc<str> = Arc::from(text);
    let statement = |located: parse::Located| ParsedStatement {
        source: source.clone(),
        range: located.start as usize..located.end as usize,
        tree: Arc::new(located.statement),
        notices: located.notices,
    };
    Ok(located.into_iter().map(statement).collect())
}
