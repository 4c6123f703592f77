//! pg_class, pg_attribute, pg_index: relations and their columns.

use cairn_sql_types::info::TypeInfo;
use cairn_sql_types::{Datum, Type, TypeId};

use super::columns::{PG_ATTRIBUTE, PG_CLASS, PG_INDEX};
use super::objects::engine_oid;
use super::row::{Row, array};
use crate::functions::OWNER;
use crate::schema::{Identity, Index, IndexColumn, Oid, Relation, Table};
use crate::snapshot::Catalog;

/// pg_class
pub(super) fn classes(catalog: &Catalog) -> Vec<Vec<Datum>> {
    catalog.relations().map(|relation| class(relation).done()).collect()
}

fn class(relation: &Relation) -> Row {
    let (schema, name, oid) = relation.identity();
    let row = Row::of(&PG_CLASS)
        .set("oid", oid)
        .set("relname", &*name)
        .set("relnamespace", schema)
        .set("relowner", OWNER)
        .set("relfilenode", oid)
        .set("relpersistence", "p")
        .set("reltuples", -1)
        .set("relispopulated", true)
        .set("relreplident", "n");
    match relation {
        Relation::Table(table) => row
            .set("relkind", "r")
            .set("relam", engine_oid(&table.engine))
            .set("relnatts", table.columns.len() as i32)
            .set("relchecks", table.checks.len() as i32)
            // PostgreSQL keeps a foreign key by triggers on both tables; psql looks for keys only where there are some.
            .set("relhastriggers", table.has_foreign_keys())
            .set("relhasindex", !table.indexes.is_empty() || !table.primary_key().is_empty())
            .set("relreplident", "d")
            .set("reloptions", options(table)),
        Relation::View(view) => {
            row.set("relkind", "v").set("relnatts", view.columns.len() as i32).set("relhasrules", true)
        }
        Relation::Sequence(_) => row.set("relkind", "S").set("relnatts", 3),
        Relation::Index(_, index) => {
            row.set("relkind", "i").set("relam", BTREE).set("relnatts", index.columns.len() as i32)
        }
        Relation::PrimaryKey(table) => {
            row.set("relkind", "i").set("relam", BTREE).set("relnatts", table.primary_key().len() as i32)
        }
        Relation::System(system) => {
            row.set("relkind", if system.view { "v" } else { "r" }).set("relnatts", system.columns.len() as i32)
        }
    }
}

/// PostgreSQL's number of the btree access method, whose name clients expect on indexes.
const BTREE: Oid = Oid(403);

fn options(table: &Table) -> Datum {
    if table.options.is_empty() {
        return Datum::Null;
    }
    let options = table.options.iter().map(|(name, value)| Datum::text(format!("{name}={value}"))).collect();
    array(TypeId::TEXT, 1, options)
}

/// pg_attribute
pub(super) fn attributes(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for relation in catalog.relations() {
        match relation {
            Relation::Table(table) => table_attributes(table, &mut rows),
            Relation::View(view) => {
                for (at, (name, ty)) in view.columns.iter().enumerate() {
                    rows.push(attribute(view.oid, at, name, *ty).done());
                }
            }
            Relation::Sequence(sequence) => {
                let columns = [("last_value", TypeId::INT8), ("log_cnt", TypeId::INT8), ("is_called", TypeId::BOOL)];
                for (at, (name, ty)) in columns.into_iter().enumerate() {
                    rows.push(attribute(sequence.oid, at, name, ty.into()).set("attnotnull", true).done());
                }
            }
            Relation::Index(table, index) => {
                for (at, column) in index.columns.iter().enumerate() {
                    let column = &table.columns[column.column];
                    rows.push(attribute(index.oid, at, &column.name, column.ty).done());
                }
            }
            Relation::PrimaryKey(table) => {
                let (_, _, oid) = relation.identity();
                for (at, column) in table.primary_key().iter().enumerate() {
                    let column = &table.columns[*column];
                    rows.push(attribute(oid, at, &column.name, column.ty).done());
                }
            }
            Relation::System(system) => {
                for (at, (name, ty)) in system.columns.iter().enumerate() {
                    rows.push(attribute(system.oid, at, name, (*ty).into()).done());
                }
            }
        }
    }
    rows
}

