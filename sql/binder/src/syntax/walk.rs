//! Finds the queries inside an expression.

use super::ast::{Body, Expr, ExprKind, Over, QuantifiedRight, Query, Subscript};

/// Calls `visit` for every query directly inside this expression (not for queries inside those).
pub(crate) fn queries<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Query)) {
    match &expr.kind {
        ExprKind::Exists(query) | ExprKind::Scalar(query) | ExprKind::ArrayQuery(query) => visit(query),
        ExprKind::InQuery { arg, query, .. } => {
            queries(arg, visit);
            visit(query);
        }
        ExprKind::Quantified(quantified) => {
            queries(&quantified.left, visit);
            match &quantified.right {
                QuantifiedRight::Query(query) => visit(query),
                QuantifiedRight::Array(array) => queries(array, visit),
            }
        }
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Integer(_)
        | ExprKind::Decimal(_)
        | ExprKind::Text(_)
        | ExprKind::Bits
        | ExprKind::Param(_)
        | ExprKind::Column(_)
        | ExprKind::Star(_)
        | ExprKind::Keyword(..)
        | ExprKind::Default
        | ExprKind::CurrentOf => {}
        ExprKind::Field(arg, _)
        | ExprKind::Prefix(_, arg)
        | ExprKind::Not(arg)
        | ExprKind::IsNull { arg, .. }
        | ExprKind::IsBool { arg, .. }
        | ExprKind::Cast(arg, _)
        | ExprKind::Collate(arg, _) => queries(arg, visit),
        ExprKind::Binary(_, left, right)
        | ExprKind::IsDistinct { left, right, .. }
        | ExprKind::NullIf(left, right)
        | ExprKind::AtTimeZone(left, right) => {
            queries(left, visit);
            queries(right, visit);
        }
        ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Array(args)
        | ExprKind::Row { items: args, .. }
        | ExprKind::Coalesce(args)
        | ExprKind::Extreme { args, .. }
        | ExprKind::Grouping(args) => args.iter().for_each(|arg| queries(arg, visit)),
        ExprKind::InList { arg, list, .. } => {
            queries(arg, visit);
            list.iter().for_each(|item| queries(item, visit));
        }
        ExprKind::Match(matching) => {
            [&matching.arg, &matching.pattern].into_iter().chain(&matching.escape).for_each(|arg| queries(arg, visit));
        }
        ExprKind::Between(between) => {
            [&between.arg, &between.low, &between.high].into_iter().for_each(|arg| queries(arg, visit));
        }
        ExprKind::Case { operand, branches, otherwise } => {
            operand.iter().chain(otherwise).for_each(|arg| queries(arg, visit));
            for (condition, result) in branches {
                queries(condition, visit);
                queries(result, visit);
            }
        }
        ExprKind::Subscript(arg, subscripts) => {
            queries(arg, visit);
            for subscript in subscripts {
                match subscript {
                    Subscript::Index(index) => queries(index, visit),
                    Subscript::Slice(low, high) => low.iter().chain(high).for_each(|arg| queries(arg, visit)),
                }
            }
        }
        ExprKind::Call(call) => {
            call.args.iter().for_each(|arg| queries(&arg.value, visit));
            call.filter.iter().for_each(|arg| queries(arg, visit));
            call.order_by.iter().for_each(|sort| queries(&sort.expr, visit));
            if let Some(Over::Spec(spec)) = &call.over {
                spec.partition_by.iter().for_each(|arg| queries(arg, visit));
                spec.order_by.iter().for_each(|sort| queries(&sort.expr, visit));
            }
        }
    }
}

/// Is the query a plain VALUES list without any clause?
pub(crate) fn plain_values(query: &Query) -> Option<&Vec<Vec<Expr>>> {
    let bare = query.with.is_none()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.locking.is_empty();
    match &query.body {
        Body::Values(rows) if bare => Some(rows),
        _ => None,
    }
}
