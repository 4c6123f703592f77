//! The parser: recursive descent over tokens, PostgreSQL 15's grammar as far as Cairn speaks it.
//!
//! Two things keep hostile text from exhausting the stack: recursion measures the stack it has used, and the height of
//! the tree that left-deep chains (`1+1+1+...`) build is counted. Both answer SQLSTATE 54001.

mod call;
mod copy;
mod create_index;
mod create_table;
mod cursor;
mod ddl;
mod dml;
mod expr;
mod from;
mod infix;
mod primary;
mod query;
mod sequence;
mod settings;
mod statement;
mod transaction;
mod types;

use cairn_sql_types::{SqlError, SqlState};

use crate::notice::Notice;
use crate::stack::StackGuard;
use crate::syntax::ast::{Name, ObjectName, Statement};
use crate::syntax::keyword::{Class, class};
use crate::syntax::lexer::tokenize;
use crate::syntax::token::{Pos, Token, TokenKind};

/// The highest tree that left-deep chains may build.
const HEIGHT_MAX: usize = 1000;
/// The longest identifier, in bytes (PostgreSQL's NAMEDATALEN - 1).
pub(crate) const NAME_BYTES_MAX: usize = 63;

type Parsed<T> = Result<T, SqlError>;

/// A statement with the byte range it came from.
pub(crate) struct Located {
    pub(crate) statement: Statement,
    pub(crate) start: Pos,
    pub(crate) end: Pos,
    pub(crate) notices: Vec<Notice>,
}

/// Parses all statements of a text; empty ones are skipped.
pub(crate) fn parse_statements(text: &str) -> Parsed<Vec<Located>> {
    let mut parser = Parser::new(text)?;
    let mut statements = Vec::new();
    loop {
        while parser.eat(';') {}
        if parser.at_end() {
            return Ok(statements);
        }
        let start = parser.pos();
        let statement = parser.statement()?;
        let end = parser.previous_end();
        if !parser.at_end() && !parser.is(';') {
            return Err(parser.unexpected());
        }
        let notices = std::mem::take(&mut parser.notices);
        statements.push(Located { statement, start, end, notices });
    }
}

/// Parses a text that is one expression (column defaults and checks kept as text).
pub(crate) fn parse_expression(text: &str) -> Parsed<crate::syntax::ast::Expr> {
    let mut parser = Parser::new(text)?;
    let expr = parser.expr()?;
    if parser.at_end() { Ok(expr) } else { Err(parser.unexpected()) }
}

