//! Literals' texts to values, by the types' input functions.

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, Numeric, SqlError, Type, TypeId};

/// The value; `None` where only the running statement can read it.
pub(super) fn literal(_context: &EvalContext<'_>, text: &str, ty: Type) -> Result<Option<Datum>, SqlError> {
    Ok(match ty.id {
        TypeId::INT4 => text.trim().parse().ok().map(Datum::Int4),
        TypeId::INT8 => text.trim().parse().ok().map(Datum::Int8),
        TypeId::INT2 => text.trim().parse().ok().map(Datum::Int2),
        TypeId::NUMERIC => Numeric::parse(text).ok().map(Datum::Numeric),
        TypeId::BPCHAR => Some(Datum::text(text)),
        _ => None,
    })
}
