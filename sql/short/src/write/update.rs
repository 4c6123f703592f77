//! UPDATE and DELETE.

use cairn_sql_types::{Datum, SqlError};
use cairn_txn::LockMode;

use super::find::{Found, Search, can_search, encode_given, find};
use super::rows::Writer;
use super::turns::{Input, Turns};
use crate::api::{Cells, Done, ExecContext, Flow, RowSink, RowView, Stop};
use crate::eval::{Code, Frame, Source, SubPlan, SubResult};
use crate::exec::{holds, subs as run_subs};
use crate::plan::{DeletePlan, Find, UpdatePlan, WriteSchema};
use crate::scratch::WriteBuffers;

/// Runs UPDATE.
pub(crate) fn update(
    plan: &UpdatePlan,
    context: &mut ExecContext<'_>,
    rows: &[Vec<Datum>],
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
    rows: &[Vec<Datum>],
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
    fn run(&self, context: &mut ExecContext<'_>, rows: &[Vec<Datum>], sink: &mut dyn RowSink) -> Result<Done, Stop> {
        let mut buffers = std::mem::take(&mut context.scratch.write);
        let result = self.run_with(context, rows, sink, &mut buffers);
        context.scratch.write = buffers;
        result
    }

    fn run_with(
        &self,
        context: &mut ExecContext<'_>,
        rows: &[Vec<Datum>],
        sink: &mut dyn RowSink,
        buffers: &mut WriteBuffers,
    ) -> Result<Done, Stop> {
        let rows_per_turn = context.limits.rows_per_turn.filter(|_| self.returning.is_empty());
        let mut turns = match Turns::take(context) {
            Some(turns) => turns,
            None => {
                let subs = run_subs(self.subs, context)?;
                let input = match self.find {
                    Find::Given => Input::Given,
                    Find::Here { step, .. } if rows_per_turn.is_some() && can_search(step) => {
                        Input::Search(Search::default())
                    }
                    Find::Here { gates, step } => match find(context, gates, step, &subs)? {
                        Found::Nothing => return Ok(Done::default()),
                        Found::Key(key) => return self.run_one(context, &step.matches, &subs, key, sink, buffers),
                        Found::Rows(keys) => Input::Keys(keys),
                    },
                };
                Turns::new(subs, input, rows_per_turn.is_some())
            }
        };
        let found = self.search(context, &mut turns, rows_per_turn.unwrap_or(usize::MAX));
        let done = found.and_then(|()| self.turn(context, rows, sink, buffers, (&mut turns, rows_per_turn)));
        turns.put_aside(&done, context);
        done
    }

    /// Looks for rows, for one turn. Afterwards all are found.
    fn search(&self, context: &mut ExecContext<'_>, turns: &mut Turns, rows: usize) -> Result<(), Stop> {
        let (Input::Search(search), Find::Here { gates, step }) = (&mut turns.input, self.find) else { return Ok(()) };
        if search.go_on(context, gates, step, &turns.subs, rows)? {
            return Err(Stop::Pause);
        }
        turns.input = Input::Keys(std::mem::take(&mut search.keys));
        Ok(())
    }

    /// The row whose key the condition gives.
    fn run_one(
        &self,
        context: &mut ExecContext<'_>,
        matches: &[Code],
        subs: &[SubResult],
        key: Vec<u8>,
        sink: &mut dyn RowSink,
        buffers: &mut WriteBuffers,
    ) -> Result<Done, Stop> {
        let mut out = Output { sink, wants: !self.returning.is_empty(), done: Done::default() };
        let writer = &mut Writer::new(context, self.schema);
        buffers.key.clear();
        buffers.key.extend_from_slice(&key);
        self.change(writer, matches, subs, &[], buffers, &mut out)?;
        writer.settle_references(buffers)?;
        context.scratch.steps[0].key = key;
        Ok(out.done)
    }

    /// The next rows of possibly very many.
    fn turn(
        &self,
        context: &mut ExecContext<'_>,
        rows: &[Vec<Datum>],
        sink: &mut dyn RowSink,
        buffers: &mut WriteBuffers,
        (turns, rows_per_turn): (&mut Turns, Option<usize>),
    ) -> Result<Done, Stop> {
        let count = match &turns.input {
            Input::Keys(keys) => keys.len(),
            Input::Given | Input::Search(_) | Input::Rows(_) => rows.len(),
        };
        let mut range = turns.range(count, rows_per_turn);
        let upto = range.end;
        let mut out = Output { sink, wants: !self.returning.is_empty(), done: turns.done };
        let writer = &mut Writer::new(context, self.schema);
        writer.events = std::mem::take(&mut turns.events);
        let mut changed = range.try_for_each(|at| {
            buffers.key.clear();
            let given = match &turns.input {
                Input::Keys(keys) => {
                    buffers.key.extend_from_slice(keys.get(at));
                    &[][..]
                }
                Input::Given | Input::Search(_) | Input::Rows(_) => {
                    encode_given(writer.shape(0), &rows[at], &mut buffers.key)?;
                    // Several partners of one row: the first one wins, as in PostgreSQL.
                    if !turns.met.insert(&buffers.key) {
                        return Ok(());
                    }
                    &rows[at]
                }
            };
            self.change(writer, &[], &turns.subs, given, buffers, &mut out)
        });
        if changed.is_ok() && upto == count {
            changed = writer.settle_references(buffers);
        }
        (turns.events, turns.done) = (std::mem::take(&mut writer.events), out.done);
        changed.and_then(|()| turns.end(upto, count)).map(|()| turns.done)
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
