//! What a snapshot sees, and for how long.

use std::ops::Bound;

use cairn_engine_api::{Direction, KeyRange, LogIndex, Stamp, Timestamp};

use super::scene::{SPACE, batch, create, delete, drop_space, key, put, time};
use crate::EngineFactory;
use crate::failure::{Failure, Outcome, ensure};
use crate::ops::{Batch, Change, Generator, Mix, Range, Step};
use crate::world::{World, collect_all};

/// Every pair of bounds over keys that are prefixes of each other, with bounds on and between them, inverted ones too.
pub(super) fn bounds_of_every_kind(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let keys: [&[u8]; 7] = [b"", b"\0", b"\0\0", b"a", b"a\0", b"ab", b"\xff"];
    let ends: [&[u8]; 9] = [b"", b"\0", b"\0\0", b"\0\x01", b"a", b"a\0", b"b", b"\xff", b"\xff\xff"];
    let mut world = World::new(factory)?;
    let mut changes = vec![create(SPACE)];
    changes.extend(keys.map(|key| put(key, key)));
    world.apply(&batch(1, changes))?;
    let bounds: Vec<Bound<Vec<u8>>> = ends
        .iter()
        .flat_map(|end| [Bound::Included(end.to_vec()), Bound::Excluded(end.to_vec())])
        .chain([Bound::Unbounded])
        .collect();
    for start in &bounds {
        for end in &bounds {
            let range = Range { start: start.clone(), end: end.clone() };
            for direction in [Direction::Forward, Direction::Backward] {
                world
                    .check_scan(SPACE, &range, time(1), direction, usize::MAX)
                    .map_err(|failure| failure.during(format_args!("{range:?} {direction:?}")))?;
            }
        }
    }
    Ok(())
}

/// A key that is written, deleted, written again and emptied reads right at each moment of its life.
pub(super) fn every_timestamp_of_one_key(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE), put(b"neighbour", b"n")]))?;
    let life = [put(b"k", b"one"), put(b"k", b"two"), delete(b"k"), delete(b"k"), put(b"k", b""), put(b"k", b"three")];
    for (n, change) in (2..).zip(life) {
        world.apply(&batch(n, [change]))?;
        for at in 0..=n * 10 + 1 {
            world.check_get(SPACE, b"k", Timestamp(at))?;
            world.check_all(Timestamp(at))?;
        }
    }
    Ok(())
}

/// A cursor goes on at its timestamp while batches change the very keys it has yet to reach.
pub(super) fn cursor_is_stable_under_later_batches(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, Mix { ddl_percent: 0, keys: 40, ..Mix::READS });
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for _ in 0..40 {
        world.run(&Step::Apply(generator.batch()))?;
    }
    for direction in [Direction::Forward, Direction::Backward] {
        for space in generator.spaces().collect::<Vec<_>>() {
            let at = generator.last().at;
            let expected = world.expect_scan(space, KeyRange::ALL, at, direction, usize::MAX);
            let engine = world.engine().clone();
            let mut cursor = engine.scan(space, KeyRange::ALL, at, direction)?;
            for (key, value) in expected.into_iter().flatten() {
                world.run(&Step::Apply(generator.batch()))?;
                let entry = cursor.next()?.ok_or_else(|| Failure::new("the cursor ended too early"))?;
                ensure!(entry.key == key && entry.value == value, "a later batch moved an open cursor of {space:?}");
            }
            ensure!(cursor.next()?.is_none(), "a later batch made an open cursor of {space:?} longer");
            ensure!(cursor.next()?.is_none(), "a cursor at its end came back");
        }
    }
    Ok(())
}

/// `DROP TABLE` does not disturb a cursor that is open on it.
pub(super) fn cursor_outlives_its_space(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const ROWS: u64 = 2000;
    let mut world = World::new(factory)?;
    let mut changes = vec![create(SPACE)];
    changes.extend((0..ROWS).map(|n| put(&key(n), format!("row {n}").as_bytes())));
    world.apply(&batch(1, changes))?;
    let engine = world.engine().clone();
    let mut forward = engine.scan(SPACE, KeyRange::ALL, time(1), Direction::Forward)?;
    let mut backward = engine.scan(SPACE, KeyRange::ALL, time(1), Direction::Backward)?;
    for n in 0..ROWS {
        if n == ROWS / 2 {
            world.apply(&batch(2, [drop_space(SPACE)]))?;
            collect_all(engine.as_ref(), time(2))?;
            world.checkpoint()?;
        }
        for (cursor, number) in [(&mut forward, n), (&mut backward, ROWS - 1 - n)] {
            let entry = cursor.next()?.ok_or_else(|| Failure::new("the cursor ended with its space"))?;
            let row = format!("row {number}");
            ensure!(entry.key == key(number) && entry.value == row.as_bytes(), "an open cursor lost {row}");
        }
    }
    drop((forward, backward));
    world.check_get(SPACE, &key(1), time(1))
}

