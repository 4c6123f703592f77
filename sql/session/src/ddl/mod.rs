//! Data definition: a change of the catalog and of the data under it, in the session's transaction.
//!
//! Every statement takes the catalog lock (one transaction changes the catalog at a time) and the exclusive lock of each
//! table it touches, changes rows of the catalog and a private copy of it; then the short executor does, step by step, what
//! the change means for rows: fill an index, rewrite a table, check a constraint. The copy is published when the transaction
//! commits.

mod alter;
mod change;
mod create;
mod depend;
mod drop;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_sql_binder::BindSettings;
use cairn_sql_binder::ddl::Ddl;
use cairn_sql_binder::tree::Statement;
use cairn_sql_catalog::schema::{Relation, Table};
use cairn_sql_catalog::sequence::Position;
use cairn_sql_catalog::{Catalog, CatalogError, Edit, Oid, edit};
use cairn_sql_short::Stop;
use cairn_sql_short::ddl::Task;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState};
use cairn_txn::{Access, Lock, SpaceOptions, Wait};

use crate::client::Client;
use crate::command::command_name;
use crate::core::EngineEntry;
use crate::failure::{Failure, catalog_error};
use crate::prepared::Prepared;
use crate::run::Completed;
use crate::session::Session;

/// One DDL statement at work: all it needs, and what it has to say.
pub(crate) struct Work<'a> {
    pub(crate) edit: Edit<'a>,
    pub(crate) eval: &'a EvalContext<'a>,
    pub(crate) engines: &'a [EngineEntry],
    pub(crate) row_ids: &'a mut cairn_sql_short::RowIds,
    pub(crate) scratch: &'a mut cairn_sql_short::Scratch,
    /// The catalog as the statement found it.
    pub(crate) before: &'a Catalog,
    pub(crate) bind: &'a BindSettings,
    pub(crate) notices: Vec<SqlError>,
    /// Sequences that start, restart or go: what happens to their positions when the statement has succeeded.
    pub(crate) positions: Vec<(Oid, Option<Position>)>,
    /// Sequences that begin to exist, with their starts: known to the statement's own steps.
    pub(crate) begun: Vec<(Oid, i64)>,
    /// What is left to do on rows, in this order.
    pub(crate) tasks: Vec<Task>,
}

type Outcome = Result<String, Stop>;

