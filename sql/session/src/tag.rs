//! Command tags: what CommandComplete says. PostgreSQL documentation, "Message Formats".

use std::borrow::Cow;
use std::fmt;

/// A command's words, and for statements about rows their number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    words: Cow<'static, str>,
    rows: Option<u64>,
}

impl Tag {
    /// A tag without a number.
    pub const fn words(words: &'static str) -> Self {
        Self { words: Cow::Borrowed(words), rows: None }
    }

    /// `words` about so many rows.
    pub const fn rows(words: &'static str, rows: u64) -> Self {
        Self { words: Cow::Borrowed(words), rows: Some(rows) }
    }
}

impl From<String> for Tag {
    fn from(words: String) -> Self {
        Self { words: Cow::Owned(words), rows: None }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            Some(rows) => write!(f, "{} {rows}", self.words),
            None => f.write_str(&self.words),
        }
    }
}
