//! The catalog as one statement sees it: an immutable value, shared by `Arc`, replaced as a whole when DDL commits.

use std::sync::Arc;

use cairn_base::Timestamp;
use rustc_hash::FxHashMap;

use crate::schema::{Oid, Relation, Schema, Sequence, Table, TableKey, View};

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

    /// An empty database: the system schemas and their relations.
    pub fn with_system_relations() -> Self {
        let mut catalog = Self::default();
        for (oid, name) in [(Oid::PG_CATALOG, "pg_catalog"), (Oid::INFORMATION_SCHEMA, "information_schema")] {
            catalog.add_schema(Schema { oid, name: name.into() });
        }
        for relation in crate::system::RELATIONS {
            catalog.add(Relation::System(relation));
        }
        catalog
    }

    /// The same catalog with one more schema, for tests and tools that have no shard: nothing is stored.
    #[must_use]
    pub fn with_schema(mut self, schema: Schema) -> Self {
        self.add_schema(schema);
        self
    }

    /// The same catalog with one relation added or replaced, for tests and tools that have no shard: nothing is stored.
    #[must_use]
    pub fn with_relation(mut self, relation: Relation) -> Self {
        self.add(relation);
        self
    }

    /// Gives every table marked by [`crate::Edit::mark_rewritten`] its time. Called once, when the change commits at `at`.
    pub fn stamp_rewrites(&mut self, at: Timestamp) {
        for relation in self.relations.values_mut() {
            if let Relation::Table(table) = relation
                && table.rewritten_at == Timestamp::MAX
            {
                Arc::make_mut(table).rewritten_at = at;
            }
        }
    }

    pub(crate) fn add_schema(&mut self, schema: Schema) {
        self.schemas.insert(schema.oid, Arc::new(schema));
    }

    pub(crate) fn remove_schema(&mut self, oid: Oid) {
        self.schemas.remove(&oid);
    }

    /// Adds a relation; a table brings its indexes and its primary key's index along.
    pub(crate) fn add(&mut self, relation: Relation) {
        if let Relation::Table(table) = &relation {
            for index in &table.indexes {
                self.name(table.schema, index.name.clone(), index.oid);
                self.relations.insert(index.oid, Relation::Index(table.clone(), index.clone()));
            }
            if let TableKey::Primary { oid, name, .. } = &table.key {
                self.name(table.schema, name.clone(), *oid);
                self.relations.insert(*oid, Relation::PrimaryKey(table.clone()));
            }
        }
        let (schema, name, oid) = relation.identity();
        self.name(schema, name, oid);
        self.relations.insert(oid, relation);
    }

    /// Removes a relation; a table takes its indexes along.
    pub(crate) fn remove(&mut self, oid: Oid) {
        let Some(relation) = self.relations.remove(&oid) else { return };
        let (schema, name, _) = relation.identity();
        self.names.remove(&(schema, name));
        if let Relation::Table(table) = relation {
            let primary = match &table.key {
                TableKey::Primary { oid, .. } => Some(*oid),
                TableKey::RowId => None,
            };
            for index in table.indexes.iter().map(|index| index.oid).chain(primary) {
                self.remove(index);
            }
        }
    }

    /// Tells every table which foreign keys point at it.
    pub(crate) fn link_references(&mut self) {
        let mut references: FxHashMap<Oid, Vec<(Oid, Oid)>> = FxHashMap::default();
        for relation in self.relations.values() {
            let Relation::Table(table) = relation else { continue };
            for key in &table.foreign_keys {
                references.entry(key.target).or_default().push((table.oid, key.oid));
            }
        }
        references.values_mut().for_each(|list| list.sort_unstable());
        let tables: Vec<Arc<Table>> = self.tables().cloned().collect();
        for table in tables {
            let referenced_by = references.remove(&table.oid).unwrap_or_default();
            if table.referenced_by != referenced_by {
                let mut changed = (*table).clone();
                changed.referenced_by = referenced_by;
                self.add(Relation::Table(Arc::new(changed)));
            }
        }
    }

    fn name(&mut self, schema: Oid, name: Arc<str>, oid: Oid) {
        self.names.insert((schema, name), oid);
    }

    /// All tables, in no order.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.relations.values().filter_map(|relation| match relation {
            Relation::Table(table) => Some(table),
            _ => None,
        })
    }

    /// The first relation of this name along a search path of schemas.
    pub fn resolve<'a>(&'a self, path: &[Oid], name: &str) -> Option<&'a Relation> {
        path.iter().find_map(|schema| self.relation(*schema, name))
    }

    /// All relations, in no order.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values()
    }
}
