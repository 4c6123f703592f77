//! The part of `MessagePack` that Tarantool's protocol needs.

/// A value that came.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Number(i64),
    Float(f64),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// What a map has under a number.
    pub(super) fn under(&self, key: i64) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries.iter().find(|(found, _)| *found == Self::Number(key)).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Begins a map of so many entries; keys and values follow.
pub(super) fn map(out: &mut Vec<u8>, entries: u8) {
    debug_assert!(entries < 16, "maps of requests are small");
    out.push(0x80 | entries);
}

/// Begins an array of so many values.
pub(super) fn array(out: &mut Vec<u8>, values: u8) {
    debug_assert!(values < 16, "arrays of requests are small");
    out.push(0x90 | values);
}

/// A number that is not negative, in its shortest form: Tarantool finds no key in a longer one.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    let bytes = number.to_be_bytes();
    match number {
        0..0x80 => out.push(bytes[7]),
        0x80..0x100 => head(out, 0xcc, &bytes[7..]),
        0x100..0x1_0000 => head(out, 0xcd, &bytes[6..]),
        0x1_0000..0x1_0000_0000 => head(out, 0xce, &bytes[4..]),
        _ => head(out, 0xcf, &bytes),
    }
}

fn head(out: &mut Vec<u8>, head: u8, bytes: &[u8]) {
    out.push(head);
    out.extend_from_slice(bytes);
}

/// A text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("texts of requests are short");
    out.push(0xda);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads a value off the front of `bytes`; `None` if they are cut short or hold something that never comes.
pub(super) fn read(bytes: &mut &[u8]) -> Option<Value> {
    let head = *take(bytes, 1)?.first()?;
    match head {
        0x00..=0x7f => Some(Value::Number(i64::from(head))),
        0x80..=0x8f => entries(bytes, u64::from(head & 0x0f)),
        0x90..=0x9f => values(bytes, u64::from(head & 0x0f)),
        0xa0..=0xbf => string(bytes, u64::from(head & 0x1f)),
        0xc0 => Some(Value::Nil),
        0xc2 | 0xc3 => Some(Value::Bool(head == 0xc3)),
        0xca => Some(Value::Float(f64::from(f32::from_bits(u32::try_from(unsigned(bytes, 4)?).ok()?)))),
        0xcb => Some(Value::Float(f64::from_bits(unsigned(bytes, 8)?))),
        0xcc..=0xcf => Some(Value::Number(i64::try_from(unsigned(bytes, 1 << (head - 0xcc))?).ok()?)),
        0xd0..=0xd3 => signed(bytes, 1 << (head - 0xd0)).map(Value::Number),
        0xd9..=0xdb => {
            let length = unsigned(bytes, 1 << (head - 0xd9))?;
            string(bytes, length)
        }
        0xdc | 0xdd => {
            let length = unsigned(bytes, 2 << (head - 0xdc))?;
            values(bytes, length)
        }
        0xde | 0xdf => {
            let length = unsigned(bytes, 2 << (head - 0xde))?;
            entries(bytes, length)
        }
        0xe0..=0xff => Some(Value::Number(i64::from(head as i8))),
        _ => None,
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (front, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(front)
}

fn unsigned(bytes: &mut &[u8], width: usize) -> Option<u64> {
    Some(take(bytes, width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn signed(bytes: &mut &[u8], width: usize) -> Option<i64> {
    let unused = 64 - 8 * u32::try_from(width).ok()?;
    Some((unsigned(bytes, width)? << unused) as i64 >> unused)
}

fn string(bytes: &mut &[u8], length: u64) -> Option<Value> {
    let text = take(bytes, usize::try_from(length).ok()?)?;
    Some(Value::Text(String::from_utf8_lossy(text).into_owned()))
}

fn values(bytes: &mut &[u8], length: u64) -> Option<Value> {
    (0..length).map(|_| read(bytes)).collect::<Option<_>>().map(Value::Array)
}

fn entries(bytes: &mut &[u8], length: u64) -> Option<Value> {
    (0..length).map(|_| Some((read(bytes)?, read(bytes)?))).collect::<Option<_>>().map(Value::Map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        map(&mut bytes, 2);
        number(&mut bytes, 1);
        let numbers = [127, 128, 256, 1 << 16, 1 << 40];
        array(&mut bytes, 5);
        numbers.iter().for_each(|&one| number(&mut bytes, one));
        number(&mut bytes, 0x31);
        text(&mut bytes, "no such space");
        let value = read(&mut bytes.as_slice()).expect("whole");
        assert_eq!(value.under(1), Some(&Value::Array(numbers.map(|one| Value::Number(one as i64)).into())));
        assert_eq!(value.under(0x31), Some(&Value::Text("no such space".to_owned())));
        assert_eq!(read(&mut &bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn all_widths_are_known() {
        assert_eq!(read(&mut [0xff].as_slice()), Some(Value::Number(-1)));
        assert_eq!(read(&mut [0xd1, 0xff, 0xfe].as_slice()), Some(Value::Number(-2)));
        assert_eq!(read(&mut [0xcd, 1, 0].as_slice()), Some(Value::Number(256)));
        assert_eq!(read(&mut [0xdd, 0, 0, 0, 1, 0xc0].as_slice()), Some(Value::Array(vec![Value::Nil])));
        assert_eq!(read(&mut [0xc1].as_slice()), None);
    }
}