/// Tokens and the reading position.
pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// Height of the tallest tree since it was last reset by [`Parser::expr`].
    height: usize,
    stack: StackGuard,
    notices: Vec<Notice>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parsed<Self> {
        let tokens = tokenize(text)?;
        Ok(Self { text, tokens, at: 0, height: 0, stack: StackGuard::new(), notices: Vec::new() })
    }

    // Looking.

    fn token(&self) -> &Token {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + count).min(last)]
    }

    fn kind(&self) -> &TokenKind {
        &self.token().kind
    }

    fn pos(&self) -> Pos {
        self.token().start
    }

    fn previous_end(&self) -> Pos {
        self.at.checked_sub(1).map_or(0, |at| self.tokens[at].end)
    }

    fn at_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    fn is(&self, punct: char) -> bool {
        *self.kind() == TokenKind::Punct(punct)
    }

    fn is_ahead(&self, count: usize, punct: char) -> bool {
        self.ahead(count).kind == TokenKind::Punct(punct)
    }

    /// The unquoted word at this token.
    fn word_ahead(&self, count: usize) -> Option<&str> {
        match &self.ahead(count).kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word_ahead(0) == Some(word)
    }

    fn are_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(count, word)| self.word_ahead(count) == Some(word))
    }

    fn is_operator(&self, symbol: &str) -> bool {
        matches!(self.kind(), TokenKind::Operator(found) if &**found == symbol)
    }

    // Moving.

    fn advance(&mut self) -> Token {
        let token = self.token().clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.tokens.len() - 1);
    }

    fn eat(&mut self, punct: char) -> bool {
        let found = self.is(punct);
        self.skip(usize::from(found));
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.skip(usize::from(found));
        found
    }

    fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = self.are_words(words);
        self.skip(if found { words.len() } else { 0 });
        found
    }

    fn eat_operator(&mut self, symbol: &str) -> bool {
        let found = self.is_operator(symbol);
        self.skip(usize::from(found));
        found
    }

    fn expect(&mut self, punct: char) -> Parsed<()> {
        if self.eat(punct) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_words(&mut self, words: &[&str]) -> Parsed<()> {
        words.iter().try_for_each(|word| self.expect_word(word))
    }

    fn expect_operator(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat_operator(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Tries a rule; moves back when it fails.
    fn attempt<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Option<T> {
        let (at, notices) = (self.at, self.notices.len());
        let found = rule(self);
        if found.is_err() {
            self.at = at;
            self.notices.truncate(notices);
        }
        found.ok()
    }

    /// One or more, separated by commas.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(',') {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `( one, or, more )`
    fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect('(')?;
        let items = self.list(item)?;
        self.expect(')')?;
        Ok(items)
    }

    // Errors.

    /// `syntax error at or near "token"`
    fn unexpected(&self) -> SqlError {
        self.unexpected_at(self.token())
    }

    fn unexpected_at(&self, token: &Token) -> SqlError {
        let near = self.text.get(token.start as usize..token.end as usize).unwrap_or_default();
        let message = match near {
            "" => "syntax error at end of input".to_owned(),
            near => format!("syntax error at or near \"{near}\""),
        };
        SqlError::new(SqlState::SYNTAX_ERROR, message).at(token.start + 1)
    }

    fn unsupported<T>(&self, what: &str, pos: Pos) -> Parsed<T> {
        Err(SqlError::unsupported(what).at(pos + 1))
    }

    fn check_stack(&self) -> Parsed<()> {
        self.stack.check()
    }

    fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > HEIGHT_MAX { Err(crate::stack::too_deep()) } else { Ok(()) }
    }

    // Names.

    /// An identifier, cut to 63 bytes.
    fn name_from(&mut self, text: &str, pos: Pos) -> Name {
        if text.len() <= NAME_BYTES_MAX {
            return Name { text: text.into(), pos };
        }
        let cut = (0..=NAME_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let short = &text[..cut];
        self.notices.push(Notice::new(
            SqlState::NAME_TOO_LONG,
            format!("identifier \"{text}\" will be truncated to \"{short}\""),
        ));
        Name { text: short.into(), pos }
    }

    fn name_of(&mut self, accept: impl Fn(Class) -> bool) -> Parsed<Name> {
        let token = self.token().clone();
        match &token.kind {
            TokenKind::Quoted(text) => {
                self.skip(1);
                Ok(self.name_from(text, token.start))
            }
            TokenKind::Word(text) if accept(class(text)) => {
                self.skip(1);
                Ok(self.name_from(text, token.start))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// ColId: names of columns, tables, aliases.
    fn name(&mut self) -> Parsed<Name> {
        self.name_of(|class| matches!(class, Class::Unreserved | Class::ColumnName))
    }

    /// ColLabel: anything.
    fn label(&mut self) -> Parsed<Name> {
        self.name_of(|_| true)
    }

    /// Names of functions and types.
    fn function_or_type_name(&mut self) -> Parsed<Name> {
        self.name_of(|class| matches!(class, Class::Unreserved | Class::TypeFunction))
    }

    fn is_name(&self) -> bool {
        match self.kind() {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) => matches!(class(word), Class::Unreserved | Class::ColumnName),
            _ => false,
        }
    }

    /// `a`, `schema.a`, `database.schema.a`
    fn object_name(&mut self) -> Parsed<ObjectName> {
        let first = self.name()?;
        self.object_name_from(first)
    }

    fn object_name_from(&mut self, first: Name) -> Parsed<ObjectName> {
        let mut parts = vec![first];
        while self.eat('.') {
            parts.push(self.label()?);
        }
        if parts.len() > 3 {
            let name = ObjectName { parts };
            return Err(SqlError::new(
                SqlState::SYNTAX_ERROR,
                format!("improper qualified name (too many dotted names): {}", name.display()),
            )
            .at(name.pos() + 1));
        }
        Ok(ObjectName { parts })
    }

    /// An integer constant with optional sign.
    fn signed_integer(&mut self) -> Parsed<i64> {
        let token = self.token().clone();
        let negative = self.eat_operator("-");
        if !negative {
            self.eat_operator("+");
        }
        let TokenKind::Integer(digits) = self.kind().clone() else { return Err(self.unexpected()) };
        self.skip(1);
        let text = if negative { format!("-{digits}") } else { digits.into_string() };
        text.parse().map_err(|_| {
            SqlError::new(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("value \"{text}\" is out of range for type bigint"),
            )
            .at(token.start + 1)
        })
    }

    fn text_constant(&mut self) -> Parsed<Box<str>> {
        match self.kind().clone() {
            TokenKind::Text(text) => {
                self.skip(1);
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }
}
