//! The [`Engine`] contract over redb's transactions.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cairn_engine_api::{
    Capabilities, Cursor, Direction, Engine, EngineCode, EngineError, EngineStats, KeyRange, Op, Persisted, SpaceId,
    SpaceOptions, Stamp, Timestamp,
};
use redb::{Database, Durability, ReadTransaction, ReadableDatabase, ReadableTable, WriteTransaction};

use crate::apply::Batch;
use crate::cursor::{Nothing, Scan};
use crate::error::failed;
use crate::tables::{ROWS, SPACES, is_crossed, span, versions};

/// The code of redb in every [`SpaceId`].
pub const REDB_CODE: EngineCode = EngineCode(4);

/// The name of redb's file in the engine's directory.
const FILE: &str = "rows.redb";

/// An engine over redb. See the crate documentation.
pub struct Redb {
    database: Database,
    /// What the file keeps through a crash.
    persisted: Mutex<Persisted>,
}

impl Redb {
    /// Opens or creates the engine's file in `directory`, which is created when it is missing.
    pub fn open(directory: &Path) -> Result<Self, EngineError> {
        std::fs::create_dir_all(directory)
            .map_err(|source| EngineError::io(format!("create {}", directory.display()), source))?;
        let database = Database::create(directory.join(FILE)).map_err(failed("open the redb file"))?;
        let engine = Self { database, persisted: Mutex::default() };
        // Makes the tables, and makes durable whatever was found.
        let persisted = engine.write(Durability::Immediate, |batch| batch.applied())?;
        *engine.lock() = persisted;
        Ok(engine)
    }

    /// One transaction. An error leaves nothing of it.
    fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let mut transaction: WriteTransaction = self.database.begin_write().map_err(failed("begin a transaction"))?;
        transaction.set_durability(durability).map_err(failed("set the durability"))?;
        let mut batch = Batch::open(&transaction)?;
        let result = work(&mut batch);
        drop(batch);
        match result {
            Ok(done) => transaction.commit().map(|()| done).map_err(failed("commit")),
            Err(error) => transaction.abort().map_err(failed("roll back")).and(Err(error)),
        }
    }

    fn read(&self) -> Result<ReadTransaction, EngineError> {
        self.database.begin_read().map_err(failed("begin reading"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Persisted> {
        self.persisted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is the space there in this snapshot?
fn check(snapshot: &ReadTransaction, space: SpaceId) -> Result<(), EngineError> {
    let spaces = snapshot.open_table(SPACES).map_err(failed("open table spaces"))?;
    let found = spaces.get(space.0).map_err(failed("look up a space"))?;
    found.map(|_| ()).ok_or(EngineError::NoSuchSpace(space))
}

impl Engine for Redb {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        match options.settings.first() {
            None => Ok(()),
            Some((name, _)) => Err(EngineError::BadOption(format!("unrecognized parameter \"{name}\""))),
        }
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        self.write(Durability::None, |batch| {
            if stamp.index <= batch.applied()?.index {
                return Ok(());
            }
            ops.iter().try_for_each(|op| batch.perform(op, stamp))?;
            batch.set_applied(Persisted { index: stamp.index, at: stamp.at })
        })
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        let snapshot = self.read()?;
        check(&snapshot, space)?;
        let rows = snapshot.open_table(ROWS).map_err(failed("open table rows"))?;
        let mut versions =
            rows.range::<(u32, &[u8], u64)>(versions(space, key, at)).map_err(failed("look up a row"))?;
        let Some((_, row)) = versions.next().transpose().map_err(failed("look up a row"))? else { return Ok(false) };
        let Some(row) = row.value() else { return Ok(false) };
        out.extend_from_slice(row);
        Ok(true)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let snapshot = self.read()?;
        check(&snapshot, space)?;
        if is_crossed(range) {
            return Ok(Box::new(Nothing));
        }
        let rows = snapshot.open_table(ROWS).map_err(failed("open table rows"))?;
        let range = rows.range::<(u32, &[u8], u64)>(span(space, range)).map_err(failed("open a scan"))?;
        Ok(Box::new(Scan::new(range, at, direction)))
    }

    fn persisted(&self) -> Persisted {
        *self.lock()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        let kept = self.write(Durability::Immediate, |batch| {
            let applied = batch.applied()?;
            let kept = if applied.index < upto.index { upto } else { applied };
            batch.set_applied(kept)?;
            Ok(kept)
        })?;
        progress(self.stats(None).rows);
        let mut persisted = self.lock();
        if persisted.index < kept.index {
            *persisted = kept;
        }
        Ok(*persisted)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.write(Durability::None, |batch| batch.collect(watermark))
    }

    /// An engine that cannot be read has no figures: the next read says why.
    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        self.count(space).unwrap_or_default()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities { slow_apply: true, ..Capabilities::default() }
    }
}

impl Redb {
    fn count(&self, space: Option<SpaceId>) -> Result<EngineStats, EngineError> {
        let snapshot = self.read()?;
        let spaces = snapshot.open_table(SPACES).map_err(failed("open table spaces"))?;
        let mut sum = EngineStats::default();
        for entry in spaces.iter().map_err(failed("list spaces"))? {
            let (id, counts) = entry.map_err(failed("list spaces"))?;
            if space.is_none_or(|space| space.0 == id.value()) {
                let (rows, versions, bytes) = counts.value();
                sum.rows += rows;
                sum.versions += versions;
                sum.disk_bytes += bytes;
            }
        }
        Ok(sum)
    }
}

impl fmt::Debug for Redb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redb").field("persisted", &self.persisted()).finish_non_exhaustive()
    }
}
