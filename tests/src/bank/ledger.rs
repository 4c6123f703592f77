//! What was begun and what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// All businesses of all clients.
#[derive(Default)]
pub struct Ledger {
    pub(super) transfers: Promises,
    pub(super) copies: Promises,
    pub(super) things: BTreeMap<i64, Fate>,
}

/// Ids of one kind of business.
#[derive(Default)]
pub(super) struct Promises {
    begun: BTreeSet<i64>,
    acknowledged: BTreeSet<i64>,
}

/// How far a thing of the catalog has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Its creation was begun.
    Creating,
    /// Its creation was acknowledged.
    There,
    /// Its end was begun.
    Dropping,
    /// Its end was acknowledged.
    Gone,
}

impl Promises {
    pub(super) fn begin(&mut self, id: i64) {
        self.begun.insert(id);
    }

    pub(super) fn acknowledge(&mut self, id: i64) {
        self.acknowledged.insert(id);
    }

    /// Nothing acknowledged is missing, nothing was invented.
    pub(super) fn hold(&self, what: &str, found: &BTreeSet<i64>) {
        let lost: Vec<_> = self.acknowledged.difference(found).collect();
        assert!(lost.is_empty(), "these acknowledged {what} are lost: {lost:?}");
        let invented: Vec<_> = found.difference(&self.begun).collect();
        assert!(invented.is_empty(), "nobody began these {what}: {invented:?}");
    }
}

impl Ledger {
    /// The same businesses, none of them promised.
    pub(super) fn of_begun(other: &Self) -> Self {
        let begun = |promises: &Promises| Promises { begun: promises.begun.clone(), ..Promises::default() };
        let things = other.things.keys().map(|id| (*id, Fate::Creating)).collect();
        Self { transfers: begun(&other.transfers), copies: begun(&other.copies), things }
    }

    pub(super) fn set(&mut self, id: i64, fate: Fate) {
        self.things.insert(id, fate);
    }

    pub(super) fn acknowledged(&self) -> usize {
        let things = self.things.values().filter(|fate| matches!(fate, Fate::There | Fate::Gone)).count();
        self.transfers.acknowledged.len() + self.copies.acknowledged.len() + things
    }

    /// The same for things of the catalog.
    pub(super) fn hold_things(&self, found: &BTreeSet<i64>) {
        for (id, fate) in &self.things {
            match fate {
                Fate::There => assert!(found.contains(id), "thing {id} was acknowledged and is lost"),
                Fate::Gone => assert!(!found.contains(id), "thing {id} was dropped and is back"),
                Fate::Creating | Fate::Dropping => {}
            }
        }
        let invented: Vec<_> = found.iter().filter(|id| !self.things.contains_key(id)).collect();
        assert!(invented.is_empty(), "nobody created these things: {invented:?}");
    }
}
