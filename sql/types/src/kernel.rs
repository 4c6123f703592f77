//! What a kernel is: one PostgreSQL function, operator, cast or aggregate, defined once over datums. Both executors
//! call these; the analytics back end lifts them to Arrow arrays. Nobody else computes with SQL values.

use std::any::Any;
use std::fmt;

use crate::datum::Datum;
use crate::error::SqlError;
use crate::ty::TypeId;

/// May a call be folded, moved or repeated? PostgreSQL's `provolatile`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volatility {
    /// Same arguments, same result, for ever.
    Immutable,
    /// Same result within one statement.
    Stable,
    /// Every call may differ or have an effect.
    Volatile,
}

/// Computes one value. Strict functions are not called with NULL arguments: the caller answers NULL.
pub type ScalarFn = fn(&EvalContext<'_>, &[Datum]) -> Result<Datum, SqlError>;

/// Computes one value of functions whose answer depends on the types of their arguments and not only on the values:
/// `to_json`, `concat`, `format`, `pg_typeof`, `array_append`, ... The types are those of the arguments as passed (after
/// coercion), one per argument.
pub type TypedFn = fn(&EvalContext<'_>, &[TypeId], &[Datum]) -> Result<Datum, SqlError>;

/// Computes rows (each a slice of output columns) for a set-returning function.
pub type SetFn = fn(&EvalContext<'_>, &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError>;

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum Body {
    /// A pure kernel.
    Scalar(ScalarFn),
    /// A pure kernel that also sees the types of its arguments.
    Typed(TypedFn),
    /// Answered by the session or catalog through [`Host`]: sequences, `pg_get_indexdef`, `current_setting`, ...
    Host,
    /// Returns rows: `generate_series`, `unnest`, `json_array_elements`, ... Columns: (name, type).
    Set(SetFn, &'static [(&'static str, TypeId)]),
    /// A pure window function (`row_number`, `lag`, ...): computed by the window operator of the back end.
    Window,
}

/// One overload of a function.
pub struct Function {
    /// `pg_proc.oid`, PostgreSQL's where it has the function.
    pub oid: u32,
    /// Name in `pg_catalog`.
    pub name: &'static str,
    /// Argument types; polymorphic pseudo-types allowed.
    pub args: &'static [TypeId],
    /// How many of the trailing arguments may be left out (defaults are applied by the kernel).
    pub optional: usize,
    /// The last argument repeats (VARIADIC).
    pub variadic: bool,
    /// Result type (of one row for set-returning functions).
    pub result: TypeId,
    /// NULL in, NULL out, without a call.
    pub strict: bool,
    /// Folding and caching.
    pub volatility: Volatility,
    /// The computation.
    pub body: Body,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?}) -> {:?}", self.name, self.args, self.result)
    }
}

/// One operator: `left name right`, or a prefix operator when `left` is `None`.
#[derive(Debug)]
pub struct Operator {
    /// `pg_operator.oid`
    pub oid: u32,
    /// `+`, `||`, `~~*`, ...
    pub name: &'static str,
    /// Left operand.
    pub left: Option<TypeId>,
    /// Right operand.
    pub right: TypeId,
    /// The kernel that computes it.
    pub function: &'static Function,
    /// `a op b` = `b commutator a`.
    pub commutator: Option<&'static str>,
    /// `not (a op b)` = `a negator b`.
    pub negator: Option<&'static str>,
}

/// Where a cast applies by itself. PostgreSQL's `castcontext`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum CastContext {
    /// Anywhere.
    Implicit,
    /// In assignments to columns.
    Assignment,
    /// Only where written.
    Explicit,
}

/// A cast between two types. Length coercion (`varchar(3)`, `numeric(10,2)`) is a separate step, see `casts`.
#[derive(Debug)]
pub struct Cast {
    /// Source type.
    pub from: TypeId,
    /// Target type.
    pub to: TypeId,
    /// Where it applies by itself.
    pub context: CastContext,
    /// How PostgreSQL does it; decides what counts as binary-coercible when overloads are resolved.
    pub method: CastMethod,
    /// The kernel; `None` when both types share one representation (relabel) or the text form is the way (`InOut`).
    pub function: Option<&'static Function>,
}