impl Session {
    pub(crate) async fn run_ddl(
        &mut self,
        prepared: Rc<Prepared>,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        if let Some(statement) = prepared.statement() {
            self.check_writable(command_name(statement))?;
        }
        self.lock_catalog(deadline).await?;
        let prepared = self.claim(prepared, deadline).await?;
        let Some(Statement::Ddl(ddl)) = prepared.statement() else {
            return Err(SqlError::internal("not a data definition statement").into());
        };
        for table in self.tables_of(ddl) {
            self.lock_table(&table, Wait::Wait, deadline).await?;
        }
        if let Ddl::CreateTableAs { table, query: Some(query) } = &**ddl {
            return self.create_table_as(&prepared, table, query, params, deadline, client).await;
        }
        let tag = match &**ddl {
            // Each action may need the rows as the one before has left them.
            Ddl::AlterTable { table, actions } => {
                let change = |action| move |work: &mut Work<'_>| work.alter_table(table.oid, action);
                let changes: Vec<_> = actions.iter().map(change).collect();
                self.change_catalog(deadline, client, &changes).await?
            }
            _ => self.change_catalog(deadline, client, &[|work: &mut Work<'_>| work.run(ddl)]).await?,
        };
        Ok(Completed::Tag(tag.into()))
    }

    /// 25006 for `command` in a READ ONLY transaction.
    pub(crate) fn check_writable(&self, command: &str) -> Result<(), SqlError> {
        match self.state.active_ref() {
            Some(active) if active.access == Access::ReadOnly => Err(SqlError::new(
                SqlState::READ_ONLY_SQL_TRANSACTION,
                format!("cannot execute {command} in a read-only transaction"),
            )),
            _ => Ok(()),
        }
    }

    async fn lock_catalog(&mut self, deadline: Option<Instant>) -> Result<(), Failure> {
        loop {
            let core = self.core.clone();
            let active = self.state.active().expect("a transaction is running");
            match core.with_shard(|shard| edit::lock(shard, &mut active.txn)).map_err(catalog_error)? {
                Lock::Granted | Lock::Skipped => return Ok(()),
                Lock::Queued(ticket) => {
                    self.wait_for_lock(ticket, deadline).await?;
                    self.restart_statement()?;
                }
            }
        }
    }

    /// The tables that nobody else may use meanwhile.
    fn tables_of(&self, ddl: &Ddl) -> Vec<Arc<Table>> {
        let catalog = self.catalog();
        let of = |oid: &Oid| table_of(&catalog, *oid);
        match ddl {
            Ddl::CreateIndex { table, .. } | Ddl::AlterTable { table, .. } => vec![table.clone()],
            Ddl::Rename { relation, .. } => of(relation).into_iter().collect(),
            Ddl::Drop { relations, cascade, .. } => drop::tables_touched(&catalog, relations, *cascade),
            Ddl::DropSchema { schemas, .. } => {
                catalog.tables().filter(|table| schemas.contains(&table.schema)).cloned().collect()
            }
            Ddl::Truncate { tables, .. } => tables.clone(),
            _ => Vec::new(),
        }
    }
}

impl Work<'_> {
    fn run(&mut self, ddl: &Ddl) -> Outcome {
        match ddl {
            Ddl::CreateTable(table) => self.create_table(table),
            Ddl::CreateTableAs { table, .. } => self.create_table(table).map(|_| "CREATE TABLE AS".to_owned()),
            Ddl::CreateSchema { name, if_not_exists } => self.create_schema(name, *if_not_exists),
            Ddl::CreateIndex { table, name, unique, columns, exists } => {
                self.create_index(table, name, *unique, columns, *exists)
            }
            Ddl::CreateSequence { sequence, exists } => self.create_sequence(sequence, *exists),
            Ddl::AlterSequence { sequence, restart } => self.alter_sequence(sequence, *restart),
            Ddl::CreateView { view, replaces } => self.create_view(view, *replaces),
            Ddl::AlterTable { .. } => Err(SqlError::internal("ALTER TABLE runs action by action").into()),
            Ddl::Rename { relation, name } => self.rename(*relation, name),
            // What is missing was told when the statement was bound.
            Ddl::Drop { kind, relations, cascade, .. } => self.drop_relations(*kind, relations, *cascade),
            Ddl::DropSchema { schemas, cascade, .. } => self.drop_schemas(schemas, *cascade),
            Ddl::Truncate { tables, restart_identity, cascade } => self.truncate(tables, *restart_identity, *cascade),
            Ddl::Nothing { notice, tag } => {
                self.notices.push(SqlError::new(notice.state, notice.message.clone()));
                Ok((*tag).to_owned())
            }
        }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.edit.catalog
    }

    fn notice(&mut self, message: impl Into<String>) {
        self.notices.push(SqlError::new(SqlState::SUCCESSFUL_COMPLETION, message));
    }

    pub(crate) fn table(&self, oid: Oid) -> Result<Arc<Table>, Stop> {
        self.edit.catalog.table(oid).cloned().ok_or_else(|| {
            Stop::Error(SqlError::new(SqlState::UNDEFINED_TABLE, format!("table with OID {} does not exist", oid.0)))
        })
    }

    pub(crate) fn engine(&self, name: &str) -> Result<EngineEntry, Stop> {
        self.engines.iter().find(|engine| &*engine.name == name).cloned().ok_or_else(|| {
            let message = format!("access method \"{name}\" does not exist");
            Stop::Error(SqlError::new(SqlState::UNDEFINED_OBJECT, message))
        })
    }

    /// A name must be free in its schema.
    pub(crate) fn check_free(&self, schema: Oid, name: &str) -> Result<(), Stop> {
        match self.edit.catalog.relation(schema, name) {
            None => Ok(()),
            Some(_) => {
                let message = format!("relation \"{name}\" already exists");
                Err(Stop::Error(SqlError::new(SqlState::DUPLICATE_TABLE, message)))
            }
        }
    }
}

/// The catalog's failures on the way to the session.
pub(crate) fn stop(error: CatalogError) -> Stop {
    match error {
        CatalogError::Queued(ticket) => Stop::Wait(ticket),
        CatalogError::Txn(error) => Stop::from(error),
        other => Stop::Error(catalog_error(other)),
    }
}

/// The settings of a table that are for its engine: `WITH (vinyl.bloom_bits = 12)`. The others are PostgreSQL's storage
/// parameters, kept and shown.
pub(crate) fn engine_options(engine: &str, options: &[(String, String)]) -> SpaceOptions {
    let own = |(name, value): &(String, String)| {
        let setting = name.strip_prefix(engine)?.strip_prefix('.')?;
        Some((setting.to_owned(), value.clone()))
    };
    SpaceOptions { settings: options.iter().filter_map(own).collect() }
}

/// The table behind a relation: itself, or an index's.
fn table_of(catalog: &Catalog, oid: Oid) -> Option<Arc<Table>> {
    match catalog.relation_by_oid(oid)? {
        Relation::Table(table) | Relation::Index(table, _) | Relation::PrimaryKey(table) => Some(table.clone()),
        Relation::View(_) | Relation::Sequence(_) | Relation::System(_) => None,
    }
}
