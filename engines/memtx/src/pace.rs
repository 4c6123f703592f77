//! Is somebody reading the past?

use std::collections::VecDeque;

use cairn_engine_api::Timestamp;

/// A watermark that is so many batches behind belongs to a snapshot that stays: a report, a backup, a checkpoint.
const BATCHES: usize = 64;

/// When the last batches were committed.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: VecDeque<Timestamp>,
}

impl Pace {
    /// A batch has been applied.
    pub(crate) fn applied(&mut self, at: Timestamp) {
        if self.last.len() == BATCHES {
            self.last.pop_front();
        }
        self.last.push_back(at);
    }

    /// Is the watermark held back by a snapshot that is older than the last [`BATCHES`] batches?
    #[inline]
    pub(crate) fn has_old_snapshot(&self, watermark: Timestamp) -> bool {
        self.last.len() == BATCHES && self.last.front().is_some_and(|oldest| watermark < *oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_old_after_many_batches() {
        let mut pace = Pace::default();
        for n in 10..10 + BATCHES as u64 {
            assert!(!pace.has_old_snapshot(Timestamp(9)));
            pace.applied(Timestamp(n));
        }
        assert!(pace.has_old_snapshot(Timestamp(9)) && !pace.has_old_snapshot(Timestamp(10)));
        pace.applied(Timestamp(1000));
        assert!(pace.has_old_snapshot(Timestamp(10)));
    }
}
