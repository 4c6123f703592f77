//! Literals' texts to values and back, by the types' input and output functions.

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, Type, TypeId, io};

/// The value of a literal; a modifier that its input needs (interval fields) comes with the type.
pub(super) fn literal(context: &EvalContext<'_>, text: &str, ty: Type) -> Result<Datum, SqlError> {
    let fields = if ty.id == TypeId::INTERVAL { ty } else { Type::plain(ty.id) };
    io::input(context, fields, text)
}

/// A value as its type's output function prints it.
pub(crate) fn output(context: &EvalContext<'_>, value: &Datum, ty: Type) -> String {
    io::output_string(context, ty.id, value)
}

/// Could another session, or another day, read this text as another value?
pub(super) fn depends_on_session(ty: TypeId, text: &str) -> bool {
    match ty.element().unwrap_or(ty) {
        TypeId::TIMESTAMPTZ => true,
        TypeId::DATE | TypeId::TIMESTAMP => !is_iso(text),
        TypeId::TIME => text.bytes().any(|byte| byte.is_ascii_alphabetic()),
        TypeId::INTERVAL => text.contains('-'),
        _ => false,
    }
}

/// `2020-01-31` or `2020-01-31 10:00:00.5`: no setting changes what it means.
fn is_iso(text: &str) -> bool {
    let text = text.trim();
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    year == 4
        && text.as_bytes().get(4) == Some(&b'-')
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:. ".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::depends_on_session;
    use cairn_sql_types::TypeId;

    #[test]
    fn only_iso_dates_mean_the_same_everywhere() {
        assert!(!depends_on_session(TypeId::DATE, "2020-01-31"));
        assert!(!depends_on_session(TypeId::TIMESTAMP, " 2020-01-31 10:00:00.5 "));
        for text in ["today", "01-02-2020", "01/02/2020", "2020-01-31 now", "31 Jan 2020"] {
            assert!(depends_on_session(TypeId::DATE, text), "{text}");
        }
        assert!(depends_on_session(TypeId::TIMESTAMPTZ, "2020-01-31 00:00:00"));
        assert!(!depends_on_session(TypeId::INTERVAL, "1 day") && depends_on_session(TypeId::INTERVAL, "-1 day"));
    }
}
