//! What a change of the schema leaves to do on rows.

use std::sync::Arc;

use cairn_base::SpaceId;
use cairn_sql_binder::tree::Expr;
use cairn_sql_catalog::schema::{Check, Column, ForeignKey, Index, Table};
use cairn_sql_types::Datum;

use super::{
    DataContext, Place, Step, check_empty, check_foreign_key, check_not_null, check_rows, fill_column, fill_index,
    insert_rows, move_rows,
};
use crate::api::Stop;

/// Work on all rows of a table, done step by step when the catalog has been changed. The tables are as they were, or had
/// become, when the change asked for it.
#[derive(Debug)]
pub enum Task {
    /// CREATE INDEX: an entry for every row. 23505 `could not create unique index`.
    FillIndex {
        /// Whose rows.
        table: Arc<Table>,
        /// Where to.
        index: Arc<Index>,
    },
    /// ADD or DROP PRIMARY KEY: the rows of `old` go into the spaces of `new`, which differs in its key. 23505 and 23502
    /// as PostgreSQL.
    MoveRows {
        /// From.
        old: Arc<Table>,
        /// To.
        new: Arc<Table>,
        /// Spaces that nobody needs when the rows have moved.
        spaces: Vec<SpaceId>,
    },
    /// ADD COLUMN with a default that differs from row to row.
    FillColumn {
        /// The table with the column.
        table: Arc<Table>,
        /// Which column.
        position: usize,
        /// Its values.
        default: Box<Expr>,
    },
    /// SET NOT NULL: 23502 when a row has NULL there.
    CheckNotNull {
        /// The table.
        table: Arc<Table>,
        /// Which column.
        column: usize,
    },
    /// ADD COLUMN ... NOT NULL without a default: 23502 when there is a row.
    CheckEmpty {
        /// The table.
        table: Arc<Table>,
        /// The column that would be NULL.
        column: Box<Column>,
    },
    /// ADD CHECK: 23514 when a row violates it.
    Check {
        /// The table.
        table: Arc<Table>,
        /// What must hold.
        check: Check,
    },
    /// ADD FOREIGN KEY: 23503 when a row has no parent. The parents stay until the transaction ends.
    CheckForeignKey {
        /// The referring table.
        table: Arc<Table>,
        /// What must hold.
        key: ForeignKey,
    },
    /// CREATE TABLE AS: rows, one value per column, into a table that has neither key nor indexes.
    InsertRows {
        /// The new table.
        table: Arc<Table>,
        /// Its rows.
        rows: Arc<Vec<Vec<Datum>>>,
    },
}

impl Task {
    /// Does the next step. After a [`Stop`] that is no error the same step can be done again, once what it wrote has been
    /// taken back.
    pub fn step(&self, data: &mut DataContext<'_>, place: &mut Place) -> Result<Step, Stop> {
        match self {
            Task::FillIndex { table, index } => fill_index(data, table, index, place),
            Task::MoveRows { old, new, spaces } => {
                let step = move_rows(data, old, new, place)?;
                if step == Step::Done {
                    for space in spaces {
                        data.shard.drop_space(data.txn, *space)?;
                    }
                }
                Ok(step)
            }
            Task::FillColumn { table, position, default } => fill_column(data, table, *position, default, place),
            Task::CheckNotNull { table, column } => check_not_null(data, table, *column, place),
            Task::CheckEmpty { table, column } => check_empty(data, table, column, place),
            Task::Check { table, check } => check_rows(data, table, check, place),
            Task::CheckForeignKey { table, key } => check_foreign_key(data, table, key, place),
            Task::InsertRows { table, rows } => insert_rows(data, table, rows, place),
        }
    }
}
