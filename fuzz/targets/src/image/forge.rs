//! Images with right checksums and wrong contents, in the grids of `docs/formats/image.md`.

use std::path::Path;

use arbitrary::{Result, Unstructured};
use cairn_base::frame::{self, FrameSeed};
use cairn_base::seam::sim::SimDisk;

use super::{DIR, SPACES, open, read, space};

const INDEX: u64 = 100;
const BLOCK: u8 = 1;
const FOOTER: u8 = 2;
const WINDOW: u8 = 3;
const WINDOW_BYTES: usize = 256 << 10;
/// Where a window may begin.
const PAGE_BYTES: usize = 4096;
const SNAPSHOT: u64 = 1000;
/// More decompressed bytes than that no block of this target has. Larger ones are possible (one row of 1 GiB) and cost the
/// memory that they say, so a fuzzer must not say so.
const RAW_BYTES_MAX: u32 = 1 << 20;

/// A block where it stands, as the footer should tell.
struct Place {
    kind: u8,
    space: u32,
    offset: u64,
    frame_bytes: u64,
    rows: u32,
    first_key: Vec<u8>,
}

/// One image of nonsense.
pub(super) fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let version = input.int_in_range(1..=2)?;
    let mut image = preamble(version);
    let seed = FrameSeed::of(&image[..40]);
    let mut places = Vec::new();
    for _ in 0..input.int_in_range(0..=4)? {
        let is_window = version == 2 && input.arbitrary()?;
        places.push(if is_window { window(input, seed, &mut image)? } else { block(input, seed, &mut image)? });
    }
    let footer_at = image.len() as u64;
    frame::encode(seed, FOOTER, &[&footer(input, version, &places)?], &mut image);
    let trailer = image.len();
    image.extend(footer_at.to_le_bytes());
    let crc = crc32c::crc32c_append(seed.0, &image[trailer..]);
    image.extend(crc.to_le_bytes());
    image.extend(b"CIMG");
    raw(&image)
}

/// An image of any bytes: the seeds are real ones.
pub(super) fn raw(image: &[u8]) -> Result<()> {
    let disk = SimDisk::new();
    // Under the name that it says itself: another one is refused at once.
    let index = image.get(16..24).and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes);
    disk.put(&Path::new(DIR).join(format!("{index:020}.image")), image);
    if let Ok(engine) = open(&disk) {
        read(&engine);
    }
    Ok(())
}

fn preamble(version: u32) -> Vec<u8> {
    let mut bytes = b"CAIRNIMG".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    for number in [INDEX, SNAPSHOT, SNAPSHOT] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes.extend([0; 4]);
    bytes
}

fn block(input: &mut Unstructured<'_>, seed: FrameSeed, image: &mut Vec<u8>) -> Result<Place> {
    let mut raw = Vec::new();
    let rows = input.int_in_range(0..=4)?;
    let mut first_key = None;
    for _ in 0..rows {
        let key = text(input, &mut raw)?;
        text(input, &mut raw)?;
        first_key.get_or_insert(key);
    }
    if input.ratio(1, 8)? {
        raw.extend(input.arbitrary::<[u8; 3]>()?);
    }
    let space = space(input.int_in_range(0..=SPACES - 1)?).0;
    let raw_bytes = wrong_now_and_then(input, raw.len() as u32)?.min(RAW_BYTES_MAX);
    let mut compressed = zstd::bulk::compress(&raw, 1).expect("a few bytes compress");
    if input.ratio(1, 8)? {
        let at = input.choose_index(compressed.len())?;
        compressed[at] ^= input.arbitrary::<u8>()?;
    }
    let said_rows = wrong_now_and_then(input, rows)?;
    let head = [space, said_rows, raw_bytes].map(u32::to_le_bytes).concat();
    let offset = image.len() as u64;
    frame::encode(seed, BLOCK, &[&head, &compressed], image);
    let frame_bytes = image.len() as u64 - offset;
    Ok(Place { kind: BLOCK, space, offset, frame_bytes, rows: said_rows, first_key: first_key.unwrap_or_default() })
}

