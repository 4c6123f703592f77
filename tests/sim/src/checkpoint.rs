//! A checkpoint as the server runs it: begun on the core, written on a thread of its own, ended on the core.

use cairn_storage::{Checkpoint, Log, Written};

use crate::baton::Baton;
use crate::world::World;

/// A running checkpoint.
#[derive(Debug)]
pub struct RunningCheckpoint(Baton<Written>);

impl RunningCheckpoint {
    /// Begins one.
    pub fn begin(world: &World) -> Self {
        let (log, engines) = {
            let node = world.node.borrow();
            let node = node.as_ref().expect("a node runs between steps");
            (node.log.clone(), node.engines.clone())
        };
        let checkpoint = world.with_shard(|shard| Checkpoint::begin(&log, shard, &engines));
        world.trace(format_args!("checkpoint begins"));
        Self(Baton::new(move || checkpoint.write(&|_, _| {})))
    }

    /// Goes one step further. `None`: it has ended.
    pub fn step(mut self, world: &World) -> Option<Self> {
        match self.0.resume() {
            Some(written) => {
                end(world, written);
                None
            }
            None => Some(self),
        }
    }

    /// Lets it run to its end after its life is over.
    pub fn abandon(self) {
        // Nobody is left to be told.
        let _ = self.0.finish();
    }
}

fn end(world: &World, written: Written) {
    let log: Log = world.node.borrow().as_ref().expect("a node runs between steps").log.clone();
    match written.end(&log) {
        Ok(done) => {
            world.trace(format_args!("checkpoint covers {}, {} segments go", done.covered.0, done.segments));
            world.oracle.borrow_mut().truncated(done.covered);
        }
        Err(error) => world.trace(format_args!("checkpoint failed: {error}")),
    }
}
