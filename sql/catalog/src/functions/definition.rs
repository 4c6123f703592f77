//! Definitions of objects as text: what `pg_get_...def` and psql's `\d` show.

use cairn_sql_types::functions::{self, quote_ident};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId, aggregates, type_name};

use super::names::{find_relation, relation_name, split_name};
use super::{Answer, Call, OWNER};
use crate::schema::{Check, ForeignAction, ForeignKey, Index, IndexColumn, Oid, Relation, Table, TableKey};
use crate::snapshot::Catalog;

impl Call<'_> {
    pub(super) fn definition(&self, name: &str) -> Answer {
        Some(Ok(match name {
            "format_type" => self.format_type(),
            "pg_get_expr" => match self.args.first() {
                Some(Datum::Text(text)) => {
                    Datum::text(super::default::shown(text, |oid| relation_name(self.catalog, self.facts, oid)))
                }
                _ => Datum::Null,
            },
            "pg_get_indexdef" => text(self.index_definition()),
            "pg_get_constraintdef" => text(self.constraint_definition()),
            "pg_get_viewdef" => return Some(self.view_definition()),
            "pg_get_userbyid" => match self.oid(0) {
                OWNER => Datum::text(self.facts.user.as_str()),
                Oid(6171) => Datum::text("pg_database_owner"),
                other => Datum::text(format!("unknown (OID={})", other.0)),
            },
            "pg_get_serial_sequence" => return Some(self.serial_sequence()),
            "pg_table_is_visible" => self.is_visible(self.oid(0)).map_or(Datum::Null, Datum::Bool),
            "pg_type_is_visible" => visible(TypeId(self.oid(0).0).internal_name().is_some()),
            "pg_function_is_visible" => {
                let oid = self.oid(0).0;
                visible(functions::by_oid(oid).is_some() || aggregates::by_oid(oid).is_some())
            }
            "pg_operator_is_visible"
            | "pg_opclass_is_visible"
            | "pg_opfamily_is_visible"
            | "pg_collation_is_visible"
            | "pg_conversion_is_visible" => Datum::Bool(true),
            "pg_get_function_result" => text(function_result(self.oid(0).0)),
            "pg_get_function_arguments" | "pg_get_function_identity_arguments" => {
                text(function_arguments(self.oid(0).0))
            }
            "pg_relation_is_publishable" => Datum::Bool(self.catalog.table(self.oid(0)).is_some()),
            "pg_relation_filenode" => Datum::Oid(self.oid(0).0),
            "to_regclass" => {
                let parts = split_name(self.text(0)).unwrap_or_default();
                find_relation(self.catalog, self.facts, &parts).map_or(Datum::Null, |oid| Datum::Oid(oid.0))
            }
            _ => return None,
        }))
    }

    fn format_type(&self) -> Datum {
        let ty = match self.args.first() {
            Some(Datum::Oid(oid)) => TypeId(*oid),
            _ => return Datum::Null,
        };
        let modifier = match self.args.get(1) {
            Some(Datum::Int4(modifier)) => Some(*modifier),
            _ => None,
        };
        Datum::text(type_name::format_type(ty, modifier))
    }

    /// The index behind an OID: itself or a primary key.
    fn index_definition(&self) -> Option<String> {
        let column = match self.args.get(1) {
            Some(Datum::Int4(column)) => *column,
            _ => 0,
        };
        match self.catalog.relation_by_oid(self.oid(0))? {
            Relation::Index(table, index) if column > 0 => {
                let column = index.columns.get(column as usize - 1)?;
                Some(quote_ident(&table.columns[column.column].name))
            }
            Relation::Index(table, index) => Some(index_definition(self.catalog, table, index)),
            Relation::PrimaryKey(table) if column > 0 => {
                let column = table.primary_key().get(column as usize - 1)?;
                Some(quote_ident(&table.columns[*column].name))
            }
            Relation::PrimaryKey(table) => primary_definition(self.catalog, table),
            _ => None,
        }
    }

    fn constraint_definition(&self) -> Option<String> {
        let oid = self.oid(0);
        self.catalog.tables().find_map(|table| {
            if let TableKey::Primary { oid: own, columns, .. } = &table.key
                && crate::system::primary_constraint(*own) == oid
            {
                return Some(format!("PRIMARY KEY ({})", column_list(table, columns)));
            }
            let unique = table.indexes.iter().find(|index| index.constraint == Some(oid));
            if let Some(index) = unique {
                let columns: Vec<usize> = index.columns.iter().map(|column| column.column).collect();
                return Some(format!("UNIQUE ({})", column_list(table, &columns)));
            }
            let check = table
                .checks
                .iter()
                .find(|check| check.oid == oid)
                .map(|check| check_definition(check, self.boolean(1)));
            let foreign = || table.foreign_keys.iter().find(|key| key.oid == oid);
            check.or_else(|| foreign().and_then(|key| self.foreign_definition(table, key)))
        })
    }

    fn foreign_definition(&self, table: &Table, key: &ForeignKey) -> Option<String> {
        let target = self.catalog.table(key.target)?;
        let mut text = format!(
            "FOREIGN KEY ({}) REFERENCES {}({})",
            column_list(table, &key.columns),
            relation_name(self.catalog, self.facts, target.oid)?,
            column_list(target, &key.target_columns)
        );
        for (event, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
            let action = match action {
                ForeignAction::NoAction => continue,
                ForeignAction::Restrict => "RESTRICT",
                ForeignAction::Cascade => "CASCADE",
                ForeignAction::SetNull => "SET NULL",
                ForeignAction::SetDefault => "SET DEFAULT",
            };
            text.push_str(&format!(" ON {event} {action}"));
        }
        Some(text)
    }

    fn view_definition(&self) -> Result<Datum, SqlError> {
        let oid = match self.args.first() {
            Some(Datum::Text(name)) => {
                let parts = split_name(name)?;
                find_relation(self.catalog, self.facts, &parts).ok_or_else(|| {
                    SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
                })?
            }
            _ => self.oid(0),
        };
        Ok(self.catalog.view(oid).map_or(Datum::Null, |view| Datum::text(format!(" {};", view.query))))
    }

    fn serial_sequence(&self) -> Result<Datum, SqlError> {
        let parts = split_name(self.text(0))?;
        let oid = find_relation(self.catalog, self.facts, &parts);
        let table = oid.and_then(|oid| self.catalog.table(oid)).ok_or_else(|| {
            SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", self.text(0)))
        })?;
        let (column, _) = table.column(self.text(1)).ok_or_else(|| {
            let message = format!("column \"{}\" of relation \"{}\" does not exist", self.text(1), table.name);
            SqlError::new(SqlState::UNDEFINED_COLUMN, message)
        })?;
        let owned = self.catalog.relations().find_map(|relation| match relation {
            Relation::Sequence(sequence) if sequence.owned_by == Some((table.oid, column)) => Some(sequence),
            _ => None,
        });
        Ok(match owned {
            None => Datum::Null,
            Some(sequence) => {
                let schema = self.catalog.schema_by_oid(sequence.schema).map(|schema| schema.name.clone());
                let schema = quote_ident(&schema.unwrap_or_default());
                Datum::text(format!("{schema}.{}", quote_ident(&sequence.name)))
            }
        })
    }
}

