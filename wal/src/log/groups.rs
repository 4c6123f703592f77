//! Records that wait for the device, gathered into groups.

use std::collections::VecDeque;

use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};
use cairn_base::limits::FRAME_PAYLOAD_BYTES_MAX;
use cairn_base::{LogIndex, fault};

use crate::batch::{BATCH_HEADER_BYTES, BatchHeader, FRAME_KIND_BATCH, RECORD_HEADER_BYTES, encode_record};
use crate::record::{RECORD_BYTES_MAX, Record};
use crate::segment::SEGMENT_HEADER_BYTES;

/// Buffers up to this capacity are kept to be used again; larger ones were for a rare giant.
const KEPT_BUFFER_BYTES_MAX: usize = 8 << 20;
/// Where a group's frame begins in its buffer: room for a segment header is left before it.
const FRAME_AT: usize = SEGMENT_HEADER_BYTES;
const RECORDS_AT: usize = FRAME_AT + FRAME_HEADER_BYTES + BATCH_HEADER_BYTES;

/// Records of one batch, laid out as they will be written:
///
/// ```text
///  [room for a segment header][frame header][batch header][record][record]...
/// ```
#[derive(Debug)]
pub(super) struct Group {
    buffer: Vec<u8>,
    first: LogIndex,
    count: u32,
}

impl Group {
    fn new(mut buffer: Vec<u8>, first: LogIndex) -> Self {
        buffer.clear();
        buffer.resize(RECORDS_AT, 0);
        Self { buffer, first, count: 0 }
    }

    pub(super) fn first(&self) -> LogIndex {
        self.first
    }

    pub(super) fn last(&self) -> LogIndex {
        LogIndex(self.first.0 + u64::from(self.count) - 1)
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of the records' payloads.
    pub(super) fn payload_bytes(&self) -> usize {
        self.records_bytes() - self.count as usize * RECORD_HEADER_BYTES
    }

    /// Bytes of the whole frame.
    pub(super) fn frame_bytes(&self) -> usize {
        self.buffer.len() - FRAME_AT
    }

    fn records_bytes(&self) -> usize {
        self.buffer.len() - RECORDS_AT
    }

    /// Completes the frame. The buffer, and where in it the bytes to write begin.
    pub(super) fn seal(
        mut self,
        seed: FrameSeed,
        durable: LogIndex,
        segment_header: Option<[u8; SEGMENT_HEADER_BYTES]>,
    ) -> (Vec<u8>, usize) {
        let header = BatchHeader { first: self.first, durable, count: self.count };
        self.buffer[FRAME_AT + FRAME_HEADER_BYTES..RECORDS_AT].copy_from_slice(&header.encode());
        frame::finish(seed, FRAME_KIND_BATCH, FRAME_AT, &mut self.buffer);
        match segment_header {
            Some(header) => {
                self.buffer[..SEGMENT_HEADER_BYTES].copy_from_slice(&header);
                (self.buffer, 0)
            }
            None => (self.buffer, FRAME_AT),
        }
    }
}

// A group takes one more record only while it is below its limit, so its frame holds at most that and one record.
const GROUP_BYTES_LIMIT: usize = FRAME_PAYLOAD_BYTES_MAX - BATCH_HEADER_BYTES - RECORD_HEADER_BYTES - RECORD_BYTES_MAX;

/// The open group, and closed ones before it when more has come than one group takes.
#[derive(Debug)]
pub(super) struct Groups {
    waiting: VecDeque<Group>,
    waiting_bytes: usize,
    group_bytes_max: usize,
    spare_buffers: Vec<Vec<u8>>,
}

impl Groups {
    pub(super) fn new(group_bytes_max: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            group_bytes_max: group_bytes_max.min(GROUP_BYTES_LIMIT),
            spare_buffers: Vec::new(),
        }
    }

