//! Window function calls.

use cairn_sql_types::kernel::{Body, CastContext};
use cairn_sql_types::resolve::{Callable, FunctionMatch, function};
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::call::place_name;
use super::coerce::Placed;
use super::{Binder, Place, at};
use crate::syntax::ast::{
    Call, Frame as SyntaxFrame, FrameBound as SyntaxBound, FrameUnits as SyntaxUnits, Name, Over, SortBy, WindowSpec,
};
use crate::syntax::token::Pos;
use crate::tree::{Expr, ExprSort, Frame, FrameBound, FrameUnits, WindowCall, WindowFunction};

impl Binder<'_> {
    pub(crate) fn window_call(&mut self, call: &Call, name: &str, pos: Pos) -> Result<Expr, SqlError> {
        self.check_window_place(pos)?;
        if call.distinct {
            let message = "DISTINCT is not implemented for window functions";
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, pos));
        }
        if !call.order_by.is_empty() {
            let what = if call.within_group {
                format!("OVER is not supported for ordered-set aggregate {name}")
            } else {
                "aggregate ORDER BY is not implemented for window functions".to_owned()
            };
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, what, pos));
        }
        if !call.args.is_empty() && super::call::is_hypothetical(name) {
            let message = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos));
        }
        self.level().in_window = true;
        let bound = self.window_parts(call, name, pos);
        self.level().in_window = false;
        let window = bound?;
        let ty = window.ty;
        let level = self.level();
        level.windows.push(window);
        Ok(Expr::Window(level.windows.len() - 1, ty))
    }

    fn window_parts(&mut self, call: &Call, name: &str, pos: Pos) -> Result<WindowCall, SqlError> {
        let args = call.args.iter().map(|arg| self.expr(&arg.value)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<TypeId> = args.iter().map(Placed::ty).collect();
        let resolved = match function(name, &types, call.variadic).map_err(|error| error.at(pos + 1))? {
            FunctionMatch::Call(resolved) => resolved,
            FunctionMatch::Cast(_) => return Err(not_windowed(name, pos)),
        };
        let found = match resolved.callable {
            Callable::Aggregate(aggregate) if aggregate.ordered_set.is_none() => WindowFunction::Aggregate(aggregate),
            Callable::Function(found) if matches!(found.body, Body::Window) => WindowFunction::Pure(found),
            _ => return Err(not_windowed(name, pos)),
        };
        let args = self.arguments(args, &resolved)?;
        let filter = match (&call.filter, found) {
            (Some(_), WindowFunction::Pure(_)) => {
                let message = "FILTER is not implemented for non-aggregate window functions";
                return Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, pos));
            }
            (Some(filter), _) => Some(self.in_place(Place::Filter, |this| this.condition(filter, "FILTER"))?),
            (None, _) => None,
        };
        let Some(over) = &call.over else { return Err(SqlError::internal("a window call has OVER")) };
        let spec = self.effective_window(over)?;
        let partition_by = self.in_place(Place::WindowPartition, |this| {
            spec.partition_by
                .iter()
                .map(|expr| {
                    let value = this.value(expr)?;
                    this.check_groupable(&value, expr.pos)?;
                    Ok(value)
                })
                .collect::<Result<Vec<_>, SqlError>>()
        })?;
        let order_by = self.in_place(Place::WindowOrder, |this| this.window_order(&spec.order_by))?;
        let frame = self.in_place(Place::WindowFrame, |this| this.frame(spec.frame.as_ref(), &order_by, spec.pos))?;
        Ok(WindowCall {
            function: found,
            args,
            filter,
            partition_by,
            order_by,
            frame,
            ty: Type::plain(resolved.result),
        })
    }

    fn check_window_place(&mut self, pos: Pos) -> Result<(), SqlError> {
        let defining = matches!(self.place, Place::WindowPartition | Place::WindowOrder | Place::WindowFrame);
        if self.level().in_window && !defining {
            return Err(at(SqlState::WINDOWING_ERROR, "window function calls cannot be nested", pos));
        }
        if self.level().in_aggregate {
            let message = "aggregate function calls cannot contain window function calls";
            return Err(at(SqlState::GROUPING_ERROR, message, pos));
        }
        match self.place {
            Place::Targets | Place::OrderBy | Place::DistinctOn => Ok(()),
            Place::WindowPartition | Place::WindowOrder | Place::WindowFrame => {
                Err(at(SqlState::WINDOWING_ERROR, "window functions are not allowed in window definitions", pos))
            }
            place => {
                let message = format!("window functions are not allowed in {}", place_name(place));
                Err(at(SqlState::WINDOWING_ERROR, message, pos))
            }
        }
    }

    /// 42P20 `window "w" is already defined`
    pub(crate) fn check_window_names(&mut self) -> Result<(), SqlError> {
        let names = &self.level().window_names;
        for (index, (name, _)) in names.iter().enumerate() {
            if names[..index].iter().any(|(other, _)| other.text == name.text) {
                let message = format!("window \"{}\" is already defined", name.text);
                return Err(at(SqlState::WINDOWING_ERROR, message, name.pos));
            }
        }
        Ok(())
    }

    fn named_window(&mut self, name: &Name) -> Result<WindowSpec, SqlError> {
        let found = self.level().window_names.iter().find(|(known, _)| known.text == name.text);
        found
            .map(|(_, spec)| spec.clone())
            .ok_or_else(|| at(SqlState::UNDEFINED_OBJECT, format!("window \"{}\" does not exist", name.text), name.pos))
    }

    /// The definition with everything that it takes from a named one.
    fn effective_window(&mut self, over: &Over) -> Result<WindowSpec, SqlError> {
        self.stack.check()?;
        let mut spec = match over {
            Over::Name(name) => {
                return {
                    let named = self.named_window(name)?;
                    self.effective_window(&Over::Spec(Box::new(named)))
                };
            }
            Over::Spec(spec) => (**spec).clone(),
        };
        let Some(name) = spec.base.take() else { return Ok(spec) };
        let named = self.named_window(&name)?;
        let base = self.effective_window(&Over::Spec(Box::new(named)))?;
        let refuse = |message: String| Err(at(SqlState::WINDOWING_ERROR, message, spec.pos));
        if !spec.partition_by.is_empty() {
            return refuse(format!("cannot override PARTITION BY clause of window \"{}\"", name.text));
        }
        if !spec.order_by.is_empty() && !base.order_by.is_empty() {
            return refuse(format!("cannot override ORDER BY clause of window \"{}\"", name.text));
        }
        if base.frame.is_some() {
            return refuse(format!("cannot copy window \"{}\" because it has a frame clause", name.text));
        }
        spec.partition_by = base.partition_by;
        if spec.order_by.is_empty() {
            spec.order_by = base.order_by;
        }
        Ok(spec)
    }

    fn window_order(&mut self, order: &[SortBy]) -> Result<Vec<ExprSort>, SqlError> {
        let mut sorts = Vec::with_capacity(order.len());
        for sort in order {
            let expr = self.value(&sort.expr)?;
            self.check_sortable(&expr, sort.expr.pos)?;
            sorts.push(ExprSort { expr, descending: sort.descending, nulls_first: sort.nulls_first });
        }
        Ok(sorts)
    }

    fn frame(&mut self, frame: Option<&SyntaxFrame>, order_by: &[ExprSort], pos: Pos) -> Result<Frame, SqlError> {
        let Some(frame) = frame else {
            return Ok(Frame {
                units: FrameUnits::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
            });
        };
        check_frame(frame)?;
        let units = match frame.units {
            SyntaxUnits::Rows => FrameUnits::Rows,
            SyntaxUnits::Range => FrameUnits::Range,
            SyntaxUnits::Groups => FrameUnits::Groups,
        };
        if units == FrameUnits::Groups && order_by.is_empty() {
            return Err(at(SqlState::WINDOWING_ERROR, "GROUPS mode requires an ORDER BY clause", pos));
        }
        let start = self.frame_bound(&frame.start, units, order_by, pos)?;
        let end = self.frame_bound(&frame.end, units, order_by, pos)?;
        Ok(Frame { units, start, end })
    }

    fn frame_bound(
        &mut self,
        bound: &SyntaxBound,
        units: FrameUnits,
        order_by: &[ExprSort],
        pos: Pos,
    ) -> Result<FrameBound, SqlError> {
        Ok(match bound {
            SyntaxBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
            SyntaxBound::CurrentRow => FrameBound::CurrentRow,
            SyntaxBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
            SyntaxBound::Preceding(offset) => FrameBound::Preceding(self.frame_offset(offset, units, order_by, pos)?),
            SyntaxBound::Following(offset) => FrameBound::Following(self.frame_offset(offset, units, order_by, pos)?),
        })
    }

    /// ROWS and GROUPS count rows (int8); RANGE measures in the sort column's own unit.
    fn frame_offset(
        &mut self,
        offset: &crate::syntax::ast::Expr,
        units: FrameUnits,
        order_by: &[ExprSort],
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        let before = self.level().uses.len();
        let value = self.expr(offset)?;
        let clause = match units {
            FrameUnits::Rows => "ROWS",
            FrameUnits::Groups => "GROUPS",
            FrameUnits::Range => "RANGE",
        };
        if self.level().uses.len() > before {
            let message = format!("argument of {clause} must not contain variables");
            return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, offset.pos));
        }
        if units != FrameUnits::Range {
            return self.bigint(value, clause);
        }
        let [sort] = order_by else {
            let message = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
            return Err(at(SqlState::WINDOWING_ERROR, message, pos));
        };
        let column = sort.expr.ty().id;
        let wanted = match column {
            TypeId::DATE | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ | TypeId::TIME | TypeId::INTERVAL => {
                TypeId::INTERVAL
            }
            TypeId::INT2 | TypeId::INT4 | TypeId::INT8 | TypeId::NUMERIC | TypeId::FLOAT8 => column,
            TypeId::FLOAT4 => TypeId::FLOAT8,
            other => {
                let shown = crate::bind::type_name(other);
                let message = format!("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {shown}");
                return Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, offset.pos));
            }
        };
        let from = value.ty();
        self.try_coerce(value, Type::plain(wanted), CastContext::Implicit)?.ok_or_else(|| {
            let (column, from) = (crate::bind::type_name(column), crate::bind::type_name(from));
            let message = format!(
                "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {column} and offset type {from}"
            );
            at(SqlState::FEATURE_NOT_SUPPORTED, message, offset.pos)
        })
    }
}

fn not_windowed(name: &str, pos: Pos) -> SqlError {
    let message = format!("OVER specified, but {name} is not a window function nor an aggregate function");
    at(SqlState::WRONG_OBJECT_TYPE, message, pos)
}

/// Bounds in the wrong order.
fn check_frame(frame: &SyntaxFrame) -> Result<(), SqlError> {
    use SyntaxBound::{CurrentRow, Following, Preceding, UnboundedFollowing, UnboundedPreceding};
    let message = match (&frame.start, &frame.end) {
        (UnboundedFollowing, _) => "frame start cannot be UNBOUNDED FOLLOWING",
        (_, UnboundedPreceding) => "frame end cannot be UNBOUNDED PRECEDING",
        (CurrentRow, Preceding(_)) => "frame starting from current row cannot have preceding rows",
        (Following(_), Preceding(_) | CurrentRow) => "frame starting from following row cannot have preceding rows",
        _ => return Ok(()),
    };
    Err(at(SqlState::WINDOWING_ERROR, message, frame.pos))
}
