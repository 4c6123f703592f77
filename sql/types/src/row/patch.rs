//! UPDATE on bytes: the new row from the old one, copying what did not change.

use super::RowError;
use super::layout::{HEAD, RowLayout, Stored, not_stored};
use crate::datum::Datum;

impl RowLayout {
    /// Appends the row `old` with the values of some columns replaced. Unchanged columns are copied as bytes. The new row
    /// has all columns of the layout, whatever the old one had. The last change of a column wins.
    pub fn patch(&self, old: &[u8], changes: &[(usize, Datum)], out: &mut Vec<u8>) -> Result<(), RowError> {
        if let Some((column, _)) = changes.iter().find(|(column, _)| *column >= self.len()) {
            return Err(RowError::ColumnCount { found: column + 1, known: self.len() });
        }
        let start = out.len();
        if self.patch_in_place(old, changes, out)? {
            return Ok(());
        }
        out.truncate(start);
        let patched = self.rebuild(old, changes, false, out);
        if patched == Err(RowError::TooLarge) {
            out.truncate(start);
            return self.rebuild(old, changes, true, out);
        }
        patched
    }

    /// When only fixed-width columns change and none becomes or ceases to be NULL: one copy, then the values.
    fn patch_in_place(&self, old: &[u8], changes: &[(usize, Datum)], out: &mut Vec<u8>) -> Result<bool, RowError> {
        let parts = self.parts(old)?;
        let fits = |(column, value): &(usize, Datum)| {
            let stays = matches!(self.stored(&parts, *column), Ok(Stored::Bytes(_)));
            self.places[*column].width > 0 && !value.is_null() && stays
        };
        if parts.columns != self.len() || !changes.iter().all(fits) {
            return Ok(false);
        }
        let start = out.len();
        out.extend_from_slice(parts.row());
        for (column, value) in changes {
            let place = self.places[*column];
            let at = start + parts.fixed() + place.at as usize;
            if !place.field.put_fixed(value, &mut out[at..at + place.width as usize]) {
                return Err(RowError::WrongType { column: *column });
            }
        }
        Ok(true)
    }

    fn rebuild(&self, old: &[u8], changes: &[(usize, Datum)], wide: bool, out: &mut Vec<u8>) -> Result<(), RowError> {
        let parts = self.parts(old)?;
        let start = out.len();
        let mut sources = Vec::with_capacity(self.len());
        for column in 0..self.len() {
            let change = changes.iter().rev().find(|(changed, _)| *changed == column);
            sources.push(match (change, self.stored(&parts, column)?) {
                (Some((_, value)), _) => Source::of(value),
                (None, Stored::Missing) => Source::of(self.missing(column)),
                (None, Stored::Null) => Source::Null,
                (None, Stored::Bytes(bytes)) => Source::Bytes(bytes),
            });
        }
        let has_nulls = sources.iter().any(|source| matches!(source, Source::Null));
        let areas = self.begin(has_nulls, wide, out);
        for (column, (place, source)) in self.places.iter().zip(&sources).enumerate() {
            let at = areas.fixed + place.at as usize;
            match (source, place.width as usize) {
                (Source::Null, _) => out[start + HEAD + column / 8] |= 1 << (column % 8),
                (Source::Bytes(bytes), 0) => out.extend_from_slice(bytes),
                (Source::Bytes(bytes), width) => out[at..at + width].copy_from_slice(bytes),
                (Source::Value(value), 0) => {
                    if !place.field.put_variable(value, out) {
                        return Err(not_stored(place.field, column));
                    }
                }
                (Source::Value(value), width) => {
                    if !place.field.put_fixed(value, &mut out[at..at + width]) {
                        return Err(RowError::WrongType { column });
                    }
                }
            }
            if place.width == 0 {
                areas.put_end(place.at, out)?;
            }
        }
        Ok(())
    }
}

/// Where a column of the new row comes from.
enum Source<'a> {
    Null,
    Bytes(&'a [u8]),
    Value(&'a Datum),
}

impl<'a> Source<'a> {
    fn of(value: &'a Datum) -> Self {
        match value {
            Datum::Null => Source::Null,
            value => Source::Value(value),
        }
    }
}
