//! What an expression sees while it is evaluated.

use cairn_base::key::{KeyOrder, KeyReader};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::row::RowLayout;
use cairn_sql_types::{Datum, SqlError, SqlState};

/// One row in sight.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// No row: every column is NULL (the empty side of an outer join).
    Empty,
    /// A stored row.
    Row { layout: &'a RowLayout, key: &'a [u8], row: &'a [u8] },
    /// Values, one per column.
    Values(&'a [Datum]),
}

/// What an uncorrelated subquery gave.
pub(crate) enum SubResult {
    /// One value: of a scalar subquery, or an array.
    Value(Datum),
    /// EXISTS.
    Exists(bool),
    /// All rows, for a quantified comparison.
    Rows(Vec<Vec<Datum>>),
}

/// Everything that an expression may refer to. Copied freely: it only lends.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) params: &'a [Datum],
    pub(crate) sources: &'a [Source<'a>],
    pub(crate) aggregates: &'a [Datum],
    pub(crate) subs: &'a [SubResult],
    /// The element of the innermost ANY, ALL or array cast.
    pub(crate) element: Option<&'a Datum>,
    /// The subquery's row under test.
    pub(crate) sub_row: &'a [Datum],
}

impl<'a> Frame<'a> {
    /// A frame without rows.
    pub(crate) fn new(context: &'a EvalContext<'a>, params: &'a [Datum], subs: &'a [SubResult]) -> Self {
        Self { context, params, sources: &[], aggregates: &[], subs, element: None, sub_row: &[] }
    }

    /// The same with these rows in sight.
    pub(crate) fn with_sources<'b>(self, sources: &'b [Source<'b>]) -> Frame<'b>
    where
        'a: 'b,
    {
        Frame { sources, ..self }
    }
}

impl Source<'_> {
    /// One column's value.
    #[inline]
    pub(crate) fn column(&self, column: usize) -> Result<Datum, SqlError> {
        match self {
            Source::Row { layout, row, .. } => Ok(layout.decode_column(row, column)?),
            Source::Values(values) => Ok(values[column].clone()),
            Source::Empty => Ok(Datum::Null),
        }
    }

    /// The row's key, where it has one.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        match self {
            Source::Row { key, .. } => Some(key),
            Source::Values(_) | Source::Empty => None,
        }
    }

    /// The hidden row id, from the key.
    pub(crate) fn row_id(&self) -> Result<Datum, SqlError> {
        match self {
            Source::Row { key, .. } => {
                let id = KeyReader::new(key).take_i64(KeyOrder::ASC);
                id.map(Datum::Int8).map_err(|error| SqlError::new(SqlState::DATA_CORRUPTED, error.to_string()))
            }
            Source::Empty => Ok(Datum::Null),
            Source::Values(_) => Err(SqlError::internal("the row has no row id yet")),
        }
    }
}
