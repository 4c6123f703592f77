//! Write skew, in the form of a pair of doctors: one of two goes off duty if both are on, and comes back if one or none is. Each
//! transaction keeps somebody on duty; two that do not see each other may leave nobody (Cahill, Röhm, Fekete, "Serializable
//! Isolation for Snapshot Databases", SIGMOD 2008).

/// Few pairs, so that transactions meet.
pub const PAIRS: u32 = 16;

/// How many of a pair are on duty. Every SQL database of the suite takes this and the texts of [`Change`].
pub const ON_DUTY: &str = "SELECT sum(on_duty) FROM duty WHERE pair = $1";

/// How often nobody was found on duty, and where nobody is now.
pub const SKEWS: &str = "select cast((select sum(seen) from duty) as bigint) \
    + (select count(*) from (select pair from duty group by pair having sum(on_duty) = 0) as nobody)";

/// The table, with both of every pair on duty.
pub fn tables() -> [String; 2] {
    let rows: Vec<String> =
        (1..=PAIRS).flat_map(|pair| (0..2).map(move |side| format!("({pair}, {side}, 1, 0)"))).collect();
    [
        "create table duty (pair int, side int, on_duty int not null, seen bigint not null, primary key (pair, side))"
            .to_owned(),
        format!("insert into duty values {}", rows.join(", ")),
    ]
}

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its side goes off duty.
    GoOff,
    /// Its side comes back.
    ComeOn,
    /// Its side comes back, and it is written down that nobody was there.
    ComeOnAlone,
}

impl Change {
    /// A name for its statement.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoOff => "go off",
            Self::ComeOn => "come on",
            Self::ComeOnAlone => "come on alone",
        }
    }

    /// Its statement; the pair and the side are its parameters.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::GoOff => "UPDATE duty SET on_duty = 0 WHERE pair = $1 AND side = $2",
            Self::ComeOn => "UPDATE duty SET on_duty = 1 WHERE pair = $1 AND side = $2",
            Self::ComeOnAlone => "UPDATE duty SET on_duty = 1, seen = seen + 1 WHERE pair = $1 AND side = $2",
        }
    }

    /// By how many of the pair are on duty.
    pub fn decide(on_duty: i64) -> Self {
        match on_duty {
            2.. => Self::GoOff,
            1 => Self::ComeOn,
            _ => Self::ComeOnAlone,
        }
    }
}
