//! A client's encoder, written from the message formats and nothing else (PostgreSQL documentation, chapter 55.7).

use cairn_sql_protocol::backend::message as frame;
use cairn_sql_protocol::frontend::Frontend;

/// The bytes of a message; `None` for those whose bodies mean nothing to the decoder.
pub(super) fn message(message: &Frontend<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match message {
        Frontend::Query(text) => frame(&mut out, b'Q', |out| string(out, text)),
        Frontend::Parse { name, query, types } => frame(&mut out, b'P', |out| {
            string(out, name);
            string(out, query);
            out.extend((types.len() as u16).to_be_bytes());
            types.iter().for_each(|ty| out.extend(ty.to_be_bytes()));
        }),
        Frontend::Bind(bind) => frame(&mut out, b'B', |out| {
            string(out, bind.portal);
            string(out, bind.statement);
            formats(out, bind.parameter_formats.iter());
            out.extend((bind.parameters.len() as u16).to_be_bytes());
            bind.parameters.iter().for_each(|value| sized(out, value));
            formats(out, bind.result_formats.iter());
        }),
        Frontend::Describe { statement, name } => target(&mut out, b'D', *statement, name),
        Frontend::Close { statement, name } => target(&mut out, b'C', *statement, name),
        Frontend::Execute { portal, rows_max } => frame(&mut out, b'E', |out| {
            string(out, portal);
            out.extend(rows_max.to_be_bytes());
        }),
        Frontend::Flush => frame(&mut out, b'H', |_| {}),
        Frontend::Sync => frame(&mut out, b'S', |_| {}),
        Frontend::CopyData(data) => frame(&mut out, b'd', |out| out.extend(*data)),
        Frontend::CopyDone => frame(&mut out, b'c', |_| {}),
        Frontend::CopyFail(text) => frame(&mut out, b'f', |out| string(out, text)),
        Frontend::Password(body) => frame(&mut out, b'p', |out| out.extend(*body)),
        Frontend::FunctionCall | Frontend::Terminate => return None,
    }
    Some(out)
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend(text.as_bytes());
    out.push(0);
}

fn formats(out: &mut Vec<u8>, codes: impl Iterator<Item = i16>) {
    let codes: Vec<i16> = codes.collect();
    out.extend((codes.len() as u16).to_be_bytes());
    codes.iter().for_each(|code| out.extend(code.to_be_bytes()));
}

fn sized(out: &mut Vec<u8>, value: Option<&[u8]>) {
    let length = value.map_or(-1, |value| value.len() as i32);
    out.extend(length.to_be_bytes());
    out.extend(value.unwrap_or_default());
}

fn target(out: &mut Vec<u8>, kind: u8, statement: bool, name: &str) {
    frame(out, kind, |out| {
        out.push(if statement { b'S' } else { b'P' });
        string(out, name);
    });
}
