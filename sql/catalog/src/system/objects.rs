//! Schemas, roles, databases, engines, sequences, and the views over tables, indexes and views.

use cairn_sql_types::{Datum, TypeId, type_name};

use super::classes::secondary;
use super::columns as c;
use super::row::Row;
use crate::functions::OWNER;
use crate::functions::definition::{index_definition, primary_definition};
use crate::schema::{Oid, Relation, Sequence, Table, TableKey};
use crate::snapshot::Catalog;

/// Names of the one database and role, until roles come. The session's own facts tell functions the same.
const DATABASE: &str = "cairn";
const ROLE: &str = "postgres";
/// The role that owns schema `public` in PostgreSQL 15.
const DATABASE_OWNER: Oid = Oid(6171);

/// Stable number of an engine as an access method: above PostgreSQL's own, from the engine's place.
pub(super) fn engine_oid(engine: &str) -> Oid {
    match engine {
        "memtx" => Oid(12001),
        "vinyl" => Oid(12002),
        // FNV-1a, cut to the range below user objects: engines are few, and their names fixed.
        other => {
            let hash =
                other.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            Oid(12003 + hash % 900)
        }
    }
}

/// pg_am: the engines that tables use, and btree.
pub(super) fn access_methods(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let mut engines: Vec<&str> = catalog.tables().map(|table| &*table.engine).chain(["memtx", "vinyl"]).collect();
    engines.sort_unstable();
    engines.dedup();
    let method = |oid: Oid, name: &str, kind: &str| {
        Row::of(&c::PG_AM).set("oid", oid).set("amname", name).set("amtype", kind).done()
    };
    let mut rows: Vec<_> = engines.into_iter().map(|name| method(engine_oid(name), name, "t")).collect();
    rows.push(method(Oid(403), "btree", "i"));
    rows
}

/// pg_namespace
pub(super) fn namespaces(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let owner = |oid| if oid == Oid::PUBLIC { DATABASE_OWNER } else { OWNER };
    let row = |schema: &std::sync::Arc<crate::schema::Schema>| {
        let row = Row::of(&c::PG_NAMESPACE).set("oid", schema.oid).set("nspname", &*schema.name);
        row.set("nspowner", owner(schema.oid)).done()
    };
    catalog.schemas().map(row).collect()
}

/// pg_database
pub(super) fn databases(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = Row::of(&c::PG_DATABASE)
        .set("oid", Oid(5))
        .set("datname", DATABASE)
        .set("datdba", OWNER)
        .set("encoding", 6)
        .set("datlocprovider", "c")
        .set("datallowconn", true)
        .set("datconnlimit", -1)
        .set("dattablespace", Oid(1663))
        .set("datcollate", "C")
        .set("datctype", "C.UTF-8");
    vec![row.done()]
}

/// pg_roles
pub(super) fn roles(_: &Catalog) -> Vec<Vec<Datum>> {
    vec![role(&c::PG_ROLES).set("rolpassword", "********").done()]
}

/// pg_authid
pub(super) fn authids(_: &Catalog) -> Vec<Vec<Datum>> {
    vec![role(&c::PG_AUTHID).done()]
}

fn role(definition: &c::Definition) -> Row {
    let all =
        ["rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication", "rolbypassrls"];
    let row = Row::of(definition).set("oid", OWNER).set("rolname", ROLE).set("rolconnlimit", -1);
    all.into_iter().fold(row, |row, right| row.set(right, true))
}

/// pg_user
pub(super) fn users(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = Row::of(&c::PG_USER).set("usename", ROLE).set("usesysid", OWNER);
    let rights = ["usecreatedb", "usesuper", "userepl", "usebypassrls"];
    vec![rights.into_iter().fold(row, |row, right| row.set(right, true)).set("passwd", "********").done()]
}

/// pg_collation
pub(super) fn collations(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = |oid: u32, name: &str| {
        Row::of(&c::PG_COLLATION)
            .set("oid", Oid(oid))
            .set("collname", name)
            .set("collnamespace", Oid::PG_CATALOG)
            .set("collowner", OWNER)
            .set("collprovider", if oid == 100 { "d" } else { "c" })
            .set("collisdeterministic", true)
            .set("collencoding", -1)
            .done()
    };
    vec![row(100, "default"), row(950, "C"), row(951, "POSIX")]
}

