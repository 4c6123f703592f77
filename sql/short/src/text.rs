//! Values as text: casts through text, and the rows and keys in error messages.

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, Type, TypeId, io};

/// Longest value in "Failing row contains", in bytes.
const SHOWN_BYTES_MAX: usize = 64;

/// The value of `from` read as a `to`.
pub(crate) fn via_text(value: &Datum, from: Type, to: Type, context: &EvalContext<'_>) -> Result<Datum, SqlError> {
    io::input(context, to, &io::output_string(context, from.id, value))
}

/// A value in a key: `1`, `abc`, `null`.
pub(crate) fn shown(value: &Datum, ty: TypeId, context: &EvalContext<'_>) -> String {
    match value {
        Datum::Null => "null".to_owned(),
        value => io::output_string(context, ty, value),
    }
}

/// A value in a row: long ones are cut.
pub(crate) fn shortened(value: &Datum, ty: TypeId, context: &EvalContext<'_>) -> String {
    let mut text = shown(value, ty, context);
    if text.len() > SHOWN_BYTES_MAX {
        text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
        text.push_str("...");
    }
    text
}
