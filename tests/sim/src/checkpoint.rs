//! A checkpoint as the server runs it: begun on the core, written on a thread of its own, ended on the core.

use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_engine_api::{Engine, Persisted};

use crate::baton::Baton;
use crate::world::World;

type Written = Result<LogIndex, String>;

/// A running checkpoint.
#[derive(Debug)]
pub struct Checkpoint {
    thread: Baton<Written>,
    bytes: u64,
}

impl Checkpoint {
    /// Begins one.
    pub fn begin(world: &World) -> Result<Self, String> {
        let (log, engines) = {
            let node = world.node.borrow();
            let node = node.as_ref().expect("a node runs between steps");
            (node.log.clone(), node.engines.clone())
        };
        let bytes = log.since_checkpoint();
        let synced = match log.with(|wal| wal.sync()) {
            Ok(synced) => synced,
            Err(error) => {
                world.with_shard(|shard| shard.poison(error.to_string()));
                return Err(error.to_string());
            }
        };
        world.oracle.borrow_mut().promise_synced(synced);
        let jobs: Vec<(Arc<dyn Engine>, Persisted)> = world.with_shard(|shard| {
            shard.durable(synced);
            engines.iter().map(|one| (one.engine.clone(), shard.checkpoint_point(one.code))).collect()
        });
        world.trace(format_args!("checkpoint begins at {}", synced.0));
        Ok(Self { thread: Baton::new(move || write_all(&jobs)), bytes })
    }

    /// Goes one step further. `None`: it has ended.
    pub fn step(mut self, world: &World) -> Option<Self> {
        let Some(written) = self.thread.resume() else { return Some(self) };
        match written {
            Ok(covered) => self.end(world, covered),
            Err(reason) => world.trace(format_args!("checkpoint failed: {reason}")),
        }
        None
    }

    fn end(&self, world: &World, covered: LogIndex) {
        let log = world.node.borrow().as_ref().expect("a node runs between steps").log.clone();
        match log.with(|wal| wal.truncate_before(covered.next())) {
            Ok(segments) => {
                log.checkpointed(self.bytes);
                world.trace(format_args!("checkpoint covers {}, {segments} segments go", covered.0));
                world.oracle.borrow_mut().truncated(covered);
            }
            Err(error) => world.trace(format_args!("checkpoint cannot release the log: {error}")),
        }
    }

    /// Lets it run to its end after its life is over.
    pub fn abandon(self) {
        // Nobody is left to be told.
        let _ = self.thread.finish();
    }
}

fn write_all(jobs: &[(Arc<dyn Engine>, Persisted)]) -> Written {
    let mut covered = LogIndex(u64::MAX - 1);
    for (engine, upto) in jobs {
        let persisted = engine.checkpoint(*upto, &|_| {}).map_err(|error| error.to_string())?;
        covered = covered.min(persisted.index);
    }
    Ok(covered)
}
