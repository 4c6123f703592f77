//! A blocking client of the simple query protocol that hides nothing: types, tags, SQLSTATEs and transaction status are all seen.

use std::fmt;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// No answer within this time is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub struct Client {
    stream: TcpStream,
    /// Process id and secret of BackendKeyData.
    pub key: (i32, i32),
    /// Transaction status of the last ReadyForQuery: `I`, `T` or `E`.
    pub status: u8,
    /// Notices and warnings that came with answers, since somebody took them.
    pub notices: Vec<Failure>,
}

/// One message from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its type byte.
    pub kind: u8,
    /// Its body, without the length.
    pub body: Vec<u8>,
}

/// The answer to one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Names and type ids of the columns.
    pub columns: Vec<(String, u32)>,
    /// Rows as text.
    pub rows: Vec<Vec<Option<String>>>,
    /// Lines that COPY TO STDOUT sent.
    pub copied: String,
    /// Command tag.
    pub tag: String,
}

/// An error answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// SQLSTATE; `lost` when the connection broke instead.
    pub code: String,
    /// Primary message.
    pub message: String,
    /// Where in the statement, in characters from 1; 0 when the server does not say.
    pub position: u32,
    /// Detail line, or empty.
    pub detail: String,
    /// Hint line, or empty.
    pub hint: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Failure {
    fn lost(error: &Error) -> Self {
        Self { code: "lost".to_owned(), message: error.to_string(), ..Self::default() }
    }

    /// Whether PostgreSQL's manual tells the client to try the transaction again.
    pub fn is_retryable(&self) -> bool {
        self.code == "40001" || self.code == "40P01"
    }
}

impl Answer {
    /// The one value of a one-row, one-column answer.
    pub fn value(&self) -> &str {
        assert!(self.rows.len() == 1 && self.rows[0].len() == 1, "not one value: {self:?}");
        self.rows[0][0].as_deref().expect("the value is not null")
    }

    /// Values joined by `,`, rows by `;`, NULL as `null`.
    pub fn text(&self) -> String {
        let row = |row: &Vec<Option<String>>| {
            row.iter().map(|value| value.as_deref().unwrap_or("null")).collect::<Vec<_>>().join(",")
        };
        self.rows.iter().map(row).collect::<Vec<_>>().join(";")
    }
}

impl Client {
    /// Connects as `postgres` without a password.
    ///
    /// # Errors
    /// The socket's, or the server's refusal.
    pub fn connect(port: u16) -> Result<Self> {
        let mut client = Self { stream: open(port)?, key: (0, 0), status: b'?', notices: Vec::new() };
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        body.extend_from_slice(b"user\0postgres\0database\0postgres\0application_name\0cairn-tests\0\0");
        let length = i32::try_from(body.len() + 4).expect("short");
        client.write(&[&length.to_be_bytes()[..], &body].concat())?;
        loop {
            let message = client.read()?;
            match message.kind {
                b'Z' => return Ok(client),
                b'K' => client.key = (int(&message.body, 0)?, int(&message.body, 4)?),
                b'E' => return Err(Error::new(ErrorKind::PermissionDenied, failure(&message.body).to_string())),
                _ => {}
            }
        }
    }

    /// Runs text that may hold several statements; one answer each, ended by the first failure.
    pub fn run(&mut self, text: &str) -> (Vec<Answer>, Option<Failure>) {
        self.run_copy(text, None)
    }

    /// As [`Self::run`]; `data` is sent when COPY FROM STDIN asks for it.
    pub fn run_copy(&mut self, text: &str, data: Option<&str>) -> (Vec<Answer>, Option<Failure>) {
        match self.try_run(text, data) {
            Ok(outcome) => outcome,
            Err(error) => (Vec::new(), Some(Failure::lost(&error))),
        }
    }

