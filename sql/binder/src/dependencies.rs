//! What a stored query reads.

use cairn_sql_types::SqlError;

use crate::syntax::ast::Statement;
use crate::syntax::tables::tables;

/// The qualified tables, views and sequences that a view's text names, as (schema, name), each once. Texts of views are
/// stored with all names qualified; what is not is a WITH item or belongs to the system.
pub fn relations_named(query: &str) -> Result<Vec<(String, String)>, SqlError> {
    let parsed = crate::parse::parse_statements(query)?;
    let mut found: Vec<(String, String)> = Vec::new();
    for located in &parsed {
        let Statement::Query(query) = &located.statement else { continue };
        tables(query, &mut |name| {
            if let [.., schema, table] = name.parts.as_slice() {
                let pair = (schema.text.to_string(), table.text.to_string());
                if !found.contains(&pair) {
                    found.push(pair);
                }
            }
            true
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::relations_named;

    #[test]
    fn subqueries_are_searched_and_with_items_are_not() {
        let query =
            "with w as (select * from s.a) select (select max(x) from s.b) from w join t.c on exists (select from s.a)";
        let pair = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
        let mut found = relations_named(query).unwrap();
        found.sort();
        assert_eq!(found, [pair("s", "a"), pair("s", "b"), pair("t", "c")]);
    }
}
