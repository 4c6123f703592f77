//! What a client sends: start-up packets, messages, values of parameters, lines of COPY.
//!
//! The bytes are a connection, from its first byte on. Decoding it whole and in pieces gives the same, a decoded message says
//! everything that its bytes said, and answers made of the client's own words keep the form of messages.

mod copy;
mod encode;

use cairn_sql_protocol::backend::{self, ColumnDescription};
use cairn_sql_protocol::frontend::{self, Frame, Frontend, ProtocolError, Startup, sasl_initial};
use cairn_sql_types::io::{input, output_string, receive, send};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, Type, TypeId};

use cairn_sql_testkit::{NoHost, settings};

/// Types that a client may say its parameters have.
const TYPES: &[TypeId] = &[
    TypeId::BOOL,
    TypeId::INT4,
    TypeId::FLOAT8,
    TypeId::NUMERIC,
    TypeId::TEXT,
    TypeId::BYTEA,
    TypeId::TIMESTAMPTZ,
    TypeId::INTERVAL,
    TypeId::UUID,
    TypeId::JSONB,
];

/// A connection's bytes.
///
/// # Panics
/// When a piece and the whole differ, or a message loses something.
pub fn run(bytes: &[u8]) {
    let rest = start(bytes);
    let mut copied: Vec<&[u8]> = Vec::new();
    messages(rest, &mut copied);
    copy::check(&copied);
    // The same bytes as if they came behind a start-up packet, and as a value.
    messages(bytes, &mut Vec::new());
    value(bytes);
}

/// Takes start-up packets off, as the handshake does: requests for encryption, then the packet that begins a session.
fn start(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        let found = frontend::startup(rest);
        let Ok(Some((packet, length))) = found else { return rest };
        assert!((8..=rest.len()).contains(&length));
        for cut in [0, 3, 4, length - 1] {
            assert_eq!(frontend::startup(&rest[..cut]), Ok(None), "a part of a packet is a packet");
        }
        rest = &rest[length..];
        match packet {
            Startup::Tls | Startup::Gss => {}
            Startup::Cancel { secret, .. } => {
                assert!(secret.len() <= length);
                return rest;
            }
            Startup::Session { parameters, .. } => {
                answers(parameters.iter().flat_map(|(name, value)| [name.as_str(), value]));
                return rest;
            }
        }
    }
}

/// Takes messages off to the first broken frame. Data of COPY is kept.
fn messages<'a>(bytes: &'a [u8], copied: &mut Vec<&'a [u8]>) {
    let mut rest = bytes;
    while let Ok(Some(frame)) = frontend::next(rest) {
        let (whole, behind) = rest.split_at(frame.length);
        for cut in [0, 1, 4, frame.length - 1] {
            assert_eq!(frontend::next(&whole[..cut]), Ok(None), "a part of a message is a message");
        }
        assert_eq!(frontend::next(whole), Ok(Some(frame)), "what stands behind a message changes it");
        if let Some(message) = message(&frame, whole)
            && let Frontend::CopyData(data) = message
        {
            copied.push(data);
        }
        rest = behind;
    }
}

/// Decodes, and holds what was said against the bytes.
fn message<'a>(frame: &Frame<'a>, whole: &[u8]) -> Option<Frontend<'a>> {
    let message = match frame.decode() {
        Ok(message) => message,
        Err(error) => {
            refusal(&error);
            return None;
        }
    };
    if let Some(again) = encode::message(&message) {
        assert_eq!(again, whole, "{message:?}");
    }
    match &message {
        Frontend::Query(text) | Frontend::CopyFail(text) => answers([*text].into_iter()),
        Frontend::Parse { name, query, types } => {
            assert_eq!(types.iter().count(), types.len());
            answers([*name, *query].into_iter());
        }
        Frontend::Bind(bind) => {
            assert_eq!(bind.parameters.iter().count(), bind.parameters.len());
            bind.parameters.iter().flatten().for_each(value);
        }
        Frontend::Password(body) => {
            if let Ok((mechanism, data)) = sasl_initial(body) {
                assert!(mechanism.len() + data.len() < body.len());
            }
        }
        _ => {}
    }
    Some(message)
}

fn refusal(error: &ProtocolError) {
    let mut out = Vec::new();
    backend::error(&mut out, &SqlError::new(error.state(), error.to_string()));
    whole_messages(&out);
}

/// A parameter's value, under each type: an error, or a value that comes back as it was sent.
fn value(bytes: &[u8]) {
    let settings = settings();
    let context = EvalContext { settings: &settings, host: &NoHost };
    for ty in TYPES {
        if let Ok(datum) = receive(*ty, bytes) {
            let sent = sent(*ty, &datum);
            let again = receive(*ty, &sent).unwrap_or_else(|error| panic!("{ty:?} {datum:?}: {error}"));
            assert_eq!(self::sent(*ty, &again), sent, "{ty:?} {datum:?}");
        }
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        if let Ok(datum) = input(&context, Type::plain(*ty), text) {
            let shown = output_string(&context, *ty, &datum);
            let again = input(&context, Type::plain(*ty), &shown);
            let again = again.unwrap_or_else(|error| panic!("{ty:?} {text:?} is shown as {shown:?}: {error}"));
            assert_eq!(output_string(&context, *ty, &again), shown, "{ty:?} {text:?}");
        }
    }
}

fn sent(ty: TypeId, datum: &Datum) -> Vec<u8> {
    let mut out = Vec::new();
    send(ty, datum, &mut out);
    out
}

/// Answers that carry the client's own words.
fn answers<'a>(texts: impl Iterator<Item = &'a str>) {
    let mut out = Vec::new();
    for text in texts {
        let error = SqlError::unsupported(text).detail(text.to_owned()).hint(text.to_owned());
        backend::error(&mut out, &error);
        backend::notice(&mut out, "NOTICE", &error);
        backend::parameter_status(&mut out, text, text);
        backend::command_complete(&mut out, &"SELECT 1");
        backend::copy_data(&mut out, text.as_bytes());
        let column =
            ColumnDescription { name: text, source: (0, 0), type_oid: 25, type_size: -1, modifier: -1, format: 0 };
        backend::row_description(&mut out, [column].into_iter());
    }
    whole_messages(&out);
}

/// Are these whole messages, one behind the other?
fn whole_messages(mut out: &[u8]) {
    while let [_, a, b, c, d, ..] = *out {
        let length = 1 + u32::from_be_bytes([a, b, c, d]) as usize;
        assert!((5..=out.len()).contains(&length), "an answer of {length} bytes where {} are left", out.len());
        out = &out[length..];
    }
    assert!(out.is_empty(), "bytes between the answers");
}
