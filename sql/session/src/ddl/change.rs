//! Carrying out a change: the catalog at once, the rows step by step.
//!
//! ```text
//!   change 1: catalog -> task, task ...      change 2: catalog -> task ...      publish (at COMMIT)
//!                        |step|step|step|
//!                             ^    ^  others have the core; cancel and statement_timeout are heard
//! ```
//! What a step asks for (a fetch, an engine that catches up) costs that step, not those before it. Only a lock that must be
//! waited for takes the whole statement back.

use std::sync::Arc;
use std::time::Instant;

use cairn_sql_catalog::sequence::Position;
use cairn_sql_catalog::{Edit, Oid};
use cairn_sql_short::Stop;
use cairn_sql_short::ddl::{DataContext, Place, Step, Task};
use cairn_sql_types::SqlError;
use cairn_sql_types::kernel::EvalContext;

use super::{Outcome, Work};
use crate::client::{Client, Severity};
use crate::facts::LazyFacts;
use crate::failure::Failure;
use crate::host::SessionHost;
use crate::session::Session;

/// What a statement has to say and to do when all of it has succeeded.
#[derive(Default)]
struct Changed {
    tag: String,
    notices: Vec<SqlError>,
    positions: Vec<(Oid, Option<Position>)>,
}

/// Why a try did not come to its end.
enum Setback {
    /// Wait for this, then begin again.
    Again(Stop),
    Failed(Failure),
}

impl From<Stop> for Setback {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Error(error) => Setback::Failed(error.into()),
            other => Setback::Again(other),
        }
    }
}

impl From<SqlError> for Setback {
    fn from(error: SqlError) -> Self {
        Setback::Failed(error.into())
    }
}

impl Session {
    /// Runs the changes of one statement to their end, however often they must wait; then the transaction has a new private
    /// catalog. Answers the last one's tag.
    pub(crate) async fn change_catalog(
        &mut self,
        deadline: Option<Instant>,
        client: &mut impl Client,
        changes: &[impl Fn(&mut Work<'_>) -> Outcome],
    ) -> Result<String, Failure> {
        let before = self.state.active_ref().and_then(|active| active.catalog.clone());
        let changed = loop {
            let setback = match self.try_changes(changes, deadline).await {
                Ok(changed) => break changed,
                Err(setback) => setback,
            };
            self.state.active().expect("a transaction is running").catalog.clone_from(&before);
            match setback {
                Setback::Again(stop) => self.pause(stop, deadline).await?,
                Setback::Failed(failure) => return Err(failure),
            }
        };
        for notice in changed.notices {
            client.notice(Severity::Notice, &notice);
        }
        let mut sequences = self.core.sequences.borrow_mut();
        for (oid, position) in changed.positions {
            match position {
                Some(position) => sequences.set(oid, position),
                None => sequences.forget(oid),
            }
        }
        Ok(changed.tag)
    }

    async fn try_changes(
        &mut self,
        changes: &[impl Fn(&mut Work<'_>) -> Outcome],
        deadline: Option<Instant>,
    ) -> Result<Changed, Setback> {
        let mut all = Changed::default();
        for change in changes {
            let (changed, tasks) = self.try_change(change)?;
            all.tag = changed.tag;
            all.notices.extend(changed.notices);
            all.positions.extend(changed.positions);
            for task in &tasks {
                self.carry_out_task(task, deadline).await?;
            }
        }
        Ok(all)
    }

    /// Changes the catalog. Never waits; answers what is left to do on rows.
    fn try_change(&mut self, change: impl Fn(&mut Work<'_>) -> Outcome) -> Result<(Changed, Vec<Task>), Stop> {
        let base = self.catalog();
        let modes = self.modes();
        let bind = self.bind_settings();
        let Session { core, state, settings, user, process, sequences, set_config, sleep, scratch, .. } = self;
        let facts = LazyFacts::new(core, &base, settings, user, *process, modes);
        let host = SessionHost { core, catalog: &base, facts, memory: sequences, set_config, sleep };
        let eval = EvalContext { settings: &settings.decoded().eval, host: &host };
        let active = state.active().expect("a transaction is running");
        let (changed, begun, tasks, catalog) = core.with_shard(|shard| {
            let mut work = Work {
                edit: Edit::new(shard, &mut active.txn, &base),
                eval: &eval,
                engines: &core.config.engines,
                row_ids: &mut core.row_ids.borrow_mut(),
                scratch,
                before: &base,
                bind: &bind,
                notices: Vec::new(),
                positions: Vec::new(),
                begun: Vec::new(),
                tasks: Vec::new(),
            };
            let tag = change(&mut work)?;
            let Work { notices, positions, begun, tasks, edit, .. } = work;
            Ok::<_, Stop>((Changed { tag, notices, positions }, begun, tasks, edit.into_catalog()))
        })?;
        let mut sequences = core.sequences.borrow_mut();
        for (oid, start) in begun {
            sequences.set(oid, Position { last: start, called: false });
        }
        drop(sequences);
        active.catalog = Some(Arc::new(catalog));
        Ok((changed, tasks))
    }

    async fn carry_out_task(&mut self, task: &Task, deadline: Option<Instant>) -> Result<(), Setback> {
        let mut place = Place::default();
        loop {
            self.keep_progress();
            match self.step(task, &mut place) {
                Ok(Step::Done) => return Ok(()),
                Ok(Step::More) => self.breathe(deadline).await?,
                Err(stop @ (Stop::Fetch(_) | Stop::Busy(_))) => {
                    self.wait_out(stop, deadline).await.map_err(Setback::Failed)?;
                    if !self.resume_statement()? {
                        return Err(Setback::Again(Stop::Restart));
                    }
                }
                Err(stop) => return Err(stop.into()),
            }
        }
    }

    fn step(&mut self, task: &Task, place: &mut Place) -> Result<Step, Stop> {
        let catalog = self.catalog();
        let modes = self.modes();
        let Session { core, state, settings, user, process, sequences, set_config, sleep, scratch, .. } = self;
        let facts = LazyFacts::new(core, &catalog, settings, user, *process, modes);
        let host = SessionHost { core, catalog: &catalog, facts, memory: sequences, set_config, sleep };
        let eval = EvalContext { settings: &settings.decoded().eval, host: &host };
        let active = state.active().expect("a transaction is running");
        core.with_shard(|shard| {
            let mut data = DataContext {
                shard,
                txn: &mut active.txn,
                catalog: &catalog,
                eval: &eval,
                row_ids: &mut core.row_ids.borrow_mut(),
                scratch,
            };
            task.step(&mut data, place)
        })
    }
}
