//! What recovery accepts, cuts and refuses.

use std::path::Path;

use cairn_base::LogIndex;
use cairn_base::seam::Disk;
use cairn_base::seam::sim::{SimDisk, SimRng};

use crate::testing::{World, resume};
use crate::{Durability, OpenError};

/// A log of small batches over three segments, and after how many bytes of the last one each of its batches ends.
fn small_log() -> (World, u64, u64) {
    let world = World::new();
    let mut log = world.open();
    log.commit(&[1950, 1950, 1950, 1950, 60, 70, 80]);
    drop(log);
    (world, 3, 7)
}

/// The same files on another disk.
fn copy(world: &World) -> World {
    let disk = SimDisk::new();
    for name in world.names() {
        let path = Path::new("/wal").join(name);
        disk.put(&path, &world.disk.read(&path).expect("read"));
    }
    World { disk, options: world.options }
}

#[test]
fn the_last_segment_cut_at_any_byte_loses_only_its_end() {
    let (world, segment, last) = small_log();
    let bytes = world.bytes(segment);
    let mut seen = std::collections::BTreeSet::new();
    for cut in 0..=600 {
        let cut_world = copy(&world);
        cut_world.disk.put(&world.path(segment), &bytes[..cut]);
        cut_world.disk.remove(&world.path(segment + 1)).expect("the prepared segment");
        let mut log = cut_world.open();
        let found = log.recovery.last.0;
        log.assert_replayed(1, found);
        assert!(found <= last);
        seen.insert(found);
        // What was cut never comes back, and the log goes on.
        log.commit(&[90, 2000, 90]);
        drop(log);
        let log = cut_world.open();
        log.assert_replayed(1, found + 3);
        assert_eq!(log.recovery.torn, None, "cut at {cut}");
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [4, 5, 6, 7]);
}

/// A byte that is read wrong once is damage that is not there: the log may be refused for it, but nothing may be cut.
#[test]
fn one_wrong_read_loses_nothing() {
    let (world, segments, last) = small_log();
    for segment in 1..=segments {
        for offset in (0..700).step_by(3) {
            let troubled = copy(&world);
            troubled.disk.misread(&troubled.path(segment), offset, 0x10).expect("the segment");
            if let Ok(log) = troubled.try_open(resume(1, 0)) {
                assert_eq!(log.recovery.last.0, last, "byte {offset} of segment {segment}");
                log.assert_replayed(1, last);
            }
            let log = troubled.open();
            assert_eq!(log.recovery.last.0, last, "after a wrong read of byte {offset} of segment {segment}");
            log.assert_replayed(1, last);
        }
    }
}

#[test]
fn every_flipped_byte_is_refused_or_cuts_the_unvouched_end() {
    let (world, segments, last) = small_log();
    let (mut refused, mut cut, mut harmless) = (0, 0, 0);
    for segment in 1..=segments + 1 {
        let bytes = world.bytes(segment).len().min(if segment == segments { 700 } else { 4096 });
        for at in 0..bytes {
            for mask in [1 << (at % 8), 0xFF] {
                world.disk.flip(&world.path(segment), at as u64, mask).expect("flip");
                let trial = copy(&world);
                world.disk.flip(&world.path(segment), at as u64, mask).expect("flip back");
                match trial.try_open(resume(1, 0)) {
                    Err(OpenError::Corrupt { file, offset, .. }) => {
                        assert_eq!(file, world.path(segment));
                        assert!(offset <= at as u64);
                        refused += 1;
                    }
                    Err(other) => panic!("segment {segment} byte {at}: {other}"),
                    Ok(log) => {
                        let found = log.recovery.last.0;
                        log.assert_replayed(1, found);
                        assert!(found == last || found == last - 1, "segment {segment} byte {at}: {found}");
                        if found == last { harmless += 1 } else { cut += 1 }
                    }
                }
            }
        }
    }
    // Two batches per segment, but for their unused ends and the last batch (16 + 20 + 7 + 80 bytes).
    assert_eq!(cut, 2 * (16 + 20 + 7 + 80));
    let written: usize = 2 * (3 * 64 + 4 * (1950 + 43) + (60 + 43) + (70 + 43));
    assert_eq!(refused, written);
    assert!(harmless > 0, "unused space");
}

