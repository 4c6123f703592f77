//! Beginning and ending transactions, savepoints, modes.

use std::time::Duration;

use cairn_base::LogIndex;
use cairn_sql_binder::utility::{IsolationLevel, TransactionModes};
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::{Access, Commit, Isolation};

use crate::block::{Active, Savepoint, State};
use crate::client::{Client, Severity};
use crate::failure::{catalog_error, txn_error};
use crate::session::Session;

impl Session {
    /// Begins a transaction with the session's modes, where none is running.
    pub(crate) fn ensure_transaction(&mut self, access: Option<Access>) -> Result<(), SqlError> {
        if matches!(self.state, State::Idle) {
            let decoded = self.settings.decoded();
            let active = self.begin_active(decoded.isolation, access.unwrap_or(decoded.access()))?;
            self.state = State::Implicit(active);
        }
        Ok(())
    }

    fn begin_active(&mut self, isolation: Isolation, access: Access) -> Result<Active, SqlError> {
        let after = self.last_commit;
        let mut txn = self.core.with_shard(|shard| shard.begin_after(isolation, access, after)).map_err(txn_error)?;
        let timeout = self.settings.decoded().lock_timeout_ms;
        if timeout > 0 {
            txn.set_lock_timeout(Some(Duration::from_millis(timeout)));
        }
        let began = self.series_began;
        let eval = self.settings.eval_mut();
        eval.transaction_start = began.unwrap_or(eval.statement_start);
        Ok(Active {
            txn,
            isolation,
            access,
            deferrable: false,
            begun: false,
            catalog: None,
            savepoints: Vec::new(),
            wait: LogIndex::ZERO,
        })
    }

    /// BEGIN
    pub(crate) fn begin_block(&mut self, modes: &TransactionModes, client: &mut impl Client) -> Result<(), SqlError> {
        match std::mem::take(&mut self.state) {
            State::Idle => {
                let decoded = self.settings.decoded();
                let isolation = modes.isolation.map_or(decoded.isolation, isolation_of);
                let access = match modes.read_only {
                    Some(true) => Access::ReadOnly,
                    Some(false) => Access::ReadWrite,
                    None => decoded.access(),
                };
                let mut active = self.begin_active(isolation, access)?;
                active.deferrable = modes.deferrable.unwrap_or(false);
                self.state = State::Block(active);
            }
            State::Implicit(active) => {
                self.state = State::Block(active);
                if *modes != TransactionModes::default() {
                    self.set_modes(modes)?;
                }
            }
            state @ (State::Block(_) | State::Failed(_)) => {
                self.state = state;
                let warning = "there is already a transaction in progress";
                client.notice(Severity::Warning, &SqlError::new(SqlState::ACTIVE_SQL_TRANSACTION, warning));
                self.set_modes(modes)?;
            }
        }
        Ok(())
    }

    /// SET TRANSACTION
    pub(crate) fn set_modes(&mut self, modes: &TransactionModes) -> Result<(), SqlError> {
        let core = self.core.clone();
        let Some(active) = self.state.active() else { return Ok(()) };
        let isolation = modes.isolation.map_or(active.isolation, isolation_of);
        let access = match modes.read_only {
            Some(true) => Access::ReadOnly,
            Some(false) => Access::ReadWrite,
            None => active.access,
        };
        if active.begun {
            return Self::change_modes_late(active, isolation, access);
        }
        core.with_shard(|shard| shard.set_mode(&mut active.txn, isolation, access)).map_err(txn_error)?;
        (active.isolation, active.access) = (isolation, access);
        active.deferrable = modes.deferrable.unwrap_or(active.deferrable);
        Ok(())
    }

