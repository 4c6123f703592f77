//! One client from its first byte to its last.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use cairn_sql_protocol::backend::{self, TransactionStatus};
use cairn_sql_protocol::frontend::{Bind, Fields, Frontend, ProtocolError};
use cairn_sql_session::{Client, ConnectInfo, Core, Failure, Format, Formats, Session};
use cairn_sql_types::{SqlError, SqlState, TypeId};
use tokio_rustls::TlsAcceptor;

use crate::answers::{Answers, describe};
use crate::attention::Attention;
use crate::auth::Auth;
use crate::buffer::Buffered;
use crate::cancel::{Cancels, Registration};
use crate::handshake::{Hello, Outcome, shake};
use crate::stream::Stream;

/// Why a connection ended other than by the client's wish.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The network.
    #[error("connection lost: {0}")]
    Io(#[from] io::Error),
    /// The client does not speak the protocol.
    #[error("protocol violation: {0}")]
    Protocol(#[from] ProtocolError),
    /// The session was ended by the server.
    #[error("{0}")]
    Fatal(SqlError),
}

/// What every new connection meets.
pub struct Reception {
    /// Where its session will run.
    pub core: Rc<Core>,
    /// The TLS side; `None`: clients that ask for TLS are told to go on in the clear.
    pub tls: Option<TlsAcceptor>,
    /// How clients prove who they are.
    pub auth: Auth,
    /// Longest time from the first byte to the end of authentication.
    pub authentication_timeout: Duration,
    /// The sessions there are.
    pub cancels: Cancels,
    /// Hears of answers.
    pub attention: Rc<Attention>,
}

/// Serves one connection to its end.
pub async fn serve(stream: Stream, reception: &Reception) -> Result<(), ConnectionError> {
    let Outcome::Session { buffered, hello, registration } = shake(stream, reception).await? else { return Ok(()) };
    let mut buffered = *buffered;
    match open(&reception.core, hello, &registration) {
        Ok(session) => {
            greet(&mut buffered.output, &session, &registration);
            let attention = reception.attention.clone();
            let mut connection = Connection { buffered, session, skipping: false, answers: Vec::new(), attention };
            let ended = connection.run().await;
            connection.session.close();
            connection.finish(ended).await
        }
        Err(mut error) => {
            error.fields_mut().fatal = true;
            backend::error(&mut buffered.output, &error);
            buffered.flush().await?;
            buffered.shutdown().await;
            Err(ConnectionError::Fatal(error))
        }
    }
}

fn open(core: &Rc<Core>, hello: Hello, registration: &Registration) -> Result<Session, SqlError> {
    let info = ConnectInfo {
        user: hello.user,
        database: hello.database,
        settings: hello.settings,
        process: registration.process,
        cancel: registration.flag.clone(),
    };
    Session::open(core.clone(), info)
}

fn greet(out: &mut Vec<u8>, session: &Session, registration: &Registration) {
    for (name, value) in session.reported_settings() {
        backend::parameter_status(out, name, &value);
    }
    backend::key_data(out, registration.process, &registration.secret);
    backend::ready(out, TransactionStatus::Idle);
}

struct Connection {
    buffered: Buffered,
    session: Session,
    /// An error in the extended protocol: messages are skipped until Sync.
    skipping: bool,
    /// Answers to the message at work: the message still borrows the buffers. Kept for its room.
    answers: Vec<u8>,
    attention: Rc<Attention>,
}

/// What is left to do after a message was decoded and its synchronous part done: the part that may wait.
enum Action {
    Nothing,
    Simple(String),
    Execute { portal: String, rows_max: i32, last: bool },
    Sync,
    Flush,
    End,
}

impl Connection {
    async fn run(&mut self) -> Result<(), ConnectionError> {
        loop {
            let action = match self.step()? {
                Some(action) => action,
                None => {
                    self.buffered.flush().await?;
                    if !self.wait_for_bytes().await? {
                        return Ok(());
                    }
                    continue;
                }
            };
            match action {
                Action::Nothing => {}
                Action::Simple(text) => self.simple(&text).await?,
                Action::Execute { portal, rows_max, last } => self.execute(&portal, rows_max, last).await?,
                Action::Sync => self.sync().await?,
                Action::Flush => self.buffered.flush().await?,
                Action::End => return Ok(()),
            }
        }
    }

    /// Waits for the client, or for the session's end by the server.
    async fn wait_for_bytes(&mut self) -> Result<bool, ConnectionError> {
        self.attention.mark();
        let Self { buffered, session, .. } = self;
        tokio::select! {
            biased;
            read = buffered.read() => Ok(read?),
            error = session.idle() => Err(ConnectionError::Fatal(error)),
        }
    }

    /// Decodes the next message and does what can be done at once. `None`: no complete message is here.
    fn step(&mut self) -> Result<Option<Action>, ConnectionError> {
        let Some(frame) = self.buffered.next()? else { return Ok(None) };
        let length = frame.length;
        if self.skipping && !matches!(frame.kind, b'S' | b'X') {
            self.buffered.consume(length);
            return Ok(Some(Action::Nothing));
        }
        let extended_message = frame.is_extended();
        let message = match frame.decode() {
            Ok(Frontend::Password(_)) => return Err(ProtocolError::UnknownType(frame.kind).into()),
            Ok(Frontend::FunctionCall) => Err(SqlError::unsupported("the function call protocol")),
            Ok(message) => Ok(message),
            Err(error) => Err(SqlError::new(error.state(), error.to_string())),
        };
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                self.buffered.consume(length);
                self.fail(&error);
                self.skipping = extended_message;
                if !extended_message {
                    self.ready();
                }
                return Ok(Some(Action::Nothing));
            }
        };
        let mut answers = std::mem::take(&mut self.answers);
        let mut failed = None;
        let action = match message {
            Frontend::Query(text) => Action::Simple(text.to_owned()),
            Frontend::Execute { portal, rows_max } => {
                Action::Execute { portal: portal.to_owned(), rows_max, last: self.buffered.sync_follows(length) }
            }
            Frontend::Sync => Action::Sync,
            Frontend::Flush => Action::Flush,
            Frontend::Terminate => Action::End,
            other => {
                failed = extended(&mut self.session, other, &mut answers).err();
                Action::Nothing
            }
        };
        self.buffered.consume(length);
        self.buffered.output.append(&mut answers);
        self.answers = answers;
        if let Some(error) = failed {
            self.fail(&error);
            self.skipping = true;
        }
        Ok(Some(action))
    }

    async fn simple(&mut self, text: &str) -> Result<(), ConnectionError> {
        let mut answers = Answers::new(&mut self.buffered, self.session.min_messages());
        let outcome = self.session.simple_query(text, &mut answers).await;
        self.settle(outcome)?;
        self.ready();
        Ok(())
    }

    async fn execute(&mut self, portal: &str, rows_max: i32, last: bool) -> Result<(), ConnectionError> {
        let mut answers = Answers::new(&mut self.buffered, self.session.min_messages());
        let rows_max = u64::try_from(rows_max).ok().filter(|rows| *rows > 0);
        let outcome = self.session.execute(portal, rows_max, last, &mut answers).await;
        self.skipping = matches!(outcome, Err(Failure::Sql(_)));
        self.settle(outcome)
    }

    async fn sync(&mut self) -> Result<(), ConnectionError> {
        let failed = std::mem::take(&mut self.skipping);
        let mut answers = Answers::new(&mut self.buffered, self.session.min_messages());
        let outcome = self.session.sync(failed, &mut answers).await;
        self.settle(outcome)?;
        self.ready();
        Ok(())
    }

    /// Tells the client about an error; a fatal one ends the connection.
    fn settle(&mut self, outcome: Result<(), Failure>) -> Result<(), ConnectionError> {
        match outcome {
            Ok(()) => Ok(()),
            Err(Failure::Sql(error)) if error.fields().fatal => Err(ConnectionError::Fatal(error)),
            Err(Failure::Sql(error)) => {
                self.fail(&error);
                Ok(())
            }
            Err(Failure::Io(error)) => Err(match error.downcast::<ProtocolError>() {
                Ok(violation) => violation.into(),
                Err(error) => error.into(),
            }),
        }
    }

    fn fail(&mut self, error: &SqlError) {
        self.session.statement_failed();
        backend::error(&mut self.buffered.output, error);
    }

    fn ready(&mut self) {
        let status = match (self.session.in_block(), self.session.is_failed()) {
            (false, _) => TransactionStatus::Idle,
            (true, false) => TransactionStatus::Block,
            (true, true) => TransactionStatus::Failed,
        };
        backend::ready(&mut self.buffered.output, status);
    }

    /// Last words, where there is somebody to hear them.
    async fn finish(mut self, ended: Result<(), ConnectionError>) -> Result<(), ConnectionError> {
        let last = match &ended {
            Ok(()) | Err(ConnectionError::Io(_)) => None,
            // As in PostgreSQL, nothing is said to who cannot count.
            Err(ConnectionError::Protocol(ProtocolError::Length)) => None,
            Err(ConnectionError::Protocol(error)) => Some(SqlError::new(error.state(), error.to_string())),
            Err(ConnectionError::Fatal(error)) => Some(error.clone()),
        };
        if let Some(mut error) = last {
            error.fields_mut().fatal = true;
            backend::error(&mut self.buffered.output, &error);
        }
        if !matches!(ended, Err(ConnectionError::Io(_))) {
            // The client may have gone without listening.
            let _ = self.buffered.flush().await;
            self.buffered.shutdown().await;
        }
        ended
    }
}

