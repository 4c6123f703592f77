//! Walking the rows that an access leads to.
//!
//! ```text
//!   equal: a = $1, b IN (3, 1)    range: c > 5
//!   spans  [a1 b1 c5+, a1 b1 end)  [a1 b3 c5+, a1 b3 end)        sorted, disjoint: index order over all of them
//! ```

use std::ops::Bound;

use cairn_base::key::{KeyWriter, prefix_end};
use cairn_sql_types::comparison::KeyValue;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Direction, KeyRange};

use super::run::Run;
use crate::api::{Flow, Stop};
use crate::eval::{Code, Frame, Source};
use crate::plan::{Access, Equal, Range};
use crate::scratch::StepBuffers;
use crate::shape::{KeyPart, TableShape, Which, decode_key};

/// Most combinations of IN lists on several columns.
const COMBINATIONS_MAX: usize = 1_000_000;

/// What a row is handed to.
pub(crate) type SourceFn<'f> = dyn FnMut(Source<'_>) -> Result<Flow, Stop> + 'f;

/// Keys from `start` on, below `end`. For points, exactly `start`.
struct Span {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
    is_point: bool,
}

impl Run<'_> {
    /// Hands every row of an access to `f`, in index order (or against it).
    pub(crate) fn each_row(
        &self,
        access: &Access,
        shape: &TableShape,
        frame: &Frame<'_>,
        buffers: &mut StepBuffers,
        f: &mut SourceFn<'_>,
    ) -> Result<Flow, Stop> {
        if access.is_single() {
            buffers.key.clear();
            return match encode_single(access, shape, frame, &mut buffers.key)? {
                true => self.point(access, shape, buffers, f),
                false => Ok(Flow::More),
            };
        }
        let mut spans = spans(access, shape, frame)?;
        if access.backward {
            spans.reverse();
        }
        self.each_of(&spans, access, shape, buffers, f)
    }

    /// [`Self::each_row`] from behind a primary key on, for an access that walks forwards over the primary key.
    pub(crate) fn each_row_behind(
        &self,
        last: Option<&[u8]>,
        access: &Access,
        shape: &TableShape,
        frame: &Frame<'_>,
        buffers: &mut StepBuffers,
        f: &mut SourceFn<'_>,
    ) -> Result<Flow, Stop> {
        debug_assert!(access.which == Which::Primary && !access.backward);
        let mut spans = spans(access, shape, frame)?;
        if let Some(last) = last {
            spans.retain(|span| match span.is_point {
                true => span.start.as_slice() > last,
                false => span.end.as_deref().is_none_or(|end| end > last),
            });
            for span in spans.iter_mut().filter(|span| span.start.as_slice() <= last) {
                // The next possible key.
                span.start = [last, &[0]].concat();
            }
        }
        self.each_of(&spans, access, shape, buffers, f)
    }

    fn each_of(
        &self,
        spans: &[Span],
        access: &Access,
        shape: &TableShape,
        buffers: &mut StepBuffers,
        f: &mut SourceFn<'_>,
    ) -> Result<Flow, Stop> {
        for span in spans {
            let flow = match span.is_point {
                true => {
                    buffers.key.clear();
                    buffers.key.extend_from_slice(&span.start);
                    self.point(access, shape, buffers, f)?
                }
                false => self.span(access, shape, span, buffers, f)?,
            };
            if flow == Flow::Enough {
                return Ok(Flow::Enough);
            }
        }
        Ok(Flow::More)
    }

    /// The row behind the unique key in `buffers.key`.
    fn point(
        &self,
        access: &Access,
        shape: &TableShape,
        buffers: &mut StepBuffers,
        f: &mut SourceFn<'_>,
    ) -> Result<Flow, Stop> {
        self.visit()?;
        match self.look_up(access, shape, buffers) {
            Ok(true) => f(Source::Row { layout: &shape.layout, key: &buffers.key, row: &buffers.row }),
            Ok(false) => Ok(Flow::More),
            Err(stop) => self.missed(stop, &buffers.key),
        }
    }

    /// Reads that row. After an error, `buffers.key` is the key that could not be read, of the index or of the table.
    fn look_up(&self, access: &Access, shape: &TableShape, buffers: &mut StepBuffers) -> Result<bool, Stop> {
        if access.which == Which::Primary {
            return self.row(access, shape, buffers);
        }
        buffers.row.clear();
        if !self.shard.get(self.txn, shape.space(access.which), &buffers.key, &mut buffers.row)? {
            return Ok(false);
        }
        // The entry's value is the primary key.
        std::mem::swap(&mut buffers.key, &mut buffers.row);
        self.row_behind(access, shape, buffers)?;
        Ok(true)
    }

    /// Reads the row of an index entry: its key is in `buffers.key`.
    fn row_behind(&self, access: &Access, shape: &TableShape, buffers: &mut StepBuffers) -> Result<(), Stop> {
        match self.row(access, shape, buffers)? {
            true => Ok(()),
            false => Err(dangling(shape).into()),
        }
    }

    /// Reads the row under the primary key in `buffers.key`, as far as it is used.
    fn row(&self, access: &Access, shape: &TableShape, buffers: &mut StepBuffers) -> Result<bool, Stop> {
        buffers.row.clear();
        let sight = access.sight.as_ref();
        Ok(self.shard.get_seen(self.txn, shape.table.space, &buffers.key, sight, &mut buffers.row)?)
    }

    fn span(
        &self,
        access: &Access,
        shape: &TableShape,
        span: &Span,
        buffers: &mut StepBuffers,
        f: &mut SourceFn<'_>,
    ) -> Result<Flow, Stop> {
        let end = span.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let range = KeyRange { start: Bound::Included(span.start.as_slice()), end };
        let direction = if access.backward { Direction::Backward } else { Direction::Forward };
        let mut cursor = self.shard.scan(self.txn, shape.space(access.which), range, direction)?;
        while let Some(entry) = cursor.next()? {
            self.visit()?;
            let flow = match access.which {
                Which::Primary => f(Source::Row { layout: &shape.layout, key: entry.key, row: entry.value })?,
                Which::Index(index) => {
                    let index = &shape.indexes[index];
                    let primary = index.primary_of(entry.key, entry.value)?;
                    if access.covering {
                        buffers.values.clear();
                        buffers.values.resize(shape.table.columns.len(), Datum::Null);
                        decode_key(&shape.key, primary, &mut buffers.values)?;
                        decode_key(&index.parts, entry.key, &mut buffers.values)?;
                        f(Source::Values(&buffers.values))?
                    } else {
                        buffers.key.clear();
                        buffers.key.extend_from_slice(primary);
                        if let Err(stop) = self.row_behind(access, shape, buffers) {
                            return Err(self.read_ahead(stop, &mut cursor, index, &buffers.key));
                        }
                        f(Source::Row { layout: &shape.layout, key: &buffers.key, row: &buffers.row })?
                    }
                }
            };
            if flow == Flow::Enough {
                return Ok(Flow::Enough);
            }
        }
        Ok(Flow::More)
    }
}

