//! Casts: PostgreSQL's `pg_cast` between Cairn's types, and length coercion.
//!
//! A cast brings a value to another type; a modifier (`varchar(3)`, `numeric(10,2)`, `timestamp(0)`) is enforced afterwards by
//! [`coerce_length`]. Casts that this table does not hold may still exist: through text, element by element, or by
//! relabelling. The whole answer is [`crate::resolve::coercion`].

mod kernels;
mod length;
mod table;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::functions;
use crate::kernel::{Cast, CastContext, CastMethod};
use crate::ty::TypeId;

pub use length::coerce_length;
pub(crate) use length::{interval_fields, rounded};

pub(crate) use kernels::FUNCTIONS;

/// One row of the table: a cast whose function is still an OID.
struct Row {
    from: TypeId,
    to: TypeId,
    context: CastContext,
    method: CastMethod,
    function: Option<u32>,
}

fn build(row: &Row) -> Cast {
    let function = row.function.map(|oid| functions::by_oid(oid).expect("every cast's function is declared"));
    Cast { from: row.from, to: row.to, context: row.context, method: row.method, function }
}

fn registry() -> &'static FxHashMap<(TypeId, TypeId), Cast> {
    static REGISTRY: OnceLock<FxHashMap<(TypeId, TypeId), Cast>> = OnceLock::new();
    REGISTRY.get_or_init(|| table::ROWS.iter().map(|row| ((row.from, row.to), build(row))).collect())
}

/// Every cast, in no particular order; what `pg_cast` shows.
pub fn all() -> impl Iterator<Item = &'static Cast> {
    registry().values()
}

/// The cast between two different types, if `pg_cast` has one.
pub fn find(from: TypeId, to: TypeId) -> Option<&'static Cast> {
    registry().get(&(from, to))
}
