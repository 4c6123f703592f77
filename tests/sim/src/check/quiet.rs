//! Check of the end: `quiet`. When faults have stopped and every client has finished, nothing is left behind.

use cairn_engine_api::EngineStats;

use crate::node::Node;
use crate::world::World;

/// Calls of `collect` that must be enough for what one run leaves.
const COLLECT_CALLS_MAX: u32 = 200;

/// No lock, no waiter, no snapshot, no version in the overlay; and after a collection only live versions.
pub fn nothing_is_left(world: &World, node: &Node) {
    let stats = node.shard.stats();
    let left = [
        ("locks", stats.locks),
        ("waiting transactions", stats.waiting),
        ("open snapshots", stats.snapshots),
        ("versions in the overlay", stats.overlay_versions),
    ];
    for (what, count) in left.into_iter().filter(|(_, count)| *count > 0) {
        world.violate("quiet", format_args!("{count} {what} are left when everybody has gone"));
    }
    let watermark = node.shard.watermark();
    let newest = node.shard.newest();
    if watermark != newest {
        world
            .violate("quiet", format_args!("the watermark stays at {watermark:?}, the newest commit is at {newest:?}"));
    }
    for registered in &node.engines {
        let calls = (0..COLLECT_CALLS_MAX).find(|_| !matches!(registered.engine.collect(watermark), Ok(true)));
        if calls.is_none() {
            world.violate("quiet", format_args!("{} has something to collect for ever", registered.name));
        }
        let EngineStats { rows, versions, .. } = registered.engine.stats(None);
        if versions != rows {
            let name = registered.name;
            world.violate("quiet", format_args!("{name} keeps {versions} versions for {rows} rows after a collection"));
        }
    }
}
