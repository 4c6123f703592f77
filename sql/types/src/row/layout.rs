//! Where each column of a table's rows lies; encoding and reading by it.

use super::RowError;
use super::field::Field;
use crate::datum::Datum;
use crate::ty::Type;

/// Bytes of the head.
pub(super) const HEAD: usize = 2;
/// Head bit: a null bitmap follows.
pub(super) const HAS_NULLS: u16 = 0x8000;
/// Head bit: ends of variable columns take 4 bytes instead of 2.
pub(super) const WIDE: u16 = 0x4000;
/// Head bits that count columns.
pub(super) const COUNT_MASK: u16 = 0x3FFF;

/// One column's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) field: Field,
    /// Bytes of a fixed-width column; 0 for a variable one.
    pub(super) width: u32,
    /// Fixed: offset in the fixed area. Variable: index among the variable columns.
    pub(super) at: u32,
}

/// The layout of one table's rows, computed once per version of its schema.
#[derive(Clone, Debug)]
pub struct RowLayout {
    pub(super) places: Vec<Place>,
    /// (bytes of fixed columns, number of variable columns) among the first n columns, for n = 0..=all.
    pub(super) prefix: Vec<(u32, u32)>,
    /// Values of columns that a row was written without.
    missing: Vec<Datum>,
}

/// A row whose head has been read.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    row: &'a [u8],
    pub(super) columns: usize,
    /// Start of the null bitmap, if there is one.
    nulls: Option<usize>,
    fixed: usize,
    ends: usize,
    data: usize,
    pub(super) wide: bool,
}

impl RowLayout {
    /// The layout of a table with these columns, dropped ones included. Missing values are NULL; see
    /// [`Self::set_missing`].
    ///
    /// # Panics
    /// With more than 16383 columns: the catalog allows 1600.
    pub fn new(types: &[Type]) -> Self {
        assert!(types.len() <= usize::from(COUNT_MASK));
        let mut places = Vec::with_capacity(types.len());
        let mut prefix = vec![(0, 0)];
        let (mut fixed, mut variable) = (0u32, 0u32);
        for ty in types {
            let field = Field::of(ty.id);
            match field.width() {
                Some(width) => {
                    places.push(Place { field, width: width as u32, at: fixed });
                    fixed += width as u32;
                }
                None => {
                    places.push(Place { field, width: 0, at: variable });
                    variable += 1;
                }
            }
            prefix.push((fixed, variable));
        }
        Self { places, prefix, missing: vec![Datum::Null; types.len()] }
    }

    /// What rows written before this column was added read as: its default at the time of ADD COLUMN.
    pub fn set_missing(&mut self, column: usize, value: Datum) {
        self.missing[column] = value;
    }

    /// Number of columns, dropped ones included.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// A table without columns.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Appends the bytes of a row. `row` has one value per column. On an error `out` is as it was.
    pub fn encode(&self, row: &[Datum], out: &mut Vec<u8>) -> Result<(), RowError> {
        if row.len() != self.len() {
            return Err(RowError::WrongType { column: row.len().min(self.len()) });
        }
        let start = out.len();
        let mut encoded = self.encode_with(row, false, out);
        if encoded == Err(RowError::TooLarge) {
            out.truncate(start);
            encoded = self.encode_with(row, true, out);
        }
        if encoded.is_err() {
            out.truncate(start);
        }
        encoded
    }

    fn encode_with(&self, row: &[Datum], wide: bool, out: &mut Vec<u8>) -> Result<(), RowError> {
        let start = out.len();
        let has_nulls = row.iter().any(Datum::is_null);
        let areas = self.begin(has_nulls, wide, out);
        for (column, (place, datum)) in self.places.iter().zip(row).enumerate() {
            if datum.is_null() {
                out[start + HEAD + column / 8] |= 1 << (column % 8);
            } else if place.width > 0 {
                let at = areas.fixed + place.at as usize;
                if !place.field.put_fixed(datum, &mut out[at..at + place.width as usize]) {
                    return Err(RowError::WrongType { column });
                }
            } else if !place.field.put_variable(datum, out) {
                return Err(not_stored(place.field, column));
            }
            if place.width == 0 {
                areas.put_end(place.at, out)?;
            }
        }
        Ok(())
    }

    /// Appends head, zeroed bitmap, zeroed fixed area and zeroed ends.
    pub(super) fn begin(&self, has_nulls: bool, wide: bool, out: &mut Vec<u8>) -> Areas {
        let start = out.len();
        let (fixed_bytes, variables) = self.prefix[self.len()];
        let bitmap = if has_nulls { self.len().div_ceil(8) } else { 0 };
        let fixed = start + HEAD + bitmap;
        let ends = fixed + fixed_bytes as usize;
        let data = ends + variables as usize * end_width(wide);
        let flags = if has_nulls { HAS_NULLS } else { 0 } | if wide { WIDE } else { 0 };
        out.resize(data, 0);
        out[start..start + HEAD].copy_from_slice(&(self.len() as u16 | flags).to_le_bytes());
        Areas { fixed, ends, data, wide }
    }

