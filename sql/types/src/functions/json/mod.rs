//! `json` and `jsonb`. A json value is the text as it was written; a jsonb value is canonical text (keys sorted by length,
//! then bytes, no duplicates, one space after `:` and `,`), so the part of a canonical text is canonical itself, and reading
//! functions serve both types.
//!
//! Not here: `json_populate_record` and the others that need a composite type, SQL/JSON paths. Whole rows become JSON through
//! `cairn_row_to_json(name, value, ...)`, because a record does not know the names of its columns.

pub(crate) mod build;
mod cast;
mod compare;
mod contain;
mod edit;
mod get;
mod sets;
mod tree;
mod update;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] = &[
    build::FUNCTIONS,
    cast::FUNCTIONS,
    compare::FUNCTIONS,
    contain::FUNCTIONS,
    edit::FUNCTIONS,
    get::FUNCTIONS,
    sets::FUNCTIONS,
    update::FUNCTIONS,
];
