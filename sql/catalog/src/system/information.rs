//! information_schema: the standard's views of the same objects.

use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::{Datum, Type, TypeId};

use super::columns as c;
use super::objects::{all_sequences, sql_type};
use super::row::Row;
use crate::check_text::columns as columns_of;
use crate::functions::default::shown;
use crate::schema::{Check, ForeignAction, ForeignKey, Identity, Oid, Relation, Sequence, Table, TableKey};
use crate::snapshot::Catalog;

const DATABASE: &str = "cairn";

fn schema_name(catalog: &Catalog, oid: Oid) -> String {
    catalog.schema_by_oid(oid).map(|schema| schema.name.to_string()).unwrap_or_default()
}

/// A relation's name, with its schema unless it stands in `beside`. (What a search path leads to is not known here.)
fn name_beside(catalog: &Catalog, oid: Oid, beside: Oid) -> Option<String> {
    let (schema, name, _) = catalog.relation_by_oid(oid)?.identity();
    let name = quote_ident(&name);
    Some(match schema == beside {
        true => name,
        false => format!("{}.{name}", quote_ident(&schema_name(catalog, schema))),
    })
}

fn generation(identity: Option<Identity>) -> Datum {
    match identity {
        None => Datum::Null,
        Some(Identity::Always) => Datum::text("ALWAYS"),
        Some(Identity::ByDefault) => Datum::text("BY DEFAULT"),
    }
}

/// Does the sequence belong to an identity column? The standard's views show that column, not the sequence.
fn is_identity(catalog: &Catalog, sequence: &Sequence) -> bool {
    let owner = sequence.owned_by.and_then(|(table, column)| Some((catalog.table(table)?, column)));
    owner.is_some_and(|(table, column)| table.columns[column].identity.is_some())
}

