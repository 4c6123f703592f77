//! What a session says, as messages in the connection's output buffer.

use std::io;

use cairn_sql_binder::tree::OutputColumn;
use cairn_sql_protocol::backend::{self, ColumnDescription};
use cairn_sql_protocol::frontend::{Frame, Frontend, ProtocolError};
use cairn_sql_session::{Cell, Client, CopyInput, Format, Formats, RowView, Severity, Tag};
use cairn_sql_types::info::TypeInfo;
use cairn_sql_types::io::{output, send};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use crate::buffer::Buffered;

/// One row must fit into one message.
const ROW_BYTES_MAX: usize = 1 << 30;

/// A session's answers on their way out.
#[derive(Debug)]
pub(crate) struct Answers<'a> {
    buffered: &'a mut Buffered,
    min_messages: Severity,
}

impl<'a> Answers<'a> {
    pub(crate) fn new(buffered: &'a mut Buffered, min_messages: Severity) -> Self {
        Self { buffered, min_messages }
    }
}

/// RowDescription, or NoData for a statement that returns no rows.
pub(crate) fn describe(out: &mut Vec<u8>, columns: Option<&[OutputColumn]>, formats: &Formats) {
    let Some(columns) = columns else { return backend::bare(out, backend::NO_DATA) };
    let description = columns.iter().enumerate().map(|(index, column)| ColumnDescription {
        name: &column.name,
        source: column.source.map_or((0, 0), |(table, attribute)| (table.0, attribute)),
        type_oid: column.ty.id.0,
        type_size: TypeInfo::of(column.ty.id).map_or(-1, |info| info.length),
        // The modifier of a record means something to us only.
        modifier: if column.ty.id == TypeId::RECORD { -1 } else { column.ty.modifier },
        format: i16::from(formats.of(index) == Format::Binary),
    });
    backend::row_description(out, description);
}

/// DataRow
fn data_row(
    out: &mut Vec<u8>,
    context: &EvalContext<'_>,
    columns: &[OutputColumn],
    formats: &Formats,
    row: &RowView<'_>,
) -> Result<(), SqlError> {
    let start = out.len();
    let result = data_row_body(out, context, columns, formats, row);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn data_row_body(
    out: &mut Vec<u8>,
    context: &EvalContext<'_>,
    columns: &[OutputColumn],
    formats: &Formats,
    row: &RowView<'_>,
) -> Result<(), SqlError> {
    let start = out.len();
    out.extend_from_slice(&[b'D', 0, 0, 0, 0]);
    out.extend_from_slice(&(columns.len() as u16).to_be_bytes());
    for (index, column) in columns.iter().enumerate() {
        let cell = row.cell(index)?;
        if cell.is_null() {
            out.extend_from_slice(&(-1i32).to_be_bytes());
            continue;
        }
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        value(out, context, column.ty, formats.of(index), &cell)?;
        let length = (out.len() - length_at - 4) as u32;
        out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    }
    let length = out.len() - start - 1;
    if length > ROW_BYTES_MAX {
        return Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "a row of the result is larger than 1 GiB"));
    }
    out[start + 1..start + 5].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(())
}

fn value(
    out: &mut Vec<u8>,
    context: &EvalContext<'_>,
    ty: Type,
    format: Format,
    cell: &Cell<'_>,
) -> Result<(), SqlError> {
    let datum = match cell {
        // Strings are the same in both forms, but for jsonb's version byte.
        Cell::Text(text) if format == Format::Text || ty.id != TypeId::JSONB => {
            out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        Cell::Text(text) => &Datum::text(*text),
        Cell::Value(value) => value,
        Cell::Ref(value) => value,
    };
    match format {
        Format::Text => output(context, ty.id, datum, out),
        Format::Binary => send(ty.id, datum, out),
    }
    Ok(())
}

impl Client for Answers<'_> {
    fn row_description(&mut self, columns: &[OutputColumn], formats: &Formats) {
        describe(&mut self.buffered.output, Some(columns), formats);
    }

    fn row(
        &mut self,
        context: &EvalContext<'_>,
        columns: &[OutputColumn],
        formats: &Formats,
        row: &RowView<'_>,
    ) -> Result<(), SqlError> {
        data_row(&mut self.buffered.output, context, columns, formats, row)
    }

    fn command_complete(&mut self, tag: &Tag) {
        backend::command_complete(&mut self.buffered.output, tag);
    }

    fn empty_query(&mut self) {
        backend::bare(&mut self.buffered.output, backend::EMPTY_QUERY);
    }

    fn portal_suspended(&mut self) {
        backend::bare(&mut self.buffered.output, backend::PORTAL_SUSPENDED);
    }

    fn notice(&mut self, severity: Severity, notice: &SqlError) {
        if severity >= self.min_messages || severity == Severity::Info {
            backend::notice(&mut self.buffered.output, severity.as_str(), notice);
        }
    }

    fn parameter_status(&mut self, name: &str, value: &str) {
        backend::parameter_status(&mut self.buffered.output, name, value);
    }

    fn copy_in(&mut self, columns: usize) {
        backend::copy_response(&mut self.buffered.output, b'G', columns);
    }

    fn copy_out(&mut self, columns: usize) {
        backend::copy_response(&mut self.buffered.output, b'H', columns);
    }

    fn copy_out_data(&mut self, data: &[u8]) {
        backend::copy_data(&mut self.buffered.output, data);
    }

    fn copy_out_done(&mut self) {
        backend::bare(&mut self.buffered.output, backend::COPY_DONE);
    }

    fn mark(&self) -> usize {
        self.buffered.output.len()
    }

    fn rewind(&mut self, mark: usize) {
        self.buffered.output.truncate(mark);
    }

    async fn relieve(&mut self) -> io::Result<()> {
        self.buffered.relieve().await
    }

    async fn copy_input(&mut self) -> io::Result<CopyInput> {
        loop {
            let violated = |error: ProtocolError| io::Error::new(io::ErrorKind::InvalidData, error);
            let taken = match self.buffered.next().map_err(violated)? {
                Some(frame) => Some((copy_message(frame).map_err(violated)?, frame.length)),
                None => None,
            };
            match taken {
                Some((input, length)) => {
                    self.buffered.consume(length);
                    if let Some(input) = input {
                        return Ok(input);
                    }
                }
                None => {
                    self.buffered.flush().await?;
                    if !self.buffered.read().await? {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
    }
}

/// A message during COPY FROM STDIN. Flush and Sync are ignored, as in PostgreSQL; anything else ends the connection.
fn copy_message(frame: Frame<'_>) -> Result<Option<CopyInput>, ProtocolError> {
    if !matches!(frame.kind, b'd' | b'c' | b'f' | b'H' | b'S') {
        return Err(ProtocolError::InCopy(frame.kind));
    }
    Ok(match frame.decode()? {
        Frontend::CopyData(data) => Some(CopyInput::Data(data.to_vec())),
        Frontend::CopyDone => Some(CopyInput::Done),
        Frontend::CopyFail(reason) => Some(CopyInput::Fail(format!("COPY from stdin failed: {reason}"))),
        _ => None,
    })
}
