//! The typed tree: what a statement means. Names are resolved to identities, every expression has a PostgreSQL type, every
//! operator and function is a kernel, every implicit coercion is written out. Both back ends execute this and nothing else.
//!
//! ```text
//! Statement -+- Query: with, body, order, limit, locking
//!            |           body = Select | SetOperation | Values
//!            |           Select: from -> filter -> group/aggregates -> having -> windows -> targets -> distinct
//!            +- Insert / Update / Delete (target table, source, checks, returning)
//!            +- Ddl, Utility
//! ```
//!
//! **Relations** in FROM get a [`RelId`] that is unique in the whole statement, subqueries included; a column is
//! (relation, position). A column whose relation is not in the query's own FROM is an outer reference: the subquery is
//! correlated, and says so in [`Subquery::outer`].
//!
//! **Stages**: in a Select with grouping, expressions after the grouping stage (having, window arguments, targets) see group
//! keys as [`Expr::Group`], aggregates as [`Expr::Aggregate`], and never a bare column of the FROM (binder error 42803).
//! Window results are [`Expr::Window`], and appear only in targets. Sort and distinct refer to targets by position.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Oid, Sequence, SystemRelation, Table};
use cairn_sql_types::kernel::{Aggregate, Function};
use cairn_sql_types::{Datum, Type, TypeId};

pub use crate::ddl::Ddl;
pub use crate::utility::Utility;

/// A relation of this statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RelId(pub u32);

/// A common table expression of this statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CteId(pub u32);

/// One statement.
#[derive(Clone, Debug)]
pub enum Statement {
    /// SELECT, VALUES, TABLE.
    Query(Box<Query>),
    /// INSERT
    Insert(Box<Insert>),
    /// UPDATE
    Update(Box<Update>),
    /// DELETE
    Delete(Box<Delete>),
    /// CREATE, ALTER, DROP, TRUNCATE.
    Ddl(Box<Ddl>),
    /// Transaction control, SET/SHOW, PREPARE/EXECUTE, COPY, EXPLAIN, cursors...
    Utility(Box<Utility>),
}

/// A column that a statement returns.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Its name as PostgreSQL derives it (`?column?`, function name, ...).
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// The table column it is, for RowDescription: (table, attribute number from 1).
    pub source: Option<(Oid, i16)>,
}

/// A query with everything that stands around its body.
#[derive(Clone, Debug)]
pub struct Query {
    /// WITH, in dependency order.
    pub with: Vec<Cte>,
    /// The body.
    pub body: Body,
    /// ORDER BY over the body's targets.
    pub order_by: Vec<SortKey>,
    /// LIMIT (int8).
    pub limit: Option<Expr>,
    /// FETCH FIRST ... WITH TIES.
    pub with_ties: bool,
    /// OFFSET (int8).
    pub offset: Option<Expr>,
    /// FOR UPDATE and friends, one per clause.
    pub locking: Vec<Locking>,
    /// What it returns: the visible targets.
    pub columns: Vec<OutputColumn>,
}

/// One WITH item.
#[derive(Clone, Debug)]
pub struct Cte {
    /// Identity.
    pub id: CteId,
    /// Name.
    pub name: Arc<str>,
    /// MATERIALIZED (Some(true)), NOT MATERIALIZED (Some(false)).
    pub materialized: Option<bool>,
    /// The query. For a recursive one a set operation whose right side reads [`FromItem::Cte`] of the same id.
    pub query: Box<Query>,
    /// Reads itself.
    pub recursive: bool,
}

/// What a query computes.
#[derive(Clone, Debug)]
pub enum Body {
    /// SELECT
    Select(Box<Select>),
    /// UNION, INTERSECT, EXCEPT. Both sides have the same number of columns, coerced to the same types.
    SetOperation {
        /// Which.
        kind: SetKind,
        /// ALL
        all: bool,
        /// Left side.
        left: Box<Query>,
        /// Right side.
        right: Box<Query>,
    },
    /// VALUES: rows of equal width, columns coerced to common types.
    Values(Vec<Vec<Expr>>),
}

/// A set operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetKind {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW.
#[derive(Clone, Debug)]
pub struct Select {
    /// FROM; several items are a cross join (later LATERAL items see earlier ones). Empty: one row without columns.
    pub from: Vec<FromItem>,
    /// WHERE (bool).
    pub filter: Option<Expr>,
    /// GROUP BY and aggregates; `None`: no grouping stage.
    pub grouping: Option<Grouping>,
    /// HAVING (bool), over groups.
    pub having: Option<Expr>,
    /// Window function calls, referred to by [`Expr::Window`].
    pub windows: Vec<WindowCall>,
    /// The select list. Hidden targets (at the end) exist only for ORDER BY and DISTINCT ON.
    pub targets: Vec<Target>,
    /// DISTINCT
    pub distinct: Distinct,
}

