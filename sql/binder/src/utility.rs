//! Bound statements that the session itself carries out.

use std::sync::Arc;

use cairn_sql_catalog::schema::Table;
use cairn_sql_types::Type;

use crate::tree::{Query, Statement};

/// One utility statement.
#[derive(Clone, Debug)]
pub enum Utility {
    /// BEGIN, START TRANSACTION
    Begin {
        /// How it shall run.
        modes: TransactionModes,
        /// It was written START TRANSACTION: the command tag repeats it.
        start: bool,
    },
    /// COMMIT [AND CHAIN]
    Commit {
        /// AND CHAIN
        chain: bool,
    },
    /// ROLLBACK [AND CHAIN]
    Rollback {
        /// AND CHAIN
        chain: bool,
    },
    /// SAVEPOINT name
    Savepoint(String),
    /// ROLLBACK TO name
    RollbackTo(String),
    /// RELEASE name
    Release(String),
    /// SET TRANSACTION modes
    SetTransaction(TransactionModes),
    /// SET SESSION CHARACTERISTICS AS TRANSACTION modes
    SetSessionCharacteristics(TransactionModes),
    /// SET \[LOCAL\] name = value; `None`: TO DEFAULT.
    Set {
        /// LOCAL
        local: bool,
        /// Parameter, lower case.
        name: String,
        /// Its values as written (a list for `search_path`, `DateStyle`).
        value: Option<Vec<String>>,
    },
    /// RESET name; `None`: ALL.
    Reset(Option<String>),
    /// SHOW name; `None`: ALL.
    Show(Option<String>),
    /// PREPARE name (types) AS statement
    Prepare {
        /// Name.
        name: String,
        /// Declared parameter types.
        types: Vec<Type>,
        /// The statement's text.
        text: String,
        /// Where it begins in the whole text, in characters from 0.
        offset: u32,
    },
    /// EXECUTE name (args): arguments as bound expressions without columns.
    Execute {
        /// Name.
        name: String,
        /// Arguments.
        args: Vec<crate::tree::Expr>,
        /// Where each stands, in characters from 1.
        positions: Vec<u32>,
    },
    /// DEALLOCATE name; `None`: ALL.
    Deallocate(Option<String>),
    /// DISCARD ALL / PLANS / SEQUENCES / TEMP
    Discard(Discard),
    /// COPY
    Copy(Copy),
    /// EXPLAIN
    Explain {
        /// ANALYZE
        analyze: bool,
        /// VERBOSE
        verbose: bool,
        /// FORMAT JSON
        json: bool,
        /// The statement.
        statement: Box<Statement>,
    },
    /// VACUUM and ANALYZE: collect versions and refresh statistics of these tables (all where empty).
    Vacuum {
        /// The tables.
        tables: Vec<Arc<Table>>,
        /// VACUUM (true) or only ANALYZE.
        vacuum: bool,
    },
    /// CHECKPOINT
    Checkpoint,
    /// LOCK TABLE
    LockTable {
        /// The tables.
        tables: Vec<Arc<Table>>,
        /// NOWAIT
        nowait: bool,
    },
    /// DECLARE name CURSOR FOR query
    Declare {
        /// Name.
        name: String,
        /// The query.
        query: Box<Query>,
        /// WITH HOLD
        hold: bool,
        /// SCROLL
        scroll: bool,
    },
    /// FETCH / MOVE from a cursor
    Fetch {
        /// Cursor.
        name: String,
        /// Direction and count.
        direction: FetchDirection,
        /// MOVE
        is_move: bool,
    },
    /// CLOSE name; `None`: ALL.
    Close(Option<String>),
}

/// Direction and count of FETCH.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchDirection {
    /// n rows forward (negative: backward).
    Forward(i64),
    /// All remaining rows.
    All,
    /// To row n.
    Absolute(i64),
    /// n rows from here.
    Relative(i64),
}

/// DISCARD what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discard {
    /// ALL
    All,
    /// PLANS
    Plans,
    /// SEQUENCES
    Sequences,
    /// TEMP
    Temp,
}

/// Modes of a transaction; `None`: as the session has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TransactionModes {
    /// ISOLATION LEVEL
    pub isolation: Option<IsolationLevel>,
    /// READ ONLY (true), READ WRITE (false)
    pub read_only: Option<bool>,
    /// DEFERRABLE
    pub deferrable: Option<bool>,
}

/// SQL's isolation levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IsolationLevel {
    /// READ UNCOMMITTED: behaves as READ COMMITTED.
    ReadUncommitted,
    /// READ COMMITTED
    ReadCommitted,
    /// REPEATABLE READ
    RepeatableRead,
    /// SERIALIZABLE
    Serializable,
}

/// COPY
#[derive(Clone, Debug)]
pub struct Copy {
    /// What is copied.
    pub source: CopySource,
    /// FROM STDIN (true) or TO STDOUT.
    pub from: bool,
    /// Format and its options.
    pub format: CopyFormat,
}

/// The table or query of a COPY.
#[derive(Clone, Debug)]
pub enum CopySource {
    /// A table and its columns (positions).
    Table(Arc<Table>, Vec<usize>),
    /// A query (TO STDOUT only).
    Query(Box<Query>),
}

/// Format of COPY.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyFormat {
    /// csv (true) or text.
    pub csv: bool,
    /// DELIMITER
    pub delimiter: u8,
    /// NULL
    pub null: String,
    /// HEADER
    pub header: bool,
    /// HEADER MATCH
    pub header_match: bool,
    /// QUOTE
    pub quote: u8,
    /// ESCAPE
    pub escape: u8,
    /// FORCE_QUOTE columns (positions); `None` entries mean `*`.
    pub force_quote: Vec<usize>,
    /// FORCE_NOT_NULL columns.
    pub force_not_null: Vec<usize>,
    /// FORCE_NULL columns.
    pub force_null: Vec<usize>,
}

impl CopyFormat {
    /// FORMAT text, as it is without further options.
    pub fn text() -> Self {
        Self {
            csv: false,
            delimiter: b'\t',
            null: "\\N".to_owned(),
            header: false,
            header_match: false,
            quote: b'"',
            escape: b'"',
            force_quote: Vec::new(),
            force_not_null: Vec::new(),
            force_null: Vec::new(),
        }
    }

    /// FORMAT csv, as it is without further options.
    pub fn csv() -> Self {
        Self { csv: true, delimiter: b',', null: String::new(), ..Self::text() }
    }
}
