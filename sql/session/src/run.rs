//! Running one statement: its transaction, its locks, its back end, its restarts, its end.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_sql_binder::tree::Statement;
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::spaces::{OBJECTS, table_lock_key};
use cairn_sql_short::Stop;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Access, Lock, LockMode, Ticket, Wait};

use crate::block::State;
use crate::client::{Client, Formats, Severity};
use crate::facts::LazyFacts;
use crate::failure::{Failure, txn_error};
use crate::host::SessionHost;
use crate::prepared::Prepared;
use crate::result::Held;
use crate::session::Session;
use crate::tag::Tag;
use crate::wait::LockOutcome;

/// How a statement's answer is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    /// Formats of the result columns.
    pub(crate) formats: &'a Formats,
    /// Most rows now; the rest is held.
    pub(crate) rows_max: Option<u64>,
    /// Send a RowDescription first (simple protocol).
    pub(crate) describe: bool,
    /// Nothing else will run in this implicit transaction.
    pub(crate) alone: bool,
}

/// A statement that ended well.
#[derive(Debug)]
pub(crate) enum Completed {
    /// With this command tag.
    Tag(Tag),
    /// More rows are there than were wanted.
    Suspended(Held),
    /// It was empty.
    Empty,
}

impl Completed {
    pub(crate) fn tag(words: &'static str) -> Self {
        Completed::Tag(Tag::words(words))
    }

    pub(crate) fn rows(words: &'static str, rows: u64) -> Self {
        Completed::Tag(Tag::rows(words, rows))
    }
}

impl Session {
    /// Runs a statement. Whoever calls tells the client how it ended and, on an error, calls
    /// [`Session::statement_failed`].
    pub(crate) async fn run(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.check_not_failed(&prepared)?;
        self.send_notices(&prepared, client);
        match prepared.statement() {
            None => Ok(Completed::Empty),
            Some(Statement::Utility(_)) => self.run_utility(prepared, params, wish, client).await,
            Some(_) => self.run_data(prepared, params, wish, client).await,
        }
    }

    fn send_notices(&self, prepared: &Prepared, client: &mut impl Client) {
        for notice in prepared.notices() {
            client.notice(Severity::Notice, &SqlError::new(notice.state, notice.message.clone()));
        }
    }

    /// In a failed block only the statements that end it, or lead back to a savepoint, may run.
    pub(crate) fn check_not_failed(&self, prepared: &Prepared) -> Result<(), SqlError> {
        use cairn_sql_binder::utility::Utility;
        if !self.is_failed() {
            return Ok(());
        }
        match prepared.statement() {
            None => Ok(()),
            Some(Statement::Utility(utility)) => match **utility {
                Utility::Commit { .. } | Utility::Rollback { .. } | Utility::RollbackTo(_) => Ok(()),
                _ => Err(crate::block::aborted()),
            },
            Some(_) => Err(crate::block::aborted()),
        }
    }

    async fn run_data(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        let lone_read = wish.alone && matches!(self.state, State::Idle) && is_plain_read(&prepared);
        self.ensure_transaction(lone_read.then_some(Access::ReadOnly))?;
        self.begin_statement()?;
        let deadline = self.deadline();
        let prepared = if lone_read { self.current(prepared)? } else { self.claim(prepared, deadline).await? };
        let completed = match prepared.statement() {
            Some(Statement::Query(_)) => self.run_query(prepared, params, wish, deadline, client).await?,
            Some(Statement::Ddl(_)) => self.run_ddl(prepared, params, deadline, client).await?,
            Some(_) => self.run_write(prepared, params, wish, deadline, client).await?,
            None => Completed::Empty,
        };
        self.end_statement(deadline, client).await?;
        Ok(completed)
    }

    /// A message with work has come: this is the statement's time, and that of a transaction which begins with it. Literals like
    /// `'now'` are read by it before the transaction has begun.
    pub(crate) fn note_time(&mut self) {
        let now = self.core.now();
        let began = *self.series_began.get_or_insert(now);
        let idle = matches!(self.state, State::Idle);
        let eval = self.settings.eval_mut();
        eval.statement_start = now;
        if idle {
            eval.transaction_start = began;
        }
    }

