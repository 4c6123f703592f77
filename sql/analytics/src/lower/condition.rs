//! Conditions as lists whose members must all hold.
//!
//! What every arm of an OR demands is a member of its own:
//!
//! ```text
//! (a AND x) OR (a AND y)   =   a AND (x OR y)
//! a OR (a AND y)           =   a
//! ```
//! Both hold with NULLs, too. An equality between tables that is only written inside of the arms joins them by hash then, not
//! row by row.

use cairn_sql_binder::tree::Expr as Tree;

use super::scope::{bind_params, is_volatile};
use crate::context::Run;

/// The parts of an AND, those that stand in every arm of an OR among them.
pub(super) fn conjuncts(expr: &Tree, run: &Run, out: &mut Vec<Tree>) {
    match expr {
        Tree::And(args) => args.iter().for_each(|arg| conjuncts(arg, run, out)),
        Tree::Or(_) => factored(expr, run, out),
        other => out.push(other.clone()),
    }
}

/// The parts that all arms of an OR have in common, and the OR of what is left of the arms.
fn factored(expr: &Tree, run: &Run, out: &mut Vec<Tree>) {
    let mut arms = Vec::new();
    disjuncts(expr, run, &mut arms);
    let (first, others) = arms.split_first_mut().expect("an OR has arms");
    let is_common =
        |part: &Tree| !is_volatile(part) && others.iter().all(|arm| arm.iter().any(|other| is_same(part, other, run)));
    let (common, left): (Vec<Tree>, Vec<Tree>) = std::mem::take(first).into_iter().partition(is_common);
    if common.is_empty() {
        return out.push(expr.clone());
    }
    *first = left;
    for arm in others {
        arm.retain(|part| !common.iter().any(|common| is_same(part, common, run)));
    }
    out.extend(common);
    // An arm that demands nothing more is fulfilled where the common parts are.
    if arms.iter().all(|arm| !arm.is_empty()) {
        out.push(Tree::Or(arms.into_iter().map(conjunction).collect()));
    }
}

/// The arms of an OR, each as its parts.
fn disjuncts(expr: &Tree, run: &Run, out: &mut Vec<Vec<Tree>>) {
    match expr {
        Tree::Or(args) => args.iter().for_each(|arg| disjuncts(arg, run, out)),
        arm => {
            let mut parts = Vec::new();
            conjuncts(arm, run, &mut parts);
            out.push(parts);
        }
    }
}

fn conjunction(mut parts: Vec<Tree>) -> Tree {
    match parts.len() {
        1 => parts.remove(0),
        _ => Tree::And(parts),
    }
}

/// Are they the same for these parameters? (Literals of the text are parameters, too.)
fn is_same(a: &Tree, b: &Tree, run: &Run) -> bool {
    let bound = |expr: &Tree| bind_params(expr.clone(), run);
    // A parameter that is not there is an error for whoever computes the condition.
    matches!((bound(a), bound(b)), (Ok(a), Ok(b)) if a.is_same(&b))
}
