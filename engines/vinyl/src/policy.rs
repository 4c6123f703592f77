//! When is it worth rewriting everything to get rid of garbage? Pure arithmetic, no IO.
//!
//! RocksDB drops superseded versions in every compaction, but a file that nothing is written over is not compacted, and then
//! its garbage stays. A full rewrite removes it and costs as much as all the data. The rule: rewrite when a fifth as many
//! versions as there are rows have been written (and superseded versions below the watermark may exist); if a rewrite found
//! little garbage (a load that only inserts), wait twice as long before the next.

use std::collections::VecDeque;

use cairn_engine_api::Timestamp;

/// Marks kept to tell how many of the versions written lie below a watermark.
const MARKS_MAX: usize = 256;
/// A rewrite that drops less than one in this many versions was in vain.
const WORTHWHILE: u64 = 10;
/// Versions written per version kept before a rewrite, in sixteenths: first and after success about a fifth, at most 4.
const PATIENCE_MIN: u64 = 3;
const PATIENCE_MAX: u64 = 64;
const SIXTEENTHS: u64 = 16;

/// What has been written since the last rewrite, and when the next one is due.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Up to this timestamp, that many versions have been written in all; oldest first.
    marks: VecDeque<(Timestamp, u64)>,
    written: u64,
    /// Versions between two marks, at least.
    step: u64,
    /// Of those written, how many the last rewrite had below its watermark.
    handled: u64,
    threshold: u64,
    threshold_min: u64,
    patience: u64,
}

impl Policy {
    pub(crate) fn new(threshold_min: u64) -> Self {
        Self {
            marks: VecDeque::new(),
            written: 0,
            step: 1,
            handled: 0,
            threshold: threshold_min,
            threshold_min,
            patience: PATIENCE_MIN,
        }
    }

    /// A batch with this many versions was applied.
    pub(crate) fn wrote(&mut self, at: Timestamp, versions: u64) {
        self.written += versions;
        let count = self.marks.len();
        if count >= 2 && self.marks[count - 1].1 - self.marks[count - 2].1 < self.step {
            self.marks[count - 1] = (at, self.written);
            return;
        }
        self.marks.push_back((at, self.written));
        if count == MARKS_MAX {
            // Every second mark goes, never the newest: what lies below a watermark is then told a little too low.
            self.step *= 2;
            let mut keep = count.is_multiple_of(2);
            self.marks.retain(|_| {
                keep = !keep;
                !keep
            });
        }
    }

    /// Is a rewrite at this watermark worth its cost?
    pub(crate) fn is_due(&self, watermark: Timestamp) -> bool {
        self.below(watermark).saturating_sub(self.handled) >= self.threshold
    }

    /// A rewrite at this watermark begins.
    pub(crate) fn begin(&mut self, watermark: Timestamp) {
        self.handled = self.handled.max(self.below(watermark));
        let old = self.marks.partition_point(|(at, _)| *at <= watermark);
        self.marks.drain(..old.saturating_sub(1));
        self.step = 1;
    }

    /// A rewrite has ended; it found `before` versions and left `after`.
    pub(crate) fn end(&mut self, before: u64, after: u64) {
        let vain = before.saturating_sub(after).saturating_mul(WORTHWHILE) < before;
        self.patience = if vain { (self.patience * 2).min(PATIENCE_MAX) } else { PATIENCE_MIN };
        self.threshold = (after.saturating_mul(self.patience) / SIXTEENTHS).max(self.threshold_min);
    }

    fn below(&self, watermark: Timestamp) -> u64 {
        let old = self.marks.partition_point(|(at, _)| *at <= watermark);
        old.checked_sub(1).map_or(0, |last| self.marks[last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_watermark_counts() {
        let mut policy = Policy::new(10);
        policy.wrote(Timestamp(1), 6);
        policy.wrote(Timestamp(2), 6);
        assert!(!policy.is_due(Timestamp(0)));
        assert!(!policy.is_due(Timestamp(1)));
        assert!(policy.is_due(Timestamp(2)));
        policy.begin(Timestamp(2));
        policy.end(12, 12);
        assert!(!policy.is_due(Timestamp::MAX), "nothing new was written");
        policy.wrote(Timestamp(3), 10);
        assert!(!policy.is_due(Timestamp(2)));
        assert!(policy.is_due(Timestamp(3)));
    }

    #[test]
    fn rewrites_in_vain_become_rare_and_success_brings_them_back() {
        let mut policy = Policy::new(10);
        policy.end(1000, 1000);
        assert_eq!(policy.threshold, 1000 * 6 / 16);
        for _ in 0..10 {
            policy.end(1001, 1000);
        }
        assert_eq!(policy.threshold, 4000);
        policy.end(2000, 1000);
        assert_eq!(policy.threshold, 1000 * 3 / 16);
        policy.end(20, 1);
        assert_eq!(policy.threshold, 10, "never below the minimum");
    }

    #[test]
    fn marks_are_bounded_and_never_tell_too_much() {
        let mut policy = Policy::new(1);
        for n in 1..=5000 {
            policy.wrote(Timestamp(n), 2);
            assert!(policy.marks.len() <= MARKS_MAX);
            assert_eq!(policy.below(Timestamp(n)), n * 2, "the newest mark stays");
        }
        for n in 0..=5000 {
            let told = policy.below(Timestamp(n));
            assert!(told <= n * 2, "{told} below {n}");
            assert!(told + 2 * 5000 / 64 >= n * 2, "{told} below {n}");
        }
    }
}