    /// Marks the beginning of a statement in the transaction.
    pub(crate) fn begin_statement(&mut self) -> Result<(), SqlError> {
        self.scratch.begin_again();
        let core = self.core.clone();
        let active = self.state.active().expect("a transaction was begun");
        active.begun = true;
        // A statement that failed keeps what it drew, as in PostgreSQL.
        self.sequences.borrow_mut().keep_drawn();
        core.with_shard(|shard| shard.begin_statement(&mut active.txn)).map_err(txn_error)
    }

    /// Takes the shared lock of every table that the statement touches, so that no DDL changes it until the transaction ends; and
    /// binds the statement again where the catalog has changed meanwhile.
    pub(crate) async fn claim(
        &mut self,
        mut prepared: Rc<Prepared>,
        deadline: Option<Instant>,
    ) -> Result<Rc<Prepared>, Failure> {
        loop {
            prepared = self.current(prepared)?;
            match self.try_claim(&prepared)? {
                None => return Ok(prepared),
                Some(ticket) => {
                    self.wait_for_lock(ticket, deadline).await?;
                    self.restart_statement()?;
                }
            }
        }
    }

    fn try_claim(&mut self, prepared: &Prepared) -> Result<Option<Ticket>, SqlError> {
        let core = self.core.clone();
        let active = self.state.active().expect("a transaction was begun");
        core.with_shard(|shard| {
            for used in prepared.tables() {
                let key = table_lock_key(used.table);
                match shard.lock(&mut active.txn, OBJECTS, &key, LockMode::KeyShare, Wait::Wait).map_err(txn_error)? {
                    Lock::Granted | Lock::Skipped => {}
                    Lock::Queued(ticket) => return Ok(Some(ticket)),
                }
            }
            Ok(None)
        })
    }

    /// The statement as the newest catalog has it.
    pub(crate) fn current(&mut self, prepared: Rc<Prepared>) -> Result<Rc<Prepared>, SqlError> {
        let version = self.catalog().version;
        if prepared.catalog_version == version || prepared.bound.is_none() {
            return Ok(prepared);
        }
        let again = self.prepare_again(&prepared)?;
        if again.columns().map(types_of) != prepared.columns().map(types_of) {
            let mut error = SqlError::unsupported_message("cached plan must not change result type");
            // pgjdbc prepares the statement again when it reads this name.
            error.fields_mut().routine = Some("RevalidateCachedQuery");
            return Err(error);
        }
        Ok(again)
    }

    /// Takes a statement back, to run it again.
    pub(crate) fn restart_statement(&mut self) -> Result<(), SqlError> {
        self.set_config.borrow_mut().clear();
        self.sleep.set(0);
        self.sequences.borrow_mut().take_back_drawn(&mut self.core.sequences.borrow_mut());
        let core = self.core.clone();
        let active = self.state.active().expect("a transaction is running");
        core.with_shard(|shard| shard.restart_statement(&mut active.txn)).map_err(txn_error)
    }

    /// Carries out what the statement's functions asked for: sequence positions, settings, sleep.
    pub(crate) async fn end_statement(
        &mut self,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<(), Failure> {
        self.sequences.borrow_mut().keep_drawn();
        self.flush_sequences()?;
        let changes = std::mem::take(&mut *self.set_config.borrow_mut());
        for (name, value, local) in changes {
            self.set(&name, Some(&value), local, client)?;
        }
        let micros = self.sleep.take();
        if micros > 0 {
            self.interruptible(deadline, tokio::time::sleep(Duration::from_micros(micros))).await?;
        }
        Ok(())
    }

    /// Changes a setting and tells the client where it follows that setting.
    pub(crate) fn set(
        &mut self,
        name: &str,
        value: Option<&str>,
        local: bool,
        client: &mut impl Client,
    ) -> Result<(), SqlError> {
        let change = self.settings.set(name, value, local)?;
        if let Some((name, value)) = change {
            client.parameter_status(name, &value);
        }
        Ok(())
    }

    /// When `statement_timeout` ends this statement.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let timeout = self.settings.decoded().statement_timeout_ms;
        (timeout > 0).then(|| Instant::now() + Duration::from_millis(timeout))
    }