/// The grouping stage.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// Group keys. With functional dependency on a primary key, further columns of that table are added here.
    pub keys: Vec<Expr>,
    /// Grouping sets as positions in `keys`; a plain GROUP BY has one set with all keys, no GROUP BY one empty set.
    pub sets: Vec<Vec<usize>>,
    /// Aggregate calls, referred to by [`Expr::Aggregate`].
    pub aggregates: Vec<AggregateCall>,
}

/// One aggregate call.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// The kernel.
    pub aggregate: &'static Aggregate,
    /// Arguments (direct arguments first for ordered-set aggregates).
    pub args: Vec<Expr>,
    /// DISTINCT
    pub distinct: bool,
    /// ORDER BY inside the call, or WITHIN GROUP.
    pub order_by: Vec<ExprSort>,
    /// FILTER (WHERE ...)
    pub filter: Option<Expr>,
    /// Result type (polymorphic ones resolved).
    pub ty: Type,
}

/// One window function call.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// A pure window function or an aggregate.
    pub function: WindowFunction,
    /// Arguments.
    pub args: Vec<Expr>,
    /// FILTER (aggregates only).
    pub filter: Option<Expr>,
    /// PARTITION BY
    pub partition_by: Vec<Expr>,
    /// ORDER BY
    pub order_by: Vec<ExprSort>,
    /// The frame.
    pub frame: Frame,
    /// Result type.
    pub ty: Type,
}

/// What a window call computes.
#[derive(Clone, Copy, Debug)]
pub enum WindowFunction {
    /// `row_number`, `rank`, `lag`, ...
    Pure(&'static Function),
    /// An aggregate over the frame.
    Aggregate(&'static Aggregate),
}

/// A window frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// ROWS, RANGE, GROUPS.
    pub units: FrameUnits,
    /// First row.
    pub start: FrameBound,
    /// Last row.
    pub end: FrameBound,
}

/// Units of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameUnits {
    /// ROWS
    Rows,
    /// RANGE
    Range,
    /// GROUPS
    Groups,
}

/// One end of a frame.
#[derive(Clone, Debug)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// n PRECEDING
    Preceding(Expr),
    /// CURRENT ROW
    CurrentRow,
    /// n FOLLOWING
    Following(Expr),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}

/// One item of the select list.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it computes.
    pub expr: Expr,
    /// Not returned.
    pub hidden: bool,
}

/// DISTINCT
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// All rows.
    No,
    /// DISTINCT over all visible targets.
    All,
    /// DISTINCT ON (these targets).
    On(Vec<usize>),
}

/// ORDER BY one target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SortKey {
    /// Position in the body's targets (hidden ones included).
    pub target: usize,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// ORDER BY one expression (in aggregates and windows).
#[derive(Clone, Debug)]
pub struct ExprSort {
    /// What to sort by.
    pub expr: Expr,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// FOR UPDATE and friends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locking {
    /// How strong.
    pub strength: LockStrength,
    /// Which base tables of this query's FROM (all where OF is absent).
    pub relations: Vec<RelId>,
    /// What to do when a row is locked.
    pub wait: LockWait,
}

/// Row lock modes, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LockStrength {
    /// FOR KEY SHARE
    KeyShare,
    /// FOR SHARE
    Share,
    /// FOR NO KEY UPDATE
    NoKeyUpdate,
    /// FOR UPDATE
    Update,
}

/// What a statement does when a row is locked by somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockWait {
    /// Waits.
    Wait,
    /// NOWAIT
    NoWait,
    /// SKIP LOCKED
    SkipLocked,
}

