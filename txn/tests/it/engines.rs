//! Engines that misbehave as real ones may: slow to apply, bytes not in memory, full.

use std::collections::HashSet;
use std::sync::Mutex;

use cairn_engine_api::*;
use cairn_engine_testkit::model::ModelEngine;

/// A model engine that trims as eagerly as the contract allows, with or without the special powers of one on disk.
#[derive(Debug)]
pub struct DiskEngine {
    pub model: ModelEngine,
    on_disk: bool,
    /// Keys whose bytes are in memory; a blocking read brings them in. `None`: all of them are.
    resident: Option<Mutex<HashSet<Vec<u8>>>>,
    pub admission: Mutex<Admit>,
    /// What it was asked to admit.
    pub asked: Mutex<Vec<u64>>,
    /// Below this its history has holes.
    pub floor: Timestamp,
}

impl DiskEngine {
    pub fn new(all_resident: bool) -> Self {
        let resident = (!all_resident).then(Mutex::default);
        let (admission, asked) = (Mutex::new(Admit::Yes), Mutex::default());
        Self { model: ModelEngine::in_memory(), on_disk: true, resident, admission, asked, floor: Timestamp::ZERO }
    }

    /// An engine that applies on the core and has everything in memory.
    pub fn in_memory() -> Self {
        Self { on_disk: false, ..Self::new(true) }
    }

    fn bring_in(&self, key: &[u8]) {
        if let Some(resident) = &self.resident {
            resident.lock().unwrap().insert(key.to_vec());
        }
    }

    fn is_resident(&self, key: &[u8]) -> bool {
        self.resident.as_ref().is_none_or(|resident| resident.lock().unwrap().contains(key))
    }
}

impl Engine for DiskEngine {
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError> {
        self.model.validate(options)
    }

    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        self.model.apply(ops, stamp)?;
        self.model.collect(stamp.watermark)?;
        Ok(())
    }

    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        self.bring_in(key);
        self.model.get(space, key, at, out)
    }

    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let rows = self.model.scan(space, range, at, direction)?;
        Ok(Box::new(Rows { engine: self, rows, blocking: true }))
    }

    fn persisted(&self) -> Persisted {
        self.model.persisted()
    }

    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError> {
        self.model.checkpoint(upto, progress)
    }

    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError> {
        self.model.collect(watermark)
    }

    fn stats(&self, space: Option<SpaceId>) -> EngineStats {
        self.model.stats(space)
    }

    fn capabilities(&self) -> Capabilities<'_> {
        match self.on_disk {
            true => Capabilities { resident: Some(self), admission: Some(self), slow_apply: true, floor: self.floor },
            false => Capabilities::default(),
        }
    }
}

impl ResidentRead for DiskEngine {
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError> {
        if self.is_resident(key) { self.model.get(space, key, at, out) } else { Err(EngineError::NotResident) }
    }

    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError> {
        let rows = self.model.scan(space, range, at, direction)?;
        Ok(Box::new(Rows { engine: self, rows, blocking: false }))
    }
}

impl Admission for DiskEngine {
    fn admit(&self, bytes: u64) -> Admit {
        self.asked.lock().unwrap().push(bytes);
        *self.admission.lock().unwrap()
    }
}

struct Rows<'a> {
    engine: &'a DiskEngine,
    rows: Box<dyn Cursor + 'a>,
    blocking: bool,
}

impl Cursor for Rows<'_> {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        let Some(entry) = self.rows.next()? else { return Ok(None) };
        if self.blocking {
            self.engine.bring_in(entry.key);
        } else if !self.engine.is_resident(entry.key) {
            return Err(EngineError::NotResident);
        }
        Ok(Some(entry))
    }
}
