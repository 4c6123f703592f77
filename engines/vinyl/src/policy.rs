//! When is it worth rewriting everything to get rid of garbage? Pure arithmetic, no IO.
//!
//! RocksDB drops superseded versions in every compaction, but a file that nothing is written over is not compacted, and then
//! its garbage stays. A full rewrite removes it and costs as much as all the data. The rule: rewrite when a fifth as many
//! versions as there are rows have been superseded, below the watermark. A load that only inserts supersedes nothing and is
//! never rewritten. The count is an estimate ([`garbage`](crate::garbage)), and compactions may have dropped what it counts; if
//! a rewrite found little, wait twice as long before the next.

use std::collections::VecDeque;

use cairn_engine_api::Timestamp;

/// Marks kept to tell how many of the superseded versions lie below a watermark.
const MARKS_MAX: usize = 256;
/// A rewrite that drops less than one in this many versions was in vain.
const WORTHWHILE: u64 = 10;
/// Versions superseded per row before a rewrite, in sixteenths: first and after success about a fifth, at most 4.
const PATIENCE_MIN: u64 = 3;
const PATIENCE_MAX: u64 = 64;
const SIXTEENTHS: u64 = 16;

/// What has been superseded since the last rewrite, and when the next one is due.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Up to this timestamp, that many versions have been superseded in all; oldest first.
    marks: VecDeque<(Timestamp, u64)>,
    superseded: u64,
    /// Versions between two marks, at least.
    step: u64,
    /// Of those superseded, how many the last rewrite had below its watermark.
    handled: u64,
    /// Versions that the last rewrite left, or that were there at the start.
    kept: u64,
    versions_min: u64,
    patience: u64,
}

impl Policy {
    /// `stored`: the versions that there are.
    pub(crate) fn new(versions_min: u64, stored: u64) -> Self {
        Self {
            marks: VecDeque::new(),
            superseded: 0,
            step: 1,
            handled: 0,
            kept: stored,
            versions_min,
            patience: PATIENCE_MIN,
        }
    }

    /// A batch that superseded so many versions was applied.
    pub(crate) fn superseded(&mut self, at: Timestamp, versions: u64) {
        self.superseded += versions;
        let count = self.marks.len();
        if count >= 2 && self.marks[count - 1].1 - self.marks[count - 2].1 < self.step {
            self.marks[count - 1] = (at, self.superseded);
            return;
        }
        self.marks.push_back((at, self.superseded));
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

    /// Is a rewrite at this watermark worth its cost? `stored`: the versions that there are, asked for when it matters.
    pub(crate) fn is_due(&self, watermark: Timestamp, stored: impl FnOnce() -> u64) -> bool {
        let garbage = self.below(watermark).saturating_sub(self.handled);
        garbage >= self.versions_min && garbage >= self.enough(stored())
    }

    /// So much garbage is worth a rewrite. What has been inserted since the last one makes it dearer.
    fn enough(&self, stored: u64) -> u64 {
        let rows = stored.saturating_sub(self.superseded - self.handled).max(self.kept);
        rows.saturating_mul(self.patience) / SIXTEENTHS
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
        self.kept = after;
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
        let mut policy = Policy::new(10, 0);
        let is_due = |policy: &Policy, watermark| policy.is_due(watermark, || 12);
        policy.superseded(Timestamp(1), 6);
        policy.superseded(Timestamp(2), 6);
        assert!(!is_due(&policy, Timestamp(0)));
        assert!(!is_due(&policy, Timestamp(1)));
        assert!(is_due(&policy, Timestamp(2)));
        policy.begin(Timestamp(2));
        policy.end(12, 12);
        assert!(!is_due(&policy, Timestamp::MAX), "nothing more was superseded");
        policy.superseded(Timestamp(3), 10);
        assert!(!is_due(&policy, Timestamp(2)));
        assert!(is_due(&policy, Timestamp(3)));
    }

    /// The least garbage that makes a rewrite due with so many versions stored.
    fn enough(policy: &Policy, stored: u64) -> u64 {
        policy.enough(stored).max(policy.versions_min)
    }

    #[test]
    fn rewrites_in_vain_become_rare_and_success_brings_them_back() {
        let mut policy = Policy::new(10, 0);
        policy.end(1000, 1000);
        assert_eq!(enough(&policy, 1000), 1000 * 6 / 16);
        for _ in 0..10 {
            policy.end(1001, 1000);
        }
        assert_eq!(enough(&policy, 1000), 4000);
        policy.end(2000, 1000);
        assert_eq!(enough(&policy, 1000), 1000 * 3 / 16);
        policy.end(20, 1);
        assert_eq!(enough(&policy, 1), 10, "never below the minimum");
    }

    #[test]
    fn rows_inserted_since_count_and_garbage_does_not() {
        let mut policy = Policy::new(10, 1600);
        assert_eq!(enough(&policy, 1600), 300, "as many as there were at the start");
        assert_eq!(enough(&policy, 16_000), 3000, "a load that only inserts");
        policy.superseded(Timestamp(1), 2900);
        assert_eq!(enough(&policy, 18_900), 3000, "garbage makes no rewrite dearer");
        assert_eq!(enough(&policy, 16_000), 13_100 * 3 / 16, "compactions dropped it");
        policy.superseded(Timestamp(2), 100);
        assert!(!policy.is_due(Timestamp(1), || 19_000));
        assert!(policy.is_due(Timestamp(2), || 19_000));
    }

    #[test]
    fn marks_are_bounded_and_never_tell_too_much() {
        let mut policy = Policy::new(1, 0);
        for n in 1..=5000 {
            policy.superseded(Timestamp(n), 2);
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