fn yes(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

/// information_schema.schemata
pub(super) fn schemata(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |schema: &std::sync::Arc<crate::schema::Schema>| {
        Row::of(&c::INFO_SCHEMATA)
            .set("catalog_name", DATABASE)
            .set("schema_name", &*schema.name)
            .set("schema_owner", "postgres")
            .done()
    };
    catalog.schemas().map(row).collect()
}

/// information_schema.tables
pub(super) fn tables(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let rows = catalog.relations().filter_map(|relation| {
        let kind = match relation {
            Relation::Table(_) => "BASE TABLE",
            Relation::View(_) => "VIEW",
            Relation::System(system) if system.view => "VIEW",
            Relation::System(_) => "BASE TABLE",
            _ => return None,
        };
        let (schema, name, _) = relation.identity();
        let row = Row::of(&c::INFO_TABLES)
            .set("table_catalog", DATABASE)
            .set("table_schema", schema_name(catalog, schema))
            .set("table_name", &*name)
            .set("table_type", kind)
            .set("is_insertable_into", yes(matches!(relation, Relation::Table(_))))
            .set("is_typed", "NO");
        Some(row.done())
    });
    rows.collect()
}

/// information_schema.columns
pub(super) fn columns(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for relation in catalog.relations() {
        let (schema, name, _) = relation.identity();
        let schema = schema_name(catalog, schema);
        match relation {
            Relation::Table(table) => {
                for (at, column) in table.live_columns() {
                    let default = column.default.as_deref().filter(|_| column.identity.is_none());
                    let default = default.map(|text| shown(text, |oid| name_beside(catalog, oid, table.schema)));
                    let row = column_row(&schema, &name, at, &column.name, column.ty, !column.not_null, true);
                    let row = row.set("column_default", default.map_or(Datum::Null, Datum::text));
                    let row = row.set("identity_generation", generation(column.identity));
                    rows.push(row.set("is_identity", yes(column.identity.is_some())).done());
                }
            }
            Relation::View(view) => {
                for (at, (column, ty)) in view.columns.iter().enumerate() {
                    rows.push(column_row(&schema, &name, at, column, *ty, true, false).done());
                }
            }
            Relation::System(system) => {
                for (at, (column, ty)) in system.columns.iter().enumerate() {
                    rows.push(column_row(&schema, &name, at, column, (*ty).into(), true, false).done());
                }
            }
            _ => {}
        }
    }
    rows
}

fn column_row(schema: &str, table: &str, at: usize, name: &str, ty: Type, nullable: bool, updatable: bool) -> Row {
    let row = Row::of(&c::INFO_COLUMNS)
        .set("table_catalog", DATABASE)
        .set("table_schema", schema)
        .set("table_name", table)
        .set("column_name", name)
        .set("ordinal_position", at as i32 + 1)
        .set("is_nullable", yes(nullable))
        .set("data_type", if ty.id.element().is_some() { "ARRAY".to_owned() } else { sql_type(ty.id) })
        .set("udt_catalog", DATABASE)
        .set("udt_schema", "pg_catalog")
        .set("udt_name", ty.id.internal_name().unwrap_or_default())
        .set("dtd_identifier", (at + 1).to_string())
        .set("is_self_referencing", "NO")
        .set("is_generated", "NEVER")
        .set("is_identity", "NO")
        .set("is_updatable", yes(updatable));
    let nulls = [
        "character_maximum_length",
        "character_octet_length",
        "numeric_precision",
        "numeric_precision_radix",
        "numeric_scale",
        "datetime_precision",
        "interval_precision",
        "maximum_cardinality",
    ];
    let row = nulls.into_iter().fold(row, |row, name| row.set(name, Datum::Null));
    precision(row, ty)
}

fn precision(row: Row, ty: Type) -> Row {
    match ty.id {
        TypeId::VARCHAR | TypeId::BPCHAR if ty.modifier > 4 => row.set("character_maximum_length", ty.modifier - 4),
        TypeId::INT2 => row.set("numeric_precision", 16).set("numeric_precision_radix", 2).set("numeric_scale", 0),
        TypeId::INT4 => row.set("numeric_precision", 32).set("numeric_precision_radix", 2).set("numeric_scale", 0),
        TypeId::INT8 => row.set("numeric_precision", 64).set("numeric_precision_radix", 2).set("numeric_scale", 0),
        TypeId::FLOAT4 => row.set("numeric_precision", 24).set("numeric_precision_radix", 2),
        TypeId::FLOAT8 => row.set("numeric_precision", 53).set("numeric_precision_radix", 2),
        TypeId::NUMERIC => {
            let row = row.set("numeric_precision_radix", 10);
            match ty.modifier {
                -1 => row,
                modifier => row
                    .set("numeric_precision", (modifier - 4) >> 16 & 0xffff)
                    .set("numeric_scale", (modifier - 4) & 0x7ff),
            }
        }
        TypeId::DATE => row.set("datetime_precision", 0),
        TypeId::TIME | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ | TypeId::INTERVAL => {
            row.set("datetime_precision", if ty.modifier < 0 { 6 } else { ty.modifier })
        }
        _ => row,
    }
}

/// One constraint of a table, whatever its kind.
enum Constraint<'a> {
    Primary(&'a str, &'a [usize]),
    Unique(&'a str, Vec<usize>),
    Check(&'a Check),
    Foreign(&'a ForeignKey),
}

impl Constraint<'_> {
    fn name(&self) -> &str {
        match self {
            Constraint::Primary(name, _) | Constraint::Unique(name, _) => name,
            Constraint::Check(check) => &check.name,
            Constraint::Foreign(key) => &key.name,
        }
    }
}

fn constraints_of(table: &Table) -> Vec<Constraint<'_>> {
    let mut constraints = Vec::new();
    if let TableKey::Primary { name, columns, .. } = &table.key {
        constraints.push(Constraint::Primary(name, columns));
    }
    for index in table.indexes.iter().filter(|index| index.constraint.is_some()) {
        constraints.push(Constraint::Unique(&index.name, index.columns.iter().map(|column| column.column).collect()));
    }
    constraints.extend(table.checks.iter().map(Constraint::Check));
    constraints.extend(table.foreign_keys.iter().map(Constraint::Foreign));
    constraints
}

fn every_constraint<'a>(catalog: &'a Catalog) -> impl Iterator<Item = (String, &'a Table, Constraint<'a>)> {
    catalog.tables().flat_map(move |table| {
        let schema = schema_name(catalog, table.schema);
        constraints_of(table).into_iter().map(move |constraint| (schema.clone(), &**table, constraint))
    })
}

/// information_schema.table_constraints
pub(super) fn table_constraints(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |(schema, table, constraint): (String, &Table, Constraint<'_>)| {
        let kind = match constraint {
            Constraint::Primary(..) => "PRIMARY KEY",
            Constraint::Unique(..) => "UNIQUE",
            Constraint::Check(_) => "CHECK",
            Constraint::Foreign(_) => "FOREIGN KEY",
        };
        Row::of(&c::INFO_TABLE_CONSTRAINTS)
            .set("constraint_catalog", DATABASE)
            .set("constraint_schema", schema.as_str())
            .set("constraint_name", constraint.name())
            .set("table_catalog", DATABASE)
            .set("table_schema", schema.as_str())
            .set("table_name", &*table.name)
            .set("constraint_type", kind)
            .set("is_deferrable", "NO")
            .set("initially_deferred", "NO")
            .set("enforced", "YES")
            .done()
    };
    every_constraint(catalog).map(row).collect()
}

/// information_schema.key_column_usage
pub(super) fn key_column_usage(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for (schema, table, constraint) in every_constraint(catalog) {
        let columns: Vec<usize> = match &constraint {
            Constraint::Primary(_, columns) => columns.to_vec(),
            Constraint::Unique(_, columns) => columns.clone(),
            Constraint::Foreign(key) => key.columns.clone(),
            Constraint::Check(_) => continue,
        };
        for (place, column) in columns.into_iter().enumerate() {
            let in_target = match constraint {
                Constraint::Foreign(_) => Datum::Int4(place as i32 + 1),
                _ => Datum::Null,
            };
            let row = Row::of(&c::INFO_KEY_COLUMN_USAGE)
                .set("constraint_catalog", DATABASE)
                .set("constraint_schema", schema.as_str())
                .set("constraint_name", constraint.name())
                .set("table_catalog", DATABASE)
                .set("table_schema", schema.as_str())
                .set("table_name", &*table.name)
                .set("column_name", &*table.columns[column].name)
                .set("ordinal_position", place as i32 + 1)
                .set("position_in_unique_constraint", in_target);
            rows.push(row.done());
        }
    }
    rows
}

