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

/// A date or time as JSON shows it, whatever `DateStyle` says: `2020-01-01T10:00:00+00:00`.
pub(crate) fn iso_output(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> Result<String, SqlError> {
    let mut settings = context.settings.clone();
    settings.date_style.format = crate::zone::DateFormat::Iso;
    let text = output(&EvalContext { settings: &settings, host: context.host }, ty, datum)?;
    if !matches!(datum, Datum::Timestamptz(_)) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(text.replacen(' ', "T", 1));
    }
    // The zone is `+hh`, `+hh:mm` or `+hh:mm:ss`; XML's form has minutes always.
    let (body, era) = text.strip_suffix(" BC").map_or((text.as_str(), ""), |body| (body, " BC"));
    let zone = body.rfind(['+', '-']).unwrap_or(body.len());
    let minutes = if body[zone..].contains(':') { "" } else { ":00" };
    Ok(format!("{body}{minutes}{era}").replacen(' ', "T", 1))
}