/// The messages of the extended protocol that never wait.
fn extended(session: &mut Session, message: Frontend<'_>, out: &mut Vec<u8>) -> Result<(), SqlError> {
    match message {
        Frontend::Parse { name, query, types } => {
            let types: Vec<TypeId> = types.iter().map(TypeId).collect();
            session.parse(name, query, &types)?;
            backend::bare(out, backend::PARSE_COMPLETE);
        }
        Frontend::Bind(message) => {
            bind(session, &message)?;
            backend::bare(out, backend::BIND_COMPLETE);
        }
        Frontend::Describe { statement: true, name } => {
            let (parameters, columns) = session.describe_statement(name)?;
            backend::parameter_description(out, parameters.iter().map(|ty| ty.id.0));
            describe(out, columns.as_deref(), &Formats::default());
        }
        Frontend::Describe { statement: false, name } => {
            let (columns, formats) = session.describe_portal(name)?;
            describe(out, columns.as_deref(), &formats);
        }
        Frontend::Close { statement, name } => {
            if statement {
                session.close_statement(name)
            } else {
                session.close_portal(name)
            }
            backend::bare(out, backend::CLOSE_COMPLETE);
        }
        // Left over from a COPY that failed: PostgreSQL ignores them, too.
        Frontend::CopyData(_) | Frontend::CopyDone | Frontend::CopyFail(_) => {}
        Frontend::Query(_)
        | Frontend::Execute { .. }
        | Frontend::Sync
        | Frontend::Flush
        | Frontend::Terminate
        | Frontend::FunctionCall
        | Frontend::Password(_) => unreachable!("carried out or refused by the connection"),
    }
    Ok(())
}

