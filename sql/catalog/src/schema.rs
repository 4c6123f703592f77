//! The objects that SQL names: tables, columns, indexes, constraints, sequences. Immutable once published; shared by
//! `Arc` between sessions, plans and analytics threads.

use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_sql_types::Type;
use cairn_sql_types::row::RowLayout;

/// Object identifier of a relation, schema, constraint... as in PostgreSQL. User objects start at 16384.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Oid(pub u32);

impl Oid {
    /// The first OID of a user object.
    pub const FIRST_USER: Oid = Oid(16384);
    /// Schema `pg_catalog`.
    pub const PG_CATALOG: Oid = Oid(11);
    /// Schema `public`.
    pub const PUBLIC: Oid = Oid(2200);
    /// Schema `information_schema`.
    pub const INFORMATION_SCHEMA: Oid = Oid(13000);
}

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Identity.
    pub oid: Oid,
    /// Name.
    pub name: Arc<str>,
}

/// A table: rows in one primary space, ordered by its key, and one space per further index.
#[derive(Clone, Debug)]
pub struct Table {
    /// Identity.
    pub oid: Oid,
    /// Namespace.
    pub schema: Oid,
    /// Name.
    pub name: Arc<str>,
    /// All columns ever, in attribute order; dropped ones keep their place because rows keep their bytes.
    pub columns: Vec<Column>,
    /// Where the rows are.
    pub space: SpaceId,
    /// The form of its rows' bytes: all columns, dropped ones included.
    pub layout: Arc<RowLayout>,
    /// What the rows are ordered by.
    pub key: TableKey,
    /// Secondary indexes (unique ones included; the primary key is not among them).
    pub indexes: Vec<Arc<Index>>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// Foreign keys of this table.
    pub foreign_keys: Vec<ForeignKey>,
    /// Foreign keys of other tables that reference this one: (referencing table, constraint).
    pub referenced_by: Vec<(Oid, Oid)>,
    /// Engine name as registered: `memtx`, `vinyl`, ...
    pub engine: Arc<str>,
    /// How rows are spread over the cluster.
    pub distribution: Distribution,
    /// `IN TIER name`.
    pub tier: Option<Arc<str>>,
    /// `WITH (name = value, ...)`, as given.
    pub options: Vec<(String, String)>,
    /// A transaction whose snapshot is older than this must not read the table: its rows were rewritten since.
    pub rewritten_at: Timestamp,
}

impl Table {
    /// Is it on either side of a foreign key?
    pub fn has_foreign_keys(&self) -> bool {
        !self.foreign_keys.is_empty() || !self.referenced_by.is_empty()
    }

    /// The row layout of these columns.
    pub fn layout_of(columns: &[Column]) -> Arc<RowLayout> {
        let types: Vec<Type> = columns.iter().map(|column| column.ty).collect();
        let mut layout = RowLayout::new(&types);
        for (position, column) in columns.iter().enumerate() {
            if let Some(value) = &column.missing {
                layout.set_missing(position, value.clone());
            }
        }
        Arc::new(layout)
    }

    /// The live column of this name: its position and itself.
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.live_columns().find(|(_, column)| &*column.name == name)
    }

    /// All columns that are not dropped, with their positions.
    pub fn live_columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.dropped)
    }

    /// The primary key's columns; empty without one.
    pub fn primary_key(&self) -> &[usize] {
        match &self.key {
            TableKey::RowId => &[],
            TableKey::Primary { columns, .. } => columns,
        }
    }

    /// The index with this OID.
    pub fn index(&self, oid: Oid) -> Option<&Arc<Index>> {
        self.indexes.iter().find(|index| index.oid == oid)
    }

    /// Every space that belongs to the table.
    pub fn spaces(&self) -> impl Iterator<Item = SpaceId> + '_ {
        std::iter::once(self.space).chain(self.indexes.iter().map(|index| index.space))
    }
}

/// What the primary space is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKey {
    /// A hidden row id (int8, ascending, handed out by the core), for tables without PRIMARY KEY. The key's bytes are
    /// `KeyWriter::put_i64`.
    RowId,
    /// PRIMARY KEY. Its columns are NOT NULL, so their keys carry no presence byte.
    Primary {
        /// The constraint's (and index's) identity.
        oid: Oid,
        /// The constraint's name.
        name: Arc<str>,
        /// Columns (positions in `Table::columns`), ascending.
        columns: Vec<usize>,
    },
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name; `........pg.dropped.N........` when dropped.
    pub name: Arc<str>,
    /// Type with modifier.
    pub ty: Type,
    /// NOT NULL.
    pub not_null: bool,
    /// DEFAULT as SQL text, as `pg_get_expr` shows it.
    pub default: Option<Arc<str>>,
    /// The value of rows that were written before the column was added (text form of the type).
    pub missing: Option<cairn_sql_types::Datum>,
    /// GENERATED ... AS IDENTITY.
    pub identity: Option<Identity>,
    /// Dropped: invisible.
    pub dropped: bool,
}

/// Kind of an identity column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// GENERATED ALWAYS
    Always,
    /// GENERATED BY DEFAULT
    ByDefault,
}

