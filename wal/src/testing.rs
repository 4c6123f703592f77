//! What the tests of this crate share: a log on a simulated disk, and payloads that tell their index.

use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_base::seam::sim::{SimDisk, SimRng};

use crate::device::{ChosenDevice, SimDevice, SimGate};
use crate::{OpenError, Opened, Options, Place, Record, Recovery, Resume, Wal, WalError};

/// A disk that outlives the logs opened on it.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) disk: SimDisk,
    pub(crate) options: Options,
}

/// An open log, what it replayed, and the gate in front of its syncs.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) wal: Wal,
    pub(crate) replayed: Vec<(u64, Vec<u8>)>,
    pub(crate) recovery: Recovery,
    pub(crate) gate: SimGate,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_segments_of(4096)
    }

    pub(crate) fn with_segments_of(segment_bytes: u64) -> Self {
        Self { disk: SimDisk::new(), options: Options { segment_bytes, ..Options::default() } }
    }

    pub(crate) fn place(&self) -> Place {
        Place { disk: Arc::new(self.disk.clone()), dir: PathBuf::from("/wal") }
    }

    pub(crate) fn path(&self, number: u64) -> PathBuf {
        PathBuf::from(format!("/wal/{number:012}.log"))
    }

    /// Bytes of a segment.
    pub(crate) fn bytes(&self, number: u64) -> Vec<u8> {
        use cairn_base::seam::Disk;
        self.disk.read(&self.path(number)).expect("read a segment")
    }

    /// Names of all files in the log's directory.
    pub(crate) fn names(&self) -> Vec<String> {
        use cairn_base::seam::Disk;
        self.disk.list(&PathBuf::from("/wal")).expect("list")
    }

    pub(crate) fn try_open(&self, resume: Resume) -> Result<Open, OpenError> {
        let mut replayed = Vec::new();
        let device = SimDevice::new();
        let gate = device.gate();
        let chosen = ChosenDevice { device: Box::new(device), name: "simulated", reason: String::new() };
        let Opened { wal, recovery } = Wal::open_on(
            self.place(),
            self.options,
            Some(chosen),
            &mut SimRng::new(42),
            resume,
            &mut |record| {
                replayed.push((record.index.0, record.payload.to_vec()));
                Ok(())
            },
            &mut |_| {},
        )?;
        Ok(Open { wal, replayed, recovery, gate })
    }

    pub(crate) fn open(&self) -> Open {
        self.try_open(Resume::EVERYTHING).expect("open the log")
    }

    pub(crate) fn open_error(&self) -> OpenError {
        self.try_open(Resume::EVERYTHING).map(|open| open.recovery).expect_err("the log must be refused")
    }
}

/// A payload that says its index and has this many bytes (at least 8).
pub(crate) fn payload(index: u64, bytes: usize) -> Vec<u8> {
    let mut payload = index.to_le_bytes().to_vec();
    payload.extend((8..bytes).map(|at| (index as usize * 31 + at) as u8));
    payload
}

impl Open {
    /// Appends the next record.
    pub(crate) fn append(&mut self, bytes: usize) -> u64 {
        self.try_append(bytes).expect("append")
    }

    /// Appends the next record, or says why it is refused.
    pub(crate) fn try_append(&mut self, bytes: usize) -> Result<u64, WalError> {
        let index = self.wal.next_index();
        let payload = payload(index.0, bytes);
        self.wal.append(Record { kind: 1, group: 2, index, payload: &payload }).map(|()| index.0)
    }

    /// Commits records of this size until the disk is full. Answers how many.
    pub(crate) fn commit_until_full(&mut self, bytes: usize) -> u64 {
        for count in 0..1000 {
            match self.try_append(bytes) {
                Ok(_) => self.wal.flush().map(drop).expect("flush"),
                Err(WalError::Full(_)) => return count,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the disk is never full");
    }

    /// Appends records of these sizes, each as a group of its own, and waits until they are durable.
    pub(crate) fn commit(&mut self, sizes: &[usize]) {
        for &bytes in sizes {
            self.append(bytes);
            self.wal.flush().expect("flush");
        }
    }

    /// Holds what was replayed against what was once appended: indexes without gaps from `first` on, payloads intact.
    pub(crate) fn assert_replayed(&self, first: u64, last: u64) {
        let indexes: Vec<u64> = self.replayed.iter().map(|(index, _)| *index).collect();
        assert_eq!(indexes, (first..=last).collect::<Vec<_>>());
        for (index, found) in &self.replayed {
            assert_eq!(*found, payload(*index, found.len()));
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.wal.durable().0
    }
}

/// A resume point.
pub(crate) fn resume(from: u64, floor: u64) -> Resume {
    Resume { from: LogIndex(from), floor: LogIndex(floor) }
}
