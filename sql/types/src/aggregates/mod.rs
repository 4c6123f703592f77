//! Aggregates: a state per group that takes in rows, merges with other states of its kind, and gives a result.
//!
//! ```text
//!   rows -> update() -> state --+
//!                               +-- merge() -> state -> finish() -> result
//!   rows -> update() -> state --+
//! ```
//!
//! Callers do what every aggregate has in common: FILTER, DISTINCT, ORDER BY (WITHIN GROUP included: rows come in that
//! order), and skipping rows with a NULL argument where [`Aggregate::strict`] says so.
//!
//! Not here: hypothetical-set aggregates (`rank(...) WITHIN GROUP`).

mod collect;
mod count;
mod declare;
mod extreme;
mod json;
mod logic;
mod moments;
mod ordered;
mod regression;
mod single;
mod state;
mod sum;
mod variance;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::kernel::Aggregate;

pub use single::{ANY_FIRST, SINGLE_ROW};

static FAMILIES: &[&[Aggregate]] = &[
    count::AGGREGATES,
    sum::AGGREGATES,
    extreme::AGGREGATES,
    logic::AGGREGATES,
    collect::AGGREGATES,
    json::AGGREGATES,
    variance::AGGREGATES,
    regression::AGGREGATES,
    ordered::AGGREGATES,
];

fn registry() -> &'static FxHashMap<&'static str, Vec<&'static Aggregate>> {
    static REGISTRY: OnceLock<FxHashMap<&'static str, Vec<&'static Aggregate>>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut by_name = FxHashMap::<_, Vec<_>>::default();
        for aggregate in all() {
            by_name.entry(aggregate.name).or_default().push(aggregate);
        }
        by_name
    })
}

/// Every aggregate that SQL can name.
pub fn all() -> impl Iterator<Item = &'static Aggregate> {
    FAMILIES.iter().copied().flatten()
}

/// The overloads of `name` (lower case, without schema).
pub fn by_name(name: &str) -> &'static [&'static Aggregate] {
    registry().get(name).map_or(&[], Vec::as_slice)
}

/// The aggregate with this `pg_proc.oid`.
pub fn by_oid(oid: u32) -> Option<&'static Aggregate> {
    all().find(|aggregate| aggregate.oid == oid)
}