/// PostgreSQL's `castmethod`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CastMethod {
    /// By a function.
    Function,
    /// Without a function: the types are binary-coercible. (Cairn may still need a kernel, as for int4 -> oid.)
    Binary,
    /// Through the text form: json <-> jsonb.
    InOut,
}

/// One overload of an aggregate.
pub struct Aggregate {
    /// `pg_proc.oid`
    pub oid: u32,
    /// Name.
    pub name: &'static str,
    /// Argument types; empty for `count(*)`.
    pub args: &'static [TypeId],
    /// Result type.
    pub result: TypeId,
    /// Rows with a NULL argument are skipped.
    pub strict: bool,
    /// Number of leading direct arguments before WITHIN GROUP (ordered-set aggregates such as `percentile_cont`), else `None`.
    pub ordered_set: Option<usize>,
    /// A fresh state, given the types of the arguments as passed (direct arguments first).
    pub state: fn(&[TypeId]) -> Box<dyn AggregateState>,
}

impl fmt::Debug for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?}) -> {:?}", self.name, self.args, self.result)
    }
}

/// The running state of one aggregate over one group.
pub trait AggregateState: Send + Any {
    /// Takes in one row's arguments.
    fn update(&mut self, context: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError>;
    /// Takes in another state of the same aggregate (partial aggregation). `other` is of the same concrete type.
    fn merge(&mut self, context: &EvalContext<'_>, other: Box<dyn AggregateState>) -> Result<(), SqlError>;
    /// The result so far.
    fn finish(&self, context: &EvalContext<'_>) -> Result<Datum, SqlError>;
    /// Bytes held, for memory accounting.
    fn bytes(&self) -> usize;
    /// For `merge`'s downcast.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// What a kernel may know about the session that runs it.
pub struct EvalContext<'a> {
    /// Settings that change how values are read, computed and shown.
    pub settings: &'a EvalSettings,
    /// The catalog and session functions.
    pub host: &'a dyn Host,
}

/// Settings and times that kernels depend on; copied from the session when a statement starts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalSettings {
    /// `TimeZone`.
    pub time_zone: crate::zone::Zone,
    /// `DateStyle`: output style and field order.
    pub date_style: crate::zone::DateStyle,
    /// `IntervalStyle`.
    pub interval_style: crate::zone::IntervalStyle,
    /// `extra_float_digits`: above 0 (the default is 1) shortest-exact output.
    pub extra_float_digits: i32,
    /// `bytea_output`: hex (true) or escape.
    pub bytea_hex: bool,
    /// `now()`: start of the transaction, microseconds since 2000-01-01 UTC.
    pub transaction_start: i64,
    /// `statement_timestamp()`.
    pub statement_start: i64,
}

impl Default for EvalSettings {
    /// PostgreSQL's defaults, in UTC, at the beginning of its time.
    fn default() -> Self {
        Self {
            time_zone: crate::zone::Zone::UTC,
            date_style: crate::zone::DateStyle::ISO_MDY,
            interval_style: crate::zone::IntervalStyle::Postgres,
            extra_float_digits: 1,
            bytea_hex: true,
            transaction_start: 0,
            statement_start: 0,
        }
    }
}

/// Functions that need the session or the catalog ([`Body::Host`]), and names behind OIDs for the `reg*` types.
pub trait Host {
    /// Calls a host function.
    fn call(&self, function: &'static Function, context: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError>;
    /// The text of a `regclass`, `regtype`, `regproc`, `regnamespace` or `regrole` value; `None`: print the number.
    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String>;
    /// The OID behind a name of such a type.
    fn reg_in(&self, ty: TypeId, name: &str) -> Result<u32, SqlError>;
    /// Wall clock, microseconds since 2000-01-01 UTC (`clock_timestamp()`).
    fn clock(&self) -> i64;
    /// A random 64-bit number (`random()`, `gen_random_uuid()`).
    fn random(&self) -> u64;
    /// Rows of a relation of pg_catalog that shows the session (`pg_settings`). There are none without a session.
    fn session_rows(&self, _relation: &str) -> Vec<Vec<Datum>> {
        Vec::new()
    }
}
