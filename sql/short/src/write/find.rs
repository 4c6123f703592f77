//! Finding the rows that a write is about.

use cairn_base::key::KeyWriter;
use cairn_sql_types::{Datum, SqlError};

use crate::api::{ExecContext, Flow, Stop};
use crate::eval::SubResult;
use crate::exec::{Run, encode_single, holds};
use crate::plan::{KeyValue, Step};
use crate::row_ids;
use crate::shape::{TableShape, Which};

/// Keys of rows, one after the other in one buffer.
#[derive(Default)]
pub(crate) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    /// Adds a key.
    pub(crate) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key that was added at this place.
    pub(crate) fn get(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }
}

/// What was found.
pub(crate) enum Found {
    /// No row can match.
    Nothing,
    /// One primary key was given in full: lock it, then read it, then test `Step::matches`.
    Key(Vec<u8>),
    /// These rows matched when they were read.
    Rows(Keys),
}

/// Finds the rows of one table.
pub(crate) fn find(
    context: &mut ExecContext<'_>,
    gates: &[crate::eval::Code],
    step: &Step,
    subs: &[SubResult],
) -> Result<Found, Stop> {
    let mut buffers = std::mem::take(&mut context.scratch.steps);
    let run = Run::new(context, false);
    let frame = run.frame(subs);
    let result = (|| {
        if !holds(gates, &frame)? {
            return Ok(Found::Nothing);
        }
        if step.access.which == Which::Primary && step.access.is_single() {
            let mut key = std::mem::take(&mut buffers[0].key);
            key.clear();
            let possible = encode_single(&step.access, &step.shape, &frame, &mut key)?;
            return Ok(if possible { Found::Key(key) } else { Found::Nothing });
        }
        let mut keys = Keys::default();
        run.each_row(&step.access, &step.shape, &frame, &mut buffers[0], &mut |source| {
            let sources = [source];
            if holds(&step.matches, &frame.with_sources(&sources))? {
                let key = source.key().ok_or_else(|| SqlError::internal("a row without its key"))?;
                run.hold(key.len() + size_of::<usize>())?;
                keys.push(key);
            }
            Ok(Flow::More)
        })?;
        Ok(Found::Rows(keys))
    })();
    context.scratch.steps = buffers;
    result
}

/// Appends the key that the first values of a row from analytics name.
pub(crate) fn encode_given(shape: &TableShape, row: &[Datum], out: &mut Vec<u8>) -> Result<(), SqlError> {
    let missing = || SqlError::internal("the row does not begin with its table's key");
    if shape.has_row_id() {
        let Some(Datum::Int8(id)) = row.first() else { return Err(missing()) };
        row_ids::encode(*id, out);
        return Ok(());
    }
    for (at, part) in shape.key.iter().enumerate() {
        let value = row.get(at).ok_or_else(missing)?;
        let KeyValue::Exact(value) = KeyValue::of(value.clone(), part.encoding.ty) else { return Err(missing()) };
        part.encoding.encode(&value, &mut KeyWriter::new(out))?;
    }
    Ok(())
}
