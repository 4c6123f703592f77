//! Column names inside the text of a CHECK constraint.

use crate::schema::{Check, Table};
use cairn_sql_types::functions::quote_ident;

/// Does the expression use the column of this name?
pub fn uses(text: &str, column: &str) -> bool {
    let mut found = false;
    scan(text, &mut |word| {
        found |= word == column;
        None
    });
    found
}

/// Positions of the columns that a check uses.
pub(crate) fn columns(table: &Table, check: &Check) -> Vec<usize> {
    table.live_columns().filter(|(_, column)| uses(&check.expression, &column.name)).map(|(at, _)| at).collect()
}

/// The expression with a column renamed.
pub fn renamed(text: &str, old: &str, new: &str) -> String {
    scan(text, &mut |word| (word == old).then(|| quote_ident(new)))
}

/// Copies a text; where a name stands that can be a column's (no type behind `::`, no function before a parenthesis) `f` may say
/// what to write instead.
fn scan(text: &str, f: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => closing(rest, '\''),
            '"' => closing(rest, '"'),
            c if is_word(c) => rest.find(|c: char| !is_word(c) && c != '$').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let name = match first {
            '"' => Some(token[1..length.max(2) - 1].replace("\"\"", "\"")),
            c if is_word(c) && !c.is_ascii_digit() => Some(token.to_lowercase()),
            _ => None,
        };
        let is_type = out.trim_end().ends_with("::");
        let is_call = after.trim_start().starts_with('(');
        match name.filter(|_| !is_type && !is_call).and_then(|name| f(&name)) {
            Some(instead) => out.push_str(&instead),
            None => out.push_str(token),
        }
        rest = after;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of a quoted token, both quotes included; a doubled quote does not end it.
fn closing(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_are_renamed() {
        let text = "((date > '2020-01-01'::date) AND (Lower(\"date\") <> 'date' ) OR date(x) = dates)";
        let after = "((\"Day\" > '2020-01-01'::date) AND (Lower(\"Day\") <> 'date' ) OR date(x) = dates)";
        assert_eq!(renamed(text, "date", "Day"), after);
        assert!(uses(text, "x") && uses(text, "dates") && !uses(text, "lower") && !uses("'it''s'", "s"));
    }
}
