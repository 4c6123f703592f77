//! A connection that speaks Tarantool's binary protocol and waits for each answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::msgpack::{self, Value};
use crate::error::BenchError;

/// Bytes of text that the server begins with.
const GREETING_BYTES: usize = 128;
/// A request begins with its length as a number of four bytes.
const LENGTH_BYTES: usize = 5;
const LENGTH_HEAD: u8 = 0xce;
/// Tuples from a key on, upwards.
const ITERATOR_GE: u64 = 5;

/// Keys of headers and bodies.
mod key {
    pub(super) const CODE: u64 = 0x00;
    pub(super) const SPACE: u64 = 0x10;
    pub(super) const INDEX: u64 = 0x11;
    pub(super) const LIMIT: u64 = 0x12;
    pub(super) const INDEX_BASE: u64 = 0x15;
    pub(super) const ITERATOR: u64 = 0x14;
    pub(super) const KEY: u64 = 0x20;
    pub(super) const TUPLE: u64 = 0x21;
    pub(super) const FUNCTION: u64 = 0x22;
    pub(super) const SQL_TEXT: u64 = 0x40;
    pub(super) const SQL_BIND: u64 = 0x41;
    pub(super) const STATEMENT: u64 = 0x43;
    pub(super) const DATA: i64 = 0x30;
    pub(super) const ERROR: i64 = 0x31;
}

/// Codes of requests.
mod code {
    pub(super) const SELECT: u64 = 1;
    pub(super) const REPLACE: u64 = 3;
    pub(super) const UPDATE: u64 = 4;
    pub(super) const CALL: u64 = 10;
    pub(super) const EXECUTE: u64 = 11;
    pub(super) const PREPARE: u64 = 13;
}

/// A value of a tuple, or of a statement's parameter.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// A number.
    Number(u64),
    /// A text.
    Text(&'a str),
}

/// A statement that a connection has prepared.
#[derive(Clone, Copy, Debug)]
pub struct Prepared(u64);

/// A connection, as the user `guest`.
#[derive(Debug)]
pub struct Iproto {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Iproto {
    /// Connects to a server on this machine.
    ///
    /// # Errors
    /// If nobody listens, or it is no Tarantool.
    pub fn connect(port: u16) -> Result<Self, BenchError> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut greeting = [0; GREETING_BYTES];
        stream.read_exact(&mut greeting).map_err(failed)?;
        Ok(Self { stream, request: Vec::new(), answer: Vec::new() })
    }

