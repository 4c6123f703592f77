//! Quoting: identifiers and literals for use in SQL text.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::declare::{f, functions, typed};
use crate::functions::output::to_text;
use crate::kernel::EvalContext;
use crate::ty::TypeId;

/// Key words that an identifier must be quoted for, sorted: all but PostgreSQL's unreserved ones.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// In double quotes where the bare word would mean something else.
pub fn quote_ident(name: &str) -> String {
    let safe = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && RESERVED.binary_search(&name).is_err();
    if safe { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// In single quotes; backslashes make it an `E''` string.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

fn quote_value(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    Ok(Datum::text(quote_literal(&to_text(context, types[0], &args[0]))))
}

fn quote_nullable(context: &EvalContext<'_>, types: &[TypeId], args: &[Datum]) -> Result<Datum, SqlError> {
    match args[0] {
        Datum::Null => Ok(Datum::text("NULL")),
        _ => quote_value(context, types, args),
    }
}

functions! {
    1282 quote_ident(TEXT) -> TEXT = f!(|name: &str| quote_ident(name));
    1283 quote_literal(TEXT) -> TEXT = f!(|text: &str| quote_literal(text));
    1285 quote_literal(ANYELEMENT) -> TEXT [stable] = typed(quote_value);
    1289 quote_nullable(TEXT) -> TEXT [lax] = typed(quote_nullable);
    1290 quote_nullable(ANYELEMENT) -> TEXT [stable, lax] = typed(quote_nullable);
}