    /// Columns that this row was written with.
    pub fn column_count(&self, row: &[u8]) -> Result<usize, RowError> {
        Ok(self.parts(row)?.columns)
    }

    /// Reads the head.
    #[inline]
    pub(super) fn parts<'a>(&self, row: &'a [u8]) -> Result<Parts<'a>, RowError> {
        let truncated = || RowError::Truncated { column: 0, length: row.len() };
        let head = row.first_chunk::<HEAD>().map(|head| u16::from_le_bytes(*head)).ok_or_else(truncated)?;
        let columns = usize::from(head & COUNT_MASK);
        let &(fixed_bytes, variables) =
            self.prefix.get(columns).ok_or(RowError::ColumnCount { found: columns, known: self.len() })?;
        let wide = head & WIDE != 0;
        let (nulls, fixed) = match head & HAS_NULLS {
            0 => (None, HEAD),
            _ => (Some(HEAD), HEAD + columns.div_ceil(8)),
        };
        let ends = fixed + fixed_bytes as usize;
        let data = ends + variables as usize * end_width(wide);
        // One check here makes every access below `data` safe.
        match row.len() < data {
            true => Err(truncated()),
            false => Ok(Parts { row, columns, nulls, fixed, ends, data, wide }),
        }
    }

    /// The stored bytes of one column; `None` for NULL, `Err` in the inner result when the row lacks the column.
    #[inline]
    pub(super) fn stored<'a>(&self, parts: &Parts<'a>, column: usize) -> Result<Stored<'a>, RowError> {
        if column >= parts.columns {
            return match column < self.len() {
                true => Ok(Stored::Missing),
                false => Err(RowError::ColumnCount { found: column + 1, known: self.len() }),
            };
        }
        if parts.is_null(column) {
            return Ok(Stored::Null);
        }
        let place = self.places[column];
        match place.width {
            0 => parts.variable(place.at as usize, column).map(Stored::Bytes),
            width => {
                let at = parts.fixed + place.at as usize;
                Ok(Stored::Bytes(&parts.row[at..at + width as usize]))
            }
        }
    }

    /// Reads one column.
    pub fn decode_column(&self, row: &[u8], column: usize) -> Result<Datum, RowError> {
        self.value(&self.parts(row)?, column)
    }

    /// Reads some columns, appending them to `out` in the order asked for.
    pub fn decode_columns(&self, row: &[u8], columns: &[usize], out: &mut Vec<Datum>) -> Result<(), RowError> {
        let parts = self.parts(row)?;
        for column in columns {
            out.push(self.value(&parts, *column)?);
        }
        Ok(())
    }

    /// Reads every column, appending to `out`.
    pub fn decode_all(&self, row: &[u8], out: &mut Vec<Datum>) -> Result<(), RowError> {
        let parts = self.parts(row)?;
        out.reserve(self.len());
        for column in 0..self.len() {
            out.push(self.value(&parts, column)?);
        }
        Ok(())
    }

    fn value(&self, parts: &Parts<'_>, column: usize) -> Result<Datum, RowError> {
        match self.stored(parts, column)? {
            Stored::Null => Ok(Datum::Null),
            Stored::Missing => Ok(self.missing[column].clone()),
            Stored::Bytes(bytes) => self.places[column].field.get(bytes).ok_or(RowError::Malformed { column }),
        }
    }

    /// The missing value of a column.
    pub fn missing(&self, column: usize) -> &Datum {
        &self.missing[column]
    }

    /// Is this column NULL in this row?
    pub fn is_null(&self, row: &[u8], column: usize) -> Result<bool, RowError> {
        Ok(match self.stored(&self.parts(row)?, column)? {
            Stored::Null => true,
            Stored::Missing => self.missing[column].is_null(),
            Stored::Bytes(_) => false,
        })
    }

    /// An `int2` column, without building a datum; `None` for NULL.
    pub fn int2(&self, row: &[u8], column: usize) -> Result<Option<i16>, RowError> {
        self.number(row, column, Field::Int2, i16::from_le_bytes, |datum| match datum {
            Datum::Int2(value) => Some(*value),
            _ => None,
        })
    }

    /// An `int4` column, without building a datum; `None` for NULL.
    pub fn int4(&self, row: &[u8], column: usize) -> Result<Option<i32>, RowError> {
        self.number(row, column, Field::Int4, i32::from_le_bytes, |datum| match datum {
            Datum::Int4(value) => Some(*value),
            _ => None,
        })
    }

    /// An `int8` column, without building a datum; `None` for NULL.
    pub fn int8(&self, row: &[u8], column: usize) -> Result<Option<i64>, RowError> {
        self.number(row, column, Field::Int8, i64::from_le_bytes, |datum| match datum {
            Datum::Int8(value) => Some(*value),
            _ => None,
        })
    }

    /// A column of a string type, borrowed from the row; `None` for NULL.
    pub fn text<'a>(&'a self, row: &'a [u8], column: usize) -> Result<Option<&'a str>, RowError> {
        match self.stored(&self.parts(row)?, column)? {
            Stored::Null => Ok(None),
            Stored::Missing => match &self.missing[column] {
                Datum::Text(text) => Ok(Some(text)),
                Datum::Null => Ok(None),
                _ => Err(RowError::WrongType { column }),
            },
            Stored::Bytes(_) if self.places[column].field != Field::Text => Err(RowError::WrongType { column }),
            Stored::Bytes(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| RowError::Malformed { column }),
        }
    }

    #[inline]
    fn number<T, const N: usize>(
        &self,
        row: &[u8],
        column: usize,
        field: Field,
        read: impl Fn([u8; N]) -> T,
        of: impl Fn(&Datum) -> Option<T>,
    ) -> Result<Option<T>, RowError> {
        match self.stored(&self.parts(row)?, column)? {
            Stored::Null => Ok(None),
            Stored::Missing => Ok(of(&self.missing[column])),
            Stored::Bytes(bytes) => match <[u8; N]>::try_from(bytes) {
                Ok(bytes) if self.places[column].field == field => Ok(Some(read(bytes))),
                _ => Err(RowError::WrongType { column }),
            },
        }
    }

    /// Do both rows store the same bytes in this column? Then the values are identical; values that are merely equal
    /// (`1.0` and `1.00`, `0.0` and `-0.0`) answer `false`.
    pub fn same_bytes(&self, a: &[u8], b: &[u8], column: usize) -> Result<bool, RowError> {
        Ok(match (self.stored(&self.parts(a)?, column)?, self.stored(&self.parts(b)?, column)?) {
            (Stored::Bytes(a), Stored::Bytes(b)) => a == b,
            (Stored::Null, Stored::Null) | (Stored::Missing, Stored::Missing) => true,
            (Stored::Null, Stored::Missing) | (Stored::Missing, Stored::Null) => self.missing[column].is_null(),
            _ => false,
        })
    }
}

