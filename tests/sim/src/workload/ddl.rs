//! Spaces come and go during load, under the locks that SQL takes: a statement holds its table's weakest lock, DDL the
//! strongest one.

use cairn_base::{EngineCode, SpaceId};
use cairn_memtx::MEMTX_CODE;
use cairn_txn::{Direction, LockMode, Wait};

use super::{any_level, end, number, space};
use crate::chance::{Chance, Rng};
use crate::engine::SLOW_CODE;
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop, Tx};

const TABLES: u64 = 4;
/// Which space each table has.
const CATALOG: SpaceId = space(MEMTX_CODE, 6);
/// Numbers of spaces that tables get begin here.
const FIRST: u64 = 100;

fn key(table: u64) -> Vec<u8> {
    format!("table{table}").into_bytes()
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let table = client.rng.below(TABLES);
    match client.rng.below(10) {
        0..3 => change(client, table).await,
        3..5 => read(client, table).await,
        _ => write(client, table).await,
    }
}

/// The space of a table, newest catalog; the caller has locked the table.
async fn space_of(tx: &mut Tx<'_>, table: u64) -> Result<Option<SpaceId>, Stop> {
    let row = tx.get_locked(CATALOG, &key(table)).await?;
    Ok(row.map(|row| SpaceId(number(tx.world(), Some(&row)) as u32)))
}

/// Creates a table that is not there, drops one that is, or replaces it.
async fn change(client: &mut Client, table: u64) -> Result<(), Stop> {
    let engine: EngineCode = client.rng.choose(&[MEMTX_CODE, SLOW_CODE]);
    let fresh = space(engine, (FIRST + client.world.fresh_number()) as u32);
    let (replaces, rolls_back) = (client.rng.percent(40), client.rng.percent(20));
    let mode = any_level(client);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            tx.lock_constraint(CATALOG, &key(table), LockMode::Update).await?;
            let old = space_of(tx, table).await?;
            if let Some(old) = old {
                tx.drop_space(old).await?;
                tx.delete(CATALOG, &key(table)).await?;
            }
            if old.is_none() || replaces {
                tx.create_space(fresh).await?;
                tx.put(CATALOG, &key(table), fresh.0.to_string().as_bytes()).await?;
                tx.put_fresh(fresh, b"first", b"row").await?;
            }
            Ok(!rolls_back)
        })
        .await;
    end(tx, done).await
}

async fn write(client: &mut Client, table: u64) -> Result<(), Stop> {
    let row = format!("row{}", client.rng.below(8)).into_bytes();
    let value = client.world.fresh_number().to_string();
    let deletes = client.rng.percent(25);
    let mode = any_level(client);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            tx.lock_constraint(CATALOG, &key(table), LockMode::KeyShare).await?;
            let Some(space) = space_of(tx, table).await? else { return Ok(false) };
            tx.get(space, b"first").await?;
            tx.lock(space, &row, LockMode::Update, Wait::Wait).await?;
            match deletes {
                true => tx.delete(space, &row).await?,
                false => tx.put(space, &row, value.as_bytes()).await?,
            }
            Ok(true)
        })
        .await;
    end(tx, done).await
}

async fn read(client: &mut Client, table: u64) -> Result<(), Stop> {
    let mode = client.rng.choose(&[Mode::READ_ONLY, Mode::SERIALIZABLE]);
    let direction = client.rng.choose(&[Direction::Forward, Direction::Backward]);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            tx.lock_constraint(CATALOG, &key(table), LockMode::KeyShare).await?;
            if let Some(space) = space_of(tx, table).await? {
                tx.scan(space, &Range::ALL, direction, usize::MAX).await?;
            }
            Ok(true)
        })
        .await;
    end(tx, done).await
}
