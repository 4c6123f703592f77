//! ORDER BY and DISTINCT ON over a select list: by position, by output name, by expression.

use crate::bind::type_name;
use cairn_sql_types::{SqlError, SqlState, TypeId};

use super::select::WorkTarget;
use super::{Binder, Place, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, SortBy};
use crate::syntax::token::Pos;
use crate::tree::{Expr, OutputColumn, SortKey};

impl Binder<'_> {
    pub(crate) fn order_by(
        &mut self,
        syntax: &[SortBy],
        targets: &mut Vec<WorkTarget>,
    ) -> Result<Vec<SortKey>, SqlError> {
        let mut keys: Vec<SortKey> = Vec::with_capacity(syntax.len());
        for sort in syntax {
            let target = self.in_place(Place::OrderBy, |this| this.sort_target(&sort.expr, targets, "ORDER BY"))?;
            self.check_sortable(&targets[target].expr.clone(), sort.expr.pos)?;
            if !keys.iter().any(|key| key.target == target) {
                keys.push(SortKey { target, descending: sort.descending, nulls_first: sort.nulls_first });
            }
        }
        Ok(keys)
    }

    /// The target that an item names; a hidden one is added where none does.
    pub(crate) fn sort_target(
        &mut self,
        syntax: &Syntax,
        targets: &mut Vec<WorkTarget>,
        clause: &str,
    ) -> Result<usize, SqlError> {
        if let Some(index) = self.named_target(syntax, targets, clause)? {
            return Ok(index);
        }
        if let Some(index) = position_target(syntax, targets, clause)? {
            return Ok(index);
        }
        self.expression_target(syntax, targets)
    }

    /// An output name.
    pub(crate) fn named_target(
        &self,
        syntax: &Syntax,
        targets: &[WorkTarget],
        clause: &str,
    ) -> Result<Option<usize>, SqlError> {
        let ExprKind::Column(parts) = &syntax.kind else { return Ok(None) };
        let [name] = parts.as_slice() else { return Ok(None) };
        let mut found: Option<usize> = None;
        for (index, target) in targets.iter().enumerate().filter(|(_, target)| !target.hidden) {
            if *target.name != *name.text {
                continue;
            }
            match found {
                Some(other) if !crate::walk::same(&targets[other].expr, &target.expr) => {
                    let message = format!("{clause} \"{}\" is ambiguous", name.text);
                    return Err(at(SqlState::AMBIGUOUS_COLUMN, message, syntax.pos));
                }
                Some(_) => {}
                None => found = Some(index),
            }
        }
        Ok(found)
    }

    /// An expression over the input columns; an equal target serves.
    pub(crate) fn expression_target(
        &mut self,
        syntax: &Syntax,
        targets: &mut Vec<WorkTarget>,
    ) -> Result<usize, SqlError> {
        let expr = self.value(syntax)?;
        if let Some(index) = targets.iter().position(|target| crate::walk::same(&target.expr, &expr)) {
            return Ok(index);
        }
        targets.push(WorkTarget { expr, name: "?column?".into(), source: None, hidden: true, pos: syntax.pos });
        Ok(targets.len() - 1)
    }

    /// ORDER BY over a set operation or VALUES: output names and positions only.
    pub(crate) fn order_by_outputs(
        &mut self,
        syntax: &[SortBy],
        columns: &[OutputColumn],
    ) -> Result<Vec<SortKey>, SqlError> {
        let mut keys: Vec<SortKey> = Vec::with_capacity(syntax.len());
        for sort in syntax {
            let target = output_position(&sort.expr, columns)?;
            check_type_sortable(columns[target].ty.id, sort.expr.pos)?;
            if !keys.iter().any(|key| key.target == target) {
                keys.push(SortKey { target, descending: sort.descending, nulls_first: sort.nulls_first });
            }
        }
        Ok(keys)
    }

    /// 42883 for a type without an order.
    pub(crate) fn check_sortable(&self, expr: &Expr, pos: Pos) -> Result<(), SqlError> {
        check_type_sortable(expr.ty().id, pos)
    }

    /// 42883 for a type without equality.
    pub(crate) fn check_groupable(&self, expr: &Expr, pos: Pos) -> Result<(), SqlError> {
        check_type_groupable(expr.ty().id, pos)
    }
}

/// `ORDER BY 2`
pub(crate) fn position_target(
    syntax: &Syntax,
    targets: &[WorkTarget],
    clause: &str,
) -> Result<Option<usize>, SqlError> {
    match &syntax.kind {
        ExprKind::Integer(digits) => {
            let visible = targets.iter().filter(|target| !target.hidden).count();
            let index = digits.parse::<usize>().ok().filter(|number| (1..=visible).contains(number));
            index.map(|number| Some(number - 1)).ok_or_else(|| {
                let message = format!("{clause} position {digits} is not in select list");
                at(SqlState::INVALID_COLUMN_REFERENCE, message, syntax.pos)
            })
        }
        ExprKind::Null | ExprKind::Text(_) | ExprKind::Decimal(_) => {
            Err(at(SqlState::SYNTAX_ERROR, format!("non-integer constant in {clause}"), syntax.pos))
        }
        _ => Ok(None),
    }
}

fn output_position(syntax: &Syntax, columns: &[OutputColumn]) -> Result<usize, SqlError> {
    let refuse = |message: String| Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, syntax.pos));
    match &syntax.kind {
        ExprKind::Integer(digits) => match digits.parse::<usize>().ok().filter(|n| (1..=columns.len()).contains(n)) {
            Some(number) => Ok(number - 1),
            None => refuse(format!("ORDER BY position {digits} is not in select list")),
        },
        ExprKind::Column(parts) if parts.len() == 1 => {
            let mut found = columns.iter().enumerate().filter(|(_, column)| *column.name == *parts[0].text);
            match (found.next(), found.next()) {
                (Some((index, _)), None) => Ok(index),
                (Some(_), Some(_)) => {
                    let message = format!("ORDER BY \"{}\" is ambiguous", parts[0].text);
                    Err(at(SqlState::AMBIGUOUS_COLUMN, message, syntax.pos))
                }
                (None, _) => Err(at(
                    SqlState::UNDEFINED_COLUMN,
                    format!("column \"{}\" does not exist", parts[0].text),
                    syntax.pos,
                )),
            }
        }
        ExprKind::Null | ExprKind::Text(_) | ExprKind::Decimal(_) => {
            Err(at(SqlState::SYNTAX_ERROR, "non-integer constant in ORDER BY", syntax.pos))
        }
        _ => Err(at(
            SqlState::FEATURE_NOT_SUPPORTED,
            "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
            super::expr::leftmost(syntax),
        )
        .detail("Only result column names can be used, not expressions or functions.")
        .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")),
    }
}

fn has_no_operators(ty: TypeId) -> bool {
    ty == TypeId::JSON || ty.element() == Some(TypeId::JSON)
}

pub(crate) fn check_type_sortable(ty: TypeId, pos: Pos) -> Result<(), SqlError> {
    if !has_no_operators(ty) {
        return Ok(());
    }
    let message = format!("could not identify an ordering operator for type {}", type_name(ty));
    Err(at(SqlState::UNDEFINED_FUNCTION, message, pos).hint("Use an explicit ordering operator or modify the query."))
}

pub(crate) fn check_type_groupable(ty: TypeId, pos: Pos) -> Result<(), SqlError> {
    if !has_no_operators(ty) {
        return Ok(());
    }
    let message = format!("could not identify an equality operator for type {}", type_name(ty));
    Err(at(SqlState::UNDEFINED_FUNCTION, message, pos))
}
