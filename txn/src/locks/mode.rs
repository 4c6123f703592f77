//! PostgreSQL's row lock modes, and the words of a lock request.

/// How strongly a key is locked. Each mode conflicts with everything that a weaker one conflicts with.
///
/// | asked \ held  | KeyShare | Share | NoKeyUpdate | Update |
/// |---------------|----------|-------|-------------|--------|
/// | `KeyShare`    |          |       |             | x      |
/// | `Share`       |          |       | x           | x      |
/// | `NoKeyUpdate` |          | x     | x           | x      |
/// | `Update`      | x        | x     | x           | x      |
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockMode {
    /// `FOR KEY SHARE`; foreign keys; every statement on the tables it uses.
    KeyShare,
    /// `FOR SHARE`.
    Share,
    /// `FOR NO KEY UPDATE`; an UPDATE that leaves the key alone.
    NoKeyUpdate,
    /// `FOR UPDATE`; DELETE, and UPDATE of a key; DDL on its table.
    Update,
}

impl LockMode {
    /// All modes, weakest first.
    pub const ALL: [Self; 4] = [Self::KeyShare, Self::Share, Self::NoKeyUpdate, Self::Update];

    /// May two transactions not hold `self` and `other` at once?
    pub const fn conflicts(self, other: Self) -> bool {
        self as u8 + other as u8 >= 3
    }
}

/// What to do when the lock is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Queue, for as long as the transaction's lock timeout says.
    Wait,
    /// Fail with 55P03.
    NoWait,
    /// Leave the row out.
    SkipLocked,
}

/// Answer to a lock request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Lock {
    /// The lock is held, and what is at the key is not newer than the (possibly moved) snapshot.
    Granted,
    /// Somebody else has it and [`Wait::SkipLocked`] was said.
    Skipped,
    /// Wait for [`Event::Granted`](crate::Event::Granted) with this ticket, then
    /// [`restart_statement`](crate::Shard::restart_statement) and run the statement again: it will find the lock held.
    Queued(Ticket),
}

/// One wait for one lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// Identity of a transaction in its shard, rising in the order of `begin`. Never used twice while the process lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TxnId(pub u64);
