//! Function calls: which function, with which arguments, and whether it may stand here. Aggregates and window calls are
//! collected in their query level and referred to by number.

use cairn_sql_catalog::functions::function_schema;
use cairn_sql_types::functions::record::row_type;
use cairn_sql_types::kernel::{Aggregate, Body, Function};
use cairn_sql_types::resolve::{Callable, FunctionMatch, ResolvedCall, call_signature, function};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId, aggregates};

use super::coerce::Placed;
use super::{Binder, Place, at};
use crate::syntax::ast::{Call, Expr as Syntax, SortBy};
use crate::syntax::token::Pos;
use crate::tree::{AggregateCall, Expr, ExprSort};

/// The longest argument list, as in PostgreSQL.
const ARGUMENTS_MAX: usize = 100;

impl Binder<'_> {
    pub(crate) fn call(&mut self, call: &Call, pos: Pos) -> Result<Expr, SqlError> {
        let name = call.name.last().to_owned();
        self.check_call(call, &name, pos)?;
        if call.within_group && is_hypothetical(&name) {
            return Err(SqlError::unsupported(format!("hypothetical-set aggregate {name}")).at(pos + 1));
        }
        if name == "unnest" && call.args.len() > 1 {
            return Err(SqlError::unsupported("unnest() of several arrays").at(pos + 1));
        }
        let aggregate = !aggregates::by_name(&name).is_empty();
        if aggregate && call.over.is_none() && self.is_aggregate_call(call, &name) {
            return self.aggregate(call, &name, pos);
        }
        if call.over.is_some() {
            return self.window_call(call, &name, pos);
        }
        if name == "row_to_json" {
            let args: Vec<Syntax> = call.args.iter().map(|arg| arg.value.clone()).collect();
            return self.row_to_json(&args, pos);
        }
        let args = self.call_arguments(call, &name)?.0;
        self.plain_call(call, &name, args, pos)
    }

    /// A call's arguments, and whether one is a row that was made a JSON object.
    fn call_arguments(&mut self, call: &Call, name: &str) -> Result<(Vec<Placed>, bool), SqlError> {
        let json = super::json_row::writes_json(name);
        let (mut args, mut rows) = (Vec::with_capacity(call.args.len()), false);
        for arg in &call.args {
            args.push(match json {
                false => self.expr(&arg.value)?,
                true => {
                    let (arg, is_row) = self.json_argument(&arg.value)?;
                    rows |= is_row;
                    arg
                }
            });
        }
        Ok((args, rows))
    }

    /// Functions that are aggregates only with WITHIN GROUP share their name with window functions (`rank`).
    fn is_aggregate_call(&self, call: &Call, name: &str) -> bool {
        call.within_group
            || aggregates::by_name(name).iter().any(|aggregate| aggregate.ordered_set.is_none())
            || cairn_sql_types::functions::by_name(name).is_empty()
    }

    fn check_call(&self, call: &Call, name: &str, pos: Pos) -> Result<(), SqlError> {
        if let [.., schema, _] = call.name.parts.as_slice() {
            let found = self.catalog.schema(&schema.text);
            if found.is_some_and(|found| found.oid == function_schema(name)) {
                return self.check_arguments(call, name, pos);
            }
            if found.is_none() {
                let message = format!("schema \"{}\" does not exist", schema.text);
                return Err(at(SqlState::INVALID_SCHEMA_NAME, message, pos));
            }
            let message =
                format!("function {}({}) does not exist", call.name.display(), if call.star { "*" } else { "" });
            return Err(at(SqlState::UNDEFINED_FUNCTION, message, pos));
        }
        self.check_arguments(call, name, pos)
    }

    fn check_arguments(&self, call: &Call, name: &str, pos: Pos) -> Result<(), SqlError> {
        if call.args.len() > ARGUMENTS_MAX {
            let message = format!("cannot pass more than {ARGUMENTS_MAX} arguments to a function");
            return Err(at(SqlState::of(b"54023"), message, pos));
        }
        if let Some(named) = call.args.iter().find_map(|arg| arg.name.as_ref()) {
            return Err(SqlError::unsupported("a named argument").at(named.pos + 1));
        }
        if call.star && aggregates::by_name(name).is_empty() {
            return Err(at(SqlState::UNDEFINED_FUNCTION, format!("function {name}() does not exist"), pos).hint(
                "No function matches the given name and argument types. You might need to add explicit type casts.",
            ));
        }
        Ok(())
    }

    fn plain_call(&mut self, call: &Call, name: &str, args: Vec<Placed>, pos: Pos) -> Result<Expr, SqlError> {
        let types: Vec<TypeId> = args.iter().map(Placed::ty).collect();
        if name == "pg_typeof" && self.is_untyped_constant(&args) {
            return Ok(Expr::Const(Datum::Oid(TypeId::UNKNOWN.0), Type::plain(TypeId::REGTYPE)));
        }
        let resolved = match function(name, &types, call.variadic).map_err(|error| error.at(pos + 1))? {
            FunctionMatch::Cast(to) => {
                let arg = args.into_iter().next().ok_or_else(|| SqlError::internal("a cast has an argument"))?;
                return self.cast(arg, Type::plain(to), pos);
            }
            FunctionMatch::Call(resolved) => resolved,
        };
        let Callable::Function(found) = resolved.callable else {
            return Err(SqlError::internal("aggregates are bound elsewhere"));
        };
        let refuse = |what: &str| {
            let message = format!("{what} specified, but {name} is not an aggregate function");
            Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos))
        };
        match () {
            () if call.distinct => return refuse("DISTINCT"),
            () if call.within_group => return refuse("WITHIN GROUP"),
            () if !call.order_by.is_empty() => return refuse("ORDER BY"),
            () if call.filter.is_some() => return refuse("FILTER"),
            () => {}
        }
        let args = self.arguments(args, &resolved)?;
        self.finish_call(found, args, Type::plain(resolved.result), pos)
    }

    /// Is the only argument a constant without type? (Everywhere else it would become text.)
    fn is_untyped_constant(&self, args: &[Placed]) -> bool {
        match args {
            [Placed { expr: Expr::Const(_, ty), .. }] => ty.id == TypeId::UNKNOWN,
            [Placed { expr: Expr::Param(index, ty), .. }] => ty.id == TypeId::UNKNOWN && self.params.is_lifted(*index),
            _ => false,
        }
    }

    fn finish_call(&mut self, found: &'static Function, args: Vec<Expr>, ty: Type, pos: Pos) -> Result<Expr, SqlError> {
        match found.body {
            Body::Window => {
                let message = format!("window function {} requires an OVER clause", found.name);
                Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos))
            }
            Body::Set(..) => {
                self.check_set_place(pos)?;
                self.note_volatility(found.volatility);
                Ok(Expr::SetCall { function: found, args, ty: row_type(found, ty.id) })
            }
            _ => {
                // Sequences are data.
                if matches!(found.name, "nextval" | "setval") {
                    self.flags.read_only = false;
                    self.flags.moves_sequence = Some(found.name);
                }
                Ok(self.call_or_constant(found, args, ty))
            }
        }
    }

    /// Coerces arguments to what the overload takes; trailing variadic ones become one array.
    pub(crate) fn arguments(&mut self, args: Vec<Placed>, resolved: &ResolvedCall) -> Result<Vec<Expr>, SqlError> {
        let mut bound = Vec::with_capacity(args.len());
        for (arg, ty) in args.into_iter().zip(&resolved.args) {
            bound.push(match *ty {
                TypeId::ANY | TypeId::UNKNOWN => self.settle(arg)?,
                ty => self.coerce(arg, ty)?,
            });
        }
        if let Some(gather) = resolved.gather {
            let elements = bound.split_off(gather.from);
            let array =
                gather.element.array().ok_or_else(|| SqlError::internal("variadic elements have an array type"))?;
            bound.push(Expr::Array { elements, ty: Type::plain(array), nested: false });
        }
        Ok(bound)
    }

    /// A function of pg_catalog that the grammar names.
    pub(crate) fn system_function(&mut self, name: &str, args: &[&Syntax], pos: Pos) -> Result<Expr, SqlError> {
        let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<TypeId> = args.iter().map(Placed::ty).collect();
        match function(name, &types, false) {
            Ok(FunctionMatch::Call(ResolvedCall {
                callable: Callable::Function(found),
                args: wanted,
                result,
                gather,
            })) => {
                let resolved = ResolvedCall { callable: Callable::Function(found), args: wanted, result, gather };
                let args = self.arguments(args, &resolved)?;
                self.finish_call(found, args, Type::plain(result), pos)
            }
            Ok(_) => Err(SqlError::internal(format!("{name} is a function"))),
            Err(error) => Err(qualified(error, name, &types).at(pos + 1)),
        }
    }

    /// An aggregate call of this query level.
    fn aggregate(&mut self, call: &Call, name: &str, pos: Pos) -> Result<Expr, SqlError> {
        self.check_aggregate_place(pos)?;
        if self.level().in_aggregate {
            return Err(at(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested", pos));
        }
        self.level().in_aggregate = true;
        let bound = self.in_place(Place::AggregateArgument, |this| this.aggregate_parts(call, name, pos));
        self.level().in_aggregate = false;
        let (aggregate_call, ty) = bound?;
        self.check_aggregate_level(&aggregate_call, pos)?;
        let known = self.level().aggregates.iter().position(|other| same_aggregate(other, &aggregate_call));
        let index = known.unwrap_or_else(|| {
            self.level().aggregates.push(aggregate_call);
            self.level().aggregates.len() - 1
        });
        Ok(Expr::Aggregate(index, ty))
    }

    fn aggregate_parts(&mut self, call: &Call, name: &str, pos: Pos) -> Result<(AggregateCall, Type), SqlError> {
        let (mut args, rows) = self.call_arguments(call, name)?;
        // Objects of rows stand on lines of their own.
        let name = if rows && name == "json_agg" { "cairn_json_agg_rows" } else { name };
        if call.within_group {
            for sort in &call.order_by {
                args.push(self.expr(&sort.expr)?);
            }
        }
        let (aggregate, resolved) = self.resolve_aggregate(call, name, &args, pos)?;
        let args = self.arguments(args, &resolved)?;
        let order_by = match aggregate.ordered_set {
            Some(direct) => sorted(args[direct.min(args.len())..].to_vec(), &call.order_by),
            None => self.aggregate_order(call, &args, pos)?,
        };
        let filter = match &call.filter {
            Some(filter) => Some(self.in_place(Place::Filter, |this| this.condition(filter, "FILTER"))?),
            None => None,
        };
        let ty = Type::plain(resolved.result);
        Ok((AggregateCall { aggregate, args, distinct: call.distinct, order_by, filter, ty }, ty))
    }

    pub(crate) fn resolve_aggregate(
        &mut self,
        call: &Call,
        name: &str,
        args: &[Placed],
        pos: Pos,
    ) -> Result<(&'static Aggregate, ResolvedCall), SqlError> {
        if !call.star && args.is_empty() && name == "count" {
            let message = "count(*) must be used to call a parameterless aggregate function";
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos));
        }
        let types: Vec<TypeId> = args.iter().map(Placed::ty).collect();
        let resolved = match function(name, &types, call.variadic).map_err(|error| error.at(pos + 1))? {
            FunctionMatch::Call(resolved) => resolved,
            FunctionMatch::Cast(_) => return Err(SqlError::internal("an aggregate is no cast")),
        };
        let Callable::Aggregate(aggregate) = resolved.callable else {
            let message = format!("{name} is not an aggregate function");
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos));
        };
        match (aggregate.ordered_set.is_some(), call.within_group) {
            (true, false) => {
                let message = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
                Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos))
            }
            (false, true) => {
                let message = format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP");
                Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos))
            }
            _ => Ok((aggregate, resolved)),
        }
    }

    /// ORDER BY inside the call; with DISTINCT it may only sort by arguments.
    fn aggregate_order(&mut self, call: &Call, args: &[Expr], pos: Pos) -> Result<Vec<ExprSort>, SqlError> {
        let mut order = Vec::with_capacity(call.order_by.len());
        for sort in &call.order_by {
            let expr = self.value(&sort.expr)?;
            self.check_sortable(&expr, sort.expr.pos)?;
            if call.distinct && !args.iter().any(|arg| crate::walk::same(arg, &expr)) {
                let message = "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
                return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, sort.expr.pos));
            }
            order.push(ExprSort { expr, descending: sort.descending, nulls_first: sort.nulls_first });
        }
        if call.distinct {
            for arg in args {
                self.check_sortable(arg, pos)?;
            }
        }
        Ok(order)
    }

    /// An aggregate whose arguments are all columns of an enclosing query belongs to that query in SQL.
    fn check_aggregate_level(&mut self, call: &AggregateCall, pos: Pos) -> Result<(), SqlError> {
        let mut columns: Vec<_> = call.args.iter().flat_map(Expr::columns).collect();
        columns.extend(call.filter.iter().flat_map(Expr::columns));
        let level = self.level();
        let local = |rel| {
            level
                .items
                .iter()
                .any(|item| item.columns.iter().any(|column| column.expr.columns().iter().any(|c| c.0 == rel)))
        };
        if !columns.is_empty() && !columns.iter().any(|(rel, _, _)| local(*rel)) {
            return Err(SqlError::unsupported("an aggregate over columns of an outer query").at(pos + 1));
        }
        Ok(())
    }

    fn check_aggregate_place(&self, pos: Pos) -> Result<(), SqlError> {
        let place = match self.place {
            Place::Targets
            | Place::Having
            | Place::OrderBy
            | Place::DistinctOn
            | Place::WindowPartition
            | Place::WindowOrder => return Ok(()),
            Place::AggregateArgument => {
                return Err(at(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested", pos));
            }
            Place::WindowFrame => "window frame offsets",
            place => place_name(place),
        };
        Err(at(SqlState::GROUPING_ERROR, format!("aggregate functions are not allowed in {place}"), pos))
    }

    /// Set-returning functions may stand in select lists and FROM only.
    fn check_set_place(&self, pos: Pos) -> Result<(), SqlError> {
        if self.levels.last().is_some_and(|level| level.in_aggregate) || self.place == Place::AggregateArgument {
            let message = "aggregate function calls cannot contain set-returning function calls";
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, pos)
                .hint("You might be able to move the set-returning function into a LATERAL FROM item."));
        }
        if let Some(what) = self.levels.last().and_then(|level| level.conditional) {
            let message = format!("set-returning functions are not allowed in {what}");
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, pos)
                .hint("You might be able to move the set-returning function into a LATERAL FROM item."));
        }
        match self.place {
            Place::Targets | Place::FromFunction | Place::OrderBy | Place::GroupBy | Place::DistinctOn => Ok(()),
            place => {
                let message = format!("set-returning functions are not allowed in {}", place_name(place));
                Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, pos))
            }
        }
    }
}

