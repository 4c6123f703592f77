//! Messages of the extended protocol as bytes.

use crate::client::frame;

/// Query.
pub fn query(text: &str) -> Vec<u8> {
    frame(b'Q', &[text.as_bytes(), &[0]].concat())
}

/// Parse of the unnamed statement, its parameter types left to the server.
pub fn parse(text: &str) -> Vec<u8> {
    parse_as("", text, &[])
}

/// Parse with a name and the OIDs of parameter types.
pub fn parse_as(name: &str, text: &str, types: &[u32]) -> Vec<u8> {
    let mut body = [name.as_bytes(), &[0], text.as_bytes(), &[0]].concat();
    body.extend(count(types.len()));
    body.extend(types.iter().flat_map(|oid| oid.to_be_bytes()));
    frame(b'P', &body)
}

/// Bind of the unnamed portal to the unnamed statement without parameters, text results.
pub fn bind() -> Vec<u8> {
    frame(b'B', &[0; 8])
}

/// Bind of a portal with values in binary, results in binary.
pub fn bind_binary(portal: &str, statement: &str, values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = [portal.as_bytes(), &[0], statement.as_bytes(), &[0], &[0, 1, 0, 1]].concat();
    body.extend(count(values.len()));
    for value in values {
        match value {
            None => body.extend((-1_i32).to_be_bytes()),
            Some(bytes) => {
                body.extend(i32::try_from(bytes.len()).expect("a short value").to_be_bytes());
                body.extend_from_slice(bytes);
            }
        }
    }
    body.extend([0, 1, 0, 1]);
    frame(b'B', &body)
}

/// Describe of a statement (`S`) or portal (`P`).
pub fn describe(kind: u8, name: &str) -> Vec<u8> {
    frame(b'D', &[&[kind], name.as_bytes(), &[0]].concat())
}

/// Close of a statement (`S`) or portal (`P`).
pub fn close(kind: u8, name: &str) -> Vec<u8> {
    frame(b'C', &[&[kind], name.as_bytes(), &[0]].concat())
}

/// Execute of the unnamed portal; 0 rows: all.
pub fn execute(rows: i32) -> Vec<u8> {
    execute_portal("", rows)
}

/// Execute of a portal.
pub fn execute_portal(name: &str, rows: i32) -> Vec<u8> {
    frame(b'E', &[name.as_bytes(), &[0], &rows.to_be_bytes()].concat())
}

/// Sync.
pub fn sync() -> Vec<u8> {
    frame(b'S', &[])
}

/// The start-up packet of a session with these parameters.
pub fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = 196_608_i32.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend([name.as_bytes(), &[0], value.as_bytes(), &[0]].concat());
    }
    body.push(0);
    let length = i32::try_from(body.len() + 4).expect("a short packet");
    [&length.to_be_bytes()[..], &body].concat()
}

fn count(items: usize) -> [u8; 2] {
    u16::try_from(items).expect("few items").to_be_bytes()
}
