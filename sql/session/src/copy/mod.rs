//! COPY between a table or query and the client.

mod read;
mod write;

use std::sync::Arc;
use std::time::Instant;

use cairn_sql_binder::utility::{Copy, CopyFormat, CopySource};
use cairn_sql_catalog::schema::Table;
use cairn_sql_short::{CopyPlan, Stop};
use cairn_sql_types::io::{input_text, output_text};
use cairn_sql_types::{Datum, SqlError, SqlState, Type};

use self::read::{Field, LineReader};
use crate::client::{Client, CopyInput};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::run::Completed;
use crate::session::Session;

/// Rows that are written at a time.
const BATCH_ROWS: usize = 1000;

impl Session {
    pub(crate) async fn run_copy(
        &mut self,
        prepared: &std::rc::Rc<Prepared>,
        copy: &Copy,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.ensure_transaction(None)?;
        self.begin_statement()?;
        let prepared = self.claim(prepared.clone(), deadline).await?;
        let tag = match &copy.source {
            CopySource::Table(table, columns) if copy.from => {
                self.check_writable()?;
                self.copy_in(table, columns, &copy.format, &prepared, deadline, client).await?
            }
            source => self.copy_out(source, &copy.format, &prepared, params, deadline, client).await?,
        };
        self.end_statement(deadline, client).await?;
        Ok(Completed::Tag(tag))
    }

