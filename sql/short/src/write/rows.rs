//! One row in, one row changed, one row out: its bytes, its index entries, its unique keys.

use cairn_base::SpaceId;
use cairn_base::limits::ROW_BYTES_MAX;
use cairn_sql_catalog::Catalog;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Lock, LockMode, Shard, Txn, Wait};

use super::messages::{self, Words};
use super::references::Event;
use crate::api::{ExecContext, Stop};
use crate::eval::{Frame, Source};
use crate::plan::{Check, WriteSchema};
use crate::row_ids::{self, RowIds};
use crate::scratch::WriteBuffers;
use crate::shape::{TableShape, Which};

/// The writing side of a statement.
pub(crate) struct Writer<'a> {
    pub(crate) shard: &'a mut Shard,
    pub(crate) txn: &'a mut Txn,
    pub(crate) catalog: &'a Catalog,
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) params: &'a [Datum],
    pub(crate) row_ids: &'a mut RowIds,
    pub(crate) schema: &'a WriteSchema,
    /// Foreign keys to look at when the statement's rows are written.
    pub(crate) events: Vec<Event>,
}

impl<'a> Writer<'a> {
    /// The writing side of `context` on the tables of `schema`.
    pub(crate) fn new(context: &'a mut ExecContext<'_>, schema: &'a WriteSchema) -> Self {
        Self {
            shard: context.shard,
            txn: context.txn,
            catalog: context.catalog,
            context: context.eval,
            params: context.params,
            row_ids: context.row_ids,
            schema,
            events: Vec::new(),
        }
    }

