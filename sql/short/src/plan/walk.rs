//! Looking through typed expressions.

use cairn_sql_binder::tree::{Expr, RelId};
use cairn_sql_types::kernel::Volatility;

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
    expr.for_each_child(&mut |child| relations(child, f));
}

/// May two evaluations give different values, or have an effect?
pub(crate) fn is_volatile(expr: &Expr) -> bool {
    expr.any(|part| match part {
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
