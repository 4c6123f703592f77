//! What an engine is after a crash, and what a log delivered twice does to it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cairn_engine_api::{LogIndex, Persisted, Timestamp};

use super::scene::{SPACE, batch, create, put, time};
use crate::EngineFactory;
use crate::failure::{Failure, Outcome, ensure};
use crate::ops::{Generator, Mix, Step};
use crate::world::World;

/// Only batches, many of them, with spaces coming and going.
const LOAD: Mix = Mix { ddl_percent: 15, keys: 15, ..Mix::READS };

/// Checkpoints that a writer must have had beside it.
const CHECKPOINTS_BESIDE: usize = 2;

fn load(world: &mut World<'_>, generator: &mut Generator, batches: usize) -> Outcome {
    for _ in 0..batches {
        world.run(&Step::Apply(generator.batch()))?;
    }
    Ok(())
}

/// The whole log delivered again, from any point, changes nothing: no old value returns, no dropped space comes back.
pub(super) fn batch_is_applied_once(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, LOAD);
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    load(&mut world, &mut generator, 60)?;
    for count in [1, 2, 17, usize::MAX] {
        world.replay(count)?;
        world.check_all(Timestamp::MAX).map_err(|failure| failure.during(format_args!("the last {count} again")))?;
    }
    load(&mut world, &mut generator, 1)?;
    world.check_all(Timestamp::MAX)
}

/// An engine that got nothing lately does not hold the log back: a checkpoint moves it up to the core's last index.
pub(super) fn checkpoint_covers_other_engines(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let engine = factory.open()?;
    batch(1, [create(SPACE), put(b"k", b"v")]).apply_to(engine.as_ref())?;
    let upto = Persisted { index: LogIndex(50), at: time(50) };
    let kept = engine.checkpoint(upto, &|_| {})?;
    ensure!(
        kept == upto && engine.persisted() == upto,
        "asked for {upto:?}, got {kept:?} and {:?}",
        engine.persisted()
    );
    // An older target does not take anything back, now or after a restart.
    let older = Persisted { index: LogIndex(7), at: time(7) };
    let kept = engine.checkpoint(older, &|_| {})?;
    ensure!(kept == upto, "a checkpoint up to {older:?} moved {upto:?} to {kept:?}");
    factory.crash(engine)?;
    let engine = factory.open()?;
    ensure!(engine.persisted() == upto, "after a crash {:?} is left of {upto:?}", engine.persisted());
    let mut row = Vec::new();
    ensure!(engine.get(SPACE, b"k", time(50), &mut row)? && row == b"v", "the checkpoint lost a row");
    let kept = engine.checkpoint(older, &|_| {})?;
    ensure!(kept == upto, "a checkpoint up to {older:?} moved {upto:?} to {kept:?}");
    batch(51, [put(b"k", b"w")]).apply_to(engine.as_ref())?;
    row.clear();
    ensure!(engine.get(SPACE, b"k", time(51), &mut row)? && row == b"w", "a batch after the checkpoint was skipped");
    Ok(())
}

/// Load, checkpoint, load, crash: what was checkpointed needs no replay, the rest comes from the log. Again and again.
pub(super) fn checkpoint_then_crash(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, LOAD);
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for round in 0..5 {
        load(&mut world, &mut generator, 20)?;
        world.checkpoint()?;
        if round % 2 == 0 {
            load(&mut world, &mut generator, 10)?;
        }
        world.crash().map_err(|failure| failure.during(format_args!("round {round}")))?;
        world.check_all(Timestamp::MAX)?;
    }
    world.reopen()
}

/// Without a checkpoint everything comes from the log.
pub(super) fn crash_without_checkpoint(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, LOAD);
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for _ in 0..3 {
        load(&mut world, &mut generator, 15)?;
        world.crash()?;
    }
    Ok(())
}

/// An engine that was opened and never used starts again as new.
pub(super) fn crash_of_an_empty_engine(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.crash()?;
    world.reopen()?;
    world.apply(&batch(1, [create(SPACE), put(b"k", b"v")]))?;
    world.checkpoint()?;
    world.checkpoint()?;
    world.crash()
}

/// Checkpoints run on another thread while the writer goes on; a crash at the end finds all that they promised.
pub(super) fn checkpoint_while_writing(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, LOAD);
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for _ in 0..2 {
        let engine = world.engine().clone();
        let done = AtomicBool::new(false);
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let checkpoints = scope.spawn(|| -> Outcome {
                while !done.load(Ordering::Acquire) {
                    let before = engine.persisted();
                    let kept = engine.checkpoint(before, &|_| {})?;
                    let after = engine.persisted();
                    ensure!(kept.index >= before.index, "a checkpoint went from {before:?} back to {kept:?}");
                    ensure!(after.index >= kept.index, "a checkpoint kept {kept:?}, persisted() says {after:?}");
                    taken.fetch_add(1, Ordering::Release);
                }
                Ok(())
            });
            let mut loaded = load(&mut world, &mut generator, 150);
            // On a busy machine the other thread may come late: the writer goes on until checkpoints ran beside it.
            while loaded.is_ok() && taken.load(Ordering::Acquire) < CHECKPOINTS_BESIDE && !checkpoints.is_finished() {
                loaded = load(&mut world, &mut generator, 1);
            }
            done.store(true, Ordering::Release);
            let checkpointed =
                checkpoints.join().unwrap_or_else(|_| Err(Failure::new("the checkpoint thread panicked")));
            loaded.and(checkpointed)
        })?;
        drop(engine);
        world.crash()?;
        world.check_all(Timestamp::MAX)?;
    }
    Ok(())
}
