//! `anyelement`, `anyarray` and friends: do the arguments agree, and what do they stand for?
//!
//! The simple family (`anyelement`, `anyarray`, `anynonarray`) wants one exact element type; the compatible family
//! (`anycompatible`, `anycompatiblearray`) coerces its arguments to a common one.

use crate::error::{SqlError, SqlState};
use crate::kernel::CastContext;
use crate::ty::TypeId;

use super::coerce::can_coerce;
use super::common::common_or_none;
use super::is_array;

/// Is this one of the placeholders that stand for another type? (`"any"` is not: it accepts, but does not stand for.)
pub(super) fn is_polymorphic(ty: TypeId) -> bool {
    matches!(
        ty,
        TypeId::ANYELEMENT
            | TypeId::ANYARRAY
            | TypeId::ANYNONARRAY
            | TypeId::ANYCOMPATIBLE
            | TypeId::ANYCOMPATIBLEARRAY
    )
}

/// What the placeholders of one call stand for.
#[derive(Default)]
struct Actual {
    /// `anyelement`, `anynonarray`
    element: Option<TypeId>,
    /// `anyarray`
    array: Option<TypeId>,
    /// Element type behind `anycompatible` and `anycompatiblearray`.
    compatible: Option<TypeId>,
}

fn mismatch(message: &str, detail: String) -> SqlError {
    SqlError::new(SqlState::DATATYPE_MISMATCH, message).detail(detail)
}

/// Sets `slot` or checks that it holds the same type.
fn agree(slot: &mut Option<TypeId>, actual: TypeId, declared: TypeId) -> Result<(), SqlError> {
    match *slot {
        Some(other) if other != actual => Err(mismatch(
            &format!("arguments declared \"{}\" are not all alike", declared.sql_name()),
            format!("{} versus {}", other.sql_name(), actual.sql_name()),
        )),
        _ => {
            *slot = Some(actual);
            Ok(())
        }
    }
}

fn not_an_array(declared: TypeId, actual: TypeId) -> SqlError {
    let message = format!("argument declared {} is not an array but type {}", declared.sql_name(), actual.sql_name());
    SqlError::new(SqlState::DATATYPE_MISMATCH, message)
}

/// Reads the actual types off the arguments; unknown ones say nothing.
fn infer(actual: &[TypeId], declared: &[TypeId]) -> Result<Actual, SqlError> {
    let mut found = Actual::default();
    let mut compatible = Vec::new();
    let mut scalar_only = false;
    for (actual, declared) in actual.iter().zip(declared) {
        scalar_only |= *declared == TypeId::ANYNONARRAY;
        if *actual == TypeId::UNKNOWN {
            continue;
        }
        match *declared {
            TypeId::ANYELEMENT | TypeId::ANYNONARRAY => {
                agree(&mut found.element, *actual, TypeId::ANYELEMENT)?;
            }
            TypeId::ANYARRAY => agree(&mut found.array, *actual, *declared)?,
            TypeId::ANYCOMPATIBLE => compatible.push(*actual),
            TypeId::ANYCOMPATIBLEARRAY => {
                compatible.push(actual.element().ok_or_else(|| not_an_array(*declared, *actual))?);
            }
            _ => {}
        }
    }
    if let Some(array) = found.array {
        let element = array.element().ok_or_else(|| not_an_array(TypeId::ANYARRAY, array))?;
        if let Some(other) = found.element.filter(|other| *other != element) {
            return Err(mismatch(
                "argument declared anyarray is not consistent with argument declared anyelement",
                format!("{} versus {}", array.sql_name(), other.sql_name()),
            ));
        }
        found.element = Some(element);
    }
    if let Some(element) = found.element.filter(|element| scalar_only && is_array(*element)) {
        let message = format!("type matched to anynonarray is an array type: {}", element.sql_name());
        return Err(SqlError::new(SqlState::DATATYPE_MISMATCH, message));
    }
    if !compatible.is_empty() {
        found.compatible = Some(compatible_type(&compatible)?);
    }
    Ok(found)
}

fn compatible_type(types: &[TypeId]) -> Result<TypeId, SqlError> {
    common_or_none(types)
        .filter(|common| types.iter().all(|ty| can_coerce(&[*ty], &[*common], CastContext::Implicit)))
        .ok_or_else(|| {
            SqlError::new(
                SqlState::DATATYPE_MISMATCH,
                "arguments of anycompatible family cannot be cast to a common type",
            )
        })
}

/// Do the arguments agree? (`check_generic_type_consistency`)
pub(super) fn consistent(actual: &[TypeId], declared: &[TypeId]) -> bool {
    !declared.iter().any(|ty| is_polymorphic(*ty)) || infer(actual, declared).is_ok()
}

/// The declared types with placeholders replaced, and the result type. (`enforce_generic_type_consistency`)
pub(super) fn substitute(
    actual: &[TypeId],
    declared: &[TypeId],
    result: TypeId,
) -> Result<(Vec<TypeId>, TypeId), SqlError> {
    if !is_polymorphic(result) && !declared.iter().any(|ty| is_polymorphic(*ty)) {
        let declared = actual.iter().zip(declared).map(|(actual, declared)| pass_any(*actual, *declared));
        return Ok((declared.collect(), result));
    }
    let found = infer(actual, declared)?;
    let args = actual.iter().zip(declared).map(|(actual, declared)| match is_polymorphic(*declared) {
        true => found.stands_for(*declared),
        false => Ok(pass_any(*actual, *declared)),
    });
    let args = args.collect::<Result<_, _>>()?;
    let result = if is_polymorphic(result) { found.stands_for(result)? } else { result };
    Ok((args, result))
}

/// An argument declared `"any"` keeps the type it has.
fn pass_any(actual: TypeId, declared: TypeId) -> TypeId {
    if declared == TypeId::ANY { actual } else { declared }
}

fn array_of(element: TypeId) -> Result<TypeId, SqlError> {
    element.array().ok_or_else(|| {
        let message = format!("could not find array type for data type {}", element.sql_name());
        SqlError::new(SqlState::UNDEFINED_OBJECT, message)
    })
}

impl Actual {
    fn stands_for(&self, placeholder: TypeId) -> Result<TypeId, SqlError> {
        match placeholder {
            TypeId::ANYELEMENT | TypeId::ANYNONARRAY => self.element(),
            TypeId::ANYARRAY => match self.array {
                Some(array) => Ok(array),
                None => array_of(self.element()?),
            },
            // Literals alone are text.
            TypeId::ANYCOMPATIBLE => Ok(self.compatible.unwrap_or(TypeId::TEXT)),
            _ => array_of(self.compatible.unwrap_or(TypeId::TEXT)),
        }
    }

    fn element(&self) -> Result<TypeId, SqlError> {
        self.element.ok_or_else(|| {
            SqlError::new(
                SqlState::DATATYPE_MISMATCH,
                "could not determine polymorphic type because input has type unknown",
            )
        })
    }
}
