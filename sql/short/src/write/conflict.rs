//! ON CONFLICT.
//!
//! DO NOTHING looks without a lock first, so that inserting what is already there disturbs nobody. DO UPDATE locks first: the
//! row that many sessions count up is the usual case.

use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::LockMode;

use super::rows::Writer;
use super::turns::KeySet;
use crate::api::Stop;
use crate::eval::{Code, Frame, Source, SubResult};
use crate::plan::{Check, ConflictAction, ConflictPlan};
use crate::scratch::WriteBuffers;
use crate::shape::Which;

/// What became of a proposed row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// No conflict: insert it.
    Free,
    /// Nothing is to be done.
    Skipped,
    /// The existing row was updated; it is in `buffers.new`.
    Updated,
}

/// Keys of the rows that this command has inserted or updated.
#[derive(Default)]
pub(super) struct Conflicts {
    pub(super) touched: KeySet,
}

impl Conflicts {
    /// Notes that the command wrote this row.
    pub(super) fn touched(&mut self, key: &[u8]) {
        self.touched.insert(key);
    }

    /// Looks for a conflicting row and does what the plan says.
    pub(super) fn resolve(
        &mut self,
        plan: &ConflictPlan,
        checks: &[Check],
        writer: &mut Writer<'_>,
        values: &[Datum],
        subs: &[SubResult],
        buffers: &mut WriteBuffers,
    ) -> Result<Outcome, Stop> {
        for which in &plan.arbiters {
            if !encode(writer, *which, values, &mut buffers.entry)? {
                continue;
            }
            let exists = match &plan.action {
                ConflictAction::Nothing => look(writer, *which, buffers)?,
                ConflictAction::Update { lock, .. } => lock_and_look(writer, *which, *lock, buffers)?,
            };
            match &plan.action {
                ConflictAction::Nothing if exists => return Ok(Outcome::Skipped),
                ConflictAction::Update { assignments, filter, .. } if exists => {
                    let action = (assignments.as_slice(), filter.as_ref());
                    return self.update(action, checks, writer, values, subs, buffers);
                }
                _ => {}
            }
        }
        Ok(Outcome::Free)
    }

    /// Updates the locked row: its key is in `buffers.key`.
    fn update(
        &mut self,
        (assignments, filter): (&[(usize, Code)], Option<&Code>),
        checks: &[Check],
        writer: &mut Writer<'_>,
        values: &[Datum],
        subs: &[SubResult],
        buffers: &mut WriteBuffers,
    ) -> Result<Outcome, Stop> {
        if self.touched.contains(&buffers.key) {
            let message = "ON CONFLICT DO UPDATE command cannot affect row a second time";
            let hint =
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.";
            return Err(SqlError::new(SqlState::CARDINALITY_VIOLATION, message).hint(hint).into());
        }
        let shape = writer.shape(0);
        let mut changes = Vec::with_capacity(assignments.len());
        {
            let existing = Source::Row { layout: &shape.layout, key: &buffers.key, row: &buffers.old };
            let sources = [existing, Source::Values(values)];
            let frame = Frame::new(writer.context, writer.params, subs).with_sources(&sources);
            if filter.map_or(Ok(true), |filter| filter.test(&frame)).map(|holds| !holds)? {
                return Ok(Outcome::Skipped);
            }
            for (column, value) in assignments {
                changes.push((*column, value.eval(&frame)?));
            }
        }
        writer.update_row(0, &changes, checks, buffers)?;
        self.touched(&buffers.key);
        Ok(Outcome::Updated)
    }
}

/// The arbiter's key of a proposed row, into `out`; `false` when a NULL in it keeps it from conflicting.
fn encode(writer: &Writer<'_>, which: Which, values: &[Datum], out: &mut Vec<u8>) -> Result<bool, SqlError> {
    let shape = writer.shape(0);
    out.clear();
    match which {
        Which::Primary => shape.primary_key(&Source::Values(values), out).map(|()| true),
        Which::Index(index) => shape.indexes[index].entry(&Source::Values(values), &[], out),
    }
}

/// Is the key in `buffers.entry` taken? Where it is not, it is locked, so that it stays free for us.
fn look(writer: &mut Writer<'_>, which: Which, buffers: &mut WriteBuffers) -> Result<bool, Stop> {
    let space = writer.shape(0).space(which);
    buffers.found.clear();
    if writer.shard.get(writer.txn, space, &buffers.entry, &mut buffers.found)? {
        return Ok(true);
    }
    writer.lock_row(space, &buffers.entry, LockMode::Update)?;
    buffers.found.clear();
    Ok(writer.shard.get(writer.txn, space, &buffers.entry, &mut buffers.found)?)
}

/// Is the key in `buffers.entry` taken? Then the row is locked, its key in `buffers.key`, its bytes in `buffers.old`.
fn lock_and_look(
    writer: &mut Writer<'_>,
    which: Which,
    lock: LockMode,
    buffers: &mut WriteBuffers,
) -> Result<bool, Stop> {
    let shape = writer.shape(0);
    let space = shape.space(which);
    writer.lock_row(space, &buffers.entry, lock)?;
    buffers.old.clear();
    if !writer.shard.get(writer.txn, space, &buffers.entry, &mut buffers.old)? {
        return Ok(false);
    }
    buffers.key.clear();
    match which {
        Which::Primary => buffers.key.extend_from_slice(&buffers.entry),
        Which::Index(_) => {
            std::mem::swap(&mut buffers.key, &mut buffers.old);
            writer.lock_row(shape.table.space, &buffers.key, lock)?;
            buffers.old.clear();
            if !writer.shard.get(writer.txn, shape.table.space, &buffers.key, &mut buffers.old)? {
                let message = format!("index \"{}\" leads to a row that is not there", shape.name(which));
                return Err(SqlError::new(SqlState::DATA_CORRUPTED, message).into());
            }
        }
    }
    Ok(true)
}
