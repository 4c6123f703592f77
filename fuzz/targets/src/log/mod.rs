//! Write-ahead log segments: a log that was written well and damaged since, and segments that somebody else made up.
//!
//! * **Damaged.** Recovery answers a prefix of what was written, never a record of its own making. What a sound witness
//!   vouches for is there, or the log is refused with file and offset and nothing on disk is changed. What was cut stays
//!   cut, and the log goes on behind it.
//! * **Forged.** Right checksums over wrong contents: no panic, and indexes without gaps.

mod forge;
mod grid;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use cairn_base::LogIndex;
use cairn_base::seam::sim::{SimDisk, SimRng};
use cairn_base::seam::{Disk, Rng};
use cairn_wal::{OpenError, Opened, Options, Place, Record, Resume, SEGMENT_BYTES_MIN, Wal};

use crate::damage::injure;

const DIR: &str = "/wal";
/// Where the user of the log keeps the index from which it needs the log, as an engine does. Never damaged.
const KEPT: &str = "/kept";

/// A record that was appended, or came back.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    kind: u8,
    group: u16,
    index: u64,
    payload: Vec<u8>,
}

/// What an open log gave.
struct Found {
    wal: Wal,
    entries: Vec<Entry>,
    last: u64,
    torn: bool,
}

/// A log, and what becomes of it.
///
/// # Panics
/// When recovery invents, loses or changes something.
pub fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    // Bytes that end early choose nothing more: that is no failure.
    let _ = match input.int_in_range(0..=7) {
        Ok(0) => forge::run(&mut input),
        Ok(1) => forge::raw(input.take_rest()),
        _ => damaged(&mut input),
    };
}

fn damaged(input: &mut Unstructured<'_>) -> Result<()> {
    let (disk, other) = (SimDisk::new(), SimDisk::new());
    // The same records in a log with another identity.
    let mut twin = Unstructured::new(input.peek_bytes(input.len()).unwrap_or_default());
    let written = Written { twin: write(&mut twin, &other, 2)?, own: write(input, &disk, 1)? };
    let before = files(&disk);
    let others = files(&other);
    for _ in 0..input.int_in_range(0..=3)? {
        damage_one(input, &disk, &others)?;
    }
    check(&disk, &before, &written);
    Ok(())
}

/// Writes a log of a few groups. The seed gives it its identity.
fn write(input: &mut Unstructured<'_>, disk: &SimDisk, seed: u64) -> Result<Vec<Entry>> {
    let mut rng = SimRng::new(seed);
    let mut wal = open(disk, &mut rng).expect("an empty disk").wal;
    let mut written = Vec::new();
    for _ in 0..input.int_in_range(1..=8)? {
        for _ in 0..input.int_in_range(1..=4)? {
            let entry = entry(input, wal.next_index(), &mut rng)?;
            wal.append(entry.as_record()).expect("a record of a legal size");
            written.push(entry);
        }
        wal.flush().expect("the disk is sound");
    }
    if input.ratio(1, 4)? {
        // Segments go and come back under other numbers.
        let keep = input.int_in_range(1..=written.len() as u64)?;
        disk.put(Path::new(KEPT), &keep.to_le_bytes());
        wal.truncate_before(LogIndex(keep)).expect("the disk is sound");
    }
    Ok(written)
}

fn entry(input: &mut Unstructured<'_>, index: LogIndex, rng: &mut SimRng) -> Result<Entry> {
    let bytes = *input.choose(&[0, 1, 7, 40, 200, 900, 1900, 3900, 5000])?;
    let payload = (0..bytes).map(|_| rng.next_u64() as u8).collect();
    Ok(Entry { kind: input.arbitrary()?, group: input.arbitrary()?, index: index.0, payload })
}

impl Entry {
    fn as_record(&self) -> Record<'_> {
        Record { kind: self.kind, group: self.group, index: LogIndex(self.index), payload: &self.payload }
    }
}

fn open(disk: &SimDisk, rng: &mut dyn Rng) -> std::result::Result<Found, OpenError> {
    let place = Place { disk: Arc::new(disk.clone()), dir: DIR.into() };
    let options = Options { segment_bytes: SEGMENT_BYTES_MIN, ..Options::default() };
    let from = wanted_from(disk);
    let resume = Resume { from: LogIndex(from), floor: LogIndex(from - 1) };
    let mut entries = Vec::new();
    let mut take = |record: Record<'_>| {
        let Record { kind, group, index, payload } = record;
        entries.push(Entry { kind, group, index: index.0, payload: payload.to_vec() });
        Ok(())
    };
    let Opened { wal, recovery } = Wal::open(place, options, rng, resume, &mut take, &mut |_| {})?;
    assert_eq!(recovery.replayed, entries.len() as u64);
    Ok(Found { wal, entries, last: recovery.last.0, torn: recovery.torn.is_some() })
}

