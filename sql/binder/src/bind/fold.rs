//! Constant folding: calls of immutable functions on constants are computed once, here. A call that fails is kept, so that
//! the error appears only if the call is reached when the statement runs.

use cairn_sql_types::kernel::{Body, Function, Volatility};
use cairn_sql_types::{Datum, Type, TypeId, casts};

use super::Binder;
use crate::tree::Expr;

impl Binder<'_> {
    /// A call, or its value.
    pub(crate) fn call_or_constant(&mut self, function: &'static Function, args: Vec<Expr>, ty: Type) -> Expr {
        self.note_volatility(function.volatility);
        let folded = match function.volatility {
            Volatility::Immutable if self.folding => self.fold_call(function, &args),
            _ => None,
        };
        match folded {
            Some(value) => Expr::Const(value, ty),
            None => Expr::Call { function, args, ty },
        }
    }

    fn fold_call(&self, function: &'static Function, args: &[Expr]) -> Option<Datum> {
        let mut values = Vec::with_capacity(args.len());
        let mut types: Vec<TypeId> = Vec::with_capacity(args.len());
        for arg in args {
            let Expr::Const(value, ty) = arg else { return None };
            values.push(value.clone());
            types.push(ty.id);
        }
        if function.strict && values.iter().any(Datum::is_null) {
            return Some(Datum::Null);
        }
        match function.body {
            Body::Scalar(kernel) => kernel(self.context, &values).ok(),
            Body::Typed(kernel) => kernel(self.context, &types, &values).ok(),
            Body::Host | Body::Set(..) | Body::Window => None,
        }
    }

    /// Length coercion, or its value.
    pub(crate) fn length_or_constant(&self, arg: Expr, ty: Type, explicit: bool) -> Expr {
        if self.folding
            && let Expr::Const(value, _) = &arg
            && let Ok(value) = casts::coerce_length(value.clone(), ty, explicit)
        {
            return Expr::Const(value, ty);
        }
        Expr::Length { arg: Box::new(arg), ty, explicit }
    }
}

/// Is this the constant NULL?
pub(crate) fn is_null_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Const(Datum::Null, _))
}
