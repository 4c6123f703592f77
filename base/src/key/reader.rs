//! Decoding of key columns. Total: foreign bytes give an error, never a panic.

use super::{ESCAPE, ESCAPED_END, ESCAPED_ZERO, KeyOrder, NumericKey, TAG_PRESENT, numeric, scalar};

/// Bytes that no [`KeyWriter`](super::KeyWriter) wrote, or not with these columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The key ends inside a column.
    #[error("the key ends inside a column")]
    Truncated,
    /// A byte that this column's encoding does not produce.
    #[error("the key holds byte {byte:#04x} where {expected} was expected")]
    Unexpected {
        /// The byte found.
        byte: u8,
        /// What should have stood there.
        expected: &'static str,
    },
    /// A numeric whose digits or exponent are out of range or not in normal form.
    #[error("the key holds a malformed numeric")]
    Numeric,
}

/// Takes key columns from the front of a key, in the order in which they were put.
#[derive(Clone, Debug)]
pub struct KeyReader<'a> {
    rest: &'a [u8],
}

impl<'a> KeyReader<'a> {
    /// A reader at the beginning of `key`.
    pub fn new(key: &'a [u8]) -> Self {
        Self { rest: key }
    }

    /// Has every column been taken?
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that have not been taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag of a nullable column: `true` when a value follows, `false` for NULL.
    pub fn take_present(&mut self, order: KeyOrder) -> Result<bool, KeyError> {
        match self.take_byte()? {
            TAG_PRESENT => Ok(true),
            tag if tag == order.null_tag() => Ok(false),
            byte => Err(KeyError::Unexpected { byte, expected: "a NULL tag" }),
        }
    }

    /// A boolean.
    pub fn take_bool(&mut self, order: KeyOrder) -> Result<bool, KeyError> {
        match self.take_fixed::<1>(order)?[0] {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(KeyError::Unexpected { byte, expected: "a boolean" }),
        }
    }

    /// A 16-bit integer.
    pub fn take_i16(&mut self, order: KeyOrder) -> Result<i16, KeyError> {
        Ok(scalar::to_i16(u16::from_be_bytes(self.take_fixed(order)?)))
    }

    /// A 32-bit integer or a date.
    pub fn take_i32(&mut self, order: KeyOrder) -> Result<i32, KeyError> {
        Ok(scalar::to_i32(u32::from_be_bytes(self.take_fixed(order)?)))
    }

    /// A 64-bit integer, a time or a timestamp.
    pub fn take_i64(&mut self, order: KeyOrder) -> Result<i64, KeyError> {
        Ok(scalar::to_i64(u64::from_be_bytes(self.take_fixed(order)?)))
    }

    /// An unsigned 32-bit integer.
    pub fn take_u32(&mut self, order: KeyOrder) -> Result<u32, KeyError> {
        Ok(u32::from_be_bytes(self.take_fixed(order)?))
    }

    /// Single precision; zero has lost its sign and NaN its payload.
    pub fn take_f32(&mut self, order: KeyOrder) -> Result<f32, KeyError> {
        Ok(scalar::to_f32(u32::from_be_bytes(self.take_fixed(order)?)))
    }

    /// Double precision; zero has lost its sign and NaN its payload.
    pub fn take_f64(&mut self, order: KeyOrder) -> Result<f64, KeyError> {
        Ok(scalar::to_f64(u64::from_be_bytes(self.take_fixed(order)?)))
    }

    /// A UUID.
    pub fn take_uuid(&mut self, order: KeyOrder) -> Result<[u8; 16], KeyError> {
        self.take_fixed(order)
    }

    /// Bytes, or text in UTF-8 (which the caller checks).
    pub fn take_bytes(&mut self, order: KeyOrder) -> Result<Vec<u8>, KeyError> {
        let mut out = Vec::new();
        self.take_bytes_into(order, &mut out)?;
        Ok(out)
    }

    /// [`Self::take_bytes`], appended to a buffer that the caller reuses. On an error `out` is as it was.
    pub fn take_bytes_into(&mut self, order: KeyOrder, out: &mut Vec<u8>) -> Result<(), KeyError> {
        let before = out.len();
        let taken = self.take_escaped(order, out);
        if taken.is_err() {
            out.truncate(before);
        }
        taken
    }

    /// A numeric value in normal form.
    pub fn take_numeric(&mut self, order: KeyOrder) -> Result<NumericKey, KeyError> {
        numeric::decode(|| Ok(self.take_fixed::<1>(order)?[0]))
    }

    fn take_escaped(&mut self, order: KeyOrder, out: &mut Vec<u8>) -> Result<(), KeyError> {
        let mask = order.mask();
        loop {
            let escape = self.rest.iter().position(|&byte| byte ^ mask == ESCAPE).ok_or(KeyError::Truncated)?;
            let after = *self.rest.get(escape + 1).ok_or(KeyError::Truncated)? ^ mask;
            out.extend(self.rest[..escape].iter().map(|byte| byte ^ mask));
            self.rest = &self.rest[escape + 2..];
            match after {
                ESCAPED_END => return Ok(()),
                ESCAPED_ZERO => out.push(0),
                byte => return Err(KeyError::Unexpected { byte, expected: "an escape" }),
            }
        }
    }

    fn take_byte(&mut self) -> Result<u8, KeyError> {
        let (&byte, rest) = self.rest.split_first().ok_or(KeyError::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    fn take_fixed<const N: usize>(&mut self, order: KeyOrder) -> Result<[u8; N], KeyError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(KeyError::Truncated)?;
        self.rest = rest;
        Ok(bytes.map(|byte| byte ^ order.mask()))
    }
}
