//! Messages to the client, appended to one buffer that is written out when there is nothing left to read.

use std::io::Write;

use cairn_sql_types::{SqlError, SqlState};

/// Transaction status in ReadyForQuery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TransactionStatus {
    /// Outside a transaction block.
    Idle = b'I',
    /// Inside one.
    Block = b'T',
    /// Inside a failed one.
    Failed = b'E',
}

/// Appends one message: its kind, its length, and what `body` appends.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Appends a string with its zero byte. Zero bytes inside would end it early and are left out.
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

/// A message without a body.
pub fn bare(out: &mut Vec<u8>, kind: u8) {
    out.extend_from_slice(&[kind, 0, 0, 0, 4]);
}

/// ParseComplete
pub const PARSE_COMPLETE: u8 = b'1';
/// BindComplete
pub const BIND_COMPLETE: u8 = b'2';
/// CloseComplete
pub const CLOSE_COMPLETE: u8 = b'3';
/// NoData
pub const NO_DATA: u8 = b'n';
/// PortalSuspended
pub const PORTAL_SUSPENDED: u8 = b's';
/// EmptyQueryResponse
pub const EMPTY_QUERY: u8 = b'I';
/// CopyDone
pub const COPY_DONE: u8 = b'c';

/// ReadyForQuery
pub fn ready(out: &mut Vec<u8>, status: TransactionStatus) {
    out.extend_from_slice(&[b'Z', 0, 0, 0, 5, status as u8]);
}

/// CommandComplete
pub fn command_complete(out: &mut Vec<u8>, tag: &impl std::fmt::Display) {
    message(out, b'C', |out| {
        write!(out, "{tag}").expect("a vector takes everything");
        out.push(0);
    });
}

/// ParameterStatus
pub fn parameter_status(out: &mut Vec<u8>, name: &str, value: &str) {
    message(out, b'S', |out| {
        text(out, name);
        text(out, value);
    });
}

/// BackendKeyData
pub fn key_data(out: &mut Vec<u8>, process: i32, secret: &[u8]) {
    message(out, b'K', |out| {
        out.extend_from_slice(&process.to_be_bytes());
        out.extend_from_slice(secret);
    });
}

/// Authentication request `code` with its data.
pub fn authentication(out: &mut Vec<u8>, code: u32, data: &[u8]) {
    message(out, b'R', |out| {
        out.extend_from_slice(&code.to_be_bytes());
        out.extend_from_slice(data);
    });
}

/// NegotiateProtocolVersion
pub fn negotiate(out: &mut Vec<u8>, newest_minor: u32, unknown_options: &[&str]) {
    message(out, b'v', |out| {
        out.extend_from_slice(&newest_minor.to_be_bytes());
        out.extend_from_slice(&(unknown_options.len() as u32).to_be_bytes());
        unknown_options.iter().for_each(|option| text(out, option));
    });
}

/// ParameterDescription
pub fn parameter_description(out: &mut Vec<u8>, types: impl ExactSizeIterator<Item = u32>) {
    message(out, b't', |out| {
        out.extend_from_slice(&(types.len() as u16).to_be_bytes());
        types.for_each(|oid| out.extend_from_slice(&oid.to_be_bytes()));
    });
}

/// One column of a RowDescription.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDescription<'a> {
    /// Name.
    pub name: &'a str,
    /// Table and attribute number where it is a plain column, else zeros.
    pub source: (u32, i16),
    /// Type.
    pub type_oid: u32,
    /// Fixed size, or -1 (variable), -2 (zero-terminated).
    pub type_size: i16,
    /// Type modifier.
    pub modifier: i32,
    /// 0 text, 1 binary.
    pub format: i16,
}

/// RowDescription
pub fn row_description<'a>(out: &mut Vec<u8>, columns: impl ExactSizeIterator<Item = ColumnDescription<'a>>) {
    message(out, b'T', |out| {
        out.extend_from_slice(&(columns.len() as u16).to_be_bytes());
        for column in columns {
            text(out, column.name);
            out.extend_from_slice(&column.source.0.to_be_bytes());
            out.extend_from_slice(&column.source.1.to_be_bytes());
            out.extend_from_slice(&column.type_oid.to_be_bytes());
            out.extend_from_slice(&column.type_size.to_be_bytes());
            out.extend_from_slice(&column.modifier.to_be_bytes());
            out.extend_from_slice(&column.format.to_be_bytes());
        }
    });
}

/// CopyInResponse (`G`) or CopyOutResponse (`H`), all columns as text.
pub fn copy_response(out: &mut Vec<u8>, kind: u8, columns: usize) {
    message(out, kind, |out| {
        out.push(0);
        out.extend_from_slice(&(columns as u16).to_be_bytes());
        out.extend(std::iter::repeat_n(0u8, columns * 2));
    });
}

/// CopyData
pub fn copy_data(out: &mut Vec<u8>, data: &[u8]) {
    message(out, b'd', |out| out.extend_from_slice(data));
}

/// ErrorResponse
pub fn error(out: &mut Vec<u8>, error: &SqlError) {
    let severity = if error.fields().fatal { "FATAL" } else { "ERROR" };
    report(out, b'E', severity, error);
}

/// NoticeResponse; `severity` is NOTICE, WARNING, INFO...
pub fn notice(out: &mut Vec<u8>, severity: &str, notice: &SqlError) {
    report(out, b'N', severity, notice);
}

fn report(out: &mut Vec<u8>, kind: u8, severity: &str, error: &SqlError) {
    let fields = error.fields();
    let SqlState(state) = fields.state;
    message(out, kind, |out| {
        let mut field = |code: u8, value: &str| {
            out.push(code);
            text(out, value);
        };
        field(b'S', severity);
        field(b'V', severity);
        field(b'C', &String::from_utf8_lossy(&state));
        field(b'M', &fields.message);
        let optional = [
            (b'D', &fields.detail),
            (b'H', &fields.hint),
            (b'W', &fields.context),
            (b's', &fields.schema),
            (b't', &fields.table),
            (b'c', &fields.column),
            (b'n', &fields.constraint),
        ];
        for (code, value) in optional {
            if let Some(value) = value {
                field(code, value);
            }
        }
        if let Some(routine) = fields.routine {
            field(b'R', routine);
        }
        if let Some(position) = fields.position {
            field(b'P', &position.to_string());
        }
        out.push(0);
    });
}
