//! What the binder must know about the session and the instance, and what it hands back besides the tree.

use cairn_sql_catalog::schema::Oid;
use cairn_sql_types::Type;

use crate::notice::Notice;
use crate::tree::{OutputColumn, Statement};

/// What binding depends on besides the catalog.
#[derive(Clone, Debug)]
pub struct BindSettings {
    /// `search_path`, as its list of names; `"$user"` stands for the user's own schema.
    pub search_path: Vec<String>,
    /// The database that qualified names may name.
    pub database: String,
    /// `current_user`
    pub user: String,
    /// `default_table_access_method`
    pub default_engine: String,
    /// Engines that USING may name.
    pub engines: Vec<String>,
    /// Tiers that IN TIER may name.
    pub tiers: Vec<String>,
}

impl Default for BindSettings {
    fn default() -> Self {
        Self {
            search_path: vec!["$user".to_owned(), "public".to_owned()],
            database: "cairn".to_owned(),
            user: "cairn".to_owned(),
            default_engine: "memtx".to_owned(),
            engines: vec!["memtx".to_owned(), "vinyl".to_owned()],
            tiers: vec!["default".to_owned()],
        }
    }
}

/// What is known about a parameter before binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Nothing: its type follows from its use (`$1` with OID 0).
    Infer,
    /// The client or PREPARE declared it.
    Declared(Type),
    /// A literal that [`crate::lift()`] took out of the text: a number of this type, or a string where the type is unknown.
    Lifted(Type),
}

/// A bound statement.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What to do.
    pub statement: Statement,
    /// Types of all parameters, `$1` first.
    pub params: Vec<Type>,
    /// What it returns; `None` for statements that return no rows. (EXECUTE and FETCH return what their statement or cursor
    /// does, which the session knows.)
    pub columns: Option<Vec<OutputColumn>>,
    /// Tables it reads or writes, each once.
    pub tables: Vec<TableUse>,
    /// Properties that decide where it may run.
    pub flags: Flags,
    /// Notices to send.
    pub notices: Vec<Notice>,
}

/// A table in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableUse {
    /// Which.
    pub table: Oid,
    /// Written (true) or only read.
    pub write: bool,
}

/// Properties of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Changes nothing: allowed in a READ ONLY transaction.
    pub read_only: bool,
    /// Has FOR UPDATE or its kin.
    pub locking: bool,
    /// Calls a volatile function (`random()`, `nextval()`): neither repeatable nor foldable.
    pub volatile: bool,
    /// Calls a stable function (`now()`): the plan may be cached, its result not.
    pub stable: bool,
    /// Calls this function, which moves a sequence.
    pub moves_sequence: Option<&'static str>,
    /// Reads pg_catalog or information_schema.
    pub system: bool,
    /// Holds constants that were read under this session's settings, or now: `timestamptz '2020-01-01'`, `date 'today'`. The
    /// plan must not be shared with other sessions, nor outlive a SET.
    pub session: bool,
}
