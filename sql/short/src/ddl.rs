//! The data side of DDL: what happens to rows when the schema changes. The catalog's rows are the caller's business.
//!
//! The caller holds the table's lock in mode `Update`, so nobody else reads or writes the table; rows therefore need no
//! locks of their own.
//!
//! A table may have very many rows. Every function here does a bounded step (a batch of rows behind a [`Place`]) and says
//! whether there is more to do, so that the caller can give the core to others in between, and a miss of a cold engine
//! costs that step and not all before it.

use std::ops::Bound;
use std::sync::Arc;

use cairn_base::SpaceId;
use cairn_sql_binder::tree::{Expr, RelId};
use cairn_sql_binder::{BindSettings, Binder};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::{Check, Column, ForeignKey, Index, Table};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Direction, KeyRange, Shard, Txn};

use crate::api::Stop;
use crate::constant;
use crate::eval::{Code, Compiler, Frame, Source};
use crate::plan::{NotShort, ParentKey, PlanOptions, Planner, is_volatile};
use crate::row_ids::{self, RowIds};
use crate::scratch::Scratch;
use crate::shape::{IndexShape, TableShape, Which};
use crate::write::messages::{self, Words};

mod task;

pub use task::Task;

/// Rows of one step: about a millisecond.
const BATCH_ROWS: usize = 512;

/// How far the walk over a table has come.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Key of the last row that is done.
    last: Option<Vec<u8>>,
    /// Rows done.
    rows: usize,
}

impl Place {
    fn is_start(&self) -> bool {
        self.last.is_none() && self.rows == 0
    }

    /// The rows behind it.
    fn rest(&self) -> KeyRange<'_> {
        KeyRange { start: self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded), end: Bound::Unbounded }
    }

    /// A step has ended.
    fn advance(&mut self, last: Option<Vec<u8>>, rows: usize) -> Step {
        self.rows += rows;
        match last {
            Some(_) => {
                self.last = last;
                Step::More
            }
            None => Step::Done,
        }
    }
}

/// Is there more to do?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Step {
    /// Call again.
    More,
    /// The walk has come to its end.
    Done,
}

/// What the data side of DDL works on.
pub struct DataContext<'a> {
    /// The core's transactions.
    pub shard: &'a mut Shard,
    /// The statement's transaction.
    pub txn: &'a mut Txn,
    /// The catalog as the statement has changed it so far.
    pub catalog: &'a Catalog,
    /// Settings, times and host functions.
    pub eval: &'a EvalContext<'a>,
    /// The core's counters of hidden row ids.
    pub row_ids: &'a mut RowIds,
    /// Buffers.
    pub scratch: &'a mut Scratch,
}

impl DataContext<'_> {
    fn words(&self) -> Words<'_> {
        Words { catalog: self.catalog, context: self.eval }
    }

    /// Hands the next rows of a space to `f`: (key, row). They are copied first: nothing can be written while a cursor is
    /// open.
    fn each_row(&mut self, space: SpaceId, place: &mut Place, f: &mut RowFn<'_>) -> Result<Step, Stop> {
        let mut batch = Batch::default();
        {
            let mut cursor = self.shard.scan(self.txn, space, place.rest(), Direction::Forward)?;
            while batch.len() < BATCH_ROWS
                && let Some(entry) = cursor.next()?
            {
                batch.push(entry.key, entry.value);
            }
        }
        for (key, row) in batch.iter() {
            f(self, key, row)?;
        }
        let last = batch.iter().last().filter(|_| batch.len() == BATCH_ROWS);
        Ok(place.advance(last.map(|(key, _)| key.to_vec()), batch.len()))
    }

    /// Walks the next rows of a table without changing anything.
    fn check_each(
        &self,
        table: &Table,
        place: &mut Place,
        f: &mut dyn FnMut(&Source<'_>) -> Result<(), Stop>,
    ) -> Result<Step, Stop> {
        let mut last = None;
        let mut rows = 0;
        {
            let mut cursor = self.shard.scan(self.txn, table.space, place.rest(), Direction::Forward)?;
            while rows < BATCH_ROWS
                && let Some(entry) = cursor.next()?
            {
                f(&Source::Row { layout: &table.layout, key: entry.key, row: entry.value })?;
                rows += 1;
                if rows == BATCH_ROWS {
                    last = Some(entry.key.to_vec());
                }
            }
        }
        Ok(place.advance(last, rows))
    }
}

/// What each row (key, bytes) is handed to.
type RowFn<'f> = dyn FnMut(&mut DataContext<'_>, &[u8], &[u8]) -> Result<(), Stop> + 'f;

/// Some rows, one after the other in one buffer.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Ends of key and row.
    ends: Vec<(usize, usize)>,
}

impl Batch {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, key: &[u8], row: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(row);
        self.ends.push((key_end, self.bytes.len()));
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts.zip(&self.ends).map(|(start, (key, row))| (&self.bytes[start..*key], &self.bytes[*key..*row]))
    }
}

