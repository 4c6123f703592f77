//! Positions of sequences: handed out of memory, reserved on disk in blocks.
//!
//! As in PostgreSQL a sequence does not roll back. A small transaction of its own moves the stored position ahead by
//! [`RESERVE`] values; those are then handed out without touching the log. The reservation's record comes before the record of any
//! transaction that used a value of it, so when that transaction is durable the reservation is, too. After a crash the
//! rest of a block is skipped.

use cairn_txn::{Access, Isolation, Lock, LockMode, Shard, Wait};
use rustc_hash::FxHashMap;

use crate::error::CatalogError;
use crate::schema::{Oid, Sequence};
use crate::spaces::{SEQUENCES, sequence_key};

/// Values reserved at a time (PostgreSQL's SEQ_LOG_VALS is 32).
const RESERVE: i64 = 32;

/// A sequence's position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// `last_value`
    pub last: i64,
    /// `is_called`: `last` has been handed out.
    pub called: bool,
}

#[derive(Clone, Copy, Debug)]
struct Live {
    position: Position,
    /// Values that may still be handed out without a new reservation.
    left: i64,
}

/// The positions of the sequences used since start-up. One per core.
#[derive(Debug, Default)]
pub struct Sequences {
    live: FxHashMap<Oid, Live>,
}

/// `nextval` ran into the end: true for the maximum, false for the minimum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted {
    /// The bound that was reached.
    pub bound: i64,
    /// It is the maximum.
    pub maximum: bool,
}

impl Sequences {
    /// The next value.
    pub fn next(&mut self, shard: &mut Shard, sequence: &Sequence) -> Result<Result<i64, Exhausted>, CatalogError> {
        let mut live = self.live(shard, sequence)?;
        let value = match following(sequence, live.position) {
            Ok(value) => value,
            Err(exhausted) => return Ok(Err(exhausted)),
        };
        let wrapped = live.position.called && (value > live.position.last) != (sequence.increment > 0);
        if live.left == 0 || wrapped {
            live.left = RESERVE;
            write(shard, sequence.oid, reserved(sequence, value))?;
        }
        live.position = Position { last: value, called: true };
        live.left -= 1;
        self.live.insert(sequence.oid, live);
        Ok(Ok(value))
    }

    /// `setval`, and the start of a new or restarted sequence. Not rolled back.
    pub fn set(&mut self, shard: &mut Shard, sequence: Oid, position: Position) -> Result<(), CatalogError> {
        write(shard, sequence, position)?;
        self.live.insert(sequence, Live { position, left: 0 });
        Ok(())
    }

    /// The position now.
    pub fn position(&mut self, shard: &mut Shard, sequence: &Sequence) -> Result<Position, CatalogError> {
        Ok(self.live(shard, sequence)?.position)
    }

    /// Forgets what is in memory about a sequence (it was dropped, or its definition changed).
    pub fn forget(&mut self, sequence: Oid) {
        self.live.remove(&sequence);
    }

    fn live(&mut self, shard: &mut Shard, sequence: &Sequence) -> Result<Live, CatalogError> {
        if let Some(live) = self.live.get(&sequence.oid) {
            return Ok(*live);
        }
        let position = read(shard, sequence.oid)?.unwrap_or(Position { last: sequence.start, called: false });
        let live = Live { position, left: 0 };
        self.live.insert(sequence.oid, live);
        Ok(live)
    }
}

/// The value after `position`, around the end for a cycling sequence.
fn following(sequence: &Sequence, position: Position) -> Result<i64, Exhausted> {
    if !position.called {
        return Ok(position.last);
    }
    let next = position.last.checked_add(sequence.increment);
    match next.filter(|next| (sequence.min..=sequence.max).contains(next)) {
        Some(next) => Ok(next),
        None if sequence.cycle && sequence.increment > 0 => Ok(sequence.min),
        None if sequence.cycle => Ok(sequence.max),
        None => {
            let maximum = sequence.increment > 0;
            Err(Exhausted { bound: if maximum { sequence.max } else { sequence.min }, maximum })
        }
    }
}

/// The position to store before `value` and the rest of its block are handed out: as if all of them had been.
fn reserved(sequence: &Sequence, value: i64) -> Position {
    let ahead = sequence.increment.saturating_mul(RESERVE - 1);
    Position { last: value.saturating_add(ahead).clamp(sequence.min, sequence.max), called: true }
}

fn read(shard: &mut Shard, oid: Oid) -> Result<Option<Position>, CatalogError> {
    let mut txn = shard.begin(Isolation::ReadCommitted, Access::ReadWrite)?;
    shard.begin_statement(&mut txn)?;
    let mut row = Vec::new();
    let found = shard.get(&txn, SEQUENCES, &sequence_key(oid), &mut row);
    shard.abort(txn);
    match (found?, row.split_at_checked(8)) {
        (false, _) => Ok(None),
        (true, Some((last, [called @ (0 | 1)]))) => {
            let last = i64::from_be_bytes(last.try_into().expect("split at eight"));
            Ok(Some(Position { last, called: *called == 1 }))
        }
        (true, _) => Err(CatalogError::Corrupt("a sequence's position is damaged".to_owned())),
    }
}

/// Stores a position in a transaction of its own. Its key is locked only within this call, so nobody waits.
fn write(shard: &mut Shard, oid: Oid, position: Position) -> Result<(), CatalogError> {
    let mut row = position.last.to_be_bytes().to_vec();
    row.push(u8::from(position.called));
    let key = sequence_key(oid);
    let mut txn = shard.begin(Isolation::ReadCommitted, Access::ReadWrite)?;
    shard.begin_statement(&mut txn)?;
    let written = match shard.lock(&mut txn, SEQUENCES, &key, LockMode::Update, Wait::NoWait) {
        Ok(Lock::Granted) => shard.put(&mut txn, SEQUENCES, &key, &row),
        Ok(Lock::Queued(_) | Lock::Skipped) => unreachable!("NoWait neither queues nor skips"),
        Err(error) => Err(error),
    };
    match written {
        Ok(()) => Ok(shard.commit(txn).map(|_| ())?),
        Err(error) => {
            shard.abort(txn);
            Err(error.into())
        }
    }
}