/// After each collection every timestamp from the watermark on still reads as before.
pub(super) fn collect_keeps_what_is_visible(factory: &dyn EngineFactory, seed: u64) -> Outcome {
    let mut generator = Generator::new(seed, Mix { keys: 10, ..Mix::READS });
    let mut world = World::new(factory)?;
    world.run(&generator.next())?;
    for round in 0..6 {
        for _ in 0..25 {
            world.run(&Step::Apply(generator.batch()))?;
        }
        let times: Vec<_> = world.log().iter().map(|batch| batch.stamp.at).collect();
        let watermark = times[times.len() - 1 - (seed as usize + round * 7) % 20];
        collect_all(world.engine().as_ref(), watermark)?;
        if round % 2 == 0 {
            world.checkpoint()?;
        }
        for at in times.into_iter().filter(|at| *at >= watermark) {
            world.check_all(at).map_err(|failure| failure.during(format_args!("collected to {}", watermark.0)))?;
        }
    }
    Ok(())
}

/// A stamp far up the log that only carries a watermark.
fn rewrite(n: u64, keys: u64, value: &[u8]) -> Batch {
    batch(n, (0..keys).map(|number| put(&key(number), value)).collect::<Vec<Change>>())
}

/// Superseded versions and deleted rows really go.
pub(super) fn collect_forgets(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const KEYS: u64 = 50;
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE)]))?;
    for n in 2..42 {
        world.apply(&rewrite(n, KEYS, &[n as u8; 500]))?;
    }
    world.apply(&batch(42, (0..KEYS / 2).map(|n| delete(&key(n))).collect::<Vec<_>>()))?;
    world.checkpoint()?;
    let before = world.engine().stats(None);
    collect_all(world.engine().as_ref(), time(42))?;
    world.checkpoint()?;
    let after = world.engine().stats(None);
    world.check_all(time(42))?;
    ensure!(after.versions <= KEYS, "{KEYS} keys keep {} of {} versions", after.versions, before.versions);
    ensure!(before.versions > after.versions, "there were only {} versions to collect", before.versions);
    Ok(())
}

/// A tombstone may only go together with everything below it: a row once deleted stays deleted, whatever is collected
/// later and however the engine has spread its versions over files.
pub(super) fn collect_keeps_deleted_rows_deleted(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const KEYS: u64 = 30;
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE)]))?;
    let mut n = 1;
    for round in 0..6 {
        n += 1;
        world.apply(&rewrite(n, KEYS, b"alive"))?;
        world.checkpoint()?;
        n += 1;
        world
            .apply(&batch(n, (0..KEYS).filter(|k| k % 3 == round % 3).map(|k| delete(&key(k))).collect::<Vec<_>>()))?;
        if round % 2 == 0 {
            world.checkpoint()?;
        }
        for back in [3, 1, 0] {
            collect_all(world.engine().as_ref(), time(n - back.min(n)))?;
            world.check_all(time(n)).map_err(|failure| failure.during(format_args!("round {round}, back {back}")))?;
        }
        world.crash()?;
    }
    Ok(())
}

/// What a dropped space held goes too.
pub(super) fn dropped_space_is_collected(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE)]))?;
    world.apply(&rewrite(2, 500, &[7; 1000]))?;
    world.checkpoint()?;
    let mut last = batch(3, [drop_space(SPACE)]);
    last.stamp = Stamp { at: time(3), index: LogIndex(3), watermark: time(2) };
    world.apply(&last)?;
    collect_all(world.engine().as_ref(), time(3))?;
    world.checkpoint()?;
    let left = world.engine().stats(None);
    ensure!(left.versions == 0 && left.rows == 0, "a dropped space left {left:?}");
    Ok(())
}
