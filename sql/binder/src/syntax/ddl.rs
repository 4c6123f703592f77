//! The syntax tree of data definition and utility statements.

use super::ast::{Expr, Name, ObjectName, Query, SortBy, Statement, TypeName};
use super::token::Pos;
use crate::utility::{Discard, FetchDirection, TransactionModes};

/// A byte range of the statement's text.
pub(crate) type Span = (Pos, Pos);

#[derive(Clone, Debug)]
pub(crate) enum Ddl {
    CreateTable(CreateTable),
    CreateTableAs { table: CreateTable, columns: Vec<Name>, query: Box<Query>, with_data: bool },
    CreateSchema { name: Name, if_not_exists: bool },
    CreateIndex(CreateIndex),
    CreateSequence { name: ObjectName, if_not_exists: bool, options: Vec<SequenceOption> },
    AlterSequence { name: ObjectName, if_exists: bool, options: Vec<SequenceOption> },
    CreateView { name: ObjectName, columns: Vec<Name>, or_replace: bool, query: Box<Query>, text: Span },
    AlterTable { name: ObjectName, if_exists: bool, actions: Vec<AlterAction> },
    Rename { kind: ObjectKind, name: ObjectName, if_exists: bool, to: Name },
    Drop { kind: ObjectKind, names: Vec<ObjectName>, if_exists: bool, cascade: bool },
    Truncate { tables: Vec<ObjectName>, restart_identity: bool, cascade: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Table,
    Index,
    Sequence,
    View,
    Schema,
}

#[derive(Clone, Debug)]
pub(crate) struct CreateTable {
    pub(crate) name: ObjectName,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnDefinition>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) engine: Option<Name>,
    pub(crate) distribution: Option<Distribution>,
    pub(crate) tier: Option<Name>,
    pub(crate) options: Vec<(Name, Option<String>)>,
    pub(crate) unlogged: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Distribution {
    By(Vec<Name>),
    Globally,
}

#[derive(Clone, Debug)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: Name,
    pub(crate) ty: TypeName,
    pub(crate) collation: Option<ObjectName>,
    pub(crate) constraints: Vec<Constraint>,
}

#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) name: Option<Name>,
    pub(crate) kind: ConstraintKind,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) enum ConstraintKind {
    NotNull,
    Null,
    Default(Expr),
    Check(Expr),
    /// Columns; empty in a column definition.
    PrimaryKey(Vec<Name>),
    Unique(Vec<Name>),
    Foreign(Foreign),
    Identity {
        always: bool,
        options: Vec<SequenceOption>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    pub(crate) columns: Vec<Name>,
    pub(crate) target: ObjectName,
    pub(crate) target_columns: Vec<Name>,
    pub(crate) on_delete: cairn_sql_catalog::schema::ForeignAction,
    pub(crate) on_update: cairn_sql_catalog::schema::ForeignAction,
}

#[derive(Clone, Debug)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<Name>,
    pub(crate) if_not_exists: bool,
    pub(crate) unique: bool,
    pub(crate) table: ObjectName,
    pub(crate) method: Option<Name>,
    pub(crate) columns: Vec<SortBy>,
}

#[derive(Clone, Debug)]
pub(crate) enum SequenceOption {
    As(TypeName),
    Increment(i64, Pos),
    /// `None`: NO MINVALUE
    Min(Option<i64>, Pos),
    Max(Option<i64>, Pos),
    Start(i64, Pos),
    Restart(Option<i64>, Pos),
    Cache(i64, Pos),
    Cycle(bool, Pos),
    /// `None`: NONE
    OwnedBy(Option<ObjectName>, Pos),
}

#[derive(Clone, Debug)]
pub(crate) enum AlterAction {
    AddColumn { column: ColumnDefinition, if_not_exists: bool },
    DropColumn { name: Name, if_exists: bool, cascade: bool },
    RenameColumn { from: Name, to: Name },
    SetDefault { column: Name, default: Option<Expr> },
    SetNotNull { column: Name, not_null: bool },
    AddConstraint(Constraint),
    DropConstraint { name: Name, if_exists: bool, cascade: bool },
    RenameConstraint { from: Name, to: Name },
}

/// Statements for the session.
#[derive(Clone, Debug)]
pub(crate) enum Utility {
    /// Those that name nothing: bound already.
    Plain(crate::utility::Utility),
    Prepare {
        name: Name,
        types: Vec<TypeName>,
        text: Span,
    },
    Execute {
        name: Name,
        args: Vec<Expr>,
    },
    Copy(Box<Copy>),
    Explain {
        analyze: bool,
        verbose: bool,
        json: bool,
        statement: Box<Statement>,
    },
    Vacuum {
        tables: Vec<(ObjectName, Vec<Name>)>,
        vacuum: bool,
    },
    LockTable {
        tables: Vec<ObjectName>,
        nowait: bool,
    },
    Declare {
        name: Name,
        query: Box<Query>,
        hold: bool,
        scroll: bool,
    },
    Fetch {
        name: Name,
        direction: FetchDirection,
        is_move: bool,
    },
    Close(Option<Name>),
    Savepoint(Name),
    RollbackTo(Name),
    Release(Name),
    Deallocate(Option<Name>),
    Discard(Discard),
    Begin {
        modes: TransactionModes,
        start: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) table: Option<ObjectName>,
    pub(crate) columns: Vec<Name>,
    pub(crate) query: Option<Box<Query>>,
    pub(crate) from: bool,
    pub(crate) options: Vec<CopyOption>,
}

/// One COPY option, both syntaxes: name in lower case, value, column list, position.
#[derive(Clone, Debug)]
pub(crate) struct CopyOption {
    pub(crate) name: Box<str>,
    pub(crate) value: Option<String>,
    /// Column list; `None` with `star`: all columns.
    pub(crate) columns: Vec<Name>,
    pub(crate) star: bool,
    pub(crate) pos: Pos,
}
