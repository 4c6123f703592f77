//! Running queries without row locks.

use cairn_sql_types::{Datum, SqlError, SqlState};

use super::run::{RowFn, Run, Sources};
use super::sort::Sorter;
use super::{aggregate, locked};
use crate::api::{Cells, Done, ExecContext, Flow, RowSink, RowView, Stop};
use crate::eval::{Code, Frame, Source, SubResult};
use crate::plan::{Ordering, QueryPlan, Step, StepKind, TABLES_MAX};
use crate::scratch::StepBuffers;

/// Runs a statement's query.
pub(super) fn run(plan: &QueryPlan, context: &mut ExecContext<'_>, sink: &mut dyn RowSink) -> Result<Done, Stop> {
    let subs = locked::subs(&plan.subs, context)?;
    let mut buffers = std::mem::take(&mut context.scratch.steps);
    // Analytics cannot take over what has taken row locks.
    let run = Run::new(context, !plan.subs.iter().any(|sub| sub.plan.locks.is_some()));
    let mut count = 0;
    let result = rows_with(plan, &run, &subs, &mut buffers, &mut |row| {
        count += 1;
        Ok(sink.row(row)?)
    });
    context.scratch.steps = buffers;
    result.map(|()| Done { rows: count })
}

/// What result rows are handed to.
pub(crate) type ViewFn<'f> = dyn FnMut(&RowView<'_>) -> Result<Flow, Stop> + 'f;

/// Hands every result row to `f`.
pub(crate) fn rows(
    plan: &QueryPlan,
    run: &Run<'_>,
    buffers: &mut [StepBuffers; TABLES_MAX],
    f: &mut ViewFn<'_>,
) -> Result<(), Stop> {
    rows_with(plan, run, &run.subs(&plan.subs)?, buffers, f)
}

/// The same when the query's subqueries have been run already.
fn rows_with(
    plan: &QueryPlan,
    run: &Run<'_>,
    subs: &[SubResult],
    buffers: &mut [StepBuffers; TABLES_MAX],
    f: &mut ViewFn<'_>,
) -> Result<(), Stop> {
    let frame = run.frame(subs);
    let mut window = Window::of(plan, &frame)?;
    if window.is_empty() {
        return Ok(());
    }
    if plan.values.is_some() {
        return values(plan, &frame, run, window, f);
    }
    if let Some(aggregates) = &plan.aggregates {
        let results =
            aggregate::run(aggregates, plan.first_row, run, |each| from_rows(plan, run, buffers, &frame, each))?;
        let frame = Frame { aggregates: &results, ..frame };
        if plan.having.as_ref().map_or(Ok(true), |having| having.test(&frame))? && window.take() == Take::Row {
            f(&view(plan, frame))?;
        }
        return Ok(());
    }
    match &plan.ordering {
        Ordering::AsTheyCome => {
            from_rows(plan, run, buffers, &frame, &mut |frame| match window.take() {
                Take::Skip => Ok(Flow::More),
                Take::Nothing => Ok(Flow::Enough),
                Take::Row => match f(&view(plan, *frame))? {
                    Flow::More if window.is_empty() => Ok(Flow::Enough),
                    flow => Ok(flow),
                },
            })?;
            Ok(())
        }
        Ordering::Sort(specs) => {
            let mut sorter = Sorter::new(specs, window.keep(plan.with_ties));
            from_rows(plan, run, buffers, &frame, &mut |frame| {
                let row = plan.targets.iter().map(|target| target.eval(frame)).collect::<Result<Vec<_>, _>>()?;
                sorter.push(row, run)?;
                Ok(Flow::More)
            })?;
            sorted(plan, sorter, window, f)
        }
    }
}

fn view<'f>(plan: &'f QueryPlan, frame: Frame<'f>) -> RowView<'f> {
    RowView { cells: Cells::Computed { targets: &plan.targets[..plan.visible], frame } }
}

