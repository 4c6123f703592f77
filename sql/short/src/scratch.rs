//! Buffers that outlive statements.

use cairn_sql_types::Datum;

use crate::plan::TABLES_MAX;
use crate::write::Turns;

/// Buffers for keys and rows. Keep one per core (or session) and lend it to every statement: what a statement leaves here is
/// only memory to reuse.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) steps: [StepBuffers; TABLES_MAX],
    pub(crate) write: WriteBuffers,
    /// The write that has stopped between two of its rows.
    pub(crate) turns: Option<Box<Turns>>,
}

/// Buffers of one table of a query's loops.
#[derive(Debug, Default)]
pub(crate) struct StepBuffers {
    pub(crate) key: Vec<u8>,
    pub(crate) row: Vec<u8>,
    pub(crate) values: Vec<Datum>,
}

/// Buffers for writing one row.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffers {
    /// Key of the row.
    pub(crate) key: Vec<u8>,
    /// The row as it was.
    pub(crate) old: Vec<u8>,
    /// The row as it shall be.
    pub(crate) new: Vec<u8>,
    /// An index entry before and after.
    pub(crate) entry: Vec<u8>,
    pub(crate) new_entry: Vec<u8>,
    /// What a uniqueness check finds.
    pub(crate) found: Vec<u8>,
    pub(crate) values: Vec<Datum>,
    pub(crate) changes: Vec<(usize, Datum)>,
}

impl Scratch {
    /// Has the write that stopped come so far that it can go on from there?
    pub fn goes_on(&self) -> bool {
        self.turns.is_some()
    }

    /// The next write begins at its beginning. To be called before a new statement, and where one cannot be resumed.
    pub fn begin_again(&mut self) {
        self.turns = None;
    }

    /// Bytes beyond which a buffer is given back after a statement that needed more.
    const KEEP_BYTES: usize = 64 << 10;

    /// Empties the buffers; gives back what an unusually large statement left.
    pub(crate) fn settle(&mut self) {
        for StepBuffers { key, row, values } in &mut self.steps {
            values.clear();
            [key, row].into_iter().for_each(settle);
        }
        let WriteBuffers { key, old, new, entry, new_entry, found, values, changes } = &mut self.write;
        [key, old, new, entry, new_entry, found].into_iter().for_each(settle);
        values.clear();
        changes.clear();
    }
}

fn settle(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.shrink_to(Scratch::KEEP_BYTES);
}
