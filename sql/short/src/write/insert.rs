//! INSERT.

use cairn_sql_types::{Datum, SqlError};

use super::conflict::{Conflicts, Outcome};
use super::rows::Writer;
use super::turns::{Input, Turns};
use super::update::Output;
use crate::api::{Done, ExecContext, Flow, RowSink, Stop};
use crate::eval::{Frame, Source, SubResult};
use crate::exec::{Run, bytes_of, rows as query_rows, subs as run_subs};
use crate::plan::{InsertPlan, InsertRows};
use crate::scratch::WriteBuffers;

/// Runs INSERT.
pub(crate) fn insert(
    plan: &InsertPlan,
    context: &mut ExecContext<'_>,
    rows: &[Vec<Datum>],
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    let mut buffers = std::mem::take(&mut context.scratch.write);
    let result = insert_with(plan, context, rows, sink, &mut buffers);
    context.scratch.write = buffers;
    result
}

fn insert_with(
    plan: &InsertPlan,
    context: &mut ExecContext<'_>,
    rows: &[Vec<Datum>],
    sink: &mut dyn RowSink,
    buffers: &mut WriteBuffers,
) -> Result<Done, Stop> {
    let InsertRows::Values(values) = &plan.rows else { return insert_many(plan, context, rows, sink, buffers) };
    let subs = run_subs(&plan.subs, context)?;
    let mut insert = Insert {
        plan,
        subs: &subs,
        writer: Writer::new(context, &plan.schema),
        conflicts: Conflicts::default(),
        out: Output { sink, wants: !plan.returning.is_empty(), done: Done::default() },
    };
    for row in values {
        let frame = Frame::new(insert.writer.context, insert.writer.params, &subs);
        insert.begin(buffers)?;
        for (column, value) in plan.columns.iter().zip(row) {
            buffers.values[*column] = value.eval(&frame)?;
        }
        insert.one(buffers)?;
    }
    insert.writer.settle_references(buffers)?;
    Ok(insert.out.done)
}

/// Rows of a query, or rows that were given: possibly very many.
fn insert_many(
    plan: &InsertPlan,
    context: &mut ExecContext<'_>,
    rows: &[Vec<Datum>],
    sink: &mut dyn RowSink,
    buffers: &mut WriteBuffers,
) -> Result<Done, Stop> {
    let rows_per_turn = context.limits.rows_per_turn.filter(|_| plan.returning.is_empty());
    let mut turns = match Turns::take(context) {
        Some(turns) => turns,
        None => {
            let subs = run_subs(&plan.subs, context)?;
            // All rows of a query are read before the first is written: it may read the table that is written.
            let input = match &plan.rows {
                InsertRows::Query(query) => Input::Rows(select(query, context)?),
                _ => Input::Given,
            };
            Turns::new(subs, input, rows_per_turn.is_some())
        }
    };
    let done = insert_turn(plan, context, rows, sink, buffers, (&mut turns, rows_per_turn));
    turns.put_aside(&done, context);
    done
}

fn insert_turn(
    plan: &InsertPlan,
    context: &mut ExecContext<'_>,
    given: &[Vec<Datum>],
    sink: &mut dyn RowSink,
    buffers: &mut WriteBuffers,
    (turns, rows_per_turn): (&mut Turns, Option<usize>),
) -> Result<Done, Stop> {
    let rows = match &turns.input {
        Input::Rows(rows) => rows.as_slice(),
        Input::Given | Input::Search(_) | Input::Keys(_) => given,
    };
    let range = turns.range(rows.len(), rows_per_turn);
    let (upto, count) = (range.end, rows.len());
    let conflicts = Conflicts { touched: std::mem::take(&mut turns.met) };
    let mut insert = Insert {
        plan,
        subs: &turns.subs,
        writer: Writer::new(context, &plan.schema),
        conflicts,
        out: Output { sink, wants: !plan.returning.is_empty(), done: turns.done },
    };
    insert.writer.events = std::mem::take(&mut turns.events);
    let mut written = insert.all(&rows[range], buffers);
    if written.is_ok() && upto == count {
        written = insert.writer.settle_references(buffers);
    }
    let Insert { writer, conflicts, out, .. } = insert;
    (turns.events, turns.met, turns.done) = (writer.events, conflicts.touched, out.done);
    written.and_then(|()| turns.end(upto, count)).map(|()| turns.done)
}

fn select(query: &crate::plan::QueryPlan, context: &mut ExecContext<'_>) -> Result<Vec<Vec<Datum>>, Stop> {
    let mut buffers = std::mem::take(&mut context.scratch.steps);
    let run = Run::new(context, false);
    let mut selected = Vec::new();
    let result = query_rows(query, &run, &mut buffers, &mut |row| {
        let values = row.to_datums()?;
        run.hold(bytes_of(&values))?;
        selected.push(values);
        Ok(Flow::More)
    });
    context.scratch.steps = buffers;
    result.map(|()| selected)
}

struct Insert<'a, 's> {
    plan: &'a InsertPlan,
    subs: &'a [SubResult],
    writer: Writer<'a>,
    conflicts: Conflicts,
    out: Output<'s>,
}

impl Insert<'_, '_> {
    fn all(&mut self, rows: &[Vec<Datum>], buffers: &mut WriteBuffers) -> Result<(), Stop> {
        for row in rows {
            if row.len() < self.plan.columns.len() {
                return Err(SqlError::internal("a row with too few values").into());
            }
            self.begin(buffers)?;
            for (column, value) in self.plan.columns.iter().zip(row) {
                buffers.values[*column] = value.clone();
            }
            self.one(buffers)?;
        }
        Ok(())
    }

    /// A fresh row: NULLs and defaults.
    fn begin(&self, buffers: &mut WriteBuffers) -> Result<(), SqlError> {
        buffers.values.clear();
        buffers.values.resize(self.writer.shape(0).table.columns.len(), Datum::Null);
        let frame = Frame::new(self.writer.context, self.writer.params, self.subs);
        for (column, default) in &self.plan.defaults {
            buffers.values[*column] = default.eval(&frame)?;
        }
        Ok(())
    }

    /// Inserts the row in `buffers.values`, or does what ON CONFLICT says.
    fn one(&mut self, buffers: &mut WriteBuffers) -> Result<(), Stop> {
        let values = std::mem::take(&mut buffers.values);
        let result = self.insert(&values, buffers);
        buffers.values = values;
        result
    }

    fn insert(&mut self, values: &[Datum], buffers: &mut WriteBuffers) -> Result<(), Stop> {
        let Insert { plan, subs, writer, conflicts, out } = self;
        let not_null = writer.schema.tables[0].not_null.iter().copied();
        writer.constraints(0, not_null, &plan.checks, Source::Values(values))?;
        let outcome = match &plan.conflict {
            None => Outcome::Free,
            Some(conflict) => conflicts.resolve(conflict, &plan.checks, writer, values, subs, buffers)?,
        };
        match outcome {
            Outcome::Skipped => return Ok(()),
            Outcome::Updated => {}
            Outcome::Free => {
                writer.insert_row(0, values, buffers)?;
                if plan.conflict.is_some() {
                    conflicts.touched(&buffers.key);
                }
            }
        }
        out.done.rows += 1;
        let shape = writer.shape(0);
        let sources = [Source::Row { layout: &shape.layout, key: &buffers.key, row: &buffers.new }];
        let frame = Frame::new(writer.context, writer.params, subs).with_sources(&sources);
        out.row(&plan.returning, frame)
    }
}