/// CREATE INDEX: makes an entry for every row. 23505 `could not create unique index`.
fn fill_index(
    data: &mut DataContext<'_>,
    table: &Arc<Table>,
    index: &Arc<Index>,
    place: &mut Place,
) -> Result<Step, Stop> {
    let shape = IndexShape::new(table, index);
    let mut entry = Vec::new();
    data.each_row(table.space, place, &mut |data, key, row| {
        let row = Source::Row { layout: &table.layout, key, row };
        put_entry(data, table, &shape, &row, key, &mut entry)
    })
}

fn put_entry(
    data: &mut DataContext<'_>,
    table: &Table,
    index: &IndexShape,
    row: &Source<'_>,
    key: &[u8],
    entry: &mut Vec<u8>,
) -> Result<(), Stop> {
    entry.clear();
    let unique = index.entry(row, key, entry)?;
    let space = index.index.space;
    if unique && data.shard.get(data.txn, space, entry, &mut Vec::new())? {
        let columns = index.parts.iter().map(|part| part.column);
        return Err(not_unique(data.words(), table, &index.index.name, columns, row).into());
    }
    Ok(data.shard.put_covered(data.txn, space, entry, if unique { key } else { &[] })?)
}

fn not_unique(
    words: Words<'_>,
    table: &Table,
    index: &str,
    columns: impl Iterator<Item = usize> + Clone,
    row: &Source<'_>,
) -> SqlError {
    let error = SqlError::new(SqlState::UNIQUE_VIOLATION, format!("could not create unique index \"{index}\""));
    let error = match messages::key(words, table, columns, row) {
        Ok(key) => error.detail(format!("Key {key} is duplicated.")),
        Err(_) => error,
    };
    messages::with_table(words, error, table, Some(index))
}

/// ADD or DROP PRIMARY KEY: writes the rows of `old` into the spaces of `new`, which differs in its key. 23505 and 23502 as
/// PostgreSQL.
fn move_rows(data: &mut DataContext<'_>, old: &Arc<Table>, new: &Arc<Table>, place: &mut Place) -> Result<Step, Stop> {
    let shape = TableShape::new(new);
    let (mut new_key, mut entry, mut found) = (Vec::new(), Vec::new(), Vec::new());
    data.each_row(old.space, place, &mut |data, key, row| {
        let source = Source::Row { layout: &old.layout, key, row };
        new_key.clear();
        if shape.has_row_id() {
            let id = data.row_ids.take(data.shard, data.txn, new.space)?;
            row_ids::encode(id, &mut new_key);
        } else {
            for part in &shape.key {
                if source.column(part.column)?.is_null() {
                    return Err(contains_null(data.words(), new, &new.columns[part.column]).into());
                }
            }
            shape.primary_key(&source, &mut new_key)?;
            found.clear();
            if data.shard.get(data.txn, new.space, &new_key, &mut found)? {
                let columns = shape.key.iter().map(|part| part.column);
                return Err(not_unique(data.words(), new, shape.name(Which::Primary), columns, &source).into());
            }
        }
        data.shard.put_covered(data.txn, new.space, &new_key, row)?;
        for index in &shape.indexes {
            put_entry(data, new, index, &source, &new_key, &mut entry)?;
        }
        Ok(())
    })
}

/// The value of a default that is the same for every row; `None`: it has to be computed row by row.
pub fn constant_value(data: &DataContext<'_>, expr: &Expr) -> Result<Option<Datum>, Stop> {
    match is_volatile(expr) {
        true => Ok(None),
        false => Ok(Some(constant::eval(expr, data.catalog, &[], data.eval)?)),
    }
}

/// ADD COLUMN with a default that differs from row to row: `table` has the column at `position` already.
fn fill_column(
    data: &mut DataContext<'_>,
    table: &Arc<Table>,
    position: usize,
    default: &Expr,
    place: &mut Place,
) -> Result<Step, Stop> {
    let planner = Planner::new(data.catalog, PlanOptions::default());
    let code = Compiler::new(&planner).expr(default).map_err(unsupported)?;
    let column = &table.columns[position];
    let mut new = Vec::new();
    data.each_row(table.space, place, &mut |data, key, row| {
        let value = code.eval(&Frame::new(data.eval, &[], &[]))?;
        if column.not_null && value.is_null() {
            return Err(contains_null(data.words(), table, column).into());
        }
        new.clear();
        table.layout.patch(row, &[(position, value)], &mut new).map_err(SqlError::from)?;
        Ok(data.shard.put_covered(data.txn, table.space, key, &new)?)
    })
}

/// SET NOT NULL: 23502 when a row has NULL there.
fn check_not_null(data: &mut DataContext<'_>, table: &Table, column: usize, place: &mut Place) -> Result<Step, Stop> {
    data.check_each(table, place, &mut |row| match row.column(column)?.is_null() {
        true => Err(contains_null(data.words(), table, &table.columns[column]).into()),
        false => Ok(()),
    })
}

