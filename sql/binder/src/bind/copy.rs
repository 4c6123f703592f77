//! COPY: the table's columns and the format's options.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Relation, Table};
use cairn_sql_types::{SqlError, SqlState};

use super::insert::table_column;
use super::{Binder, at};
use crate::syntax::ast::{Name, ObjectName};
use crate::syntax::ddl::{Copy as Syntax, CopyOption};
use crate::utility::{Copy, CopyFormat, CopySource};

impl Binder<'_> {
    pub(crate) fn copy(&mut self, syntax: &Syntax) -> Result<Copy, SqlError> {
        let source = match (&syntax.table, &syntax.query) {
            (Some(name), _) => {
                let table = match syntax.from {
                    true => {
                        self.flags.read_only = false;
                        self.written_table(name, "copy to").map_err(crate::position::without)?
                    }
                    false => {
                        let table = self.copied_table(name)?;
                        self.touch(table.oid, false);
                        table
                    }
                };
                let columns = copied_columns(&table, &syntax.columns)?;
                CopySource::Table(table, columns)
            }
            (None, Some(query)) => CopySource::Query(Box::new(self.query(query)?)),
            (None, None) => return Err(SqlError::internal("COPY has a source")),
        };
        let format = copy_format(syntax, &source)?;
        Ok(Copy { source, from: syntax.from, format })
    }
}

impl Binder<'_> {
    fn copied_table(&self, name: &ObjectName) -> Result<Arc<Table>, SqlError> {
        if let Some(Relation::View(view)) = self.find_relation(name)? {
            let message = format!("cannot copy from view \"{}\"", view.name);
            return Err(
                SqlError::new(SqlState::WRONG_OBJECT_TYPE, message).hint("Try the COPY (SELECT ...) TO variant.")
            );
        }
        self.table(name).map_err(crate::position::without)
    }
}

fn copied_columns(table: &Table, names: &[Name]) -> Result<Vec<usize>, SqlError> {
    if names.is_empty() {
        return Ok((0..table.columns.len()).filter(|index| !table.columns[*index].dropped).collect());
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let index = table_column(table, name).map_err(crate::position::without)?;
        if columns.contains(&index) {
            let message = format!("column \"{}\" specified more than once", name.text);
            return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
        }
        columns.push(index);
    }
    Ok(columns)
}

/// Options as given, before defaults.
#[derive(Default)]
struct Given {
    csv: Option<bool>,
    delimiter: Option<String>,
    null: Option<String>,
    header: Option<(bool, bool)>,
    quote: Option<String>,
    escape: Option<String>,
    force_quote: Option<Vec<usize>>,
    force_not_null: Option<Vec<usize>>,
    force_null: Option<Vec<usize>>,
    freeze: Option<bool>,
    encoding: Option<String>,
}

fn copy_format(syntax: &Syntax, source: &CopySource) -> Result<CopyFormat, SqlError> {
    let mut given = Given::default();
    for option in &syntax.options {
        take(option, &mut given, source)?;
    }
    let csv = given.csv.unwrap_or(false);
    let only_csv = |present: bool, what: &str| match present && !csv {
        true => Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, format!("COPY {what} available only in CSV mode"))),
        false => Ok(()),
    };
    only_csv(given.quote.is_some(), "quote")?;
    only_csv(given.escape.is_some(), "escape")?;
    only_csv(given.force_quote.is_some(), "force quote")?;
    only_csv(given.force_not_null.is_some(), "force not null")?;
    only_csv(given.force_null.is_some(), "force null")?;
    let only_one_way = |present: bool, wants_from: bool, what: &str| match present && syntax.from != wants_from {
        true => {
            let way = if wants_from { "COPY FROM" } else { "COPY TO" };
            Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, format!("COPY {what} only available using {way}")))
        }
        false => Ok(()),
    };
    only_one_way(given.force_quote.is_some(), false, "force quote")?;
    only_one_way(given.force_not_null.is_some(), true, "force not null")?;
    only_one_way(given.force_null.is_some(), true, "force null")?;
    if given.freeze == Some(true) && !syntax.from {
        return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, "COPY freeze only available using COPY FROM"));
    }
    let mut format = if csv { CopyFormat::csv() } else { CopyFormat::text() };
    if let Some(delimiter) = &given.delimiter {
        format.delimiter = one_byte(delimiter, "delimiter")?;
    }
    if let Some(null) = given.null {
        format.null = null;
    }
    if let Some(quote) = &given.quote {
        format.quote = one_byte(quote, "quote")?;
    }
    format.escape = match &given.escape {
        Some(escape) => one_byte(escape, "escape")?,
        None => format.quote,
    };
    check_characters(csv, format.delimiter, &format.null, format.quote)?;
    (format.header, format.header_match) = given.header.unwrap_or((false, false));
    if format.header_match && !syntax.from {
        return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, "cannot use \"match\" with HEADER in COPY TO"));
    }
    format.force_quote = given.force_quote.unwrap_or_default();
    format.force_not_null = given.force_not_null.unwrap_or_default();
    format.force_null = given.force_null.unwrap_or_default();
    Ok(format)
}

