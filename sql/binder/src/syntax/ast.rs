//! The syntax tree of queries and DML: what was written, nothing resolved. Every node knows the byte offset that
//! PostgreSQL would report for it.

use super::ddl::Ddl;
use super::token::Pos;

/// An identifier: folded unless quoted, cut to 63 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) pos: Pos,
}

/// A dotted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectName {
    pub(crate) parts: Vec<Name>,
}

impl ObjectName {
    pub(crate) fn pos(&self) -> Pos {
        self.parts.first().map_or(0, |name| name.pos)
    }

    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", |name| &name.text)
    }

    /// As written, without quotes: `schema.table`.
    pub(crate) fn display(&self) -> String {
        display(&self.parts)
    }
}

/// `a.b.c`
pub(crate) fn display(parts: &[Name]) -> String {
    parts.iter().map(|part| &*part.text).collect::<Vec<_>>().join(".")
}

/// An expression and where PostgreSQL says it is.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) pos: Pos,
}

/// An operator as written.
#[derive(Clone, Debug)]
pub(crate) struct OperatorName {
    /// Only from `OPERATOR(schema.op)`.
    pub(crate) schema: Option<Name>,
    pub(crate) symbol: Box<str>,
    pub(crate) pos: Pos,
}

/// A type as written.
#[derive(Clone, Debug)]
pub(crate) struct TypeName {
    /// The parser has already turned SQL's spellings into names of `pg_catalog`; those have `system` set.
    pub(crate) name: ObjectName,
    pub(crate) system: bool,
    pub(crate) modifiers: Vec<Expr>,
    /// Field mask of `interval year to month`, as PostgreSQL's typmod range; `None` where absent.
    pub(crate) interval_fields: Option<i32>,
    /// Array dimensions.
    pub(crate) dimensions: usize,
    pub(crate) setof: bool,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Integer(Box<str>),
    Decimal(Box<str>),
    Text(Box<str>),
    /// `B'..'` (2) or `X'..'` (16)
    Bits,
    Param(u32),
    /// `a`, `t.a`, `s.t.a`, `db.s.t.a`
    Column(Vec<Name>),
    /// `*`, `t.*`
    Star(Vec<Name>),
    /// `(expr).field`; `None`: `(expr).*`
    Field(Box<Expr>, Option<Name>),
    Subscript(Box<Expr>, Vec<Subscript>),
    Prefix(OperatorName, Box<Expr>),
    Binary(OperatorName, Box<Expr>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        arg: Box<Expr>,
        negated: bool,
    },
    IsBool {
        arg: Box<Expr>,
        value: Option<bool>,
        negated: bool,
    },
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Match(Box<Match>),
    Between(Box<Between>),
    InList {
        arg: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        arg: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    Quantified(Box<Quantified>),
    Exists(Box<Query>),
    Scalar(Box<Query>),
    ArrayQuery(Box<Query>),
    Array(Vec<Expr>),
    Row {
        items: Vec<Expr>,
        explicit: bool,
    },
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Coalesce(Vec<Expr>),
    NullIf(Box<Expr>, Box<Expr>),
    Extreme {
        greatest: bool,
        args: Vec<Expr>,
    },
    Cast(Box<Expr>, Box<TypeName>),
    AtTimeZone(Box<Expr>, Box<Expr>),
    Collate(Box<Expr>, ObjectName),
    Call(Box<Call>),
    /// `current_date` and its kin, by their word; precision in parentheses.
    Keyword(&'static str, Option<i32>),
    Grouping(Vec<Expr>),
    /// DEFAULT as a value in INSERT and UPDATE.
    Default,
    CurrentOf,
}

/// LIKE, ILIKE, SIMILAR TO.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) kind: MatchKind,
    pub(crate) arg: Expr,
    pub(crate) pattern: Expr,
    pub(crate) escape: Option<Expr>,
    pub(crate) negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchKind {
    Like,
    ILike,
    Similar,
}

#[derive(Clone, Debug)]
pub(crate) struct Between {
    pub(crate) arg: Expr,
    pub(crate) low: Expr,
    pub(crate) high: Expr,
    pub(crate) symmetric: bool,
    pub(crate) negated: bool,
}

/// `left op ANY|ALL (...)`
#[derive(Clone, Debug)]
pub(crate) struct Quantified {
    pub(crate) op: OperatorName,
    pub(crate) left: Expr,
    pub(crate) right: QuantifiedRight,
    pub(crate) all: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum QuantifiedRight {
    Array(Expr),
    Query(Box<Query>),
}

#[derive(Clone, Debug)]
pub(crate) enum Subscript {
    Index(Expr),
    Slice(Option<Expr>, Option<Expr>),
}

/// A function call in any syntax.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: ObjectName,
    pub(crate) args: Vec<Argument>,
    /// `f(*)`
    pub(crate) star: bool,
    pub(crate) distinct: bool,
    pub(crate) variadic: bool,
    pub(crate) order_by: Vec<SortBy>,
    pub(crate) within_group: bool,
    pub(crate) filter: Option<Expr>,
    pub(crate) over: Option<Over>,
}

#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Name>,
    pub(crate) value: Expr,
}

#[derive(Clone, Debug)]
pub(crate) enum Over {
    Name(Name),
    Spec(Box<WindowSpec>),
}

#[derive(Clone, Debug)]
pub(crate) struct WindowSpec {
    pub(crate) base: Option<Name>,
    pub(crate) partition_by: Vec<Expr>,
    pub(crate) order_by: Vec<SortBy>,
    pub(crate) frame: Option<Frame>,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) units: FrameUnits,
    pub(crate) start: FrameBound,
    pub(crate) end: FrameBound,
    /// The bound that decides whether they fit: the end, or a start that no end fits.
    pub(crate) pos: Pos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameUnits {
    Rows,
    Range,
    Groups,
}

#[derive(Clone, Debug)]
pub(crate) enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

impl FrameBound {
    /// Can a frame start here at all?
    pub(crate) fn may_start(&self) -> bool {
        !matches!(self, FrameBound::UnboundedFollowing)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct SortBy {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) with: Option<With>,
    pub(crate) body: Body,
    pub(crate) order_by: Vec<SortBy>,
    pub(crate) limit: Option<Expr>,
    pub(crate) with_ties: bool,
    pub(crate) offset: Option<Expr>,
    pub(crate) locking: Vec<Locking>,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) struct With {
    pub(crate) recursive: bool,
    pub(crate) items: Vec<Cte>,
}

#[derive(Clone, Debug)]
pub(crate) struct Cte {
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
    pub(crate) materialized: Option<bool>,
    pub(crate) query: Box<Query>,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Select(Box<Select>),
    Values(Vec<Vec<Expr>>),
    SetOperation { kind: SetKind, all: bool, left: Box<Query>, right: Box<Query> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetKind {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) distinct: Distinct,
    pub(crate) targets: Vec<Target>,
    pub(crate) into: Option<ObjectName>,
    pub(crate) from: Vec<TableRef>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<GroupItem>,
    pub(crate) group_distinct: bool,
    pub(crate) having: Option<Expr>,
    pub(crate) windows: Vec<(Name, WindowSpec)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Distinct {
    No,
    All,
    On(Vec<Expr>),
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) expr: Expr,
    pub(crate) alias: Option<Name>,
}

#[derive(Clone, Debug)]
pub(crate) enum GroupItem {
    Expr(Expr),
    Rollup(Vec<GroupItem>),
    Cube(Vec<GroupItem>),
    Sets(Vec<GroupItem>),
    /// `(a, b)` as one element, `()` where empty.
    List(Vec<Expr>),
}

#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
}

#[derive(Clone, Debug)]
pub(crate) struct TableRef {
    pub(crate) kind: TableRefKind,
    pub(crate) alias: Option<Alias>,
    pub(crate) lateral: bool,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) enum TableRefKind {
    Table(ObjectName),
    Query(Box<Query>),
    Function { call: Box<Expr>, ordinality: bool },
    Join(Box<Join>),
}

#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) left: TableRef,
    pub(crate) right: TableRef,
    pub(crate) condition: JoinCondition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

#[derive(Clone, Debug)]
pub(crate) enum JoinCondition {
    None,
    On(Expr),
    Using(Vec<Name>, Option<Name>),
    Natural,
}

#[derive(Clone, Debug)]
pub(crate) struct Locking {
    pub(crate) strength: LockStrength,
    pub(crate) of: Vec<ObjectName>,
    pub(crate) wait: LockWait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockWait {
    Wait,
    NoWait,
    SkipLocked,
}

#[derive(Clone, Debug)]
pub(crate) struct Insert {
    pub(crate) with: Option<With>,
    pub(crate) table: ObjectName,
    pub(crate) alias: Option<Name>,
    pub(crate) columns: Vec<Name>,
    /// OVERRIDING SYSTEM (true) or USER VALUE.
    pub(crate) overriding: Option<bool>,
    /// `None`: DEFAULT VALUES
    pub(crate) source: Option<Box<Query>>,
    pub(crate) on_conflict: Option<OnConflict>,
    pub(crate) returning: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(crate) struct OnConflict {
    pub(crate) target: ConflictTarget,
    /// `None`: DO NOTHING
    pub(crate) update: Option<(Vec<Assignment>, Option<Expr>)>,
    pub(crate) pos: Pos,
}

#[derive(Clone, Debug)]
pub(crate) enum ConflictTarget {
    Any,
    Columns(Vec<Expr>, Option<Expr>),
    Constraint(Name),
}

#[derive(Clone, Debug)]
pub(crate) enum Assignment {
    /// `a = value`; a subscripted or field target is kept for its refusal.
    One { column: Name, indirection: bool, value: Expr },
    /// `(a, b) = row`
    Row { columns: Vec<Name>, value: Expr },
}

#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) with: Option<With>,
    pub(crate) table: ObjectName,
    pub(crate) alias: Option<Name>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) from: Vec<TableRef>,
    pub(crate) filter: Option<Expr>,
    pub(crate) returning: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(crate) struct Delete {
    pub(crate) with: Option<With>,
    pub(crate) table: ObjectName,
    pub(crate) alias: Option<Name>,
    pub(crate) using: Vec<TableRef>,
    pub(crate) filter: Option<Expr>,
    pub(crate) returning: Vec<Target>,
}

/// One statement as written.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Query(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Ddl(Box<Ddl>),
    Utility(Box<super::ddl::Utility>),
}
