//! The open log: groups, rotation, truncation, poison, and every kind of durability.

use std::io;

use cairn_base::seam::sim::{SimRng, SyncFault};
use cairn_base::{Fate, LogIndex};

use crate::testing::{World, payload, resume};
use crate::{Durability, OpenError, Options, RECORD_BYTES_MAX, Record, Stats, Wal, WalError};

#[test]
fn what_arrives_while_a_sync_is_in_flight_is_the_next_group() {
    let world = World::new();
    let mut log = world.open();
    log.gate.shut();
    log.append(8);
    assert!(log.wal.submit().expect("submit"));
    for _ in 0..3 {
        log.append(8);
        assert!(log.wal.submit().expect("one write at a time"));
    }
    assert_eq!(log.wal.poll_completion().expect("poll"), None);
    assert_eq!(log.durable(), 0);
    log.gate.open();
    assert_eq!(log.wal.poll_completion().expect("poll"), Some(LogIndex(1)));
    assert!(log.wal.submit().expect("submit"));
    assert_eq!(log.wal.wait().expect("wait"), LogIndex(4));
    assert!(!log.wal.submit().expect("nothing is left"));
    let Stats { records, writes, syncs, payload_bytes, .. } = log.wal.stats();
    assert_eq!((records, writes, syncs, payload_bytes), (4, 2, 2, 32));
}

/// A core is built on one thread and runs on another.
#[test]
fn a_log_can_move_to_another_thread() {
    let mut log = World::new().open();
    let durable = std::thread::spawn(move || {
        log.commit(&[8]);
        log.durable()
    });
    assert_eq!(durable.join().expect("the thread ends"), 1);
}

#[test]
fn a_record_comes_back_as_it_was_given() {
    let world = World::new();
    let given = Record { kind: 200, group: 65_000, index: LogIndex(1), payload: b"bytes" };
    let mut log = world.open();
    log.wal.append(given).expect("append");
    log.wal.flush().expect("flush");
    drop(log);
    let mut seen = 0;
    Wal::open(
        world.place(),
        world.options,
        &mut SimRng::new(1),
        resume(1, 0),
        &mut |record| {
            assert_eq!(record, given);
            seen += 1;
            Ok(())
        },
        &mut |progress| assert_eq!(progress.index, LogIndex(1)),
    )
    .expect("open");
    assert_eq!(seen, 1);
}

#[test]
fn a_refused_record_leaves_the_log_as_it_was() {
    let mut log = World::new().open();
    let gap = log.wal.append(Record { kind: 1, group: 0, index: LogIndex(2), payload: b"" }).expect_err("a gap");
    assert_eq!((gap.to_string().as_str(), gap.fate()), ("the next log index is 1, not 2", Fate::DidNotHappen));
    let too_large = vec![0; RECORD_BYTES_MAX + 1];
    let refused = Record { kind: 1, group: 0, index: LogIndex(1), payload: &too_large };
    let error = log.wal.append(refused).expect_err("too large");
    assert_eq!(error.to_string(), "a log record of 1073741825 bytes exceeds the limit of 1073741824 bytes");
    log.commit(&[8]);
    assert_eq!(log.durable(), 1);
}

#[test]
fn segments_rotate_and_reopen() {
    let world = World::new();
    let mut log = world.open();
    log.commit(&[1000; 20]);
    assert_eq!(log.wal.stats().rotations, 6, "three records of 1,000 bytes fit into 4 KiB");
    drop(log);
    let mut log = world.open();
    log.assert_replayed(1, 20);
    assert!(!log.recovery.created && log.recovery.torn.is_none());
    log.commit(&[1000; 20]);
    drop(log);
    world.open().assert_replayed(1, 40);
}

#[test]
fn replay_begins_where_it_is_asked_to() {
    let world = World::new();
    world.open().commit(&[1000; 20]);
    for from in 1..=21 {
        world.try_open(resume(from, from - 1)).expect("open").assert_replayed(from, 20);
    }
}

#[test]
fn a_batch_larger_than_a_segment_gets_its_own() {
    let world = World::new();
    let mut log = world.open();
    log.commit(&[100, 50_000, 100, 9_000, 9_000, 100]);
    drop(log);
    let mut log = world.open();
    log.assert_replayed(1, 6);
    log.commit(&[100, 10_000]);
    log.wal.truncate_before(LogIndex(8)).expect("truncate");
    drop(log);
    world.try_open(resume(8, 7)).expect("open").assert_replayed(8, 8);
}

#[test]
fn many_groups_wait_in_order_when_one_is_full() {
    let mut world = World::new();
    world.options.group_bytes_max = 1;
    let mut log = world.open();
    (0..10).for_each(|_| _ = log.append(100));
    assert!(log.wal.waiting_bytes() >= 1000);
    log.wal.flush().expect("flush");
    assert_eq!((log.durable(), log.wal.stats().writes, log.wal.waiting_bytes()), (10, 10, 0));
    drop(log);
    world.open().assert_replayed(1, 10);
}

