//! Random histories, step by step against the model.

use cairn_engine_api::Timestamp;

use crate::EngineFactory;
use crate::failure::Outcome;
use crate::ops::{Generator, Mix, Step};
use crate::world::World;

const STEPS: usize = 800;

/// Reads by key and range, at old and new timestamps, between writes.
pub(super) fn reads_equal_the_model(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    history(factory, seed, Mix::READS)
}

/// The same while old versions are forgotten.
pub(super) fn reads_while_collecting_equal_the_model(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    history(factory, seed, Mix::COLLECTING)
}

/// The same with batches delivered twice, checkpoints, shutdowns and crashes.
pub(super) fn whole_life_equals_the_model(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    history(factory, seed, Mix::LIFE)
}

fn history(factory: &dyn EngineFactory, seed: u64, mix: Mix) -> Outcome {
    let mut generator = Generator::new(seed, mix);
    let mut world = World::new(factory)?;
    for number in 0..STEPS {
        world.run(&generator.next()).map_err(|failure| failure.during(format_args!("step {number}")))?;
    }
    world.check_all(Timestamp::MAX)
}

/// Writes a history, then reads all of it at the timestamp of every batch, just before it and just after it.
pub(super) fn every_snapshot_of_a_history(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, Mix { keys: 12, ..Mix::READS });
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for _ in 0..60 {
        world.run(&Step::Apply(generator.batch()))?;
    }
    let times: Vec<_> = world.log().iter().map(|batch| batch.stamp.at.0).collect();
    for time in times {
        for at in time - 1..=time + 1 {
            world.check_all(Timestamp(at))?;
        }
    }
    world.check_all(Timestamp::ZERO)
}
