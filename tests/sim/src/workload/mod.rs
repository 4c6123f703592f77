//! What clients do. A workload is a kind of transaction with something that must stay true whatever happens; the chaos
//! beside it (crashes, faults, checkpoints, collection) belongs to the scheduler.

mod append;
mod bank;
mod counter;
mod ddl;
mod mixed;
mod phantom;
mod snapshot;
mod unique;

use cairn_base::{EngineCode, SpaceId};
use cairn_memtx::MEMTX_CODE;
use cairn_txn::Isolation;

use crate::chance::Chance;
use crate::engine::SLOW_CODE;
use crate::oracle::Write;
use crate::session::{Client, Mode, Stop, Tx};
use crate::world::World;

/// A kind of transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Transfers between accounts in both engines; the sum stays.
    Bank,
    /// Numbers are appended to lists and lists are read; there is a serial order.
    Append,
    /// Increments of hot rows; a counter equals the number of its rows.
    Counter,
    /// Races for unique keys; an index in one engine equals the rows in the other.
    Unique,
    /// Inserts into ranges that were counted; no range holds too many.
    Phantom,
    /// Spaces come and go.
    Ddl,
    /// Anything at any level.
    Mixed,
    /// Long snapshots, on the core and on another thread.
    Snapshot,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Bank, Self::Append, Self::Counter, Self::Unique, Self::Phantom, Self::Ddl, Self::Mixed, Self::Snapshot];

    /// Runs one transaction.
    pub async fn run(self, client: &mut Client) -> Result<(), Stop> {
        match self {
            Self::Bank => bank::run(client).await,
            Self::Append => append::run(client).await,
            Self::Counter => counter::run(client).await,
            Self::Unique => unique::run(client).await,
            Self::Phantom => phantom::run(client).await,
            Self::Ddl => ddl::run(client).await,
            Self::Mixed => mixed::run(client).await,
            Self::Snapshot => snapshot::run(client).await,
        }
    }
}

/// What the first commit of a run creates.
pub fn genesis() -> Vec<Write> {
    let mut writes: Vec<Write> = (1..=SPACES).flat_map(|number| both(number).map(Write::Create)).collect();
    let mut rows: Vec<Write> = bank::genesis();
    rows.sort_by(|left, right| key_of(left).cmp(&key_of(right)));
    writes.append(&mut rows);
    writes
}

/// What must hold at the end, read by a client.
pub async fn last_words(client: &mut Client) -> Result<(), Stop> {
    append::last_words(client).await?;
    counter::last_words(client).await?;
    unique::audit(client).await?;
    phantom::last_words(client).await?;
    bank::audit(client, Mode::READ_ONLY).await
}

/// Spaces of each engine that workloads share out among themselves.
const SPACES: u32 = 7;

/// The space with this number in both engines.
const fn both(number: u32) -> [SpaceId; 2] {
    [space(MEMTX_CODE, number), space(SLOW_CODE, number)]
}

const fn space(engine: EngineCode, number: u32) -> SpaceId {
    SpaceId::new(engine, number)
}

fn key_of(write: &Write) -> Option<(SpaceId, &[u8])> {
    match write {
        Write::Key(space, key, _) => Some((*space, key)),
        Write::Create(_) | Write::Drop(_) => None,
    }
}

/// Commits what went well, gives up the rest.
async fn end(tx: Tx<'_>, done: Result<bool, Stop>) -> Result<(), Stop> {
    match done {
        Ok(true) => tx.commit().await,
        Ok(false) => {
            tx.abort().await;
            Ok(())
        }
        Err(stop) => {
            tx.abort().await;
            Err(stop)
        }
    }
}

/// One of the isolation levels at which a workload that locks what it changes keeps its promise.
fn any_level(client: &mut Client) -> Mode {
    let isolation = client.rng.choose(&[Isolation::Serializable, Isolation::RepeatableRead, Isolation::ReadCommitted]);
    Mode { isolation, ..Mode::SERIALIZABLE }
}

/// A row that holds a number.
fn number(world: &World, row: Option<&[u8]>) -> i64 {
    let text = row.map_or(Ok("0"), std::str::from_utf8);
    text.ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        world.violate("snapshot", format_args!("a row holds {row:?} instead of a number"));
        0
    })
}
