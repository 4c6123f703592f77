//! COPY between a table or query and the client.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_sql_binder::tree::{Query, Statement};
use cairn_sql_binder::utility::{CopyFormat, CopySource, Utility};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::Table;
use cairn_sql_protocol::copy::{Field, LineReader, write_line};
use cairn_sql_short::{CopyPlan, Stop};
use cairn_sql_types::casts::coerce_length;
use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::io::{input, output};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState, Type};

use crate::client::{Client, CopyInput};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::run::Completed;
use crate::session::Session;
use crate::tag::Tag;

/// Rows that are written at a time.
const BATCH_ROWS: usize = 1000;
/// Bytes of data that a message shows. PostgreSQL's `MAX_COPY_DATA_DISPLAY`.
const EXCERPT_BYTES_MAX: usize = 100;

impl Session {
    pub(crate) async fn run_copy(
        &mut self,
        prepared: &Rc<Prepared>,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.ensure_transaction(None)?;
        self.begin_statement()?;
        // The statement as the catalog has it now: indexes may have come and gone while it waited for its tables.
        let prepared = self.claim(prepared.clone(), deadline).await?;
        let Some(Statement::Utility(utility)) = prepared.statement() else { unreachable!("called for COPY") };
        let Utility::Copy(copy) = &**utility else { unreachable!("called for COPY") };
        let tag = match &copy.source {
            CopySource::Table(table, columns) if copy.from => {
                self.check_writable("COPY FROM")?;
                self.copy_in(table, columns, &copy.format, deadline, client).await?
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
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Tag, Failure> {
        let target = self.copy_target(table, columns)?;
        client.copy_in(columns.len());
        let mut reader = LineReader::new(format.clone());
        let mut copied = 0u64;
        let mut header = format.header;
        loop {
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
            // After an error the client goes on sending until it hears of it; the connection ignores that.
            copied += self.copy_lines(&mut reader, last, &mut header, &target, format, deadline).await?;
            if last {
                return Ok(Tag::rows("COPY", copied));
            }
        }
    }

    async fn copy_lines(
        &mut self,
        reader: &mut LineReader,
        last: bool,
        header: &mut bool,
        target: &Target,
        format: &CopyFormat,
        deadline: Option<Instant>,
    ) -> Result<u64, Failure> {
        let mut copied = 0;
        loop {
            let mut batch: Vec<Vec<Datum>> = Vec::new();
            while batch.len() < BATCH_ROWS {
                let fields = match reader.next(last) {
                    Ok(Some(fields)) => fields,
                    Ok(None) => break,
                    Err(error) => return Err(error.context(|| target.place(reader.line())).into()),
                };
                if std::mem::take(header) {
                    check_header(&fields, target, format)?;
                    continue;
                }
                batch.push(self.copy_row(&fields, target, reader)?);
            }
            if batch.is_empty() {
                return Ok(copied);
            }
            copied += batch.len() as u64;
            self.insert_batch(target, &batch, deadline).await?;
            if self.cancel.is_raised() {
                return Err(self.cancel.error().into());
            }
        }
    }

    fn copy_row(&mut self, fields: &[Field], target: &Target, reader: &LineReader) -> Result<Vec<Datum>, SqlError> {
        let types = &target.types;
        let bad = |message: String| {
            let line = || format!("{}: \"{}\"", target.place(reader.line()), excerpt(&reader.last_line()));
            Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message).context(line))
        };
        if fields.len() > types.len() {
            return bad("extra data after last expected column".to_owned());
        }
        if fields.len() < types.len() {
            return bad(format!("missing data for column \"{}\"", target.name(fields.len())));
        }
        self.with_eval(|context| {
            let value = |(at, (field, ty)): (usize, (&Field, &Type))| match field {
                None => Ok(Datum::Null),
                Some(text) => given(context, *ty, text).map_err(|error| {
                    let place = target.place(reader.line());
                    error.context(|| format!("{place}, column {}: \"{}\"", target.name(at), excerpt(text)))
                }),
            };
            fields.iter().zip(types).enumerate().map(value).collect()
        })
    }

    /// Writes rows; each batch is its own restartable stretch of the statement, so that a wait does not lose the lines
    /// before it.
    async fn insert_batch(
        &mut self,
        target: &Target,
        batch: &[Vec<Datum>],
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        self.begin_statement()?;
        loop {
            let done = self.on_core(|exec, _| target.plan.insert(exec, batch), &[]);
            match done {
                Ok(_) => return Ok(()),
                Err(Stop::Error(error)) => return Err(error.into()),
                Err(stop) => self.pause(stop, deadline).await?,
            }
        }
    }

    async fn copy_out(
        &mut self,
        source: &CopySource,
        format: &CopyFormat,
        outer: &Prepared,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Tag, Failure> {
        let (query, prepared) = match source {
            CopySource::Query(query) => ((**query).clone(), None),
            CopySource::Table(table, columns) => self.copy_query(table, columns)?,
        };
        let own = prepared.as_deref().unwrap_or(outer);
        let columns = query.columns.clone();
        let mut running = self.start_query(&query, own, params, deadline).await?;
        client.copy_out(columns.len());
        let mut out = Vec::new();
        if format.header {
            // FORCE_QUOTE is for values.
            let plain = CopyFormat { force_quote: Vec::new(), ..format.clone() };
            write_line(&mut out, columns.iter().map(|column| Some(column.name.as_bytes())), &plain);
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
                                output(context, column.ty.id, value, &mut text);
                                Some(text)
                            }
                        });
                    }
                    out.clear();
                    write_line(&mut out, texts.iter().map(Option::as_deref), format);
                    client.copy_out_data(&out);
                }
                Ok(())
            })?;
            client.relieve().await?;
        }
        self.absorb(&running.reads);
        client.copy_out_done();
        Ok(Tag::rows("COPY", copied))
    }
}

