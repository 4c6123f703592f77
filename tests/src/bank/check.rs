//! Holding the tables against the ledger and against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::load::{BATCH, engines};
use super::{ACCOUNTS, Ledger, START, things};
use crate::{Client, ENGINES};

/// More than any id.
const FAR: i64 = 1 << 60;

/// What was found, for the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    /// Transfers that happened.
    pub transfers: usize,
    /// Batches copied.
    pub copies: usize,
    /// Tables, indexes and columns that were there.
    pub things: usize,
}

/// Fails with what is wrong.
pub(super) fn check(client: &mut Client, ledger: &Ledger) -> Checked {
    accounts(client);
    let transfers = transfers(client);
    ledger.transfers.hold("transfers", &transfers);
    let copies = copies(client);
    ledger.copies.hold("batches", &copies);
    let things = things::check(client);
    ledger.hold_things(&things);
    Checked { transfers: transfers.len(), copies: copies.len(), things: things.len() }
}

fn accounts(client: &mut Client) {
    let mut sum = 0;
    for engine in ENGINES {
        let rows = three_ways(client, &format!("{engine}_account"), "balance");
        assert_eq!(rows.len(), ACCOUNTS as usize, "accounts in {engine}");
        sum += rows.values().sum::<i64>();
    }
    assert_eq!(sum, i64::from(ACCOUNTS) * START * 2, "money was made or lost");
}

fn transfers(client: &mut Client) -> BTreeSet<i64> {
    let [memtx, vinyl] = ENGINES.map(|engine| {
        let rows = three_ways(client, &format!("{engine}_done"), "tag");
        assert!(rows.iter().all(|(id, tag)| id % 7 == *tag), "{engine}_done: {rows:?}");
        rows.into_keys().collect::<BTreeSet<_>>()
    });
    let spans = |id: &&i64| engines(**id)[0] != engines(**id)[1];
    let half: Vec<_> = memtx.symmetric_difference(&vinyl).filter(spans).collect();
    assert!(half.is_empty(), "half transfers: {half:?}");
    &memtx | &vinyl
}

fn copies(client: &mut Client) -> BTreeSet<i64> {
    let [memtx, vinyl] = ENGINES.map(|engine| {
        let rows = three_ways(client, &format!("{engine}_copied"), "tag");
        let mut batches = BTreeMap::<i64, i64>::new();
        for (id, batch) in rows {
            assert_eq!(id / BATCH, batch, "{engine}_copied");
            *batches.entry(batch).or_default() += 1;
        }
        let half: Vec<_> = batches.iter().filter(|(_, rows)| **rows != BATCH).collect();
        assert!(half.is_empty(), "half batches in {engine}: {half:?}");
        batches.into_keys().collect::<BTreeSet<_>>()
    });
    assert_eq!(memtx, vinyl, "batches that are in one engine only");
    memtx
}

/// A table's rows by primary key, by the index on `other`, and by a scan of everything; all three must agree.
fn three_ways(client: &mut Client, table: &str, other: &str) -> BTreeMap<i64, i64> {
    let mut rows = |condition: &str| {
        let answer = client.ok(&format!("select id, {other} from {table} {condition}"));
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).expect("a number");
        let mut rows: Vec<(i64, i64)> = answer.rows.iter().map(|row| (number(&row[0]), number(&row[1]))).collect();
        rows.sort_unstable();
        rows
    };
    let all = rows("");
    assert_eq!(rows(&format!("where id between 0 and {FAR}")), all, "{table} by primary key");
    assert_eq!(rows(&format!("where {other} between -{FAR} and {FAR}")), all, "{table} by index");
    let count = all.len();
    let rows: BTreeMap<_, _> = all.into_iter().collect();
    assert_eq!(rows.len(), count, "{table} has a key twice");
    rows
}

/// Empties the tables that grow, in one transaction.
pub(super) fn tidy(client: &mut Client) {
    let statements = things::drop_all(client);
    client.ok("begin");
    for statement in statements {
        client.ok(&statement);
    }
    for engine in ENGINES {
        client.ok(&format!("truncate {engine}_copied"));
        client.ok(&format!("delete from {engine}_done"));
        client.ok(&format!("drop table {engine}_wide"));
        things::create_wide(client, engine);
    }
    client.ok("commit");
}
