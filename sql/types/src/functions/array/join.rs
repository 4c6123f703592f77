//! Between arrays and delimited strings.

use crate::datum::{Array, Datum};
use crate::error::SqlError;
use crate::functions::declare::{f, functions, set};
use crate::functions::output::output;
use crate::kernel::EvalContext;

use super::text_array;

/// The fields of a string: split at the delimiter; without one into characters; not at all by an empty one.
fn fields<'a>(text: &'a str, delimiter: Option<&str>) -> Vec<&'a str> {
    match delimiter {
        _ if text.is_empty() => Vec::new(),
        None => text.split("").filter(|character| !character.is_empty()).collect(),
        Some("") => vec![text],
        Some(delimiter) => text.split(delimiter).collect(),
    }
}

/// Fields that equal `null` are NULL.
fn split<'a>(text: &'a str, delimiter: Option<&str>, null: Option<&str>) -> Vec<Option<&'a str>> {
    fields(text, delimiter).into_iter().map(|field| Some(field).filter(|field| Some(*field) != null)).collect()
}

fn to_array(text: Option<&str>, delimiter: Option<&str>, null: Option<&str>) -> Option<Array> {
    text.map(|text| text_array(split(text, delimiter, null)))
}

fn to_rows<'a>(
    text: Option<&'a str>,
    delimiter: Option<&str>,
    null: Option<&str>,
) -> Result<Vec<Option<&'a str>>, SqlError> {
    Ok(text.map_or_else(Vec::new, |text| split(text, delimiter, null)))
}

/// Elements as text; NULLs are left out, or shown as `null`.
fn join(
    context: &EvalContext<'_>,
    array: Option<&Array>,
    delimiter: Option<&str>,
    null: Option<&str>,
) -> Option<String> {
    let (Some(array), Some(delimiter)) = (array, delimiter) else { return None };
    let shown = array.elements.iter().filter_map(|element| match element {
        Datum::Null => null.map(str::to_owned),
        element => Some(output(context, array.element, element)),
    });
    Some(shown.collect::<Vec<_>>().join(delimiter))
}

functions! {
    394 string_to_array(TEXT, TEXT) -> TEXT_ARRAY [lax] = f!(|text: Option<&str>, delimiter: Option<&str>| to_array(text, delimiter, None));
    376 string_to_array(TEXT, TEXT, TEXT) -> TEXT_ARRAY [lax] = f!(|text: Option<&str>, delimiter: Option<&str>, null: Option<&str>| to_array(text, delimiter, null));
    6160 string_to_table(TEXT, TEXT) -> TEXT [lax] = set!(TEXT "string_to_table", |text: Option<&str>, delimiter: Option<&str>| to_rows(text, delimiter, None));
    6161 string_to_table(TEXT, TEXT, TEXT) -> TEXT [lax] = set!(TEXT "string_to_table", |text: Option<&str>, delimiter: Option<&str>, null: Option<&str>| to_rows(text, delimiter, null));
    395 array_to_string(ANYARRAY, TEXT) -> TEXT [stable] = f!(context, |array: Option<&Array>, delimiter: Option<&str>| join(context, array, delimiter, None));
    384 array_to_string(ANYARRAY, TEXT, TEXT) -> TEXT [stable, lax] = f!(context, |array: Option<&Array>, delimiter: Option<&str>, null: Option<&str>| join(context, array, delimiter, null));
}
