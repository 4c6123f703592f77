//! The two protocols' ways of running statements: one text of several statements, or portals up to a Sync.

use std::rc::Rc;

use cairn_sql_binder::parse;
use cairn_sql_types::Datum;

use crate::block::State;
use crate::client::{Client, Formats};
use crate::failure::Failure;
use crate::portal::{Portal, Progress, no_portal};
use crate::prepare::Ready;
use crate::result::{Held, send_held};
use crate::run::{Completed, Wish};
use crate::session::Session;
use crate::tag::Tag;

impl Session {
    /// A Query message: statements in one text. They share an implicit transaction unless they begin or end blocks.
    pub async fn simple_query(&mut self, text: &str, client: &mut impl Client) -> Result<(), Failure> {
        self.cancel.lower();
        self.series_began = None;
        self.note_time();
        self.portals.remove("");
        self.statements.remove("");
        if let Some(Ready { prepared, params }) = self.ready_from_cache(text) {
            self.run_simple(prepared, &params, true, client).await?;
            return Ok(self.end_message(client).await?);
        }
        let statements = parse(text)?;
        if statements.is_empty() {
            client.empty_query();
            return Ok(());
        }
        let alone = statements.len() == 1;
        for statement in &statements {
            let prepared = self.bind_simple(statement)?;
            if alone {
                self.keep_simple(text, &prepared);
            }
            self.run_simple(prepared, &[], alone, client).await?;
        }
        Ok(self.end_message(client).await?)
    }

    async fn run_simple(
        &mut self,
        prepared: Rc<crate::prepared::Prepared>,
        params: &[Datum],
        alone: bool,
        client: &mut impl Client,
    ) -> Result<(), Failure> {
        let formats = Formats::default();
        let wish = Wish { formats: &formats, rows_max: None, describe: true, alone };
        let mark = client.mark();
        let completed = self.run(prepared, params, wish, client).await?;
        // A lone statement is answered when it is durable; its answer is still in the buffer when the commit fails.
        if alone && let Err(error) = self.end_message(client).await {
            client.rewind(mark);
            return Err(error.into());
        }
        match completed {
            Completed::Tag(tag) => client.command_complete(&tag),
            Completed::Empty => client.empty_query(),
            Completed::Suspended(_) => unreachable!("a simple query has no row limit"),
        }
        Ok(())
    }

    /// The end of a Query message, or a Sync: the implicit transaction ends.
    async fn end_message(&mut self, client: &mut impl Client) -> Result<(), cairn_sql_types::SqlError> {
        self.series_began = None;
        match self.state {
            State::Implicit(_) => self.commit(client).await,
            _ => Ok(()),
        }
    }

    /// Execute: runs a portal, or goes on with it. `last`: a Sync follows directly.
    pub async fn execute(
        &mut self,
        name: &str,
        rows_max: Option<u64>,
        last: bool,
        client: &mut impl Client,
    ) -> Result<(), Failure> {
        self.cancel.lower();
        self.note_time();
        let portal = self.portals.get_mut(name).ok_or_else(|| no_portal(name))?;
        let statement = portal.statement.clone();
        let (params, formats) = (std::mem::take(&mut portal.params), std::mem::take(&mut portal.formats));
        let progress = std::mem::replace(&mut portal.progress, Progress::Done);
        let completed = match progress {
            Progress::New => {
                let prepared = statement.prepared.borrow().clone();
                let wish = Wish { formats: &formats, rows_max, describe: false, alone: last };
                self.run(prepared, &params, wish, client).await
            }
            Progress::Rows(held) => self.go_on(&statement, held, &formats, rows_max, client).await,
            Progress::Done => Ok(Completed::Tag(done_tag(&statement))),
        };
        // BEGIN, COMMIT and DISCARD may have closed the portal.
        let mut portal = self.portals.get_mut(name);
        if let Some(portal) = &mut portal {
            portal.formats = formats;
        }
        match completed? {
            Completed::Tag(tag) => client.command_complete(&tag),
            Completed::Empty => client.empty_query(),
            Completed::Suspended(held) => {
                client.portal_suspended();
                if let Some(portal) = portal {
                    portal.progress = Progress::Rows(held);
                }
            }
        }
        Ok(())
    }

    async fn go_on(
        &mut self,
        statement: &crate::portal::Statement,
        held: Held,
        formats: &Formats,
        rows_max: Option<u64>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.check_not_failed(&statement.prepared.borrow())?;
        let columns = statement.columns.clone().unwrap_or_else(|| [].into());
        let (sent, rest) = self.with_eval(|context| send_held(held, context, &columns, formats, rows_max, client))?;
        client.relieve().await?;
        Ok(match rest {
            Some(rest) => Completed::Suspended(rest),
            None => Completed::rows("SELECT", sent),
        })
    }

    /// Sync: the implicit transaction ends. `failed`: an error has ended it already.
    pub async fn sync(&mut self, failed: bool, client: &mut impl Client) -> Result<(), Failure> {
        debug_assert!(!failed || !matches!(self.state, State::Implicit(_)), "the error has aborted it");
        Ok(self.end_message(client).await?)
    }

    /// Portals end with their transaction.
    pub(crate) fn close_transaction_portals(&mut self) {
        self.portals.retain(|_, portal: &mut Portal| portal.holds());
    }
}

/// The tag of a portal that is executed again after its end.
fn done_tag(statement: &crate::portal::Statement) -> Tag {
    if statement.columns.is_some() { Tag::rows("SELECT", 0) } else { Tag::words("") }
}
