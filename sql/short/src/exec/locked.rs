//! SELECT ... FOR UPDATE and friends.
//!
//! Rows are found first and locked then, in result order and no more of them than LIMIT wants. One row that is named by its
//! primary key is locked before it is read, so that whoever waited for it reads its newest version at once.

use cairn_sql_binder::tree::{LockStrength, LockWait};
use cairn_sql_types::{Datum, SqlError};
use cairn_txn::{Lock, LockMode, Wait};

use super::access::encode_single;
use super::query::{Take, Window, from_rows, holds};
use super::run::{Run, bytes_of};
use super::sort::Sorter;
use crate::api::{Cells, Done, ExecContext, Flow, RowSink, RowView, Stop, sql_error};
use crate::eval::{Frame, Source, SubPlan, SubResult};
use crate::plan::{LockPlan, Locks, Ordering, QueryPlan, StepKind};
use crate::shape::Which;

/// Rows looked at in one round when SKIP LOCKED may leave some out.
const ROUND_ROWS_MIN: usize = 16;

/// Runs a query with row locks.
pub(super) fn run(plan: &QueryPlan, context: &mut ExecContext<'_>, sink: &mut dyn RowSink) -> Result<Done, Stop> {
    let locks = plan.locks.as_ref().ok_or_else(|| SqlError::internal("no locks"))?;
    let subs = subs(&plan.subs, context)?;
    let window = Window::of(plan, &Frame::new(context.eval, context.params, &subs))?;
    if window.is_empty() {
        return Ok(Done::default());
    }
    match (plan.steps.as_slice(), locks.plans.as_slice()) {
        ([step], [lock])
            if step.access.which == Which::Primary && step.access.is_single() && step.kind == StepKind::Inner =>
        {
            one(plan, lock, &subs, window, context, sink)
        }
        _ => many(plan, locks, &subs, window, context, sink),
    }
}

/// Runs subqueries, those with row locks among them: `WHERE id = (SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1)`.
pub(crate) fn subs(subs: &[SubPlan], context: &mut ExecContext<'_>) -> Result<Vec<SubResult>, Stop> {
    if subs.iter().all(|sub| sub.plan.locks.is_none()) {
        return match subs.is_empty() {
            true => Ok(Vec::new()),
            false => Run::new(context, false).subs(subs),
        };
    }
    let one = |sub: &SubPlan| match sub.plan.locks {
        None => Run::new(context, false).subs(std::slice::from_ref(sub)).map(|mut results| results.remove(0)),
        Some(_) => {
            let mut rows = Collected { rows: Vec::new(), rows_max: sub.rows_max() };
            run(&sub.plan, context, &mut rows)?;
            Ok(sub.result(rows.rows)?)
        }
    };
    subs.iter().map(one).collect()
}

/// Rows of a subquery.
struct Collected {
    rows: Vec<Vec<Datum>>,
    rows_max: usize,
}

impl RowSink for Collected {
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError> {
        self.rows.push(row.to_datums()?);
        Ok(if self.rows.len() < self.rows_max { Flow::More } else { Flow::Enough })
    }
}

/// One row by its primary key.
fn one(
    plan: &QueryPlan,
    lock: &LockPlan,
    subs: &[SubResult],
    mut window: Window,
    context: &mut ExecContext<'_>,
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    let step = &plan.steps[0];
    let space = step.shape.table.space;
    let buffers = &mut context.scratch.steps[0];
    let frame = Frame::new(context.eval, context.params, subs);
    buffers.key.clear();
    buffers.row.clear();
    if !holds(&plan.gates, &frame)? || !encode_single(&step.access, &step.shape, &frame, &mut buffers.key)? {
        return Ok(Done::default());
    }
    let (mode, wait) = (mode(lock.strength), wait(lock.wait));
    let answer = context.shard.lock(context.txn, space, &buffers.key, mode, wait);
    if !taken(answer, &step.shape.table.name)? {
        return Ok(Done::default());
    }
    if !context.shard.get(context.txn, space, &buffers.key, &mut buffers.row)? {
        return Ok(Done::default());
    }
    let sources = [Source::Row { layout: &step.shape.layout, key: &buffers.key, row: &buffers.row }];
    let frame = frame.with_sources(&sources);
    if !holds(&step.matches, &frame)? || window.take() != Take::Row {
        return Ok(Done::default());
    }
    sink.row(&RowView { cells: Cells::Computed { targets: &plan.targets[..plan.visible], frame } })?;
    Ok(Done { rows: 1 })
}

/// A row that was found: per table its key and bytes (`None`: the empty side of an outer join).
struct Candidate {
    rows: Vec<Option<(Vec<u8>, Vec<u8>)>>,
}

fn many(
    plan: &QueryPlan,
    locks: &Locks,
    subs: &[SubResult],
    mut window: Window,
    context: &mut ExecContext<'_>,
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    let needed = window.keep(false);
    // Rows that turn out to be locked do not count: look at more in ever larger rounds.
    let mut round = needed.map(|needed| if locks.skips { needed.max(ROUND_ROWS_MIN) } else { needed });
    let mut done = Done::default();
    let mut looked_at = 0;
    loop {
        let candidates = candidates(plan, subs, round, context)?;
        for candidate in &candidates[looked_at.min(candidates.len())..] {
            if !lock(plan, locks, candidate, context)? {
                continue;
            }
            match window.take() {
                Take::Skip => {}
                Take::Nothing => return Ok(done),
                Take::Row => {
                    done.rows += 1;
                    if emit(plan, subs, candidate, context, sink)? == Flow::Enough || window.is_empty() {
                        return Ok(done);
                    }
                }
            }
        }
        match round {
            Some(rows) if locks.skips && candidates.len() >= rows => {
                looked_at = candidates.len();
                round = Some(rows.saturating_mul(4));
            }
            _ => return Ok(done),
        }
    }
}