fn take(option: &CopyOption, given: &mut Given, source: &CopySource) -> Result<(), SqlError> {
    let text = || {
        option
            .value
            .clone()
            .ok_or_else(|| at(SqlState::SYNTAX_ERROR, format!("{} requires a parameter", option.name), option.pos))
    };
    let clash = || at(SqlState::SYNTAX_ERROR, "conflicting or redundant options", option.pos);
    let repeated = match &*option.name {
        "format" => {
            let csv = match text()?.as_str() {
                "csv" => true,
                "text" => false,
                "binary" => return Err(SqlError::unsupported("COPY in binary format").at(option.pos + 1)),
                other => {
                    let message = format!("COPY format \"{other}\" not recognized");
                    return Err(at(SqlState::INVALID_PARAMETER_VALUE, message, option.pos));
                }
            };
            given.csv.replace(csv).is_some()
        }
        "delimiter" => given.delimiter.replace(text()?).is_some(),
        "null" => given.null.replace(text()?).is_some(),
        "quote" => given.quote.replace(text()?).is_some(),
        "escape" => given.escape.replace(text()?).is_some(),
        "header" => {
            let matches = option.value.as_deref() == Some("match");
            let on = matches || boolean(option)?;
            given.header.replace((on, matches)).is_some()
        }
        // All rows of a COPY are equally visible, frozen or not.
        "freeze" => given.freeze.replace(boolean(option)?).is_some(),
        "encoding" => {
            let name = text()?;
            if !matches!(name.to_lowercase().replace(['-', '_'], "").as_str(), "utf8" | "unicode") {
                return Err(SqlError::unsupported(format!("COPY in encoding \"{name}\"")).at(option.pos + 1));
            }
            given.encoding.replace(name).is_some()
        }
        "force_quote" => given.force_quote.replace(columns(option, source)?).is_some(),
        "force_not_null" => given.force_not_null.replace(columns(option, source)?).is_some(),
        "force_null" => given.force_null.replace(columns(option, source)?).is_some(),
        other => {
            return Err(at(SqlState::SYNTAX_ERROR, format!("option \"{other}\" not recognized"), option.pos));
        }
    };
    if repeated { Err(clash()) } else { Ok(()) }
}

fn boolean(option: &CopyOption) -> Result<bool, SqlError> {
    match option.value.as_deref() {
        None | Some("true" | "on" | "1") => Ok(true),
        Some("false" | "off" | "0") => Ok(false),
        Some(_) => Err(at(SqlState::SYNTAX_ERROR, format!("{} requires a Boolean value", option.name), option.pos)),
    }
}

/// Positions of an option's columns: in the table, or in the query's output.
fn columns(option: &CopyOption, source: &CopySource) -> Result<Vec<usize>, SqlError> {
    match source {
        CopySource::Table(table, copied) => {
            if option.star {
                return Ok(copied.clone());
            }
            option
                .columns
                .iter()
                .map(|name| {
                    let index = table_column(table, name).map_err(crate::position::without)?;
                    match copied.contains(&index) {
                        true => Ok(index),
                        false => {
                            let message = format!(
                                "{} column \"{}\" not referenced by COPY",
                                option.name.to_uppercase(),
                                name.text
                            );
                            Err(SqlError::new(SqlState::INVALID_COLUMN_REFERENCE, message))
                        }
                    }
                })
                .collect()
        }
        CopySource::Query(query) => {
            if option.star {
                return Ok((0..query.columns.len()).collect());
            }
            let position = |name: &Name| query.columns.iter().position(|column| *column.name == *name.text);
            option
                .columns
                .iter()
                .map(|name| {
                    position(name).ok_or_else(|| {
                        SqlError::new(SqlState::UNDEFINED_COLUMN, format!("column \"{}\" does not exist", name.text))
                    })
                })
                .collect()
        }
    }
}

fn one_byte(text: &str, what: &str) -> Result<u8, SqlError> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => {
            let message = format!("COPY {what} must be a single one-byte character");
            Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message))
        }
    }
}

fn check_characters(csv: bool, delimiter: u8, null: &str, quote: u8) -> Result<(), SqlError> {
    let refuse = |message: &str| Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
    if matches!(delimiter, b'\n' | b'\r') {
        return refuse("COPY delimiter cannot be newline or carriage return");
    }
    if null.contains(['\n', '\r']) {
        return refuse("COPY null representation cannot use newline or carriage return");
    }
    if !csv && b"\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(&delimiter) {
        return refuse(&format!("COPY delimiter cannot be \"{}\"", delimiter as char));
    }
    if csv && delimiter == quote {
        return refuse("COPY delimiter and quote must be different");
    }
    if null.as_bytes().contains(&delimiter) {
        return refuse("COPY delimiter character must not appear in the NULL specification");
    }
    if csv && null.as_bytes().contains(&quote) {
        return refuse("CSV quote character must not appear in the NULL specification");
    }
    Ok(())
}
