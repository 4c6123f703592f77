//! Messages from the client, decoded without copying and without trusting a single length.
//! PostgreSQL documentation, chapter 55.7 "Message Formats".

use cairn_sql_types::io::receive;
use cairn_sql_types::{SqlState, TypeId};

/// A message longer than this is refused, as PostgreSQL does (`PQ_LARGE_MESSAGE_LIMIT`: 1 GiB - 1).
pub const MESSAGE_BYTES_MAX: usize = (1 << 30) - 1;
/// A message of a kind that is short by nature is refused above this (`PQ_SMALL_MESSAGE_LIMIT`).
pub const SMALL_MESSAGE_BYTES_MAX: usize = 10_000;
/// Start-up packets are limited harder (`MAX_STARTUP_PACKET_LENGTH`).
pub const STARTUP_BYTES_MAX: usize = 10_000;

/// One message of the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Frontend<'a> {
    /// Simple query: statements as text.
    Query(&'a str),
    /// Prepares a statement.
    Parse {
        /// Statement name, empty for the unnamed one.
        name: &'a str,
        /// The text.
        query: &'a str,
        /// Parameter types, 0 where the server shall infer.
        types: Fields<'a, u32>,
    },
    /// Makes a portal of a statement.
    Bind(Bind<'a>),
    /// Asks for a description: of a statement (true) or a portal.
    Describe {
        /// A statement, not a portal.
        statement: bool,
        /// Its name.
        name: &'a str,
    },
    /// Runs a portal.
    Execute {
        /// Portal name.
        portal: &'a str,
        /// Most rows to return; 0: all.
        rows_max: i32,
    },
    /// Closes a statement (true) or a portal.
    Close {
        /// A statement, not a portal.
        statement: bool,
        /// Its name.
        name: &'a str,
    },
    /// Wants what is buffered.
    Flush,
    /// Ends an extended-query cycle.
    Sync,
    /// COPY data.
    CopyData(&'a [u8]),
    /// End of COPY data.
    CopyDone,
    /// The client gives up on COPY.
    CopyFail(&'a str),
    /// Password or SASL message.
    Password(&'a [u8]),
    /// Function call protocol: obsolete, refused.
    FunctionCall,
    /// The client leaves.
    Terminate,
}

/// The body of a Bind message.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Bind<'a> {
    /// Portal name.
    pub portal: &'a str,
    /// Statement name.
    pub statement: &'a str,
    /// Formats of the parameters: none (all text), one for all, or one each.
    pub parameter_formats: Fields<'a, i16>,
    /// Parameter values.
    pub parameters: Values<'a>,
    /// Formats of the result columns, likewise.
    pub result_formats: Fields<'a, i16>,
}

/// What is wrong with a message. A wrong frame (an unknown type, an impossible length) ends the connection, since the stream
/// can't be trusted any more; what is wrong inside a frame is an error like any other, and the connection goes on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The first byte names no message.
    #[error("invalid frontend message type {0}")]
    UnknownType(u8),
    /// The length word is below 4 or above the limit.
    #[error("invalid message length")]
    Length,
    /// The body ends too early.
    #[error("insufficient data left in message")]
    TooShort,
    /// The body has bytes left over.
    #[error("invalid message format")]
    Leftover,
    /// A string has no end.
    #[error("invalid string in message")]
    Unterminated,
    /// Text is not UTF-8; the message names the bytes.
    #[error("{0}")]
    Encoding(String),
    /// A message that has no business between COPY FROM STDIN and its end.
    #[error("unexpected message type 0x{0:02X} during COPY from stdin")]
    InCopy(u8),
    /// Describe or Close of neither a statement nor a portal.
    #[error("invalid {message} message subtype {subtype}")]
    Subtype {
        /// The message's name in capitals.
        message: &'static str,
        /// The byte that is neither 'S' nor 'P'.
        subtype: u8,
    },
}

impl ProtocolError {
    /// Its SQLSTATE.
    pub fn state(&self) -> SqlState {
        match self {
            ProtocolError::Encoding(_) => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            _ => SqlState::PROTOCOL_VIOLATION,
        }
    }
}

/// One whole message, its inside not yet looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its type byte.
    pub kind: u8,
    /// Its length on the wire, type and length word included.
    pub length: usize,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// What it says.
    pub fn decode(&self) -> Result<Frontend<'a>, ProtocolError> {
        let mut reader = Reader(self.body);
        let message = decode(self.kind, &mut reader)?;
        match reader.0 {
            [] => Ok(message),
            _ => Err(ProtocolError::Leftover),
        }
    }

    /// Does an error in this message make the server skip what follows, up to the next Sync?
    pub fn is_extended(&self) -> bool {
        matches!(self.kind, b'P' | b'B' | b'D' | b'E' | b'C' | b'H')
    }
}