#[test]
fn damage_is_named_with_file_and_offset() {
    let (world, ..) = small_log();
    let message = |damage: &dyn Fn(&World)| {
        let trial = copy(&world);
        damage(&trial);
        trial.open_error().to_string()
    };
    assert_eq!(
        message(&|world| world.disk.flip(&world.path(1), 64 + 500, 1).expect("flip")),
        "the log is corrupt: /wal/000000000001.log at offset 64: damaged batch; record 1 had been made durable before \
         what stands at offset 2057 of 000000000001.log"
    );
    assert_eq!(
        message(&|world| world.disk.flip(&world.path(2), 3, 1).expect("flip")),
        "the log is corrupt: /wal/000000000002.log at offset 0: unreadable segment header; record 3 had been made \
         durable before what stands at offset 2057 of 000000000002.log"
    );
    assert_eq!(
        message(&|world| world.disk.remove(&world.path(2)).expect("remove")),
        "the log is corrupt: /wal/000000000002.log at offset 0: the segment is missing; record 3 had been made durable \
         before what stands at offset 0 of 000000000003.log"
    );
    let zeroed = message(&|world| {
        let mut bytes = world.bytes(2);
        bytes[2057..4096].fill(0);
        world.disk.put(&world.path(2), &bytes);
    });
    assert!(zeroed.starts_with("the log is corrupt: /wal/000000000002.log at offset 2057: zeros where"), "{zeroed}");
    let alone = message(&|world| {
        (2..=4).for_each(|number| world.disk.remove(&world.path(number)).expect("remove"));
        world.disk.flip(&world.path(1), 20, 1).expect("flip");
    });
    assert!(alone.contains("no segment has a readable header"), "{alone}");
}

#[test]
fn a_refused_log_is_not_touched() {
    let (world, ..) = small_log();
    world.disk.flip(&world.path(2), 100, 1).expect("flip");
    let before: Vec<_> = (1..=4).map(|number| world.bytes(number)).collect();
    world.open_error();
    let after: Vec<_> = (1..=4).map(|number| world.bytes(number)).collect();
    assert_eq!((before, world.names().len()), (after, 4));
}

#[test]
fn damage_below_the_first_record_wanted_harms_nobody() {
    let (world, ..) = small_log();
    world.disk.flip(&world.path(1), 100, 1).expect("flip");
    world.try_open(resume(5, 4)).expect("open").assert_replayed(5, 7);
    world.disk.flip(&world.path(2), 0, 1).expect("flip");
    world.try_open(resume(5, 4)).expect("open").assert_replayed(5, 7);
}

#[test]
fn another_logs_segment_is_refused() {
    let (world, ..) = small_log();
    let other = World::new();
    let place = other.place();
    let mut take = |_: crate::Record<'_>| Ok(());
    crate::Wal::open(place, other.options, &mut SimRng::new(7), resume(1, 0), &mut take, &mut |_| {}).expect("open");
    world.disk.put(&world.path(1), &other.bytes(1));
    assert!(matches!(world.open_error(), OpenError::Foreign { .. }));
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let (world, ..) = small_log();
    let mut bytes = world.bytes(2);
    bytes[8] = 9;
    let crc = crc32c::crc32c(&bytes[..60]);
    bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    world.disk.put(&world.path(2), &bytes);
    assert_eq!(world.open_error().to_string(), "/wal/000000000002.log has log format 9, this version reads up to 1");
}

#[test]
fn a_crash_while_the_log_is_created_leaves_nothing_in_the_way() {
    for seed in 0..100 {
        for syncs in 0..3 {
            let world = World::new();
            world.disk.fail_sync(syncs, cairn_base::seam::sim::SyncFault::Lost);
            world.try_open(resume(1, 0)).map(|_| ()).unwrap_or_default();
            world.disk.crash(&mut SimRng::new(seed));
            world.open().commit(&[100]);
            world.open().assert_replayed(1, 1);
        }
    }
}

#[test]
fn without_syncing_a_hole_cuts_everything_behind_it() {
    let mut world = World::new();
    world.options.durability = Durability::Os;
    world.open().commit(&[1950, 1950, 1950, 1950, 60]);
    world.disk.flip(&world.path(2), 100, 1).expect("flip");
    let mut log = world.open();
    log.assert_replayed(1, 2);
    let torn = log.recovery.torn.clone().expect("a torn tail");
    assert_eq!((torn.offset, torn.reason.as_str()), (64, "damaged batch"));
    log.commit(&[1950, 1950, 60]);
    drop(log);
    let log = world.open();
    log.assert_replayed(1, 5);
    assert_eq!(log.recovery.torn, None);
}

#[test]
fn what_was_recovered_after_a_failed_sync_is_written_once_more() {
    for seed in 0..50 {
        let world = World::new();
        let mut log = world.open();
        log.commit(&[100]);
        log.append(100);
        world.disk.fail_sync(0, cairn_base::seam::sim::SyncFault::Lost);
        log.wal.flush().expect_err("poisoned");
        // The process goes, the system stays: its cache still shows what never reached the medium.
        world.disk.kill_process();
        let log = world.open();
        log.assert_replayed(1, 2);
        world.disk.crash(&mut SimRng::new(seed));
        let log = world.open();
        assert_eq!(log.recovery.last, LogIndex(2), "seed {seed}: record 2 was shown to the world");
    }
}

#[test]
fn what_was_cut_never_joins_what_is_written_later() {
    let mut world = World::new();
    world.options.durability = Durability::Os;
    world.open().commit(&[100; 5]);
    // The third of five equal batches is lost: the fourth and fifth are sound and go with it.
    world.disk.flip(&world.path(1), 64 + 2 * 143 + 50, 1).expect("flip");
    let mut log = world.open();
    log.assert_replayed(1, 2);
    log.commit(&[100]);
    drop(log);
    world.open().assert_replayed(1, 3);
}