/// CREATE INDEX, as `pg_get_indexdef` and `pg_indexes` show it.
pub(crate) fn index_definition(catalog: &Catalog, table: &Table, index: &Index) -> String {
    let column = |column: &IndexColumn| {
        let order = match (column.descending, column.nulls_first) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
        };
        format!("{}{order}", quote_ident(&table.columns[column.column].name))
    };
    let columns: Vec<String> = index.columns.iter().map(column).collect();
    create_index(catalog, table, &index.name, index.unique, &columns.join(", "))
}

/// The same for a primary key; `None`: the table has none.
pub(crate) fn primary_definition(catalog: &Catalog, table: &Table) -> Option<String> {
    match &table.key {
        TableKey::Primary { name, columns, .. } => {
            Some(create_index(catalog, table, name, true, &column_list(table, columns)))
        }
        TableKey::RowId => None,
    }
}

fn create_index(catalog: &Catalog, table: &Table, name: &str, unique: bool, columns: &str) -> String {
    let schema = catalog.schema_by_oid(table.schema).map(|schema| schema.name.clone()).unwrap_or_default();
    let unique = if unique { "UNIQUE " } else { "" };
    format!(
        "CREATE {unique}INDEX {} ON {}.{} USING btree ({columns})",
        quote_ident(name),
        quote_ident(&schema),
        quote_ident(&table.name)
    )
}

fn text(answer: Option<String>) -> Datum {
    answer.map_or(Datum::Null, Datum::text)
}

/// Everything of pg_catalog is in the search path.
fn visible(exists: bool) -> Datum {
    if exists { Datum::Bool(true) } else { Datum::Null }
}

/// `CHECK (...)`. The stored expression has its own parentheses, which a pretty print leaves out.
fn check_definition(check: &Check, pretty: bool) -> String {
    let expression = check.expression.trim();
    if pretty && is_wrapped(expression) { format!("CHECK {expression}") } else { format!("CHECK ({expression})") }
}

/// Does one pair of parentheses enclose the whole text?
fn is_wrapped(text: &str) -> bool {
    let mut depth = 0usize;
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && at + character.len_utf8() < text.len() {
            return false;
        }
    }
    text.starts_with('(')
}

fn column_list(table: &Table, columns: &[usize]) -> String {
    columns.iter().map(|column| quote_ident(&table.columns[*column].name)).collect::<Vec<_>>().join(", ")
}

fn function_result(oid: u32) -> Option<String> {
    let result = functions::by_oid(oid).map(|function| function.result);
    let result = result.or_else(|| aggregates::by_oid(oid).map(|aggregate| aggregate.result))?;
    Some(type_name::format_type(result, None))
}

fn function_arguments(oid: u32) -> Option<String> {
    let args = functions::by_oid(oid).map(|function| function.args);
    let args = args.or_else(|| aggregates::by_oid(oid).map(|aggregate| aggregate.args))?;
    Some(args.iter().map(|ty| type_name::format_type(*ty, None)).collect::<Vec<_>>().join(", "))
}