/// pg_tablespace
pub(super) fn tablespaces(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = |oid: u32, name: &str| {
        Row::of(&c::PG_TABLESPACE).set("oid", Oid(oid)).set("spcname", name).set("spcowner", OWNER).done()
    };
    vec![row(1663, "pg_default"), row(1664, "pg_global")]
}

fn schema_name(catalog: &Catalog, oid: Oid) -> String {
    catalog.schema_by_oid(oid).map(|schema| schema.name.to_string()).unwrap_or_default()
}

/// All sequences.
pub(super) fn all_sequences(catalog: &Catalog) -> impl Iterator<Item = &Sequence> {
    catalog.relations().filter_map(|relation| match relation {
        Relation::Sequence(sequence) => Some(&**sequence),
        _ => None,
    })
}

/// pg_sequence
pub(super) fn sequences(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |sequence: &Sequence| {
        Row::of(&c::PG_SEQUENCE)
            .set("seqrelid", sequence.oid)
            .set("seqtypid", sequence.ty)
            .set("seqstart", sequence.start)
            .set("seqincrement", sequence.increment)
            .set("seqmax", sequence.max)
            .set("seqmin", sequence.min)
            .set("seqcache", sequence.cache)
            .set("seqcycle", sequence.cycle)
            .done()
    };
    all_sequences(catalog).map(row).collect()
}

/// pg_sequences
pub(super) fn sequence_view(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |sequence: &Sequence| {
        Row::of(&c::PG_SEQUENCES)
            .set("schemaname", schema_name(catalog, sequence.schema))
            .set("sequencename", &*sequence.name)
            .set("sequenceowner", ROLE)
            .set("data_type", sequence.ty)
            .set("start_value", sequence.start)
            .set("min_value", sequence.min)
            .set("max_value", sequence.max)
            .set("increment_by", sequence.increment)
            .set("cycle", sequence.cycle)
            .set("cache_size", sequence.cache)
            .set("last_value", Datum::Null)
            .done()
    };
    all_sequences(catalog).map(row).collect()
}

/// pg_tables
pub(super) fn table_view(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |schema: Oid, name: &str, indexed: bool, referring: bool| {
        Row::of(&c::PG_TABLES)
            .set("schemaname", schema_name(catalog, schema))
            .set("tablename", name)
            .set("tableowner", ROLE)
            .set("tablespace", Datum::Null)
            .set("hasindexes", indexed)
            .set("hastriggers", referring)
            .done()
    };
    let rows = catalog.relations().filter_map(|relation| match relation {
        Relation::Table(table) => {
            let indexed = !table.indexes.is_empty() || !table.primary_key().is_empty();
            Some(row(table.schema, &table.name, indexed, table.has_foreign_keys()))
        }
        Relation::System(system) if !system.view => Some(row(system.schema, system.name, false, false)),
        _ => None,
    });
    rows.collect()
}

/// pg_views
pub(super) fn view_view(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let rows = catalog.relations().filter_map(|relation| match relation {
        Relation::View(view) => Some(
            Row::of(&c::PG_VIEWS)
                .set("schemaname", schema_name(catalog, view.schema))
                .set("viewname", &*view.name)
                .set("viewowner", ROLE)
                .set("definition", format!(" {};", view.query))
                .done(),
        ),
        _ => None,
    });
    rows.collect()
}

/// pg_indexes
pub(super) fn index_view(catalog: &Catalog) -> Vec<Vec<Datum>> {
    let row = |table: &Table, name: &str, definition: String| {
        Row::of(&c::PG_INDEXES)
            .set("schemaname", schema_name(catalog, table.schema))
            .set("tablename", &*table.name)
            .set("indexname", name)
            .set("tablespace", Datum::Null)
            .set("indexdef", definition)
            .done()
    };
    let mut rows: Vec<Vec<Datum>> = secondary(catalog)
        .map(|(table, index)| row(table, &index.name, index_definition(catalog, table, index)))
        .collect();
    for table in catalog.tables() {
        if let (TableKey::Primary { name, .. }, Some(definition)) = (&table.key, primary_definition(catalog, table)) {
            rows.push(row(table, name, definition));
        }
    }
    rows
}

/// A type as SQL names it.
pub(super) fn sql_type(ty: TypeId) -> String {
    type_name::format_type(ty, None)
}