/// What a row holds of a column.
pub(super) enum Stored<'a> {
    Null,
    /// Written before the column was added.
    Missing,
    Bytes(&'a [u8]),
}

/// Where the areas of a row being written begin, as offsets in the output.
pub(super) struct Areas {
    pub(super) fixed: usize,
    ends: usize,
    data: usize,
    wide: bool,
}

impl Areas {
    /// Notes that variable column `index` ends at the end of `out`.
    pub(super) fn put_end(&self, index: u32, out: &mut [u8]) -> Result<(), RowError> {
        let end = out.len() - self.data;
        let at = self.ends + index as usize * end_width(self.wide);
        match self.wide {
            true => {
                let end = u32::try_from(end).map_err(|_| RowError::TooLarge)?;
                out[at..at + 4].copy_from_slice(&end.to_le_bytes());
            }
            false => {
                let end = u16::try_from(end).map_err(|_| RowError::TooLarge)?;
                out[at..at + 2].copy_from_slice(&end.to_le_bytes());
            }
        }
        Ok(())
    }
}

pub(super) const fn end_width(wide: bool) -> usize {
    if wide { 4 } else { 2 }
}

/// Why a variable column refused its value.
pub(super) fn not_stored(field: Field, column: usize) -> RowError {
    match field {
        Field::None => RowError::NotStorable { column },
        _ => RowError::WrongType { column },
    }
}

impl<'a> Parts<'a> {
    #[inline]
    fn is_null(&self, column: usize) -> bool {
        self.nulls.is_some_and(|bitmap| self.row[bitmap + column / 8] & (1 << (column % 8)) != 0)
    }

    fn end(&self, index: usize) -> usize {
        let at = self.ends + index * end_width(self.wide);
        match self.wide {
            true => self.row[at..].first_chunk().map_or(0, |end| u32::from_le_bytes(*end) as usize),
            false => self.row[at..].first_chunk().map_or(0, |end| usize::from(u16::from_le_bytes(*end))),
        }
    }

    fn variable(&self, index: usize, column: usize) -> Result<&'a [u8], RowError> {
        let start = if index == 0 { 0 } else { self.end(index - 1) };
        let range = self.data + start..self.data + self.end(index);
        self.row.get(range).ok_or(RowError::Truncated { column, length: self.row.len() })
    }

    /// The row's bytes.
    pub(super) fn row(&self) -> &'a [u8] {
        self.row
    }

    /// Start of the fixed area.
    pub(super) fn fixed(&self) -> usize {
        self.fixed
    }
}