    /// Waits for something, or for a cancel request, or for the statement's deadline.
    pub(crate) async fn interruptible<T>(
        &self,
        deadline: Option<Instant>,
        work: impl Future<Output = T>,
    ) -> Result<T, SqlError> {
        let timeout = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.cancel.raised() => Err(self.cancel.error()),
            () = timeout => Err(timed_out()),
        }
    }

    /// Waits for a row or table lock.
    pub(crate) async fn wait_for_lock(&mut self, ticket: Ticket, deadline: Option<Instant>) -> Result<(), SqlError> {
        let granted = self.core.waits.lock(ticket);
        self.core.services.kick();
        let outcome = self.interruptible(deadline, granted).await;
        match outcome {
            Ok(LockOutcome::Granted) => Ok(()),
            Ok(LockOutcome::TimedOut) => {
                Err(SqlError::new(SqlState::LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout"))
            }
            Ok(LockOutcome::Poisoned) => {
                let mut error = SqlError::new(SqlState::ADMIN_SHUTDOWN, "the transaction log has failed");
                error.fields_mut().fatal = true;
                Err(error)
            }
            Err(error) => {
                self.core.with_shard(|shard| shard.cancel_wait(ticket));
                Err(error)
            }
        }
    }

    /// Does what a stopped statement waits for, then takes it back so that it can run again.
    pub(crate) async fn pause(&mut self, stop: Stop, deadline: Option<Instant>) -> Result<(), Failure> {
        self.wait_out(stop, deadline).await?;
        self.restart_statement()?;
        Ok(())
    }

    /// Gives the core to others for a moment, in the middle of something long.
    pub(crate) async fn breathe(&self, deadline: Option<Instant>) -> Result<(), SqlError> {
        tokio::task::yield_now().await;
        if self.cancel.is_raised() {
            return Err(self.cancel.error());
        }
        match deadline {
            Some(deadline) if Instant::now() >= deadline => Err(timed_out()),
            _ => Ok(()),
        }
    }

    /// What the statement has done so far need not be done again.
    pub(crate) fn keep_progress(&mut self) {
        let core = self.core.clone();
        let active = self.state.active().expect("a transaction is running");
        core.with_shard(|shard| shard.keep_progress(&mut active.txn));
    }

    /// Back to where the statement last kept its progress; `false`: it must begin again.
    pub(crate) fn resume_statement(&mut self) -> Result<bool, SqlError> {
        let core = self.core.clone();
        let active = self.state.active().expect("a transaction is running");
        core.with_shard(|shard| shard.resume_statement(&mut active.txn)).map_err(txn_error)
    }

    /// Does what a stopped statement waits for. Its work is as it stopped: it has to be taken back.
    pub(crate) async fn wait_out(&mut self, stop: Stop, deadline: Option<Instant>) -> Result<(), Failure> {
        match stop {
            Stop::Wait(ticket) => self.wait_for_lock(ticket, deadline).await?,
            Stop::Fetch(task) => {
                let fetch = self.core.services.fetch(*task);
                self.interruptible(deadline, fetch).await?.map_err(|error| txn_error(error.into()))?;
            }
            Stop::Busy(_) => {
                let core = self.core.clone();
                core.services.kick();
                self.interruptible(deadline, core.waits.progress()).await?;
            }
            Stop::Restart | Stop::Pause => {}
            Stop::Escalate => return Err(SqlError::internal("a statement escalated that cannot").into()),
            Stop::Error(error) => return Err(error.into()),
        }
        if self.cancel.is_raised() {
            return Err(self.cancel.error().into());
        }
        Ok(())
    }

    /// Evaluates something outside a statement: parameters, EXECUTE's arguments.
    pub(crate) fn with_eval<T>(
        &self,
        work: impl FnOnce(&EvalContext<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let catalog = self.catalog();
        let host = SessionHost {
            core: &self.core,
            catalog: &catalog,
            facts: self.facts(&catalog),
            memory: &self.sequences,
            set_config: &self.set_config,
            sleep: &self.sleep,
        };
        work(&EvalContext { settings: &self.settings.decoded().eval, host: &host })
    }

    /// What functions may know about this session.
    pub(crate) fn facts<'a>(&'a self, catalog: &'a Catalog) -> LazyFacts<'a> {
        LazyFacts::new(&self.core, catalog, &self.settings, &self.user, self.process, self.modes())
    }
}

/// A SELECT that neither locks nor changes anything.
fn is_plain_read(prepared: &Prepared) -> bool {
    prepared.query().is_some()
        && prepared.bound.as_ref().is_some_and(|bound| !bound.flags.volatile && !bound.flags.locking)
}

fn types_of(columns: &[cairn_sql_binder::tree::OutputColumn]) -> Vec<(Arc<str>, cairn_sql_types::TypeId)> {
    columns.iter().map(|column| (column.name.clone(), column.ty.id)).collect()
}

fn timed_out() -> SqlError {
    SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
}
