//! INSERT, UPDATE, DELETE: always carried out on the core; where finding the rows needs it, analytics finds them first.

use std::rc::Rc;
use std::time::Instant;

use cairn_sql_binder::tree::{OutputColumn, Statement};
use cairn_sql_short::{ShortPlan, Stop};
use cairn_sql_types::{Datum, SqlError};

use crate::client::Client;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::result::ClientSink;
use crate::run::{Completed, Wish};
use crate::session::Session;

impl Session {
    pub(crate) async fn run_write(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.check_writable()?;
        let plan = self.short_plan(&prepared, false).map_err(|reason| SqlError::unsupported(reason.0))?;
        let columns = prepared.columns();
        if wish.describe
            && let Some(columns) = columns
        {
            client.row_description(columns, wish.formats);
        }
        let rows = match plan.row_query() {
            None => Vec::new(),
            Some(query) => {
                let running = self.start_query(query, &prepared, params, deadline).await?;
                self.collect(running, deadline).await?.rows.into()
            }
        };
        let returns = columns.is_some();
        let columns = columns.unwrap_or(&[]);
        let (count, held) = self.write_rows(&plan, &rows, params, columns, wish, deadline, client).await?;
        client.relieve().await?;
        let tag = tag(&prepared, count)?;
        Ok(match held {
            Some(held) if returns => Completed::Suspended(held),
            _ => Completed::Tag(tag),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one statement's loop, with all of its state")]
    async fn write_rows(
        &mut self,
        plan: &ShortPlan,
        rows: &[Vec<Datum>],
        params: &[Datum],
        columns: &[OutputColumn],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<(u64, Option<crate::result::Held>), Failure> {
        let mark = client.mark();
        loop {
            let (done, held) = self.on_core(
                |exec, context| {
                    let mut sink = ClientSink::new(client, context, columns, wish.formats, wish.rows_max);
                    let done = match plan.row_query() {
                        None => plan.execute(exec, &mut sink),
                        Some(_) => plan.execute_with_rows(exec, &mut rows.iter().cloned(), &mut sink),
                    };
                    (done, sink.held)
                },
                params,
            );
            match done {
                Ok(done) => return Ok((done.rows, (!held.rows.is_empty()).then_some(held))),
                Err(Stop::Error(error)) => return Err(error.into()),
                Err(stop) if plan.row_query().is_some() && needs_new_rows(&stop) => {
                    // The rows were found at a snapshot that is out of date now: find them again.
                    client.rewind(mark);
                    self.pause(stop, deadline).await?;
                    return Err(SqlError::new(
                        cairn_sql_types::SqlState::SERIALIZATION_FAILURE,
                        "could not serialize access due to concurrent update",
                    )
                    .hint("The transaction might succeed if retried.")
                    .into());
                }
                Err(stop) => {
                    client.rewind(mark);
                    self.pause(stop, deadline).await?;
                }
            }
        }
    }
}

/// Must the rows that analytics found be found again?
fn needs_new_rows(stop: &Stop) -> bool {
    matches!(stop, Stop::Restart)
}

fn tag(prepared: &Prepared, count: u64) -> Result<String, SqlError> {
    match prepared.statement() {
        Some(Statement::Insert(_)) => Ok(format!("INSERT 0 {count}")),
        Some(Statement::Update(_)) => Ok(format!("UPDATE {count}")),
        Some(Statement::Delete(_)) => Ok(format!("DELETE {count}")),
        _ => Err(SqlError::internal("not a write")),
    }
}
