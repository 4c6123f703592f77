//! Statements about the session itself.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_sql_binder::tree::{Expr, OutputColumn, Statement};
use cairn_sql_binder::utility::{Discard, TransactionModes, Utility};
use cairn_sql_catalog::schema::Table;
use cairn_sql_catalog::spaces::{OBJECTS, table_lock_key};
use cairn_sql_short::RowView;
use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};
use cairn_txn::{Lock, LockMode, Wait};

use crate::block::isolation_name;
use crate::client::Client;
use crate::failure::{Failure, txn_error};
use crate::prepared::Prepared;
use crate::run::{Completed, Wish};
use crate::session::Session;
use crate::transaction::isolation_of;

impl Session {
    pub(crate) async fn run_utility(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        let Some(Statement::Utility(utility)) = prepared.statement() else {
            return Err(SqlError::internal("not a utility statement").into());
        };
        let deadline = self.deadline();
        let tag = match &**utility {
            Utility::Begin { modes, start } => {
                self.begin_block(modes, client)?;
                if *start { "START TRANSACTION" } else { "BEGIN" }
            }
            Utility::Commit { chain } => self.commit_block(*chain, client).await?,
            Utility::Rollback { chain } => self.rollback_block(*chain, client)?,
            Utility::Savepoint(name) => {
                self.savepoint(name.clone())?;
                "SAVEPOINT"
            }
            Utility::RollbackTo(name) => {
                self.rollback_to(name, client)?;
                "ROLLBACK"
            }
            Utility::Release(name) => {
                self.release(name)?;
                "RELEASE"
            }
            Utility::SetTransaction(modes) => {
                self.set_transaction(modes, client)?;
                "SET"
            }
            Utility::SetSessionCharacteristics(modes) => {
                self.set_characteristics(modes, client)?;
                "SET"
            }
            Utility::Set { local, name, value } => {
                if *local && !self.in_block() {
                    let warning = "SET LOCAL can only be used in transaction blocks";
                    let warning = SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, warning);
                    client.notice(crate::client::Severity::Warning, &warning);
                }
                self.ensure_transaction(None)?;
                self.set_words(name, value.as_deref(), *local, client)?;
                "SET"
            }
            Utility::Reset(Some(name)) => {
                self.ensure_transaction(None)?;
                self.set(name, None, false, client)?;
                "RESET"
            }
            Utility::Reset(None) => {
                self.ensure_transaction(None)?;
                self.reset_all(client)?;
                "RESET"
            }
            Utility::Show(name) => return self.show(name.as_deref(), &prepared, wish, client),
            Utility::Prepare { name, types, text, offset } => {
                self.prepare_named(name, types, text).map_err(|error| moved(error, *offset))?;
                "PREPARE"
            }
            Utility::Execute { name, args, positions } => {
                let values = self.execute_arguments(name, args, positions, params)?;
                let prepared = self.statement(name)?.prepared.borrow().clone();
                return Box::pin(self.run(prepared, &values, wish, client)).await;
            }
            Utility::Deallocate(name) => return self.deallocate(name.as_deref()),
            Utility::Discard(what) => return self.discard(*what, client),
            Utility::Copy(_) => return self.run_copy(&prepared, params, deadline, client).await,
            Utility::Explain { .. } => return self.run_explain(&prepared, params, wish, deadline, client).await,
            Utility::Vacuum { vacuum, .. } => return self.vacuum(*vacuum, deadline).await,
            Utility::Checkpoint => {
                let checkpoint = self.core.services.checkpoint();
                let done = self.interruptible(deadline, checkpoint).await?;
                done.map_err(|reason| SqlError::new(SqlState::IO_ERROR, reason))?;
                "CHECKPOINT"
            }
            Utility::LockTable { tables, nowait } => {
                self.lock_tables(tables, *nowait, deadline).await?;
                "LOCK TABLE"
            }
            Utility::Declare { .. } => {
                self.declare(&prepared, params, deadline).await?;
                "DECLARE CURSOR"
            }
            Utility::Fetch { name, direction, is_move } => {
                return self.fetch(name, *direction, *is_move, wish, client);
            }
            Utility::Close(name) => return self.close_cursor(name.as_deref()),
        };
        Ok(Completed::tag(tag))
    }

    fn set_transaction(&mut self, modes: &TransactionModes, client: &mut impl Client) -> Result<(), SqlError> {
        if !self.in_block() {
            let warning = "SET TRANSACTION can only be used in transaction blocks";
            let warning = SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, warning);
            client.notice(crate::client::Severity::Warning, &warning);
            return Ok(());
        }
        self.set_modes(modes)
    }

    fn set_characteristics(&mut self, modes: &TransactionModes, client: &mut impl Client) -> Result<(), SqlError> {
        self.ensure_transaction(None)?;
        if let Some(level) = modes.isolation {
            self.set("default_transaction_isolation", Some(isolation_name(isolation_of(level))), false, client)?;
        }
        let on = |yes| if yes { "on" } else { "off" };
        if let Some(read_only) = modes.read_only {
            self.set("default_transaction_read_only", Some(on(read_only)), false, client)?;
        }
        if let Some(deferrable) = modes.deferrable {
            self.set("default_transaction_deferrable", Some(on(deferrable)), false, client)?;
        }
        Ok(())
    }

    /// SET of a list of words. `transaction_isolation` and its kin are modes of the transaction.
    fn set_words(
        &mut self,
        name: &str,
        value: Option<&[String]>,
        local: bool,
        client: &mut impl Client,
    ) -> Result<(), SqlError> {
        let joined = value.map(|words| match name {
            // A list of names: what was quoted stays so.
            "search_path" => words.iter().map(|word| quote_ident(word)).collect::<Vec<_>>().join(", "),
            _ => words.join(", "),
        });
        match (name, joined.as_deref()) {
            ("transaction_isolation", Some(level)) => {
                let isolation = crate::settings::parse_isolation(level)?;
                self.set_modes(&TransactionModes { isolation: Some(isolation), ..TransactionModes::default() })
            }
            ("transaction_read_only", Some(value)) => {
                let read_only = crate::settings::parse_boolean("transaction_read_only", value)?;
                self.set_modes(&TransactionModes { read_only: Some(read_only), ..TransactionModes::default() })
            }
            (_, joined) => self.set(name, joined, local, client),
        }
    }

    fn reset_all(&mut self, client: &mut impl Client) -> Result<(), SqlError> {
        for (name, value) in self.settings.reset_all()? {
            client.parameter_status(name, &value);
        }
        Ok(())
    }

    fn show(
        &mut self,
        name: Option<&str>,
        prepared: &Prepared,
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        let rows: Vec<Vec<Datum>> = match name {
            Some(name) => vec![vec![Datum::text(self.show_one(name)?)]],
            None => {
                let row = |(definition, value): (&crate::settings::Definition, String)| {
                    vec![Datum::text(definition.name), Datum::text(value), Datum::text(definition.description)]
                };
                self.settings.all().into_iter().map(row).collect()
            }
        };
        self.answer(prepared.columns().unwrap_or(&[]), &rows, wish, client)?;
        Ok(Completed::tag("SHOW"))
    }

    fn show_one(&mut self, name: &str) -> Result<String, SqlError> {
        let catalog = self.catalog();
        let lower = name.to_lowercase();
        match lower.as_str() {
            "transaction_isolation" | "transaction_read_only" | "transaction_deferrable" => {
                Ok(self.facts(&catalog).get().settings.get(&lower).cloned().unwrap_or_default())
            }
            _ => self.settings.get(name),
        }
    }

    /// Rows that the session itself has made.
    pub(crate) fn answer(
        &mut self,
        columns: &[OutputColumn],
        rows: &[Vec<Datum>],
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<(), SqlError> {
        if wish.describe {
            client.row_description(columns, wish.formats);
        }
        self.with_eval(|context| {
            rows.iter().try_for_each(|row| client.row(context, columns, wish.formats, &RowView::values(row)))
        })
    }

    fn prepare_named(&mut self, name: &str, types: &[Type], text: &str) -> Result<(), SqlError> {
        if self.statements.contains_key(name) {
            let message = format!("prepared statement \"{name}\" already exists");
            return Err(SqlError::new(SqlState::DUPLICATE_PREPARED_STATEMENT, message));
        }
        let types: Vec<TypeId> = types.iter().map(|ty| ty.id).collect();
        let statement = self.make_statement(text, &types)?;
        self.statements.insert(name.to_owned(), Rc::new(statement));
        Ok(())
    }

    /// The values that EXECUTE gives to the parameters.
    fn execute_arguments(
        &mut self,
        name: &str,
        args: &[Expr],
        positions: &[u32],
        params: &[Datum],
    ) -> Result<Vec<Datum>, SqlError> {
        let statement = self.statement(name)?;
        if args.len() != statement.params.len() {
            let message = format!("wrong number of parameters for prepared statement \"{name}\"");
            let detail = format!("Expected {} parameters but got {}.", statement.params.len(), args.len());
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, message).detail(detail));
        }
        let wanted = statement.params.clone();
        self.with_eval(|context| {
            let value = |((expr, ty), position): ((&Expr, &Type), &u32)| {
                let value = cairn_sql_short::eval_constant(expr, *ty, params, context);
                // Only a literal is read while it is bound, so only its error has a place.
                value.map_err(|error| if matches!(expr, Expr::Const(..)) { error.at(*position) } else { error })
            };
            args.iter().zip(wanted.iter()).zip(positions).map(value).collect()
        })
    }

    fn deallocate(&mut self, name: Option<&str>) -> Result<Completed, Failure> {
        match name {
            Some(name) => {
                self.statement(name)?;
                self.statements.remove(name);
                Ok(Completed::tag("DEALLOCATE"))
            }
            None => {
                self.statements.clear();
                Ok(Completed::tag("DEALLOCATE ALL"))
            }
        }
    }

    fn discard(&mut self, what: Discard, client: &mut impl Client) -> Result<Completed, Failure> {
        match what {
            Discard::All => {
                if self.in_block() {
                    let message = "DISCARD ALL cannot run inside a transaction block";
                    return Err(SqlError::new(SqlState::ACTIVE_SQL_TRANSACTION, message).into());
                }
                self.statements.clear();
                self.portals.clear();
                self.sequences.borrow_mut().clear();
                self.reset_all(client)?;
                Ok(Completed::tag("DISCARD ALL"))
            }
            Discard::Plans => {
                self.core.plans.borrow_mut().clear();
                Ok(Completed::tag("DISCARD PLANS"))
            }
            Discard::Sequences => {
                self.sequences.borrow_mut().clear();
                Ok(Completed::tag("DISCARD SEQUENCES"))
            }
            Discard::Temp => Ok(Completed::tag("DISCARD TEMP")),
        }
    }

    /// VACUUM collects versions that nobody can see any more. ANALYZE has nothing to refresh: engines count as they go.
    async fn vacuum(&mut self, vacuum: bool, deadline: Option<Instant>) -> Result<Completed, Failure> {
        if !vacuum {
            return Ok(Completed::tag("ANALYZE"));
        }
        if self.in_block() {
            let message = "VACUUM cannot run inside a transaction block";
            return Err(SqlError::new(SqlState::ACTIVE_SQL_TRANSACTION, message).into());
        }
        let collect = self.core.services.collect();
        let done = self.interruptible(deadline, collect).await?;
        done.map_err(|reason| SqlError::new(SqlState::IO_ERROR, reason))?;
        Ok(Completed::tag("VACUUM"))
    }

    /// LOCK TABLE: every mode is taken as ACCESS EXCLUSIVE, which is as strong as any.
    async fn lock_tables(
        &mut self,
        tables: &[Arc<Table>],
        nowait: bool,
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        if !self.in_block() {
            let message = "LOCK TABLE can only be used in transaction blocks";
            return Err(SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, message).into());
        }
        self.begin_statement()?;
        let wait = if nowait { Wait::NoWait } else { Wait::Wait };
        for table in tables {
            self.lock_table(table, wait, deadline).await?;
        }
        Ok(())
    }

    /// Takes a table for this transaction alone.
    pub(crate) async fn lock_table(
        &mut self,
        table: &Table,
        wait: Wait,
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        let key = table_lock_key(table.oid);
        loop {
            let core = self.core.clone();
            let active = self.state.active().expect("a transaction is running");
            let lock = core.with_shard(|shard| shard.lock(&mut active.txn, OBJECTS, &key, LockMode::Update, wait));
            match lock.map_err(txn_error)? {
                Lock::Granted | Lock::Skipped => return Ok(()),
                Lock::Queued(ticket) => {
                    self.wait_for_lock(ticket, deadline).await?;
                    self.restart_statement()?;
                }
            }
        }
    }
}

/// An error inside a part of the text that begins `offset` characters into it.
fn moved(mut error: SqlError, offset: u32) -> SqlError {
    let fields = error.fields_mut();
    fields.position = fields.position.map(|position| position + offset);
    error
}