/// A window of few rows, behind zeros as it should be.
fn window(input: &mut Unstructured<'_>, seed: FrameSeed, image: &mut Vec<u8>) -> Result<Place> {
    if !input.ratio(1, 16)? {
        image.resize(image.len().next_multiple_of(PAGE_BYTES), 0);
    }
    let rows = input.int_in_range(0..=4)?;
    let mut versions = Vec::new();
    let mut first_key = None;
    for _ in 0..rows {
        let (key_len, row_len) = (input.int_in_range(0..=9)?, input.int_in_range(0..=9)?);
        let (key, row) = (input.bytes(key_len)?.to_vec(), input.bytes(row_len)?.to_vec());
        let older = u64::from(wrong_now_and_then(input, 0)?);
        versions.extend(older.to_le_bytes());
        versions.extend((u64::from(wrong_now_and_then(input, SNAPSHOT as u32)?)).to_le_bytes());
        versions.extend(wrong_now_and_then(input, key.len() as u32 | 1 << 31)?.to_le_bytes());
        versions.extend(wrong_now_and_then(input, row.len() as u32)?.to_le_bytes());
        versions.extend(&key);
        versions.extend(&row);
        versions.resize(versions.len().next_multiple_of(8), 0);
        first_key.get_or_insert(key);
    }
    let space = space(input.int_in_range(0..=SPACES - 1)?).0;
    let said_rows = wrong_now_and_then(input, rows)?;
    let mut payload = [space, said_rows].map(u32::to_le_bytes).concat();
    payload.extend(versions);
    payload.resize(WINDOW_BYTES - frame::FRAME_HEADER_BYTES, 0);
    if input.ratio(1, 16)? {
        payload.truncate(input.choose_index(payload.len())?);
    }
    let offset = image.len() as u64;
    frame::encode(seed, if input.ratio(1, 16)? { BLOCK } else { WINDOW }, &[&payload], image);
    let frame_bytes = image.len() as u64 - offset;
    Ok(Place { kind: WINDOW, space, offset, frame_bytes, rows: said_rows, first_key: first_key.unwrap_or_default() })
}

/// A short text behind its length; the length may lie.
fn text(input: &mut Unstructured<'_>, out: &mut Vec<u8>) -> Result<Vec<u8>> {
    let length = input.int_in_range(0..=6)?;
    let text = input.bytes(length)?.to_vec();
    out.extend(wrong_now_and_then(input, length as u32)?.to_le_bytes());
    out.extend(&text);
    Ok(text)
}

fn wrong_now_and_then(input: &mut Unstructured<'_>, number: u32) -> Result<u32> {
    if input.ratio(1, 16)? { input.arbitrary() } else { Ok(number) }
}

/// Spaces in the order of the blocks; a block goes to the space before when it belongs there.
fn footer(input: &mut Unstructured<'_>, version: u32, places: &[Place]) -> Result<Vec<u8>> {
    let mut spaces: Vec<&[Place]> = places.chunk_by(|a, b| a.space == b.space).collect();
    if input.ratio(1, 8)? {
        spaces.sort_by_key(|blocks| blocks[0].space);
    }
    let mut out = wrong_now_and_then(input, spaces.len() as u32)?.to_le_bytes().to_vec();
    for blocks in spaces {
        out.extend(wrong_now_and_then(input, blocks[0].space)?.to_le_bytes());
        let settings = input.int_in_range(0..=1_u32)?;
        out.extend(settings.to_le_bytes());
        for _ in 0..2 * settings {
            text(input, &mut out)?;
        }
        let rows: u64 = blocks.iter().map(|block| u64::from(block.rows)).sum();
        out.extend(rows.to_le_bytes());
        out.extend(wrong_now_and_then(input, blocks.len() as u32)?.to_le_bytes());
        for block in blocks {
            out.extend(block.offset.to_le_bytes());
            out.extend(block.frame_bytes.to_le_bytes());
            if version == 2 {
                out.push(block.kind);
            }
            out.extend(block.rows.to_le_bytes());
            out.extend((block.first_key.len() as u32).to_le_bytes());
            out.extend(&block.first_key);
        }
    }
    Ok(out)
}
