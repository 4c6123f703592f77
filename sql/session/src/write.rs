//! INSERT, UPDATE, DELETE: always carried out on the core; where finding the rows needs it, analytics finds them first.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_base::Timestamp;
use cairn_sql_binder::tree::Statement;
use cairn_sql_short::{Done, ExecContext, RowSink, ShortPlan, Stop};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError};
use cairn_txn::ReadLog;

use crate::client::Client;
use crate::command::command_name;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::result::ClientSink;
use crate::run::{Completed, Wish};
use crate::session::Session;
use crate::tag::Tag;

/// Rows that a write takes before others may have the core: about a millisecond.
const ROWS_PER_TURN: usize = 512;

impl Session {
    pub(crate) async fn run_write(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        if let Some(statement) = prepared.statement() {
            self.check_writable(command_name(statement))?;
        }
        let plan = self.short_plan(&prepared, false).map_err(|reason| SqlError::unsupported(reason.0))?;
        let columns = prepared.columns();
        if wish.describe
            && let Some(columns) = columns
        {
            client.row_description(columns, wish.formats);
        }
        let returns = columns.is_some();
        let columns = columns.unwrap_or(&[]);
        let mark = client.mark();
        let (count, held) = self
            .carry_out(&plan, &prepared, params, deadline, |session, rows| {
                client.rewind(mark);
                let attempt = |exec: &mut ExecContext<'_>, context: &EvalContext<'_>| {
                    let mut sink = ClientSink::new(client, context, columns, wish.formats, wish.rows_max);
                    let done = execute(&plan, exec, rows, &mut sink)?;
                    Ok((done.rows, sink.held))
                };
                session.on_core(attempt, params)
            })
            .await?;
        client.relieve().await?;
        if returns && !held.rows.is_empty() {
            return Ok(Completed::Suspended(held));
        }
        Ok(Completed::Tag(tag(&prepared, count)?))
    }

    /// Tries a write until it is done, however often it must wait. Rows that analytics found are found again when the
    /// statement's snapshot has moved since.
    pub(crate) async fn carry_out<T>(
        &mut self,
        plan: &ShortPlan,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
        mut attempt: impl FnMut(&mut Self, &[Vec<Datum>]) -> Result<T, Stop>,
    ) -> Result<T, Failure> {
        let mut found = self.find_rows(plan, prepared, params, deadline).await?;
        loop {
            let stop = match attempt(self, &found.rows) {
                Ok(done) => return Ok(done),
                Err(stop) => stop,
            };
            if self.goes_on_after(stop, deadline).await? {
                continue;
            }
            if !self.still_found(&found) {
                found = self.find_rows(plan, prepared, params, deadline).await?;
            }
        }
    }

    /// Does what a stopped write waits for. `true`: it goes on where it was; otherwise it was taken back whole.
    async fn goes_on_after(&mut self, stop: Stop, deadline: Option<Instant>) -> Result<bool, Failure> {
        if !self.scratch.goes_on() {
            self.pause(stop, deadline).await?;
            return Ok(false);
        }
        if matches!(stop, Stop::Pause) {
            self.keep_progress();
            self.breathe(deadline).await?;
            return Ok(true);
        }
        self.wait_out(stop, deadline).await?;
        if self.resume_statement()? {
            return Ok(true);
        }
        self.scratch.begin_again();
        self.restart_statement()?;
        Ok(false)
    }

    async fn find_rows(
        &mut self,
        plan: &ShortPlan,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<Found, Failure> {
        let Some(query) = plan.row_query() else { return Ok(Found::default()) };
        let running = self.start_query(query, prepared, params, deadline).await?;
        let reads = Some((running.reads.clone(), self.snapshot()));
        let rows = self.collect(running, deadline).await?.rows.into();
        // What was read counts, also when a turn of the write is taken back.
        self.keep_progress();
        Ok(Found { rows, reads })
    }

    /// After a restart, which forgot the statement's reads: are the rows those of the present snapshot? Then their reads
    /// count again.
    fn still_found(&mut self, found: &Found) -> bool {
        match &found.reads {
            None => true,
            Some((reads, snapshot)) if *snapshot == self.snapshot() => {
                self.absorb(reads);
                self.keep_progress();
                true
            }
            Some(_) => false,
        }
    }

    fn snapshot(&self) -> Timestamp {
        self.state.active_ref().expect("a transaction is running").txn.snapshot()
    }
}

/// The rows that a write's query yielded; with what was read at which snapshot, where there is a query.
#[derive(Default)]
struct Found {
    rows: Vec<Vec<Datum>>,
    reads: Option<(Arc<ReadLog>, Timestamp)>,
}

/// One try of a write, or its next turn.
pub(crate) fn execute(
    plan: &ShortPlan,
    exec: &mut ExecContext<'_>,
    rows: &[Vec<Datum>],
    sink: &mut dyn RowSink,
) -> Result<Done, Stop> {
    exec.limits.rows_per_turn = Some(ROWS_PER_TURN);
    match plan.row_query() {
        None => plan.execute(exec, sink),
        Some(_) => plan.execute_with_rows(exec, rows, sink),
    }
}

fn tag(prepared: &Prepared, count: u64) -> Result<Tag, SqlError> {
    match prepared.statement() {
        Some(Statement::Insert(_)) => Ok(Tag::rows("INSERT 0", count)),
        Some(Statement::Update(_)) => Ok(Tag::rows("UPDATE", count)),
        Some(Statement::Delete(_)) => Ok(Tag::rows("DELETE", count)),
        _ => Err(SqlError::internal("not a write")),
    }
}
