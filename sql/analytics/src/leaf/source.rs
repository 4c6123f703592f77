//! Where a leaf's rows come from.

use std::ops::Bound;
use std::sync::Arc;

use cairn_base::Timestamp;
use cairn_base::key::{KeyOrder, KeyReader};
use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_catalog::schema::{SystemRows, Table, TableKey};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};
use cairn_txn::Direction;
use cairn_txn::bounds::OwnedRange;

use super::condition::Condition;
use super::key::{Access, row_key};
use crate::context::Run;
use crate::error;
use crate::eval::{Frame, eval, holds};

/// Rows that are looked at between two batches, whether they pass or not.
const VISIT_MAX: usize = 32_768;

/// A relation with rows of its own.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A table; the column after its last is the hidden row id.
    Table(Arc<Table>),
    /// VALUES: one expression per column and row, without inputs.
    Values(Arc<Vec<Vec<Tree>>>),
    /// A relation of the system catalogs, whose rows are computed when it is read.
    System(&'static cairn_sql_catalog::schema::SystemRelation),
}

impl Source {
    /// 40001 when the snapshot is older than the table's present form.
    pub(crate) fn check(&self, run: &Run) -> Result<(), SqlError> {
        match self {
            Source::Table(table) if run.view.as_ref().is_some_and(|view| is_newer(table, view.at())) => {
                Err(SqlError::new(
                    SqlState::SERIALIZATION_FAILURE,
                    format!("table \"{}\" was changed after the transaction's snapshot", table.name),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Were the table's rows rewritten after the snapshot? A table that this transaction itself rewrote has no time yet.
fn is_newer(table: &Table, snapshot: Timestamp) -> bool {
    table.rewritten_at != Timestamp::MAX && snapshot < table.rewritten_at
}

/// What a scan shall return.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Columns in their order.
    pub(crate) columns: Vec<usize>,
    /// Columns that conditions use; their values are a row of `conditions`.
    pub(crate) tested: Vec<usize>,
    /// Over `tested`.
    pub(crate) conditions: Vec<Condition>,
    /// At most so many rows.
    pub(crate) limit: Option<usize>,
}

impl Wanted {
    /// These columns of the rows that fulfil all conditions (which are over the leaf's columns).
    pub(crate) fn new(columns: Vec<usize>, conditions: &[Condition], limit: Option<usize>) -> Result<Self, SqlError> {
        let mut tested: Vec<usize> = conditions.iter().flat_map(Condition::columns).collect();
        tested.sort_unstable();
        tested.dedup();
        let place = |column: usize| tested.binary_search(&column).unwrap_or_default();
        let conditions = conditions.iter().map(|condition| condition.moved(&place)).collect::<Result<_, _>>()?;
        Ok(Self { columns, tested, conditions, limit })
    }
}

/// A scan under way. Holds no cursor between two batches: it seeks behind the last key again.
pub(crate) struct Scan {
    source: Source,
    access: Option<Access>,
    wanted: Wanted,
    run: Arc<Run>,
    /// The range being read.
    range: usize,
    /// The last key of it that was read; or the row's number.
    after: Option<Vec<u8>>,
    place: usize,
    returned: usize,
    computed: Option<Vec<Vec<Datum>>>,
}

impl Scan {
    pub(crate) fn new(source: Source, access: Option<Access>, wanted: Wanted, run: Arc<Run>) -> Self {
        Self { source, access, wanted, run, range: 0, after: None, place: 0, returned: 0, computed: None }
    }

    /// The next rows, each handed to `out`; `false` at the end.
    pub(crate) fn batch(
        &mut self,
        rows: usize,
        out: &mut dyn FnMut(&[Datum]) -> Result<(), SqlError>,
    ) -> Result<bool, SqlError> {
        self.run.check_cancel()?;
        let left = self.wanted.limit.map_or(usize::MAX, |limit| limit.saturating_sub(self.returned));
        if left == 0 {
            return Ok(false);
        }
        let rows = rows.min(left);
        match &self.source {
            Source::Table(table) => self.table_batch(&table.clone(), rows, out),
            _ => {
                let values = match self.computed.take() {
                    Some(values) => values,
                    None => self.compute()?,
                };
                let more = self.values_batch(&values, rows, out);
                self.computed = Some(values);
                more
            }
        }
    }

    fn compute(&self) -> Result<Vec<Vec<Datum>>, SqlError> {
        let context = self.run.eval();
        let frame = Frame::new(&context, &[]);
        match &self.source {
            Source::System(relation) => Ok(match relation.rows {
                SystemRows::Catalog(rows) => rows(&self.run.catalog),
                SystemRows::Session => self.run.host.session_rows(relation.name),
            }),
            Source::Values(rows) => {
                rows.iter().map(|row| row.iter().map(|value| eval(value, &frame)).collect()).collect()
            }
            Source::Table(_) => Err(SqlError::internal("a table has no rows at hand")),
        }
    }

    fn values_batch(
        &mut self,
        values: &[Vec<Datum>],
        rows: usize,
        out: &mut dyn FnMut(&[Datum]) -> Result<(), SqlError>,
    ) -> Result<bool, SqlError> {
        let mut found = 0;
        let mut tested = Vec::with_capacity(self.wanted.tested.len());
        let mut row = Vec::with_capacity(self.wanted.columns.len());
        let context = self.run.eval();
        while found < rows {
            let Some(value) = values.get(self.place) else { return Ok(found > 0) };
            self.place += 1;
            tested.clear();
            tested.extend(self.wanted.tested.iter().map(|column| value[*column].clone()));
            if passes(&self.wanted.conditions, &Frame::new(&context, &tested))? {
                row.clear();
                row.extend(self.wanted.columns.iter().map(|column| value[*column].clone()));
                out(&row)?;
                found += 1;
            }
        }
        self.returned += found;
        Ok(true)
    }

    fn table_batch(
        &mut self,
        table: &Arc<Table>,
        rows: usize,
        out: &mut dyn FnMut(&[Datum]) -> Result<(), SqlError>,
    ) -> Result<bool, SqlError> {
        let run = self.run.clone();
        let view = run.view()?;
        let access = self.access.clone().ok_or_else(|| SqlError::internal("a table without access"))?;
        let (mut found, mut visited) = (0, 0);
        let mut reader = RowReader::new(table, &self.wanted, &run);
        while let Some(range) = access.ranges.get(self.range) {
            if found >= rows || visited >= VISIT_MAX {
                break;
            }
            let range = self.rest(range);
            let mut cursor = view.scan(access.space, range.as_range(), Direction::Forward).map_err(error::engine)?;
            let mut done = true;
            let mut fetched = Vec::new();
            while let Some(entry) = cursor.next().map_err(error::engine)? {
                visited += 1;
                let passed = match &access.index {
                    None => reader.read(entry.key, entry.value, out)?,
                    Some(index) => {
                        let key = row_key(table, index, entry.key, entry.value)?;
                        fetched.clear();
                        match view.get(table.space, key, &mut fetched).map_err(error::engine)? {
                            true => reader.read(key, &fetched, out)?,
                            false => return Err(dangling(&index.name)),
                        }
                    }
                };
                found += usize::from(passed);
                if found >= rows || visited >= VISIT_MAX {
                    self.after = Some(entry.key.to_vec());
                    done = false;
                    break;
                }
            }
            if done {
                self.range += 1;
                self.after = None;
            }
        }
        self.returned += found;
        Ok(found > 0 || self.range < access.ranges.len())
    }

    /// What is left of a range.
    fn rest(&self, range: &OwnedRange) -> OwnedRange {
        match &self.after {
            Some(after) => OwnedRange { start: Bound::Excluded(after.clone()), end: range.end.clone() },
            None => range.clone(),
        }
    }
}

fn dangling(index: &str) -> SqlError {
    SqlError::new(SqlState::DATA_CORRUPTED, format!("an entry of index \"{index}\" names a row that does not exist"))
}

fn passes(conditions: &[Condition], frame: &Frame<'_>) -> Result<bool, SqlError> {
    for condition in conditions {
        if !holds(&condition.tree, frame)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Decodes what is needed of stored rows, conditions first.
struct RowReader<'a> {
    table: &'a Table,
    wanted: Wanted,
    run: &'a Run,
    tested: Vec<Datum>,
    row: Vec<Datum>,
}

impl<'a> RowReader<'a> {
    fn new(table: &'a Table, wanted: &Wanted, run: &'a Run) -> Self {
        Self { table, wanted: wanted.clone(), run, tested: Vec::new(), row: Vec::new() }
    }

    fn read(
        &mut self,
        key: &[u8],
        value: &[u8],
        out: &mut dyn FnMut(&[Datum]) -> Result<(), SqlError>,
    ) -> Result<bool, SqlError> {
        self.tested.clear();
        for column in &self.wanted.tested {
            self.tested.push(decode(self.table, key, value, *column)?);
        }
        if !passes(&self.wanted.conditions, &Frame::new(&self.run.eval(), &self.tested))? {
            return Ok(false);
        }
        self.row.clear();
        for column in &self.wanted.columns {
            self.row.push(decode(self.table, key, value, *column)?);
        }
        out(&self.row)?;
        Ok(true)
    }
}

/// One column of a stored row; the one after the last is the row id.
fn decode(table: &Table, key: &[u8], value: &[u8], column: usize) -> Result<Datum, SqlError> {
    match &table.key {
        TableKey::RowId if column == table.columns.len() => {
            let id = KeyReader::new(key).take_i64(KeyOrder::ASC);
            id.map(Datum::Int8).map_err(|error| SqlError::new(SqlState::DATA_CORRUPTED, error.to_string()))
        }
        _ => Ok(table.layout.decode_column(value, column)?),
    }
}

/// Type of the hidden row id.
pub(crate) const ROW_ID: TypeId = TypeId::INT8;