    /// After the first statement a transaction may only give up writing.
    fn change_modes_late(active: &mut Active, isolation: Isolation, access: Access) -> Result<(), SqlError> {
        let refused = |message: &str| Err(SqlError::new(SqlState::ACTIVE_SQL_TRANSACTION, message));
        if isolation != active.isolation {
            return refused("SET TRANSACTION ISOLATION LEVEL must be called before any query");
        }
        match (active.access, access) {
            (Access::ReadOnly, Access::ReadWrite) => {
                refused("cannot set transaction read-write mode inside a read-only transaction")
            }
            (Access::ReadWrite, Access::ReadOnly) => {
                active.txn.forbid_writes();
                active.access = access;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// COMMIT. Answers the command tag: a failed block is rolled back.
    pub(crate) async fn commit_block(
        &mut self,
        chain: bool,
        client: &mut impl Client,
    ) -> Result<&'static str, SqlError> {
        match &self.state {
            State::Block(active) => {
                let modes = (active.isolation, active.access, active.deferrable);
                self.commit(client).await?;
                self.chain(chain, modes)?;
                Ok("COMMIT")
            }
            State::Failed(_) => self.rollback_block(chain, client),
            State::Idle | State::Implicit(_) => {
                if chain {
                    return Err(chain_outside("COMMIT"));
                }
                self.no_block(client);
                self.commit(client).await?;
                Ok("COMMIT")
            }
        }
    }

    /// ROLLBACK
    pub(crate) fn rollback_block(&mut self, chain: bool, client: &mut impl Client) -> Result<&'static str, SqlError> {
        let decoded = self.settings.decoded();
        let fallback = (decoded.isolation, Access::ReadWrite, false);
        let modes = match &self.state {
            State::Block(active) | State::Failed(Some(active)) => (active.isolation, active.access, active.deferrable),
            State::Failed(None) => fallback,
            State::Idle | State::Implicit(_) => {
                if chain {
                    return Err(chain_outside("ROLLBACK"));
                }
                self.no_block(client);
                fallback
            }
        };
        self.abort(client);
        self.chain(chain, modes)?;
        Ok("ROLLBACK")
    }

    fn chain(&mut self, chain: bool, modes: (Isolation, Access, bool)) -> Result<(), SqlError> {
        if chain {
            let mut active = self.begin_active(modes.0, modes.1)?;
            active.deferrable = modes.2;
            self.state = State::Block(active);
        }
        Ok(())
    }

    fn no_block(&self, client: &mut impl Client) {
        let warning = SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        client.notice(Severity::Warning, &warning);
    }

    /// Commits what is running and waits until it is durable. Idle: nothing to do.
    pub(crate) async fn commit(&mut self, client: &mut impl Client) -> Result<(), SqlError> {
        let Some(active) = self.state.take() else { return Ok(()) };
        self.close_transaction_portals();
        let Active { txn, catalog, wait, .. } = active;
        let result = self.core.with_shard(|shard| shard.commit(txn)).map_err(txn_error);
        if let (Ok(commit), Some(catalog)) = (&result, catalog) {
            self.publish(catalog, commit);
        }
        self.report(result.is_ok(), client);
        let wait = result?.wait.unwrap_or(LogIndex::ZERO).max(wait);
        self.wait_durable(wait).await
    }

    /// Tells the client about settings that return to their values, now that the transaction has ended.
    fn report(&mut self, committed: bool, client: &mut impl Client) {
        self.close_transaction_cursors(committed);
        for (name, value) in self.settings.end_transaction(committed) {
            client.parameter_status(name, &value);
        }
    }

    /// The catalog of a committed transaction becomes everybody's.
    fn publish(&mut self, catalog: std::sync::Arc<cairn_sql_catalog::Catalog>, commit: &Commit) {
        let mut catalog = std::sync::Arc::unwrap_or_clone(catalog);
        catalog.stamp_rewrites(commit.at);
        *self.core.catalog.borrow_mut() = std::sync::Arc::new(catalog);
    }

    /// Waits for the log. After this the client may be told.
    pub(crate) async fn wait_durable(&mut self, index: LogIndex) -> Result<(), SqlError> {
        if index == LogIndex::ZERO {
            return Ok(());
        }
        self.last_commit = self.last_commit.max(index);
        if self.core.waits.durable(index).await {
            return Ok(());
        }
        let mut error = SqlError::new(
            SqlState::STATEMENT_COMPLETION_UNKNOWN,
            "the transaction log failed while the commit was on its way: it may or may not have happened",
        );
        error.fields_mut().fatal = true;
        Err(error)
    }

    /// Gives up what is running.
    pub(crate) fn abort(&mut self, client: &mut impl Client) {
        if let Some(active) = self.state.take() {
            self.core.with_shard(|shard| shard.abort(active.txn));
        }
        self.close_transaction_portals();
        self.report(false, client);
    }

    /// A statement failed: its transaction fails with it. Called for every error that the client is told.
    pub fn statement_failed(&mut self) {
        match std::mem::take(&mut self.state) {
            State::Block(active) if active.savepoints.is_empty() => {
                // Nothing can bring it back: give up its locks now.
                self.core.with_shard(|shard| shard.abort(active.txn));
                self.state = State::Failed(None);
            }
            State::Block(active) => self.state = State::Failed(Some(active)),
            State::Implicit(active) => {
                self.core.with_shard(|shard| shard.abort(active.txn));
                self.settings.end_transaction(false);
                self.close_transaction_portals();
            }
            state @ (State::Idle | State::Failed(_)) => self.state = state,
        }
    }

    /// SAVEPOINT
    pub(crate) fn savepoint(&mut self, name: String) -> Result<(), SqlError> {
        let settings = self.settings.mark();
        let core = self.core.clone();
        let active = self.block("SAVEPOINT")?;
        let id = core.with_shard(|shard| shard.savepoint(&mut active.txn));
        let catalog = active.catalog.clone();
        active.savepoints.push(Savepoint { name, id, settings, catalog });
        Ok(())
    }

    /// RELEASE
    pub(crate) fn release(&mut self, name: &str) -> Result<(), SqlError> {
        let core = self.core.clone();
        let active = self.block("RELEASE SAVEPOINT")?;
        let at = active.savepoint(name)?;
        let id = active.savepoints[at].id;
        active.savepoints.truncate(at);
        core.with_shard(|shard| shard.release(&mut active.txn, id)).map_err(txn_error)
    }

    /// ROLLBACK TO: also the way back out of a failed block.
    pub(crate) fn rollback_to(&mut self, name: &str, client: &mut impl Client) -> Result<(), SqlError> {
        let mut active = match std::mem::take(&mut self.state) {
            State::Block(active) | State::Failed(Some(active)) => active,
            other => {
                let failed = matches!(other, State::Failed(_));
                self.state = other;
                return Err(if failed {
                    SqlError::new(SqlState::INVALID_SAVEPOINT, format!("savepoint \"{name}\" does not exist"))
                } else {
                    outside("ROLLBACK TO SAVEPOINT")
                });
            }
        };
        let at = match active.savepoint(name) {
            Ok(at) => at,
            Err(error) => {
                self.state = State::Failed(Some(active));
                return Err(error);
            }
        };
        active.savepoints.truncate(at + 1);
        let savepoint = &active.savepoints[at];
        let (id, settings, catalog) = (savepoint.id, savepoint.settings, savepoint.catalog.clone());
        let result = self.core.with_shard(|shard| shard.rollback_to(&mut active.txn, id)).map_err(txn_error);
        active.catalog = catalog;
        self.state = State::Block(active);
        for (name, value) in self.settings.rollback_to(settings) {
            client.parameter_status(name, &value);
        }
        result
    }

    /// The transaction of a block that has not failed.
    fn block(&mut self, what: &str) -> Result<&mut Active, SqlError> {
        match &mut self.state {
            State::Block(active) => Ok(active),
            State::Failed(_) => Err(crate::block::aborted()),
            State::Idle | State::Implicit(_) => Err(outside(what)),
        }
    }

    /// Stores the sequence positions that this statement moved; they must be durable before anything is answered.
    pub(crate) fn flush_sequences(&mut self) -> Result<(), SqlError> {
        let core = self.core.clone();
        let flushed = core.with_shard(|shard| core.sequences.borrow_mut().flush(shard)).map_err(catalog_error)?;
        if let (Some(Commit { wait: Some(index), .. }), Some(active)) = (flushed, self.state.active()) {
            active.wait = active.wait.max(index);
        }
        Ok(())
    }
}

pub(crate) fn isolation_of(level: IsolationLevel) -> Isolation {
    match level {
        IsolationLevel::ReadUncommitted | IsolationLevel::ReadCommitted => Isolation::ReadCommitted,
        IsolationLevel::RepeatableRead => Isolation::RepeatableRead,
        IsolationLevel::Serializable => Isolation::Serializable,
    }
}

fn outside(what: &str) -> SqlError {
    SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, format!("{what} can only be used in transaction blocks"))
}

fn chain_outside(what: &str) -> SqlError {
    outside(&format!("{what} AND CHAIN"))
}
