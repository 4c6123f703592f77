//! Encoding of key columns.

use super::{ESCAPE, ESCAPED_END, ESCAPED_ZERO, KeyOrder, NumericKey, TAG_PRESENT, numeric, scalar};

/// Appends key columns to a buffer that the caller keeps and reuses. Never fails; the caller holds the finished key
/// against [`KEY_BYTES_MAX`](super::KEY_BYTES_MAX).
#[derive(Debug)]
pub struct KeyWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> KeyWriter<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// NULL in a nullable column.
    pub fn put_null(&mut self, order: KeyOrder) {
        self.out.push(order.null_tag());
    }

    /// The tag before a value in a nullable column. NOT NULL columns (primary keys) write none.
    pub fn put_present(&mut self, _order: KeyOrder) {
        self.out.push(TAG_PRESENT);
    }

    /// A boolean: false before true.
    pub fn put_bool(&mut self, value: bool, order: KeyOrder) {
        self.put_fixed([u8::from(value)], order);
    }

    /// A 16-bit integer.
    pub fn put_i16(&mut self, value: i16, order: KeyOrder) {
        self.put_fixed(scalar::from_i16(value).to_be_bytes(), order);
    }

    /// A 32-bit integer; also a date, as days.
    pub fn put_i32(&mut self, value: i32, order: KeyOrder) {
        self.put_fixed(scalar::from_i32(value).to_be_bytes(), order);
    }

    /// A 64-bit integer; also time, timestamp and timestamptz, as microseconds.
    pub fn put_i64(&mut self, value: i64, order: KeyOrder) {
        self.put_fixed(scalar::from_i64(value).to_be_bytes(), order);
    }

    /// An unsigned 32-bit integer (oid).
    pub fn put_u32(&mut self, value: u32, order: KeyOrder) {
        self.put_fixed(value.to_be_bytes(), order);
    }

    /// Single precision in PostgreSQL's order: -0 equals 0, NaN equals NaN and is the greatest.
    pub fn put_f32(&mut self, value: f32, order: KeyOrder) {
        self.put_fixed(scalar::from_f32(value).to_be_bytes(), order);
    }

    /// Double precision in PostgreSQL's order: -0 equals 0, NaN equals NaN and is the greatest.
    pub fn put_f64(&mut self, value: f64, order: KeyOrder) {
        self.put_fixed(scalar::from_f64(value).to_be_bytes(), order);
    }

    /// A UUID, ordered as bytes.
    pub fn put_uuid(&mut self, value: &[u8; 16], order: KeyOrder) {
        self.put_fixed(*value, order);
    }

    /// Bytes of any length, or text in UTF-8 under collation "C".
    pub fn put_bytes(&mut self, value: &[u8], order: KeyOrder) {
        let start = self.out.len();
        self.out.reserve(value.len() + 2);
        let mut rest = value;
        while let Some(zero) = rest.iter().position(|&byte| byte == ESCAPE) {
            self.out.extend_from_slice(&rest[..zero]);
            self.out.extend_from_slice(&[ESCAPE, ESCAPED_ZERO]);
            rest = &rest[zero + 1..];
        }
        self.out.extend_from_slice(rest);
        self.out.extend_from_slice(&[ESCAPE, ESCAPED_END]);
        self.invert_from(start, order);
    }

    /// A numeric value: numerically equal values have equal bytes, whatever their scale.
    pub fn put_numeric(&mut self, value: &NumericKey, order: KeyOrder) {
        let start = self.out.len();
        numeric::encode(value, self.out);
        self.invert_from(start, order);
    }

    fn put_fixed<const N: usize>(&mut self, bytes: [u8; N], order: KeyOrder) {
        self.out.extend_from_slice(&bytes.map(|byte| byte ^ order.mask()));
    }

    fn invert_from(&mut self, start: usize, order: KeyOrder) {
        if order.descending {
            self.out[start..].iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
}
