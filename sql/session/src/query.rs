//! SELECT: on the core where the short executor can, on the analytics pool otherwise.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use cairn_base::{LogIndex, SpaceId};
use cairn_sql_analytics::{Input, Rows};
use cairn_sql_binder::tree::{OutputColumn, Query};
use cairn_sql_short::{ExecContext, Limits, RowSink, RowView, ShortPlan, Stop};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError};
use cairn_txn::ReadLog;

use crate::client::Client;
use crate::command::command_name;
use crate::facts::LazyFacts;
use crate::failure::{Failure, txn_error};
use crate::host::{PoolHost, SessionHost};
use crate::prepared::Prepared;
use crate::result::{ClientSink, CollectSink, Held};
use crate::run::{Completed, Wish};
use crate::session::Session;
use crate::settings::Executor;

/// Rounds of fetching blocks after which a query that still misses memory runs whole in the pool. A join takes one for each
/// of its tables.
const FETCH_ROUNDS_MAX: u32 = 4;

/// Where a query can run.
pub(crate) enum Route {
    Short(Rc<ShortPlan>),
    Analytics,
}

/// How a query on the core ended.
enum Outcome {
    Completed(Completed),
    /// It reads too many rows.
    TooLarge,
    /// It reads too much that is not in memory.
    Cold,
}

impl Session {
    pub(crate) async fn run_query(
        &mut self,
        mut prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.check_reads_only(&prepared)?;
        if wish.describe {
            client.row_description(prepared.columns().unwrap_or(&[]), wish.formats);
        }
        if let Route::Short(plan) = self.route(&prepared)? {
            let columns: &[OutputColumn] = prepared.columns().unwrap_or(&[]);
            match self.run_short_query(&plan, params, columns, wish, deadline, client).await? {
                Outcome::Completed(completed) => return Ok(completed),
                Outcome::TooLarge => prepared.escalated.set(true),
                // The next time it may be in memory.
                Outcome::Cold => {}
            }
        }
        prepared = self.claim(prepared, deadline).await?;
        let rows = self.start_analytics(&prepared, params, deadline).await?;
        self.stream(rows, prepared.columns().unwrap_or(&[]), wish, deadline, client).await
    }

    /// A READ ONLY transaction locks no rows and moves no sequences.
    fn check_reads_only(&self, prepared: &Prepared) -> Result<(), SqlError> {
        let Some(bound) = &prepared.bound else { return Ok(()) };
        if bound.flags.locking {
            return self.check_writable(command_name(&bound.statement));
        }
        match bound.flags.moves_sequence {
            Some(function) => self.check_writable(&format!("{function}()")),
            None => Ok(()),
        }
    }

    /// Decides where a statement's reading runs.
    pub(crate) fn route(&mut self, prepared: &Prepared) -> Result<Route, SqlError> {
        let executor = self.settings.decoded().executor;
        let locking = prepared.query().is_some_and(|query| !query.locking.is_empty());
        if executor == Executor::Analytics && prepared.query().is_some() && !locking {
            return Ok(Route::Analytics);
        }
        let forced = executor == Executor::Short || locking;
        if prepared.escalated.get() && !forced {
            return Ok(Route::Analytics);
        }
        match self.short_plan(prepared, forced) {
            Ok(plan) => Ok(Route::Short(plan)),
            Err(reason) if forced => {
                let what = if locking { "FOR UPDATE/SHARE in this query" } else { "this query on the short executor" };
                Err(SqlError::unsupported(what).detail(format!("The short executor does not take it: {}.", reason.0)))
            }
            Err(_) => Ok(Route::Analytics),
        }
    }

