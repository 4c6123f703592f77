//! How kernels are declared: rows that read like `pg_proc`.
//!
//! ```text
//! functions! {
//!     177 int4pl(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| int::add(a, b));
//!     1299 now() -> TIMESTAMPTZ [stable] = f!(context, || Timestamptz(context.settings.transaction_start));
//!     3058 concat(ANY) -> TEXT [stable, lax, variadic] = raw(concat);
//! }
//! ```
//!
//! A row is immutable and strict unless its flags say otherwise.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::args::Answer;
use crate::kernel::{Body, Function, ScalarFn, TypedFn, Volatility};
use crate::ty::TypeId;

/// A row under construction.
pub(crate) struct Row(pub(crate) Function);

impl Row {
    pub(crate) const fn new(oid: u32, name: &'static str, args: &'static [TypeId], result: TypeId, body: Body) -> Self {
        Self(Function {
            oid,
            name,
            args,
            optional: 0,
            variadic: false,
            result,
            strict: true,
            volatility: Volatility::Immutable,
            body,
        })
    }

    /// Same result within one statement.
    pub(crate) const fn stable(self) -> Self {
        Self(Function { volatility: Volatility::Stable, ..self.0 })
    }

    /// Every call may differ.
    pub(crate) const fn volatile(self) -> Self {
        Self(Function { volatility: Volatility::Volatile, ..self.0 })
    }

    /// Called with NULL arguments, too.
    pub(crate) const fn lax(self) -> Self {
        Self(Function { strict: false, ..self.0 })
    }

    /// The last argument repeats.
    pub(crate) const fn variadic(self) -> Self {
        Self(Function { variadic: true, ..self.0 })
    }

    /// The last `count` arguments may be left out.
    pub(crate) const fn optional(self, count: usize) -> Self {
        Self(Function { optional: count, ..self.0 })
    }
}

/// A kernel that reads its arguments itself.
pub(crate) const fn raw(kernel: ScalarFn) -> Body {
    Body::Scalar(kernel)
}

/// A kernel that also looks at the types of its arguments.
pub(crate) const fn typed(kernel: TypedFn) -> Body {
    Body::Typed(kernel)
}

/// A kernel from a typed closure; `context` names the [`crate::kernel::EvalContext`] where it is needed.
macro_rules! f {
    (|| $value:expr) => {
        $crate::kernel::Body::Scalar(|_context, _args| $crate::functions::args::Answer::answer($value))
    };
    ($context:ident, || $value:expr) => {
        $crate::kernel::Body::Scalar(|$context, _args| $crate::functions::args::Answer::answer($value))
    };
    (|$($name:ident: $ty:ty),+| $value:expr) => {
        $crate::functions::declare::f!(_context, |$($name: $ty),+| $value)
    };
    ($context:ident, |$($name:ident: $ty:ty),+| $value:expr) => {
        $crate::kernel::Body::Scalar(|$context, args| {
            let mut args = args.iter();
            $(let $name: $ty = $crate::functions::args::Arg::get(args.next())?;)+
            $crate::functions::args::Answer::answer($value)
        })
    };
}

/// A set-returning kernel of one column from a typed closure over an iterable result:
/// `set!(INT4 "generate_series", |from: i32, to: i32| ...)`.
macro_rules! set {
    ($ty:ident $column:literal, |$($name:ident: $arg:ty),*| $rows:expr) => {
        $crate::kernel::Body::Set(
            |_context, args| {
                let mut args = args.iter();
                $(let $name: $arg = $crate::functions::args::Arg::get(args.next())?;)*
                $crate::functions::declare::single_column($rows)
            },
            &[($column, $crate::functions::types::$ty)],
        )
    };
}

/// Rows of one column.
pub(crate) fn single_column<T: Answer>(
    values: Result<impl IntoIterator<Item = T>, SqlError>,
) -> Result<Vec<Vec<Datum>>, SqlError> {
    values?.into_iter().map(|value| Ok(vec![value.answer()?])).collect()
}

/// A table of functions named `FUNCTIONS`.
macro_rules! functions {
    ($(
        $oid:literal $name:ident ( $($arg:ident),* ) -> $result:ident
        $([ $($flag:ident $(($count:literal))?),* ])? = $body:expr;
    )*) => {
        /// The functions of this family.
        pub(crate) static FUNCTIONS: &[$crate::kernel::Function] = {
            use $crate::functions::types;
            &[$(
                $crate::functions::declare::Row::new(
                    $oid,
                    stringify!($name),
                    &[$(types::$arg),*],
                    types::$result,
                    $body,
                )
                $($(.$flag($($count)?))*)?
                .0
            ),*]
        };
    };
}

pub(crate) use {f, functions, set};
