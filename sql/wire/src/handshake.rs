//! From the first byte to ReadyForQuery: TLS, cancel requests, protocol version, authentication.

use std::io;

use cairn_sql_protocol::backend;
use cairn_sql_protocol::frontend::{Frontend, GSS_REQUEST, ProtocolError, Startup, TLS_REQUEST};
use cairn_sql_types::{SqlError, SqlState};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;

use crate::auth::{Auth, Exchange, MECHANISM};
use crate::buffer::Buffered;
use crate::cancel::Registration;
use crate::connection::Reception;
use crate::stream::Stream;

/// Who the client says it is.
#[derive(Debug)]
pub(crate) struct Hello {
    pub(crate) user: String,
    pub(crate) database: Option<String>,
    /// Other start-up parameters: initial settings.
    pub(crate) settings: Vec<(String, String)>,
}

/// How the first phase ended.
pub(crate) enum Outcome {
    /// A session begins. It has its place.
    Session { buffered: Box<Buffered>, hello: Hello, registration: Registration },
    /// The connection has done its work (a cancel request) or has gone.
    Over,
}

/// What a start-up packet asked for.
enum Opening {
    /// A session, with this protocol version.
    Session { buffered: Box<Buffered>, version: u32, parameters: Vec<(String, String)> },
    /// Something that is done now.
    Over,
}

/// Runs the first phase, in the time that it may take. Errors have been told to the client. One that sends no start-up
/// packet in time is dropped without a word, as in PostgreSQL.
pub(crate) async fn shake(stream: Stream, reception: &Reception) -> io::Result<Outcome> {
    let deadline = Instant::now() + reception.authentication_timeout;
    match timeout_at(deadline, introduce(stream, reception)).await {
        Ok(Ok(Opening::Session { buffered, version, parameters })) => {
            begin(*buffered, version, parameters, reception, deadline).await
        }
        Ok(Ok(Opening::Over)) => Ok(Outcome::Over),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no start-up packet came in time")),
    }
}

/// Reads up to the packet that says what the client wants. Encryption may be asked for once of each kind; as in PostgreSQL, a
/// second request is taken for a protocol version.
async fn introduce(stream: Stream, reception: &Reception) -> io::Result<Opening> {
    let mut buffered = Buffered::new(stream);
    let (mut tls_asked, mut gss_asked) = (false, false);
    loop {
        match buffered.startup().await? {
            // As in PostgreSQL, nothing is said to who cannot count.
            None | Some(Err(ProtocolError::Length)) => return Ok(Opening::Over),
            Some(Err(error)) => {
                refuse(buffered, SqlError::new(SqlState::PROTOCOL_VIOLATION, error.to_string())).await?;
                return Ok(Opening::Over);
            }
            Some(Ok(Startup::Tls)) if !tls_asked => {
                tls_asked = true;
                match start_tls(buffered, reception.tls.as_ref()).await? {
                    Some(stream) => buffered = stream,
                    None => return Ok(Opening::Over),
                }
            }
            Some(Ok(Startup::Gss)) if !gss_asked => {
                gss_asked = true;
                buffered.output.push(b'N');
                buffered.flush().await?;
            }
            Some(Ok(Startup::Cancel { process, secret })) => {
                reception.cancels.cancel(process, &secret);
                return Ok(Opening::Over);
            }
            Some(Ok(Startup::Session { version, parameters })) => {
                return Ok(Opening::Session { buffered: Box::new(buffered), version, parameters });
            }
            Some(Ok(again @ (Startup::Tls | Startup::Gss))) => {
                let version = if again == Startup::Tls { TLS_REQUEST } else { GSS_REQUEST };
                refuse(buffered, unsupported_version(version)).await?;
                return Ok(Opening::Over);
            }
        }
    }
}

async fn start_tls(mut plain: Buffered, tls: Option<&TlsAcceptor>) -> io::Result<Option<Buffered>> {
    let Some(tls) = tls else {
        plain.output.push(b'N');
        plain.flush().await?;
        return Ok(Some(plain));
    };
    match plain.into_stream() {
        Ok(Stream::Tcp(mut tcp)) => {
            tcp.write_all(b"S").await?;
            let encrypted = tls.accept(tcp).await?;
            Ok(Some(Buffered::new(Stream::Tls(Box::new(encrypted)))))
        }
        Ok(other) => {
            let mut plain = Buffered::new(other);
            plain.output.push(b'N');
            plain.flush().await?;
            Ok(Some(plain))
        }
        Err(_) => Ok(None),
    }
}

async fn begin(
    mut buffered: Buffered,
    version: u32,
    parameters: Vec<(String, String)>,
    reception: &Reception,
    deadline: Instant,
) -> io::Result<Outcome> {
    if version >> 16 != 3 {
        return refuse(buffered, unsupported_version(version)).await;
    }
    let minor = version & 0xffff;
    let unknown: Vec<&str> =
        parameters.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("_pq_.")).collect();
    if minor > 0 || !unknown.is_empty() {
        backend::negotiate(&mut buffered.output, 0, &unknown);
    }
    let hello = match read_hello(parameters) {
        Ok(hello) => hello,
        Err(error) => return refuse(buffered, error).await,
    };
    // Before authentication: half-open connections count, too.
    let Some(registration) = reception.cancels.register() else { return refuse(buffered, too_many()).await };
    if let Auth::Scram(users) = &reception.auth {
        let exchange = Exchange::new(users, &hello.user, rand::random());
        match timeout_at(deadline, authenticate(&mut buffered, exchange)).await {
            Ok(outcome) => match outcome? {
                Some(Ok(())) => {}
                Some(Err(error)) => return refuse(buffered, error).await,
                None => return Ok(Outcome::Over),
            },
            Err(_) => {
                let message = "canceling authentication due to timeout";
                return refuse(buffered, SqlError::new(SqlState::QUERY_CANCELED, message)).await;
            }
        }
    }
    backend::authentication(&mut buffered.output, 0, &[]);
    Ok(Outcome::Session { buffered: Box::new(buffered), hello, registration })
}

