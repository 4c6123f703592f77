//! What every device promises, run on each.

use std::path::Path;

use cairn_base::seam::sim::SimDisk;
use cairn_base::seam::{Disk, DiskFile, OpenMode, RealDisk};

use super::eventfd::is_readable;
use super::*;

/// Runs a test on every device: a fresh file, and another way to open it.
fn on_every_device(test: impl Fn(&mut dyn LogDevice, Arc<dyn DiskFile>, &dyn Fn(OpenMode) -> Arc<dyn DiskFile>)) {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    let devices: [(&str, Option<Box<dyn LogDevice>>); 2] = [
        ("portable", Some(Box::new(PortableDevice::new().expect("a thread")))),
        // A sandbox without io_uring can't run this part.
        ("uring", UringDevice::new().ok().map(|device| Box::new(device) as Box<dyn LogDevice>)),
    ];
    for (name, device) in devices {
        let path = temporary.path().join(name);
        let file = RealDisk.open(&path, OpenMode::CreateNew).expect("create");
        if let Some(mut device) = device {
            test(&mut *device, file, &|mode| RealDisk.open(&path, mode).expect("open"));
        }
    }
    let disk = SimDisk::new();
    let path = Path::new("/sim");
    let file = disk.open(path, OpenMode::CreateNew).expect("create");
    test(&mut SimDevice::new(), file, &|mode| disk.open(path, mode).expect("open"));
}

fn write(file: &Arc<dyn DiskFile>, offset: u64, bytes: &[u8], sync: bool) -> LogWrite {
    let buffer = [b"skipped", bytes].concat();
    LogWrite { file: file.clone(), offset, buffer, skip: 7, sync }
}

fn contents(file: &Arc<dyn DiskFile>) -> Vec<u8> {
    let mut bytes = vec![0; file.len().expect("length") as usize];
    file.read_exact_at(&mut bytes, 0).expect("read");
    bytes
}

#[test]
fn writes_arrive_where_they_should() {
    on_every_device(|device, file, _| {
        for (offset, sync) in [(3, true), (0, false)] {
            device.submit(write(&file, offset, b"abc", sync)).expect("submit");
            let written = device.wait();
            written.result.expect("written");
            assert_eq!(written.buffer, b"skippedabc");
        }
        assert_eq!(contents(&file), b"abcabc");
        assert!(device.poll().is_none(), "an end is told once");
    });
}

#[test]
fn large_writes_are_whole() {
    on_every_device(|device, file, _| {
        let large: Vec<u8> = (0..20_000_000u32).map(|i| (i / 7) as u8).collect();
        device.submit(write(&file, 100, &large, true)).expect("submit");
        device.wait().result.expect("written");
        assert!(contents(&file)[100..] == large);
    });
}

#[test]
fn the_wake_up_is_readable_from_end_to_poll() {
    on_every_device(|device, file, _| {
        let Some(fd) = device.wake_fd() else { return };
        for sync in [true, false, true] {
            assert!(!is_readable(fd));
            device.submit(write(&file, 0, b"abc", sync)).expect("submit");
            let started = std::time::Instant::now();
            let written = loop {
                if is_readable(fd)
                    && let Some(written) = device.poll()
                {
                    break written;
                }
                assert!(started.elapsed().as_secs() < 20, "the wake-up never came");
                std::thread::yield_now();
            };
            written.result.expect("written");
        }
        assert!(!is_readable(fd));
    });
}

#[test]
fn a_failed_write_is_told_and_the_buffer_comes_back() {
    on_every_device(|device, _, open| {
        device.submit(write(&open(OpenMode::Read), 0, b"abc", true)).expect("submit");
        let written = device.wait();
        written.result.expect_err("the file is open for reading");
        assert_eq!(written.buffer, b"skippedabc");
    });
}

#[test]
fn a_device_dropped_in_the_middle_of_a_write_lets_it_end() {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    type Make = fn() -> io::Result<Box<dyn LogDevice>>;
    let makers: [Make; 2] = [|| Ok(Box::new(PortableDevice::new()?)), || Ok(Box::new(UringDevice::new()?))];
    for (name, make) in ["portable", "uring"].iter().zip(makers) {
        let Ok(mut device) = make() else { continue };
        let file = RealDisk.open(&temporary.path().join(name), OpenMode::CreateNew).expect("create");
        device.submit(write(&file, 0, &[7; 3_000_000], true)).expect("submit");
        drop(device);
        assert!(contents(&file) == [7; 3_000_000], "{name}");
    }
}

#[test]
fn the_simulated_gate_holds_the_sync_back() {
    let disk = SimDisk::new();
    let file = disk.open(Path::new("/sim"), OpenMode::CreateNew).expect("create");
    let mut device = SimDevice::new();
    device.gate().shut();
    device.submit(write(&file, 0, b"abc", true)).expect("submit");
    assert!(device.poll().is_none());
    assert_eq!((contents(&file), disk.data_syncs()), (b"abc".to_vec(), 0));
    device.gate().open();
    device.poll().expect("ended").result.expect("written");
    assert_eq!(disk.data_syncs(), 1);
}

#[test]
fn choices_follow_wish_and_world() {
    use crate::options::DeviceKind;
    assert_eq!(choose(DeviceKind::Auto, false).expect("a device").name, "simulated");
    assert_eq!(choose(DeviceKind::Portable, true).expect("a device").name, "portable");
    let automatic = choose(DeviceKind::Auto, true).expect("a device");
    assert_eq!(automatic.name, if UringDevice::new().is_ok() { "io_uring" } else { "portable" });
    assert!(!automatic.reason.is_empty());
}
