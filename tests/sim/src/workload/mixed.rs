//! Anything at any level: reads, scans, writes of all sizes, savepoints, sessions that vanish. Nothing is claimed but what
//! every answer must obey.

use cairn_base::SpaceId;
use cairn_txn::{Direction, LockMode, Wait};

use super::{any_level, both, end};
use crate::chance::{Chance, Rng};
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop, Tx};

const KEYS: u64 = 24;
const SPACES: [SpaceId; 2] = both(7);

#[derive(Clone, Debug)]
enum Step {
    Get(SpaceId, Vec<u8>),
    Scan(SpaceId, Range, Direction, usize),
    Put(SpaceId, Vec<u8>, Vec<u8>),
    Delete(SpaceId, Vec<u8>),
    Lock(SpaceId, Vec<u8>, LockMode, Wait),
    Guarded(SpaceId, Vec<u8>),
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let mode = if client.rng.percent(10) { Mode::READ_ONLY } else { any_level(client) };
    let statements = client.rng.between(1, 3);
    let statements: Vec<Vec<Step>> = (0..statements).map(|_| statement(client, mode)).collect();
    let undone = client.rng.percent(20).then(|| statement(client, mode));
    let vanishes = client.rng.percent(5);
    let mut tx = client.begin(mode).await?;
    let done = perform_all(&mut tx, &statements, undone.as_deref()).await;
    if vanishes {
        // The connection breaks: nobody says how it ends.
        return Ok(());
    }
    end(tx, done.map(|()| true)).await
}

async fn perform_all(tx: &mut Tx<'_>, statements: &[Vec<Step>], undone: Option<&[Step]>) -> Result<(), Stop> {
    for statement in statements {
        tx.statement(async |tx| perform(tx, statement).await).await?;
        if let Some(undone) = undone {
            let savepoint = tx.savepoint().await;
            // It is taken back whether it went well or not.
            let _ = tx.statement(async |tx| perform(tx, undone).await).await;
            tx.rollback_to(&savepoint).await?;
        }
    }
    Ok(())
}

async fn perform(tx: &mut Tx<'_>, statement: &[Step]) -> Result<(), Stop> {
    for step in statement {
        match step {
            Step::Get(space, key) => drop(tx.get(*space, key).await?),
            Step::Scan(space, range, direction, limit) => drop(tx.scan(*space, range, *direction, *limit).await?),
            Step::Put(space, key, row) => tx.lock_and_put(*space, key, row).await?,
            Step::Delete(space, key) => {
                tx.lock(*space, key, LockMode::Update, Wait::Wait).await?;
                tx.delete(*space, key).await?;
            }
            Step::Lock(space, key, mode, wait) => drop(tx.lock(*space, key, *mode, *wait).await?),
            Step::Guarded(space, key) => drop(tx.constraint_get(*space, key).await?),
        }
    }
    Ok(())
}

fn statement(client: &mut Client, mode: Mode) -> Vec<Step> {
    let count = client.rng.between(1, 4);
    (0..count).map(|_| step(client, mode)).collect()
}

fn step(client: &mut Client, mode: Mode) -> Step {
    let space = client.rng.choose(&SPACES);
    let key = key(client);
    let kinds = if mode.access == cairn_txn::Access::ReadOnly { 2 } else { 7 };
    match client.rng.below(kinds) {
        0 => Step::Get(space, key),
        1 => {
            let direction = client.rng.choose(&[Direction::Forward, Direction::Backward]);
            let limit = client.rng.choose(&[1, 3, usize::MAX]);
            Step::Scan(space, range(client), direction, limit)
        }
        2 => Step::Delete(space, key),
        3 => {
            let wait = client.rng.choose(&[Wait::Wait, Wait::NoWait, Wait::SkipLocked]);
            Step::Lock(space, key, client.rng.choose(&LockMode::ALL), wait)
        }
        4 => Step::Guarded(space, key),
        _ => Step::Put(space, key, row(client)),
    }
}

fn key(client: &mut Client) -> Vec<u8> {
    format!("k{:02}", client.rng.below(KEYS)).into_bytes()
}

fn range(client: &mut Client) -> Range {
    if client.rng.percent(30) {
        return Range::ALL;
    }
    let (one, other) = (key(client), key(client));
    Range::closed((&one).min(&other), (&one).max(&other))
}

/// Mostly small, sometimes longer than a sector or a segment.
fn row(client: &mut Client) -> Vec<u8> {
    let bytes = client.rng.choose(&[0, 10, 10, 10, 700, 5_000]);
    let mut row = client.world.fresh_number().to_string().into_bytes();
    row.resize(row.len() + bytes, b'.');
    row
}