/// The first message of `bytes`. `None`: not complete yet. An error ends the connection.
pub fn next(bytes: &[u8]) -> Result<Option<Frame<'_>>, ProtocolError> {
    let Some((&kind, rest)) = bytes.split_first() else { return Ok(None) };
    let limit = length_limit(kind)?;
    let Some(length) = rest.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if !(4..=limit).contains(&length) {
        return Err(ProtocolError::Length);
    }
    Ok(rest.get(4..length).map(|body| Frame { kind, length: length + 1, body }))
}

fn length_limit(kind: u8) -> Result<usize, ProtocolError> {
    match kind {
        b'Q' | b'P' | b'B' | b'd' | b'F' => Ok(MESSAGE_BYTES_MAX),
        b'D' | b'E' | b'C' | b'H' | b'S' | b'c' | b'f' | b'p' | b'X' => Ok(SMALL_MESSAGE_BYTES_MAX),
        other => Err(ProtocolError::UnknownType(other)),
    }
}

fn decode<'a>(kind: u8, reader: &mut Reader<'a>) -> Result<Frontend<'a>, ProtocolError> {
    Ok(match kind {
        b'Q' => Frontend::Query(reader.text()?),
        b'P' => {
            let (name, query) = (reader.text()?, reader.text()?);
            Frontend::Parse { name, query, types: Fields::take(reader)? }
        }
        b'B' => Frontend::Bind(Bind {
            portal: reader.text()?,
            statement: reader.text()?,
            parameter_formats: Fields::take(reader)?,
            parameters: Values::take(reader)?,
            result_formats: Fields::take(reader)?,
        }),
        b'D' => Frontend::Describe { statement: reader.target("DESCRIBE")?, name: reader.text()? },
        b'E' => Frontend::Execute { portal: reader.text()?, rows_max: reader.i32()? },
        b'C' => Frontend::Close { statement: reader.target("CLOSE")?, name: reader.text()? },
        b'H' => Frontend::Flush,
        b'S' => Frontend::Sync,
        b'd' => Frontend::CopyData(reader.rest()),
        b'c' => Frontend::CopyDone,
        b'f' => Frontend::CopyFail(reader.text()?),
        b'p' => Frontend::Password(reader.rest()),
        b'F' => {
            reader.rest();
            Frontend::FunctionCall
        }
        b'X' => {
            reader.rest();
            Frontend::Terminate
        }
        other => return Err(ProtocolError::UnknownType(other)),
    })
}

/// A cursor over a message's body.
#[derive(Debug)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ProtocolError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(ProtocolError::TooShort)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(ProtocolError::TooShort)?;
        self.0 = tail;
        Ok(*head)
    }

    fn i32(&mut self) -> Result<i32, ProtocolError> {
        self.array().map(i32::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, ProtocolError> {
        self.array().map(u16::from_be_bytes)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// A string up to its zero byte.
    fn text(&mut self) -> Result<&'a str, ProtocolError> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(ProtocolError::Unterminated)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        std::str::from_utf8(text).map_err(|_| not_text(text))
    }

    fn target(&mut self, message: &'static str) -> Result<bool, ProtocolError> {
        match self.array::<1>()? {
            [b'S'] => Ok(true),
            [b'P'] => Ok(false),
            [subtype] => Err(ProtocolError::Subtype { message, subtype }),
        }
    }
}

/// PostgreSQL's words for bytes that are no text.
fn not_text(bytes: &[u8]) -> ProtocolError {
    let message = match receive(TypeId::TEXT, bytes) {
        Err(error) => error.fields().message.clone(),
        Ok(_) => "invalid byte sequence for encoding \"UTF8\"".to_owned(),
    };
    ProtocolError::Encoding(message)
}

/// A counted list of fixed-size numbers inside a message.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Fields<'a, T> {
    bytes: &'a [u8],
    kind: std::marker::PhantomData<T>,
}