    /// Adds a record to the open group. Indexes follow each other: the caller has checked.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let full = |group: &Group| group.records_bytes() >= self.group_bytes_max || group.count == u32::MAX;
        if self.waiting.back().is_none_or(full) {
            self.waiting.push_back(Group::new(self.spare_buffers.pop().unwrap_or_default(), record.index));
        }
        let open = self.waiting.back_mut().expect("a group was pushed if there was none");
        encode_record(record, &mut open.buffer);
        open.count += 1;
        self.waiting_bytes += RECORD_HEADER_BYTES + record.payload.len();
    }

    /// Bytes of the frames of all that waits and of `record`, which would come next; possibly one frame's overhead more.
    pub(super) fn frame_bytes_with(&self, record: &Record<'_>) -> usize {
        let overhead = FRAME_HEADER_BYTES + BATCH_HEADER_BYTES;
        (self.waiting.len() + 1) * overhead + self.waiting_bytes + RECORD_HEADER_BYTES + record.payload.len()
    }

    /// The oldest group; what comes later goes to the next one.
    pub(super) fn take(&mut self) -> Option<Group> {
        let group = if fault!(GroupsOutOfOrder) { self.waiting.pop_back()? } else { self.waiting.pop_front()? };
        self.waiting_bytes -= group.records_bytes();
        Some(group)
    }

    /// Bytes that wait to be submitted.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Gives a written group's buffer back.
    pub(super) fn recycle(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT_BUFFER_BYTES_MAX && self.spare_buffers.len() < 2 {
            self.spare_buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;

    fn push(groups: &mut Groups, index: u64, payload: &[u8]) {
        groups.push(&Record { kind: 1, group: 0, index: LogIndex(index), payload });
    }

    #[test]
    fn what_comes_before_take_is_one_batch() {
        let mut groups = Groups::new(1000);
        push(&mut groups, 5, b"a");
        push(&mut groups, 6, b"bb");
        assert_eq!(groups.waiting_bytes(), 3 + 2 * RECORD_HEADER_BYTES);
        let group = groups.take().expect("a group");
        assert_eq!((group.first(), group.last(), group.payload_bytes()), (LogIndex(5), LogIndex(6), 3));
        assert_eq!((groups.waiting_bytes(), groups.take().is_none()), (0, true));
        let frame_bytes = group.frame_bytes();
        let (buffer, skip) = group.seal(FrameSeed(1), LogIndex(4), None);
        assert_eq!(buffer.len() - skip, frame_bytes);
        let frame = frame::decode(FrameSeed(1), &buffer[skip..]).expect("a frame");
        let batch = Batch::parse(frame.payload).expect("a batch");
        assert_eq!((batch.header.durable, batch.header.count), (LogIndex(4), 2));
    }

    #[test]
    fn a_full_group_is_closed_and_buffers_are_used_again() {
        let mut groups = Groups::new(10);
        (1..=4).for_each(|index| push(&mut groups, index, &[0; 5]));
        let sizes: Vec<_> = std::iter::from_fn(|| groups.take()).map(|group| (group.first().0, group.count)).collect();
        assert_eq!(sizes, [(1, 1), (2, 1), (3, 1), (4, 1)]);
        let buffer = Vec::with_capacity(4096);
        let address = buffer.as_ptr();
        groups.recycle(buffer);
        push(&mut groups, 5, b"x");
        let (buffer, _) = groups.take().expect("a group").seal(FrameSeed(0), LogIndex(0), None);
        assert_eq!(buffer.as_ptr(), address);
    }

    #[test]
    fn a_segment_header_goes_right_before_the_frame() {
        let mut groups = Groups::new(10);
        push(&mut groups, 1, b"x");
        let group = groups.take().expect("a group");
        let (buffer, skip) = group.seal(FrameSeed(0), LogIndex(0), Some([7; SEGMENT_HEADER_BYTES]));
        assert_eq!((skip, &buffer[..SEGMENT_HEADER_BYTES]), (0, &[7; SEGMENT_HEADER_BYTES][..]));
    }
}