    async fn copy_in(
        &mut self,
        table: &Arc<Table>,
        columns: &[usize],
        format: &CopyFormat,
        prepared: &Prepared,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<String, Failure> {
        let bound = prepared.bound.as_ref().ok_or_else(|| SqlError::internal("COPY was not bound"))?;
        let plan = CopyPlan::new(bound, table, columns)?;
        client.copy_in(columns.len());
        let types: Vec<Type> = columns.iter().map(|column| table.columns[*column].ty).collect();
        let mut reader = LineReader::new(format.clone());
        let mut copied = 0u64;
        let mut header = format.header;
        let outcome = loop {
            let input = client.copy_input().await?;
            let last = match input {
                CopyInput::Data(bytes) => {
                    reader.push(&bytes);
                    false
                }
                CopyInput::Done => true,
                CopyInput::Fail(reason) => {
                    return Err(SqlError::new(SqlState::QUERY_CANCELED, reason).into());
                }
            };
            match self.copy_lines(&mut reader, last, &mut header, &plan, table, &types, format, deadline).await {
                Ok(rows) => copied += rows,
                Err(error) => break Err((error, last)),
            }
            if last {
                break Ok(());
            }
        };
        match outcome {
            Ok(()) => Ok(format!("COPY {copied}")),
            // The client goes on sending until it hears of the error: what it sends now is not for a statement. The
            // connection ignores it.
            Err((error, _)) => Err(error),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the loop above, with all of its state")]
    async fn copy_lines(
        &mut self,
        reader: &mut LineReader,
        last: bool,
        header: &mut bool,
        plan: &CopyPlan,
        table: &Table,
        types: &[Type],
        format: &CopyFormat,
        deadline: Option<Instant>,
    ) -> Result<u64, Failure> {
        let mut copied = 0;
        loop {
            let mut batch: Vec<Vec<Datum>> = Vec::new();
            while batch.len() < BATCH_ROWS {
                let Some(fields) = reader.next(last).map_err(|error| self.locate(error, table, reader.line + 1))? else {
                    break;
                };
                if std::mem::take(header) {
                    check_header(&fields, plan, table, format)?;
                    continue;
                }
                let row = self.copy_row(&fields, table, plan, types);
                batch.push(row.map_err(|error| self.locate(error, table, reader.line))?);
            }
            if batch.is_empty() {
                return Ok(copied);
            }
            copied += batch.len() as u64;
            self.insert_batch(plan, &batch, deadline).await?;
            if self.cancel.is_raised() {
                return Err(self.cancel.error().into());
            }
        }
    }

    fn copy_row(
        &mut self,
        fields: &[Field],
        table: &Table,
        plan: &CopyPlan,
        types: &[Type],
    ) -> Result<Vec<Datum>, SqlError> {
        if fields.len() > types.len() {
            return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, "extra data after last expected column"));
        }
        if fields.len() < types.len() {
            let name = &table.columns[plan.columns()[fields.len()]].name;
            let message = format!("missing data for column \"{name}\"");
            return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message));
        }
        self.with_eval(|context| {
            let value = |(field, ty): (&Field, &Type)| match field {
                None => Ok(Datum::Null),
                Some(text) => input_text(context, *ty, text),
            };
            fields.iter().zip(types).map(value).collect()
        })
    }

    /// Writes rows; each batch is its own restartable stretch of the statement, so that a wait does not lose the lines
    /// before it.
    async fn insert_batch(
        &mut self,
        plan: &CopyPlan,
        batch: &[Vec<Datum>],
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        self.begin_statement()?;
        loop {
            let done = self.on_core(|exec, _| plan.insert(exec, batch), &[]);
            match done {
                Ok(_) => return Ok(()),
                Err(Stop::Error(error)) => return Err(error.into()),
                Err(stop) => self.pause(stop, deadline).await?,
            }
        }
    }

    /// Where in the data an error was found. (PostgreSQL says it in the context field.)
    fn locate(&self, error: SqlError, table: &Table, line: u64) -> SqlError {
        match error.fields().detail {
            Some(_) => error,
            None => error.detail(format!("COPY {}, line {line}.", table.name)),
        }
    }

    async fn copy_out(
        &mut self,
        source: &CopySource,
        format: &CopyFormat,
        prepared: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<String, Failure> {
        let query = match source {
            CopySource::Query(query) => (**query).clone(),
            CopySource::Table(table, columns) => cairn_sql_binder::tree::Query::of_table(table, columns),
        };
        let columns = query.columns.clone();
        let mut running = self.start_query(&query, prepared, params, deadline).await?;
        client.copy_out(columns.len());
        let mut out = Vec::new();
        if format.header {
            write::line(&mut out, columns.iter().map(|column| Some(column.name.as_bytes())), format);
            client.copy_out_data(&out);
        }
        let mut copied = 0u64;
        while let Some(rows) = self.interruptible(deadline, running.rows.next()).await? {
            let rows = rows?;
            copied += rows.len() as u64;
            self.with_eval(|context| {
                for row in &rows {
                    let mut texts = Vec::with_capacity(row.len());
                    for (value, column) in row.iter().zip(&columns) {
                        texts.push(match value {
                            Datum::Null => None,
                            value => {
                                let mut text = Vec::new();
                                output_text(context, column.ty, value, &mut text)?;
                                Some(text)
                            }
                        });
                    }
                    out.clear();
                    write::line(&mut out, texts.iter().map(Option::as_deref), format);
                    client.copy_out_data(&out);
                }
                Ok(())
            })?;
            client.relieve().await?;
        }
        self.absorb(&running.reads);
        client.copy_out_done();
        Ok(format!("COPY {copied}"))
    }
}

/// HEADER MATCH: the first line must name the columns.
fn check_header(fields: &[Field], plan: &CopyPlan, table: &Table, format: &CopyFormat) -> Result<(), SqlError> {
    if !format.header_match {
        return Ok(());
    }
    let expected: Vec<&str> = plan.columns().iter().map(|column| &*table.columns[*column].name).collect();
    if fields.len() != expected.len() {
        let message = format!("wrong number of fields in header line: got {}, expected {}", fields.len(), expected.len());
        return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message));
    }
    for (index, (field, name)) in fields.iter().zip(expected).enumerate() {
        if field.as_deref() != Some(name) {
            let got = field.as_deref().unwrap_or("");
            let message = format!(
                "column name mismatch in header line field {}: got \"{got}\", expected \"{name}\"",
                index + 1
            );
            return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message));
        }
    }
    Ok(())
}
