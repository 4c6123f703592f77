//! The text form of values inside kernels.

use crate::datum::Datum;
use crate::io::output_string;
use crate::kernel::{EvalContext, EvalSettings};
use crate::ty::TypeId;
use crate::zone::{DateFormat, DateStyle};

/// The text of a value that is not NULL, as the type's output function shows it.
pub(crate) fn output(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> String {
    output_string(context, ty, datum)
}

/// The value cast to text: like [`output`], but `true` for booleans and without the padding of `char(n)`.
pub(crate) fn to_text(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> String {
    match datum {
        Datum::Bool(value) => value.to_string(),
        Datum::Text(text) if ty == TypeId::BPCHAR => crate::compare::unpadded(text).to_owned(),
        datum => output(context, ty, datum),
    }
}

/// A date or time as JSON shows it, whatever `DateStyle` says: `2020-01-01T10:00:00+00:00`.
pub(crate) fn iso_output(context: &EvalContext<'_>, ty: TypeId, datum: &Datum) -> String {
    let date_style = DateStyle { format: DateFormat::Iso, ..context.settings.date_style };
    let settings = EvalSettings { date_style, ..context.settings.clone() };
    let text = output(&EvalContext { settings: &settings, host: context.host }, ty, datum);
    if !matches!(datum, Datum::Timestamptz(_)) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return text.replacen(' ', "T", 1);
    }
    // The zone is `+hh`, `+hh:mm` or `+hh:mm:ss`; XML's form has minutes always.
    let (body, era) = text.strip_suffix(" BC").map_or((text.as_str(), ""), |body| (body, " BC"));
    let zone = body.rfind(['+', '-']).unwrap_or(body.len());
    let minutes = if body[zone..].contains(':') { "" } else { ":00" };
    format!("{body}{minutes}{era}").replacen(' ', "T", 1)
}