#[test]
fn truncation_removes_or_writes_over_whole_segments_only() {
    for spares in [0, 1, 100] {
        let mut world = World::new();
        world.options.spare_segments_max = spares;
        let mut log = world.open();
        log.commit(&[1000; 10]);
        assert_eq!(log.wal.first_index(), Some(LogIndex(1)));
        assert_eq!(log.wal.truncate_before(LogIndex(6)).expect("truncate"), 1);
        assert_eq!(log.wal.first_index(), Some(LogIndex(4)));
        assert_eq!(log.wal.truncate_before(LogIndex(1000)).expect("truncate"), 2);
        log.commit(&[1000; 30]);
        let files = world.names().len();
        assert!(files <= 13 + spares, "{files} files with {spares} spares");
        drop(log);
        let missing = world.open_error();
        assert!(matches!(missing, OpenError::Missing { from: LogIndex(1), .. }), "{missing}");
        world.try_open(resume(11, 10)).expect("open").assert_replayed(11, 40);
    }
}

#[test]
fn recycled_segments_do_not_bring_old_records_back() {
    let mut world = World::new();
    world.options.spare_segments_max = 10;
    let mut log = world.open();
    for round in 0..30u64 {
        log.commit(&[900, 700, 1200, 8, 300]);
        log.wal.truncate_before(log.wal.durable()).expect("truncate");
        if round % 3 == 0 {
            let last = log.durable();
            drop(log);
            log = world.try_open(resume(last, last - 1)).expect("open");
            assert_eq!(log.recovery.torn, None, "round {round}");
            log.assert_replayed(last, last);
        }
    }
}

/// In a file that was used before: behind the batch zeros to the end of its page, then what lay there.
#[test]
fn a_write_fills_its_last_page_and_the_next_one_goes_on_inside() {
    const PAGE: usize = 4096;
    let mut world = World::with_segments_of(4 * PAGE as u64);
    world.options.spare_segments_max = 10;
    let mut log = world.open();
    while log.wal.stats().rotations < 6 {
        log.commit(&[3000]);
        log.wal.truncate_before(log.wal.durable()).expect("truncate");
    }
    let used_before = world.bytes(7);
    assert!(used_before[2 * PAGE..3 * PAGE].iter().any(|byte| *byte != 0));
    let end = |bytes: &[u8]| PAGE - bytes[..PAGE].iter().rev().take_while(|byte| **byte == 0).count();
    let first = end(&used_before);
    assert!((3000..PAGE).contains(&first), "the first batch ends at {first}");
    log.commit(&[100]);
    let bytes = world.bytes(7);
    assert_eq!(bytes[..first], used_before[..first]);
    assert!((first + 100..first + 200).contains(&end(&bytes)));
    assert_eq!(bytes[PAGE..], used_before[PAGE..]);
    log.commit(&[3000]);
    assert_eq!(world.bytes(7)[2 * PAGE..], used_before[2 * PAGE..]);
    drop(log);
    let last = world.try_open(resume(1000, 0)).map(|log| log.recovery.torn).expect("open");
    assert_eq!(last, None);
}

#[test]
fn after_a_failure_everything_is_refused_for_ever() {
    type Inject = fn(&World);
    let failures: [(&str, Inject); 3] = [
        ("write", |world| world.disk.fail_write(0, 10)),
        ("sync", |world| world.disk.fail_sync(0, SyncFault::Lost)),
        ("reported sync", |world| world.disk.fail_sync(0, SyncFault::HappenedButReported)),
    ];
    for (name, inject) in failures {
        let world = World::new();
        let mut log = world.open();
        log.commit(&[100]);
        log.append(100);
        inject(&world);
        log.wal.submit().expect("submit");
        let error = log.wal.wait().expect_err(name);
        assert!(error.to_string().starts_with("the log is poisoned: write or sync /wal/000000000001.log: injected"));
        assert_eq!(error.fate(), Fate::Unknown);
        let next = log.wal.next_index();
        for again in [
            log.wal.append(Record { kind: 1, group: 0, index: next, payload: b"" }).err(),
            log.wal.submit().err(),
            log.wal.poll_completion().err(),
            log.wal.wait().err(),
            log.wal.flush().err(),
            log.wal.sync().err(),
            log.wal.truncate_before(LogIndex(1)).err(),
        ] {
            assert!(matches!(again, Some(WalError::Poisoned(_))), "{name}: {again:?}");
        }
        assert_eq!(log.durable(), 1, "what was durable stays so");
        drop(log);
        let found = world.open().recovery.last.0;
        assert!(found == 1 || found == 2, "{name}: recovery says what happened");
    }
}

