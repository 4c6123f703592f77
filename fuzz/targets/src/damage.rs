//! What happens to files that were written well: flipped bits, cuts, stretches overwritten from elsewhere.

use arbitrary::{Result, Unstructured};

/// One injury. Positions beyond the end hurt nothing.
#[derive(Clone, Copy, Debug)]
enum Injury {
    /// Bits of one byte are inverted.
    Flip { at: usize, mask: u8 },
    /// The file ends here.
    Cut { at: usize },
    /// Zeros are appended, or other bytes.
    Grow { bytes: usize, with: u8 },
    /// A stretch holds one byte over and over, as an erased or a never written block does.
    Fill { at: usize, bytes: usize, with: u8 },
    /// A stretch holds what belongs elsewhere in the same file: a misdirected write.
    Move { from: usize, to: usize, bytes: usize },
    /// A stretch holds what another file has in the same place, or in a place of its own: blocks of somebody else.
    Splice { from: usize, to: usize, bytes: usize },
}

/// Injures `file`; `other` is a file of the same kind that pieces may come from. Answers whether a byte changed.
pub(crate) fn injure(input: &mut Unstructured<'_>, file: &mut Vec<u8>, other: &[u8]) -> Result<bool> {
    let before = file.clone();
    for _ in 0..input.int_in_range(1..=3)? {
        let injury = choose(input, file.len(), other.len())?;
        apply(injury, file, other);
    }
    Ok(*file != before)
}

fn choose(input: &mut Unstructured<'_>, bytes: usize, other: usize) -> Result<Injury> {
    let place = |input: &mut Unstructured<'_>, bytes: usize| input.int_in_range(0..=bytes.saturating_sub(1));
    // Sectors and pages are what really goes wrong at once; short stretches hit single fields.
    let length = |input: &mut Unstructured<'_>| Ok([1, 2, 4, 8, 16, 20, 64, 512, 4096, usize::MAX][place(input, 10)?]);
    Ok(match input.int_in_range(0..=7)? {
        0..=2 => Injury::Flip { at: place(input, bytes)?, mask: 1 << input.int_in_range(0..=7)? },
        3 => Injury::Cut { at: place(input, bytes)? },
        4 => Injury::Grow { bytes: input.int_in_range(1..=600)?, with: input.arbitrary()? },
        5 => Injury::Fill { at: place(input, bytes)?, bytes: length(input)?, with: *input.choose(&[0, 0xFF, b'U'])? },
        6 => Injury::Move { from: place(input, bytes)?, to: place(input, bytes)?, bytes: length(input)? },
        _ => {
            let to = place(input, bytes)?;
            let from = if input.arbitrary()? { to } else { place(input, other)? };
            Injury::Splice { from, to, bytes: length(input)? }
        }
    })
}

fn apply(injury: Injury, file: &mut Vec<u8>, other: &[u8]) {
    match injury {
        Injury::Flip { at, mask } => {
            if let Some(byte) = file.get_mut(at) {
                *byte ^= mask;
            }
        }
        Injury::Cut { at } => file.truncate(at),
        Injury::Grow { bytes, with } => file.resize(file.len() + bytes, with),
        Injury::Fill { at, bytes, with } => {
            let end = at.saturating_add(bytes).min(file.len());
            file.get_mut(at..end).into_iter().flatten().for_each(|byte| *byte = with);
        }
        Injury::Move { from, to, bytes } => {
            let piece = piece(file, from, bytes).to_vec();
            overwrite(file, to, &piece);
        }
        Injury::Splice { from, to, bytes } => overwrite(file, to, piece(other, from, bytes)),
    }
}

fn piece(file: &[u8], from: usize, bytes: usize) -> &[u8] {
    let end = from.saturating_add(bytes).min(file.len());
    file.get(from..end).unwrap_or_default()
}

fn overwrite(file: &mut [u8], to: usize, piece: &[u8]) {
    let end = to.saturating_add(piece.len()).min(file.len());
    if let Some(room) = file.get_mut(to..end) {
        room.copy_from_slice(&piece[..room.len()]);
    }
}
