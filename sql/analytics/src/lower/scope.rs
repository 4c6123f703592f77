//! Plans under construction: a DataFusion plan and what its columns mean.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr as Tree, RelId};
use cairn_sql_types::kernel::Volatility;
use cairn_sql_types::{Datum, SqlError, Type, TypeId};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan};
use rustc_hash::FxHashMap;

use crate::context::Run;
use crate::error;
use crate::eval::INPUT;
use crate::function::Eval;
use crate::value::Writer;

/// What an expression may name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Name {
    Column(RelId, usize),
    RowId(RelId),
    Group(usize),
    Aggregate(usize),
    GroupingId(Vec<usize>),
    Window(usize),
}

/// A column of a plan.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) column: Column,
    pub(super) ty: Type,
    /// May it be NULL? `false` only where that is certain.
    pub(super) nullable: bool,
}

impl Slot {
    pub(super) fn expr(&self) -> Expr {
        Expr::Column(self.column.clone())
    }
}

/// A plan and the meaning of its columns.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) plan: LogicalPlan,
    pub(super) scope: FxHashMap<Name, Slot>,
    /// Something in it gives another answer when it is computed again.
    pub(super) volatile: bool,
}

/// The name that an expression is, if it is one.
pub(super) fn name_of(expr: &Tree) -> Option<Name> {
    Some(match expr {
        Tree::Column(rel, column, _) => Name::Column(*rel, *column),
        Tree::RowId(rel) => Name::RowId(*rel),
        Tree::Group(key, _) => Name::Group(*key),
        Tree::Aggregate(call, _) => Name::Aggregate(*call),
        Tree::GroupingId(keys) => Name::GroupingId(keys.clone()),
        Tree::Window(call, _) => Name::Window(*call),
        _ => return None,
    })
}

impl Plan {
    pub(super) fn slot(&self, name: &Name) -> Result<&Slot, SqlError> {
        self.scope.get(name).ok_or_else(|| match name {
            Name::Column(..) => SqlError::unsupported("a reference from this place to a column of an outer query"),
            other => SqlError::internal(format!("{other:?} is not in sight")),
        })
    }

    /// An expression (without subqueries) over this plan's columns.
    pub(super) fn scalar(&self, expr: &Tree, run: &Arc<Run>) -> Result<Expr, SqlError> {
        match expr {
            Tree::Const(value, ty) => literal(value, ty.id),
            Tree::Relabel(arg, _) => self.scalar(arg, run),
            other => match name_of(other) {
                Some(name) => Ok(self.slot(&name)?.expr()),
                None => self.call(other, run),
            },
        }
    }

    /// A condition for a filter or a join. One without columns stays where it is put: DataFusion would push it below
    /// aggregates, whose one row over nothing it cannot remove there.
    pub(super) fn condition(&self, expr: &Tree, run: &Arc<Run>) -> Result<Expr, SqlError> {
        let mut names = false;
        expr.walk(&mut |part| names = names || name_of(part).is_some());
        match names {
            true => self.scalar(expr, run),
            false => Ok(Eval::call(bind_params(expr.clone(), run)?, Vec::new(), true, run)),
        }
    }

    fn call(&self, expr: &Tree, run: &Arc<Run>) -> Result<Expr, SqlError> {
        let mut inputs: Vec<(Name, Slot)> = Vec::new();
        let tree = self.open(expr.clone(), &mut inputs, run)?;
        let args = inputs.into_iter().map(|(_, slot)| (slot.expr(), slot.ty.id)).collect();
        Ok(Eval::call(tree, args, is_volatile(expr), run))
    }

    fn open(&self, expr: Tree, inputs: &mut Vec<(Name, Slot)>, run: &Arc<Run>) -> Result<Tree, SqlError> {
        if let Some(name) = name_of(&expr) {
            let place = match inputs.iter().position(|(known, _)| *known == name) {
                Some(place) => place,
                None => {
                    inputs.push((name.clone(), self.slot(&name)?.clone()));
                    inputs.len() - 1
                }
            };
            return Ok(Tree::Column(INPUT, place, expr.ty()));
        }
        match expr {
            Tree::Param(..) => bind_params(expr, run),
            other => other.map_children(&mut |child| self.open(child, inputs, run)),
        }
    }

    /// May this expression be NULL?
    pub(super) fn is_nullable(&self, expr: &Tree) -> bool {
        match expr {
            Tree::Const(value, _) => value.is_null(),
            Tree::Relabel(arg, _) => self.is_nullable(arg),
            other => name_of(other).and_then(|name| self.scope.get(&name)).is_none_or(|slot| slot.nullable),
        }
    }

    /// Every column may be NULL now: this was the inner side of an outer join.
    pub(super) fn make_nullable(&mut self) {
        self.scope.values_mut().for_each(|slot| slot.nullable = true);
    }
}

/// Parameters as constants.
pub(super) fn bind_params(expr: Tree, run: &Run) -> Result<Tree, SqlError> {
    match expr {
        Tree::Param(index, ty) => match run.params.get(index) {
            Some(value) => Ok(Tree::Const(value.clone(), ty)),
            None => Err(SqlError::internal(format!("there is no parameter ${}", index + 1))),
        },
        other => other.map_children(&mut |child| bind_params(child, run)),
    }
}

/// Does every evaluation count?
pub(super) fn is_volatile(expr: &Tree) -> bool {
    expr.any(|part| match part {
        Tree::Call { function, .. } | Tree::SetCall { function, .. } => function.volatility == Volatility::Volatile,
        _ => false,
    })
}

/// A constant.
pub(super) fn literal(value: &Datum, ty: TypeId) -> Result<Expr, SqlError> {
    let mut writer = Writer::new(ty, 1);
    writer.push(value)?;
    let value = ScalarValue::try_from_array(&writer.finish(), 0).map_err(error::unwrap)?;
    Ok(Expr::Literal(value, None))
}
