//! Identifiers and timestamps as newtypes, so that a log index can never be handed over as a timestamp.

use std::fmt;

/// Which engine a space lives in. The code is part of every [`SpaceId`], is chosen once when an engine is registered
/// and never changes afterwards: it is written to disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EngineCode(pub u8);

/// One ordered key -> row map inside an engine: a table's primary index or one secondary index.
///
/// ```text
///  31      24 23                     0
/// +----------+------------------------+
/// |  engine  |   number in engine     |
/// +----------+------------------------+
/// ```
/// The engine's code sits in the top byte, so routing a read to its engine is a shift, not a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpaceId(pub u32);

impl SpaceId {
    /// Largest space number inside one engine.
    pub const NUMBER_MAX: u32 = (1 << 24) - 1;

    /// The space `number` of `engine`. Panics when `number` exceeds [`Self::NUMBER_MAX`]: the catalog checks it first.
    pub const fn new(engine: EngineCode, number: u32) -> Self {
        assert!(number <= Self::NUMBER_MAX);
        Self(((engine.0 as u32) << 24) | number)
    }

    /// The engine that this space lives in.
    pub const fn engine(self) -> EngineCode {
        EngineCode((self.0 >> 24) as u8)
    }

    /// The number of this space inside its engine.
    pub const fn number(self) -> u32 {
        self.0 & Self::NUMBER_MAX
    }
}

impl fmt::Debug for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "space {}.{}", self.engine().0, self.number())
    }
}

/// Hybrid logical timestamp of a commit: microseconds of wall time since 1970 in the upper 52 bits, a counter in the
/// lower 12. Strictly rising per shard. See Kulkarni et al., "Logical Physical Clocks", 2014.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Bits of the logical counter.
    pub const COUNTER_BITS: u32 = 12;
    /// Before every commit.
    pub const ZERO: Self = Self(0);
    /// After every commit: a read at `MAX` sees the newest versions.
    pub const MAX: Self = Self(u64::MAX);

    /// The smallest timestamp at this wall time.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros << Self::COUNTER_BITS)
    }

    /// The wall time part, in microseconds since 1970.
    pub const fn micros(self) -> u64 {
        self.0 >> Self::COUNTER_BITS
    }

    /// The timestamp directly after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The next timestamp to give out: wall time when it has moved on, one more than the last one otherwise.
    pub fn advance(self, wall_micros: u64) -> Self {
        self.next().max(Self::from_micros(wall_micros))
    }
}

/// Position of a record in one log (later: of an entry in a Raft group). The first record is 1; 0 means "none".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct LogIndex(pub u64);

impl LogIndex {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// The index directly after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
