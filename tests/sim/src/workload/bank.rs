//! Transfers between accounts in both engines. The sum of all balances never changes, and no balance is ever below zero.

use cairn_base::SpaceId;
use cairn_txn::{Direction, LockMode, Wait};

use super::{any_level, both, end, number};
use crate::chance::{Chance, Rng};
use crate::oracle::{Range, Write};
use crate::session::{Client, Mode, Stop, Tx};

const ACCOUNTS: u64 = 6;
const START: i64 = 100;
const SPACES: [SpaceId; 2] = both(1);

type Account = (SpaceId, Vec<u8>);

pub(super) fn genesis() -> Vec<Write> {
    let balance = || Some(START.to_string().into_bytes());
    accounts().map(|(space, key)| Write::Key(space, key, balance())).collect()
}

fn accounts() -> impl Iterator<Item = Account> {
    SPACES.into_iter().flat_map(|space| (0..ACCOUNTS).map(move |account| (space, key(account))))
}

fn key(account: u64) -> Vec<u8> {
    format!("account{account}").into_bytes()
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    if client.rng.percent(25) {
        let mode = if client.rng.percent(50) { Mode::READ_ONLY } else { Mode::SERIALIZABLE };
        return audit(client, mode).await;
    }
    transfer(client).await
}

async fn transfer(client: &mut Client) -> Result<(), Stop> {
    let mode = any_level(client);
    let from = (client.rng.choose(&SPACES), key(client.rng.below(ACCOUNTS)));
    let to = (client.rng.choose(&SPACES), key(client.rng.below(ACCOUNTS)));
    let amount = client.rng.between(1, 30) as i64;
    // Below SERIALIZABLE only a lock keeps what was read; there it is chance whether one is taken first.
    let locks_first = client.rng.percent(50) || mode.isolation != cairn_txn::Isolation::Serializable;
    if from == to {
        return Ok(());
    }
    let mut tx = client.begin(mode).await?;
    let moved = tx
        .statement(async |tx| {
            if !withdraw(tx, &from, amount, locks_first).await? {
                return Ok(false);
            }
            withdraw(tx, &to, -amount, locks_first).await
        })
        .await;
    end(tx, moved).await
}

/// Takes `amount` from an account; `false` when there is not so much.
async fn withdraw(tx: &mut Tx<'_>, (space, key): &Account, amount: i64, locks_first: bool) -> Result<bool, Stop> {
    if locks_first {
        tx.lock(*space, key, LockMode::Update, Wait::Wait).await?;
    }
    let balance = number(tx.world(), tx.get(*space, key).await?.as_deref());
    if balance < amount {
        return Ok(false);
    }
    tx.lock_and_put(*space, key, (balance - amount).to_string().as_bytes()).await?;
    Ok(true)
}

/// Reads all accounts at one snapshot.
pub(super) async fn audit(client: &mut Client, mode: Mode) -> Result<(), Stop> {
    let direction = client.rng.choose(&[Direction::Forward, Direction::Backward]);
    let mut tx = client.begin(mode).await?;
    let mut balances = Vec::new();
    for space in SPACES {
        let rows = tx.statement(async |tx| tx.scan(space, &Range::ALL, direction, usize::MAX).await).await;
        match rows {
            Ok(rows) => balances.extend(rows.iter().map(|(_, row)| number(tx.world(), Some(row)))),
            Err(stop) => {
                tx.abort().await;
                return Err(stop);
            }
        }
    }
    let sum: i64 = balances.iter().sum();
    let expected = START * 2 * ACCOUNTS as i64;
    if sum != expected || balances.iter().any(|balance| *balance < 0) {
        tx.world().violate("bank", format_args!("t{} sees {sum} instead of {expected}: {balances:?}", tx.number()));
    }
    tx.commit().await
}