/// Window functions whose names are also those of hypothetical-set aggregates.
pub(crate) fn is_hypothetical(name: &str) -> bool {
    matches!(name, "rank" | "dense_rank" | "percent_rank" | "cume_dist")
}

/// How errors name a place.
pub(crate) fn place_name(place: Place) -> &'static str {
    match place {
        Place::Targets => "SELECT",
        Place::Where => "WHERE",
        Place::Having => "HAVING",
        Place::GroupBy => "GROUP BY",
        Place::OrderBy => "ORDER BY",
        Place::DistinctOn => "DISTINCT ON",
        Place::JoinOn => "JOIN conditions",
        Place::FromFunction => "functions in FROM",
        Place::Values => "VALUES",
        Place::Limit => "LIMIT",
        Place::Offset => "OFFSET",
        Place::Filter => "FILTER",
        Place::AggregateArgument => "aggregate arguments",
        Place::WindowPartition => "window PARTITION BY",
        Place::WindowOrder => "window ORDER BY",
        Place::WindowFrame => "window frame offsets",
        Place::UpdateSet => "UPDATE",
        Place::Returning => "RETURNING",
        Place::Check => "check constraints",
        Place::Default => "DEFAULT expressions",
        Place::Execute => "EXECUTE parameters",
    }
}

