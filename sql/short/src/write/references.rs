//! Foreign keys. Like PostgreSQL's, they are looked at when all rows of the statement are written, in the order in which
//! the rows came; so rows of one statement may refer to each other.
//!
//! ```text
//!   child row in        KeyShare on the parent's key, which must be there; it stays until this transaction ends
//!   parent row out      Update on the parent's key (it was deleted), so no child can come; then: are there any?
//! ```
//! Both sides meet in the lock on the parent's key. That is why the check holds at every isolation level, and why a child
//! does not disturb updates of its parent that leave the key alone.

use std::ops::Bound;

use cairn_base::key::{KeyWriter, prefix_end};
use cairn_sql_catalog::schema::ForeignAction;
use cairn_sql_types::comparison::KeyValue;
use cairn_sql_types::{Datum, SqlError};
use cairn_txn::{Direction, KeyRange, LockMode};

use super::messages;
use super::rows::Writer;
use crate::api::Stop;
use crate::eval::Source;
use crate::plan::{ChildKey, lock_for};
use crate::scratch::WriteBuffers;
use crate::shape::{TableShape, Which};

/// Something to look at when the statement's rows are written.
pub(crate) enum Event {
    /// A row refers to a parent.
    Parent { table: usize, parent: usize, key: Vec<u8>, values: Vec<Datum> },
    /// A referenced key has gone, or has become another.
    Child { table: usize, child: usize, old: Vec<Datum>, new: Option<Vec<Datum>> },
    /// Stands for one that is being looked at.
    Settling,
}