fn sorted(plan: &QueryPlan, sorter: Sorter<'_>, mut window: Window, f: &mut ViewFn<'_>) -> Result<(), Stop> {
    let (rows, order) = sorter.finish();
    let mut last: Option<&Vec<Datum>> = None;
    for row in &rows {
        let take = match (window.take(), last) {
            (Take::Nothing, Some(last)) if plan.with_ties && order.ties(last, row) => Take::Row,
            (take, _) => take,
        };
        match take {
            Take::Skip => {}
            Take::Nothing => return Ok(()),
            Take::Row => {
                last = Some(row);
                if f(&RowView::values(&row[..plan.visible]))? == Flow::Enough {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn values(
    plan: &QueryPlan,
    frame: &Frame<'_>,
    run: &Run<'_>,
    mut window: Window,
    f: &mut ViewFn<'_>,
) -> Result<(), Stop> {
    let rows = plan.values.as_deref().unwrap_or_default();
    if let Ordering::Sort(specs) = &plan.ordering {
        let mut sorter = Sorter::new(specs, window.keep(plan.with_ties));
        for row in rows {
            sorter.push(row.iter().map(|value| value.eval(frame)).collect::<Result<Vec<_>, _>>()?, run)?;
        }
        return sorted(plan, sorter, window, f);
    }
    for row in rows {
        let flow = match window.take() {
            Take::Skip => Flow::More,
            Take::Nothing => Flow::Enough,
            Take::Row => f(&RowView { cells: Cells::Computed { targets: row, frame: *frame } })?,
        };
        if flow == Flow::Enough {
            break;
        }
    }
    Ok(())
}

/// Hands every joined and filtered row to `f`.
pub(crate) fn from_rows(
    plan: &QueryPlan,
    run: &Run<'_>,
    buffers: &mut [StepBuffers; TABLES_MAX],
    frame: &Frame<'_>,
    f: &mut RowFn<'_>,
) -> Result<(), Stop> {
    for gate in &plan.gates {
        if !gate.test(frame)? {
            return Ok(());
        }
    }
    let mut rows = || step(run, &plan.steps, 0, buffers, frame, [Source::Empty; TABLES_MAX], f).map(drop);
    match run.escalates && plan.looks_up() {
        true => run.gathering(rows),
        false => rows(),
    }
}

/// One level of the nested loops.
fn step(
    run: &Run<'_>,
    steps: &[Step],
    at: usize,
    buffers: &mut [StepBuffers],
    frame: &Frame<'_>,
    sources: Sources<'_>,
    f: &mut RowFn<'_>,
) -> Result<Flow, Stop> {
    let outer = frame.with_sources(&sources[..at]);
    let Some(step_plan) = steps.get(at) else { return f(&outer) };
    let Some((own, rest)) = buffers.split_first_mut() else {
        return Err(SqlError::internal("more tables than buffers").into());
    };
    let mut matched = false;
    let flow = run.each_row(&step_plan.access, &step_plan.shape, &outer, own, &mut |source| {
        let mut inner: Sources<'_> = sources;
        inner[at] = source;
        let seen = frame.with_sources(&inner[..=at]);
        if !holds(&step_plan.matches, &seen)? {
            return Ok(Flow::More);
        }
        matched = true;
        match holds(&step_plan.filter, &seen)? {
            true => step(run, steps, at + 1, rest, frame, inner, f),
            false => Ok(Flow::More),
        }
    })?;
    if matched || flow == Flow::Enough || step_plan.kind == StepKind::Inner {
        return Ok(flow);
    }
    let alone = frame.with_sources(&sources[..=at]);
    match holds(&step_plan.filter, &alone)? {
        true => step(run, steps, at + 1, rest, frame, sources, f),
        false => Ok(Flow::More),
    }
}

/// Are all conditions true?
pub(crate) fn holds(conditions: &[Code], frame: &Frame<'_>) -> Result<bool, SqlError> {
    for condition in conditions {
        if !condition.test(frame)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// LIMIT and OFFSET, counting down.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    skip: u64,
    left: Option<u64>,
}

/// What to do with the next row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Take {
    Skip,
    Row,
    Nothing,
}

impl Window {
    /// Evaluates LIMIT and OFFSET.
    pub(crate) fn of(plan: &QueryPlan, frame: &Frame<'_>) -> Result<Self, SqlError> {
        let number = |code: &Option<Code>, name, state| match code.as_ref().map(|code| code.eval(frame)).transpose()? {
            Some(Datum::Int8(value)) => match u64::try_from(value) {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(SqlError::new(state, format!("{name} must not be negative"))),
            },
            None | Some(Datum::Null) => Ok(None),
            Some(_) => Err(SqlError::internal("LIMIT and OFFSET are int8")),
        };
        let left = number(&plan.limit, "LIMIT", SqlState::INVALID_ROW_COUNT_IN_LIMIT)?;
        let skip = number(&plan.offset, "OFFSET", SqlState::INVALID_ROW_COUNT_IN_OFFSET)?.unwrap_or(0);
        Ok(Self { skip, left })
    }

    /// Nothing more to take?
    pub(crate) fn is_empty(&self) -> bool {
        self.left == Some(0)
    }

    /// Counts one row.
    pub(crate) fn take(&mut self) -> Take {
        if self.is_empty() {
            return Take::Nothing;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return Take::Skip;
        }
        self.left = self.left.map(|left| left - 1);
        Take::Row
    }

    /// How many rows of the sorted input are needed; `None`: all.
    pub(crate) fn keep(&self, with_ties: bool) -> Option<usize> {
        let left = self.left.filter(|_| !with_ties)?;
        usize::try_from(left.saturating_add(self.skip)).ok()
    }
}
