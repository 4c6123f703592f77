//! A cursor goes through nodes that are replaced under it, within a round and between two rounds.

use cairn_engine_api::Direction;

use super::explore::explore;
use super::stage::{Stage, scan};
use crate::sync::Arc;

/// One cursor reads all of timestamp 1 while the writer does `change` and frees what it can.
fn cross(name: &str, keys: &'static [&'static [u8]], direction: Direction, change: fn(&mut Stage)) {
    explore(name, move || {
        let mut stage = Stage::with(keys);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let mut found = scan(&space, 1, direction);
            if direction == Direction::Backward {
                found.reverse();
            }
            assert_eq!(found, keys, "every row of the snapshot, once");
        });
        change(&mut stage);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

#[test]
fn forward_through_a_node_that_grows() {
    cross("cursor, grow", &[b"a", b"b", b"c", b"d"], Direction::Forward, |stage| stage.put(b"bb", 2, 1));
}

#[test]
fn backward_through_a_node_that_grows() {
    cross("cursor back, grow", &[b"a", b"b", b"c", b"d"], Direction::Backward, |stage| stage.put(b"e", 2, 1));
}

/// Five rows are two rounds: the second one seeks again, perhaps in another node.
#[test]
fn over_two_rounds_and_a_split() {
    cross("cursor, two rounds, split", &[b"ka", b"kb", b"kc", b"kd", b"ke"], Direction::Forward, |stage| {
        stage.put(b"z", 2, 1);
    });
}
