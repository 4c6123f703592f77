//! Which crate may import which: the arrows of the design, checked against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may import whom in production code, bottom-up. A crate that is missing here has no right to exist yet.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cairn-base", &[]),
    ("cairn-engine-api", &["cairn-base"]),
    // An engine sees the contract and nothing above it, so an engine is one crate.
    ("cairn-memtx", &["cairn-base", "cairn-engine-api"]),
    ("cairn-vinyl", &["cairn-base", "cairn-engine-api"]),
    ("cairn-redb", &["cairn-engine-api"]),
    ("cairn-engine-testkit", &["cairn-base", "cairn-engine-api"]),
    // txn owns the port to the log and wal does not know it: replication can stand between them.
    ("cairn-txn", &["cairn-base", "cairn-engine-api"]),
    ("cairn-wal", &["cairn-base"]),
    // The assembly that needs no thread, socket or SQL: the server and the simulator run the same one.
    ("cairn-storage", &["cairn-base", "cairn-engine-api", "cairn-txn", "cairn-wal"]),
    // SQL reaches data through txn only, so no query steps around isolation.
    ("cairn-sql-types", &["cairn-base"]),
    ("cairn-sql-catalog", &["cairn-base", "cairn-txn", "cairn-sql-types"]),
    ("cairn-sql-binder", &["cairn-base", "cairn-sql-catalog", "cairn-sql-types"]),
    // Bytes to messages and back, without a session behind them.
    ("cairn-sql-protocol", &["cairn-sql-binder", "cairn-sql-types"]),
    ("cairn-sql-short", &["cairn-base", "cairn-txn", "cairn-sql-binder", "cairn-sql-catalog", "cairn-sql-types"]),
    ("cairn-sql-analytics", &["cairn-base", "cairn-txn", "cairn-sql-binder", "cairn-sql-catalog", "cairn-sql-types"]),
    (
        "cairn-sql-session",
        &[
            "cairn-base",
            "cairn-txn",
            "cairn-sql-analytics",
            "cairn-sql-binder",
            "cairn-sql-catalog",
            "cairn-sql-protocol",
            "cairn-sql-short",
            "cairn-sql-types",
        ],
    ),
    (
        "cairn-sql-wire",
        &["cairn-base", "cairn-sql-binder", "cairn-sql-protocol", "cairn-sql-session", "cairn-sql-types"],
    ),
    // Knows no layer: who reads text from outside is fuzzed alone.
    ("cairn-config", &[]),
    (
        // The only crate that knows concrete types.
        "cairn",
        &[
            "cairn-base",
            "cairn-config",
            "cairn-engine-api",
            "cairn-memtx",
            "cairn-redb",
            "cairn-vinyl",
            "cairn-storage",
            "cairn-txn",
            "cairn-wal",
            "cairn-sql-analytics",
            "cairn-sql-session",
            "cairn-sql-types",
            "cairn-sql-wire",
        ],
    ),
    // Measures from outside and from within: it may know every crate.
    ("cairn-bench-suite", &["*"]),
    // Runs the storage core whole on a simulated disk: everything below SQL, and no engine that needs a real disk.
    (
        "cairn-sim",
        &[
            "cairn-base",
            "cairn-engine-api",
            "cairn-engine-testkit",
            "cairn-memtx",
            "cairn-serial",
            "cairn-storage",
            "cairn-txn",
            "cairn-wal",
        ],
    ),
    // What clients saw, and nothing of what they spoke to.
    ("cairn-serial", &[]),
    // The simulator over a core with deliberate bugs.
    ("cairn-negative", &["cairn-base", "cairn-sim"]),
    // The short executor on a core, for tests and fuzzers.
    (
        "cairn-sql-testkit",
        &[
            "cairn-base",
            "cairn-engine-api",
            "cairn-engine-testkit",
            "cairn-txn",
            "cairn-sql-binder",
            "cairn-sql-catalog",
            "cairn-sql-short",
            "cairn-sql-types",
        ],
    ),
    // Throws bytes at everything that reads bytes, short of DataFusion and RocksDB, whose instrumented builds take too long.
    (
        "cairn-fuzz-targets",
        &[
            "cairn-base",
            "cairn-config",
            "cairn-engine-api",
            "cairn-engine-testkit",
            "cairn-memtx",
            "cairn-wal",
            "cairn-sql-binder",
            "cairn-sql-catalog",
            "cairn-sql-protocol",
            "cairn-sql-short",
            "cairn-sql-testkit",
            "cairn-sql-types",
            "cairn-txn",
        ],
    ),
    // Sees the binary, as a client does.
    ("cairn-tests", &[]),
];

/// Heavy or replaceable dependencies that have one owner each.
const OWNERS: &[(&str, &str)] = &[
    ("datafusion", "cairn-sql-analytics"),
    ("rocksdb", "cairn-vinyl"),
    ("redb", "cairn-redb"),
    ("io-uring", "cairn-wal"),
    ("pgwire", "cairn-sql-wire"),
    ("clap", "cairn"),
];

#[test]
fn every_arrow_is_allowed() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    let members: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(targets) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the list of allowed arrows"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal) {
            let to = dependency.name.as_str();
            if members.contains(to) && !targets.contains(&to) && !targets.contains(&"*") {
                wrong.push(format!("{name} -> {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the design does not draw:\n{}", wrong.join("\n"));
}

#[test]
fn heavy_dependencies_have_one_owner() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    for package in metadata.packages.iter().filter(|package| package.name.as_str() != "cairn-bench-suite") {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal) {
            for (heavy, owner) in OWNERS {
                let theirs = dependency.name == *heavy || dependency.name.starts_with(&format!("{heavy}-"));
                assert!(!theirs || package.name.as_str() == *owner, "{} depends on {}", package.name, dependency.name);
            }
        }
    }
}
