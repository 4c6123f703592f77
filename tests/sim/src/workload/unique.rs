//! Races for unique keys: people with an address each, and an index of the addresses in the other engine. At every
//! snapshot each person stands in the index once, and nobody else does.

use std::collections::BTreeMap;

use cairn_base::SpaceId;
use cairn_txn::{Direction, LockMode, Wait};

use super::{any_level, both, end};
use crate::chance::{Chance, Rng};
use crate::check::reads::show;
use crate::oracle::Range;
use crate::session::{Client, Mode, Stop, Tx};

const PEOPLE: u64 = 6;
const ADDRESSES: u64 = 5;
const SPACES: [SpaceId; 2] = both(4);

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    if client.rng.percent(10) {
        return audit(client).await;
    }
    let person = format!("person{}", client.rng.below(PEOPLE)).into_bytes();
    let address = format!("address{}", client.rng.below(ADDRESSES)).into_bytes();
    let leaves = client.rng.percent(30);
    let mode = any_level(client);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            tx.lock(SPACES[0], &person, LockMode::Update, Wait::Wait).await?;
            let old = tx.get(SPACES[0], &person).await?;
            if let Some(old) = &old {
                tx.lock(SPACES[1], old, LockMode::Update, Wait::Wait).await?;
                tx.delete(SPACES[1], old).await?;
            }
            match leaves {
                true if old.is_some() => tx.delete(SPACES[0], &person).await.map(|()| true),
                true => Ok(false),
                false => claim(tx, &person, &address).await,
            }
        })
        .await;
    end(tx, done).await
}

/// Takes an address if nobody has it, as a unique index does: lock, look at the newest version, write.
async fn claim(tx: &mut Tx<'_>, person: &[u8], address: &[u8]) -> Result<bool, Stop> {
    tx.lock_constraint(SPACES[1], address, LockMode::Update).await?;
    if tx.get_locked(SPACES[1], address).await?.is_some() {
        return Ok(false);
    }
    tx.put(SPACES[0], person, address).await?;
    tx.put(SPACES[1], address, person).await?;
    Ok(true)
}

pub(super) async fn audit(client: &mut Client) -> Result<(), Stop> {
    let mode = client.rng.choose(&[Mode::READ_ONLY, Mode::SERIALIZABLE]);
    let mut tx = client.begin(mode).await?;
    let done = tx
        .statement(async |tx| {
            let people = tx.scan(SPACES[0], &Range::ALL, Direction::Forward, usize::MAX).await?;
            let index = tx.scan(SPACES[1], &Range::ALL, Direction::Backward, usize::MAX).await?;
            let people: BTreeMap<_, _> = people.into_iter().map(|(person, address)| (address, person)).collect();
            let index: BTreeMap<_, _> = index.into_iter().collect();
            if people != index {
                let show = |map: &BTreeMap<Vec<u8>, Vec<u8>>| {
                    map.iter().map(|(left, right)| format!("{}:{}", show(left), show(right))).collect::<Vec<_>>()
                };
                let text = format!("t{} sees people {:?} and index {:?}", tx.number(), show(&people), show(&index));
                tx.world().violate("unique", text);
            }
            Ok(true)
        })
        .await;
    end(tx, done).await
}
