//! May a value of one type stand where another is wanted, and what has to be done?

use crate::casts;
use crate::error::{SqlError, SqlState};
use crate::kernel::{CastContext, CastMethod, Function};
use crate::ty::{Type, TypeId};

use super::{category, is_array, polymorphic};

/// How a value gets to another type. A modifier of the target is enforced afterwards: see [`length_needed`].
#[derive(Clone, Debug)]
pub enum Coercion {
    /// It has that type.
    Same,
    /// Another name for the same representation.
    Relabel,
    /// By a kernel.
    Function(&'static Function),
    /// Output of the one type, input of the other; a literal of unknown type takes this way, too.
    ViaText,
    /// Element by element.
    Array(Box<Coercion>),
}

/// May `from` be used as `to` without computing anything, when overloads are matched? (`IsBinaryCoercible`)
pub fn binary_coercible(from: TypeId, to: TypeId) -> bool {
    if from == to {
        return true;
    }
    match to {
        TypeId::ANY | TypeId::ANYELEMENT | TypeId::ANYCOMPATIBLE => true,
        TypeId::ANYARRAY | TypeId::ANYCOMPATIBLEARRAY => is_array(from),
        TypeId::ANYNONARRAY => !is_array(from),
        _ => casts::find(from, to)
            .is_some_and(|cast| cast.method == CastMethod::Binary && cast.context == CastContext::Implicit),
    }
}

/// The way from one type to another, if `context` allows it. (`find_coercion_pathway`)
pub fn coercion(from: TypeId, to: TypeId, context: CastContext) -> Option<Coercion> {
    if from == to {
        return Some(Coercion::Same);
    }
    if from == TypeId::UNKNOWN {
        return Some(Coercion::ViaText);
    }
    if let Some(cast) = casts::find(from, to) {
        let way = match (cast.method, cast.function) {
            (_, Some(function)) => Coercion::Function(function),
            (CastMethod::InOut, None) => Coercion::ViaText,
            (_, None) => Coercion::Relabel,
        };
        return (context >= cast.context).then_some(way);
    }
    if !matches!(to, TypeId::OIDVECTOR | TypeId::INT2VECTOR)
        && let (Some(from), Some(to)) = (from.element(), to.element())
        && let Some(element) = coercion(from, to, context)
    {
        return Some(match element {
            Coercion::Same => Coercion::Relabel,
            element => Coercion::Array(Box::new(element)),
        });
    }
    let to_string = context >= CastContext::Assignment && category(to) == 'S';
    let from_string = context >= CastContext::Explicit && category(from) == 'S';
    (to_string || from_string).then_some(Coercion::ViaText)
}

/// May arguments of these types be passed where those are declared? (`can_coerce_type`)
pub fn can_coerce(from: &[TypeId], to: &[TypeId], context: CastContext) -> bool {
    let fits = |(from, to): (&TypeId, &TypeId)| {
        *to == TypeId::ANY || polymorphic::is_polymorphic(*to) || coercion(*from, *to, context).is_some()
    };
    from.iter().zip(to).all(fits) && polymorphic::consistent(from, to)
}

/// Must a value of type `from` pass [`casts::coerce_length`] to become `to`?
pub fn length_needed(from: Type, to: Type) -> bool {
    to.modifier >= 0 && from != to
}

/// 42846: `cannot cast type boolean to date`.
pub fn cannot_cast(from: TypeId, to: TypeId) -> SqlError {
    let message = format!("cannot cast type {} to {}", from.sql_name(), to.sql_name());
    SqlError::new(SqlState::CANNOT_COERCE, message)
}
