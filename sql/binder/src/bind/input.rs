//! Literals' texts to values and back, by the types' input and output functions.

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, Type, io};

/// The value of a literal; a modifier that its input needs (interval fields) comes with the type.
pub(super) fn literal(context: &EvalContext<'_>, text: &str, ty: Type) -> Result<Datum, SqlError> {
    io::input(context, Type::plain(ty.id), text)
}

/// A value as its type's output function prints it.
pub(crate) fn output(context: &EvalContext<'_>, value: &Datum, ty: Type) -> String {
    io::output_string(context, ty.id, value)
}
