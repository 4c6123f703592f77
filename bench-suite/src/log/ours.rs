//! The log under closed loops of writers, driven as the server's core drives it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cairn_base::seam::sim::SimDisk;
use cairn_base::seam::{OsRng, RealDisk};
use cairn_wal::{DeviceKind, Durability, Options, Place, Record, Resume, Wal};

use super::{Counted, FILE_BYTES, Load, Measured, Stretch};
use crate::error::BenchError;

/// A log in `directory` under `load`.
pub(super) fn measure(
    directory: &Path,
    load: Load,
    device: DeviceKind,
    durability: Durability,
) -> Result<Measured, BenchError> {
    let place = Place { disk: Arc::new(RealDisk), dir: directory.to_owned() };
    let options = Options { device, durability, segment_bytes: FILE_BYTES, ..Options::default() };
    let opened = Wal::open(place, options, &mut OsRng, Resume::EVERYTHING, &mut |_| Ok(()), &mut |_| {});
    let mut wal = opened.map_err(|error| failed("open the log", &error))?.wal;
    let mut writers = Writers { payload: vec![7; load.bytes], begun: VecDeque::new() };
    fill_segments(&mut wal)?;
    let before = wal.stats();
    let mut rotations = before.rotations;
    let mut stretch = Stretch::begin();
    writers.append(&mut wal, load.writers)?;
    while stretch.begun.elapsed() < load.time {
        wal.submit().map_err(|error| failed("submit", &error))?;
        let durable = wal.durable();
        let done = wal.wait().map_err(|error| failed("wait", &error))?.0 - durable.0;
        let now = Instant::now();
        let done = usize::try_from(done).expect("there are few writers");
        stretch.latencies.extend(writers.begun.drain(..done).map(|begun| (now - begun).as_secs_f64() * 1e6));
        writers.append(&mut wal, done)?;
        if wal.stats().rotations > rotations {
            rotations = wal.stats().rotations;
            give_up(&mut wal)?;
        }
    }
    let after = wal.stats();
    Ok(stretch.end(Counted {
        syncs: after.syncs - before.syncs,
        writes: after.writes - before.writes,
        written_bytes: after.written_bytes - before.written_bytes,
    }))
}

/// Fills segments and gives them up until the log goes round in files that were written before, as a log that has been in
/// use for a while, and as the bare loop's file. Until then a helper fills the next segment with zeros beside whoever writes:
/// the second and the third; the fourth is the first one again.
fn fill_segments(wal: &mut Wal) -> Result<(), BenchError> {
    let payload = vec![7; 1 << 20];
    let mut rotations = 0;
    while rotations < 4 {
        let index = wal.next_index();
        let record = Record { kind: 1, group: 0, index, payload: &payload };
        wal.append(record).map_err(|error| failed("append", &error))?;
        wal.flush().map_err(|error| failed("flush the log", &error))?;
        if wal.stats().rotations > rotations {
            rotations = wal.stats().rotations;
            wal.sync().map_err(|error| failed("sync", &error))?;
            give_up(wal)?;
        }
    }
    Ok(())
}

/// Bytes that the log writes for a group of all writers' records, asked of one on a simulated disk.
///
/// # Errors
/// If the log refuses them.
pub(super) fn group_bytes(load: Load) -> Result<usize, BenchError> {
    let place = Place { disk: Arc::new(SimDisk::new()), dir: "/log".into() };
    let opened = Wal::open(place, Options::default(), &mut OsRng, Resume::EVERYTHING, &mut |_| Ok(()), &mut |_| {});
    let mut wal = opened.map_err(|error| failed("open a simulated log", &error))?.wal;
    let mut writers = Writers { payload: vec![7; load.bytes], begun: VecDeque::new() };
    writers.append(&mut wal, load.writers)?;
    wal.flush().map_err(|error| failed("flush a simulated log", &error))?;
    let stats = wal.stats();
    assert_eq!((stats.writes, stats.rotations), (1, 0), "one group in the first segment, which has its header already");
    Ok(usize::try_from(stats.written_bytes).expect("a group fits into memory"))
}

/// Gives up all segments before the last one, as a checkpoint does.
fn give_up(wal: &mut Wal) -> Result<(), BenchError> {
    wal.truncate_before(wal.synced()).map_err(|error| failed("truncate", &error)).map(|_| ())
}

/// Those who wait, oldest first.
struct Writers {
    payload: Vec<u8>,
    begun: VecDeque<Instant>,
}

impl Writers {
    fn append(&mut self, wal: &mut Wal, count: usize) -> Result<(), BenchError> {
        for _ in 0..count {
            let index = wal.next_index();
            let record = Record { kind: 1, group: 0, index, payload: &self.payload };
            wal.append(record).map_err(|error| failed("append", &error))?;
            self.begun.push_back(Instant::now());
        }
        Ok(())
    }
}

fn failed(what: &str, error: &dyn std::error::Error) -> BenchError {
    BenchError::Program { program: what.to_owned(), output: error.to_string() }
}
