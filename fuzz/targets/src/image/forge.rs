//! Images with right checksums and wrong contents, in the grids of `docs/formats/image.md`.

use std::path::Path;

use arbitrary::{Result, Unstructured};
use cairn_base::frame::{self, FrameSeed};
use cairn_base::seam::sim::SimDisk;

use super::{DIR, SPACES, open, read, space};

const INDEX: u64 = 100;
const BLOCK: u8 = 1;
const FOOTER: u8 = 2;
/// More decompressed bytes than that no block of this target has. Larger ones are possible (one row of 1 GiB) and cost the
/// memory that they say, so a fuzzer must not say so.
const RAW_BYTES_MAX: u32 = 1 << 20;

/// A block where it stands, as the footer should tell.
struct Place {
    space: u32,
    offset: u64,
    frame_bytes: u64,
    rows: u32,
    first_key: Vec<u8>,
}

/// One image of nonsense.
pub(super) fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let mut image = preamble();
    let seed = FrameSeed::of(&image[..40]);
    let mut places = Vec::new();
    for _ in 0..input.int_in_range(0..=4)? {
        places.push(block(input, seed, &mut image)?);
    }
    let footer_at = image.len() as u64;
    frame::encode(seed, FOOTER, &[&footer(input, &places)?], &mut image);
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

fn preamble() -> Vec<u8> {
    let mut bytes = b"CAIRNIMG".to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    for number in [INDEX, 1000, 1000_u64] {
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
    Ok(Place { space, offset, frame_bytes, rows: said_rows, first_key: first_key.unwrap_or_default() })
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
fn footer(input: &mut Unstructured<'_>, places: &[Place]) -> Result<Vec<u8>> {
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
            out.extend(block.rows.to_le_bytes());
            out.extend((block.first_key.len() as u32).to_le_bytes());
            out.extend(&block.first_key);
        }
    }
    Ok(out)
}
