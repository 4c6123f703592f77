//! Start-up: the first catalog of a new database, and the catalog of an old one from its rows.

use std::sync::Arc;

use cairn_txn::{Direction, EngineError, KeyRange, Shard, SpaceOptions, Txn, TxnError};

use crate::error::CatalogError;
use crate::schema::{Oid, Relation, Schema};
use crate::snapshot::Catalog;
use crate::spaces::{COUNTERS, Kind, OBJECTS, SEQUENCES, object_key, parse_object_key};
use crate::stored::{self, StoredSchema, StoredSequence, StoredTable, StoredView};

/// Creates the system spaces and schema `public`, where they do not exist yet. Answers whether it wrote anything; the
/// caller commits.
pub fn bootstrap(shard: &mut Shard, txn: &mut Txn) -> Result<bool, CatalogError> {
    match shard.get(txn, OBJECTS, &object_key(Kind::Schema, Oid::PUBLIC), &mut Vec::new()) {
        Ok(_) => return Ok(false),
        Err(TxnError::Engine(EngineError::NoSuchSpace(_))) => {}
        Err(error) => return Err(error.into()),
    }
    for space in [OBJECTS, SEQUENCES, COUNTERS] {
        shard.create_space(txn, space, SpaceOptions::default())?;
    }
    let public = Schema { oid: Oid::PUBLIC, name: "public".into() };
    let row = stored::to_bytes(&StoredSchema::from(&public))?;
    shard.put_fresh(txn, OBJECTS, &object_key(Kind::Schema, public.oid), &row)?;
    Ok(true)
}

/// Reads every description and builds the catalog from them.
pub fn load(shard: &Shard, txn: &Txn) -> Result<Catalog, CatalogError> {
    let mut catalog = Catalog::with_system_relations();
    let mut cursor = shard.scan(txn, OBJECTS, KeyRange::ALL, Direction::Forward)?;
    while let Some(entry) = cursor.next()? {
        let (kind, _) = parse_object_key(entry.key)
            .ok_or_else(|| CatalogError::Corrupt(format!("unknown object key {:02x?}", entry.key)))?;
        match kind {
            Kind::Schema => catalog.add_schema(stored::from_bytes::<StoredSchema>(entry.value)?.into()),
            Kind::Table => {
                let table = stored::from_bytes::<StoredTable>(entry.value)?.load()?;
                catalog.add(Relation::Table(Arc::new(table)));
            }
            Kind::Sequence => {
                let sequence = stored::from_bytes::<StoredSequence>(entry.value)?;
                catalog.add(Relation::Sequence(Arc::new(sequence.into())));
            }
            Kind::View => {
                let view = stored::from_bytes::<StoredView>(entry.value)?;
                catalog.add(Relation::View(Arc::new(view.into())));
            }
        }
    }
    catalog.link_references();
    Ok(catalog)
}