    /// The same for one statement, through Parse, Bind, Describe and Execute.
    pub fn run_extended(&mut self, text: &str, data: Option<&str>) -> (Vec<Answer>, Option<Failure>) {
        let no_parameters = [0; 2];
        let parse = frame(b'P', &[&[0], text.as_bytes(), &[0], &no_parameters].concat());
        let bind = frame(b'B', &[0; 8]);
        let execute = frame(b'E', &[0; 5]);
        // What COPY reads must come before the Sync.
        let last = if data.is_some() { frame(b'H', b"") } else { frame(b'S', b"") };
        let messages = [parse, bind, frame(b'D', b"P\0"), execute, last].concat();
        match self.write(&messages).and_then(|()| self.answers(data, data.is_some())) {
            Ok(outcome) => outcome,
            Err(error) => (Vec::new(), Some(Failure::lost(&error))),
        }
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// The server's answer, or `lost`.
    pub fn query(&mut self, text: &str) -> std::result::Result<Answer, Failure> {
        let (mut answers, failure) = self.run(text);
        match failure {
            Some(failure) => Err(failure),
            None => Ok(answers.pop().unwrap_or_default()),
        }
    }

    /// Runs one statement that must succeed.
    #[track_caller]
    pub fn ok(&mut self, text: &str) -> Answer {
        self.query(text).unwrap_or_else(|failure| panic!("{text}\n  answered {failure}"))
    }

    /// Runs one statement that must fail, and gives its SQLSTATE.
    #[track_caller]
    pub fn err(&mut self, text: &str) -> String {
        match self.query(text) {
            Ok(answer) => panic!("{text}\n  should have failed, but answered {answer:?}"),
            Err(failure) => failure.code,
        }
    }

    fn try_run(&mut self, text: &str, data: Option<&str>) -> Result<(Vec<Answer>, Option<Failure>)> {
        self.send(b'Q', &[text.as_bytes(), &[0]].concat())?;
        self.answers(data, false)
    }

    /// Reads up to ReadyForQuery. `sync`: a Sync is still to be sent, behind the data or an error.
    fn answers(&mut self, data: Option<&str>, mut sync: bool) -> Result<(Vec<Answer>, Option<Failure>)> {
        let (mut answers, mut current, mut failed) = (Vec::new(), Answer::default(), None);
        loop {
            let message = self.read()?;
            match message.kind {
                b'T' => current.columns = columns(&message.body)?,
                b'D' => current.rows.push(values(&message.body)?),
                b'C' => {
                    current.tag = text_at(&message.body, 0)?.0;
                    answers.push(std::mem::take(&mut current));
                }
                b'E' => {
                    failed = Some(failure(&message.body));
                    if std::mem::take(&mut sync) {
                        self.send(b'S', b"")?;
                    }
                }
                b'N' => self.notices.push(failure(&message.body)),
                b'd' => current.copied += &String::from_utf8_lossy(&message.body),
                b'G' => match data {
                    Some(data) => {
                        self.send(b'd', data.as_bytes())?;
                        self.send(b'c', b"")?;
                        if std::mem::take(&mut sync) {
                            self.send(b'S', b"")?;
                        }
                    }
                    None => self.send(b'f', b"this client does not copy\0")?,
                },
                b'Z' => return Ok((answers, failed)),
                _ => {}
            }
        }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// The socket's.
    pub fn send(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        self.write(&frame(kind, body))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The socket's.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one message.
    ///
    /// # Errors
    /// The socket's; `TimedOut` or `WouldBlock` after half a minute of silence.
    pub fn read(&mut self) -> Result<Message> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let length = usize::try_from(int(&head, 1)?).ok().and_then(|length| length.checked_sub(4)).ok_or_else(cut)?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if head[0] == b'Z' {
            self.status = *body.first().ok_or_else(cut)?;
        }
        Ok(Message { kind: head[0], body })
    }

    /// Reads messages up to and with ReadyForQuery.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_to_ready(&mut self) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        loop {
            let message = self.read()?;
            let last = message.kind == b'Z';
            messages.push(message);
            if last {
                return Ok(messages);
            }
        }
    }

    /// Changes how long an answer may take.
    pub fn set_patience(&mut self, patience: Duration) {
        self.stream.set_read_timeout(Some(patience)).expect("a positive duration");
    }
}

/// A message with its type and length.
pub fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 4).expect("a message under 2 GiB");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// Asks the server to cancel what the connection with this key runs.
///
/// # Errors
/// The socket's.
pub fn cancel(port: u16, key: (i32, i32)) -> Result<()> {
    let mut stream = open(port)?;
    for number in [16, 80_877_102, key.0, key.1] {
        stream.write_all(&number.to_be_bytes())?;
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).map(|_| ())
}

/// SQLSTATE and message of an ErrorResponse's body.
pub fn failure(body: &[u8]) -> Failure {
    let mut failure = Failure::default();
    for field in body.split(|&byte| byte == 0).filter(|field| !field.is_empty()) {
        let text = String::from_utf8_lossy(&field[1..]).into_owned();
        match field[0] {
            b'C' => failure.code = text,
            b'M' => failure.message = text,
            b'P' => failure.position = text.parse().unwrap_or(0),
            b'D' => failure.detail = text,
            b'H' => failure.hint = text,
            _ => {}
        }
    }
    failure
}

fn open(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn cut() -> Error {
    Error::new(ErrorKind::InvalidData, "the server's message is cut short")
}

fn int(bytes: &[u8], at: usize) -> Result<i32> {
    let four = bytes.get(at..at + 4).ok_or_else(cut)?;
    Ok(i32::from_be_bytes(four.try_into().expect("four bytes")))
}

fn count(bytes: &[u8]) -> Result<usize> {
    let two = bytes.get(..2).ok_or_else(cut)?;
    Ok(usize::from(u16::from_be_bytes(two.try_into().expect("two bytes"))))
}

/// A zero-terminated text and where the next field begins.
fn text_at(bytes: &[u8], at: usize) -> Result<(String, usize)> {
    let rest = bytes.get(at..).ok_or_else(cut)?;
    let end = rest.iter().position(|&byte| byte == 0).ok_or_else(cut)?;
    Ok((String::from_utf8_lossy(&rest[..end]).into_owned(), at + end + 1))
}

fn columns(body: &[u8]) -> Result<Vec<(String, u32)>> {
    let (mut columns, mut at) = (Vec::new(), 2);
    for _ in 0..count(body)? {
        let (name, next) = text_at(body, at)?;
        columns.push((name, int(body, next + 6)?.cast_unsigned()));
        at = next + 18;
    }
    Ok(columns)
}

fn values(body: &[u8]) -> Result<Vec<Option<String>>> {
    let (mut values, mut at) = (Vec::new(), 2);
    for _ in 0..count(body)? {
        let length = int(body, at)?;
        at += 4;
        let Ok(length) = usize::try_from(length) else {
            values.push(None);
            continue;
        };
        let bytes = body.get(at..at + length).ok_or_else(cut)?;
        values.push(Some(String::from_utf8_lossy(bytes).into_owned()));
        at += length;
    }
    Ok(values)
}
