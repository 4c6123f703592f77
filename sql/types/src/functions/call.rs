//! Calling a function whose arguments are at hand.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::kernel::{Body, EvalContext, Function};
use crate::ty::TypeId;

/// Computes a scalar function: NULL for a NULL argument of a strict one, else its kernel or the host. `types` are the arguments'
/// types; only [`Body::Typed`] kernels look at them.
///
/// Errors: the kernel's; XX000 for set-returning and window functions, which have no single value.
#[inline]
pub fn call(
    function: &'static Function,
    context: &EvalContext<'_>,
    types: &[TypeId],
    args: &[Datum],
) -> Result<Datum, SqlError> {
    if function.strict && args.iter().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    match function.body {
        Body::Scalar(kernel) => kernel(context, args),
        Body::Typed(kernel) => kernel(context, types, args),
        Body::Host => context.host.call(function, context, args),
        Body::Set(..) | Body::Window => Err(SqlError::internal(format!("{function:?} has no single value"))),
    }
}