/// The sort keys of an ordered-set aggregate are its aggregated arguments.
fn sorted(args: Vec<Expr>, order: &[SortBy]) -> Vec<ExprSort> {
    let pairs = args.into_iter().zip(order);
    pairs.map(|(expr, sort)| ExprSort { expr, descending: sort.descending, nulls_first: sort.nulls_first }).collect()
}

/// Functions that SQL's syntax calls are named with their schema in messages.
fn qualified(mut error: SqlError, name: &str, types: &[TypeId]) -> SqlError {
    if error.state() == SqlState::UNDEFINED_FUNCTION {
        error.fields_mut().message = format!("function pg_catalog.{} does not exist", call_signature(name, types));
    }
    error
}

fn same_aggregate(left: &AggregateCall, right: &AggregateCall) -> bool {
    let exprs = |a: &[Expr], b: &[Expr]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| crate::walk::same(a, b));
    let sorts = left.order_by.len() == right.order_by.len()
        && left.order_by.iter().zip(&right.order_by).all(|(a, b)| {
            crate::walk::same(&a.expr, &b.expr) && a.descending == b.descending && a.nulls_first == b.nulls_first
        });
    let filters = match (&left.filter, &right.filter) {
        (Some(a), Some(b)) => crate::walk::same(a, b),
        (None, None) => true,
        _ => false,
    };
    let volatile = |call: &AggregateCall| {
        call.args.iter().any(|arg| {
            arg.any(|expr| matches!(expr, Expr::Call { function, .. } if function.volatility == cairn_sql_types::kernel::Volatility::Volatile))
        })
    };
    std::ptr::eq(left.aggregate, right.aggregate)
        && left.distinct == right.distinct
        && exprs(&left.args, &right.args)
        && sorts
        && filters
        && !volatile(left)
}