fn dangling(shape: &TableShape) -> SqlError {
    let message = format!("an index of table \"{}\" leads to a row that is not there", shape.table.name);
    SqlError::new(SqlState::DATA_CORRUPTED, message)
}

/// Appends the one key of a full match; `false` when no row can match.
pub(crate) fn encode_single(
    access: &Access,
    shape: &TableShape,
    frame: &Frame<'_>,
    out: &mut Vec<u8>,
) -> Result<bool, SqlError> {
    for (equal, part) in access.equal.iter().zip(shape.parts(access.which)) {
        let Equal::One(code) = equal else { return Err(SqlError::internal("a list where one key was expected")) };
        let KeyValue::Exact(value) = KeyValue::of(code.eval(frame)?, part.encoding.ty) else { return Ok(false) };
        part.encoding.encode(&value, &mut KeyWriter::new(out))?;
    }
    Ok(true)
}

fn spans(access: &Access, shape: &TableShape, frame: &Frame<'_>) -> Result<Vec<Span>, SqlError> {
    let parts = shape.parts(access.which);
    let mut prefixes = vec![Vec::new()];
    for (equal, part) in access.equal.iter().zip(parts) {
        extend(&mut prefixes, equal, part, frame)?;
    }
    prefixes.sort_unstable();
    prefixes.dedup();
    let span = |prefix: Vec<u8>| match (access.point, &access.range) {
        (true, _) => Ok(Some(Span { start: prefix, end: None, is_point: true })),
        (false, None) => Ok(Some(Span { end: prefix_end(&prefix), start: prefix, is_point: false })),
        (false, Some(range)) => range_span(prefix, range, &parts[access.equal.len()], frame),
    };
    prefixes.into_iter().map(span).filter_map(Result::transpose).collect()
}

