//! Adapters of ordered indexes in memory.

mod congee;
mod masstree;
mod memtx;
mod scc;
mod skiplist;
mod std_btree;

use cairn_bench_suite::index::{Entry, Index, Work, round};
use cairn_bench_suite::keys::KeyKind;
use cairn_bench_suite::meter::Meter;
use cairn_bench_suite::run::Subject;

/// Everybody, ours first.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        ours("memtx tree", one::<memtx::Tree>),
        ours("memtx engine", one::<memtx::Engine>),
        Entry { takes: KeyKind::is_word, ..peer("congee", "0.4", one::<congee::Congee>) },
        peer("masstree", "0.9", one::<masstree::Masstree>),
        peer("scc TreeIndex", "3", by_width::<scc::Words, scc::Composites, scc::Texts>),
        peer("crossbeam-skiplist", "0.1", by_width::<skiplist::Words, skiplist::Composites, skiplist::Texts>),
        peer("std BTreeMap", "1.95", by_width::<std_btree::Words, std_btree::Composites, std_btree::Texts>),
    ]
}

fn ours(name: &str, round: fn(&Work<'_>, &mut Meter)) -> Entry {
    let subject = Subject { name: name.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), peer: false };
    Entry { subject, takes: |_| true, round }
}

fn peer(name: &str, version: &str, round: fn(&Work<'_>, &mut Meter)) -> Entry {
    let subject = Subject { name: name.to_owned(), version: version.to_owned(), peer: true };
    Entry { subject, takes: |_| true, round }
}

fn one<I: Index + Default>(work: &Work<'_>, meter: &mut Meter) {
    round(I::default, work, meter);
}

/// Typed maps keep keys of one width as arrays: no allocation per key, and comparisons of known length.
fn by_width<Words, Composites, Texts>(work: &Work<'_>, meter: &mut Meter)
where
    Words: Index + Default,
    Composites: Index + Default,
    Texts: Index + Default,
{
    match work.key_width() {
        Some(8) => round(Words::default, work, meter),
        Some(24) => round(Composites::default, work, meter),
        _ => round(Texts::default, work, meter),
    }
}

/// A key as a typed map keeps it.
pub(crate) trait Key: Ord + Clone + Send + Sync + std::borrow::Borrow<[u8]> + 'static {
    /// The key with these bytes.
    fn of(bytes: &[u8]) -> Self;
}

impl<const WIDTH: usize> Key for [u8; WIDTH] {
    fn of(bytes: &[u8]) -> Self {
        bytes.try_into().expect("all keys of this map have its width")
    }
}

impl Key for Box<[u8]> {
    fn of(bytes: &[u8]) -> Self {
        bytes.into()
    }
}