#[test]
fn a_full_disk_is_tried_again_when_the_segment_is_needed() {
    let world = World::new();
    let mut log = world.open();
    world.disk.set_capacity(Some(world.disk.used_bytes()));
    log.commit(&[1000; 6]);
    world.disk.set_capacity(None);
    log.commit(&[1000; 6]);
    world.disk.set_capacity(Some(world.disk.used_bytes()));
    let committed = log.commit_until_full(1000);
    let refused = log.try_append(1000).expect_err("no room for another segment");
    let WalError::Full(failure) = &refused else { panic!("{refused}") };
    assert_eq!((failure.source.kind(), refused.fate()), (io::ErrorKind::StorageFull, Fate::DidNotHappen));
    world.disk.set_capacity(None);
    log.commit(&[1000; 6]);
    drop(log);
    let mut log = world.open();
    log.assert_replayed(1, 12 + committed + 6);
    log.commit(&[1000; 6]);
}

#[test]
fn os_durability_survives_the_process_and_loses_at_most_the_end() {
    for seed in 0..200 {
        let mut world = World::new();
        world.options.durability = Durability::Os;
        let mut log = world.open();
        log.commit(&[600; 20]);
        assert_eq!((log.durable(), log.wal.stats().syncs), (20, 0));
        world.disk.kill_process();
        let mut log = world.open();
        log.assert_replayed(1, 20);
        log.commit(&[600; 20]);
        let synced = if seed % 2 == 0 { log.wal.sync().expect("sync").0 } else { 20 };
        log.commit(&[600; 20]);
        world.disk.crash(&mut SimRng::new(seed));
        let log = world.open();
        let last = log.recovery.last.0;
        log.assert_replayed(1, last);
        assert!((synced..=60).contains(&last), "seed {seed}: {last} of at least {synced}");
    }
}

#[test]
fn a_sync_beside_the_writer_covers_what_was_written_when_it_began() {
    for seed in 0..100 {
        let mut world = World::new();
        world.options.durability = Durability::Os;
        let mut log = world.open();
        log.commit(&[600; 9]);
        let job = log.wal.begin_sync().expect("begin");
        // The segment that is written to now is complete before the sync ends, and is not forgotten.
        log.commit(&[600; 20]);
        assert_eq!(log.wal.end_sync(job.run()).expect("end"), LogIndex(9));
        let synced = if seed % 2 == 0 { log.wal.sync().expect("sync").0 } else { 9 };
        assert!(seed % 2 == 1 || synced == 29);
        world.disk.crash(&mut SimRng::new(seed));
        let log = world.open();
        let last = log.recovery.last.0;
        log.assert_replayed(1, last);
        assert!((synced..=29).contains(&last), "seed {seed}: {last} of at least {synced}");
    }
}

#[test]
fn a_failed_sync_beside_the_writer_is_final() {
    let mut world = World::new();
    world.options.durability = Durability::Os;
    let mut log = world.open();
    log.commit(&[100]);
    let job = log.wal.begin_sync().expect("begin");
    world.disk.fail_sync(0, SyncFault::Lost);
    assert!(matches!(log.wal.end_sync(job.run()), Err(WalError::Poisoned(_))));
    assert!(matches!(log.wal.begin_sync(), Err(WalError::Poisoned(_))));
}

#[test]
fn without_durability_nothing_is_written() {
    let mut world = World::new();
    world.options.durability = Durability::None;
    let mut log = world.open();
    log.append(8);
    assert_eq!(log.durable(), 0);
    assert!(!log.wal.submit().expect("submit"));
    assert_eq!((log.durable(), log.wal.wake_fd(), log.wal.device()), (1, None, None));
    assert_eq!(log.wal.truncate_before(LogIndex(1)).expect("truncate"), 0);
    assert_eq!(world.names(), Vec::<String>::new());
    let mut wal = Wal::nowhere(LogIndex(9));
    wal.append(Record { kind: 1, group: 0, index: LogIndex(10), payload: b"" }).expect("append");
    assert_eq!(wal.flush().expect("flush"), LogIndex(10));
}

