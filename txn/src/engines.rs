//! The engines of a shard, found by the code in a space's id.

use std::sync::Arc;

use cairn_base::{EngineCode, SpaceId, Timestamp};
use cairn_engine_api::{Engine, EngineError};

/// Table of engines by [`EngineCode`]. Cheap to clone; the same on all threads.
#[derive(Clone, Debug, Default)]
pub struct Engines {
    by_code: Arc<[Option<Registered>]>,
}

/// One engine and what does not change about it.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) engine: Arc<dyn Engine>,
    /// Reads on the core must use `ResidentRead`.
    pub(crate) resident: bool,
    /// Batches go to the applier.
    pub(crate) slow_apply: bool,
    /// Writes must ask first.
    pub(crate) admission: bool,
}

impl Engines {
    /// The engines of a shard. Panics when two share a code: registration is code, not input.
    pub fn new(engines: impl IntoIterator<Item = (EngineCode, Arc<dyn Engine>)>) -> Self {
        let mut by_code: Vec<Option<Registered>> = Vec::new();
        for (code, engine) in engines {
            let slot = usize::from(code.0);
            if by_code.len() <= slot {
                by_code.resize(slot + 1, None);
            }
            assert!(by_code[slot].is_none(), "two engines have the code {slot}");
            let (resident, slow_apply, admission) = {
                let powers = engine.capabilities();
                (powers.resident.is_some(), powers.slow_apply, powers.admission.is_some())
            };
            by_code[slot] = Some(Registered { engine, resident, slow_apply, admission });
        }
        Self { by_code: by_code.into() }
    }

    /// The highest of the engines' floors: commits come above it.
    pub(crate) fn floor(&self) -> Timestamp {
        self.iter().map(|(_, engine)| engine.capabilities().floor).max().unwrap_or_default()
    }

    /// The engine with this code.
    pub fn get(&self, code: EngineCode) -> Option<&Arc<dyn Engine>> {
        self.registered(code).map(|entry| &entry.engine)
    }

    /// All engines with their codes, in code order.
    pub fn iter(&self) -> impl Iterator<Item = (EngineCode, &Arc<dyn Engine>)> {
        self.slots().map(|(code, entry)| (code, &entry.engine))
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = (EngineCode, &Registered)> {
        let coded = self.by_code.iter().enumerate();
        coded.filter_map(|(slot, entry)| Some((EngineCode(slot as u8), entry.as_ref()?)))
    }

    pub(crate) fn registered(&self, code: EngineCode) -> Option<&Registered> {
        self.by_code.get(usize::from(code.0))?.as_ref()
    }

    /// The engine of `space`, or the error that a space of an unknown engine deserves.
    pub(crate) fn of(&self, space: SpaceId) -> Result<&Registered, EngineError> {
        self.registered(space.engine()).ok_or(EngineError::NoSuchSpace(space))
    }
}
