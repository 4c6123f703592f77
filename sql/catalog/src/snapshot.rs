//! The catalog as one statement sees it: an immutable value, shared by `Arc`, replaced as a whole when DDL commits.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::schema::{Oid, Relation, Schema, Sequence, Table, View};

/// Everything that names can mean, at one moment. Cheap to clone (all entries are shared), so a transaction with DDL
/// works on its own copy.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Rises with every committed change; cached plans are tied to it.
    pub version: u64,
    pub(crate) schemas: FxHashMap<Oid, Arc<Schema>>,
    pub(crate) relations: FxHashMap<Oid, Relation>,
    pub(crate) names: FxHashMap<(Oid, Arc<str>), Oid>,
}

impl Catalog {
    /// The schema of this name.
    pub fn schema(&self, name: &str) -> Option<&Arc<Schema>> {
        self.schemas.values().find(|schema| &*schema.name == name)
    }

    /// The schema with this OID.
    pub fn schema_by_oid(&self, oid: Oid) -> Option<&Arc<Schema>> {
        self.schemas.get(&oid)
    }

    /// All schemas, in no order.
    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        self.schemas.values()
    }

    /// The relation of this name in this schema.
    pub fn relation(&self, schema: Oid, name: &str) -> Option<&Relation> {
        self.names.get(&(schema, Arc::from(name))).and_then(|oid| self.relations.get(oid))
    }

    /// The relation with this OID (table, view, sequence, index, system relation).
    pub fn relation_by_oid(&self, oid: Oid) -> Option<&Relation> {
        self.relations.get(&oid)
    }

    /// The table with this OID.
    pub fn table(&self, oid: Oid) -> Option<&Arc<Table>> {
        match self.relations.get(&oid) {
            Some(Relation::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// The sequence with this OID.
    pub fn sequence(&self, oid: Oid) -> Option<&Arc<Sequence>> {
        match self.relations.get(&oid) {
            Some(Relation::Sequence(sequence)) => Some(sequence),
            _ => None,
        }
    }

    /// The view with this OID.
    pub fn view(&self, oid: Oid) -> Option<&Arc<View>> {
        match self.relations.get(&oid) {
            Some(Relation::View(view)) => Some(view),
            _ => None,
        }
    }

    /// All relations, in no order.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values()
    }
}
