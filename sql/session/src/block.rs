//! The transaction a session is in, and the block around it.
//!
//! ```text
//!           statement            BEGIN                    error
//!   Idle --------------> Implicit ----> Block --------------> Failed
//!    ^   end of message     |             | COMMIT, ROLLBACK     | ROLLBACK (COMMIT rolls back, too)
//!    +----------------------+<------------+<---------------------+    ROLLBACK TO savepoint leads back to Block
//! ```
//! An implicit transaction spans one Query message or the messages up to a Sync, as in PostgreSQL.

use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_sql_catalog::Catalog;
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::{Access, Isolation, SavepointId, Txn};

use crate::settings::{Decoded, SettingsMark};

/// Where the session stands.
#[derive(Debug, Default)]
pub(crate) enum State {
    /// Outside any transaction.
    #[default]
    Idle,
    /// In a transaction that ends with the message(s).
    Implicit(Active),
    /// In a transaction block.
    Block(Active),
    /// In a transaction block that failed. The transaction is kept if a savepoint can bring it back.
    Failed(Option<Active>),
}

/// A running transaction.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) txn: Txn,
    pub(crate) isolation: Isolation,
    pub(crate) access: Access,
    pub(crate) deferrable: bool,
    /// A statement has run: modes are fixed.
    pub(crate) begun: bool,
    /// The private catalog of a transaction with DDL.
    pub(crate) catalog: Option<Arc<Catalog>>,
    pub(crate) savepoints: Vec<Savepoint>,
    /// What must be durable before anything of this transaction is answered, besides its own commit: sequences.
    pub(crate) wait: LogIndex,
}

/// How a transaction runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modes {
    pub(crate) isolation: Isolation,
    pub(crate) access: Access,
    pub(crate) deferrable: bool,
}

/// A named savepoint.
#[derive(Debug)]
pub(crate) struct Savepoint {
    pub(crate) name: String,
    pub(crate) id: SavepointId,
    pub(crate) settings: SettingsMark,
    pub(crate) catalog: Option<Arc<Catalog>>,
}

impl State {
    /// The running transaction, if it can go on.
    pub(crate) fn active(&mut self) -> Option<&mut Active> {
        match self {
            State::Implicit(active) | State::Block(active) => Some(active),
            State::Idle | State::Failed(_) => None,
        }
    }

    /// The same, to look at.
    pub(crate) fn active_ref(&self) -> Option<&Active> {
        match self {
            State::Implicit(active) | State::Block(active) => Some(active),
            State::Idle | State::Failed(_) => None,
        }
    }

    /// Modes of the running transaction, or of one that would begin now.
    pub(crate) fn modes(&self, decoded: &Decoded) -> Modes {
        match self.active_ref() {
            Some(Active { isolation, access, deferrable, .. }) => {
                Modes { isolation: *isolation, access: *access, deferrable: *deferrable }
            }
            None => Modes { isolation: decoded.isolation, access: decoded.access(), deferrable: false },
        }
    }

    /// Inside BEGIN ... COMMIT, failed or not.
    pub(crate) fn in_block(&self) -> bool {
        matches!(self, State::Block(_) | State::Failed(_))
    }

    /// Takes the transaction out, leaving Idle.
    pub(crate) fn take(&mut self) -> Option<Active> {
        match std::mem::take(self) {
            State::Implicit(active) | State::Block(active) => Some(active),
            State::Failed(active) => active,
            State::Idle => None,
        }
    }
}

impl Active {
    /// The savepoint of this name, newest first.
    pub(crate) fn savepoint(&self, name: &str) -> Result<usize, SqlError> {
        self.savepoints
            .iter()
            .rposition(|savepoint| savepoint.name == name)
            .ok_or_else(|| SqlError::new(SqlState::INVALID_SAVEPOINT, format!("savepoint \"{name}\" does not exist")))
    }
}

/// What every statement but the end of the block answers in a failed block.
pub(crate) fn aborted() -> SqlError {
    SqlError::new(
        SqlState::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}

/// SQL's name of a level.
pub(crate) fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Serializable => "serializable",
        Isolation::RepeatableRead => "repeatable read",
        Isolation::ReadCommitted => "read committed",
    }
}