    /// Whether a space has a tuple with this key.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn has(&mut self, space: u64, id: u64) -> Result<bool, BenchError> {
        self.begin(code::SELECT, 4);
        self.numbers(&[key::SPACE, space, key::INDEX, 0, key::LIMIT, 1, key::KEY]);
        self.fields(&[Field::Number(id)]);
        let body = self.end()?;
        Ok(rows(&body).is_some_and(|rows| !rows.is_empty()))
    }

    /// How many of the next `rows` tuples there are whose key is `from` or greater.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn scan(&mut self, space: u64, from: u64, rows: u64) -> Result<usize, BenchError> {
        self.begin(code::SELECT, 5);
        self.numbers(&[key::SPACE, space, key::INDEX, 0, key::ITERATOR, ITERATOR_GE, key::LIMIT, rows, key::KEY]);
        self.fields(&[Field::Number(from)]);
        let body = self.end()?;
        Ok(self::rows(&body).map_or(0, <[Value]>::len))
    }

    /// Writes a tuple, new or not.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn replace(&mut self, space: u64, tuple: &[Field<'_>]) -> Result<(), BenchError> {
        self.begin(code::REPLACE, 2);
        self.numbers(&[key::SPACE, space, key::TUPLE]);
        self.fields(tuple);
        self.end().map(drop)
    }

    /// Adds 1 to the second field of a tuple.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn increment(&mut self, space: u64, id: u64) -> Result<(), BenchError> {
        self.begin(code::UPDATE, 5);
        self.numbers(&[key::SPACE, space, key::INDEX, 0, key::INDEX_BASE, 1, key::KEY]);
        self.fields(&[Field::Number(id)]);
        self.numbers(&[key::TUPLE]);
        msgpack::array(&mut self.request, 1);
        msgpack::array(&mut self.request, 3);
        msgpack::text(&mut self.request, "+");
        self.numbers(&[2, 1]);
        self.end().map(drop)
    }

    /// Calls a stored function that returns a number.
    ///
    /// # Errors
    /// If the connection breaks, the function fails, or it returns something else.
    pub fn call(&mut self, function: &str, arguments: &[Field<'_>]) -> Result<i64, BenchError> {
        self.begin(code::CALL, 2);
        self.numbers(&[key::FUNCTION]);
        msgpack::text(&mut self.request, function);
        self.numbers(&[key::TUPLE]);
        self.fields(arguments);
        let body = self.end()?;
        match rows(&body) {
            Some([Value::Number(number), ..]) => Ok(*number),
            _ => Err(BenchError::parse("a number", &format!("{body:?}"))),
        }
    }

    /// Prepares a statement of SQL.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn prepare(&mut self, sql: &str) -> Result<Prepared, BenchError> {
        self.begin(code::PREPARE, 1);
        self.numbers(&[key::SQL_TEXT]);
        msgpack::text(&mut self.request, sql);
        let body = self.end()?;
        match body.under(key::STATEMENT as i64) {
            Some(Value::Number(id)) => Ok(Prepared(id.unsigned_abs())),
            _ => Err(BenchError::parse("a statement's id", &format!("{body:?}"))),
        }
    }

    /// Runs a prepared statement and tells how many rows it returned.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn execute(&mut self, statement: Prepared, parameters: &[Field<'_>]) -> Result<usize, BenchError> {
        self.begin(code::EXECUTE, 2);
        self.numbers(&[key::STATEMENT, statement.0, key::SQL_BIND]);
        self.fields(parameters);
        Ok(rows(&self.end()?).map_or(0, <[Value]>::len))
    }

    /// Begins a request whose body has so many entries.
    fn begin(&mut self, code: u64, entries: u8) {
        self.request.clear();
        self.request.resize(LENGTH_BYTES, 0);
        msgpack::map(&mut self.request, 1);
        self.numbers(&[key::CODE, code]);
        msgpack::map(&mut self.request, entries);
    }

    fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|&number| msgpack::number(&mut self.request, number));
    }

    fn fields(&mut self, fields: &[Field<'_>]) {
        let count = u8::try_from(fields.len()).expect("tuples of requests are short");
        msgpack::array(&mut self.request, count);
        for field in fields {
            match field {
                Field::Number(number) => msgpack::number(&mut self.request, *number),
                Field::Text(text) => msgpack::text(&mut self.request, text),
            }
        }
    }

    /// Sends the request and returns the body of the answer.
    fn end(&mut self) -> Result<Value, BenchError> {
        let length = u32::try_from(self.request.len() - LENGTH_BYTES).expect("requests are short");
        self.request[0] = LENGTH_HEAD;
        self.request[1..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        self.stream.write_all(&self.request).map_err(failed)?;
        let mut head = [0; LENGTH_BYTES];
        self.stream.read_exact(&mut head).map_err(failed)?;
        let length = match head {
            [LENGTH_HEAD, a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
            _ => return Err(BenchError::parse("an answer's length", &format!("{head:?}"))),
        };
        self.answer.resize(length as usize, 0);
        self.stream.read_exact(&mut self.answer).map_err(failed)?;
        let mut rest = self.answer.as_slice();
        let wrong = || BenchError::parse("an answer of tarantool", "");
        msgpack::read(&mut rest).ok_or_else(wrong)?;
        let body = if rest.is_empty() { Value::Nil } else { msgpack::read(&mut rest).ok_or_else(wrong)? };
        match body.under(key::ERROR) {
            Some(said) => Err(BenchError::Program { program: "tarantool".to_owned(), output: format!("{said:?}") }),
            None => Ok(body),
        }
    }
}

fn rows(body: &Value) -> Option<&[Value]> {
    match body.under(key::DATA) {
        Some(Value::Array(rows)) => Some(rows),
        _ => None,
    }
}

fn failed(source: io::Error) -> BenchError {
    BenchError::Io { context: "talk to tarantool".to_owned(), source }
}
