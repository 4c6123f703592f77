//! Looking through typed expressions.

use cairn_sql_binder::tree::{Expr, RelId, Subscript};
use cairn_sql_types::kernel::Volatility;

/// Calls `f` for every direct child. Subqueries are not entered: what they use of the outside stands in `Subquery::outer`.
pub(crate) fn children<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match expr {
        Expr::Const(..)
        | Expr::Param(..)
        | Expr::Column(..)
        | Expr::Group(..)
        | Expr::Aggregate(..)
        | Expr::GroupingId(_)
        | Expr::Window(..)
        | Expr::Element(_)
        | Expr::Scalar(..)
        | Expr::ArraySubquery(..)
        | Expr::Exists { .. }
        | Expr::SubColumn(..)
        | Expr::RowId(_) => {}
        Expr::Call { args, .. } | Expr::SetCall { args, .. } => args.iter().for_each(f),
        Expr::And(args) | Expr::Or(args) | Expr::Coalesce(args, _) | Expr::Row(args, _) => args.iter().for_each(f),
        Expr::Extreme { args, .. } => args.iter().for_each(f),
        Expr::Array { elements, .. } => elements.iter().for_each(f),
        Expr::Relabel(arg, _) | Expr::ViaText(arg, _) | Expr::Not(arg) => f(arg),
        Expr::Length { arg, .. } | Expr::IsNull { arg, .. } | Expr::IsBool { arg, .. } => f(arg),
        Expr::QuantifiedSubquery { test, .. } => f(test),
        Expr::ArrayCast { arg: a, element: b, .. }
        | Expr::Distinct { left: a, right: b, .. }
        | Expr::Quantified { array: a, test: b, .. }
        | Expr::NullIf { value: a, test: b } => {
            f(a);
            f(b);
        }
        Expr::InList { arg, list, .. } => {
            f(arg);
            list.iter().for_each(f);
        }
        Expr::Case { branches, otherwise, .. } => {
            for (condition, result) in branches {
                f(condition);
                f(result);
            }
            f(otherwise);
        }
        Expr::Subscript { array, subscripts, .. } => {
            f(array);
            for subscript in subscripts {
                match subscript {
                    Subscript::Index(index) => f(index),
                    Subscript::Slice(low, high) => low.iter().chain(high).for_each(&mut *f),
                }
            }
        }
    }
}

/// Does `test` hold for this expression or any part of it?
pub(crate) fn any(expr: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    if test(expr) {
        return true;
    }
    let mut found = false;
    children(expr, &mut |child| found = found || any(child, test));
    found
}

/// Calls `f` for every relation that the expression uses, subqueries' outer references included.
pub(crate) fn relations(expr: &Expr, f: &mut dyn FnMut(RelId)) {
    let subquery = match expr {
        Expr::Column(rel, ..) | Expr::RowId(rel) => {
            f(*rel);
            None
        }
        Expr::Scalar(subquery, _) | Expr::ArraySubquery(subquery, _) => Some(subquery),
        Expr::Exists { subquery, .. } | Expr::QuantifiedSubquery { subquery, .. } => Some(subquery),
        _ => None,
    };
    if let Some(subquery) = subquery {
        subquery.outer.iter().for_each(|(rel, ..)| f(*rel));
    }
    children(expr, &mut |child| relations(child, f));
}

/// May two evaluations give different values, or have an effect?
pub(crate) fn is_volatile(expr: &Expr) -> bool {
    any(expr, &mut |part| match part {
        Expr::Call { function, .. } | Expr::SetCall { function, .. } => function.volatility == Volatility::Volatile,
        _ => false,
    })
}

/// Splits a condition at its ANDs.
pub(crate) fn conjuncts<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match expr {
        Expr::And(args) => args.iter().for_each(|arg| conjuncts(arg, out)),
        other => out.push(other),
    }
}
