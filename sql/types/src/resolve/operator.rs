//! Which operator `a + b` means.

use crate::error::{SqlError, SqlState};
use crate::kernel::Operator;
use crate::operators;
use crate::ty::TypeId;

use super::candidates::{Candidate, NoChoice, choose};
use super::polymorphic::substitute;

/// An operator chosen for its operands.
#[derive(Debug)]
pub struct ResolvedOperator {
    /// The operator.
    pub operator: &'static Operator,
    /// What the left operand must be coerced to; `None` for a prefix operator.
    pub left: Option<TypeId>,
    /// What the right operand must be coerced to.
    pub right: TypeId,
    /// Type of the result.
    pub result: TypeId,
}

/// Chooses `left name right`, or `name right` when `left` is `None`.
///
/// Errors: 42883 `operator does not exist: integer + boolean`, 42725 `operator is not unique: ...`.
pub fn operator(name: &str, left: Option<TypeId>, right: TypeId) -> Result<ResolvedOperator, SqlError> {
    let chosen = match exact(name, left, right) {
        Some(operator) => operator,
        None => search(name, left, right)?,
    };
    let actual: Vec<TypeId> = left.into_iter().chain([right]).collect();
    let (args, result) = substitute(&actual, &declared(chosen), chosen.function.result)?;
    let (left, right) = match args.as_slice() {
        [left, right] => (Some(*left), *right),
        [right] => (None, *right),
        _ => return Err(SqlError::internal("an operator has one or two operands")),
    };
    Ok(ResolvedOperator { operator: chosen, left, right, result })
}

fn declared(operator: &Operator) -> Vec<TypeId> {
    operator.left.into_iter().chain([operator.right]).collect()
}

/// The overload with exactly these types; a literal counts as having the other operand's type.
fn exact(name: &str, left: Option<TypeId>, right: TypeId) -> Option<&'static Operator> {
    let (left, right) = match left {
        Some(TypeId::UNKNOWN) => (Some(right), right),
        Some(left) if right == TypeId::UNKNOWN => (Some(left), left),
        left => (left, right),
    };
    operators::exact(name, left, right)
}

fn search(name: &str, left: Option<TypeId>, right: TypeId) -> Result<&'static Operator, SqlError> {
    let overloads = operators::by_name(name).iter().copied();
    let candidates: Vec<Candidate<&'static Operator>> = overloads
        .filter(|operator| operator.left.is_some() == left.is_some())
        .map(|operator| Candidate { args: declared(operator), target: operator })
        .collect();
    let actual: Vec<TypeId> = left.into_iter().chain([right]).collect();
    choose(&actual, &candidates).map(|candidate| candidate.target).map_err(|why| refuse(why, name, left, right))
}

fn refuse(why: NoChoice, name: &str, left: Option<TypeId>, right: TypeId) -> SqlError {
    let signature = match left {
        Some(left) => format!("{} {name} {}", left.sql_name(), right.sql_name()),
        None => format!("{name} {}", right.sql_name()),
    };
    match (why, left) {
        (NoChoice::Ambiguous, _) => {
            SqlError::new(SqlState::AMBIGUOUS_FUNCTION, format!("operator is not unique: {signature}"))
                .hint("Could not choose a best candidate operator. You might need to add explicit type casts.")
        }
        (NoChoice::None, Some(_)) => {
            SqlError::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {signature}")).hint(
                "No operator matches the given name and argument types. You might need to add explicit type casts.",
            )
        }
        (NoChoice::None, None) => {
            SqlError::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {signature}")).hint(
                "No operator matches the given name and argument type. You might need to add an explicit type cast.",
            )
        }
    }
}