/// One item of FROM.
#[derive(Clone, Debug)]
pub enum FromItem {
    /// A table.
    Table {
        /// Identity in this statement; columns are positions in `table.columns`.
        rel: RelId,
        /// The table.
        table: Arc<Table>,
        /// Name or alias, for EXPLAIN and messages.
        alias: Arc<str>,
    },
    /// A relation of pg_catalog or information_schema.
    System {
        /// Identity in this statement.
        rel: RelId,
        /// The relation.
        relation: &'static SystemRelation,
    },
    /// A sequence read as a table: (last_value int8, log_cnt int8, is_called bool).
    Sequence {
        /// Identity in this statement.
        rel: RelId,
        /// The sequence.
        sequence: Arc<Sequence>,
    },
    /// A subquery, a view, or a VALUES list.
    Subquery {
        /// Identity in this statement; columns are the query's visible columns.
        rel: RelId,
        /// The query, with its outer references (only for LATERAL).
        subquery: Box<Subquery>,
        /// LATERAL
        lateral: bool,
        /// Name or alias.
        alias: Arc<str>,
    },
    /// A reference to a WITH item.
    Cte {
        /// Identity in this statement.
        rel: RelId,
        /// Which item.
        cte: CteId,
        /// Its columns' types.
        columns: Vec<Type>,
    },
    /// A function in FROM.
    Function {
        /// Identity in this statement; columns are the function's, then the ordinality (int8).
        rel: RelId,
        /// The call: an [`Expr::Call`] or [`Expr::SetCall`] (a plain function gives one row, one column).
        call: Box<Expr>,
        /// Types of its columns, ordinality included.
        columns: Vec<Type>,
        /// WITH ORDINALITY
        ordinality: bool,
        /// Uses columns of earlier FROM items.
        lateral: bool,
    },
    /// A join.
    Join {
        /// Kind.
        kind: JoinKind,
        /// Left side.
        left: Box<FromItem>,
        /// Right side.
        right: Box<FromItem>,
        /// ON (USING and NATURAL are written out as equalities).
        on: Option<Expr>,
    },
}

/// Kind of a join.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinKind {
    /// INNER
    Inner,
    /// LEFT
    Left,
    /// RIGHT
    Right,
    /// FULL
    Full,
    /// CROSS
    Cross,
}

/// A query inside an expression or FROM.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// The query.
    pub query: Query,
    /// Columns of enclosing queries that it uses (relation, column, type); empty: uncorrelated.
    pub outer: Vec<(RelId, usize, Type)>,
}

