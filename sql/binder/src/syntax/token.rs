//! Tokens.

/// Byte offset into the text that was given to [`crate::parse`].
pub(crate) type Pos = u32;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it starts.
    pub(crate) start: Pos,
    /// Where it ends (exclusive).
    pub(crate) end: Pos,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A keyword or unquoted identifier, folded to lower case.
    Word(Box<str>),
    /// `"identifier"` or `U&"identifier"`
    Quoted(Box<str>),
    /// An integer without sign, as written.
    Integer(Box<str>),
    /// A number with point or exponent, as written.
    Decimal(Box<str>),
    /// Any string constant, escapes resolved.
    Text(Box<str>),
    /// `B'101'`
    Bits(Box<str>),
    /// `X'1f'`
    Hex(Box<str>),
    /// `$n`
    Param(u32),
    /// `+`, `||`, `<=`, ...
    Operator(Box<str>),
    /// `( ) [ ] , ; . :`
    Punct(char),
    /// `::`
    DoubleColon,
    /// `:=`
    ColonEquals,
    /// `=>`
    Arrow,
    /// End of the text.
    End,
}
