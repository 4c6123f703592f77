//! What every disk promises, run on the real and the simulated one; then what only a crash shows.

use std::path::{Path, PathBuf};

use super::*;
use crate::seam::RealDisk;
use crate::seam::sim::{SimDisk, SimRng, SyncFault};

fn on_every_disk(test: impl Fn(&dyn Disk, &Path)) {
    let dir = std::env::temp_dir().join(format!("cairn-base-{}-{:?}", std::process::id(), std::thread::current().id()));
    RealDisk.create_dir_all(&dir).expect("a temporary directory");
    test(&RealDisk, &dir);
    std::fs::remove_dir_all(&dir).expect("remove the temporary directory");
    test(&SimDisk::new(), Path::new("/sim"));
}

#[test]
fn bytes_read_back_by_position() {
    on_every_disk(|disk, dir| {
        let path = dir.join("bytes");
        let file = disk.open(&path, OpenMode::CreateNew).expect("create");
        assert!(file.is_empty().expect("length"));
        file.write_at(b"world", 6).expect("write");
        file.write_at(b"hello ", 0).expect("write");
        file.sync_data().expect("sync");
        assert_eq!(disk.read(&path).expect("read"), b"hello world");
        let mut buffer = [0; 8];
        assert_eq!(file.read_at(&mut buffer, 8).expect("read"), 3);
        assert_eq!(file.read_at(&mut buffer, 100).expect("read"), 0);
        let short = file.read_exact_at(&mut buffer, 8).expect_err("too short");
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
    });
}

#[test]
fn lengths_grow_with_zeros_and_shrink() {
    on_every_disk(|disk, dir| {
        let file = disk.open(&dir.join("length"), OpenMode::Create).expect("create");
        file.write_at(b"ab", 0).expect("write");
        file.allocate(600_000).expect("allocate");
        file.allocate(10).expect("less than there is");
        assert_eq!(file.len().expect("length"), 600_000);
        let mut byte = [1];
        file.read_exact_at(&mut byte, 599_999).expect("read");
        assert_eq!(byte, [0]);
        file.set_len(1).expect("cut");
        assert_eq!(disk.read(&dir.join("length")).expect("read"), b"a");
    });
}

#[test]
fn modes_and_names() {
    on_every_disk(|disk, dir| {
        let (a, b) = (dir.join("a"), dir.join("b"));
        for mode in [OpenMode::Read, OpenMode::Write] {
            assert_eq!(disk.open(&a, mode).expect_err("absent").kind(), io::ErrorKind::NotFound);
        }
        let handle = disk.open(&a, OpenMode::CreateNew).expect("create");
        handle.write_at(b"a", 0).expect("write");
        assert_eq!(disk.open(&a, OpenMode::CreateNew).expect_err("present").kind(), io::ErrorKind::AlreadyExists);
        disk.open(&b, OpenMode::Create).expect("create").write_at(b"b", 0).expect("write");
        assert!(disk.open(&b, OpenMode::Read).expect("open").write_at(b"x", 0).is_err());
        assert_eq!(disk.list(dir).expect("list"), ["a", "b"]);
        disk.rename(&a, &b).expect("rename");
        assert_eq!(disk.list(dir).expect("list"), ["b"]);
        assert_eq!(disk.read(&b).expect("read"), b"a");
        disk.remove(&b).expect("remove");
        disk.sync_dir(dir).expect("sync the directory");
        assert_eq!(disk.remove(&b).expect_err("gone").kind(), io::ErrorKind::NotFound);
        handle.write_at(b"still", 0).expect("an open handle stays usable");
    });
}

#[test]
fn a_lock_has_one_holder() {
    on_every_disk(|disk, dir| {
        let path = dir.join("lock");
        let held = disk.lock(&path).expect("lock");
        assert_eq!(disk.lock(&path).expect_err("held").kind(), io::ErrorKind::WouldBlock);
        drop(held);
        drop(disk.lock(&path).expect("released"));
    });
}

fn sim_file(disk: &SimDisk, name: &str) -> (PathBuf, Arc<dyn DiskFile>) {
    let path = Path::new("/sim").join(name);
    let file = disk.open(&path, OpenMode::Create).expect("create");
    (path, file)
}

