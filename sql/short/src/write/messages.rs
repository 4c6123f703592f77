//! Constraint violations in PostgreSQL's words.

use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::Table;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};

use crate::eval::Source;
use crate::text::{shortened, shown};

/// What every message is made with.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) context: &'a EvalContext<'a>,
}

/// 23502
pub(crate) fn not_null(words: Words<'_>, table: &Table, column: usize, row: &Source<'_>) -> SqlError {
    let name = &table.columns[column].name;
    let message =
        format!("null value in column \"{name}\" of relation \"{}\" violates not-null constraint", table.name);
    let mut error = SqlError::new(SqlState::NOT_NULL_VIOLATION, message);
    error.fields_mut().column = Some(name.to_string());
    with_table(words, failing_row(words, error, table, row), table, None)
}

/// 23514
pub(crate) fn check(words: Words<'_>, table: &Table, constraint: &str, row: &Source<'_>) -> SqlError {
    let message = format!("new row for relation \"{}\" violates check constraint \"{constraint}\"", table.name);
    let error = failing_row(words, SqlError::new(SqlState::CHECK_VIOLATION, message), table, row);
    with_table(words, error, table, Some(constraint))
}

/// 23505
pub(crate) fn duplicate(
    words: Words<'_>,
    table: &Table,
    constraint: &str,
    columns: impl Iterator<Item = usize> + Clone,
    row: &Source<'_>,
) -> SqlError {
    let message = format!("duplicate key value violates unique constraint \"{constraint}\"");
    let error = SqlError::new(SqlState::UNIQUE_VIOLATION, message);
    let error = match key(words, table, columns, row) {
        Ok(key) => error.detail(format!("Key {key} already exists.")),
        Err(_) => error,
    };
    with_table(words, error, table, Some(constraint))
}

/// 23503, on the referencing side.
pub(crate) fn no_parent(
    words: Words<'_>,
    table: &Table,
    constraint: &str,
    columns: &[usize],
    values: &[Datum],
    parent: &str,
) -> SqlError {
    let message =
        format!("insert or update on table \"{}\" violates foreign key constraint \"{constraint}\"", table.name);
    let key = key_of(words, table, columns, values);
    let error = SqlError::new(SqlState::FOREIGN_KEY_VIOLATION, message)
        .detail(format!("Key {key} is not present in table \"{parent}\"."));
    with_table(words, error, table, Some(constraint))
}

/// 23503, on the referenced side.
pub(crate) fn still_referenced(
    words: Words<'_>,
    parent: &Table,
    columns: &[usize],
    values: &[Datum],
    child: &Table,
    constraint: &str,
) -> SqlError {
    let message = format!(
        "update or delete on table \"{}\" violates foreign key constraint \"{constraint}\" on table \"{}\"",
        parent.name, child.name
    );
    let key = key_of(words, parent, columns, values);
    let error = SqlError::new(SqlState::FOREIGN_KEY_VIOLATION, message)
        .detail(format!("Key {key} is still referenced from table \"{}\".", child.name));
    with_table(words, error, child, Some(constraint))
}

/// Adds `Failing row contains (...)`.
pub(crate) fn failing_row(words: Words<'_>, error: SqlError, table: &Table, row: &Source<'_>) -> SqlError {
    let shown = |(at, column): (usize, &cairn_sql_catalog::schema::Column)| {
        row.column(at).map(|value| shortened(&value, column.ty.id, words.context))
    };
    match table.live_columns().map(shown).collect::<Result<Vec<_>, _>>() {
        Ok(values) => error.detail(format!("Failing row contains ({}).", values.join(", "))),
        Err(_) => error,
    }
}

/// Adds the names of schema, table and constraint.
pub(crate) fn with_table(words: Words<'_>, mut error: SqlError, table: &Table, constraint: Option<&str>) -> SqlError {
    let fields = error.fields_mut();
    fields.schema = words.catalog.schema_by_oid(table.schema).map(|schema| schema.name.to_string());
    fields.table = Some(table.name.to_string());
    fields.constraint = constraint.map(str::to_owned);
    error
}

/// `(a, b)=(1, 2)`
pub(crate) fn key(
    words: Words<'_>,
    table: &Table,
    columns: impl Iterator<Item = usize> + Clone,
    row: &Source<'_>,
) -> Result<String, SqlError> {
    let values = columns.clone().map(|column| row.column(column)).collect::<Result<Vec<_>, _>>()?;
    Ok(key_of(words, table, &columns.collect::<Vec<_>>(), &values))
}

fn key_of(words: Words<'_>, table: &Table, columns: &[usize], values: &[Datum]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| &*table.columns[*column].name).collect();
    let value = |(column, value): (&usize, &Datum)| shown(value, table.columns[*column].ty.id, words.context);
    let values: Vec<String> = columns.iter().zip(values).map(value).collect();
    format!("({})=({})", names.join(", "), values.join(", "))
}
