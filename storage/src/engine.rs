//! The engines of a core, and the shard over them.

use std::rc::Rc;
use std::sync::Arc;

use cairn_base::EngineCode;
use cairn_base::seam::Clock;
use cairn_engine_api::{Engine, Persisted};
use cairn_txn::{Applier, Engines, Shard, ShardConfig};

use crate::log::{Log, LogAdapter};

/// An engine of this core.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What users call it.
    pub name: &'static str,
    /// Its code in every space id.
    pub code: EngineCode,
    /// The engine.
    pub engine: Arc<dyn Engine>,
}

/// A shard over `engines` that submits to `log`. It begins at what all engines keep without the log; then
/// [`recover`](crate::recover) brings it to the log's end.
pub fn open_shard(
    config: ShardConfig,
    engines: &[Registered],
    log: &Log,
    applier: Box<dyn Applier>,
    clock: Rc<dyn Clock>,
) -> Shard {
    let table = Engines::new(engines.iter().map(|registered| (registered.code, registered.engine.clone())));
    Shard::new(config, table, Box::new(LogAdapter::new(log.clone())), applier, clock, kept_by_all(engines))
}

/// What every engine keeps without the log.
pub(crate) fn kept_by_all(engines: &[Registered]) -> Persisted {
    let points = engines.iter().map(|registered| registered.engine.persisted());
    points.min_by_key(|point| point.index).unwrap_or_default()
}

/// What some engine keeps without the log.
pub(crate) fn kept_by_any(engines: &[Registered]) -> Persisted {
    let points = engines.iter().map(|registered| registered.engine.persisted());
    points.max_by_key(|point| point.index).unwrap_or_default()
}
