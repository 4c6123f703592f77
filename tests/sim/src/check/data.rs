//! Checks of whole states: `durable`, `half`, `engines`, `collected`.
//!
//! After a crash everything promised is there (`durable`), the log's end names a state of the oracle, and every engine
//! holds exactly that state (`half`). While the node runs each engine equals the oracle as far as it has applied
//! (`engines`), and at every open snapshot (`collected`).

use cairn_base::{LogIndex, SpaceId, Timestamp};
use cairn_engine_api::{Direction, Engine, EngineError, KeyRange};

use super::reads::first_difference;
use crate::node::Node;
use crate::oracle::{Committed, Rows};
use crate::world::World;

/// What came back after a crash. Answers the commits that did not.
pub fn recovered(world: &World, node: &Node, survived_the_machine: bool) -> Vec<Committed> {
    let mut oracle = world.oracle.borrow_mut();
    let point = node.shard.durable_point();
    let promised = if survived_the_machine { oracle.promised() } else { oracle.synced() };
    let (last, _) = oracle.newest();
    if point.index < promised {
        world.violate(
            "durable",
            format_args!("{promised:?} was reported durable, and the log ends at {:?}", point.index),
        );
    }
    if point.index > last {
        world.violate("half", format_args!("the log ends at {:?}, but {last:?} was the last commit", point.index));
    }
    let lost = oracle.recovered(point.index);
    let expected = oracle.newest().1;
    if point.at != expected {
        world.violate("half", format_args!("after recovery it is {:?}, not {expected:?}", point.at));
    }
    drop(oracle);
    for registered in &node.engines {
        whole_engine(world, "half", node, registered.engine.as_ref(), registered.code, point.at);
    }
    lost
}

/// Every engine that has applied all that is durable, at that moment.
pub fn engines(world: &World, node: &Node) {
    let durable = node.shard.durable_point();
    for registered in &node.engines {
        if node.shard.checkpoint_point(registered.code) == durable {
            whole_engine(world, "engines", node, registered.engine.as_ref(), registered.code, durable.at);
        }
    }
}

/// Every engine at every open snapshot that it has reached.
pub fn snapshots(world: &World, node: &Node) {
    let mut open: Vec<Timestamp> = world.snapshots.borrow().values().copied().collect();
    open.dedup();
    for at in open {
        for registered in &node.engines {
            if node.shard.checkpoint_point(registered.code).at >= at {
                whole_engine(world, "collected", node, registered.engine.as_ref(), registered.code, at);
            }
        }
    }
}

fn whole_engine(
    world: &World,
    check: &'static str,
    node: &Node,
    engine: &dyn Engine,
    code: cairn_base::EngineCode,
    at: Timestamp,
) {
    let oracle = world.oracle.borrow();
    for space in oracle.spaces(at).into_iter().filter(|space| space.engine() == code) {
        let expected = oracle.rows(space, KeyRange::ALL, at).unwrap_or_default();
        let found = read_all(engine, space, at);
        let name = node.engines.iter().find(|one| one.code == code).map_or("", |one| one.name);
        match found {
            Ok(found) if found == expected => {}
            Ok(found) => {
                let difference = first_difference(&found, &expected);
                world.violate(check, format_args!("{name} {space:?} at {}: {difference}", at.0));
            }
            Err(error) => world.violate(check, format_args!("{name} {space:?} at {}: {error}", at.0)),
        }
    }
}

fn read_all(engine: &dyn Engine, space: SpaceId, at: Timestamp) -> Result<Rows, EngineError> {
    let mut rows = Rows::new();
    let mut cursor = engine.scan(space, KeyRange::ALL, at, Direction::Forward)?;
    while let Some(entry) = cursor.next()? {
        rows.push((entry.key.to_vec(), entry.value.to_vec()));
    }
    Ok(rows)
}

/// What every engine keeps without the log must have been promised: an image must not hold what the log could lose.
pub fn images_are_durable(world: &World, node: &Node, synced: LogIndex) {
    for registered in &node.engines {
        let kept = registered.engine.persisted().index;
        if kept > synced {
            let name = registered.name;
            world.violate("images", format_args!("{name} keeps everything up to {kept:?}, the log up to {synced:?}"));
        }
    }
}
