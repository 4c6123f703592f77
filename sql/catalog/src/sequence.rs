//! Positions of sequences: handed out of memory, reserved on disk in blocks.
//!
//! As in PostgreSQL a sequence does not roll back. Values come out of memory; before the first value of a block of
//! `RESERVE` is answered to anybody, a small transaction of its own stores the position at the block's end ([`Sequences::flush`]).
//! That record stands in the log before the record of any transaction that used one of the values, so whenever such a
//! transaction is durable, the reservation is. After a crash the rest of a block is skipped.

use cairn_txn::{Access, Commit, Direction, EngineError, Isolation, KeyRange, Shard, Txn, TxnError};
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

/// The positions of all sequences. One per core.
#[derive(Debug, Default)]
pub struct Sequences {
    live: FxHashMap<Oid, Live>,
    /// To be stored before anybody is answered.
    unsaved: FxHashMap<Oid, Position>,
}

/// `nextval` ran into the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted {
    /// The bound that was reached.
    pub bound: i64,
    /// It is the maximum.
    pub maximum: bool,
}

impl Sequences {
    /// Reads all positions at start-up.
    pub fn load(shard: &Shard, txn: &Txn) -> Result<Self, CatalogError> {
        let mut sequences = Self::default();
        let mut cursor = match shard.scan(txn, SEQUENCES, KeyRange::ALL, Direction::Forward) {
            Err(TxnError::Engine(EngineError::NoSuchSpace(_))) => return Ok(sequences),
            cursor => cursor?,
        };
        while let Some(entry) = cursor.next()? {
            let (oid, position) = decode(entry.key, entry.value)
                .ok_or_else(|| CatalogError::Corrupt("a sequence's position is damaged".to_owned()))?;
            sequences.live.insert(oid, Live { position, left: 0 });
        }
        Ok(sequences)
    }

    /// The next value.
    pub fn next(&mut self, sequence: &Sequence) -> Result<i64, Exhausted> {
        let mut live = self.live(sequence);
        let value = following(sequence, live.position)?;
        let wrapped = live.position.called && (value > live.position.last) != (sequence.increment > 0);
        if live.left == 0 || wrapped {
            live.left = RESERVE;
            self.unsaved.insert(sequence.oid, reserved(sequence, value));
        }
        live.position = Position { last: value, called: true };
        live.left -= 1;
        self.live.insert(sequence.oid, live);
        Ok(value)
    }

    /// Takes a value back that nobody has seen, as if it had never been handed out; not if others came after it.
    pub fn take_back(&mut self, sequence: Oid, before: Position, after: Position) {
        if let Some(live) = self.live.get_mut(&sequence)
            && live.position == after
        {
            // What is reserved on disk stays reserved.
            live.position = before;
            live.left += 1;
        }
    }

    /// `setval`, and RESTART. Not rolled back.
    pub fn set(&mut self, sequence: Oid, position: Position) {
        self.live.insert(sequence, Live { position, left: 0 });
        self.unsaved.insert(sequence, position);
    }

    /// The position now.
    pub fn position(&self, sequence: &Sequence) -> Position {
        self.live(sequence).position
    }

    /// Forgets a sequence that was dropped.
    pub fn forget(&mut self, sequence: Oid) {
        self.live.remove(&sequence);
        self.unsaved.remove(&sequence);
    }

    /// Stores what was reserved or set since the last call, in a transaction of its own. Called after every statement,
    /// before its transaction commits and before its answer is sent; costs nothing when there is nothing to store.
    pub fn flush(&mut self, shard: &mut Shard) -> Result<Option<Commit>, CatalogError> {
        if self.unsaved.is_empty() {
            return Ok(None);
        }
        let mut txn = shard.begin(Isolation::ReadCommitted, Access::ReadWrite)?;
        shard.begin_statement(&mut txn)?;
        for (oid, position) in &self.unsaved {
            let mut row = position.last.to_be_bytes().to_vec();
            row.push(u8::from(position.called));
            // No lock: positions are written nowhere else while the sequence exists.
            shard.put_fresh(&mut txn, SEQUENCES, &sequence_key(*oid), &row)?;
        }
        let commit = shard.commit(txn)?;
        self.unsaved.clear();
        Ok(Some(commit))
    }

    fn live(&self, sequence: &Sequence) -> Live {
        let fresh = Live { position: Position { last: sequence.start, called: false }, left: 0 };
        self.live.get(&sequence.oid).copied().unwrap_or(fresh)
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

fn decode(key: &[u8], row: &[u8]) -> Option<(Oid, Position)> {
    let oid = Oid(u32::from_be_bytes(key.try_into().ok()?));
    match row.split_at_checked(8)? {
        (last, [called @ (0 | 1)]) => {
            Some((oid, Position { last: i64::from_be_bytes(last.try_into().ok()?), called: *called == 1 }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cairn_sql_types::TypeId;

    use super::*;

    fn sequence(increment: i64, min: i64, max: i64, cycle: bool) -> Sequence {
        let start = if increment > 0 { min } else { max };
        Sequence {
            oid: Oid(20000),
            schema: Oid::PUBLIC,
            name: "s".into(),
            ty: TypeId::INT8,
            start,
            increment,
            min,
            max,
            cache: 1,
            cycle,
            owned_by: None,
        }
    }

    fn take(sequence: &Sequence, count: usize) -> Vec<Result<i64, Exhausted>> {
        let mut sequences = Sequences::default();
        (0..count).map(|_| sequences.next(sequence)).collect()
    }

    #[test]
    fn counts_up_and_down_and_ends() {
        let end = |bound, maximum| Err(Exhausted { bound, maximum });
        assert_eq!(take(&sequence(2, 1, 5, false), 4), [Ok(1), Ok(3), Ok(5), end(5, true)]);
        assert_eq!(take(&sequence(-1, -2, -1, false), 3), [Ok(-1), Ok(-2), end(-2, false)]);
        assert_eq!(take(&sequence(2, 1, 4, true), 4), [Ok(1), Ok(3), Ok(1), Ok(3)]);
    }

    #[test]
    fn one_reservation_covers_a_block() {
        let sequence = sequence(1, 1, i64::MAX, false);
        let mut sequences = Sequences::default();
        let mut reservations = Vec::new();
        for _ in 0..RESERVE + 1 {
            sequences.next(&sequence).unwrap();
            reservations.extend(sequences.unsaved.drain().map(|(_, position)| position.last));
        }
        assert_eq!(reservations, [RESERVE, 2 * RESERVE]);
    }

    #[test]
    fn a_value_that_nobody_saw_comes_again() {
        let sequence = sequence(1, 1, 100, false);
        let mut sequences = Sequences::default();
        let before = sequences.position(&sequence);
        assert_eq!(sequences.next(&sequence), Ok(1));
        let after = sequences.position(&sequence);
        sequences.take_back(sequence.oid, before, after);
        assert_eq!(sequences.next(&sequence), Ok(1));
        assert_eq!(sequences.next(&sequence), Ok(2));
        sequences.take_back(sequence.oid, before, after);
        assert_eq!(sequences.next(&sequence), Ok(3));
    }

    #[test]
    fn a_set_position_is_stored_and_followed() {
        let sequence = sequence(1, 1, 100, false);
        let mut sequences = Sequences::default();
        sequences.set(sequence.oid, Position { last: 7, called: false });
        assert_eq!(sequences.unsaved[&sequence.oid], Position { last: 7, called: false });
        assert_eq!(sequences.next(&sequence), Ok(7));
        assert_eq!(sequences.next(&sequence), Ok(8));
    }
}