/// Extends every prefix by every value that a column may have.
fn extend(prefixes: &mut Vec<Vec<u8>>, equal: &Equal, part: &KeyPart, frame: &Frame<'_>) -> Result<(), SqlError> {
    let encode = |value: Datum| -> Result<Option<Vec<u8>>, SqlError> {
        let KeyValue::Exact(value) = KeyValue::of(value, part.encoding.ty) else { return Ok(None) };
        let mut bytes = Vec::new();
        part.encoding.encode(&value, &mut KeyWriter::new(&mut bytes))?;
        Ok(Some(bytes))
    };
    let mut ends = Vec::new();
    match equal {
        Equal::One(code) => ends.extend(encode(code.eval(frame)?)?),
        Equal::OneOf(codes) => {
            for code in codes {
                ends.extend(encode(code.eval(frame)?)?);
            }
        }
        Equal::Array(code) => {
            if let Datum::Array(array) = code.eval(frame)? {
                for element in &array.elements {
                    ends.extend(encode(element.clone())?);
                }
            }
        }
        Equal::Null => {
            let mut bytes = Vec::new();
            part.encoding.encode(&Datum::Null, &mut KeyWriter::new(&mut bytes))?;
            ends.push(bytes);
        }
    }
    ends.sort_unstable();
    ends.dedup();
    if prefixes.len().saturating_mul(ends.len()) > COMBINATIONS_MAX {
        return Err(SqlError::new(SqlState::STATEMENT_TOO_COMPLEX, "too many combinations of IN lists"));
    }
    *prefixes = prefixes.iter().flat_map(|prefix| ends.iter().map(|end| [&prefix[..], end].concat())).collect();
    Ok(())
}

/// One end of a range on a column.
enum End {
    Open,
    At { value: Datum, inclusive: bool },
    Nothing,
}

fn end_of(end: &Option<(Code, bool)>, is_lower: bool, part: &KeyPart, frame: &Frame<'_>) -> Result<End, SqlError> {
    let Some((code, inclusive)) = end else { return Ok(End::Open) };
    Ok(match (KeyValue::of(code.eval(frame)?, part.encoding.ty), is_lower) {
        (KeyValue::Exact(value), _) => End::At { value, inclusive: *inclusive },
        (KeyValue::Below, true) | (KeyValue::Above, false) => End::Open,
        (KeyValue::Null, _) | (KeyValue::Above, true) | (KeyValue::Below, false) => End::Nothing,
    })
}

/// The keys with this prefix whose next column lies in the range; `None`: there can be none.
fn range_span(prefix: Vec<u8>, range: &Range, part: &KeyPart, frame: &Frame<'_>) -> Result<Option<Span>, SqlError> {
    let lower = end_of(&range.lower, true, part, frame)?;
    let upper = end_of(&range.upper, false, part, frame)?;
    // In a descending column the keys run the other way.
    let (first, last) = if part.encoding.order.descending { (upper, lower) } else { (lower, upper) };
    let key = |value: &Datum| {
        let mut key = prefix.clone();
        part.encoding.encode(value, &mut KeyWriter::new(&mut key)).map(|()| key)
    };
    // Ranges are about values: NULLs lie outside.
    let mut present = prefix.clone();
    if part.encoding.nullable {
        KeyWriter::new(&mut present).put_present(part.encoding.order);
    }
    let start = match first {
        End::Nothing => return Ok(None),
        End::Open => present.clone(),
        End::At { value, inclusive: true } => key(&value)?,
        End::At { value, inclusive: false } => match prefix_end(&key(&value)?) {
            Some(start) => start,
            None => return Ok(None),
        },
    };
    let end = match last {
        End::Nothing => return Ok(None),
        End::Open => prefix_end(&present),
        End::At { value, inclusive: true } => prefix_end(&key(&value)?),
        End::At { value, inclusive: false } => Some(key(&value)?),
    };
    let is_empty = end.as_ref().is_some_and(|end| *end <= start);
    Ok((!is_empty).then_some(Span { start, end, is_point: false }))
}
