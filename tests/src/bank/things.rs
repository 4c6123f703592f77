//! Tables, indexes and columns that come and go. Each comes and goes in one transaction with a row of the table `things`.

use std::collections::{BTreeSet, VecDeque};

use rand::Rng;

use super::ledger::Fate;
use super::load::Worker;
use super::{ACCOUNTS, START, WIDE_ROWS};
use crate::{Client, ENGINES, Failure};

/// Things that one client keeps at a time, at most.
const KEPT_MAX: usize = 4;

/// What a thing is; its id tells.
enum Kind {
    Table,
    Index,
    Column,
}

fn kind(id: i64) -> (Kind, &'static str) {
    let kind = [Kind::Table, Kind::Index, Kind::Column].into_iter().nth((id % 3) as usize).expect("one of three");
    (kind, ENGINES[(id / 3 % 2) as usize])
}

fn creation(id: i64) -> String {
    let [memtx, vinyl] = ENGINES;
    match kind(id) {
        (Kind::Table, engine) => format!(
            "create table t_{id} using {engine} as select id, balance from {memtx}_account \
             union all select id + {ACCOUNTS}, balance from {vinyl}_account"
        ),
        (Kind::Index, engine) => format!("create index i_{id} on {engine}_copied (tag, id)"),
        (Kind::Column, engine) => format!("alter table {engine}_wide add column c_{id} bigint default {id}"),
    }
}

fn removal(id: i64) -> String {
    match kind(id) {
        (Kind::Table, _) => format!("drop table t_{id}"),
        (Kind::Index, _) => format!("drop index i_{id}"),
        (Kind::Column, engine) => format!("alter table {engine}_wide drop column c_{id}"),
    }
}

/// The table whose columns come and go.
pub(super) fn create_wide(client: &mut Client, engine: &str) {
    client.ok(&format!("create table {engine}_wide (id int primary key) using {engine}"));
    client.ok(&format!("insert into {engine}_wide select i from generate_series(1, {WIDE_ROWS}) i"));
}

/// Creates and drops until told to stop, or until something else than a conflict is in the way.
pub(super) fn come_and_go(worker: &mut Worker, first: i64) -> Result<(), Failure> {
    let mut kept = VecDeque::new();
    for id in first.. {
        if !worker.goes_on() {
            break;
        }
        worker.set(id, Fate::Creating);
        if worker.transact(&[creation(id), format!("insert into things values ({id})")])? {
            worker.set(id, Fate::There);
            kept.push_back(id);
        }
        if kept.len() >= KEPT_MAX || worker.rng.random_bool(0.3) {
            go(worker, &mut kept)?;
        }
    }
    Ok(())
}

fn go(worker: &mut Worker, kept: &mut VecDeque<i64>) -> Result<(), Failure> {
    let Some(id) = kept.pop_front() else { return Ok(()) };
    worker.set(id, Fate::Dropping);
    let gone = worker.transact(&[removal(id), format!("delete from things where id = {id}")])?;
    let fate = if gone { Fate::Gone } else { Fate::There };
    worker.set(id, fate);
    if !gone {
        kept.push_back(id);
    }
    Ok(())
}

impl Worker {
    fn set(&self, id: i64, fate: Fate) {
        self.note(|ledger| ledger.set(id, fate));
    }
}

/// The things that there are: by their rows, and by the catalog; both must agree. Each must be whole.
pub(super) fn check(client: &mut Client) -> BTreeSet<i64> {
    let noted: BTreeSet<i64> = numbers(client, "select id from things");
    let relations = numbers(
        client,
        "select substr(relname, 3)::bigint from pg_class where relname ~ '^[ti]_[0-9]+$' and relkind in ('r', 'i')",
    );
    let columns = numbers(
        client,
        "select substr(a.attname, 3)::bigint from pg_attribute a join pg_class c on c.oid = a.attrelid \
         where c.relname ~ '_wide$' and a.attname ~ '^c_[0-9]+$' and not a.attisdropped",
    );
    let present = &relations | &columns;
    let half: Vec<_> = noted.symmetric_difference(&present).collect();
    assert!(half.is_empty(), "half transactions with DDL: {half:?}");
    for id in &noted {
        check_one(client, *id);
    }
    noted
}

fn check_one(client: &mut Client, id: i64) {
    match kind(id) {
        (Kind::Table, _) => {
            let sum = client.ok(&format!("select count(*), sum(balance) from t_{id}")).text();
            let accounts = ACCOUNTS * 2;
            assert_eq!(sum, format!("{accounts},{}", i64::from(accounts) * START), "t_{id}");
        }
        (Kind::Index, engine) => {
            let by_index = client.ok(&format!("select id from {engine}_copied where tag >= 0 order by tag, id"));
            let all = client.ok(&format!("select count(*) from {engine}_copied"));
            assert_eq!(by_index.rows.len().to_string(), all.value(), "i_{id}");
        }
        (Kind::Column, engine) => {
            let right = client.ok(&format!("select count(*) from {engine}_wide where c_{id} = {id}"));
            assert_eq!(right.value(), WIDE_ROWS.to_string(), "{engine}_wide.c_{id}");
        }
    }
}

/// Statements that drop all things there are.
pub(super) fn drop_all(client: &mut Client) -> Vec<String> {
    let ids: BTreeSet<i64> = numbers(client, "select id from things");
    ids.into_iter().map(removal).chain(["delete from things".to_owned()]).collect()
}

fn numbers(client: &mut Client, query: &str) -> BTreeSet<i64> {
    let number = |row: &Vec<Option<String>>| row[0].as_deref().and_then(|text| text.parse().ok()).expect("a number");
    client.ok(query).rows.iter().map(number).collect()
}