fn unsupported_version(version: u32) -> SqlError {
    let (major, minor) = (version >> 16, version & 0xffff);
    let message = format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0");
    SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn too_many() -> SqlError {
    SqlError::new(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already")
}

fn read_hello(parameters: Vec<(String, String)>) -> Result<Hello, SqlError> {
    let mut hello = Hello { user: String::new(), database: None, settings: Vec::new() };
    for (name, value) in parameters {
        match name.as_str() {
            "user" => hello.user = value,
            "database" => hello.database = Some(value).filter(|name| !name.is_empty()),
            "options" => hello.settings.extend(command_line(&value)?),
            "replication" if !matches!(value.as_str(), "false" | "off" | "no" | "0") => {
                return Err(SqlError::unsupported("the replication protocol"));
            }
            "replication" => {}
            _ if name.starts_with("_pq_.") => {}
            _ => hello.settings.push((name, value)),
        }
    }
    if hello.user.is_empty() {
        let message = "no PostgreSQL user name specified in startup packet";
        return Err(SqlError::new(SqlState::INVALID_AUTHORIZATION, message));
    }
    Ok(hello)
}

/// `-c name=value` and `--name=value` out of the `options` parameter; a backslash keeps a space.
fn command_line(options: &str) -> Result<Vec<(String, String)>, SqlError> {
    let mut settings = Vec::new();
    let mut words = words(options).into_iter();
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("--") {
            Some(rest) => rest.to_owned(),
            None if word == "-c" => words.next().unwrap_or_default(),
            None => word.strip_prefix("-c").unwrap_or_default().to_owned(),
        };
        let Some((name, value)) = assignment.split_once('=') else {
            let message = format!("invalid command-line argument for server process: {word}");
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
        };
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let word = words.last_mut().expect("never empty");
        match character {
            '\\' => word.extend(characters.next()),
            ' ' | '\t' | '\n' if word.is_empty() => {}
            ' ' | '\t' | '\n' => words.push(String::new()),
            other => word.push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

const SASL: u32 = 10;
const SASL_CONTINUE: u32 = 11;
const SASL_FINAL: u32 = 12;

async fn authenticate(buffered: &mut Buffered, mut exchange: Exchange) -> io::Result<Option<Result<(), SqlError>>> {
    backend::authentication(&mut buffered.output, SASL, format!("{MECHANISM}\0\0").as_bytes());
    let Some(first) = password(buffered).await? else { return Ok(None) };
    match first.and_then(|body| exchange.first(&body)) {
        Ok(challenge) => backend::authentication(&mut buffered.output, SASL_CONTINUE, &challenge),
        Err(error) => return Ok(Some(Err(error))),
    }
    let Some(last) = password(buffered).await? else { return Ok(None) };
    match last.and_then(|body| exchange.last(&body)) {
        Ok(signature) => backend::authentication(&mut buffered.output, SASL_FINAL, &signature),
        Err(error) => return Ok(Some(Err(error))),
    }
    Ok(Some(Ok(())))
}

/// The body of the client's next message, which must be a password message. `None`: the client has gone.
async fn password(buffered: &mut Buffered) -> io::Result<Option<Result<Vec<u8>, SqlError>>> {
    buffered.flush().await?;
    loop {
        let refused = |message: String| Ok(Some(Err(SqlError::new(SqlState::PROTOCOL_VIOLATION, message))));
        let taken = match buffered.next() {
            Ok(Some(frame)) => match frame.decode() {
                Ok(Frontend::Password(body)) => Some((body.to_vec(), frame.length)),
                _ => return refused("expected password response".to_owned()),
            },
            Err(error) => return refused(error.to_string()),
            Ok(None) => None,
        };
        if let Some((body, length)) = taken {
            buffered.consume(length);
            return Ok(Some(Ok(body)));
        }
        if !buffered.read().await? {
            return Ok(None);
        }
    }
}

/// Tells a client that there is no room, without listening to it.
pub async fn turn_away(stream: Stream) {
    // It may have gone; then there is nobody to tell.
    let _ = refuse(Buffered::new(stream), too_many()).await;
}

/// Tells the client why it can't come in, and ends.
async fn refuse(mut buffered: Buffered, mut error: SqlError) -> io::Result<Outcome> {
    error.fields_mut().fatal = true;
    backend::error(&mut buffered.output, &error);
    buffered.flush().await?;
    buffered.shutdown().await;
    Ok(Outcome::Over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_like_a_command_line() {
        let settings = command_line(r"-c search_path=a\ b --lock-timeout=5s -cdatestyle=ISO").unwrap();
        let expected = [("search_path", "a b"), ("lock_timeout", "5s"), ("datestyle", "ISO")];
        assert_eq!(settings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(command_line("-x").is_err());
    }

    #[test]
    fn a_user_is_required() {
        assert_eq!(read_hello(vec![]).unwrap_err().state().as_str(), "28000");
    }
}
