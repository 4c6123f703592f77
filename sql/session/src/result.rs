//! Rows on their way to the client: sent as they come, or held for a portal that was asked for a few at a time.

use std::collections::VecDeque;

use cairn_sql_binder::tree::OutputColumn;
use cairn_sql_short::{Flow, RowSink, RowView};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};

use crate::client::{Client, Formats};

/// Most rows held for a portal (10 million); a query that yields more must be fetched without a limit.
const HELD_ROWS_MAX: usize = 10_000_000;

/// Rows that were computed but not asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) rows: VecDeque<Vec<Datum>>,
}

/// Sends held rows up to a limit; answers how many, and what is left.
pub(crate) fn send_held(
    mut held: Held,
    context: &EvalContext<'_>,
    columns: &[OutputColumn],
    formats: &Formats,
    rows_max: Option<u64>,
    client: &mut impl Client,
) -> Result<(u64, Option<Held>), SqlError> {
    let limit = rows_max.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(usize::MAX).min(held.rows.len());
    for row in held.rows.drain(..limit) {
        client.row(context, columns, formats, &RowView::values(&row))?;
    }
    Ok((limit as u64, (!held.rows.is_empty()).then_some(held)))
}

/// Sends rows to the client until a limit, holds the rest.
pub(crate) struct ClientSink<'a, C: Client> {
    pub(crate) client: &'a mut C,
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) columns: &'a [OutputColumn],
    pub(crate) formats: &'a Formats,
    pub(crate) rows_max: u64,
    pub(crate) sent: u64,
    pub(crate) held: Held,
}

impl<'a, C: Client> ClientSink<'a, C> {
    pub(crate) fn new(
        client: &'a mut C,
        context: &'a EvalContext<'a>,
        columns: &'a [OutputColumn],
        formats: &'a Formats,
        rows_max: Option<u64>,
    ) -> Self {
        let rows_max = rows_max.unwrap_or(u64::MAX);
        Self { client, context, columns, formats, rows_max, sent: 0, held: Held::default() }
    }
}

impl<C: Client> RowSink for ClientSink<'_, C> {
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError> {
        if self.sent < self.rows_max {
            self.client.row(self.context, self.columns, self.formats, row)?;
            self.sent += 1;
        } else {
            hold(&mut self.held, row.to_datums()?)?;
        }
        Ok(Flow::More)
    }
}

/// Keeps every row, for statements that use them themselves (INSERT ... SELECT, cursors, COPY TO).
#[derive(Debug, Default)]
pub(crate) struct CollectSink {
    pub(crate) held: Held,
}

impl RowSink for CollectSink {
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError> {
        hold(&mut self.held, row.to_datums()?)?;
        Ok(Flow::More)
    }
}

fn hold(held: &mut Held, row: Vec<Datum>) -> Result<(), SqlError> {
    if held.rows.len() >= HELD_ROWS_MAX {
        let message = format!("more than {HELD_ROWS_MAX} rows would have to be held for a portal");
        return Err(SqlError::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message)
            .hint("Fetch the result without a row limit."));
    }
    held.rows.push_back(row);
    Ok(())
}