/// Where COPY FROM writes.
struct Target {
    table: Arc<Table>,
    types: Vec<Type>,
    plan: CopyPlan,
}

impl Target {
    fn name(&self, at: usize) -> &str {
        &self.table.columns[self.plan.columns()[at]].name
    }

    /// A place in the data, as PostgreSQL's errors give it.
    fn place(&self, line: u64) -> String {
        format!("COPY {}, line {line}", self.table.name)
    }
}

impl Session {
    fn copy_target(&mut self, table: &Arc<Table>, columns: &[usize]) -> Result<Target, SqlError> {
        let catalog = self.catalog();
        let settings = self.bind_settings();
        let plan = self.with_eval(|context| CopyPlan::new(table, columns, &catalog, &settings, context))?;
        let types = columns.iter().map(|column| table.columns[*column].ty).collect();
        Ok(Target { table: table.clone(), types, plan })
    }

    fn copy_query(&mut self, table: &Arc<Table>, columns: &[usize]) -> Result<(Query, Option<Rc<Prepared>>), SqlError> {
        let catalog = self.catalog();
        let text = format!("SELECT {} FROM {}", column_list(table, columns), qualified(&catalog, table));
        let prepared = self.prepare_one(&text, &[])?;
        let query = prepared.query().ok_or_else(|| SqlError::internal("a SELECT is a query"))?.clone();
        Ok((query, Some(prepared)))
    }
}

fn qualified(catalog: &Catalog, table: &Table) -> String {
    let schema = catalog.schema_by_oid(table.schema).map(|schema| schema.name.clone()).unwrap_or_default();
    format!("{}.{}", quote_ident(&schema), quote_ident(&table.name))
}

fn column_list(table: &Table, columns: &[usize]) -> String {
    columns.iter().map(|column| quote_ident(&table.columns[*column].name)).collect::<Vec<_>>().join(", ")
}

/// A field as a value of its column's type, its length included.
fn given(context: &EvalContext<'_>, ty: Type, text: &str) -> Result<Datum, SqlError> {
    input(context, ty, text).and_then(|value| coerce_length(value, ty, false))
}

/// The beginning of a long value or line: as much as a message shows.
fn excerpt(text: &str) -> Cow<'_, str> {
    match text.len() <= EXCERPT_BYTES_MAX {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("{}...", &text[..text.floor_char_boundary(EXCERPT_BYTES_MAX)])),
    }
}

/// HEADER MATCH: the first line must name the columns.
fn check_header(fields: &[Field], target: &Target, format: &CopyFormat) -> Result<(), SqlError> {
    if !format.header_match {
        return Ok(());
    }
    let expected: Vec<&str> = (0..target.types.len()).map(|at| target.name(at)).collect();
    if fields.len() != expected.len() {
        let message =
            format!("wrong number of fields in header line: got {}, expected {}", fields.len(), expected.len());
        return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message));
    }
    for (index, (field, name)) in fields.iter().zip(expected).enumerate() {
        if field.as_deref() != Some(name) {
            let got = field.as_deref().unwrap_or("");
            let message =
                format!("column name mismatch in header line field {}: got \"{got}\", expected \"{name}\"", index + 1);
            return Err(SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message));
        }
    }
    Ok(())
}