/// A scalar expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A constant.
    Const(Datum, Type),
    /// `$n` (from 0). Literals lifted out of the text are parameters, too.
    Param(usize, Type),
    /// A column of a relation.
    Column(RelId, usize, Type),
    /// A group key (position in [`Grouping::keys`]).
    Group(usize, Type),
    /// An aggregate's result (position in [`Grouping::aggregates`]).
    Aggregate(usize, Type),
    /// GROUPING(keys...) int4.
    GroupingId(Vec<usize>),
    /// A window call's result (position in [`Select::windows`]).
    Window(usize, Type),
    /// A kernel call. Operators and casts are calls.
    Call {
        /// The kernel.
        function: &'static Function,
        /// Arguments, coerced to what the kernel takes.
        args: Vec<Expr>,
        /// Result type (polymorphic ones resolved, modifier known).
        ty: Type,
    },
    /// A set-returning call in a select list or FROM.
    SetCall {
        /// The kernel ([`cairn_sql_types::kernel::Body::Set`]).
        function: &'static Function,
        /// Arguments.
        args: Vec<Expr>,
        /// Type of one row.
        ty: Type,
    },
    /// The same value under another type of the same representation.
    Relabel(Box<Expr>, Type),
    /// Cast through text: output of the one type, input of the other.
    ViaText(Box<Expr>, Type),
    /// Length coercion to the type's modifier; `explicit` truncates silently where SQL says so.
    Length {
        /// The value.
        arg: Box<Expr>,
        /// Its type with the modifier to enforce.
        ty: Type,
        /// Written as a cast.
        explicit: bool,
    },
    /// Element-wise cast of an array: `element` is an expression over [`Expr::Element`].
    ArrayCast {
        /// The array.
        arg: Box<Expr>,
        /// The cast of one element.
        element: Box<Expr>,
        /// The array type.
        ty: Type,
    },
    /// The element inside [`Expr::ArrayCast`] and [`Expr::Quantified`].
    Element(Type),
    /// AND of two or more.
    And(Vec<Expr>),
    /// OR of two or more.
    Or(Vec<Expr>),
    /// NOT
    Not(Box<Expr>),
    /// IS \[NOT\] NULL
    IsNull {
        /// The value.
        arg: Box<Expr>,
        /// IS NOT NULL
        negated: bool,
    },
    /// IS \[NOT\] TRUE / FALSE / UNKNOWN (`None`).
    IsBool {
        /// The value.
        arg: Box<Expr>,
        /// Which.
        value: Option<bool>,
        /// NOT
        negated: bool,
    },
    /// IS \[NOT\] DISTINCT FROM; `equal` is the `=` kernel, operands coerced to it.
    Distinct {
        /// The `=` kernel.
        equal: &'static Function,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// IS NOT DISTINCT FROM
        negated: bool,
    },
    /// `arg \[NOT\] IN (list)` with one `=` kernel for all; otherwise the binder writes ORs.
    InList {
        /// The value.
        arg: Box<Expr>,
        /// Candidates, coerced.
        list: Vec<Expr>,
        /// The `=` kernel.
        equal: &'static Function,
        /// NOT IN
        negated: bool,
    },
    /// `arg op ANY|ALL (array)`: `test` is a bool expression over [`Expr::Element`] and the left operand.
    Quantified {
        /// The array.
        array: Box<Expr>,
        /// The comparison of one element.
        test: Box<Expr>,
        /// ALL instead of ANY.
        all: bool,
    },
    /// CASE; a simple CASE is written out as equalities.
    Case {
        /// (condition, result)
        branches: Vec<(Expr, Expr)>,
        /// ELSE (NULL constant where absent).
        otherwise: Box<Expr>,
        /// Result type.
        ty: Type,
    },
    /// COALESCE
    Coalesce(Vec<Expr>, Type),
    /// NULLIF(left, right): NULL where `equal(left', right')` is true, else left.
    NullIf {
        /// The value returned.
        value: Box<Expr>,
        /// The comparison (bool), over coerced copies of both.
        test: Box<Expr>,
    },
    /// GREATEST (true) or LEAST (false); `compare` orders values of `ty`.
    Extreme {
        /// GREATEST
        greatest: bool,
        /// Arguments of type `ty`.
        args: Vec<Expr>,
        /// Result type.
        ty: Type,
    },
    /// ARRAY[...]
    Array {
        /// Elements (or sub-arrays).
        elements: Vec<Expr>,
        /// The array type.
        ty: Type,
        /// The elements are arrays of the same type: one more dimension.
        nested: bool,
    },
    /// `array[i]`, `array[i][j]`, `array[a:b]`
    Subscript {
        /// The array.
        array: Box<Expr>,
        /// Per dimension.
        subscripts: Vec<Subscript>,
        /// Result type.
        ty: Type,
    },
    /// ROW(...)
    Row(Vec<Expr>, Type),
    /// A subquery as one value (NULL for no row, 21000 for two).
    Scalar(Box<Subquery>, Type),
    /// ARRAY(SELECT ...)
    ArraySubquery(Box<Subquery>, Type),
    /// \[NOT\] EXISTS
    Exists {
        /// The subquery.
        subquery: Box<Subquery>,
        /// NOT
        negated: bool,
    },
    /// `row op ANY|ALL (subquery)`; IN is `= ANY`, NOT IN is `<> ALL`.
    QuantifiedSubquery {
        /// The subquery; its columns are referred to by [`Expr::SubColumn`] in `test`.
        subquery: Box<Subquery>,
        /// The comparison (bool) of the left operands with one row.
        test: Box<Expr>,
        /// ALL instead of ANY.
        all: bool,
    },
    /// A column of the row under test inside [`Expr::QuantifiedSubquery`].
    SubColumn(usize, Type),
    /// The hidden row id of [`TableKey::RowId`](cairn_sql_catalog::schema::TableKey) tables, as a value (int8): lets a query compute the
    /// keys of the rows that an UPDATE or DELETE shall touch.
    RowId(RelId),
}

/// One subscript.
#[derive(Clone, Debug)]
pub enum Subscript {
    /// `[i]`
    Index(Expr),
    /// `[a:b]`
    Slice(Option<Expr>, Option<Expr>),
}

/// INSERT
#[derive(Clone, Debug)]
pub struct Insert {
    /// The table.
    pub table: Arc<Table>,
    /// The new row's identity in CHECK, RETURNING and ON CONFLICT (the existing row there).
    pub rel: RelId,
    /// Where rows come from: every source row has one value per entry of `columns`, already coerced for assignment.
    pub source: InsertSource,
    /// Target columns of the source values.
    pub columns: Vec<usize>,
    /// Values of the columns that are not in `columns`: (column, expression); absent means NULL.
    pub defaults: Vec<(usize, Expr)>,
    /// CHECK constraints over `rel`.
    pub checks: Vec<BoundCheck>,
    /// ON CONFLICT
    pub on_conflict: Option<OnConflict>,
    /// RETURNING over `rel`.
    pub returning: Vec<Target>,
    /// What RETURNING returns.
    pub returning_columns: Vec<OutputColumn>,
}