/// A number that lists in messages are made of.
pub trait Field: Sized {
    /// Its size on the wire.
    const BYTES: usize;
    /// From that many bytes.
    fn read(bytes: &[u8]) -> Self;
}

impl Field for i16 {
    const BYTES: usize = 2;
    fn read(bytes: &[u8]) -> Self {
        i16::from_be_bytes([bytes[0], bytes[1]])
    }
}

impl Field for u32 {
    const BYTES: usize = 4;
    fn read(bytes: &[u8]) -> Self {
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

impl<'a, T: Field + 'a> Fields<'a, T> {
    fn take(reader: &mut Reader<'a>) -> Result<Self, ProtocolError> {
        let count = usize::from(reader.u16()?);
        Ok(Self { bytes: reader.take(count * T::BYTES)?, kind: std::marker::PhantomData })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.bytes.len() / T::BYTES
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = T> + 'a {
        self.bytes.chunks_exact(T::BYTES).map(T::read)
    }
}

/// The parameter values of a Bind message: checked when taken, walked when used.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Values<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Values<'a> {
    fn take(reader: &mut Reader<'a>) -> Result<Self, ProtocolError> {
        let count = usize::from(reader.u16()?);
        let start = reader.0;
        for _ in 0..count {
            value(reader)?;
        }
        Ok(Self { count, bytes: &start[..start.len() - reader.0.len()] })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One after the other; `None` is NULL.
    pub fn iter(&self) -> impl Iterator<Item = Option<&'a [u8]>> + 'a {
        let mut reader = Reader(self.bytes);
        (0..self.count).map_while(move |_| value(&mut reader).ok())
    }
}

fn value<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, ProtocolError> {
    match reader.i32()? {
        -1 => Ok(None),
        length => reader.take(usize::try_from(length).map_err(|_| ProtocolError::TooShort)?).map(Some),
    }
}

/// The first packet of a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Startup {
    /// The client asks for TLS.
    Tls,
    /// The client asks for GSSAPI encryption.
    Gss,
    /// The client wants a running statement of another connection to stop.
    Cancel {
        /// Process id given to that connection.
        process: i32,
        /// Secret given to it.
        secret: Vec<u8>,
    },
    /// A session begins.
    Session {
        /// Requested protocol version, major in the upper 16 bits.
        version: u32,
        /// `user`, `database`, and settings.
        parameters: Vec<(String, String)>,
    },
}

/// The "protocol version" of a request for TLS.
pub const TLS_REQUEST: u32 = (1234 << 16) | 5679;
/// The "protocol version" of a request for GSSAPI encryption.
pub const GSS_REQUEST: u32 = (1234 << 16) | 5680;
const CANCEL_REQUEST: u32 = (1234 << 16) | 5678;

/// Takes a start-up packet off `bytes`: the packet and its length. `None`: not complete yet.
pub fn startup(bytes: &[u8]) -> Result<Option<(Startup, usize)>, ProtocolError> {
    let Some(length) = bytes.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if !(8..=STARTUP_BYTES_MAX).contains(&length) {
        return Err(ProtocolError::Length);
    }
    let Some(body) = bytes.get(4..length) else { return Ok(None) };
    let mut reader = Reader(body);
    let packet = match reader.array().map(u32::from_be_bytes)? {
        TLS_REQUEST => Startup::Tls,
        GSS_REQUEST => Startup::Gss,
        CANCEL_REQUEST => Startup::Cancel { process: reader.i32()?, secret: reader.rest().to_vec() },
        version => Startup::Session { version, parameters: parameters(&mut reader)? },
    };
    Ok(Some((packet, length)))
}

fn parameters(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>, ProtocolError> {
    let mut parameters = Vec::new();
    loop {
        let name = reader.text()?;
        if name.is_empty() {
            return if reader.0.is_empty() { Ok(parameters) } else { Err(ProtocolError::Leftover) };
        }
        parameters.push((name.to_owned(), reader.text()?.to_owned()));
    }
}

/// The body of a password message that begins a SASL exchange: the mechanism's name and the client's first message.
pub fn sasl_initial(body: &[u8]) -> Result<(&str, &[u8]), ProtocolError> {
    let mut reader = Reader(body);
    let mechanism = reader.text()?;
    let length = usize::try_from(reader.i32()?).map_err(|_| ProtocolError::TooShort)?;
    Ok((mechanism, reader.take(length)?))
}

#[cfg(test)]
#[path = "frontend_tests.rs"]
mod tests;
