//! Range inserts against range reads: a room takes a few guests, and who enters has counted them first. Counting sees
//! rows, and what must not change is the range between them.

use std::ops::Bound;

use cairn_base::SpaceId;
use cairn_txn::{Direction, LockMode, Wait};

use super::{both, end};
use crate::chance::{Chance, Rng};
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop};

const ROOMS: u64 = 3;
const GUESTS_MAX: usize = 3;
const SPACES: [SpaceId; 2] = both(5);

fn place(room: u64) -> (SpaceId, Range) {
    let start = Bound::Included(format!("room{room}/").into_bytes());
    let end = Bound::Excluded(format!("room{room}0").into_bytes());
    (SPACES[room as usize % 2], Range { start, end })
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let room = client.rng.below(ROOMS);
    let (space, range) = place(room);
    if client.rng.percent(10) {
        return audit(client, room).await;
    }
    let guest = format!("room{room}/{:02}", client.rng.below(40)).into_bytes();
    let direction = client.rng.choose(&[Direction::Forward, Direction::Backward]);
    // A limit makes the scan stop early, and what is remembered must still cover what was counted.
    let limit = client.rng.choose(&[GUESTS_MAX, usize::MAX]);
    let mut tx = client.begin(Mode::SERIALIZABLE).await?;
    let done = tx
        .statement(async |tx| {
            let guests = tx.scan(space, &range, direction, limit).await?;
            if let Some((leaving, _)) = guests.iter().find(|(key, _)| *key == guest || guests.len() >= GUESTS_MAX) {
                tx.lock(space, leaving, LockMode::Update, Wait::Wait).await?;
                return tx.delete(space, leaving).await;
            }
            tx.lock_and_put(space, &guest, b"").await
        })
        .await;
    end(tx, done.map(|()| true)).await
}

async fn audit(client: &mut Client, room: u64) -> Result<(), Stop> {
    let (space, range) = place(room);
    let mode = client.rng.choose(&[Mode::READ_ONLY, Mode::SERIALIZABLE]);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            let guests = tx.scan(space, &range, Direction::Forward, usize::MAX).await?.len();
            if guests > GUESTS_MAX {
                tx.world().violate("phantom", format_args!("t{} counts {guests} guests in room {room}", tx.number()));
            }
            Ok(true)
        })
        .await;
    end(tx, done).await
}

/// The same for all rooms.
pub(super) async fn last_words(client: &mut Client) -> Result<(), Stop> {
    for room in 0..ROOMS {
        audit(client, room).await?;
    }
    Ok(())
}
