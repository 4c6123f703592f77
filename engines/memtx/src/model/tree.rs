//! A reader descends while the writer replaces the node that it stands in.

use super::explore::explore;
use super::stage::{Stage, get, row};
use crate::sync::{Arc, pin};

/// One reader looks for `wanted` as of timestamp 1, once, while the writer does `change` and frees what it can.
fn descend(name: &str, keys: &'static [&'static [u8]], wanted: &'static [u8], change: fn(&mut Stage)) {
    explore(name, move || {
        let mut stage = Stage::with(keys);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let found = get(&space, wanted, 1, &pin());
            assert_eq!(found, Some(row(wanted, 1)), "a row of the snapshot");
        });
        change(&mut stage);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

#[test]
fn a_child_is_added_in_place() {
    descend("add a child", &[b"a", b"b"], b"b", |stage| stage.put(b"c", 2, 1));
}

#[test]
fn a_node_grows() {
    descend("grow", &[b"a", b"b", b"c", b"d"], b"c", |stage| stage.put(b"e", 2, 1));
}

#[test]
fn a_node_shrinks_away() {
    descend("shrink to a leaf", &[b"ab", b"ac"], b"ab", |stage| stage.remove(b"ac", 2));
}

#[test]
fn a_node_is_merged_with_its_only_child() {
    descend("merge", &[b"ab1", b"ab2", b"ac"], b"ab2", |stage| stage.remove(b"ac", 2));
}

#[test]
fn a_prefix_is_split() {
    descend("split", &[b"abcx", b"abcy"], b"abcy", |stage| stage.put(b"az", 2, 1));
}

#[test]
fn a_leaf_becomes_a_node() {
    descend("fork", &[b"ab"], b"ab", |stage| stage.put(b"ac", 2, 1));
}

#[test]
fn a_node_loses_its_terminal() {
    descend("terminal", &[b"a", b"ab", b"ac"], b"ac", |stage| stage.remove(b"a", 2));
}

/// A key that the reader may or may not see yet: it finds nothing, or all of it.
#[test]
fn what_is_new_is_there_whole_or_not_at_all() {
    explore("new key", || {
        let mut stage = Stage::with(&[b"a", b"b"]);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let found = get(&space, b"c", 2, &pin());
            assert!(found.is_none_or(|found| found == row(b"c", 2)));
        });
        stage.put(b"c", 2, 1);
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}
