//! Bound data definition statements: names checked as far as a statement can be checked before it runs.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Distribution, ForeignAction, Identity, IndexColumn, Oid, Sequence, Table, View};
use cairn_sql_types::Type;

use crate::tree::{Expr, Query};

/// One data definition statement.
#[derive(Clone, Debug)]
pub enum Ddl {
    /// CREATE TABLE
    CreateTable(CreateTable),
    /// CREATE TABLE AS, SELECT INTO
    CreateTableAs {
        /// The table, columns taken from the query.
        table: CreateTable,
        /// Where the rows come from; `None`: WITH NO DATA.
        query: Option<Box<Query>>,
    },
    /// CREATE SCHEMA
    CreateSchema {
        /// Name.
        name: String,
        /// IF NOT EXISTS
        if_not_exists: bool,
    },
    /// CREATE \[UNIQUE\] INDEX
    CreateIndex {
        /// The table.
        table: Arc<Table>,
        /// Name; made up by PostgreSQL's rule when absent.
        name: String,
        /// UNIQUE
        unique: bool,
        /// Columns and orders.
        columns: Vec<IndexColumn>,
        /// The relation exists and IF NOT EXISTS was given: only a notice.
        exists: bool,
    },
    /// CREATE SEQUENCE
    CreateSequence {
        /// Its definition; `oid` is not yet chosen.
        sequence: Sequence,
        /// The relation exists and IF NOT EXISTS was given: only a notice.
        exists: bool,
    },
    /// ALTER SEQUENCE
    AlterSequence {
        /// The new definition.
        sequence: Sequence,
        /// RESTART [WITH n]
        restart: Option<i64>,
    },
    /// CREATE [OR REPLACE] VIEW
    CreateView {
        /// Its definition; `oid` is not yet chosen.
        view: View,
        /// The view that is replaced.
        replaces: Option<Oid>,
    },
    /// ALTER TABLE: actions in order, all or none.
    AlterTable {
        /// The table.
        table: Arc<Table>,
        /// What to do.
        actions: Vec<AlterTable>,
    },
    /// ALTER TABLE/INDEX/SEQUENCE/VIEW ... RENAME TO
    Rename {
        /// The relation.
        relation: Oid,
        /// New name.
        name: String,
    },
    /// DROP TABLE / INDEX / SEQUENCE / VIEW
    Drop {
        /// What the statement said: table, index, sequence or view.
        kind: DropKind,
        /// The relations that exist.
        relations: Vec<Oid>,
        /// Names that do not exist (IF EXISTS was given): one notice each.
        missing: Vec<String>,
        /// CASCADE
        cascade: bool,
    },
    /// DROP SCHEMA
    DropSchema {
        /// The schemas that exist.
        schemas: Vec<Oid>,
        /// Names that do not exist (IF EXISTS was given).
        missing: Vec<String>,
        /// CASCADE
        cascade: bool,
    },
    /// TRUNCATE
    Truncate {
        /// The tables.
        tables: Vec<Arc<Table>>,
        /// RESTART IDENTITY
        restart_identity: bool,
        /// CASCADE
        cascade: bool,
    },
    /// COMMENT ON is refused; this stands for `ALTER TABLE IF EXISTS missing` and the like: a notice, nothing else.
    Nothing {
        /// The notice.
        notice: crate::Notice,
        /// The command tag.
        tag: &'static str,
    },
}

/// What DROP was told to drop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DropKind {
    /// DROP TABLE
    Table,
    /// DROP INDEX
    Index,
    /// DROP SEQUENCE
    Sequence,
    /// DROP VIEW
    View,
}

/// CREATE TABLE
#[derive(Clone, Debug)]
pub struct CreateTable {
    /// Namespace.
    pub schema: Oid,
    /// Name.
    pub name: String,
    /// The relation exists and IF NOT EXISTS was given: only a notice.
    pub exists: bool,
    /// Columns in order.
    pub columns: Vec<NewColumn>,
    /// PRIMARY KEY: constraint name and columns.
    pub primary_key: Option<(String, Vec<usize>)>,
    /// UNIQUE constraints: name and columns.
    pub uniques: Vec<(String, Vec<usize>)>,
    /// CHECK constraints: name and SQL text.
    pub checks: Vec<(String, String)>,
    /// Foreign keys.
    pub foreign_keys: Vec<NewForeignKey>,
    /// USING, or `default_table_access_method`.
    pub engine: String,
    /// DISTRIBUTED BY / GLOBALLY, or by the primary key.
    pub distribution: Distribution,
    /// IN TIER
    pub tier: Option<String>,
    /// WITH (...)
    pub options: Vec<(String, String)>,
}

/// A column to create.
#[derive(Clone, Debug)]
pub struct NewColumn {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// NOT NULL
    pub not_null: bool,
    /// DEFAULT as SQL text.
    pub default: Option<String>,
    /// The default, bound, for ADD COLUMN's existing rows.
    pub default_expr: Option<Expr>,
    /// SERIAL or IDENTITY: a sequence owned by this column is created; its `nextval` becomes the default.
    pub sequence: Option<Sequence>,
    /// GENERATED ... AS IDENTITY
    pub identity: Option<Identity>,
}

/// A foreign key to create.
#[derive(Clone, Debug)]
pub struct NewForeignKey {
    /// Constraint name.
    pub name: String,
    /// Referencing columns.
    pub columns: Vec<usize>,
    /// Referenced table; `None`: the table that is being created.
    pub target: Option<Arc<Table>>,
    /// Referenced columns.
    pub target_columns: Vec<usize>,
    /// ON DELETE
    pub on_delete: ForeignAction,
    /// ON UPDATE
    pub on_update: ForeignAction,
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug)]
pub enum AlterTable {
    /// ADD COLUMN; `check`s are separate actions.
    AddColumn {
        /// The column.
        column: NewColumn,
        /// It exists and IF NOT EXISTS was given: only a notice.
        exists: bool,
    },
    /// DROP COLUMN
    DropColumn {
        /// Position; `None`: missing and IF EXISTS was given.
        column: Option<usize>,
        /// Name.
        name: String,
        /// CASCADE
        cascade: bool,
    },
    /// RENAME COLUMN
    RenameColumn {
        /// Position.
        column: usize,
        /// New name.
        name: String,
    },
    /// ALTER COLUMN SET / DROP DEFAULT
    SetDefault {
        /// Position.
        column: usize,
        /// New default as SQL text.
        default: Option<String>,
    },
    /// ALTER COLUMN SET / DROP NOT NULL
    SetNotNull {
        /// Position.
        column: usize,
        /// SET (true) or DROP.
        not_null: bool,
    },
    /// ADD PRIMARY KEY
    AddPrimaryKey {
        /// Constraint name.
        name: String,
        /// Columns.
        columns: Vec<usize>,
    },
    /// ADD UNIQUE
    AddUnique {
        /// Constraint name.
        name: String,
        /// Columns.
        columns: Vec<usize>,
    },
    /// ADD CHECK
    AddCheck {
        /// Constraint name.
        name: String,
        /// SQL text.
        text: String,
    },
    /// ADD FOREIGN KEY
    AddForeignKey(NewForeignKey),
    /// DROP CONSTRAINT
    DropConstraint {
        /// Name.
        name: String,
        /// IF EXISTS
        if_exists: bool,
        /// CASCADE
        cascade: bool,
    },
    /// RENAME CONSTRAINT
    RenameConstraint {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
}
