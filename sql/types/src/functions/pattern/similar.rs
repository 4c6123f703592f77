//! `SIMILAR TO`: SQL's own regular expressions, rewritten as POSIX ones. The binder writes `a SIMILAR TO b ESCAPE c` as
//! `a ~ similar_to_escape(b, c)`, and `substring(a SIMILAR b ESCAPE c)` as `substring(a, similar_to_escape(b, c))`.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

fn bad_escape() -> SqlError {
    SqlError::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
        .hint("Escape string must be empty or one character.")
}

/// `%` and `_` become `.*` and `.`; what is special only in POSIX is escaped; `escape "` twice marks the part that
/// `substring` returns.
pub(super) fn rewrite(pattern: &str, escape: Option<&str>) -> Result<String, SqlError> {
    let escape = match escape {
        None => Some('\\'),
        Some("") => None,
        Some(text) => {
            let mut characters = text.chars();
            let escape = characters.next();
            if characters.next().is_some() {
                return Err(bad_escape());
            }
            escape
        }
    };
    let mut result = String::from("^(?:");
    let (mut after_escape, mut in_brackets, mut quotes) = (false, false, 0);
    for c in pattern.chars() {
        if after_escape {
            if c == '"' && !in_brackets {
                let part = match quotes {
                    0 => "){1,1}?(",
                    1 => "){1,1}(?:",
                    _ => return Err(too_many_quotes()),
                };
                result.push_str(part);
                quotes += 1;
            } else {
                result.push('\\');
                result.push(c);
            }
            after_escape = false;
        } else if Some(c) == escape {
            after_escape = true;
        } else if in_brackets {
            if c == '\\' {
                result.push('\\');
            }
            result.push(c);
            in_brackets = c != ']';
        } else {
            match c {
                '[' => {
                    result.push(c);
                    in_brackets = true;
                }
                '%' => result.push_str(".*"),
                '_' => result.push('.'),
                '(' => result.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    result.push('\\');
                    result.push(c);
                }
                c => result.push(c),
            }
        }
    }
    result.push_str(")$");
    Ok(result)
}

fn too_many_quotes() -> SqlError {
    SqlError::new(
        SqlState::of(b"2200C"),
        "SQL regular expression may not contain more than two escape-double-quote separators",
    )
}

functions! {
    1987 similar_to_escape(TEXT) -> TEXT = f!(|pattern: &str| rewrite(pattern, None));
    1986 similar_to_escape(TEXT, TEXT) -> TEXT = f!(|pattern: &str, escape: &str| rewrite(pattern, Some(escape)));
    1623 similar_escape(TEXT, TEXT) -> TEXT [lax] = f!(|pattern: Option<&str>, escape: Option<&str>| pattern.map(|pattern| rewrite(pattern, escape)));
}
