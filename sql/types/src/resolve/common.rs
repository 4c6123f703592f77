//! One type for several expressions: UNION, CASE, COALESCE, VALUES, ARRAY, IN, GREATEST.

use crate::error::{SqlError, SqlState};
use crate::kernel::CastContext;
use crate::ty::TypeId;

use super::coerce::can_coerce;
use super::{category, preferred};

/// The common type of expressions, literals alone giving text. `context` is the construct's name in the message.
///
/// Errors: 42804 `CASE types integer and text cannot be matched`, with the index of the expression that does not match.
/// The caller still coerces each expression implicitly, and says 42846 `CASE could not convert type .. to ..` where that fails.
pub fn common_type(context: &str, types: &[TypeId]) -> Result<TypeId, (usize, SqlError)> {
    select(types).map_err(|(at, one, other)| {
        let message = format!("{context} types {} and {} cannot be matched", one.sql_name(), other.sql_name());
        (at, SqlError::new(SqlState::DATATYPE_MISMATCH, message))
    })
}

/// The common type without an error message.
pub(super) fn common_or_none(types: &[TypeId]) -> Option<TypeId> {
    select(types).ok()
}

/// PostgreSQL's `select_common_type`; the error names position and both types.
fn select(types: &[TypeId]) -> Result<TypeId, (usize, TypeId, TypeId)> {
    let Some((&first, rest)) = types.split_first() else { return Ok(TypeId::TEXT) };
    if first != TypeId::UNKNOWN && rest.iter().all(|ty| *ty == first) {
        return Ok(first);
    }
    let implicit = |from: TypeId, to: TypeId| can_coerce(&[from], &[to], CastContext::Implicit);
    let mut chosen = first;
    for (at, &next) in rest.iter().enumerate() {
        if next == TypeId::UNKNOWN || next == chosen {
            continue;
        }
        if chosen == TypeId::UNKNOWN {
            chosen = next;
        } else if category(next) != category(chosen) {
            return Err((at + 1, chosen, next));
        } else if !preferred(chosen) && implicit(chosen, next) && !implicit(next, chosen) {
            chosen = next;
        }
    }
    Ok(if chosen == TypeId::UNKNOWN { TypeId::TEXT } else { chosen })
}