/// Index of the first record that the user of the log still needs.
fn wanted_from(disk: &SimDisk) -> u64 {
    disk.read(Path::new(KEPT)).map_or(1, |bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes were put")))
}

/// Every file of the log, by name.
fn files(disk: &SimDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let names = disk.list(Path::new(DIR)).expect("the directory lists");
    let paths = names.into_iter().map(|name| Path::new(DIR).join(name));
    paths.map(|path| (path.clone(), disk.read(&path).expect("a file reads"))).collect()
}

fn damage_one(input: &mut Unstructured<'_>, disk: &SimDisk, others: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let mut files = files(disk);
    let at = input.choose_index(files.len())?;
    let (path, bytes) = &mut files[at];
    if input.ratio(1, 16)? {
        disk.remove(path).expect("it was listed");
        return Ok(());
    }
    let other = &others[input.choose_index(others.len())?].1;
    if injure(input, bytes, other)? {
        disk.put(path, bytes);
    }
    Ok(())
}

/// What was written to a log, and what to the one whose bytes are spliced in.
struct Written {
    own: Vec<Entry>,
    twin: Vec<Entry>,
}

impl Written {
    /// Are these records of one of both logs, from `from` on without a gap? Only of its own, as long as a header says which
    /// log this is: with nothing but the other one's header it is the other one.
    fn has(&self, entries: &[Entry], from: usize, knows_itself: bool) -> bool {
        let wrote = |log: &[Entry]| log.get(from - 1..).is_some_and(|wanted| wanted.starts_with(entries));
        wrote(&self.own) || !knows_itself && wrote(&self.twin)
    }
}

fn check(disk: &SimDisk, before: &[(PathBuf, Vec<u8>)], written: &Written) {
    let damaged = files(disk);
    match open(disk, &mut SimRng::new(3)) {
        Ok(found) => {
            check_found(&found, before, &damaged, written, wanted_from(disk) as usize);
            check_goes_on(disk, found);
        }
        Err(error) => {
            assert!(before != damaged, "refused without any damage: {error}");
            check_refusal(&error, &damaged);
            assert!(damaged == files(disk), "a refused log was changed: {error}");
        }
    }
}

/// `from`: index of the first record that is still needed.
fn check_found(
    found: &Found,
    before: &[(PathBuf, Vec<u8>)],
    damaged: &[(PathBuf, Vec<u8>)],
    written: &Written,
    from: usize,
) {
    let knows_itself = grid::knows_itself(before, damaged);
    assert!(written.has(&found.entries, from, knows_itself), "recovery gave what was not written");
    let vouched = grid::witnesses(before, damaged).filter(|_| knows_itself).max().unwrap_or(0);
    let last = found.last;
    assert!(last >= vouched, "the log ends at {last}, and a sound witness says that {vouched} was durable");
    if before == damaged {
        assert_eq!((found.entries.len(), found.torn), (written.own.len() + 1 - from, false), "nothing was damaged");
    }
}

/// A refusal names a file, and a place in it.
fn check_refusal(error: &OpenError, damaged: &[(PathBuf, Vec<u8>)]) {
    match error {
        OpenError::Corrupt { file, offset, .. } => {
            let bytes = damaged.iter().find(|(path, _)| path == file).map_or(0, |(_, bytes)| bytes.len() as u64);
            assert!(*offset <= bytes, "{error}: the file has {bytes} bytes");
        }
        OpenError::Foreign { .. } | OpenError::Missing { .. } => {}
        other => panic!("damage is answered with {other}"),
    }
}

/// The log takes more, and what was cut does not come back.
fn check_goes_on(disk: &SimDisk, found: Found) {
    let Found { mut wal, mut entries, .. } = found;
    let more = Entry { kind: 9, group: 9, index: wal.next_index().0, payload: b"more".to_vec() };
    wal.append(more.as_record()).expect("a repaired log takes records");
    wal.flush().expect("the disk is sound");
    drop(wal);
    entries.push(more);
    let again = open(disk, &mut SimRng::new(4)).unwrap_or_else(|error| panic!("a repaired log is refused: {error}"));
    assert!(again.entries == entries, "what was cut came back, or what was kept is gone");
    assert!(!again.torn, "a repaired log is torn");
}
