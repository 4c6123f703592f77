//! Sizes at the edge.

use cairn_base::limits::KEY_BYTES_MAX;
use cairn_engine_api::{Direction, EngineCode, SpaceId};

use super::scene::{SPACE, batch, create, delete, drop_space, key, put, put_in, time};
use crate::EngineFactory;
use crate::failure::{Outcome, ensure};
use crate::ops::{Change, Range};
use crate::world::World;

/// Values of a mebibyte and around powers of two, overwritten, scanned and recovered.
pub(super) fn large_values(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let sizes = [0, 1, 127, 128, 255, 256, 4095, 4096, 65_535, 65_536, 1 << 20, (1 << 20) + 1];
    let rows = |fill: u8| -> Vec<Change> {
        let keys = (0u64..).map(key);
        keys.zip(sizes).map(|(key, size)| put(&key, &vec![fill ^ size as u8; size])).collect()
    };
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE)]))?;
    world.apply(&batch(2, rows(0x11)))?;
    world.apply(&batch(3, rows(0x22)))?;
    world.checkpoint()?;
    world.apply(&batch(4, rows(0x33)))?;
    for n in 1..=4 {
        world.check_all(time(n))?;
    }
    world.crash()
}

/// Keys of up to [`KEY_BYTES_MAX`] that differ in their last byte only, and keys that are their prefixes.
pub(super) fn long_keys(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    let mut changes = vec![create(SPACE)];
    for length in [0, 1, 255, 256, 257, 4096, KEY_BYTES_MAX - 1] {
        let mut long = vec![0xab; length];
        changes.push(put(&long, b"prefix"));
        for last in [0, 1, 0xfe, 0xff] {
            long.push(last);
            changes.push(put(&long, &[last]));
            long.pop();
        }
    }
    world.apply(&batch(1, changes))?;
    world.check_all(time(1))?;
    let middle = Range { start: std::ops::Bound::Excluded(vec![0xab; 256]), end: std::ops::Bound::Unbounded };
    world.check_scan(SPACE, &middle, time(1), Direction::Forward, usize::MAX)?;
    world.check_scan(SPACE, &middle, time(1), Direction::Backward, usize::MAX)?;
    world.checkpoint()?;
    world.crash()
}

/// Keys above [`KEY_BYTES_MAX`] never come from the layers above. An engine that meets one either takes it as it is or
/// refuses the batch whole; it never shortens a key. Reading and searching at such keys finds nothing.
pub(super) fn keys_above_the_limit(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const LENGTHS: [usize; 5] = [KEY_BYTES_MAX + 1, 65_535, 65_536, 65_537, 1 << 20];
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE), put(b"a", b"1"), put(&[0xab; KEY_BYTES_MAX], b"2"), put(b"z", b"3")]))?;
    for length in LENGTHS {
        let key = vec![0xab; length];
        world.check_get(SPACE, &key, time(1))?;
        let from = Range { start: std::ops::Bound::Included(key.clone()), end: std::ops::Bound::Unbounded };
        world.check_scan(SPACE, &from, time(1), Direction::Forward, usize::MAX)?;
    }
    for (n, length) in (2..).zip(LENGTHS) {
        let long = batch(n, [put(b"beside", &n.to_le_bytes()), put(&vec![0xab; length], b"long")]);
        match long.apply_to(world.engine().as_ref()) {
            Ok(()) => world.apply(&long)?,
            Err(_) => world.apply(&batch(n, [put(b"instead", &n.to_le_bytes())]))?,
        }
        world.check_all(time(n))?;
    }
    world.checkpoint()?;
    world.crash()
}

/// A hot row with thousands of versions that may not be forgotten yet.
pub(super) fn many_versions_of_one_key(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const VERSIONS: u64 = 3000;
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE), put(b"before", b"b"), put(b"hot", b""), put(b"next", b"n")]))?;
    for n in 2..VERSIONS {
        let change = if n % 10 == 0 { delete(b"hot") } else { put(b"hot", &n.to_le_bytes()) };
        world.apply(&batch(n, [change]))?;
    }
    for n in [1, 2, 9, 10, 11, VERSIONS / 2, VERSIONS - 1] {
        world.check_get(SPACE, b"hot", time(n))?;
        world.check_all(time(n))?;
    }
    world.engine().collect(time(VERSIONS / 2))?;
    for n in [VERSIONS / 2, VERSIONS / 2 + 1, VERSIONS - 1] {
        world.check_all(time(n))?;
    }
    Ok(())
}

/// Counters grow with the data, and a dropped space has none. They may be estimates, so the limits are wide.
pub(super) fn stats_follow_the_data(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    const ROWS: u64 = 1000;
    let other = SpaceId::new(EngineCode(9), 2);
    let mut world = World::new(factory)?;
    let mut changes = vec![create(SPACE), create(other), put_in(other, b"k", b"v")];
    changes.extend((0..ROWS).map(|n| put(&key(n), &[1; 100])));
    world.apply(&batch(1, changes))?;
    world.checkpoint()?;
    let (one, all) = (world.engine().stats(Some(SPACE)), world.engine().stats(None));
    for stats in [one, all] {
        ensure!((ROWS / 4..=ROWS * 4).contains(&stats.rows), "{ROWS} rows are counted as {}", stats.rows);
        ensure!(stats.versions >= stats.rows, "{} rows have {} versions", stats.rows, stats.versions);
        ensure!(stats.memory_bytes + stats.disk_bytes > 1000, "{ROWS} rows take {stats:?}");
    }
    let few = world.engine().stats(Some(other)).rows;
    ensure!((1..=4).contains(&few), "one row beside {ROWS} is counted as {few}");
    ensure!(all.memory_bytes + all.disk_bytes >= one.memory_bytes, "one space is larger than all: {one:?}, {all:?}");
    world.apply(&batch(2, [drop_space(SPACE)]))?;
    let gone = world.engine().stats(Some(SPACE));
    ensure!(gone == Default::default(), "a dropped space has {gone:?}");
    Ok(())
}