/// The first `most` rows in result order.
fn candidates(
    plan: &QueryPlan,
    subs: &[SubResult],
    most: Option<usize>,
    context: &mut ExecContext<'_>,
) -> Result<Vec<Candidate>, Stop> {
    let mut buffers = std::mem::take(&mut context.scratch.steps);
    let run = Run::new(context, false);
    let frame = run.frame(subs);
    let mut found: Vec<Candidate> = Vec::new();
    let mut sorter = match &plan.ordering {
        Ordering::Sort(specs) => Some(Sorter::new(specs, None)),
        Ordering::AsTheyCome => None,
    };
    let result = from_rows(plan, &run, &mut buffers, &frame, &mut |frame| {
        let candidate = Candidate::of(frame.sources)?;
        run.hold(candidate.bytes())?;
        if let Some(sorter) = &mut sorter {
            // The candidate's number rides along behind the sort columns.
            let mut row = plan.targets.iter().map(|target| target.eval(frame)).collect::<Result<Vec<_>, _>>()?;
            row.push(Datum::Int8(found.len() as i64));
            run.hold(bytes_of(&row))?;
            sorter.push(row, &run)?;
        }
        found.push(candidate);
        let full = sorter.is_none() && most.is_some_and(|most| found.len() >= most);
        Ok(if full { Flow::Enough } else { Flow::More })
    });
    context.scratch.steps = buffers;
    result?;
    let Some(sorter) = sorter else { return Ok(found) };
    let mut unsorted: Vec<Option<Candidate>> = found.into_iter().map(Some).collect();
    let number = |row: &Vec<Datum>| match row.last() {
        Some(Datum::Int8(number)) => *number as usize,
        _ => usize::MAX,
    };
    let (rows, _) = sorter.finish();
    let in_order = rows.iter().filter_map(|row| unsorted.get_mut(number(row))?.take());
    Ok(in_order.take(most.unwrap_or(usize::MAX)).collect())
}

/// Locks a candidate's rows; `false`: one of them was to be skipped.
fn lock(plan: &QueryPlan, locks: &Locks, candidate: &Candidate, context: &mut ExecContext<'_>) -> Result<bool, Stop> {
    for lock in &locks.plans {
        let shape = &plan.steps[lock.step].shape;
        let Some((key, _)) = candidate.rows.get(lock.step).and_then(Option::as_ref) else { continue };
        let answer = context.shard.lock(context.txn, shape.table.space, key, mode(lock.strength), wait(lock.wait));
        if !taken(answer, &shape.table.name)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn emit(
    plan: &QueryPlan,
    subs: &[SubResult],
    candidate: &Candidate,
    context: &ExecContext<'_>,
    sink: &mut dyn RowSink,
) -> Result<Flow, SqlError> {
    let sources: Vec<Source<'_>> = candidate
        .rows
        .iter()
        .zip(&plan.steps)
        .map(|(row, step)| match row {
            Some((key, row)) => Source::Row { layout: &step.shape.layout, key, row },
            None => Source::Empty,
        })
        .collect();
    let frame = Frame::new(context.eval, context.params, subs).with_sources(&sources);
    sink.row(&RowView { cells: Cells::Computed { targets: &plan.targets[..plan.visible], frame } })
}

impl Candidate {
    fn of(sources: &[Source<'_>]) -> Result<Self, SqlError> {
        let copy = |source: &Source<'_>| match source {
            Source::Row { key, row, .. } => Ok(Some((key.to_vec(), row.to_vec()))),
            Source::Empty => Ok(None),
            Source::Values(_) => Err(SqlError::internal("a row to lock was read from an index alone")),
        };
        Ok(Self { rows: sources.iter().map(copy).collect::<Result<_, _>>()? })
    }

    fn bytes(&self) -> usize {
        let row = |row: &Option<(Vec<u8>, Vec<u8>)>| 48 + row.as_ref().map_or(0, |(key, row)| key.len() + row.len());
        self.rows.iter().map(row).sum()
    }
}

/// Was the lock taken? `false`: skipped.
fn taken(answer: Result<Lock, cairn_txn::TxnError>, table: &str) -> Result<bool, Stop> {
    match answer {
        Ok(Lock::Granted) => Ok(true),
        Ok(Lock::Skipped) => Ok(false),
        Ok(Lock::Queued(ticket)) => Err(Stop::Wait(ticket)),
        Err(error @ cairn_txn::TxnError::LockNotAvailable) => {
            let mut error = sql_error(&error);
            error.fields_mut().message = format!("could not obtain lock on row in relation \"{table}\"");
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn mode(strength: LockStrength) -> LockMode {
    match strength {
        LockStrength::KeyShare => LockMode::KeyShare,
        LockStrength::Share => LockMode::Share,
        LockStrength::NoKeyUpdate => LockMode::NoKeyUpdate,
        LockStrength::Update => LockMode::Update,
    }
}

fn wait(wait: LockWait) -> Wait {
    match wait {
        LockWait::Wait => Wait::Wait,
        LockWait::NoWait => Wait::NoWait,
        LockWait::SkipLocked => Wait::SkipLocked,
    }
}
