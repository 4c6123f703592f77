//! pg_catalog and information_schema: relations whose rows are computed from the catalog when they are read.
//!
//! OIDs are stable: user objects carry theirs in the catalog, PostgreSQL's own objects keep PostgreSQL's numbers. Relations
//! about things that Cairn does not have (triggers, rules, publications...) exist and are empty, because clients join them.

mod classes;
mod columns;
mod constraints;
mod information;
mod objects;
mod row;
pub mod session;
mod types;

use cairn_sql_types::Datum;

use self::columns as c;
use crate::schema::{Oid, SystemRelation, SystemRows};
use crate::snapshot::Catalog;

/// A primary key's index and its constraint are one object in Cairn and two in PostgreSQL. The constraint's number is the
/// index's with the top bit set: user OIDs never get that high.
pub(crate) fn primary_constraint(index: Oid) -> Oid {
    Oid(index.0 | 0x8000_0000)
}

/// Is this a relation of PostgreSQL 15's system schemas that Cairn does not have? Such a name answers 0A000 instead of 42P01.
pub fn is_unsupported(schema: Option<&str>, name: &str) -> bool {
    let known = || include_str!("unsupported.txt").lines().any(|line| line == name);
    match schema {
        None | Some("pg_catalog") => name.starts_with("pg_") && known(),
        Some("information_schema") => !name.starts_with("pg_") && known(),
        Some(_) => false,
    }
}

fn none(_: &Catalog) -> Vec<Vec<Datum>> {
    Vec::new()
}

const fn relation(definition: c::Definition, rows: fn(&Catalog) -> Vec<Vec<Datum>>) -> SystemRelation {
    made_by(definition, SystemRows::Catalog(rows))
}

const fn made_by(definition: c::Definition, rows: SystemRows) -> SystemRelation {
    SystemRelation {
        oid: definition.oid,
        schema: definition.schema,
        name: definition.name,
        columns: definition.columns,
        view: definition.view,
        rows,
    }
}

/// All of them.
pub static RELATIONS: &[SystemRelation] = &[
    relation(c::PG_AGGREGATE, types::aggregates),
    relation(c::PG_AM, objects::access_methods),
    relation(c::PG_ATTRDEF, constraints::defaults),
    relation(c::PG_ATTRIBUTE, classes::attributes),
    relation(c::PG_AUTH_MEMBERS, none),
    relation(c::PG_AUTHID, objects::authids),
    relation(c::PG_CAST, types::casts),
    relation(c::PG_CLASS, classes::classes),
    relation(c::PG_COLLATION, objects::collations),
    relation(c::PG_CONSTRAINT, constraints::constraints),
    relation(c::PG_DATABASE, objects::databases),
    relation(c::PG_DEFAULT_ACL, none),
    relation(c::PG_DEPEND, none),
    relation(c::PG_DESCRIPTION, none),
    relation(c::PG_ENUM, none),
    relation(c::PG_EVENT_TRIGGER, none),
    relation(c::PG_EXTENSION, none),
    relation(c::PG_FOREIGN_DATA_WRAPPER, none),
    relation(c::PG_FOREIGN_SERVER, none),
    relation(c::PG_FOREIGN_TABLE, none),
    relation(c::PG_INDEX, classes::indexes),
    relation(c::PG_INDEXES, objects::index_view),
    relation(c::PG_INHERITS, none),
    relation(c::PG_LANGUAGE, none),
    relation(c::PG_LARGEOBJECT_METADATA, none),
    relation(c::PG_MATVIEWS, none),
    relation(c::PG_NAMESPACE, objects::namespaces),
    relation(c::PG_OPCLASS, none),
    relation(c::PG_OPERATOR, types::operators),
    relation(c::PG_PARTITIONED_TABLE, none),
    relation(c::PG_POLICY, none),
    relation(c::PG_PREPARED_XACTS, none),
    relation(c::PG_PROC, types::functions),
    relation(c::PG_PUBLICATION, none),
    relation(c::PG_PUBLICATION_NAMESPACE, none),
    relation(c::PG_PUBLICATION_REL, none),
    relation(c::PG_RANGE, none),
    relation(c::PG_REWRITE, none),
    relation(c::PG_ROLES, objects::roles),
    relation(c::PG_SECLABEL, none),
    relation(c::PG_SEQUENCE, objects::sequences),
    relation(c::PG_SEQUENCES, objects::sequence_view),
    made_by(c::PG_SETTINGS, SystemRows::Session),
    relation(c::PG_SHDEPEND, none),
    relation(c::PG_SHDESCRIPTION, none),
    relation(c::PG_SHSECLABEL, none),
    relation(c::PG_STATISTIC_EXT, none),
    relation(c::PG_TABLES, objects::table_view),
    relation(c::PG_TABLESPACE, objects::tablespaces),
    relation(c::PG_TRIGGER, none),
    relation(c::PG_TYPE, types::types),
    relation(c::PG_USER, objects::users),
    relation(c::PG_VIEWS, objects::view_view),
    relation(c::INFO_CHECK_CONSTRAINTS, information::check_constraints),
    relation(c::INFO_COLUMNS, information::columns),
    relation(c::INFO_CONSTRAINT_COLUMN_USAGE, information::constraint_column_usage),
    relation(c::INFO_KEY_COLUMN_USAGE, information::key_column_usage),
    relation(c::INFO_REFERENTIAL_CONSTRAINTS, information::referential_constraints),
    relation(c::INFO_SCHEMATA, information::schemata),
    relation(c::INFO_SEQUENCES, information::sequences),
    relation(c::INFO_TABLE_CONSTRAINTS, information::table_constraints),
    relation(c::INFO_TABLES, information::tables),
    relation(c::INFO_VIEWS, information::views),
];