/// ADD COLUMN ... NOT NULL without a default: only an empty table can take it.
fn check_empty(data: &mut DataContext<'_>, table: &Table, column: &Column, place: &mut Place) -> Result<Step, Stop> {
    data.check_each(table, place, &mut |_| Err(contains_null(data.words(), table, column).into()))
}

fn contains_null(words: Words<'_>, table: &Table, column: &Column) -> SqlError {
    let message = format!("column \"{}\" of relation \"{}\" contains null values", column.name, table.name);
    let mut error = SqlError::new(SqlState::NOT_NULL_VIOLATION, message);
    error.fields_mut().column = Some(column.name.to_string());
    messages::with_table(words, error, table, None)
}

/// ADD CHECK: 23514 when a row violates it.
fn check_rows(data: &mut DataContext<'_>, table: &Arc<Table>, check: &Check, place: &mut Place) -> Result<Step, Stop> {
    let settings = BindSettings::default();
    let (rel, bound) = Binder::new(data.catalog, &settings, data.eval, Vec::new()).table_check(table, check)?;
    check_condition(data, table, &bound.name, rel, &bound.expr, place)
}

/// ADD CHECK: `condition` is the bound expression over the table's columns, known as relation `rel`. 23514 when a row
/// violates it.
fn check_condition(
    data: &mut DataContext<'_>,
    table: &Arc<Table>,
    constraint: &str,
    rel: RelId,
    condition: &Expr,
    place: &mut Place,
) -> Result<Step, Stop> {
    let planner = Planner::new(data.catalog, PlanOptions::default());
    let mut compiler = Compiler::new(&planner);
    compiler.bring(rel, 0);
    let code: Code = compiler.expr(condition).map_err(unsupported)?;
    data.check_each(table, place, &mut |row| {
        let sources = [*row];
        let frame = Frame::new(data.eval, &[], &[]).with_sources(&sources);
        if !matches!(code.eval(&frame)?, Datum::Bool(false)) {
            return Ok(());
        }
        let message =
            format!("check constraint \"{constraint}\" of relation \"{}\" is violated by some row", table.name);
        let error = SqlError::new(SqlState::CHECK_VIOLATION, message);
        Err(messages::with_table(data.words(), error, table, Some(constraint)).into())
    })
}

/// ADD FOREIGN KEY: every row must have its parent. 23503 otherwise. The parents stay until the transaction ends.
fn check_foreign_key(
    data: &mut DataContext<'_>,
    table: &Arc<Table>,
    key: &ForeignKey,
    place: &mut Place,
) -> Result<Step, Stop> {
    let planner = Planner::new(data.catalog, PlanOptions::default());
    let ParentKey { parent, which, columns, .. } = planner.parent(key).map_err(unsupported)?;
    let space = parent.space(which);
    if place.is_start() {
        data.shard.guard(data.txn, space, KeyRange::ALL)?;
    }
    let (mut wanted, mut last, mut found) = (Vec::new(), Vec::new(), Vec::new());
    data.check_each(table, place, &mut |row| {
        wanted.clear();
        let values = key.columns.iter().map(|column| row.column(*column)).collect::<Result<Vec<_>, _>>()?;
        if values.iter().any(Datum::is_null) {
            return Ok(());
        }
        let possible = parent.key_from(which, &columns, row, &mut wanted)?;
        if possible && wanted == last {
            return Ok(());
        }
        found.clear();
        if !possible || !data.shard.get(data.txn, space, &wanted, &mut found)? {
            let name = &parent.table.name;
            return Err(messages::no_parent(data.words(), table, &key.name, &key.columns, &values, name).into());
        }
        std::mem::swap(&mut wanted, &mut last);
        Ok(())
    })
}

/// CREATE TABLE AS: writes rows (one value per column) into a table that the statement has created, which has neither key
/// nor indexes.
fn insert_rows(
    data: &mut DataContext<'_>,
    table: &Arc<Table>,
    rows: &[Vec<Datum>],
    place: &mut Place,
) -> Result<Step, Stop> {
    let (mut key, mut bytes) = (Vec::new(), Vec::new());
    let step = &rows[place.rows..rows.len().min(place.rows + BATCH_ROWS)];
    for row in step {
        key.clear();
        bytes.clear();
        let id = data.row_ids.take(data.shard, data.txn, table.space)?;
        row_ids::encode(id, &mut key);
        table.layout.encode(row, &mut bytes).map_err(SqlError::from)?;
        data.shard.put_fresh(data.txn, table.space, &key, &bytes)?;
    }
    place.rows += step.len();
    Ok(if place.rows < rows.len() { Step::More } else { Step::Done })
}

fn unsupported(reason: NotShort) -> Stop {
    Stop::Error(SqlError::unsupported(reason.0))
}
