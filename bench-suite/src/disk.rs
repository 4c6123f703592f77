//! The disk under a directory: its kind, its rate of syncs, how often it was flushed.

use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long [`syncs_per_second`] measures.
const PROBE: Duration = Duration::from_millis(500);
const PROBE_BYTES: usize = 4096;
/// The probe's file stays this large, so that no sync changes its length.
const PROBE_FILE_BYTES: usize = 4 << 20;

/// The file system that holds `directory`, as `ext4 (rw,relatime)`.
pub fn file_system(directory: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind, options) = (words.next()?, words.next()?, words.next()?);
        path.starts_with(at).then(|| (at.len(), format!("{kind} ({options})")))
    });
    mounted.max_by_key(|(length, _)| *length).map_or_else(|| "unknown".to_owned(), |(_, text)| text)
}

/// How often this disk can write 4 KiB and sync, one after the other, in a file whose size does not change.
///
/// # Errors
/// If the probe's file cannot be written.
pub fn syncs_per_second(directory: &Path) -> io::Result<f64> {
    let mut file = tempfile::tempfile_in(directory)?;
    file.write_all(&vec![0; PROBE_FILE_BYTES])?;
    file.sync_all()?;
    let block = [7; PROBE_BYTES];
    let (begun, mut syncs) = (Instant::now(), 0_usize);
    while begun.elapsed() < PROBE {
        file.seek(SeekFrom::Start((syncs * PROBE_BYTES % PROBE_FILE_BYTES) as u64))?;
        file.write_all(&block)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(syncs as f64 / begun.elapsed().as_secs_f64())
}

/// What the disk under a directory has done since the system started, whoever asked for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Bytes written.
    pub bytes_written: u64,
    /// Flush requests completed.
    pub flushes: u64,
}

/// The counters of the disk under `directory`. `None` where the system does not count (before Linux 5.5, or no block
/// device). `/proc/PID/io` would tell processes apart, but counts whole page-cache folios where a block was written.
pub fn done(directory: &Path) -> Option<Done> {
    const SECTORS_WRITTEN: usize = 6;
    const FLUSHES: usize = 15;
    const SECTOR_BYTES: u64 = 512;
    let device = std::fs::metadata(directory).ok()?.dev();
    // The layout of Linux's device numbers, as user space sees them.
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    let entry = Path::new("/sys/dev/block").join(format!("{major}:{minor}")).canonicalize().ok()?;
    // Flushes are counted for the whole disk, not for its partitions.
    let disk = if entry.join("partition").exists() { entry.parent()?.to_owned() } else { entry };
    let text = std::fs::read_to_string(disk.join("stat")).ok()?;
    let counter = |place| text.split_whitespace().nth(place)?.parse::<u64>().ok();
    Some(Done { bytes_written: counter(SECTORS_WRITTEN)? * SECTOR_BYTES, flushes: counter(FLUSHES)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_is_counted_where_the_system_counts() {
        let directory = tempfile::tempdir().expect("a directory");
        let before = done(directory.path());
        let rate = syncs_per_second(directory.path()).expect("it can be written");
        assert!(rate > 1.0, "{rate}");
        // tmpfs has no device and syncs nothing.
        if let (Some(before), Some(after)) = (before, done(directory.path())) {
            assert!(after.flushes > before.flushes);
            assert!(after.bytes_written > before.bytes_written);
        }
        assert!(file_system(directory.path()).contains('('));
    }
}