#[test]
fn switching_durability_off_and_on_keeps_numbers_apart() {
    let mut world = World::new();
    world.open().commit(&[100; 5]);
    let before = world.bytes(1);
    world.options.durability = Durability::None;
    let mut log = world.open();
    log.assert_replayed(1, 5);
    log.append(100);
    assert_eq!(log.wal.flush().expect("flush"), LogIndex(6));
    assert_eq!(world.bytes(1), before, "an existing log is left alone");
    drop(log);

    world.options.durability = Durability::Sync;
    let behind = world.try_open(resume(4, 9)).expect_err("somebody needs 6 to 9 and nobody has them");
    assert!(matches!(behind, OpenError::Missing { from: LogIndex(6), upto: LogIndex(9), .. }), "{behind}");
    let mut log = world.try_open(resume(10, 9)).expect("everybody has everything up to 9");
    assert_eq!(log.recovery.skipped, Some((LogIndex(5), LogIndex(10))));
    assert_eq!((log.wal.next_index(), log.durable()), (LogIndex(10), 9));
    log.commit(&[100; 3]);
    drop(log);
    let log = world.try_open(resume(10, 12)).expect("open");
    assert_eq!(log.recovery.skipped, None);
    log.assert_replayed(10, 12);
    drop(log);
    let everything = world.open();
    let indexes: Vec<u64> = everything.replayed.iter().map(|(index, _)| *index).collect();
    assert_eq!(indexes, [1, 2, 3, 4, 5, 10, 11, 12], "the gap is written down, not damage");
}

#[test]
fn a_new_log_under_existing_users_needs_them_to_agree() {
    let world = World::new();
    let missing = world.try_open(resume(5, 9)).expect_err("records 5 to 9 are gone");
    assert!(matches!(missing, OpenError::Missing { from: LogIndex(5), upto: LogIndex(9), .. }), "{missing}");
    let mut log = world.try_open(resume(10, 9)).expect("all have everything up to 9");
    assert!(log.recovery.created);
    log.commit(&[8]);
    drop(log);
    world.try_open(resume(10, 9)).expect("open").assert_replayed(10, 10);
}

#[test]
fn whoever_takes_the_records_can_refuse_one() {
    let world = World::new();
    world.open().commit(&[8; 3]);
    let error = Wal::open(
        world.place(),
        world.options,
        &mut SimRng::new(1),
        resume(1, 0),
        &mut |record| if record.index == LogIndex(2) { Err("no such table".into()) } else { Ok(()) },
        &mut |_| {},
    )
    .expect_err("refused");
    let segment = world.place().dir.join("000000000001.log");
    // A header of 64 bytes, and the batch of the first record.
    assert_eq!(error.to_string(), format!("{} at offset 115: no such table", segment.display()));
}

#[test]
fn options_out_of_bounds_are_refused() {
    let world = World::with_segments_of(100);
    assert_eq!(world.open_error().to_string(), "a log segment has at least 4096 bytes, not 100");
}

#[test]
fn real_files_on_every_device() {
    use crate::DeviceKind::{Auto, Portable, Uring};
    for device in [Auto, Portable, Uring] {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let options = Options { segment_bytes: 64 << 10, device, ..Options::default() };
        let place = || crate::Place {
            disk: std::sync::Arc::new(cairn_base::seam::RealDisk),
            dir: temporary.path().join("deep").join("wal"),
        };
        let mut last = 0u64;
        for round in 0..3 {
            let mut replayed = 0;
            let opened = Wal::open(
                place(),
                options,
                &mut cairn_base::seam::OsRng,
                resume(1, 0),
                &mut |record| {
                    replayed += 1;
                    assert_eq!(record.payload, payload(replayed, record.payload.len()));
                    Ok(())
                },
                &mut |_| {},
            );
            let mut wal = match opened {
                // A sandbox without io_uring can't run this part; the other devices are tested all the same.
                Err(OpenError::Io { .. }) if device == Uring => break,
                opened => opened.expect("open").wal,
            };
            assert_eq!(replayed, last, "round {round}");
            for size in [8, 5_000, 40_000, 100_000, 70] {
                last += 1;
                let payload = payload(last, size);
                wal.append(Record { kind: 1, group: 0, index: LogIndex(last), payload: &payload }).expect("append");
                wal.submit().expect("submit");
                if size == 8 {
                    wal.wait().expect("wait");
                }
            }
            wal.flush().expect("flush");
        }
    }
}

/// Takes some seconds and gigabytes: run by hand.
#[test]
#[ignore = "writes 2 GiB"]
fn the_largest_record_goes_through() {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    let place =
        || crate::Place { disk: std::sync::Arc::new(cairn_base::seam::RealDisk), dir: temporary.path().to_owned() };
    let open = |seen: &mut Vec<usize>| {
        let mut take = |record: Record<'_>| {
            seen.push(record.payload.len());
            Ok(())
        };
        let rng = &mut cairn_base::seam::OsRng;
        Wal::open(place(), Options::default(), rng, resume(1, 0), &mut take, &mut |_| {}).expect("open").wal
    };
    let mut wal = open(&mut Vec::new());
    for bytes in [8, RECORD_BYTES_MAX, 8] {
        let index = wal.next_index();
        wal.append(Record { kind: 1, group: 0, index, payload: &vec![7; bytes] }).expect("append");
    }
    wal.flush().expect("flush");
    drop(wal);
    let mut seen = Vec::new();
    open(&mut seen);
    assert_eq!(seen, [8, RECORD_BYTES_MAX, 8]);
}
