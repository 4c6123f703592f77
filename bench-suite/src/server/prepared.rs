//! A connection that speaks PostgreSQL's protocol with prepared statements, and waits for each answer. It does as little as
//! the suite's other small clients ([`super::resp`], [`super::iproto`]), so that servers are compared and not drivers.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use crate::error::BenchError;

const PROTOCOL: i32 = 3 << 16;
/// Serialization failure, and deadlock.
const TRY_AGAIN: [&str; 2] = ["40001", "40P01"];

/// How a statement ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With so many rows; the first column of the last one.
    Rows(usize, Option<String>),
    /// It met another transaction, and the whole transaction has to be tried again.
    Conflict,
}

/// A row of an answer. Values are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<u8>);

impl Row {
    /// The value of a column, counted from 0; `None` for NULL.
    pub fn text(&self, column: usize) -> Option<&str> {
        value(&self.0, column).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

/// What a query found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These rows.
    Rows(Vec<Row>),
    /// It met another transaction, and the whole transaction has to be tried again.
    Conflict,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    payload: Vec<u8>,
}

impl Connection {
    /// Connects to a server on this machine as `postgres`. `options` are for the session, in the form of `PGOPTIONS`.
    ///
    /// # Errors
    /// If nobody listens, or the server wants a password.
    pub fn open(port: u16, options: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut connection = Self { stream: BufReader::new(stream), request: Vec::new(), payload: Vec::new() };
        let mut startup = PROTOCOL.to_be_bytes().to_vec();
        for word in ["user", "postgres", "database", "postgres", "options", options, ""] {
            startup.extend_from_slice(word.as_bytes());
            startup.push(0);
        }
        connection.request.extend_from_slice(&length(startup.len() + 4));
        connection.request.extend_from_slice(&startup);
        connection.exchange(|_| ()).map(|_| connection)
    }

    /// Prepares a statement under a name.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn prepare(&mut self, name: &str, sql: &str) -> Result<(), BenchError> {
        self.message(b'P', &[name.as_bytes(), &[0], sql.as_bytes(), &[0, 0, 0]]);
        self.message(b'S', &[]);
        self.exchange(|_| ()).map(drop)
    }

    /// Runs a prepared statement. Parameters and answers are text.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses for another reason than a conflict.
    pub fn execute(&mut self, name: &str, parameters: &[&str]) -> Result<End, BenchError> {
        self.ask(name, parameters);
        let (mut rows, mut last) = (0, None);
        let met = self.exchange(|row| {
            rows += 1;
            last = value(row, 0).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        })?;
        Ok(if met { End::Conflict } else { End::Rows(rows, last) })
    }

    /// The same, for all rows.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn query(&mut self, name: &str, parameters: &[&str]) -> Result<Found, BenchError> {
        self.ask(name, parameters);
        let mut rows = Vec::new();
        let met = self.exchange(|row| rows.push(Row(row.to_vec())))?;
        Ok(if met { Found::Conflict } else { Found::Rows(rows) })
    }

    fn ask(&mut self, name: &str, parameters: &[&str]) {
        let mut bound = Vec::new();
        for parameter in parameters {
            bound.extend_from_slice(&length(parameter.len()));
            bound.extend_from_slice(parameter.as_bytes());
        }
        let count = u16::try_from(parameters.len()).expect("few parameters").to_be_bytes();
        self.message(b'B', &[&[0], name.as_bytes(), &[0, 0, 0], &count, &bound, &[0, 0]]);
        self.message(b'E', &[&[0, 0, 0, 0, 0]]);
        self.message(b'S', &[]);
    }

    fn message(&mut self, kind: u8, parts: &[&[u8]]) {
        self.request.push(kind);
        self.request.extend_from_slice(&length(parts.iter().map(|part| part.len()).sum::<usize>() + 4));
        parts.iter().for_each(|part| self.request.extend_from_slice(part));
    }

    /// Sends the request and reads until the server is ready for the next, and shows each row to `see`. Says whether it met
    /// another transaction.
    fn exchange(&mut self, mut see: impl FnMut(&[u8])) -> Result<bool, BenchError> {
        self.stream.get_mut().write_all(&self.request).map_err(failed)?;
        self.request.clear();
        let mut refused = None;
        loop {
            let kind = match self.receive() {
                // A server that refuses a session says why and closes.
                Err(_) if refused.is_some() => break,
                received => received?,
            };
            match kind {
                b'D' => see(&self.payload),
                b'E' => refused = Some(error_fields(&self.payload)),
                b'R' if !self.payload.starts_with(&[0, 0, 0, 0]) => {
                    return Err(BenchError::Missing("a server that trusts its clients".to_owned()));
                }
                b'Z' => break,
                _ => {}
            }
        }
        match refused {
            None => Ok(false),
            Some((state, _)) if TRY_AGAIN.contains(&state.as_str()) => Ok(true),
            Some((state, said)) => {
                Err(BenchError::Program { program: "the server".to_owned(), output: format!("{state}: {said}") })
            }
        }
    }

    /// The kind of the next message, whose payload is then in place.
    fn receive(&mut self) -> Result<u8, BenchError> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head).map_err(failed)?;
        let [kind, a, b, c, d] = head;
        let length = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
        self.payload.resize(length, 0);
        self.stream.read_exact(&mut self.payload).map_err(failed)?;
        Ok(kind)
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("requests are short").to_be_bytes()
}

/// A value out of a row: the number of columns, then for each its length, -1 for NULL, and its bytes.
fn value(row: &[u8], column: usize) -> Option<&[u8]> {
    let mut rest = row.get(2..)?;
    for place in 0.. {
        let (head, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_be_bytes(*head)).ok();
        let bytes = behind.get(..length.unwrap_or(0))?;
        if place == column {
            return length.map(|_| bytes);
        }
        rest = &behind[bytes.len()..];
    }
    None
}

/// The code and the message out of an error.
fn error_fields(payload: &[u8]) -> (String, String) {
    let field = |kind: u8| {
        let mut fields = payload.split(|&byte| byte == 0);
        let found = fields.find_map(|field| field.split_first().filter(|(first, _)| **first == kind));
        found.map_or_else(String::new, |(_, text)| String::from_utf8_lossy(text).into_owned())
    };
    (field(b'C'), field(b'M'))
}

fn failed(source: io::Error) -> BenchError {
    BenchError::Io { context: "talk to a server".to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_errors_are_read() {
        let row = Row(b"\0\x03\0\0\0\x0242\xff\xff\xff\xff\0\0\0\x01x".to_vec());
        assert_eq!([0, 1, 2, 3].map(|column| row.text(column)), [Some("42"), None, Some("x"), None]);
        let error = b"SERROR\0VERROR\0C40001\0Mcould not serialize\0\0";
        assert_eq!(error_fields(error), ("40001".to_owned(), "could not serialize".to_owned()));
    }
}
