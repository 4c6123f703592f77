//! Spaces come, are used, and go.

use cairn_engine_api::{Direction, EngineCode, EngineError, EngineStats, SpaceId, SpaceOptions, Timestamp};

use super::scene::{SPACE, batch, create, delete, drop_space, key, put, put_in, time};
use crate::EngineFactory;
use crate::failure::{Outcome, ensure};
use crate::ops::{Change, Range};
use crate::world::{World, read_get};

/// A new engine and a new space answer, and have nothing.
pub(super) fn reads_of_nothing(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.check_get(SPACE, b"", Timestamp::MAX)?;
    world.check_scan(SPACE, &Range::ALL, Timestamp::MAX, Direction::Forward, 1)?;
    ensure!(world.engine().stats(Some(SPACE)) == EngineStats::default(), "a space that does not exist has statistics");
    ensure!(!world.engine().collect(Timestamp(5))?, "an empty engine has something to collect");
    world.apply(&batch(1, [create(SPACE)]))?;
    for at in [Timestamp::ZERO, time(1), Timestamp::MAX] {
        world.check_get(SPACE, b"", at)?;
        world.check_get(SPACE, b"key", at)?;
        world.check_all(at)?;
    }
    Ok(())
}

/// Creating what exists keeps its rows; dropping what does not exist is no error.
pub(super) fn create_and_drop_twice(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE), put(b"k", b"v")]))?;
    world.apply(&batch(2, [create(SPACE)]))?;
    world.check_all(time(2))?;
    world.apply(&batch(3, [drop_space(SPACE)]))?;
    world.check_all(time(3))?;
    world.apply(&batch(4, [drop_space(SPACE)]))?;
    world.check_all(time(4))
}

/// A batch that names an unknown space is an error that changes nothing, not even what stands before the mistake.
pub(super) fn unknown_space_is_refused_whole(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let unknown = SpaceId::new(EngineCode(9), 77);
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(SPACE), put(b"a", b"1")]))?;
    let wrong: [Vec<Change>; 3] = [
        vec![put(b"a", b"2"), put_in(unknown, b"b", b"2")],
        vec![put(b"a", b"2"), Change::Delete { space: unknown, key: b"b".to_vec() }],
        vec![put(b"a", b"2"), create(unknown), drop_space(unknown), put_in(unknown, b"b", b"2")],
    ];
    for changes in wrong {
        let answer = batch(2, changes).apply_to(world.engine().as_ref());
        let refused = matches!(answer, Err(EngineError::NoSuchSpace(space)) if space == unknown);
        ensure!(refused, "a batch for an unknown space was answered {answer:?}");
        world.check_all(Timestamp::MAX)?;
        ensure!(
            read_get(world.engine().as_ref(), unknown, b"b", Timestamp::MAX)?.is_none(),
            "a refused batch has created its space"
        );
    }
    world.apply(&batch(2, [put(b"a", b"3")]))?;
    world.check_all(Timestamp::MAX)
}

/// A transaction may create a table, fill it, and drop another or the same one.
pub(super) fn create_use_and_drop_in_one_batch(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let [a, b, c] = [1, 2, 3].map(|number| SpaceId::new(EngineCode(9), number));
    let mut world = World::new(factory)?;
    world.apply(&batch(1, [create(a), put_in(a, b"k", b"in a"), create(b), put_in(b, b"k", b"in b")]))?;
    world.check_all(time(1))?;
    world.apply(&batch(2, [put_in(a, b"l", b"more"), drop_space(b), create(c), put_in(c, b"", b"")]))?;
    world.check_all(time(2))?;
    let short_lived = SpaceId::new(EngineCode(9), 4);
    world.apply(&batch(3, [create(short_lived), put_in(short_lived, b"k", b"v"), drop_space(short_lived)]))?;
    world.check_all(time(3))?;
    world.apply(&batch(4, [put_in(a, b"k", b"last"), drop_space(a)]))?;
    world.check_all(time(4))?;
    world.crash()
}

/// The smallest and the largest space numbers are spaces like others, and neighbours do not see each other's rows.
pub(super) fn numbers_at_the_edges(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let spaces = [0, 1, 254, 255, 256, 65_535, 65_536, SpaceId::NUMBER_MAX - 1, SpaceId::NUMBER_MAX]
        .map(|number| SpaceId::new(EngineCode(9), number));
    let mut world = World::new(factory)?;
    world.apply(&batch(1, spaces.map(create)))?;
    let rows = |value: &[u8]| -> Vec<Change> {
        let keys: [&[u8]; 4] = [b"", b"\0", b"\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"];
        spaces.iter().flat_map(|space| keys.map(|key| put_in(*space, key, value))).collect()
    };
    world.apply(&batch(2, rows(b"first")))?;
    world.apply(&batch(3, rows(b"second")))?;
    world.check_all(time(2))?;
    world.check_all(time(3))?;
    world.apply(&batch(4, [drop_space(spaces[1]), drop_space(spaces[8])]))?;
    world.check_all(time(4))?;
    world.crash()
}

/// No settings are fine; a setting that nobody knows is refused by name, before anything is created.
pub(super) fn settings_are_checked(factory: &dyn EngineFactory, _seed: u64) -> Outcome {
    let mut world = World::new(factory)?;
    world.engine().validate(&SpaceOptions::default())?;
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let answer = world.engine().validate(&SpaceOptions { settings });
    let named = matches!(&answer, Err(EngineError::BadOption(text)) if text.contains("no_such_setting"));
    ensure!(named, "an unknown setting was answered {answer:?}");
    world.apply(&batch(1, [create(SPACE), put(&key(1), b"v"), delete(&key(2))]))?;
    world.check_all(time(1))
}
