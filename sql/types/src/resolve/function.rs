//! Which function or aggregate a call means.

use crate::error::{SqlError, SqlState};
use crate::kernel::{Aggregate, CastContext, CastMethod, Function};
use crate::ty::TypeId;
use crate::{aggregates, casts, functions};

use super::candidates::{Candidate, NoChoice, choose};
use super::coerce::{Coercion, coercion};
use super::names::type_names;
use super::polymorphic::substitute;

/// A name may stand for functions and aggregates at once (`max` never does, but `rank` is both).
#[derive(Clone, Copy, Debug)]
pub enum Callable {
    /// A scalar, set-returning or window function.
    Function(&'static Function),
    /// An aggregate.
    Aggregate(&'static Aggregate),
}

/// A call of a variadic function whose trailing arguments must be put into one array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gather {
    /// Position of the first argument that goes into the array.
    pub from: usize,
    /// Type of the elements: what those arguments are coerced to.
    pub element: TypeId,
}

/// An overload chosen for its arguments.
#[derive(Debug)]
pub struct ResolvedCall {
    /// The function or aggregate.
    pub callable: Callable,
    /// What each argument must be coerced to. `"any"` arguments keep their type, UNKNOWN included.
    pub args: Vec<TypeId>,
    /// Type of the result (of one row for set-returning functions).
    pub result: TypeId,
    /// The trailing arguments, coerced, go into one array (`json_extract_path(j, 'a', 'b')`). Functions whose variadic
    /// argument is `"any"` (`concat`) take them one by one instead.
    pub gather: Option<Gather>,
}

/// What a call means.
#[derive(Debug)]
pub enum FunctionMatch {
    /// A call.
    Call(ResolvedCall),
    /// `int4(x)`: an explicit cast in function form.
    Cast(TypeId),
}

/// Chooses the overload of `name` for arguments of these types. `variadic`: the last argument is marked VARIADIC, an array
/// that holds the repeated ones.
///
/// Errors: 42883 `function lower(integer) does not exist`, 42725 `function f(unknown) is not unique`.
pub fn function(name: &str, actual: &[TypeId], variadic: bool) -> Result<FunctionMatch, SqlError> {
    let candidates = candidates(name, actual.len(), variadic);
    let exact = candidates.iter().find(|candidate| candidate.args == actual);
    let chosen = match exact {
        Some(candidate) => candidate.clone(),
        None => {
            if let Some(target) = cast_in_disguise(name, actual) {
                return Ok(FunctionMatch::Cast(target));
            }
            choose(actual, &candidates).map_err(|why| refuse(why, name, actual))?
        }
    };
    let Overload { callable, gather } = chosen.target;
    if variadic && chosen.args.last() == Some(&TypeId::ANY) {
        return Err(SqlError::unsupported(format!("VARIADIC in a call of {name}")));
    }
    let (args, result) = substitute(actual, &chosen.args, result_of(callable))?;
    let gather = gather.map(|gather| Gather { element: args[gather.from], ..gather });
    Ok(FunctionMatch::Call(ResolvedCall { callable, args, result, gather }))
}

#[derive(Clone, Copy, Debug)]
struct Overload {
    callable: Callable,
    gather: Option<Gather>,
}

fn result_of(callable: Callable) -> TypeId {
    match callable {
        Callable::Function(function) => function.result,
        Callable::Aggregate(aggregate) => aggregate.result,
    }
}

/// The overloads that take `count` arguments, variadic ones expanded. An overload that takes the arguments as they are
/// hides a variadic one that would be expanded to the same types.
fn candidates(name: &str, count: usize, variadic: bool) -> Vec<Candidate<Overload>> {
    let functions = functions::by_name(name).iter().filter_map(|function| expand(function, count, variadic));
    let aggregates = aggregates::by_name(name).iter().filter(|aggregate| aggregate.args.len() == count && !variadic);
    let aggregates = aggregates.map(|aggregate| Candidate {
        args: aggregate.args.to_vec(),
        target: Overload { callable: Callable::Aggregate(aggregate), gather: None },
    });
    let mut all: Vec<Candidate<Overload>> = functions.chain(aggregates).collect();
    all.sort_by_key(|candidate| candidate.target.gather.is_some());
    let mut kept: Vec<Candidate<Overload>> = Vec::with_capacity(all.len());
    for candidate in all {
        if candidate.target.gather.is_none() || !kept.iter().any(|other| other.args == candidate.args) {
            kept.push(candidate);
        }
    }
    kept
}

/// The types that a function declares for `count` arguments, if it takes that many.
fn expand(function: &'static Function, count: usize, variadic: bool) -> Option<Candidate<Overload>> {
    let declared = function.args;
    let plain = |args: &[TypeId], gather| {
        Some(Candidate { args: args.to_vec(), target: Overload { callable: Callable::Function(function), gather } })
    };
    if function.variadic && !variadic {
        let (last, fixed) = declared.split_last()?;
        if count < declared.len() {
            return None;
        }
        let gather = (*last != TypeId::ANY).then_some(fixed.len());
        let element = match *last {
            TypeId::ANYARRAY => TypeId::ANYELEMENT,
            last => last.element().unwrap_or(last),
        };
        let mut args = fixed.to_vec();
        args.resize(count, element);
        return plain(&args, gather.map(|from| Gather { from, element }));
    }
    if variadic && !function.variadic {
        return None;
    }
    let takes = count <= declared.len() && count + function.optional >= declared.len();
    if takes { plain(&declared[..count], None) } else { None }
}

/// `text(42)`: a type's name called with one argument is a cast, where no function fits exactly.
fn cast_in_disguise(name: &str, actual: &[TypeId]) -> Option<TypeId> {
    let [from] = actual else { return None };
    let target = crate::ty::NAMED.iter().find(|(_, _, type_name)| *type_name == name).map(|(id, _, _)| *id)?;
    if super::category(target) == 'P' {
        return None;
    }
    let binary = casts::find(*from, target).is_some_and(|cast| cast.method == CastMethod::Binary);
    match coercion(*from, target, CastContext::Explicit)? {
        Coercion::Relabel | Coercion::Same | Coercion::ViaText => Some(target),
        Coercion::Function(_) => binary.then_some(target),
        Coercion::Array(_) => None,
    }
}

/// `lower(integer)`, for messages.
pub fn call_signature(name: &str, actual: &[TypeId]) -> String {
    format!("{name}({})", type_names(actual))
}

fn refuse(why: NoChoice, name: &str, actual: &[TypeId]) -> SqlError {
    let signature = call_signature(name, actual);
    match why {
        NoChoice::Ambiguous => {
            SqlError::new(SqlState::AMBIGUOUS_FUNCTION, format!("function {signature} is not unique"))
                .hint("Could not choose a best candidate function. You might need to add explicit type casts.")
        }
        NoChoice::None if functions::is_unsupported(name) => SqlError::unsupported(format!("function {signature}")),
        NoChoice::None => SqlError::new(SqlState::UNDEFINED_FUNCTION, format!("function {signature} does not exist"))
            .hint("No function matches the given name and argument types. You might need to add explicit type casts."),
    }
}
