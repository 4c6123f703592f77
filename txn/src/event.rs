//! What happened since the session layer last asked.

use cairn_base::LogIndex;

use crate::locks::Ticket;

/// Something that a waiting session waits for. Drained with [`Shard::take_events`](crate::Shard::take_events); nothing
/// here calls back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The lock of this ticket was granted: restart the statement.
    Granted(Ticket),
    /// `lock_timeout` passed: fail the statement with [`TxnError::LockTimeout`](crate::TxnError::LockTimeout).
    Timeout(Ticket),
    /// Every record up to here is durable, or acknowledged without: answer the clients whose commit waits for it.
    Durable(LogIndex),
    /// Every record up to here is applied by all engines. Reported only while somebody waits for it (after
    /// [`Shard::frozen`](crate::Shard::frozen) or [`TxnError::EngineBusy`](crate::TxnError::EngineBusy)).
    Applied(LogIndex),
    /// The shard stopped. Commits that wait for durability answer 40003 (unknown), everything else 57P01.
    Poisoned,
}
