//! Numbers are appended to lists, lists are read, registers are replaced. The search for cycles judges what was seen.

use cairn_base::SpaceId;
use cairn_txn::{LockMode, Wait};

use super::{both, number};
use crate::chance::{Chance, Rng};
use crate::session::{Client, Mode, Stop, Tx};
use cairn_serial::{Object, Operation};

const LISTS: u8 = 5;
const REGISTERS: u8 = 4;
const SPACES: [SpaceId; 2] = both(2);

/// Lists and registers lie in both engines by turns.
fn place(object: u8, what: &str) -> (SpaceId, Vec<u8>) {
    (SPACES[usize::from(object) % 2], format!("{what}{object}").into_bytes())
}

#[derive(Clone, Copy)]
enum Step {
    Append(u8, u64),
    Read(u8),
    Replace(u8, u64),
    Look(u8),
}

pub(super) async fn run(client: &mut Client) -> Result<(), Stop> {
    let writes = client.rng.percent(80);
    let mode = if writes { Mode::SERIALIZABLE } else { Mode::READ_ONLY };
    let count = client.rng.between(1, 4);
    let steps: Vec<Step> = (0..count).map(|_| step(client, writes)).collect();
    // All in one statement, or each in one of its own.
    let together = client.rng.percent(50);
    let mut tx = client.begin(mode).await?;
    let groups = if together { vec![steps.as_slice()] } else { steps.chunks(1).collect() };
    for group in groups {
        let done = tx
            .statement(async |tx| {
                for step in group {
                    perform(tx, *step).await?;
                }
                Ok(())
            })
            .await;
        if let Err(stop) = done {
            tx.abort().await;
            return Err(stop);
        }
    }
    tx.commit().await
}

fn step(client: &mut Client, writes: bool) -> Step {
    let list = client.rng.below(u64::from(LISTS)) as u8;
    let register = client.rng.below(u64::from(REGISTERS)) as u8;
    match client.rng.below(if writes { 6 } else { 2 }) {
        0 => Step::Read(list),
        1 => Step::Look(register),
        2..=4 => Step::Append(list, client.world.fresh_number()),
        _ => Step::Replace(register, client.world.fresh_number()),
    }
}

async fn perform(tx: &mut Tx<'_>, step: Step) -> Result<(), Stop> {
    match step {
        Step::Read(list) => {
            let (space, key) = place(list, "list");
            let seen = parse(tx.get(space, &key).await?.as_deref());
            tx.observe(Operation::Read(list, seen));
        }
        Step::Look(register) => {
            let (space, key) = place(register, "register");
            let seen = number(tx.world(), tx.get(space, &key).await?.as_deref());
            tx.observe(Operation::Look(register, seen as u64));
        }
        Step::Append(list, fresh) => {
            let (space, key) = place(list, "list");
            tx.lock(space, &key, LockMode::Update, Wait::Wait).await?;
            let mut row = tx.get(space, &key).await?.unwrap_or_default();
            row.extend_from_slice(format!("{fresh} ").as_bytes());
            tx.put(space, &key, &row).await?;
            tx.observe(Operation::Append(list, fresh));
        }
        Step::Replace(register, fresh) => {
            let (space, key) = place(register, "register");
            let old = number(tx.world(), tx.get(space, &key).await?.as_deref());
            tx.lock_and_put(space, &key, fresh.to_string().as_bytes()).await?;
            tx.observe(Operation::Replace(register, old as u64, fresh));
        }
    }
    Ok(())
}

fn parse(row: Option<&[u8]>) -> Vec<u64> {
    let text = String::from_utf8_lossy(row.unwrap_or_default()).into_owned();
    text.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

/// Reads what all objects hold at the end.
pub(super) async fn last_words(client: &mut Client) -> Result<(), Stop> {
    let mut tx = client.begin(Mode::SERIALIZABLE).await?;
    for list in 0..LISTS {
        let (space, key) = place(list, "list");
        let row = tx.statement(async |tx| tx.get(space, &key).await).await?;
        tx.world().history.borrow_mut().last.insert(Object::List(list), parse(row.as_deref()));
    }
    for register in 0..REGISTERS {
        let (space, key) = place(register, "register");
        let row = tx.statement(async |tx| tx.get(space, &key).await).await?;
        let last = number(tx.world(), row.as_deref()) as u64;
        tx.world().history.borrow_mut().last.insert(Object::Register(register), vec![last]);
    }
    tx.commit().await
}
