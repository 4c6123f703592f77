//! What a session says to its client. The wire implements it; tests implement it with vectors.

use std::io;
use std::rc::Rc;

use cairn_sql_binder::tree::OutputColumn;
use cairn_sql_short::RowView;
use cairn_sql_types::SqlError;
use cairn_sql_types::kernel::EvalContext;

use crate::tag::Tag;

/// Text or binary form of a value on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// Text.
    #[default]
    Text,
    /// Binary.
    Binary,
}

/// Formats of a list of values, as Bind gives them: none (all text) or one for all, or one each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Formats {
    /// All values have this one.
    All(Format),
    /// Each has its own; there are two at least.
    Each(Rc<[Format]>),
}

impl Default for Formats {
    fn default() -> Self {
        Formats::All(Format::Text)
    }
}

impl Formats {
    /// The format of value `index`.
    pub fn of(&self, index: usize) -> Format {
        match self {
            Formats::All(format) => *format,
            Formats::Each(formats) => formats.get(index).copied().unwrap_or_default(),
        }
    }

    /// For how many values it was given, where it was given for each.
    pub fn count(&self) -> Option<usize> {
        match self {
            Formats::All(_) => None,
            Formats::Each(formats) => Some(formats.len()),
        }
    }
}

/// How loud a notice is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// DEBUG1..5
    Debug,
    /// LOG
    Log,
    /// INFO
    Info,
    /// NOTICE
    Notice,
    /// WARNING
    Warning,
}

impl Severity {
    /// As in the `S` field of a NoticeResponse.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Debug => "DEBUG1",
            Severity::Log => "LOG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
        }
    }
}

/// What arrives while the server waits for COPY data.
#[derive(Debug, PartialEq, Eq)]
pub enum CopyInput {
    /// A piece of data, cut anywhere.
    Data(Vec<u8>),
    /// The end.
    Done,
    /// The client gave up, with its reason.
    Fail(String),
}

/// The receiving end of a session's answers. Answers are buffered; only the async methods touch the connection.
#[expect(async_fn_in_trait, reason = "sessions live on one thread; nobody needs the futures to be Send")]
pub trait Client {
    /// The columns of the rows that follow.
    fn row_description(&mut self, columns: &[OutputColumn], formats: &Formats);
    /// One row of those columns. On an error nothing was added.
    fn row(
        &mut self,
        context: &EvalContext<'_>,
        columns: &[OutputColumn],
        formats: &Formats,
        row: &RowView<'_>,
    ) -> Result<(), SqlError>;
    /// The statement is done.
    fn command_complete(&mut self, tag: &Tag);
    /// The text held no statement.
    fn empty_query(&mut self);
    /// The portal has more rows.
    fn portal_suspended(&mut self);
    /// A notice or warning.
    fn notice(&mut self, severity: Severity, notice: &SqlError);
    /// A reported setting has a new value.
    fn parameter_status(&mut self, name: &str, value: &str);
    /// COPY FROM STDIN begins.
    fn copy_in(&mut self, columns: usize);
    /// COPY TO STDOUT begins.
    fn copy_out(&mut self, columns: usize);
    /// One line of COPY TO STDOUT.
    fn copy_out_data(&mut self, data: &[u8]);
    /// COPY TO STDOUT ends.
    fn copy_out_done(&mut self);
    /// Where the buffer stands, for [`Self::rewind`].
    fn mark(&self) -> usize;
    /// Takes back what was said since `mark`. Only valid when nothing was flushed since.
    fn rewind(&mut self, mark: usize);
    /// Sends what is buffered if it has grown large. Afterwards earlier marks are void.
    async fn relieve(&mut self) -> io::Result<()>;
    /// The next piece of COPY FROM STDIN; sends what is buffered first.
    async fn copy_input(&mut self) -> io::Result<CopyInput>;
}