    /// For messages.
    pub(crate) fn words(&self) -> Words<'a> {
        Words { catalog: self.catalog, context: self.context }
    }

    /// The shape of a table of the schema.
    pub(crate) fn shape(&self, table: usize) -> &'a TableShape {
        &self.schema.tables[table].shape
    }

    /// Locks a row that shall be changed, and makes its newest version visible.
    pub(crate) fn lock_row(&mut self, space: SpaceId, key: &[u8], mode: LockMode) -> Result<(), Stop> {
        granted(self.shard.lock(self.txn, space, key, mode, Wait::Wait)?)
    }

    /// Locks a key that is checked for being there or not; the check reads with `get_locked`.
    pub(crate) fn lock_check(&mut self, space: SpaceId, key: &[u8], mode: LockMode) -> Result<(), Stop> {
        granted(self.shard.lock_constraint(self.txn, space, key, mode, Wait::Wait)?)
    }

    /// NOT NULL and CHECK. `columns`: those that may have become NULL.
    pub(crate) fn constraints(
        &self,
        table: usize,
        columns: impl Iterator<Item = usize>,
        checks: &[Check],
        row: Source<'_>,
    ) -> Result<(), SqlError> {
        let target = &self.schema.tables[table];
        for column in columns {
            if target.not_null.contains(&column) && row.column(column)?.is_null() {
                return Err(messages::not_null(self.words(), &target.shape.table, column, &row));
            }
        }
        if checks.is_empty() {
            return Ok(());
        }
        let sources = [row];
        let frame = Frame::new(self.context, self.params, &[]).with_sources(&sources);
        for check in checks {
            if matches!(check.code.eval(&frame)?, Datum::Bool(false)) {
                return Err(messages::check(self.words(), &target.shape.table, &check.name, &row));
            }
        }
        Ok(())
    }

    /// Writes a new row with these values: the key into `buffers.key`, the bytes into `buffers.new`. Its NOT NULL and
    /// CHECK constraints hold.
    pub(crate) fn insert_row(
        &mut self,
        table: usize,
        values: &[Datum],
        buffers: &mut WriteBuffers,
    ) -> Result<(), Stop> {
        let shape = self.shape(table);
        let row = Source::Values(values);
        buffers.key.clear();
        match shape.has_row_id() {
            true => {
                let id = self.row_ids.take(self.shard, self.txn, shape.table.space)?;
                row_ids::encode(id, &mut buffers.key);
            }
            false => {
                shape.primary_key(&row, &mut buffers.key)?;
                self.claim(shape, Which::Primary, &buffers.key, &mut buffers.found, &row)?;
            }
        }
        buffers.new.clear();
        shape.layout.encode(values, &mut buffers.new).map_err(SqlError::from)?;
        check_size(&buffers.new)?;
        match shape.has_row_id() {
            true => self.shard.put_fresh(self.txn, shape.table.space, &buffers.key, &buffers.new)?,
            false => self.shard.put(self.txn, shape.table.space, &buffers.key, &buffers.new)?,
        }
        for (at, index) in shape.indexes.iter().enumerate() {
            buffers.entry.clear();
            let space = index.index.space;
            match index.entry(&row, &buffers.key, &mut buffers.entry)? {
                true => {
                    self.claim(shape, Which::Index(at), &buffers.entry, &mut buffers.found, &row)?;
                    self.shard.put(self.txn, space, &buffers.entry, &buffers.key)?;
                }
                false => self.shard.put_covered(self.txn, space, &buffers.entry, &[])?,
            }
        }
        self.note_parents(table, &row, None)?;
        Ok(())
    }

    /// Makes `changes` to the locked row `buffers.old` under `buffers.key`: the new bytes go into `buffers.new`, a new key into
    /// `buffers.key`.
    pub(crate) fn update_row(
        &mut self,
        table: usize,
        changes: &[(usize, Datum)],
        checks: &[Check],
        buffers: &mut WriteBuffers,
    ) -> Result<(), Stop> {
        let shape = self.shape(table);
        let layout = &shape.layout;
        let WriteBuffers { key, old, new, entry, new_entry, found, .. } = buffers;
        new.clear();
        layout.patch(old, changes, new).map_err(SqlError::from)?;
        check_size(new)?;
        let before = Source::Row { layout, key, row: old };
        let after = Source::Row { layout, key: &[], row: new };
        self.constraints(table, changes.iter().map(|(column, _)| *column), checks, after)?;
        let changed = |column: usize| changes.iter().any(|(changed, _)| *changed == column);

        // A new primary key: the row moves.
        let mut moved_key = Vec::new();
        if shape.key.iter().any(|part| changed(part.column)) {
            shape.primary_key(&after, &mut moved_key)?;
        }
        let moved = !moved_key.is_empty() && moved_key != *key;
        let new_key: &[u8] = if moved { &moved_key } else { key };
        if moved {
            self.claim(shape, Which::Primary, new_key, found, &after)?;
            self.shard.delete(self.txn, shape.table.space, key)?;
        }
        self.shard.put(self.txn, shape.table.space, new_key, new)?;
        for (at, index) in shape.indexes.iter().enumerate() {
            if !moved && !index.parts.iter().any(|part| changed(part.column)) {
                continue;
            }
            entry.clear();
            new_entry.clear();
            let was_unique = index.entry(&before, key, entry)?;
            let is_unique = index.entry(&after, new_key, new_entry)?;
            if entry == new_entry && !moved {
                continue;
            }
            let space = index.index.space;
            if entry != new_entry {
                if is_unique {
                    self.claim(shape, Which::Index(at), new_entry, found, &after)?;
                }
                self.remove_entry(space, entry, was_unique)?;
            } else {
                self.lock_check(space, new_entry, LockMode::Update)?;
            }
            match is_unique {
                true => self.shard.put(self.txn, space, new_entry, new_key)?,
                false => self.shard.put_covered(self.txn, space, new_entry, &[])?,
            }
        }
        self.note_parents(table, &after, Some(&before))?;
        self.note_children(table, &before, Some(&after))?;
        if moved {
            *key = moved_key;
        }
        Ok(())
    }

    /// Takes away the locked row `buffers.old` under `buffers.key`.
    pub(crate) fn delete_row(&mut self, table: usize, buffers: &mut WriteBuffers) -> Result<(), Stop> {
        let shape = self.shape(table);
        let WriteBuffers { key, old, entry, .. } = buffers;
        let row = Source::Row { layout: &shape.layout, key, row: old };
        for index in &shape.indexes {
            entry.clear();
            let unique = index.entry(&row, key, entry)?;
            self.remove_entry(index.index.space, entry, unique)?;
        }
        self.shard.delete(self.txn, shape.table.space, key)?;
        self.note_children(table, &row, None)
    }

    fn remove_entry(&mut self, space: SpaceId, entry: &[u8], unique: bool) -> Result<(), Stop> {
        if unique {
            self.lock_check(space, entry, LockMode::Update)?;
            self.shard.delete(self.txn, space, entry)?;
        } else {
            self.shard.delete_covered(self.txn, space, entry)?;
        }
        Ok(())
    }

    /// Takes a unique key for this row, or fails with 23505.
    fn claim(
        &mut self,
        shape: &TableShape,
        which: Which,
        key: &[u8],
        found: &mut Vec<u8>,
        row: &Source<'_>,
    ) -> Result<(), Stop> {
        let space = shape.space(which);
        self.lock_check(space, key, LockMode::Update)?;
        found.clear();
        if self.shard.get_locked(self.txn, space, key, found)? {
            let columns = shape.parts(which).iter().map(|part| part.column);
            return Err(messages::duplicate(self.words(), &shape.table, shape.name(which), columns, row).into());
        }
        Ok(())
    }
}

/// A lock that was asked for with `Wait::Wait`.
pub(crate) fn granted(lock: Lock) -> Result<(), Stop> {
    match lock {
        Lock::Granted => Ok(()),
        Lock::Queued(ticket) => Err(Stop::Wait(ticket)),
        Lock::Skipped => Err(SqlError::internal("a lock was skipped that was to be waited for").into()),
    }
}

fn check_size(row: &[u8]) -> Result<(), SqlError> {
    match row.len() > ROW_BYTES_MAX {
        true => Err(SqlError::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("row is too big: size {}, maximum size {ROW_BYTES_MAX}", row.len()),
        )),
        false => Ok(()),
    }
}
