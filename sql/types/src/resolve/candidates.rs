//! The best of several overloads: PostgreSQL's `func_match_argtypes` and `func_select_candidate`.

use crate::kernel::CastContext;
use crate::ty::TypeId;

use super::coerce::can_coerce;
use super::{category, preferred};

/// An overload under consideration: the types it declares for the arguments at hand, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub(super) args: Vec<TypeId>,
    pub(super) target: T,
}

/// Why there is no answer.
pub(super) enum NoChoice {
    /// No overload takes these arguments.
    None,
    /// Several do, and none is best.
    Ambiguous,
}

/// The overload that takes arguments of these types best.
pub(super) fn choose<T: Clone>(actual: &[TypeId], all: &[Candidate<T>]) -> Result<Candidate<T>, NoChoice> {
    let fitting: Vec<&Candidate<T>> =
        all.iter().filter(|candidate| can_coerce(actual, &candidate.args, CastContext::Implicit)).collect();
    match fitting.as_slice() {
        [] => Err(NoChoice::None),
        [only] => Ok((*only).clone()),
        _ => best(actual, fitting).cloned().ok_or(NoChoice::Ambiguous),
    }
}

/// Narrows step by step, and stops as soon as one is left.
fn best<'a, T>(actual: &[TypeId], candidates: Vec<&'a Candidate<T>>) -> Option<&'a Candidate<T>> {
    let exact = |candidate: &Candidate<T>| count(actual, candidate, |actual, declared| actual == declared);
    let candidates = keep_best(candidates, exact);
    if let [only] = candidates.as_slice() {
        return Some(only);
    }
    let preferable = |candidate: &Candidate<T>| {
        count(actual, candidate, |actual, declared| {
            actual == declared || preferred(declared) && category(declared) == category(actual)
        })
    };
    let candidates = keep_best(candidates, preferable);
    if let [only] = candidates.as_slice() {
        return Some(only);
    }
    if !actual.contains(&TypeId::UNKNOWN) {
        return None;
    }
    let candidates = resolve_unknowns(actual, candidates);
    if let [only] = candidates.as_slice() {
        return Some(only);
    }
    assume_same_type(actual, &candidates)
}

/// How many known arguments pass `test`.
fn count<T>(actual: &[TypeId], candidate: &Candidate<T>, test: impl Fn(TypeId, TypeId) -> bool) -> usize {
    let pairs = actual.iter().zip(&candidate.args);
    pairs.filter(|(actual, declared)| **actual != TypeId::UNKNOWN && test(**actual, **declared)).count()
}

fn keep_best<T>(candidates: Vec<&Candidate<T>>, score: impl Fn(&Candidate<T>) -> usize) -> Vec<&Candidate<T>> {
    let best = candidates.iter().map(|candidate| score(candidate)).max();
    candidates.into_iter().filter(|candidate| Some(score(candidate)) == best).collect()
}

/// Unknown arguments take the one category that all candidates accept there, or string if any accepts it; then only
/// candidates with that category stay, and with its preferred type if any has it.
fn resolve_unknowns<'a, T>(actual: &[TypeId], candidates: Vec<&'a Candidate<T>>) -> Vec<&'a Candidate<T>> {
    let unknown: Vec<usize> = (0..actual.len()).filter(|at| actual[*at] == TypeId::UNKNOWN).collect();
    let slots: Option<Vec<(usize, char, bool)>> =
        unknown.into_iter().map(|at| slot(at, &candidates).map(|(kind, prefers)| (at, kind, prefers))).collect();
    let Some(slots) = slots else { return candidates };
    let suits = |candidate: &&Candidate<T>| {
        slots.iter().all(|(at, kind, prefers)| {
            let declared = candidate.args[*at];
            category(declared) == *kind && (!prefers || preferred(declared))
        })
    };
    let kept: Vec<&Candidate<T>> = candidates.iter().copied().filter(suits).collect();
    if kept.is_empty() { candidates } else { kept }
}

/// Category for the unknown argument at this position, and whether a candidate has its preferred type.
fn slot<T>(at: usize, candidates: &[&Candidate<T>]) -> Option<(char, bool)> {
    let mut kinds = candidates.iter().map(|candidate| category(candidate.args[at]));
    let first = kinds.next()?;
    let alike = kinds.clone().all(|kind| kind == first);
    let kind = match alike {
        true => first,
        false if first == 'S' || kinds.any(|kind| kind == 'S') => 'S',
        false => return None,
    };
    let prefers = candidates.iter().any(|c| category(c.args[at]) == kind && preferred(c.args[at]));
    Some((kind, prefers))
}

/// Last resort: unknown arguments have the type that all known ones share, if that leaves one candidate.
fn assume_same_type<'a, T>(actual: &[TypeId], candidates: &[&'a Candidate<T>]) -> Option<&'a Candidate<T>> {
    let mut known = actual.iter().filter(|ty| **ty != TypeId::UNKNOWN);
    let first = *known.next()?;
    if known.any(|ty| *ty != first) {
        return None;
    }
    let assumed = vec![first; actual.len()];
    let mut fitting = candidates.iter().filter(|c| can_coerce(&assumed, &c.args, CastContext::Implicit));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
