//! Long snapshots: what is read again and again while others write, collect and checkpoint must not change, on the core
//! and through a view on another thread.

use cairn_base::SpaceId;
use cairn_txn::{Access, Direction, Isolation};

use super::{both, end};
use crate::chance::Chance;
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop};

/// The spaces of the workloads that write most.
const SPACES: [[SpaceId; 2]; 4] = [both(1), both(2), both(3), both(7)];

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let mode = client.rng.choose(&[
        Mode::READ_ONLY,
        Mode { isolation: Isolation::RepeatableRead, access: Access::ReadWrite },
        Mode::SERIALIZABLE,
    ]);
    let spaces = client.rng.choose(&SPACES);
    let rounds = client.rng.between(2, 5);
    let pause = client.rng.choose(&[1_000, 100_000, 3_000_000]);
    let direction = client.rng.choose(&[Direction::Forward, Direction::Backward]);
    let on_a_thread = client.rng.percent(50);
    let client: &Client = client;
    let mut tx = client.begin(mode).await?;
    let mut done = Ok(());
    for _ in 0..rounds {
        done = tx
            .statement(async |tx| {
                for space in spaces {
                    match on_a_thread {
                        true => tx.scan_on_a_thread(space, &Range::ALL, direction).await?,
                        false => tx.scan(space, &Range::ALL, direction, usize::MAX).await?,
                    };
                }
                Ok(())
            })
            .await;
        if done.is_err() {
            break;
        }
        client.pause(pause).await;
    }
    end(tx, done.map(|()| true)).await
}