fn bind(session: &mut Session, message: &Bind<'_>) -> Result<(), SqlError> {
    let parameter_formats = formats(&message.parameter_formats)?;
    if let Some(given) = parameter_formats.count()
        && given != message.parameters.len()
    {
        let message = format!("bind message has {given} parameter formats but {} parameters", message.parameters.len());
        return Err(SqlError::new(SqlState::PROTOCOL_VIOLATION, message));
    }
    let result_formats = formats(&message.result_formats)?;
    let values = message.parameters.iter();
    session.bind(
        message.portal,
        message.statement,
        message.parameters.len(),
        values,
        &parameter_formats,
        result_formats,
    )
}

fn formats(codes: &Fields<'_, i16>) -> Result<Formats, SqlError> {
    let format = |code| match code {
        0 => Ok(Format::Text),
        1 => Ok(Format::Binary),
        other => {
            let message = format!("unsupported format code: {other}");
            Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
    };
    match codes.len() {
        0 => Ok(Formats::default()),
        1 => codes.iter().map(format).next().unwrap_or(Ok(Format::Text)).map(Formats::All),
        _ => codes.iter().map(format).collect::<Result<_, _>>().map(Formats::Each),
    }
}

/// Compile-time proof that what a session is told implements what it asks for.
const _: fn() = || {
    fn is_client<C: Client>() {}
    is_client::<Answers<'static>>();
};
