//! Defaults as users see them: stored texts name relations by their numbers (`nextval('16390'::regclass)`), so that they survive a
//! rename; here the numbers become names again.

use crate::schema::Oid;

const MARK: &str = "'::regclass";

/// The text with every `'number'::regclass` replaced by the relation's name; what `name` does not know stays.
pub(crate) fn shown(text: &str, name: impl Fn(Oid) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = rest.find(MARK) {
        let digits = rest[..end].bytes().rev().take_while(u8::is_ascii_digit).count();
        let start = end - digits;
        let quoted = rest[..start].ends_with('\'');
        let found = rest[start..end].parse().ok().filter(|_| quoted).and_then(|oid| name(Oid(oid)));
        match found {
            Some(found) => {
                out.push_str(&rest[..start]);
                out.push_str(&found.replace('\'', "''"));
            }
            None => out.push_str(&rest[..end]),
        }
        out.push_str(MARK);
        rest = &rest[end + MARK.len()..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::schema::Oid;

    #[test]
    fn numbers_become_names() {
        let name = |oid: Oid| (oid == Oid(7)).then(|| "\"it's\"".to_owned());
        assert_eq!(shown("nextval('7'::regclass)", name), "nextval('\"it''s\"'::regclass)");
        assert_eq!(shown("nextval('8'::regclass) + 7", name), "nextval('8'::regclass) + 7");
        assert_eq!(shown("'a'::regclass", name), "'a'::regclass");
    }
}
