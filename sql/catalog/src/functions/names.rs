//! Names behind OIDs: the `reg*` types.

use cairn_sql_types::functions::{self, quote_ident};
use cairn_sql_types::{SqlError, SqlState, TypeId, aggregates, io, type_name};

use super::{Facts, OWNER};
use crate::schema::{Oid, Relation};
use crate::snapshot::Catalog;

/// The text of a `reg*` value; `None`: print the number.
pub fn reg_out(catalog: &Catalog, facts: &Facts, ty: TypeId, oid: u32) -> Option<String> {
    match ty {
        TypeId::REGCLASS => relation_name(catalog, facts, Oid(oid)),
        TypeId::REGTYPE => (TypeId(oid).internal_name()).map(|_| type_name::format_type(TypeId(oid), None)),
        TypeId::REGNAMESPACE => catalog.schema_by_oid(Oid(oid)).map(|schema| quote_ident(&schema.name)),
        TypeId::REGROLE => (Oid(oid) == OWNER).then(|| quote_ident(&facts.user)),
        TypeId::REGPROC => functions::by_oid(oid)
            .map(|function| function.name)
            .or_else(|| aggregates::by_oid(oid).map(|aggregate| aggregate.name))
            .or_else(|| io::functions::by_oid(oid).map(|function| function.name))
            .map(quote_ident),
        _ => None,
    }
}

/// A relation's name, with its schema where the search path does not lead to it.
pub(super) fn relation_name(catalog: &Catalog, facts: &Facts, oid: Oid) -> Option<String> {
    let (schema, name, _) = catalog.relation_by_oid(oid)?.identity();
    let found = catalog.resolve(&facts.search_path, &name).map(Relation::identity);
    let quoted = quote_ident(&name);
    if found.is_some_and(|(_, _, found)| found == oid) {
        return Some(quoted);
    }
    let schema = catalog.schema_by_oid(schema)?;
    Some(format!("{}.{quoted}", quote_ident(&schema.name)))
}

/// The OID behind a name of a `reg*` type.
pub fn reg_in(catalog: &Catalog, facts: &Facts, ty: TypeId, name: &str) -> Result<u32, SqlError> {
    if let Ok(oid) = name.trim().parse::<u32>() {
        return Ok(oid);
    }
    if name.trim() == "-" {
        return Ok(0);
    }
    let parts = split_name(name)?;
    let missing = |state, what: &str| SqlError::new(state, format!("{what} \"{name}\" does not exist"));
    match ty {
        TypeId::REGCLASS => find_relation(catalog, facts, &parts)
            .map(|oid| oid.0)
            .ok_or_else(|| missing(SqlState::UNDEFINED_TABLE, "relation")),
        TypeId::REGTYPE => type_name::parse_type_name(name).map(|ty| ty.id.0),
        TypeId::REGNAMESPACE => match parts.as_slice() {
            [schema] => catalog.schema(schema).map(|schema| schema.oid.0),
            _ => None,
        }
        .ok_or_else(|| missing(SqlState::INVALID_SCHEMA_NAME, "schema")),
        TypeId::REGROLE => match parts.as_slice() {
            [role] if *role == facts.user => Ok(OWNER.0),
            _ => Err(missing(SqlState::UNDEFINED_OBJECT, "role")),
        },
        TypeId::REGPROC => find_function(parts.last().map_or("", String::as_str), name),
        _ => Err(SqlError::internal("no type of names")),
    }
}

fn find_function(function: &str, name: &str) -> Result<u32, SqlError> {
    let scalars = functions::by_name(function).iter().map(|function| function.oid);
    let aggregates = aggregates::by_name(function).iter().map(|aggregate| aggregate.oid);
    let io = io::functions::by_name(function).map(|function| function.oid);
    let oids: Vec<u32> = scalars.chain(aggregates).chain(io).collect();
    match oids.as_slice() {
        [one] => Ok(*one),
        [] => Err(SqlError::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{name}\" does not exist"))),
        _ => Err(SqlError::new(SqlState::AMBIGUOUS_FUNCTION, format!("more than one function named \"{name}\""))),
    }
}

/// A relation by its name parts: `relation`, `schema.relation`, `database.schema.relation`.
pub(super) fn find_relation(catalog: &Catalog, facts: &Facts, parts: &[String]) -> Option<Oid> {
    let relation = match parts {
        [name] => catalog.resolve(&facts.search_path, name),
        [schema, name] => catalog.relation(catalog.schema(schema)?.oid, name),
        [database, schema, name] if *database == facts.database => catalog.relation(catalog.schema(schema)?.oid, name),
        _ => None,
    };
    relation.map(|relation| relation.identity().2)
}

/// Splits `a."B c".d` into its parts, folding what is not quoted.
pub(super) fn split_name(text: &str) -> Result<Vec<String>, SqlError> {
    let invalid = || SqlError::new(SqlState::INVALID_NAME, "invalid name syntax");
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_part(quoted).ok_or_else(invalid)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].trim().to_lowercase(), &rest[end..])
            }
        };
        if part.is_empty() {
            return Err(invalid());
        }
        parts.push(part);
        rest = match after.trim_start().strip_prefix('.') {
            Some(more) => more.trim_start(),
            None if after.trim().is_empty() => return Ok(parts),
            None => return Err(invalid()),
        };
    }
}

/// A quoted part behind its opening quote, and what follows its closing one.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quote_ident("abc_1"), "abc_1");
        assert_eq!(quote_ident("Abc"), "\"Abc\"");
        assert_eq!(quote_ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_ident("select"), "\"select\"");
    }

    #[test]
    fn names_are_split_and_folded() {
        assert_eq!(split_name("Public.\"T x\".C").unwrap(), ["public", "T x", "c"]);
        assert_eq!(split_name("\"a\"\"b\"").unwrap(), ["a\"b"]);
        for bad in ["", ".", "a.", "\"a", "\"a\"b"] {
            assert!(split_name(bad).is_err(), "{bad:?}");
        }
    }
}
