//! The text form of values inside kernels.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::kernel::EvalContext;
use crate::ty::TypeId;

/// The text of a value that is not NULL, as the type's output function shows it.
pub(crate) fn output(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> Result<String, SqlError> {
    let _ = (context, ty);
    Ok(match datum {
        Datum::Text(text) => text.to_string(),
        Datum::Int4(n) => n.to_string(),
        Datum::Int8(n) => n.to_string(),
        Datum::Int2(n) => n.to_string(),
        Datum::Numeric(n) => n.to_string(),
        Datum::Bool(b) => if *b { "t" } else { "f" }.to_owned(),
        other => return Err(SqlError::unsupported(format!("text form of {other:?}"))),
    })
}

/// The value cast to text: like [`output`], but `true` for booleans and without the padding of `char(n)`.
pub(crate) fn to_text(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> Result<String, SqlError> {
    match datum {
        Datum::Bool(value) => Ok(value.to_string()),
        Datum::Text(text) if ty == TypeId::BPCHAR => Ok(crate::functions::comparison::unpadded(text).to_owned()),
        datum => output(context, ty, datum),
    }
}
