//! Which snapshots are open. Definitions: a *tracked* snapshot belongs to a transaction that may write, so that the
//! window of recent commits must reach back to it; a *plain* one only holds back the garbage watermark.

use std::collections::VecDeque;

use cairn_base::{LogIndex, Timestamp};

/// What a transaction or statement reads: everything committed up to here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) at: Timestamp,
    /// Log index of the newest commit in it.
    pub(crate) index: LogIndex,
}

/// A multiset of timestamps that are added in rising order and removed in any order. Adding and removing cost no
/// allocation in a steady state; the oldest is at the front.
#[derive(Debug, Default)]
pub(crate) struct ActiveSet {
    open: VecDeque<(Timestamp, u32)>,
}

impl ActiveSet {
    pub(crate) fn add(&mut self, at: Timestamp) {
        // Closed ones at the back would pile up behind one old snapshot.
        while self.open.back().is_some_and(|(newest, count)| *count == 0 && *newest < at) {
            self.open.pop_back();
        }
        match self.open.back_mut() {
            Some((newest, count)) if *newest == at => *count += 1,
            Some((newest, _)) => {
                assert!(*newest < at, "snapshots are opened in rising order");
                self.open.push_back((at, 1));
            }
            None => self.open.push_back((at, 1)),
        }
    }

    pub(crate) fn remove(&mut self, at: Timestamp) {
        let slot = self.open.binary_search_by_key(&at, |(open, _)| *open).expect("only open snapshots are closed");
        self.open[slot].1 -= 1;
        while self.open.front().is_some_and(|(_, count)| *count == 0) {
            self.open.pop_front();
        }
    }

    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.open.front().map(|(at, _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.open.iter().map(|(_, count)| *count as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_follows_removals_in_any_order() {
        let mut set = ActiveSet::default();
        for at in [5, 5, 7, 9] {
            set.add(Timestamp(at));
        }
        set.remove(Timestamp(7));
        assert_eq!(set.oldest(), Some(Timestamp(5)));
        set.remove(Timestamp(5));
        assert_eq!(set.oldest(), Some(Timestamp(5)));
        set.remove(Timestamp(5));
        assert_eq!(set.oldest(), Some(Timestamp(9)));
        set.remove(Timestamp(9));
        assert_eq!((set.oldest(), set.len()), (None, 0));
    }
    #[test]
    fn closed_snapshots_do_not_pile_up_behind_an_old_one() {
        let mut set = ActiveSet::default();
        set.add(Timestamp(1));
        for at in 2..1000 {
            set.add(Timestamp(at));
            set.remove(Timestamp(at));
        }
        assert!(set.open.len() <= 2);
        assert_eq!((set.oldest(), set.len()), (Some(Timestamp(1)), 1));
    }
}
