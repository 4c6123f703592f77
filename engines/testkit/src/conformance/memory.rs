//! Reads from memory only, for engines that can miss.

use cairn_engine_api::{Direction, EngineError, KeyRange, SpaceId, Timestamp};

use crate::EngineFactory;
use crate::failure::{Failure, Outcome, ensure};
use crate::ops::{Generator, Mix, Step};
use crate::world::{World, read_get};

/// Rounds of (ask memory, read from disk) after which the same small read must be answered from memory.
const ROUNDS_MAX: usize = 3;

/// After a restart nothing may be in memory. A blocking read brings the blocks in, and the same read from memory then
/// gives the same answer: a caller that alternates the two makes progress.
pub(super) fn read_from_memory_after_blocking_read(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, Mix { keys: 40, ..Mix::READS });
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    if world.engine().capabilities().resident.is_none() {
        return Ok(());
    }
    for _ in 0..100 {
        world.run(&Step::Apply(generator.batch()))?;
    }
    world.checkpoint()?;
    world.crash()?;
    let at = world.model().applied().at;
    for space in generator.spaces().collect::<Vec<_>>() {
        let rows = world.expect_scan(space, KeyRange::ALL, at, Direction::Forward, 30);
        for (key, value) in rows.into_iter().flatten() {
            ensure!(fetch(&world, space, &key, at)? == Some(value), "a read from memory differs in {space:?}");
        }
        ensure!(fetch(&world, space, b"no such key at all", at)?.is_none(), "memory has a row that was never written");
        scan_until_resident(&world, space, at)?;
    }
    Ok(())
}

fn fetch(world: &World<'_>, space: SpaceId, key: &[u8], at: Timestamp) -> Outcome<Option<Vec<u8>>> {
    let engine = world.engine().as_ref();
    let resident = engine.capabilities().resident.ok_or_else(|| Failure::new("the capability came and went"))?;
    for _ in 0..ROUNDS_MAX {
        let mut row = Vec::new();
        match resident.get_resident(space, key, at, &mut row) {
            Ok(present) => return Ok(present.then_some(row)),
            Err(EngineError::NotResident) => ensure!(row.is_empty(), "a miss left bytes in `out`"),
            Err(error) => return Err(error.into()),
        }
        read_get(engine, space, key, at)?;
    }
    Err(Failure::new(format!("after {ROUNDS_MAX} blocking reads a row of {space:?} is still not in memory")))
}

fn scan_until_resident(world: &World<'_>, space: SpaceId, at: Timestamp) -> Outcome {
    let engine = world.engine().as_ref();
    let resident = engine.capabilities().resident.ok_or_else(|| Failure::new("the capability came and went"))?;
    for _ in 0..ROUNDS_MAX {
        let answer = resident.scan_resident(space, KeyRange::ALL, at, Direction::Backward);
        match answer.and_then(|mut cursor| cursor.next().map(|entry| entry.map(|entry| entry.key.to_vec()))) {
            Ok(last) => {
                let expected =
                    world.expect_scan(space, KeyRange::ALL, at, Direction::Backward, 1).into_iter().flatten();
                ensure!(last == expected.map(|row| row.0).next(), "a scan from memory ends elsewhere in {space:?}");
                return Ok(());
            }
            Err(EngineError::NotResident) => {}
            Err(error) => return Err(error.into()),
        }
        engine.scan(space, KeyRange::ALL, at, Direction::Backward)?.next()?;
    }
    Err(Failure::new(format!("after {ROUNDS_MAX} blocking scans the end of {space:?} is still not in memory")))
}
