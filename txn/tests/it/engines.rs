//! Engines that misbehave as real ones may: slow to apply, bytes not in memory, full.

use std::collections::HashSet;
use std::sync::Mutex;

use cairn_engine_api::*;
use cairn_engine_testkit::model::ModelEngine;
use cairn_engine_testkit::on_disk::{Habits, OnDisk, Touched};

/// A model engine that trims as eagerly as the contract allows, with or without the special powers of one on disk.
pub type DiskEngine = OnDisk<Eager>;

#[derive(Debug)]
pub struct Eager {
    on_disk: bool,
    /// Keys whose bytes are in memory; a blocking read brings them in. `None`: all of them are.
    resident: Option<Mutex<HashSet<Vec<u8>>>>,
    pub admission: Mutex<Admit>,
    /// What it was asked to admit.
    pub asked: Mutex<Vec<u64>>,
    /// Below this its history has holes.
    pub floor: Timestamp,
}

/// An engine that others apply to.
pub fn on_disk(all_resident: bool) -> DiskEngine {
    let resident = (!all_resident).then(Mutex::default);
    let (admission, asked) = (Mutex::new(Admit::Yes), Mutex::default());
    OnDisk::in_memory(Eager { on_disk: true, resident, admission, asked, floor: Timestamp::ZERO })
}

/// An engine that applies on the core and has everything in memory.
pub fn in_memory() -> DiskEngine {
    let mut engine = on_disk(true);
    engine.habits.on_disk = false;
    engine
}

impl Habits for Eager {
    fn fetch(&self, _space: SpaceId, touched: Touched<'_>) {
        if let (Some(resident), Touched::Key(key) | Touched::Row(key)) = (&self.resident, touched) {
            resident.lock().unwrap().insert(key.to_vec());
        }
    }

    fn is_resident(&self, _space: SpaceId, touched: Touched<'_>) -> bool {
        match (&self.resident, touched) {
            (Some(resident), Touched::Key(key) | Touched::Row(key)) => resident.lock().unwrap().contains(key),
            (None, _) | (_, Touched::Range) => true,
        }
    }

    fn admit(&self, bytes: u64) -> Admit {
        self.asked.lock().unwrap().push(bytes);
        *self.admission.lock().unwrap()
    }

    fn applied(&self, data: &ModelEngine, stamp: Stamp) -> Result<(), EngineError> {
        data.collect(stamp.watermark).map(|_| ())
    }

    fn capabilities<'a>(&self, resident: &'a dyn ResidentRead, admission: &'a dyn Admission) -> Capabilities<'a> {
        match self.on_disk {
            true => Capabilities {
                resident: Some(resident),
                admission: Some(admission),
                slow_apply: true,
                floor: self.floor,
            },
            false => Capabilities::default(),
        }
    }
}
