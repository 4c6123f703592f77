//! UPDATE and DELETE.

use cairn_sql_types::{Datum, SqlError};
use cairn_txn::LockMode;
use rustc_hash::FxHashSet;

use super::find::{Found, encode_given, find};
use super::rows::Writer;
use crate::api::{Cells, Done, ExecContext, Flow, RowSink, RowView, Stop};
use crate::eval::{Code, Frame, Source, SubPlan, SubResult};
use crate::exec::{holds, subs as run_subs};
use crate::plan::{DeletePlan, Find, UpdatePlan, WriteSchema};
use crate::scratch::WriteBuffers;

/// Rows that analytics found.
type Given<'r> = dyn Iterator<Item = Vec<Datum>> + 'r;

/// Runs UPDATE.
pub(crate) fn update(
    plan: &UpdatePlan,
    context: &mut ExecContext<'_>,
    rows: &mut Given<'_>,
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    let what = Change {
        schema: &plan.schema,
        subs: &plan.subs,
        find: &plan.find,
        lock: plan.lock,
        returning: &plan.returning,
        update: Some(plan),
    };
    what.run(context, rows, sink)
}

/// Runs DELETE.
pub(crate) fn delete(
    plan: &DeletePlan,
    context: &mut ExecContext<'_>,
    rows: &mut Given<'_>,
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    let what = Change {
        schema: &plan.schema,
        subs: &plan.subs,
        find: &plan.find,
        lock: LockMode::Update,
        returning: &plan.returning,
        update: None,
    };
    what.run(context, rows, sink)
}

/// What UPDATE and DELETE have in common.
struct Change<'p> {
    schema: &'p WriteSchema,
    subs: &'p [SubPlan],
    find: &'p Find,
    lock: LockMode,
    returning: &'p [Code],
    /// `None`: DELETE.
    update: Option<&'p UpdatePlan>,
}

impl Change<'_> {
    fn run(&self, context: &mut ExecContext<'_>, rows: &mut Given<'_>, sink: &mut dyn RowSink) -> Result<Done, Stop> {
        let mut buffers = std::mem::take(&mut context.scratch.write);
        let result = self.run_with(context, rows, sink, &mut buffers);
        context.scratch.write = buffers;
        result
    }

    fn run_with(
        &self,
        context: &mut ExecContext<'_>,
        rows: &mut Given<'_>,
        sink: &mut dyn RowSink,
        buffers: &mut WriteBuffers,
    ) -> Result<Done, Stop> {
        let subs = run_subs(self.subs, context)?;
        let mut out = Output { sink, wants: !self.returning.is_empty(), done: Done::default() };
        match self.find {
            Find::Given => {
                let writer = &mut Writer::new(context, self.schema);
                let mut seen = FxHashSet::default();
                for row in rows {
                    buffers.key.clear();
                    encode_given(writer.shape(0), &row, &mut buffers.key)?;
                    // Several partners of one row: the first one wins, as in PostgreSQL.
                    if seen.insert(buffers.key.clone()) {
                        self.change(writer, &[], &subs, &row, buffers, &mut out)?;
                    }
                }
                writer.settle_references(buffers)?;
            }
            Find::Here { gates, step } => match find(context, gates, step, &subs)? {
                Found::Nothing => {}
                Found::Key(key) => {
                    let writer = &mut Writer::new(context, self.schema);
                    buffers.key.clear();
                    buffers.key.extend_from_slice(&key);
                    self.change(writer, &step.matches, &subs, &[], buffers, &mut out)?;
                    writer.settle_references(buffers)?;
                    context.scratch.steps[0].key = key;
                }
                Found::Rows(keys) => {
                    let writer = &mut Writer::new(context, self.schema);
                    for key in keys.iter() {
                        buffers.key.clear();
                        buffers.key.extend_from_slice(key);
                        self.change(writer, &[], &subs, &[], buffers, &mut out)?;
                    }
                    writer.settle_references(buffers)?;
                }
            },
        }
        Ok(out.done)
    }

    /// Locks, reads and changes the row under `buffers.key`.
    fn change(
        &self,
        writer: &mut Writer<'_>,
        matches: &[Code],
        subs: &[SubResult],
        given: &[Datum],
        buffers: &mut WriteBuffers,
        out: &mut Output<'_>,
    ) -> Result<(), Stop> {
        let shape = writer.shape(0);
        let space = shape.table.space;
        writer.lock_row(space, &buffers.key, self.lock)?;
        buffers.old.clear();
        if !writer.shard.get(writer.txn, space, &buffers.key, &mut buffers.old)? {
            return Ok(());
        }
        let mut changes = std::mem::take(&mut buffers.changes);
        changes.clear();
        {
            let row = Source::Row { layout: &shape.layout, key: &buffers.key, row: &buffers.old };
            let sources = [row, Source::Values(given)];
            let frame = Frame::new(writer.context, writer.params, subs).with_sources(&sources);
            if !holds(matches, &frame)? {
                return Ok(());
            }
            for (column, value) in self.update.map_or(&[][..], |update| &update.assignments) {
                changes.push((*column, value.eval(&frame)?));
            }
        }
        match self.update {
            Some(update) => writer.update_row(0, &changes, &update.checks, buffers)?,
            None => writer.delete_row(0, buffers)?,
        }
        buffers.changes = changes;
        out.done.rows += 1;
        let row = if self.update.is_some() { &buffers.new } else { &buffers.old };
        let sources = [Source::Row { layout: &shape.layout, key: &buffers.key, row }, Source::Values(given)];
        let frame = Frame::new(writer.context, writer.params, subs).with_sources(&sources);
        out.row(self.returning, frame)
    }
}

/// RETURNING, and the count.
pub(super) struct Output<'s> {
    pub(super) sink: &'s mut dyn RowSink,
    pub(super) wants: bool,
    pub(super) done: Done,
}

impl Output<'_> {
    /// Hands out one row of RETURNING.
    pub(super) fn row(&mut self, returning: &[Code], frame: Frame<'_>) -> Result<(), Stop> {
        if self.wants {
            let view = RowView { cells: Cells::Computed { targets: returning, frame } };
            let flow: Result<Flow, SqlError> = self.sink.row(&view);
            self.wants = flow? == Flow::More;
        }
        Ok(())
    }
}
