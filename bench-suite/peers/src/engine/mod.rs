//! Adapters of key-value stores.

mod fjall;
mod lmdb;

use std::sync::Arc;

use cairn_bench_suite::engine::{EngineStore, Entry, round};
use cairn_bench_suite::run::Subject;
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

/// Everybody, ours first.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            subject: subject("memtx", env!("CARGO_PKG_VERSION"), false),
            round: Box::new(|work, home, meter| {
                let memtx = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
                round(EngineStore::new(Arc::new(memtx), MEMTX_CODE), work, home, meter)
            }),
        },
        Entry {
            subject: subject("fjall", "3", true),
            round: Box::new(|work, home, meter| round(fjall::Fjall::open(home), work, home, meter)),
        },
        Entry {
            subject: subject("LMDB", "0.9 (heed 0.22)", true),
            round: Box::new(|work, home, meter| round(lmdb::Lmdb::open(home), work, home, meter)),
        },
    ]
}

fn subject(name: &str, version: &str, peer: bool) -> Subject {
    Subject { name: name.to_owned(), version: version.to_owned(), peer }
}
