//! Window calls: their arguments become columns, the computation is [`crate::window`]'s.

use std::sync::Arc;

use cairn_sql_binder::tree::{ExprSort, FrameBound, FrameUnits, WindowCall, WindowFunction};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId, casts, operators};
use datafusion::arrow::datatypes::DataType;

use super::query::NUMBER;
use super::scope::{Name, Plan, Slot, bind_params};
use super::{Domain, Lowerer};
use crate::eval::{self, Frame};
use crate::window::{Bound, Call, Distance, Function, Offset, Order, Units, Windows};

/// The type to carry a column as whose meaning nobody needs.
pub(super) fn raw_type(ty: &DataType) -> TypeId {
    match ty {
        DataType::Boolean => TypeId::BOOL,
        DataType::Int16 => TypeId::INT2,
        DataType::Int32 => TypeId::INT4,
        DataType::Int64 => TypeId::INT8,
        DataType::UInt32 => TypeId::OID,
        DataType::Utf8 => TypeId::TEXT,
        _ => TypeId::BYTEA,
    }
}

/// A call whose arguments are columns.
struct Prepared {
    function: Function,
    args: Vec<Slot>,
    filter: Option<Slot>,
    partition: Vec<Slot>,
    order: Vec<(Slot, bool, bool)>,
    units: Units,
    start: Bound,
    end: Bound,
    ty: Type,
}

impl Lowerer {
    /// Appends the results of window calls to a plan.
    pub(super) fn windows(
        &mut self,
        plan: &mut Plan,
        calls: &[WindowCall],
        domain: Option<&Domain>,
    ) -> Result<(), SqlError> {
        let mut outer = Vec::new();
        for ((rel, column), _) in domain.iter().flat_map(|domain| &domain.columns) {
            outer.push(plan.slot(&Name::Column(*rel, *column))?.clone());
        }
        let calls = calls.iter().map(|call| self.prepare_window(plan, call, &outer)).collect::<Result<Vec<_>, _>>()?;
        let slots = self.window_columns(plan, calls)?;
        for (number, slot) in slots.into_iter().enumerate() {
            plan.scope.insert(Name::Window(number), slot);
        }
        Ok(())
    }

    /// The number of every row (or its rank) within its partition.
    pub(super) fn numbered(
        &mut self,
        plan: &mut Plan,
        partition: Vec<Slot>,
        order: Vec<(Slot, bool, bool)>,
        rank: bool,
    ) -> Result<Slot, SqlError> {
        // Named, so that the operator knows their types.
        let rel = self.fresh_rel();
        for (number, slot) in partition.iter().chain(order.iter().map(|(slot, ..)| slot)).enumerate() {
            plan.scope.insert(Name::Column(rel, number), slot.clone());
        }
        let call = Prepared {
            function: if rank { Function::Rank } else { Function::RowNumber },
            args: Vec::new(),
            filter: None,
            partition,
            order,
            units: Units::Range,
            start: Bound::Unbounded,
            end: Bound::Current,
            ty: NUMBER,
        };
        let slots = self.window_columns(plan, vec![call])?;
        slots.into_iter().next().ok_or_else(|| SqlError::internal("a window call without result"))
    }

    fn window_columns(&mut self, plan: &mut Plan, calls: Vec<Prepared>) -> Result<Vec<Slot>, SqlError> {
        let types: Vec<Type> = calls.iter().map(|call| call.ty).collect();
        let run = self.run.clone();
        self.transformed(plan, &types, |place| {
            let call = |call: Prepared| {
                let order = call.order.iter().map(|(slot, descending, nulls_first)| {
                    let (place, ty) = (place(slot)?, slot.ty.id);
                    Ok(Order { place, ty, descending: *descending, nulls_first: *nulls_first })
                });
                let partition = call.partition.iter().map(|slot| {
                    Ok(Order { place: place(slot)?, ty: slot.ty.id, descending: false, nulls_first: false })
                });
                Ok(Call {
                    function: call.function,
                    args: call.args.iter().map(place).collect::<Result<_, SqlError>>()?,
                    types: call.args.iter().map(|slot| slot.ty.id).collect(),
                    filter: call.filter.as_ref().map(place).transpose()?,
                    partition: partition.collect::<Result<_, SqlError>>()?,
                    order: order.collect::<Result<_, SqlError>>()?,
                    units: call.units,
                    start: call.start,
                    end: call.end,
                })
            };
            let calls = calls.into_iter().map(call).collect::<Result<_, SqlError>>()?;
            Ok(Arc::new(Windows { calls, run }))
        })
    }

