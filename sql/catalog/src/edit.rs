//! Changing the catalog inside a transaction: rows through the transaction, and the same change on a private copy.

use std::sync::Arc;

use cairn_base::{EngineCode, SpaceId, Timestamp};
use cairn_txn::{Lock, LockMode, Shard, SpaceOptions, Txn, Wait};

use crate::error::CatalogError;
use crate::schema::{Oid, Relation, Schema, Sequence, Table, View};
use crate::snapshot::Catalog;
use crate::spaces::{COUNTERS, DDL_LOCK_KEY, FIRST_USER_SPACE, Kind, OBJECTS, SEQUENCES, object_key, sequence_key};
use crate::stored::{self, StoredSchema, StoredSequence, StoredTable, StoredView};

/// A change of the catalog in progress. Dropping it forgets the private copy; the rows go with the transaction.
pub struct Edit<'a> {
    /// The core's transactions.
    pub shard: &'a mut Shard,
    /// The transaction that the change belongs to.
    pub txn: &'a mut Txn,
    /// The private copy: already changed.
    pub catalog: Catalog,
}

/// Takes the lock that lets one transaction at a time change the catalog. `Lock::Queued`: wait and ask again.
pub fn lock(shard: &mut Shard, txn: &mut Txn) -> Result<Lock, CatalogError> {
    Ok(shard.lock(txn, COUNTERS, DDL_LOCK_KEY, LockMode::Update, Wait::Wait)?)
}

impl<'a> Edit<'a> {
    /// Begins a change on a copy of `base`. The transaction holds [`lock`].
    pub fn new(shard: &'a mut Shard, txn: &'a mut Txn, base: &Catalog) -> Self {
        let mut catalog = base.clone();
        catalog.version += 1;
        Self { shard, txn, catalog }
    }

    /// A number that no object has had before.
    pub fn new_oid(&mut self) -> Result<Oid, CatalogError> {
        let oid = self.count(b"oid", i64::from(Oid::FIRST_USER.0))?;
        u32::try_from(oid).map(Oid).map_err(|_| CatalogError::Exhausted("objects"))
    }

    /// Creates a space in an engine.
    pub fn new_space(&mut self, engine: EngineCode, options: &SpaceOptions) -> Result<SpaceId, CatalogError> {
        let counter = [b"space.".as_slice(), &[engine.0]].concat();
        let number = self.count(&counter, i64::from(FIRST_USER_SPACE))?;
        let number = u32::try_from(number).ok().filter(|number| *number <= SpaceId::NUMBER_MAX);
        let space = SpaceId::new(engine, number.ok_or(CatalogError::Exhausted("spaces"))?);
        self.shard.create_space(self.txn, space, options.clone())?;
        Ok(space)
    }

    /// Drops a space and everything in it.
    pub fn drop_space(&mut self, space: SpaceId) -> Result<(), CatalogError> {
        Ok(self.shard.drop_space(self.txn, space)?)
    }

    /// Adds or replaces a table.
    pub fn put_table(&mut self, table: Table) -> Result<Arc<Table>, CatalogError> {
        let row = stored::to_bytes(&StoredTable::of(&table)?)?;
        self.put(Kind::Table, table.oid, &row)?;
        let oid = table.oid;
        self.catalog.remove(oid);
        self.catalog.add(Relation::Table(Arc::new(table)));
        self.catalog.link_references();
        Ok(self.catalog.table(oid).cloned().expect("the table was added above"))
    }

    /// Adds or replaces a sequence's definition.
    pub fn put_sequence(&mut self, sequence: Sequence) -> Result<Arc<Sequence>, CatalogError> {
        let row = stored::to_bytes(&StoredSequence::from(&sequence))?;
        self.put(Kind::Sequence, sequence.oid, &row)?;
        let sequence = Arc::new(sequence);
        self.catalog.remove(sequence.oid);
        self.catalog.add(Relation::Sequence(sequence.clone()));
        Ok(sequence)
    }