/// Where inserted rows come from.
#[derive(Clone, Debug)]
pub enum InsertSource {
    /// VALUES; DEFAULT stands here as the column's default expression or a NULL constant.
    Values(Vec<Vec<Expr>>),
    /// A query.
    Query(Box<Query>),
}

/// A CHECK constraint, bound.
#[derive(Clone, Debug)]
pub struct BoundCheck {
    /// Its name.
    pub name: Arc<str>,
    /// Bool over the row; violated when false.
    pub expr: Expr,
}

/// ON CONFLICT
#[derive(Clone, Debug)]
pub struct OnConflict {
    /// The unique index (or primary key) that arbitrates; `None`: any (DO NOTHING only).
    pub arbiter: Option<Oid>,
    /// What to do.
    pub action: ConflictAction,
}

/// What ON CONFLICT does.
#[derive(Clone, Debug)]
pub enum ConflictAction {
    /// DO NOTHING
    Nothing,
    /// DO UPDATE SET ... WHERE ...
    Update {
        /// The proposed row's identity (`excluded`); the existing row is [`Insert::rel`].
        excluded: RelId,
        /// (column, value)
        assignments: Vec<(usize, Expr)>,
        /// WHERE
        filter: Option<Expr>,
    },
}

/// UPDATE
#[derive(Clone, Debug)]
pub struct Update {
    /// The table.
    pub table: Arc<Table>,
    /// Its identity: the old row in `filter` and `assignments`, the new row in `checks` and `returning`.
    pub rel: RelId,
    /// Name or alias.
    pub alias: Arc<str>,
    /// WITH (read-only items).
    pub with: Vec<Cte>,
    /// FROM
    pub from: Vec<FromItem>,
    /// WHERE
    pub filter: Option<Expr>,
    /// (column, value), coerced for assignment.
    pub assignments: Vec<(usize, Expr)>,
    /// CHECK constraints over `rel`.
    pub checks: Vec<BoundCheck>,
    /// RETURNING
    pub returning: Vec<Target>,
    /// What RETURNING returns.
    pub returning_columns: Vec<OutputColumn>,
}

/// DELETE
#[derive(Clone, Debug)]
pub struct Delete {
    /// The table.
    pub table: Arc<Table>,
    /// Its identity: the old row.
    pub rel: RelId,
    /// Name or alias.
    pub alias: Arc<str>,
    /// WITH (read-only items).
    pub with: Vec<Cte>,
    /// USING
    pub using: Vec<FromItem>,
    /// WHERE
    pub filter: Option<Expr>,
    /// RETURNING
    pub returning: Vec<Target>,
    /// What RETURNING returns.
    pub returning_columns: Vec<OutputColumn>,
}

impl Expr {
    /// The type of the value.
    pub fn ty(&self) -> Type {
        match self {
            Expr::Const(_, ty)
            | Expr::Param(_, ty)
            | Expr::Column(_, _, ty)
            | Expr::Group(_, ty)
            | Expr::Aggregate(_, ty)
            | Expr::Window(_, ty)
            | Expr::Call { ty, .. }
            | Expr::SetCall { ty, .. }
            | Expr::Relabel(_, ty)
            | Expr::ViaText(_, ty)
            | Expr::Length { ty, .. }
            | Expr::ArrayCast { ty, .. }
            | Expr::Element(ty)
            | Expr::Case { ty, .. }
            | Expr::Coalesce(_, ty)
            | Expr::Extreme { ty, .. }
            | Expr::Array { ty, .. }
            | Expr::Subscript { ty, .. }
            | Expr::Row(_, ty)
            | Expr::Scalar(_, ty)
            | Expr::ArraySubquery(_, ty)
            | Expr::SubColumn(_, ty) => *ty,
            Expr::NullIf { value, .. } => value.ty(),
            Expr::GroupingId(_) => Type::plain(TypeId::INT4),
            Expr::RowId(_) => Type::plain(TypeId::INT8),
            Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::IsNull { .. }
            | Expr::IsBool { .. }
            | Expr::Distinct { .. }
            | Expr::InList { .. }
            | Expr::Quantified { .. }
            | Expr::Exists { .. }
            | Expr::QuantifiedSubquery { .. } => Type::plain(TypeId::BOOL),
        }
    }
}
