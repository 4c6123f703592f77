//! The direction of one key column.

/// How one key column is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyOrder {
    /// Values run from great to small.
    pub descending: bool,
    /// NULL comes before every value (otherwise after), whichever way the values run.
    pub nulls_first: bool,
}

impl KeyOrder {
    /// `ASC`: NULLs last, as in PostgreSQL.
    pub const ASC: Self = Self { descending: false, nulls_first: false };
    /// `DESC`: NULLs first, as in PostgreSQL.
    pub const DESC: Self = Self { descending: true, nulls_first: true };

    /// What every byte of a value is XORed with.
    pub(super) const fn mask(self) -> u8 {
        if self.descending { 0xFF } else { 0x00 }
    }

    /// The tag of a NULL in this column.
    pub(super) const fn null_tag(self) -> u8 {
        if self.nulls_first { super::TAG_NULL_FIRST } else { super::TAG_NULL_LAST }
    }
}

impl Default for KeyOrder {
    fn default() -> Self {
        Self::ASC
    }
}
