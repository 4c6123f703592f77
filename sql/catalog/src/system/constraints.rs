//! pg_constraint and pg_attrdef.

use cairn_sql_types::Datum;

use super::columns::{PG_ATTRDEF, PG_CONSTRAINT};
use super::primary_constraint;
use super::row::{Row, attribute_numbers};
use crate::check_text::columns;
use crate::schema::{ForeignKey, Oid, Table, TableKey};
use crate::snapshot::Catalog;
use crate::stored::action_letter;

/// pg_constraint
pub(super) fn constraints(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for table in catalog.tables() {
        if let TableKey::Primary { oid, name, columns } = &table.key {
            let row = constraint(table, primary_constraint(*oid), name, "p").set("conindid", *oid);
            rows.push(row.set("conkey", attribute_numbers(columns.iter().copied())).done());
        }
        for index in &table.indexes {
            if let Some(oid) = index.constraint {
                let columns = index.columns.iter().map(|column| column.column);
                let row = constraint(table, oid, &index.name, "u").set("conindid", index.oid);
                rows.push(row.set("conkey", attribute_numbers(columns)).done());
            }
        }
        for check in &table.checks {
            let row = constraint(table, check.oid, &check.name, "c").set("conbin", &*check.expression);
            rows.push(row.set("conkey", attribute_numbers(columns(table, check).into_iter())).done());
        }
        for key in &table.foreign_keys {
            rows.push(foreign(catalog, table, key).done());
        }
    }
    rows
}

fn constraint(table: &Table, oid: Oid, name: &str, kind: &str) -> Row {
    Row::of(&PG_CONSTRAINT)
        .set("oid", oid)
        .set("conname", name)
        .set("connamespace", table.schema)
        .set("contype", kind)
        .set("convalidated", true)
        .set("conrelid", table.oid)
        .set("confupdtype", " ")
        .set("confdeltype", " ")
        .set("confmatchtype", " ")
        .set("conislocal", true)
        .set("connoinherit", kind != "c")
}

fn foreign(catalog: &Catalog, table: &Table, key: &ForeignKey) -> Row {
    constraint(table, key.oid, &key.name, "f")
        .set("confrelid", key.target)
        .set("conindid", target_index(catalog, key))
        .set("confupdtype", action_letter(key.on_update).to_string())
        .set("confdeltype", action_letter(key.on_delete).to_string())
        .set("confmatchtype", "s")
        .set("conkey", attribute_numbers(key.columns.iter().copied()))
        .set("confkey", attribute_numbers(key.target_columns.iter().copied()))
}

/// The index that a foreign key leads to.
fn target_index(catalog: &Catalog, key: &ForeignKey) -> Oid {
    let Some(target) = catalog.table(key.target) else { return Oid(0) };
    match &target.key {
        TableKey::Primary { oid, columns, .. } if *columns == key.target_columns => *oid,
        _ => {
            let covers = |columns: Vec<usize>| columns == key.target_columns;
            let index = target
                .indexes
                .iter()
                .find(|index| index.unique && covers(index.columns.iter().map(|column| column.column).collect()));
            index.map_or(Oid(0), |index| index.oid)
        }
    }
}

/// pg_attrdef
pub(super) fn defaults(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for table in catalog.tables() {
        for (at, column) in table.columns.iter().enumerate() {
            let Some(default) = column.default.as_ref().filter(|_| column.identity.is_none()) else { continue };
            let row = Row::of(&PG_ATTRDEF)
                // A number of its own is not kept: table and column tell defaults apart.
                .set("oid", Oid(table.oid.0.wrapping_mul(2048).wrapping_add(at as u32)))
                .set("adrelid", table.oid)
                .set("adnum", at as i32 + 1)
                .set("adbin", &**default);
            rows.push(row.done());
        }
    }
    rows
}
