//! Deliberate bugs: loom must notice each. A model that fails ends its whole process (what it holds cannot be dropped any
//! more), so each bug has a run of its own: `scripts/check-memory model` switches it on by `CAIRN_FAULT`, and requires the
//! run to fail with the right words.

use cairn_base::fault::switch_from_environment;

use super::explore::explore;
use super::stage::{Stage, get, row};
use crate::sync::{Arc, Guard, pin, unprotected};

/// A reader as of timestamp 1 beside an update and a new key that makes the node grow; `guard` is how the reader pins.
fn scene(guard: fn() -> Option<Guard>) {
    explore("planted", move || {
        let mut stage = Stage::with(&[b"ab", b"ac", b"ad", b"ae"]);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let guard = guard();
            // SAFETY: none where there is no guard, that is the bug; but under loom freed memory is kept.
            let guard = guard.as_ref().unwrap_or(unsafe { unprotected() });
            assert_eq!(get(&space, b"ab", 1, guard), Some(row(b"ab", 1)), "a row of the snapshot");
        });
        stage.put(b"ab", 2, 1);
        stage.put(b"af", 2, 1);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

/// The smallest scene in which memory is freed: a reader walks to the end of a chain while the writer trims it.
fn small_scene() {
    explore("planted, small", || {
        let mut stage = Stage::with(&[b"k"]);
        stage.put(b"k", 2, 0);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let guard = pin();
            let newest = space.tree.find(b"k", &guard).expect("the key stays");
            assert!(newest.older().is_none_or(|older| older.key() == b"k"));
        });
        stage.sweep(b"k", 2);
        stage.free();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

/// Green without `CAIRN_FAULT`.
#[test]
fn a_bug_of_the_environment() {
    switch_from_environment("CAIRN_FAULT").expect("CAIRN_FAULT names a deliberate bug");
    small_scene();
    scene(|| Some(pin()));
}

#[test]
#[ignore = "a bug of the reader: it must fail"]
fn a_reader_that_does_not_pin() {
    scene(|| None);
}
