//! Expressions without rows: arguments of EXECUTE, defaults.

use cairn_sql_binder::tree::Expr;
use cairn_sql_catalog::Catalog;
use cairn_sql_types::casts::coerce_length;
use cairn_sql_types::kernel::{Body, CastContext, EvalContext};
use cairn_sql_types::resolve::{Coercion, coercion};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, io};

use crate::eval::{Compiler, Frame};
use crate::plan::{PlanOptions, Planner};

/// Evaluates an expression without columns and subqueries, and brings its value to `ty` as an assignment would.
pub fn eval_constant(expr: &Expr, ty: Type, params: &[Datum], context: &EvalContext<'_>) -> Result<Datum, SqlError> {
    let catalog = Catalog::default();
    let value = eval(expr, &catalog, params, context)?;
    coerce_length(assigned(value, expr.ty(), ty, context)?, ty, false)
}

/// Evaluates an expression without columns and subqueries.
pub(crate) fn eval(
    expr: &Expr,
    catalog: &Catalog,
    params: &[Datum],
    context: &EvalContext<'_>,
) -> Result<Datum, SqlError> {
    let planner = Planner::new(catalog, PlanOptions::default());
    let code = Compiler::new(&planner).expr(expr).map_err(|reason| SqlError::unsupported(reason.0))?;
    code.eval(&Frame::new(context, params, &[]))
}

fn assigned(value: Datum, from: Type, to: Type, context: &EvalContext<'_>) -> Result<Datum, SqlError> {
    if value.is_null() {
        return Ok(value);
    }
    let mismatch = || {
        let message = format!(
            "parameter of type {} cannot be coerced to the expected type {}",
            from.id.sql_name(),
            to.id.sql_name()
        );
        SqlError::new(SqlState::DATATYPE_MISMATCH, message).hint("You will need to rewrite or cast the expression.")
    };
    match coercion(from.id, to.id, CastContext::Assignment) {
        None => Err(mismatch()),
        Some(Coercion::Same | Coercion::Relabel) => Ok(value),
        Some(Coercion::Function(function)) => match function.body {
            Body::Scalar(kernel) => kernel(context, &[value]),
            Body::Typed(kernel) => kernel(context, &[from.id], &[value]),
            _ => Err(mismatch()),
        },
        Some(Coercion::ViaText | Coercion::Array(_)) => {
            io::input(context, to, &io::output_string(context, from.id, &value))
        }
    }
}
