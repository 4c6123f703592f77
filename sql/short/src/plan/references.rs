//! Foreign keys around a table that is written: what its rows refer to, and who refers to them.

use std::sync::Arc;

use cairn_sql_binder::{BindSettings, Binder};
use cairn_sql_catalog::schema::{ForeignAction, ForeignKey, Oid, Table};

use super::{Check, NotShort, Planner};
use crate::eval::{Code, Compiler};
use crate::neutral;
use crate::shape::{TableShape, Which};

/// The written table (first) and all tables that its foreign keys can make the statement write as well.
pub(crate) struct WriteSchema {
    pub(crate) tables: Vec<WriteTable>,
}

/// One table and its foreign keys.
pub(crate) struct WriteTable {
    pub(crate) shape: Arc<TableShape>,
    /// Keys of this table's rows into others.
    pub(crate) parents: Vec<ParentKey>,
    /// Keys of other tables' rows into this one.
    pub(crate) children: Vec<ChildKey>,
    /// Columns that are NOT NULL.
    pub(crate) not_null: Vec<usize>,
    /// CHECK constraints, for rows that a foreign key's action changes.
    pub(crate) checks: Vec<Check>,
}

/// A foreign key, seen from the referencing table.
pub(crate) struct ParentKey {
    pub(crate) key: ForeignKey,
    pub(crate) parent: Arc<TableShape>,
    /// The unique key that is looked up.
    pub(crate) which: Which,
    /// For each column of that key, which column of the referencing table gives its value.
    pub(crate) columns: Vec<usize>,
}

/// A foreign key, seen from the referenced table.
pub(crate) struct ChildKey {
    pub(crate) key: ForeignKey,
    /// Position of the referencing table in [`WriteSchema::tables`].
    pub(crate) child: usize,
    /// The way to the referencing rows; `None`: a walk over all of them.
    pub(crate) index: Option<ChildIndex>,
    /// Defaults of its columns, for SET DEFAULT.
    pub(crate) defaults: Vec<(usize, Code)>,
}

/// An index that begins with a foreign key's columns.
pub(crate) struct ChildIndex {
    pub(crate) which: Which,
    /// For each of its leading columns, which column of the referenced table gives its value.
    pub(crate) columns: Vec<usize>,
}

impl Planner<'_> {
    /// The tables around `table`. `removes`: keys of its rows can go away, so that those who refer to them matter.
    pub(crate) fn write_schema(&self, table: &Arc<Table>, removes: bool) -> Result<WriteSchema, NotShort> {
        let mut schema = WriteSchema { tables: Vec::new() };
        let mut pending = vec![table.oid];
        let mut at = 0;
        while let Some(oid) = pending.get(at).copied() {
            at += 1;
            let table = match oid == table.oid {
                true => table,
                false => self.table(oid)?,
            };
            let children = match removes {
                true => self.children(table, &mut pending)?,
                false => Vec::new(),
            };
            let parents = table.foreign_keys.iter().map(|key| self.parent(key)).collect::<Result<_, _>>()?;
            let not_null = table.live_columns().filter(|(_, column)| column.not_null).map(|(at, _)| at).collect();
            // The written table's own checks come with its statement; a foreign key into itself can change other rows.
            let follows = at > 1 || table.referenced_by.iter().any(|(child, _)| *child == table.oid);
            let checks = if removes && follows { self.table_checks(table)? } else { Vec::new() };
            schema.tables.push(WriteTable { shape: self.shape(table), parents, children, not_null, checks });
        }
        Ok(schema)
    }

    fn table(&self, oid: Oid) -> Result<&Arc<Table>, NotShort> {
        self.catalog.table(oid).ok_or(NotShort("a foreign key to or from a table that is gone"))
    }

    pub(crate) fn parent(&self, key: &ForeignKey) -> Result<ParentKey, NotShort> {
        let parent = self.shape(self.table(key.target)?);
        let unique = std::iter::once(Which::Primary).chain((0..parent.indexes.len()).map(Which::Index));
        let fits = |which: &Which| {
            let parts = parent.parts(*which);
            parent.is_unique(*which)
                && parts.len() == key.target_columns.len()
                && parts.iter().all(|part| key.target_columns.contains(&part.column))
        };
        let which = { unique }.find(fits).ok_or(NotShort("a foreign key to no unique key"))?;
        let source = |column: usize| {
            let at = key.target_columns.iter().position(|target| *target == column);
            key.columns[at.expect("the key's columns are the target's")]
        };
        let columns = parent.parts(which).iter().map(|part| source(part.column)).collect();
        Ok(ParentKey { key: key.clone(), which, columns, parent })
    }

    fn table_checks(&self, table: &Arc<Table>) -> Result<Vec<Check>, NotShort> {
        let settings = BindSettings::default();
        let bind = |check| {
            let bound = neutral::with(|context| {
                Binder::new(self.catalog, &settings, context, Vec::new()).table_check(table, check)
            });
            let (rel, bound) = bound.map_err(|_| NotShort("a CHECK constraint that cannot be bound"))?;
            let mut compiler = Compiler::new(self);
            compiler.bring(rel, 0);
            Ok(Check { code: compiler.expr(&bound.expr)?, name: bound.name })
        };
        let mut checks = table.checks.iter().map(bind).collect::<Result<Vec<_>, _>>()?;
        checks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(checks)
    }

    /// The defaults that SET DEFAULT sets.
    fn set_defaults(&self, child: &Table, key: &ForeignKey) -> Result<Vec<(usize, Code)>, NotShort> {
        if key.on_delete != ForeignAction::SetDefault && key.on_update != ForeignAction::SetDefault {
            return Ok(Vec::new());
        }
        let settings = BindSettings::default();
        let mut defaults = Vec::new();
        for column in &key.columns {
            let bound = neutral::with(|context| {
                Binder::new(self.catalog, &settings, context, Vec::new()).table_default(child, *column)
            });
            if let Some(default) = bound.map_err(|_| NotShort("a default that cannot be bound"))? {
                defaults.push((*column, Compiler::new(self).expr(&default)?));
            }
        }
        Ok(defaults)
    }

    fn children(&self, table: &Arc<Table>, pending: &mut Vec<Oid>) -> Result<Vec<ChildKey>, NotShort> {
        let mut children = Vec::new();
        for (child, constraint) in &table.referenced_by {
            let child_table = self.table(*child)?;
            let Some(key) = child_table.foreign_keys.iter().find(|key| key.oid == *constraint) else { continue };
            let position = match pending.iter().position(|oid| oid == child) {
                Some(position) => position,
                None => {
                    pending.push(*child);
                    pending.len() - 1
                }
            };
            let shape = self.shape(child_table);
            children.push(ChildKey {
                key: key.clone(),
                child: position,
                index: child_index(&shape, key),
                defaults: self.set_defaults(child_table, key)?,
            });
        }
        Ok(children)
    }
}

fn child_index(shape: &TableShape, key: &ForeignKey) -> Option<ChildIndex> {
    let count = key.columns.len();
    let fits = |which: &Which| {
        let parts = shape.parts(*which);
        parts.len() >= count && parts[..count].iter().all(|part| key.columns.contains(&part.column))
    };
    let which = std::iter::once(Which::Primary).chain((0..shape.indexes.len()).map(Which::Index)).find(fits)?;
    let referenced = |column: usize| {
        let at = key.columns.iter().position(|own| *own == column);
        key.target_columns[at.expect("the index's columns are the key's")]
    };
    let columns = shape.parts(which)[..count].iter().map(|part| referenced(part.column)).collect();
    Some(ChildIndex { which, columns })
}
