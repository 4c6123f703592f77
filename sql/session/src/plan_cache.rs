//! Bound and planned statements by their text, shared by all sessions of a core.
//!
//! The key is the text with its literals lifted out (then they arrive as parameters), the types of the parameters, and the
//! settings that change what a text means. An entry of an older catalog is bound again when it is used.

use std::rc::Rc;

use cairn_sql_types::TypeId;
use rustc_hash::FxHashMap;

use crate::prepared::Prepared;

/// Statements kept. When the cache is full the older half goes.
const ENTRIES_MAX: usize = 4096;
/// Longer texts are not kept.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// What a cached statement depends on besides the catalog.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PlanKey {
    pub(crate) text: Rc<str>,
    /// Declared parameter types, 0 where they are inferred.
    pub(crate) types: Vec<TypeId>,
    /// The literals' kinds where they were lifted, one character each.
    pub(crate) literals: Rc<str>,
    /// Fingerprint of `search_path`, default engine, executor and the like.
    pub(crate) settings: u64,
}

#[derive(Debug)]
struct Entry {
    prepared: Rc<Prepared>,
    used: u64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct PlanCache {
    entries: FxHashMap<PlanKey, Entry>,
    clock: u64,
}

impl PlanCache {
    /// The statement for this key, if it was bound to this version of the catalog.
    pub(crate) fn get(&mut self, key: &PlanKey, catalog_version: u64) -> Option<Rc<Prepared>> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        if entry.prepared.catalog_version != catalog_version {
            self.entries.remove(key);
            return None;
        }
        entry.used = self.clock;
        Some(entry.prepared.clone())
    }

    /// Keeps a statement.
    pub(crate) fn insert(&mut self, key: PlanKey, prepared: Rc<Prepared>) {
        if key.text.len() > TEXT_BYTES_MAX {
            return;
        }
        if self.entries.len() >= ENTRIES_MAX {
            self.forget_older_half();
        }
        self.clock += 1;
        self.entries.insert(key, Entry { prepared, used: self.clock });
    }

    fn forget_older_half(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let middle = uses.len() / 2;
        let (_, median, _) = uses.select_nth_unstable(middle);
        let median = *median;
        self.entries.retain(|_, entry| entry.used > median);
    }

    /// DISCARD PLANS
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PlanKey {
        PlanKey { text: text.into(), types: vec![], literals: "".into(), settings: 0 }
    }

    fn prepared(version: u64) -> Rc<Prepared> {
        Rc::new(Prepared::new("".into(), None, version))
    }

    #[test]
    fn an_entry_of_another_catalog_is_forgotten() {
        let mut cache = PlanCache::default();
        cache.insert(key("a"), prepared(1));
        assert!(cache.get(&key("a"), 1).is_some());
        assert!(cache.get(&key("a"), 2).is_none());
        assert!(cache.get(&key("a"), 1).is_none());
    }

    #[test]
    fn a_full_cache_keeps_what_was_used_last() {
        let mut cache = PlanCache::default();
        for number in 0..ENTRIES_MAX {
            cache.insert(key(&number.to_string()), prepared(1));
        }
        assert!(cache.get(&key("0"), 1).is_some());
        cache.insert(key("new"), prepared(1));
        assert!(cache.get(&key("0"), 1).is_some());
        assert!(cache.get(&key("new"), 1).is_some());
        assert!(cache.get(&key("1"), 1).is_none());
        assert!(cache.entries.len() < ENTRIES_MAX);
    }
}
