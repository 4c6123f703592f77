//! How a transaction is isolated and what it may do.

/// Isolation level. `READ UNCOMMITTED` is [`Isolation::ReadCommitted`], as in PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Isolation {
    /// As if transactions ran one after another, in commit order. The default.
    #[default]
    Serializable,
    /// Snapshot isolation: one snapshot for the whole transaction, first updater wins.
    RepeatableRead,
    /// A new snapshot for each statement.
    ReadCommitted,
}

/// May the transaction write?
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Access {
    /// Reads at the newest commit, even when it is not durable yet; may write.
    #[default]
    ReadWrite,
    /// Reads at the newest *durable* commit, remembers nothing and never waits. Also the right choice for a lone
    /// `SELECT` outside a transaction block. (While a commit that created or dropped a space is not durable yet, it reads
    /// at the newest commit: statements are planned on the newest catalog.)
    ReadOnly,
}