#[test]
fn unsynced_names_may_vanish_and_synced_ones_stay() {
    let mut survived = [0, 0];
    for seed in 0..100 {
        let disk = SimDisk::new();
        let (kept, file) = sim_file(&disk, "kept");
        file.write_at(b"x", 0).expect("write");
        file.sync_data().expect("sync");
        disk.sync_dir(Path::new("/sim")).expect("sync the directory");
        let (new, _) = sim_file(&disk, "new");
        let renamed = Path::new("/sim/renamed");
        disk.rename(&kept, renamed).expect("rename");
        disk.crash(&mut SimRng::new(seed));
        let names = disk.list(Path::new("/sim")).expect("list");
        let one_name = names.contains(&"kept".to_owned()) != names.contains(&"renamed".to_owned());
        assert!(one_name, "a rename happens whole or not at all: {names:?}");
        survived[0] += usize::from(disk.read(&new).is_ok());
        survived[1] += usize::from(disk.read(renamed).is_ok());
        assert!(file.len().is_err(), "handles do not survive");
    }
    assert!(survived.iter().all(|count| (20..80).contains(count)), "{survived:?}");
}

#[test]
fn killing_the_process_loses_no_byte() {
    let disk = SimDisk::new();
    let (path, file) = sim_file(&disk, "a");
    let _lock = disk.lock(Path::new("/sim/lock")).expect("lock");
    file.write_at(b"unsynced", 0).expect("write");
    disk.kill_process();
    assert_eq!(disk.read(&path).expect("read"), b"unsynced");
    assert!(file.write_at(b"x", 0).is_err());
    disk.lock(Path::new("/sim/lock")).expect("the dead process holds no lock");
}

#[test]
fn injected_faults_strike_once() {
    let disk = SimDisk::new();
    let (path, file) = sim_file(&disk, "a");
    disk.fail_write(1, 2);
    file.write_at(b"first", 0).expect("write");
    assert!(file.write_at(b"SECOND", 0).is_err());
    assert_eq!(disk.read(&path).expect("read"), b"SErst");
    disk.misread(&path, 2, 0xFF).expect("the file is there");
    assert_eq!(disk.read(&path).expect("read")[2], !b'r');
    assert_eq!(disk.pending_misreads(), 0);
    assert_eq!(disk.read(&path).expect("read"), b"SErst");
    disk.flip(&path, 0, 1).expect("flip");
    assert_eq!(disk.read(&path).expect("read"), b"RErst");
}

#[test]
fn failed_syncs_happened_or_not() {
    for (fault, left) in [(SyncFault::Lost, &b""[..]), (SyncFault::HappenedButReported, b"bytes")] {
        let disk = SimDisk::new();
        let (path, file) = sim_file(&disk, "a");
        disk.sync_dir(Path::new("/sim")).expect("sync the directory");
        file.write_at(b"bytes", 0).expect("write");
        disk.fail_sync(0, fault);
        assert!(file.sync_data().is_err());
        file.sync_data().expect("the next one succeeds and proves nothing");
        disk.crash(&mut SimRng::new(1));
        assert_eq!(disk.read(&path).expect("read"), left);
    }
}

#[test]
fn a_full_disk_refuses_growth_only() {
    let disk = SimDisk::new();
    let (_, file) = sim_file(&disk, "a");
    disk.set_capacity(Some(10));
    file.write_at(&[1; 10], 0).expect("fits");
    file.write_at(&[2; 10], 0).expect("overwrites");
    assert_eq!(file.write_at(&[3; 10], 1).expect_err("full").kind(), io::ErrorKind::StorageFull);
    assert_eq!(file.allocate(11).expect_err("full").kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.used_bytes(), 10);
}

#[test]
fn the_same_seed_crashes_the_same_way() {
    let run = |seed| {
        let disk = SimDisk::new();
        for name in ["a", "b", "c"] {
            let (_, file) = sim_file(&disk, name);
            (0..5).for_each(|i| file.write_at(&[i; 2000], u64::from(i) * 700).expect("write"));
        }
        disk.crash(&mut SimRng::new(seed));
        let names = disk.list(Path::new("/sim")).expect("list");
        names.iter().map(|name| disk.read(&Path::new("/sim").join(name)).expect("read")).collect::<Vec<_>>()
    };
    assert!((0..50).all(|seed| run(seed) == run(seed)));
    assert!((0..50).any(|seed| run(seed) != run(seed + 1)));
}