    /// Adds or replaces a view.
    pub fn put_view(&mut self, view: View) -> Result<Arc<View>, CatalogError> {
        let row = stored::to_bytes(&StoredView::from(&view))?;
        self.put(Kind::View, view.oid, &row)?;
        let view = Arc::new(view);
        self.catalog.remove(view.oid);
        self.catalog.add(Relation::View(view.clone()));
        Ok(view)
    }

    /// Adds or replaces a schema.
    pub fn put_schema(&mut self, schema: Schema) -> Result<(), CatalogError> {
        let row = stored::to_bytes(&StoredSchema::from(&schema))?;
        self.put(Kind::Schema, schema.oid, &row)?;
        self.catalog.add_schema(schema);
        Ok(())
    }

    /// Removes a schema. It is empty: the caller has checked.
    pub fn remove_schema(&mut self, oid: Oid) -> Result<(), CatalogError> {
        self.delete(Kind::Schema, oid)?;
        self.catalog.remove_schema(oid);
        Ok(())
    }

    /// Removes a table with its indexes and all its spaces, a sequence with its position, or a view. Owned sequences are
    /// the caller's to remove.
    pub fn remove(&mut self, oid: Oid) -> Result<(), CatalogError> {
        match self.catalog.relation_by_oid(oid).cloned() {
            Some(Relation::Table(table)) => {
                self.delete(Kind::Table, oid)?;
                for space in table.spaces() {
                    self.shard.drop_space(self.txn, space)?;
                }
            }
            Some(Relation::Sequence(_)) => {
                self.delete(Kind::Sequence, oid)?;
                let key = sequence_key(oid);
                self.lock_row(SEQUENCES, &key)?;
                self.shard.delete(self.txn, SEQUENCES, &key)?;
            }
            Some(Relation::View(_)) => self.delete(Kind::View, oid)?,
            Some(Relation::Index(..) | Relation::PrimaryKey(_) | Relation::System(_)) | None => {}
        }
        self.catalog.remove(oid);
        self.catalog.link_references();
        Ok(())
    }

    /// Notes that the rows of this table are not those of older snapshots any more. The time is set when the catalog is
    /// published, see [`Catalog::stamp_rewrites`].
    pub fn mark_rewritten(&mut self, table: &mut Table) {
        table.rewritten_at = Timestamp::MAX;
    }

    /// The changed copy.
    pub fn into_catalog(self) -> Catalog {
        self.catalog
    }

    fn put(&mut self, kind: Kind, oid: Oid, row: &[u8]) -> Result<(), CatalogError> {
        let key = object_key(kind, oid);
        self.lock_row(OBJECTS, &key)?;
        Ok(self.shard.put(self.txn, OBJECTS, &key, row)?)
    }

    fn delete(&mut self, kind: Kind, oid: Oid) -> Result<(), CatalogError> {
        let key = object_key(kind, oid);
        self.lock_row(OBJECTS, &key)?;
        Ok(self.shard.delete(self.txn, OBJECTS, &key)?)
    }

    /// Takes the next number of a counter. Under the catalog lock nobody else does.
    fn count(&mut self, name: &[u8], first: i64) -> Result<i64, CatalogError> {
        self.lock_row(COUNTERS, name)?;
        let mut row = Vec::new();
        let next = match self.shard.get(self.txn, COUNTERS, name, &mut row)? {
            true => i64::from_be_bytes(
                row.as_slice().try_into().map_err(|_| CatalogError::Corrupt("a counter is damaged".to_owned()))?,
            ),
            false => first,
        };
        self.shard.put(self.txn, COUNTERS, name, &(next + 1).to_be_bytes())?;
        Ok(next)
    }

    /// Locks a row of the catalog. Whoever may hold it holds the catalog lock or a table lock that the caller has taken
    /// already, so there is nobody to wait for but a sequence in use; then the statement starts again.
    fn lock_row(&mut self, space: SpaceId, key: &[u8]) -> Result<(), CatalogError> {
        match self.shard.lock(self.txn, space, key, LockMode::Update, Wait::Wait)? {
            Lock::Granted | Lock::Skipped => Ok(()),
            Lock::Queued(ticket) => Err(CatalogError::Queued(ticket)),
        }
    }
}
