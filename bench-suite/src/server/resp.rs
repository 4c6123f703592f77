//! A connection that speaks Redis' protocol, RESP, and waits for each answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::error::BenchError;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`, or a string of bytes.
    Text(Vec<u8>),
    /// A number.
    Number(i64),
    /// So many answers follow.
    Several(i64),
    /// Nothing is there.
    Nil,
    /// The server refuses.
    Error(String),
}

/// Commands sent together by [`Resp::set_all`].
const CHUNK: u64 = 10_000;

impl Reply {
    /// Whether it is no error.
    ///
    /// # Errors
    /// What the server said.
    pub fn accepted(self) -> Result<(), BenchError> {
        match self {
            Self::Error(said) => Err(BenchError::Program { program: "redis".to_owned(), output: said }),
            _ => Ok(()),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub struct Resp {
    stream: BufReader<TcpStream>,
    /// The commands that go out together.
    request: Vec<u8>,
}

impl Resp {
    /// Connects to a server on this machine.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn connect(port: u16) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { stream: BufReader::new(stream), request: Vec::new() })
    }

    /// One command and its answer.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn call(&mut self, words: &[&[u8]]) -> Result<Reply, BenchError> {
        self.push(words);
        match self.send(1)?.pop() {
            Some(Reply::Error(said)) => Err(BenchError::Program { program: "redis".to_owned(), output: said }),
            Some(reply) => Ok(reply),
            None => Err(BenchError::parse("an answer of redis", "")),
        }
    }

    /// Adds a command to those that [`Self::send`] sends.
    pub fn push(&mut self, words: &[&[u8]]) {
        let request = &mut self.request;
        request.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
    }

    /// Sends what was pushed, in one piece, and reads so many answers.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn send(&mut self, answers: usize) -> Result<Vec<Reply>, BenchError> {
        self.stream.get_mut().write_all(&self.request).map_err(failed)?;
        self.request.clear();
        (0..answers).map(|_| self.reply()).collect()
    }

    /// Sets the keys of rows 0 up to `rows`, many at a time. `row` makes a key and a value.
    ///
    /// # Errors
    /// If the connection breaks, or the server refuses.
    pub fn set_all(&mut self, rows: u64, mut row: impl FnMut(u64) -> (String, String)) -> Result<(), BenchError> {
        for first in (0..rows).step_by(CHUNK as usize) {
            let chunk = first..rows.min(first + CHUNK);
            let answers = chunk.clone().count();
            for (key, value) in chunk.map(&mut row) {
                self.push(&[b"SET", key.as_bytes(), value.as_bytes()]);
            }
            self.send(answers)?.into_iter().try_for_each(Reply::accepted)?;
        }
        Ok(())
    }

    fn reply(&mut self) -> Result<Reply, BenchError> {
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(failed)?;
        let wrong = || BenchError::parse("an answer of redis", &line);
        let line = line.trim_end();
        let kind = line.chars().next().ok_or_else(wrong)?;
        let rest = line.get(1..).ok_or_else(wrong)?;
        let number = || rest.parse::<i64>().map_err(|_| wrong());
        match kind {
            '+' => Ok(Reply::Text(rest.as_bytes().to_vec())),
            '-' => Ok(Reply::Error(rest.to_owned())),
            ':' => Ok(Reply::Number(number()?)),
            '*' => Ok(Reply::Several(number()?)),
            '$' => match usize::try_from(number()?) {
                Err(_) => Ok(Reply::Nil),
                Ok(length) => {
                    // The bytes, then the end of the line.
                    let mut bytes = vec![0; length + 2];
                    self.stream.read_exact(&mut bytes).map_err(failed)?;
                    bytes.truncate(length);
                    Ok(Reply::Text(bytes))
                }
            },
            _ => Err(wrong()),
        }
    }
}

fn failed(source: io::Error) -> BenchError {
    BenchError::Io { context: "talk to redis".to_owned(), source }
}