/// information_schema.constraint_column_usage
pub(super) fn constraint_column_usage(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for (schema, table, constraint) in every_constraint(catalog) {
        let (owner, columns) = match &constraint {
            Constraint::Primary(_, columns) => (table, columns.to_vec()),
            Constraint::Unique(_, columns) => (table, columns.clone()),
            Constraint::Foreign(key) => match catalog.table(key.target) {
                Some(target) => (&**target, key.target_columns.clone()),
                None => continue,
            },
            Constraint::Check(check) => (table, columns_of(table, check)),
        };
        for column in columns {
            let row = Row::of(&c::INFO_CONSTRAINT_COLUMN_USAGE)
                .set("table_catalog", DATABASE)
                .set("table_schema", schema_name(catalog, owner.schema))
                .set("table_name", &*owner.name)
                .set("column_name", &*owner.columns[column].name)
                .set("constraint_catalog", DATABASE)
                .set("constraint_schema", schema.as_str())
                .set("constraint_name", constraint.name());
            rows.push(row.done());
        }
    }
    rows
}

/// information_schema.check_constraints
pub(super) fn check_constraints(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let rows = every_constraint(catalog).filter_map(|(schema, _, constraint)| match constraint {
        Constraint::Check(check) => Some(
            Row::of(&c::INFO_CHECK_CONSTRAINTS)
                .set("constraint_catalog", DATABASE)
                .set("constraint_schema", schema)
                .set("constraint_name", &*check.name)
                .set("check_clause", format!("({})", check.expression))
                .done(),
        ),
        _ => None,
    });
    rows.collect()
}

/// information_schema.referential_constraints
pub(super) fn referential_constraints(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let rule = |action| match action {
        ForeignAction::NoAction => "NO ACTION",
        ForeignAction::Restrict => "RESTRICT",
        ForeignAction::Cascade => "CASCADE",
        ForeignAction::SetNull => "SET NULL",
        ForeignAction::SetDefault => "SET DEFAULT",
    };
    let rows = every_constraint(catalog).filter_map(|(schema, _, constraint)| {
        let Constraint::Foreign(key) = constraint else { return None };
        let target = catalog.table(key.target)?;
        let unique = constraints_of(target).into_iter().find(|own| match own {
            Constraint::Primary(_, columns) => **columns == *key.target_columns,
            Constraint::Unique(_, columns) => *columns == key.target_columns,
            _ => false,
        });
        let row = Row::of(&c::INFO_REFERENTIAL_CONSTRAINTS)
            .set("constraint_catalog", DATABASE)
            .set("constraint_schema", schema)
            .set("constraint_name", &*key.name)
            .set("unique_constraint_catalog", DATABASE)
            .set("unique_constraint_schema", schema_name(catalog, target.schema))
            .set("unique_constraint_name", unique.map_or(Datum::Null, |unique| Datum::text(unique.name())))
            .set("match_option", "NONE")
            .set("update_rule", rule(key.on_update))
            .set("delete_rule", rule(key.on_delete));
        Some(row.done())
    });
    rows.collect()
}

/// information_schema.sequences
pub(super) fn sequences(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |sequence: &Sequence| {
        Row::of(&c::INFO_SEQUENCES)
            .set("sequence_catalog", DATABASE)
            .set("sequence_schema", schema_name(catalog, sequence.schema))
            .set("sequence_name", &*sequence.name)
            .set("data_type", sql_type(sequence.ty))
            .set("numeric_precision", 64)
            .set("numeric_precision_radix", 2)
            .set("start_value", sequence.start.to_string())
            .set("minimum_value", sequence.min.to_string())
            .set("maximum_value", sequence.max.to_string())
            .set("increment", sequence.increment.to_string())
            .set("cycle_option", yes(sequence.cycle))
            .done()
    };
    all_sequences(catalog).filter(|sequence| !is_identity(catalog, sequence)).map(row).collect()
}

/// information_schema.views
pub(super) fn views(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let rows = catalog.relations().filter_map(|relation| match relation {
        Relation::View(view) => Some(
            Row::of(&c::INFO_VIEWS)
                .set("table_catalog", DATABASE)
                .set("table_schema", schema_name(catalog, view.schema))
                .set("table_name", &*view.name)
                .set("view_definition", format!(" {};", view.query))
                .set("check_option", "NONE")
                .set("is_updatable", "NO")
                .set("is_insertable_into", "NO")
                .done(),
        ),
        _ => None,
    });
    rows.collect()
}
