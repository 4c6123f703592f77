//! Keyword classes, from PostgreSQL 15's `kwlist.h`. A word that is not listed is unreserved: it may name anything and may
//! be an alias without AS.

/// What a word may stand for besides its role in the grammar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Any name.
    Unreserved,
    /// Column and table names, but no function or type name.
    ColumnName,
    /// Function and type names, but no column or table name.
    TypeFunction,
    /// Only a label after AS.
    Reserved,
}

/// The class of a folded word.
pub(crate) fn class(word: &str) -> Class {
    match word {
        "all" | "analyse" | "analyze" | "and" | "any" | "array" | "as" | "asc" | "asymmetric" | "both" | "case"
        | "cast" | "check" | "collate" | "column" | "constraint" | "create" | "current_catalog" | "current_date"
        | "current_role" | "current_time" | "current_timestamp" | "current_user" | "default" | "deferrable"
        | "desc" | "distinct" | "do" | "else" | "end" | "except" | "false" | "fetch" | "for" | "foreign" | "from"
        | "grant" | "group" | "having" | "in" | "initially" | "intersect" | "into" | "lateral" | "leading"
        | "limit" | "localtime" | "localtimestamp" | "not" | "null" | "offset" | "on" | "only" | "or" | "order"
        | "placing" | "primary" | "references" | "returning" | "select" | "session_user" | "some" | "symmetric"
        | "table" | "then" | "to" | "trailing" | "true" | "union" | "unique" | "user" | "using" | "variadic"
        | "when" | "where" | "window" | "with" => Class::Reserved,
        "authorization" | "binary" | "collation" | "concurrently" | "cross" | "current_schema" | "freeze" | "full"
        | "ilike" | "inner" | "is" | "isnull" | "join" | "left" | "like" | "natural" | "notnull" | "outer"
        | "overlaps" | "right" | "similar" | "tablesample" | "verbose" => Class::TypeFunction,
        "between" | "bigint" | "bit" | "boolean" | "char" | "character" | "coalesce" | "dec" | "decimal" | "exists"
        | "extract" | "float" | "greatest" | "grouping" | "inout" | "int" | "integer" | "interval" | "least"
        | "national" | "nchar" | "none" | "normalize" | "nullif" | "numeric" | "out" | "overlay" | "position"
        | "precision" | "real" | "row" | "setof" | "smallint" | "substring" | "time" | "timestamp" | "treat"
        | "trim" | "values" | "varchar" | "xmlattributes" | "xmlconcat" | "xmlelement" | "xmlexists" | "xmlforest"
        | "xmlnamespaces" | "xmlparse" | "xmlpi" | "xmlroot" | "xmlserialize" | "xmltable" => Class::ColumnName,
        _ => Class::Unreserved,
    }
}

/// May it be a label in a select list without AS? (PostgreSQL's BARE_LABEL; the words that begin something there may not.)
pub(crate) fn is_bare_label(word: &str) -> bool {
    !matches!(
        word,
        "array"
            | "as"
            | "char"
            | "character"
            | "create"
            | "day"
            | "except"
            | "fetch"
            | "filter"
            | "for"
            | "from"
            | "grant"
            | "group"
            | "having"
            | "hour"
            | "intersect"
            | "into"
            | "isnull"
            | "limit"
            | "minute"
            | "month"
            | "notnull"
            | "offset"
            | "on"
            | "order"
            | "over"
            | "overlaps"
            | "precision"
            | "returning"
            | "second"
            | "to"
            | "union"
            | "varying"
            | "where"
            | "window"
            | "with"
            | "within"
            | "without"
            | "year"
    )
}

/// Must PostgreSQL quote this word where it prints it as an identifier (`quote_identifier`)?
pub(crate) fn needs_quotes(name: &str) -> bool {
    let mut bytes = name.bytes();
    let plain = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    !plain || class(name) != Class::Unreserved
}

/// An identifier as PostgreSQL prints it.
pub(crate) fn quoted(name: &str) -> String {
    match needs_quotes(name) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}
