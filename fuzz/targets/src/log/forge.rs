//! Segments with right checksums and wrong contents: what a program with a bug, or somebody with a hex editor and too much
//! time, would leave.

use std::path::Path;

use arbitrary::{Result, Unstructured};
use cairn_base::frame::{self, FrameSeed};
use cairn_base::seam::sim::{SimDisk, SimRng};

use super::{DIR, open};

const LOG_ID: u64 = 7;

/// One to three segments of nonsense.
pub(super) fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let disk = SimDisk::new();
    for _ in 0..input.int_in_range(1..=3)? {
        let number = input.int_in_range(1..=4)?;
        let segment = segment(input, number)?;
        disk.put(&Path::new(DIR).join(format!("{number:012}.log")), &segment);
    }
    check(&disk);
    Ok(())
}

/// One segment of any bytes: the seeds are real ones.
pub(super) fn raw(segment: &[u8]) -> Result<()> {
    let disk = SimDisk::new();
    disk.put(&Path::new(DIR).join(format!("{:012}.log", 1)), segment);
    check(&disk);
    Ok(())
}

fn check(disk: &SimDisk) {
    if let Ok(found) = open(disk, &mut SimRng::new(1)) {
        let indexes = found.entries.iter().map(|entry| entry.index);
        assert!(indexes.clone().zip(indexes.skip(1)).all(|(a, b)| a < b), "indexes fall");
    }
}

fn segment(input: &mut Unstructured<'_>, number: u64) -> Result<Vec<u8>> {
    let mut bytes = b"CAIRNLOG".to_vec();
    bytes.extend(input.int_in_range::<u32>(1..=1)?.to_le_bytes());
    bytes.extend(input.int_in_range::<u32>(0..=3)?.to_le_bytes());
    bytes.extend(LOG_ID.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    for _ in 0..3 {
        // First record, the one that it follows, what was durable.
        bytes.extend(index(input)?.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    let identity = [LOG_ID.to_le_bytes(), number.to_le_bytes()].concat();
    for _ in 0..input.int_in_range(0..=4)? {
        let kind = if input.ratio(1, 16)? { input.int_in_range(1..=255)? } else { 1 };
        frame::encode(FrameSeed::of(&identity), kind, &[&batch(input)?], &mut bytes);
    }
    let unused = input.int_in_range(0..=100)?;
    bytes.resize(bytes.len() + unused, 0);
    Ok(bytes)
}

/// Mostly small numbers, so that one segment now and then fits another.
fn index(input: &mut Unstructured<'_>) -> Result<u64> {
    if input.ratio(1, 8)? { input.arbitrary() } else { input.int_in_range(0..=9) }
}

fn batch(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.extend(index(input)?.to_le_bytes());
    bytes.extend(index(input)?.to_le_bytes());
    let records = input.int_in_range(0..=3_u32)?;
    let count = if input.ratio(1, 16)? { input.arbitrary()? } else { records };
    bytes.extend(count.to_le_bytes());
    for _ in 0..records {
        let payload: Vec<u8> = input.arbitrary()?;
        let length = if input.ratio(1, 16)? { input.arbitrary()? } else { payload.len() as u32 };
        bytes.extend(length.to_le_bytes());
        bytes.extend(input.arbitrary::<u16>()?.to_le_bytes());
        bytes.push(input.arbitrary()?);
        bytes.extend(payload);
    }
    Ok(bytes)
}