fn table_attributes(table: &Table, rows: &mut Vec<Vec<Datum>>) {
    for (at, column) in table.columns.iter().enumerate() {
        let identity = match column.identity {
            None => "",
            Some(Identity::Always) => "a",
            Some(Identity::ByDefault) => "d",
        };
        let mut row = attribute(table.oid, at, &column.name, column.ty)
            .set("attnotnull", column.not_null)
            .set("atthasdef", column.default.is_some() && identity.is_empty())
            .set("atthasmissing", column.missing.is_some())
            .set("attidentity", identity)
            .set("attisdropped", column.dropped);
        if column.dropped {
            row = row.set("atttypid", Oid(0));
        }
        rows.push(row.done());
    }
}

fn attribute(relation: Oid, at: usize, name: &str, ty: Type) -> Row {
    let info = TypeInfo::of(ty.id);
    let collation = info.map_or(0, |info| info.collation);
    Row::of(&PG_ATTRIBUTE)
        .set("attrelid", relation)
        .set("attname", name)
        .set("atttypid", ty.id)
        .set("attstattarget", -1)
        .set("attlen", info.map_or(-1, |info| i32::from(info.length)))
        .set("attnum", at as i32 + 1)
        .set("attcacheoff", -1)
        .set("atttypmod", ty.modifier)
        .set("attalign", info.map_or("i".to_owned(), |info| info.alignment.to_string()))
        .set("attstorage", info.map_or("p".to_owned(), |info| info.storage.to_string()))
        .set("attislocal", true)
        .set("attndims", i32::from(ty.id.element().is_some()))
        .set("attcollation", Oid(collation))
}

/// pg_index
pub(super) fn indexes(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for relation in catalog.relations() {
        match relation {
            Relation::Index(table, index) => {
                rows.push(index_row(table, index.oid, &index.columns).set("indisunique", index.unique).done());
            }
            Relation::PrimaryKey(table) => {
                let (_, _, oid) = relation.identity();
                let column = |column: &usize| IndexColumn { column: *column, descending: false, nulls_first: false };
                let columns: Vec<IndexColumn> = table.primary_key().iter().map(column).collect();
                let row = index_row(table, oid, &columns).set("indisunique", true).set("indisprimary", true);
                rows.push(row.done());
            }
            _ => {}
        }
    }
    rows
}

fn index_row(table: &Table, oid: Oid, columns: &[IndexColumn]) -> Row {
    let numbers = columns.iter().map(|column| Datum::Int2(column.column as i16 + 1)).collect();
    let option = |column: &IndexColumn| i16::from(column.descending) | (i16::from(column.nulls_first) << 1);
    let options = columns.iter().map(|column| Datum::Int2(option(column))).collect();
    let zeros = || columns.iter().map(|_| Datum::Oid(0)).collect();
    Row::of(&PG_INDEX)
        .set("indexrelid", oid)
        .set("indrelid", table.oid)
        .set("indnatts", columns.len() as i32)
        .set("indnkeyatts", columns.len() as i32)
        .set("indimmediate", true)
        .set("indisvalid", true)
        .set("indisready", true)
        .set("indislive", true)
        .set("indkey", array(TypeId::INT2, 0, numbers))
        .set("indcollation", array(TypeId::OID, 0, zeros()))
        .set("indclass", array(TypeId::OID, 0, zeros()))
        .set("indoption", array(TypeId::INT2, 0, options))
}

/// All secondary indexes with their tables.
pub(super) fn secondary(catalog: &Catalog) -> impl Iterator<Item = (&Table, &Index)> {
    catalog.relations().filter_map(|relation| match relation {
        Relation::Index(table, index) => Some((&**table, &**index)),
        _ => None,
    })
}
