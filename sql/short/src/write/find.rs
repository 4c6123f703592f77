//! Finding the rows that a write is about.

use cairn_base::key::KeyWriter;
use cairn_sql_types::comparison::KeyValue;
use cairn_sql_types::{Datum, SqlError};

use crate::api::{ExecContext, Flow, Stop};
use crate::eval::SubResult;
use crate::exec::{Run, encode_single, holds};
use crate::plan::Step;
use crate::row_ids;
use crate::scratch::StepBuffers;
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

    /// Memory held.
    fn bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>()
    }

    /// Forgets all but the first `count` keys.
    fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
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

/// Can the search for a step's rows be broken off and taken up again? It must walk over the primary key, forwards.
pub(crate) fn can_search(step: &Step) -> bool {
    step.access.which == Which::Primary && !step.access.backward && !step.access.is_single()
}

/// How far the search for rows has come.
#[derive(Default)]
pub(crate) struct Search {
    /// What was found.
    pub(crate) keys: Keys,
    /// Key of the last row looked at.
    last: Option<Vec<u8>>,
}

impl Search {
    /// Looks at the next `rows` rows. `true`: there are more. After an error it stands where it stood.
    pub(crate) fn go_on(
        &mut self,
        context: &mut ExecContext<'_>,
        gates: &[crate::eval::Code],
        step: &Step,
        subs: &[SubResult],
        rows: usize,
    ) -> Result<bool, Stop> {
        let mut buffers = std::mem::take(&mut context.scratch.steps);
        let before = self.keys.len();
        let result = self.look(context, gates, step, subs, &mut buffers[0], rows);
        context.scratch.steps = buffers;
        match result {
            Ok(last) => {
                self.last = last;
                Ok(self.last.is_some())
            }
            Err(stop) => {
                self.keys.truncate(before);
                Err(stop)
            }
        }
    }

    /// The last row's key, if there may be more behind it.
    fn look(
        &mut self,
        context: &ExecContext<'_>,
        gates: &[crate::eval::Code],
        step: &Step,
        subs: &[SubResult],
        buffers: &mut StepBuffers,
        rows: usize,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let run = Run::new(context, false);
        let frame = run.frame(subs);
        if !holds(gates, &frame)? {
            return Ok(None);
        }
        let Search { keys, last } = self;
        run.hold(keys.bytes())?;
        let (mut seen, mut stopped_at) = (0, None);
        run.each_row_behind(last.as_deref(), &step.access, &step.shape, &frame, buffers, &mut |source| {
            let sources = [source];
            let key = source.key().ok_or_else(|| SqlError::internal("a row without its key"))?;
            if holds(&step.matches, &frame.with_sources(&sources))? {
                run.hold(key.len() + size_of::<usize>())?;
                keys.push(key);
            }
            seen += 1;
            if seen < rows {
                return Ok(Flow::More);
            }
            stopped_at = Some(key.to_vec());
            Ok(Flow::Enough)
        })?;
        Ok(stopped_at)
    }
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
