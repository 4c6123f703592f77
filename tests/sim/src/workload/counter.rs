//! Counters on hot rows. Every increment also leaves a row of its own, so a counter always equals the number of its rows.

use std::time::Duration;

use cairn_base::SpaceId;
use cairn_txn::{Direction, LockMode, Wait};

use super::{any_level, both, end, number};
use crate::chance::{Chance, Rng};
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop};

const COUNTERS: u64 = 2;
/// The counter lies in one engine, its rows in the other.
const SPACES: [SpaceId; 2] = both(3);

fn key(counter: u64) -> Vec<u8> {
    format!("counter{counter}").into_bytes()
}

fn rows(counter: u64) -> Range {
    Range::closed(format!("row{counter}-").as_bytes(), format!("row{counter}-~").as_bytes())
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let counter = client.rng.below(COUNTERS);
    if client.rng.percent(10) {
        return audit(client, counter).await;
    }
    let mode = any_level(client);
    let wait = client.rng.choose(&[Wait::Wait, Wait::Wait, Wait::NoWait, Wait::SkipLocked]);
    let timeout = client.rng.percent(20).then(|| Duration::from_micros(client.rng.between(1, 2_000)));
    let row = format!("row{counter}-{:08}", client.world.fresh_number());
    let mut tx = client.begin(mode).await?;
    if let Some(timeout) = timeout {
        tx.set_lock_timeout(timeout);
    }
    let done = tx
        .statement(async |tx| {
            if !tx.lock(SPACES[0], &key(counter), LockMode::NoKeyUpdate, wait).await? {
                return Ok(false);
            }
            let value = number(tx.world(), tx.get(SPACES[0], &key(counter)).await?.as_deref());
            tx.put(SPACES[0], &key(counter), (value + 1).to_string().as_bytes()).await?;
            tx.put_fresh(SPACES[1], row.as_bytes(), b"").await?;
            Ok(true)
        })
        .await;
    end(tx, done).await
}

async fn audit(client: &mut Client, counter: u64) -> Result<(), Stop> {
    let mode = client.rng.choose(&[Mode::READ_ONLY, Mode::SERIALIZABLE]);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            let value = number(tx.world(), tx.get(SPACES[0], &key(counter)).await?.as_deref());
            let rows = tx.scan(SPACES[1], &rows(counter), Direction::Forward, usize::MAX).await?;
            if value != rows.len() as i64 {
                let text = format!("t{} sees counter{counter} at {value} with {} rows", tx.number(), rows.len());
                tx.world().violate("counter", text);
            }
            Ok(true)
        })
        .await;
    end(tx, done).await
}

/// The same for all counters.
pub(super) async fn last_words(client: &mut Client) -> Result<(), Stop> {
    for counter in 0..COUNTERS {
        audit(client, counter).await?;
    }
    Ok(())
}
