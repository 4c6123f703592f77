//! A reader follows a chain of versions while the writer prepends and trims.

use super::explore::explore;
use super::stage::{Stage, get, row};
use crate::sync::{Arc, pin};

#[test]
fn an_update_hides_nothing_from_an_old_snapshot() {
    explore("prepend", || {
        let mut stage = Stage::with(&[b"k"]);
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let guard = pin();
            assert_eq!(get(&space, b"k", 1, &guard), Some(row(b"k", 1)), "the snapshot's version");
            let newest = get(&space, b"k", 2, &guard).expect("there is always a version");
            assert!(newest == row(b"k", 1) || newest == row(b"k", 2));
        });
        stage.put(b"k", 2, 1);
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

#[test]
fn a_trimmed_tail_stays_for_those_who_are_in_it() {
    explore("prepend and trim", || {
        let mut stage = Stage::with(&[b"k"]);
        stage.put(b"k", 2, 0);
        let space = Arc::clone(&stage.space);
        loom::explore();
        // The reader's snapshot is 2: the writer may trim what is older, not what it sees.
        let reader = loom::thread::spawn(move || {
            assert_eq!(get(&space, b"k", 2, &pin()), Some(row(b"k", 2)));
        });
        stage.put(b"k", 3, 2);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

#[test]
fn a_version_is_freed_once_its_last_reader_is_gone() {
    explore("sweep behind a reader", || {
        let mut stage = Stage::with(&[b"k"]);
        stage.put(b"k", 2, 0);
        let space = Arc::clone(&stage.space);
        loom::explore();
        // This reader walks to the end of the chain, as a sweep or a scan of an image does.
        let reader = loom::thread::spawn(move || {
            let guard = pin();
            let mut version = space.tree.find(b"k", &guard);
            while let Some(one) = version {
                assert_eq!(one.key(), b"k");
                version = one.older();
            }
        });
        stage.sweep(b"k", 2);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}

/// The version that the reader stands at moves to the history under it; what it leads to is trimmed and freed.
#[test]
fn a_version_moves_under_its_reader() {
    explore("move to the history", || {
        let mut stage = Stage::with(&[b"k"]);
        stage.put(b"k", 2, 0);
        stage.has_old_snapshot = true;
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            assert_eq!(get(&space, b"k", 2, &pin()), Some(row(b"k", 2)));
        });
        stage.put(b"k", 3, 2);
        stage.sweep(b"k", 2);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.sweep(b"k", 3);
        stage.end();
    });
}

/// A tombstone that lies in the history goes, with its key and its chunk, under a reader.
#[test]
fn a_tombstone_of_the_history_goes_under_its_reader() {
    explore("sweep a tombstone of the history", || {
        let mut stage = Stage::with(&[b"k"]);
        stage.has_old_snapshot = true;
        let space = Arc::clone(&stage.space);
        loom::explore();
        let reader = loom::thread::spawn(move || {
            let seen = get(&space, b"k", 2, &pin());
            assert!(seen.is_none() || seen == Some(row(b"k", 1)));
        });
        stage.remove(b"k", 2);
        stage.reclaim();
        reader.join().expect("the reader has said why");
        loom::stop_exploring();
        stage.end();
    });
}
