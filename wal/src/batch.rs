//! One group of records as one frame.
//!
//! ```text
//!  frame header   first      durable    count     records ...
//! +--------------+----------+----------+---------+--------------------------------------------+
//! | base::frame  | u64      | u64      | u32     | { length u32, group u16, kind u8, payload }|
//! +--------------+----------+----------+---------+--------------------------------------------+
//! ```
//! `first` is the first record's index, the others follow it. `durable` is the highest index that had been synced when
//! this batch was handed to the device: it is how recovery knows that damage before it is no torn tail.

use cairn_base::LogIndex;

use crate::Record;

/// Frame kind of a batch.
pub(crate) const FRAME_KIND_BATCH: u8 = 1;
/// Bytes before the first record.
pub(crate) const BATCH_HEADER_BYTES: usize = 20;
/// Bytes before a record's payload.
pub(crate) const RECORD_HEADER_BYTES: usize = 7;

/// The head of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BatchHeader {
    pub(crate) first: LogIndex,
    pub(crate) durable: LogIndex,
    pub(crate) count: u32,
}

impl BatchHeader {
    pub(crate) fn encode(&self) -> [u8; BATCH_HEADER_BYTES] {
        let mut bytes = [0; BATCH_HEADER_BYTES];
        bytes[..8].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.durable.0.to_le_bytes());
        bytes[16..].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }
}

/// Appends a record to the records of a batch.
pub(crate) fn encode_record(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&(record.payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&record.group.to_le_bytes());
    out.push(record.kind);
    out.extend_from_slice(record.payload);
}

/// A batch whose lengths add up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) header: BatchHeader,
    records: &'a [u8],
}

impl<'a> Batch<'a> {
    /// Reads a frame's payload; `None` when it is not exactly one batch.
    pub(crate) fn parse(payload: &'a [u8]) -> Option<Self> {
        let (first, rest) = payload.split_first_chunk()?;
        let (durable, rest) = rest.split_first_chunk()?;
        let (count, records) = rest.split_first_chunk()?;
        let header = BatchHeader {
            first: LogIndex(u64::from_le_bytes(*first)),
            durable: LogIndex(u64::from_le_bytes(*durable)),
            count: u32::from_le_bytes(*count),
        };
        let mut rest = records;
        for _ in 0..header.count {
            (_, rest) = split_record(rest)?;
        }
        let indexes_fit = header.first.0.checked_add(u64::from(header.count)).is_some();
        (rest.is_empty() && header.count > 0 && indexes_fit).then_some(Self { header, records })
    }

    /// Index of the last record.
    pub(crate) fn last(&self) -> LogIndex {
        LogIndex(self.header.first.0 + u64::from(self.header.count) - 1)
    }

    /// The records in order.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut rest = self.records;
        let mut index = self.header.first;
        std::iter::from_fn(move || {
            let (mut record, after) = split_record(rest)?;
            record.index = index;
            (rest, index) = (after, index.next());
            Some(record)
        })
    }
}

/// Takes one record, its index not filled in yet, off the front.
fn split_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (group, rest) = rest.split_first_chunk()?;
    let (&kind, rest) = rest.split_first()?;
    let (payload, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((Record { kind, group: u16::from_le_bytes(*group), index: LogIndex::ZERO, payload }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(payloads: &[&[u8]]) -> Vec<u8> {
        let header = BatchHeader { first: LogIndex(7), durable: LogIndex(5), count: payloads.len() as u32 };
        let mut bytes = header.encode().to_vec();
        for (index, payload) in (7..).zip(payloads) {
            encode_record(&Record { kind: 9, group: 258, index: LogIndex(index), payload }, &mut bytes);
        }
        bytes
    }

    #[test]
    fn records_come_back_with_their_indexes() {
        let bytes = batch(&[b"a", b"", b"ccc"]);
        let batch = Batch::parse(&bytes).expect("a batch");
        assert_eq!((batch.header.durable, batch.last()), (LogIndex(5), LogIndex(9)));
        let found: Vec<_> = batch.records().map(|r| (r.index.0, r.group, r.kind, r.payload)).collect();
        assert_eq!(found, [(7, 258, 9, &b"a"[..]), (8, 258, 9, b""), (9, 258, 9, b"ccc")]);
    }

    #[test]
    fn lengths_that_do_not_add_up_are_no_batch() {
        let bytes = batch(&[b"a", b"bb"]);
        for cut in 0..bytes.len() {
            assert!(Batch::parse(&bytes[..cut]).is_none(), "{cut}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Batch::parse(&longer).is_none());
        assert!(Batch::parse(&batch(&[])).is_none(), "an empty batch is never written");
        let mut overflowing = bytes;
        overflowing[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Batch::parse(&overflowing).is_none());
    }
}
