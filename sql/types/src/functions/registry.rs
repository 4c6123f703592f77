//! All functions, found by name and by OID.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::kernel::Function;

struct Registry {
    by_name: FxHashMap<&'static str, Vec<&'static Function>>,
    by_oid: FxHashMap<u32, &'static Function>,
}

pub(super) fn families() -> impl Iterator<Item = &'static [Function]> {
    let single = [
        crate::casts::FUNCTIONS,
        super::bool::FUNCTIONS,
        super::int::FUNCTIONS,
        super::misc::FUNCTIONS,
        super::numeric::FUNCTIONS,
        super::series::FUNCTIONS,
        super::template::FUNCTIONS,
        super::window::FUNCTIONS,
    ];
    let grouped = [
        super::comparison::FUNCTIONS,
        super::float::FUNCTIONS,
        super::text::FUNCTIONS,
        super::pattern::FUNCTIONS,
        super::array::FUNCTIONS,
        super::host::FUNCTIONS,
        super::json::FUNCTIONS,
        super::moment::FUNCTIONS,
    ];
    single.into_iter().chain(grouped.into_iter().flatten().copied())
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut by_name = FxHashMap::<_, Vec<_>>::default();
        let mut by_oid = FxHashMap::default();
        for function in families().flatten() {
            by_name.entry(function.name).or_default().push(function);
            by_oid.insert(function.oid, function);
        }
        Registry { by_name, by_oid }
    })
}

/// Every function, in no particular order; what `pg_proc` shows.
pub fn all() -> impl Iterator<Item = &'static Function> {
    registry().by_oid.values().copied()
}

/// The overloads of `name` (lower case, without schema).
pub fn by_name(name: &str) -> &'static [&'static Function] {
    registry().by_name.get(name).map_or(&[], Vec::as_slice)
}

/// Is this a function of PostgreSQL 15 that Cairn does not have? Such a name answers 0A000 instead of 42883.
pub fn is_unsupported(name: &str) -> bool {
    // Sorted, one name a line.
    static NAMES: OnceLock<Vec<&str>> = OnceLock::new();
    NAMES.get_or_init(|| include_str!("unsupported.txt").lines().collect()).binary_search(&name).is_ok()
}

/// The function with this `pg_proc.oid`.
pub fn by_oid(oid: u32) -> Option<&'static Function> {
    registry().by_oid.get(&oid).copied()
}

#[cfg(test)]
mod tests {
    use super::{all, is_unsupported};

    #[test]
    fn what_is_there_is_supported() {
        let wrong: Vec<_> = all().map(|function| function.name).filter(|name| is_unsupported(name)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(is_unsupported("to_tsvector") && is_unsupported("xpath_exists") && !is_unsupported("nosuch"));
    }
}