/// A secondary index. Keys: every column with its presence byte and order, then (unless `unique` and no NULL among the
/// columns) the row's primary key bytes. Values: for unique entries the row's primary key bytes, otherwise empty.
///
/// ```text
/// unique, no NULL:   col1 col2            -> primary key bytes
/// otherwise:         col1 col2 pk-bytes   -> (empty)
/// ```
#[derive(Clone, Debug)]
pub struct Index {
    /// Identity.
    pub oid: Oid,
    /// Name.
    pub name: Arc<str>,
    /// Where its entries are.
    pub space: SpaceId,
    /// What it is ordered by.
    pub columns: Vec<IndexColumn>,
    /// No two rows with equal, non-NULL columns.
    pub unique: bool,
    /// Backs this UNIQUE constraint (same name) rather than a plain CREATE UNIQUE INDEX.
    pub constraint: Option<Oid>,
    /// See [`Table::rewritten_at`]: snapshots older than this must not use the index.
    pub created_at: Timestamp,
}

/// One column of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexColumn {
    /// Position in `Table::columns`.
    pub column: usize,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}

/// CHECK (expression).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Identity.
    pub oid: Oid,
    /// Name.
    pub name: Arc<str>,
    /// The expression as SQL text over the table's column names.
    pub expression: Arc<str>,
}

/// FOREIGN KEY (columns) REFERENCES target (target_columns).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Identity.
    pub oid: Oid,
    /// Name.
    pub name: Arc<str>,
    /// Referencing columns.
    pub columns: Vec<usize>,
    /// Referenced table.
    pub target: Oid,
    /// Referenced columns (the target's primary key or a unique index's columns).
    pub target_columns: Vec<usize>,
    /// ON DELETE
    pub on_delete: ForeignAction,
    /// ON UPDATE
    pub on_update: ForeignAction,
}

/// What happens to referencing rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForeignAction {
    /// Refuse (checked at the end of the statement).
    NoAction,
    /// Refuse.
    Restrict,
    /// Do the same to them.
    Cascade,
    /// Set their columns to NULL.
    SetNull,
    /// Set their columns to their defaults.
    SetDefault,
}

/// DISTRIBUTED BY (...) or GLOBALLY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// By the hash of these columns; without DISTRIBUTED BY: the primary key.
    By(Vec<usize>),
    /// On every instance.
    Globally,
}

/// A sequence's definition; its position is data in the catalog's sequence space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Identity.
    pub oid: Oid,
    /// Namespace.
    pub schema: Oid,
    /// Name.
    pub name: Arc<str>,
    /// int2, int4 or int8.
    pub ty: cairn_sql_types::TypeId,
    /// START
    pub start: i64,
    /// INCREMENT
    pub increment: i64,
    /// MINVALUE
    pub min: i64,
    /// MAXVALUE
    pub max: i64,
    /// CACHE
    pub cache: i64,
    /// CYCLE
    pub cycle: bool,
    /// OWNED BY: table and column.
    pub owned_by: Option<(Oid, usize)>,
}

/// A view: its text is bound again at every use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Identity.
    pub oid: Oid,
    /// Namespace.
    pub schema: Oid,
    /// Name.
    pub name: Arc<str>,
    /// Column names and types.
    pub columns: Vec<(Arc<str>, Type)>,
    /// The SELECT as text.
    pub query: Arc<str>,
}

/// A relation of pg_catalog or information_schema, whose rows are computed from the catalog.
#[derive(Debug)]
pub struct SystemRelation {
    /// PostgreSQL's OID of the relation.
    pub oid: Oid,
    /// `pg_catalog` or `information_schema`.
    pub schema: Oid,
    /// Name.
    pub name: &'static str,
    /// Column names and types.
    pub columns: &'static [(&'static str, cairn_sql_types::TypeId)],
    /// Is it a view in PostgreSQL?
    pub view: bool,
    /// Its rows now.
    pub rows: SystemRows,
}

/// Who computes the rows of a system relation.
#[derive(Clone, Copy, Debug)]
pub enum SystemRows {
    /// The catalog.
    Catalog(fn(&crate::Catalog) -> Vec<Vec<cairn_sql_types::Datum>>),
    /// The session, by [`cairn_sql_types::kernel::Host::session_rows`].
    Session,
}

/// Anything that a name in FROM can mean.
#[derive(Clone, Debug)]
pub enum Relation {
    /// A table.
    Table(Arc<Table>),
    /// A view.
    View(Arc<View>),
    /// A sequence (readable as a one-row table: last_value, log_cnt, is_called).
    Sequence(Arc<Sequence>),
    /// An index (only for DDL and `regclass`): its table and itself.
    Index(Arc<Table>, Arc<Index>),
    /// The index of a primary key, which is the table's own order.
    PrimaryKey(Arc<Table>),
    /// A relation of pg_catalog or information_schema.
    System(&'static SystemRelation),
}

impl Relation {
    /// Schema, name and OID.
    pub fn identity(&self) -> (Oid, Arc<str>, Oid) {
        match self {
            Relation::Table(table) => (table.schema, table.name.clone(), table.oid),
            Relation::View(view) => (view.schema, view.name.clone(), view.oid),
            Relation::Sequence(sequence) => (sequence.schema, sequence.name.clone(), sequence.oid),
            Relation::Index(table, index) => (table.schema, index.name.clone(), index.oid),
            Relation::PrimaryKey(table) => match &table.key {
                TableKey::Primary { oid, name, .. } => (table.schema, name.clone(), *oid),
                TableKey::RowId => (table.schema, table.name.clone(), Oid::default()),
            },
            Relation::System(relation) => (relation.schema, relation.name.into(), relation.oid),
        }
    }
}
