//! # cairn-sql-binder: from text to the typed tree
//!
//! PostgreSQL's behaviour is the specification: which statement a text is, what its names mean, which overload an operator is, which
//! coercions happen silently, and how every refusal reads, down to SQLSTATE and position.
//!
//! ```text
//! lift("select b from t where a = 17")   -> "select b from t where a = $1", kinds "4"      one scan, for the plan cache
//!
//! parse(text)                            -> [ParsedStatement]                              syntax only; knows no catalog
//!
//! Binder::new(catalog, settings, eval, parameters).bind(&parsed)
//!                                        -> Bound { statement: tree::Statement,            what to do
//!                                                   params, columns, tables, flags, notices }
//! ```
//!
//! **Promises**
//! - The tree is complete: both back ends execute it without asking what something means. Every expression has a type, every operator and function
//!   is a kernel of `cairn-sql-types`, every implicit coercion stands in the tree, every relation has its own identity, so no name can be captured.
//! - Nothing is ignored: a clause is in the tree, changes nothing by definition (a comment says why), or is refused with 0A000 and its name.
//! - No text panics, hangs or overflows the stack: recursion is limited by measured stack ([`parse()`] and bind use at most 1 MiB, so a
//!   thread needs 2), height of left-deep trees by a count. Both answer 54001.
//! - Binding does not run anything: it reads literals and folds immutable calls on constants, and a fold that fails leaves the call where it
//!   stands, so that its error appears only if the call is reached.
//!
//! **Model.** Three layers in this crate, each in its folder: `syntax` (tokens, keywords, syntax trees), `parse` (recursive descent), `bind` (names, types,
//! rules). [`tree`], [`ddl`] and [`utility`] are the contract with the session and the back ends. Columns that a subquery takes from outside
//! are listed in [`tree::Subquery::outer`]; in a subquery behind the grouping stage these are columns of FROM that are also group keys.
//!
//! **Types of parameters.** A parameter may be declared, inferred from its use, or a literal that [`lift()`] took out of the text. A lifted
//! literal keeps its own type, so that overloads resolve as if it still stood there; a lifted string resolves as an unknown literal does.
//!
//! **Missing on purpose.** Composite types, functions written by users, privileges, and what `docs/differences.md` lists. View texts are bound again at use,
//! so a view does not follow renames of the columns that it reads.

mod bind;
pub mod ddl;
mod deparse;
mod dependencies;
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
pub use dependencies::relations_named;
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