    /// Runs a query on the core.
    async fn run_short_query(
        &mut self,
        plan: &ShortPlan,
        params: &[Datum],
        columns: &[OutputColumn],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Outcome, Failure> {
        let mark = client.mark();
        let mut rounds = 0;
        loop {
            let (done, sent, held) = self.on_core(
                |exec, context| {
                    let mut sink = ClientSink::new(client, context, columns, wish.formats, wish.rows_max);
                    let done = plan.execute(exec, &mut sink);
                    (done, sink.sent, sink.held)
                },
                params,
            );
            let stop = match done {
                Ok(_) if held.rows.is_empty() => {
                    client.relieve().await?;
                    return Ok(Outcome::Completed(Completed::rows("SELECT", sent)));
                }
                Ok(_) => return Ok(Outcome::Completed(Completed::Suspended(held))),
                Err(stop) => stop,
            };
            client.rewind(mark);
            rounds += u32::from(matches!(stop, Stop::Fetch(_)));
            let outcome = match stop {
                Stop::Escalate => Outcome::TooLarge,
                _ if rounds > FETCH_ROUNDS_MAX && plan.can_escalate() => Outcome::Cold,
                stop => {
                    self.pause(stop, deadline).await?;
                    continue;
                }
            };
            self.restart_statement()?;
            return Ok(outcome);
        }
    }

    /// Runs a query for the session itself and keeps its rows.
    pub(crate) async fn collect_query(
        &mut self,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<Held, Failure> {
        if let Route::Short(plan) = self.route(prepared)? {
            loop {
                let (done, sink) = self.on_core(
                    |exec, _| {
                        let mut sink = CollectSink::default();
                        (plan.execute(exec, &mut sink), sink)
                    },
                    params,
                );
                match done {
                    Ok(_) => return Ok(sink.held),
                    Err(Stop::Escalate) => break,
                    Err(stop) => self.pause(stop, deadline).await?,
                }
            }
            self.restart_statement()?;
        }
        let rows = self.start_analytics(prepared, params, deadline).await?;
        self.collect(rows, deadline).await
    }

    /// One synchronous stretch of a statement on the core.
    pub(crate) fn on_core<T>(
        &mut self,
        work: impl FnOnce(&mut ExecContext<'_>, &EvalContext<'_>) -> T,
        params: &[Datum],
    ) -> T {
        let catalog = self.catalog();
        let (limits, modes) = (self.limits(), self.modes());
        let Session { core, state, settings, user, process, sequences, set_config, sleep, scratch, .. } = self;
        let facts = LazyFacts::new(core, &catalog, settings, user, *process, modes);
        let host = SessionHost { core, catalog: &catalog, facts, memory: sequences, set_config, sleep };
        let context = EvalContext { settings: &settings.decoded().eval, host: &host };
        let active = state.active().expect("a transaction is running");
        core.with_shard(|shard| {
            let mut exec = ExecContext {
                shard,
                txn: &mut active.txn,
                catalog: &catalog,
                eval: &context,
                params,
                row_ids: &mut core.row_ids.borrow_mut(),
                scratch,
                limits,
            };
            work(&mut exec, &context)
        })
    }

    fn limits(&self) -> Limits {
        match self.settings.decoded().executor {
            Executor::Short => Limits { rows_visited_max: None, ..Limits::default() },
            Executor::Auto | Executor::Analytics => Limits::default(),
        }
    }

    /// Starts a query on the pool: plans it, waits until its snapshot is in the engines, lets it run.
    pub(crate) async fn start_analytics(
        &mut self,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<Running, Failure> {
        let query = prepared.query().ok_or_else(|| SqlError::internal("no query to analyze"))?;
        self.start_query(query, prepared, params, deadline).await
    }

    /// The same for a query that stands inside another statement.
    pub(crate) async fn start_query(
        &mut self,
        query: &Query,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<Running, Failure> {
        let core = self.core.clone();
        let cached = prepared.analytics.borrow().clone();
        let planned = match cached {
            Some(planned) => planned,
            None => {
                let planning = core.analytics.prepare(Arc::new(query.clone()), prepared.params().to_vec());
                let planned = self.interruptible(deadline, planning).await??;
                *prepared.analytics.borrow_mut() = Some(planned.clone());
                planned
            }
        };
        let catalog = self.catalog();
        let facts = self.facts(&catalog).get().clone();
        let spaces: Vec<SpaceId> = prepared
            .tables()
            .iter()
            .filter_map(|used| catalog.table(used.table))
            .flat_map(|table| table.spaces())
            .collect();
        let active = self.state.active().expect("a transaction is running");
        let frozen = core.with_shard(|shard| shard.frozen(&active.txn, &spaces)).map_err(txn_error)?;
        if frozen.ready != LogIndex::ZERO && !core.with_shard(|shard| shard.is_applied(frozen.ready)) {
            core.services.kick();
            self.interruptible(deadline, core.waits.applied(frozen.ready)).await?;
        }
        let reads = frozen.view.read_log().clone();
        let cancel = Arc::new(AtomicBool::new(false));
        let host = PoolHost { catalog: catalog.clone(), facts, clock: core.now(), seed: core.next_random().into() };
        let input = Input {
            view: frozen.view,
            catalog,
            params: params.to_vec(),
            settings: self.settings.decoded().eval.clone(),
            host: Arc::new(host),
            cancel,
        };
        Ok(Running { rows: core.analytics.run(&planned, input), reads })
    }

    /// Sends a running query's rows to the client.
    async fn stream(
        &mut self,
        mut running: Running,
        columns: &[OutputColumn],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        let mut sent = 0;
        let rows_max = wish.rows_max.unwrap_or(u64::MAX);
        while let Some(batch) = self.interruptible(deadline, running.rows.next()).await? {
            let batch = batch?;
            let left = rows_max - sent;
            let (now, later) = batch.split_at(batch.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            self.with_eval(|context| {
                let mut send = |row: &Vec<Datum>| client.row(context, columns, wish.formats, &RowView::values(row));
                now.iter().try_for_each(&mut send)
            })?;
            sent += now.len() as u64;
            client.relieve().await?;
            if !later.is_empty() {
                let mut held = Held { rows: later.iter().cloned().collect() };
                let rest = self.collect(running, deadline).await?;
                held.rows.extend(rest.rows);
                return Ok(Completed::Suspended(held));
            }
        }
        self.absorb(&running.reads);
        Ok(Completed::rows("SELECT", sent))
    }

    /// Takes a running query's rows to its end.
    pub(crate) async fn collect(&mut self, mut running: Running, deadline: Option<Instant>) -> Result<Held, Failure> {
        let mut sink = CollectSink::default();
        while let Some(batch) = self.interruptible(deadline, running.rows.next()).await? {
            for row in batch? {
                sink.row(&RowView::values(&row))?;
            }
        }
        self.absorb(&running.reads);
        Ok(sink.held)
    }

    /// What was read on the pool counts as read by the transaction.
    pub(crate) fn absorb(&mut self, reads: &ReadLog) {
        let core = self.core.clone();
        if let Some(active) = self.state.active() {
            core.with_shard(|shard| shard.absorb(&mut active.txn, reads));
        }
    }
}

/// A query on the pool and where its reads are remembered.
pub(crate) struct Running {
    pub(crate) rows: Rows,
    pub(crate) reads: Arc<ReadLog>,
}