    fn prepare_window(&mut self, plan: &mut Plan, call: &WindowCall, outer: &[Slot]) -> Result<Prepared, SqlError> {
        let function = match call.function {
            WindowFunction::Aggregate(aggregate) => Function::Aggregate(aggregate),
            WindowFunction::Pure(function) => Function::named(function.name)
                .ok_or_else(|| SqlError::unsupported(format_args!("window function {}", function.name)))?,
        };
        let args = call.args.iter().map(|arg| self.set_argument(plan, arg)).collect::<Result<Vec<_>, _>>()?;
        let filter = call.filter.as_ref().map(|filter| self.set_argument(plan, filter)).transpose()?;
        let mut partition = outer.to_vec();
        for expr in &call.partition_by {
            partition.push(self.set_argument(plan, expr)?);
        }
        let mut sort = |this: &mut Self, sort: &ExprSort| {
            Ok((this.set_argument(plan, &sort.expr)?, sort.descending, sort.nulls_first))
        };
        let order = call.order_by.iter().map(|key| sort(self, key)).collect::<Result<Vec<_>, SqlError>>()?;
        let units = match call.frame.units {
            FrameUnits::Rows => Units::Rows,
            FrameUnits::Range => Units::Range,
            FrameUnits::Groups => Units::Groups,
        };
        let start = self.bound(&call.frame.start, units, &order, "starting")?;
        let end = self.bound(&call.frame.end, units, &order, "ending")?;
        Ok(Prepared { function, args, filter, partition, order, units, start, end, ty: call.ty })
    }

    fn bound(
        &mut self,
        bound: &FrameBound,
        units: Units,
        order: &[(Slot, bool, bool)],
        which: &str,
    ) -> Result<Bound, SqlError> {
        let (expr, following) = match bound {
            FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => return Ok(Bound::Unbounded),
            FrameBound::CurrentRow => return Ok(Bound::Current),
            FrameBound::Preceding(expr) => (expr, false),
            FrameBound::Following(expr) => (expr, true),
        };
        if super::build::has_subquery(expr) || !expr.columns().is_empty() {
            return Err(SqlError::unsupported("a frame offset that is no constant"));
        }
        if self.run.view.is_none() {
            // Only planned: parameters have no values yet.
            return Ok(Bound::Current);
        }
        let value = eval::eval(&bind_params(expr.clone(), &self.run)?, &Frame::new(&self.run.eval(), &[]))?;
        let negative = || SqlError::new(SqlState::of(b"22013"), format!("frame {which} offset must not be negative"));
        let offset = match (units, value) {
            (_, Datum::Null) => {
                let message = format!("frame {which} offset must not be null");
                return Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
            }
            (Units::Rows | Units::Groups, Datum::Int8(count)) if count < 0 => return Err(negative()),
            (Units::Rows | Units::Groups, Datum::Int8(count)) => {
                Offset::Count(usize::try_from(count).unwrap_or(usize::MAX))
            }
            (Units::Range, value) => {
                let [(slot, descending, _)] = order else {
                    return Err(SqlError::unsupported("RANGE with an offset and several sort keys"));
                };
                let ty = expr.ty().id;
                let zero = cairn_sql_types::io::input(&self.run.eval(), ty, "0")?;
                if cairn_sql_types::compare::compare(ty, &value, &zero).is_lt() {
                    return Err(negative());
                }
                let name = if following != *descending { "+" } else { "-" };
                let from = slot.ty.id;
                let refuse = || SqlError::unsupported("RANGE with an offset over this type");
                let operator = operators::exact(name, Some(from), ty).ok_or_else(refuse)?.function;
                let cast = match operator.result == from {
                    true => None,
                    false => {
                        Some(casts::find(from, operator.result).and_then(|cast| cast.function).ok_or_else(refuse)?)
                    }
                };
                Offset::Value(Distance { operator, amount: value, cast, ty: operator.result })
            }
            (_, other) => return Err(SqlError::internal(format!("a frame offset {other:?}"))),
        };
        Ok(if following { Bound::Following(offset) } else { Bound::Preceding(offset) })
    }
}
