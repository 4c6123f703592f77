//! Who holds one lock: few as a vector, many (a table lock under a thousand sessions) as a map.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::mode::{LockMode, TxnId};

/// From here on a map is faster.
const FEW: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Holders {
    few: SmallVec<[(TxnId, LockMode); 2]>,
    many: Option<Box<FxHashMap<TxnId, LockMode>>>,
    /// Holders per mode.
    counts: [u32; 4],
}

impl Holders {
    pub(super) fn is_empty(&self) -> bool {
        self.counts == [0; 4]
    }

    pub(super) fn mode_of(&self, txn: TxnId) -> Option<LockMode> {
        match &self.many {
            Some(map) => map.get(&txn).copied(),
            None => self.few.iter().find(|(holder, _)| *holder == txn).map(|(_, mode)| *mode),
        }
    }

    /// Sets what `txn` holds; `None` takes it out.
    pub(super) fn set(&mut self, txn: TxnId, mode: Option<LockMode>) {
        let before = match &mut self.many {
            Some(map) => match mode {
                Some(mode) => map.insert(txn, mode),
                None => map.remove(&txn),
            },
            None => self.set_few(txn, mode),
        };
        if let Some(before) = before {
            self.counts[before as usize] -= 1;
        }
        if let Some(mode) = mode {
            self.counts[mode as usize] += 1;
        }
        self.grow();
    }

    /// Does anybody but `txn`, which holds `own`, stand in the way of `wanted`?
    pub(super) fn block(&self, wanted: LockMode, own: Option<LockMode>) -> bool {
        let conflicting = LockMode::ALL.into_iter().filter(|mode| mode.conflicts(wanted));
        let count: u32 = conflicting.map(|mode| self.counts[mode as usize]).sum();
        count > u32::from(own.is_some_and(|own| own.conflicts(wanted)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TxnId, LockMode)> {
        let many = self.many.iter().flat_map(|map| map.iter()).map(|(txn, mode)| (*txn, *mode));
        self.few.iter().copied().chain(many)
    }

    fn set_few(&mut self, txn: TxnId, mode: Option<LockMode>) -> Option<LockMode> {
        let found = self.few.iter().position(|(holder, _)| *holder == txn);
        match (found, mode) {
            (Some(slot), Some(mode)) => Some(std::mem::replace(&mut self.few[slot].1, mode)),
            (Some(slot), None) => Some(self.few.swap_remove(slot).1),
            (None, Some(mode)) => {
                self.few.push((txn, mode));
                None
            }
            (None, None) => None,
        }
    }

    fn grow(&mut self) {
        if self.many.is_none() && self.few.len() > FEW {
            self.many = Some(Box::new(self.few.drain(..).collect()));
        }
    }
}