impl Writer<'_> {
    /// Notes the parents of a new or changed row. `before`: what it was.
    pub(super) fn note_parents(
        &mut self,
        table: usize,
        row: &Source<'_>,
        before: Option<&Source<'_>>,
    ) -> Result<(), SqlError> {
        for (parent, reference) in self.schema.tables[table].parents.iter().enumerate() {
            let Some(values) = values_of(row, &reference.key.columns)? else { continue };
            if let Some(before) = before
                && let Some(old) = values_of(before, &reference.key.columns)?
                && same(self.shape(table), &reference.key.columns, &old, &values)
            {
                continue;
            }
            let mut key = Vec::new();
            if !reference.parent.key_from(reference.which, &reference.columns, row, &mut key)? {
                return Err(self.no_parent(table, parent, &values));
            }
            // Rows of one statement often share their parent.
            let repeats = self.events.last().is_some_and(|last| {
                matches!(last, Event::Parent { table: t, parent: p, key: k, .. } if (*t, *p) == (table, parent) && *k == key)
            });
            if !repeats {
                self.events.push(Event::Parent { table, parent, key, values });
            }
        }
        Ok(())
    }

    /// Notes that a row, which others may refer to, has gone or changed.
    pub(super) fn note_children(
        &mut self,
        table: usize,
        before: &Source<'_>,
        after: Option<&Source<'_>>,
    ) -> Result<(), Stop> {
        for (child, reference) in self.schema.tables[table].children.iter().enumerate() {
            let columns = &reference.key.target_columns;
            let Some(old) = values_of(before, columns)? else { continue };
            let new = match after {
                None => None,
                Some(after) => {
                    let new = columns.iter().map(|column| after.column(*column)).collect::<Result<Vec<_>, _>>()?;
                    if same(self.shape(table), columns, &old, &new) {
                        continue;
                    }
                    Some(new)
                }
            };
            self.events.push(Event::Child { table, child, old, new });
        }
        Ok(())
    }

    /// Looks at everything that was noted, and at what that brings.
    pub(super) fn settle_references(&mut self, buffers: &mut WriteBuffers) -> Result<(), Stop> {
        let mut at = 0;
        while at < self.events.len() {
            // What an action brings is noted behind it.
            let event = std::mem::replace(&mut self.events[at], Event::Settling);
            let settled = self.settle(&event, buffers);
            self.events[at] = event;
            settled?;
            at += 1;
        }
        Ok(())
    }

    fn settle(&mut self, event: &Event, buffers: &mut WriteBuffers) -> Result<(), Stop> {
        match event {
            Event::Parent { table, parent, key, values } => {
                let reference = &self.schema.tables[*table].parents[*parent];
                match self.parent_exists(&reference.parent, reference.which, key, buffers)? {
                    true => Ok(()),
                    false => Err(self.no_parent(*table, *parent, values).into()),
                }
            }
            Event::Child { table, child, old, new } => self.settle_child(*table, *child, old, new.clone(), buffers),
            Event::Settling => Ok(()),
        }
    }

    fn parent_exists(
        &mut self,
        parent: &TableShape,
        which: Which,
        key: &[u8],
        buffers: &mut WriteBuffers,
    ) -> Result<bool, Stop> {
        let space = parent.space(which);
        self.lock_check(space, key, LockMode::KeyShare)?;
        buffers.found.clear();
        Ok(self.shard.get_locked(self.txn, space, key, &mut buffers.found)?)
    }

    fn no_parent(&self, table: usize, parent: usize, values: &[Datum]) -> SqlError {
        let reference = &self.schema.tables[table].parents[parent];
        let own = &self.shape(table).table;
        let key = &reference.key;
        messages::no_parent(self.words(), own, &key.name, &key.columns, values, &reference.parent.table.name)
    }

    fn settle_child(
        &mut self,
        table: usize,
        child: usize,
        old: &[Datum],
        new: Option<Vec<Datum>>,
        buffers: &mut WriteBuffers,
    ) -> Result<(), Stop> {
        let reference = &self.schema.tables[table].children[child];
        let action = if new.is_some() { reference.key.on_update } else { reference.key.on_delete };
        let keys = self.referencing(table, reference, old, action)?;
        if keys.is_empty() {
            return Ok(());
        }
        match action {
            ForeignAction::NoAction if self.has_row_again(table, reference, old, buffers)? => Ok(()),
            ForeignAction::NoAction | ForeignAction::Restrict => {
                Err(self.still_referenced(table, reference, old).into())
            }
            ForeignAction::Cascade | ForeignAction::SetNull | ForeignAction::SetDefault => {
                let changes = self.child_changes(reference, action, new)?;
                keys.iter().try_for_each(|key| self.follow(reference.child, key, changes.as_deref(), buffers))?;
                if action == ForeignAction::SetDefault {
                    self.check_default_refers(table, reference, old, buffers)?;
                }
                Ok(())
            }
        }
    }

    /// Where the default is the very value that has gone, the rows still refer to it.
    fn check_default_refers(
        &mut self,
        table: usize,
        reference: &ChildKey,
        old: &[Datum],
        buffers: &mut WriteBuffers,
    ) -> Result<(), Stop> {
        let left = self.referencing(table, reference, old, ForeignAction::NoAction)?;
        if left.is_empty() || self.has_row_again(table, reference, old, buffers)? {
            return Ok(());
        }
        Err(self.still_referenced(table, reference, old).into())
    }

    fn still_referenced(&self, table: usize, reference: &ChildKey, old: &[Datum]) -> SqlError {
        let (own, key) = (&self.shape(table).table, &reference.key);
        let child = &self.shape(reference.child).table;
        messages::still_referenced(self.words(), own, &key.target_columns, old, child, &key.name)
    }

    /// What an action does to the referencing columns; `None`: the row goes.
    fn child_changes(
        &self,
        reference: &ChildKey,
        action: ForeignAction,
        new: Option<Vec<Datum>>,
    ) -> Result<Option<Vec<(usize, Datum)>>, SqlError> {
        let columns = &reference.key.columns;
        let child = &self.shape(reference.child).table;
        Ok(match (action, new) {
            (ForeignAction::Cascade, None) => None,
            (ForeignAction::Cascade, Some(new)) => {
                let convert = |(column, value): (&usize, Datum)| match KeyValue::of(value, child.columns[*column].ty.id)
                {
                    KeyValue::Exact(value) => Ok((*column, value)),
                    KeyValue::Null => Ok((*column, Datum::Null)),
                    KeyValue::Below | KeyValue::Above => Err(SqlError::new(
                        cairn_sql_types::SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                        "value out of range for the referencing column",
                    )),
                };
                Some(columns.iter().zip(new).map(convert).collect::<Result<_, _>>()?)
            }
            (ForeignAction::SetDefault, _) => Some(self.child_defaults(reference)?),
            _ => Some(columns.iter().map(|column| (*column, Datum::Null)).collect()),
        })
    }

    fn child_defaults(&self, reference: &ChildKey) -> Result<Vec<(usize, Datum)>, SqlError> {
        let frame = crate::eval::Frame::new(self.context, self.params, &[]);
        let default = |column: &usize| {
            let code = reference.defaults.iter().find(|(of, _)| of == column).map(|(_, code)| code);
            Ok((*column, code.map_or(Ok(Datum::Null), |code| code.eval(&frame))?))
        };
        reference.key.columns.iter().map(default).collect()
    }

    /// Changes or deletes one referencing row.
    fn follow(
        &mut self,
        table: usize,
        key: &[u8],
        changes: Option<&[(usize, Datum)]>,
        buffers: &mut WriteBuffers,
    ) -> Result<(), Stop> {
        let shape = self.shape(table);
        let mode = match changes {
            None => LockMode::Update,
            Some(changes) => lock_for(shape, &changes.iter().map(|(column, _)| *column).collect::<Vec<_>>()),
        };
        self.lock_row(shape.table.space, key, mode)?;
        buffers.key.clear();
        buffers.key.extend_from_slice(key);
        buffers.old.clear();
        if !self.shard.get_locked(self.txn, shape.table.space, key, &mut buffers.old)? {
            return Ok(());
        }
        match changes {
            None => self.delete_row(table, buffers),
            Some(changes) => self.update_row(table, changes, &self.schema.tables[table].checks, buffers),
        }
    }

    /// Is there a row with the old key again? (Another row of the statement may have taken it.)
    fn has_row_again(
        &mut self,
        table: usize,
        reference: &ChildKey,
        old: &[Datum],
        buffers: &mut WriteBuffers,
    ) -> Result<bool, Stop> {
        let shape = self.shape(table);
        let columns = &reference.key.target_columns;
        let unique = std::iter::once(Which::Primary).chain((0..shape.indexes.len()).map(Which::Index));
        let fits = |which: &Which| {
            let parts = shape.parts(*which);
            let same = parts.len() == columns.len() && parts.iter().all(|part| columns.contains(&part.column));
            shape.is_unique(*which) && same
        };
        let Some(which) = { unique }.find(fits) else { return Ok(false) };
        let mut key = Vec::new();
        for part in shape.parts(which) {
            let at = columns.iter().position(|column| *column == part.column);
            let value = at.map_or(&Datum::Null, |at| &old[at]);
            part.encoding.encode(value, &mut KeyWriter::new(&mut key))?;
        }
        self.parent_exists(shape, which, &key, buffers)
    }

    /// Keys of the rows that refer to these values; where the action only refuses, the first is enough.
    fn referencing(
        &self,
        table: usize,
        reference: &ChildKey,
        old: &[Datum],
        action: ForeignAction,
    ) -> Result<Vec<Vec<u8>>, Stop> {
        let child = self.shape(reference.child);
        let value_of = |column: usize| {
            let at = reference.key.target_columns.iter().position(|target| *target == column);
            at.map_or(Datum::Null, |at| old[at].clone())
        };
        let most = match action {
            ForeignAction::NoAction | ForeignAction::Restrict => 1,
            _ => usize::MAX,
        };
        let mut keys = Vec::new();
        let Some(index) = &reference.index else {
            debug_assert!(table < self.schema.tables.len());
            let mut cursor =
                self.shard.constraint_scan(self.txn, child.table.space, KeyRange::ALL, Direction::Forward)?;
            while let Some(entry) = cursor.next()? {
                let row = Source::Row { layout: &child.layout, key: entry.key, row: entry.value };
                if refers(&row, reference, child, old)? {
                    keys.push(entry.key.to_vec());
                    if keys.len() == most {
                        break;
                    }
                }
            }
            return Ok(keys);
        };
        let mut prefix = Vec::new();
        for (part, column) in child.parts(index.which).iter().zip(&index.columns) {
            match KeyValue::of(value_of(*column), part.encoding.ty) {
                KeyValue::Exact(value) => part.encoding.encode(&value, &mut KeyWriter::new(&mut prefix))?,
                _ => return Ok(keys),
            }
        }
        let end = prefix_end(&prefix);
        let range = KeyRange {
            start: Bound::Included(prefix.as_slice()),
            end: end.as_deref().map_or(Bound::Unbounded, Bound::Excluded),
        };
        let mut cursor = self.shard.constraint_scan(self.txn, child.space(index.which), range, Direction::Forward)?;
        while let Some(entry) = cursor.next()? {
            keys.push(match index.which {
                Which::Primary => entry.key.to_vec(),
                Which::Index(at) => child.indexes[at].primary_of(entry.key, entry.value)?.to_vec(),
            });
            if keys.len() == most {
                break;
            }
        }
        Ok(keys)
    }
}

/// The values of a foreign key's columns; `None` when one is NULL: such a row refers to nothing (MATCH SIMPLE).
fn values_of(row: &Source<'_>, columns: &[usize]) -> Result<Option<Vec<Datum>>, SqlError> {
    let mut values = Vec::with_capacity(columns.len());
    for column in columns {
        match row.column(*column)? {
            Datum::Null => return Ok(None),
            value => values.push(value),
        }
    }
    Ok(Some(values))
}

fn same(shape: &TableShape, columns: &[usize], a: &[Datum], b: &[Datum]) -> bool {
    let ty = |column: &usize| shape.table.columns[*column].ty.id;
    columns.iter().zip(a.iter().zip(b)).all(|(column, (a, b))| a.same(ty(column), b))
}

fn refers(row: &Source<'_>, reference: &ChildKey, child: &TableShape, old: &[Datum]) -> Result<bool, SqlError> {
    for (column, value) in reference.key.columns.iter().zip(old) {
        let ty = child.table.columns[*column].ty.id;
        let KeyValue::Exact(value) = KeyValue::of(value.clone(), ty) else { return Ok(false) };
        let own = row.column(*column)?;
        if own.is_null() || !own.same(ty, &value) {
            return Ok(false);
        }
    }
    Ok(true)
}
