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

#[cfg(test)]
mod tests {
    use cairn_sql_types::functions::quote_ident;

    use super::*;

    #[test]
    fn what_is_printed_without_quotes_may_be_written_without_them() {
        for word in ["between", "bigint", "select", "user", "left", "table", "authorization", "values", "xmlelement"] {
            assert_ne!((class(word), word), (Class::Unreserved, word));
            assert_eq!(quote_ident(word), format!("\"{word}\""));
        }
        for word in ["day", "filter", "over", "within", "abort", "name", "a1"] {
            assert_eq!((class(word), quote_ident(word).as_str()), (Class::Unreserved, word));
        }
    }
}
