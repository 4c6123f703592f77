//! The core: a shard over one engine with a log that is durable at once, and a catalog.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use cairn_base::seam::sim::SimClock;
use cairn_base::{EngineCode, LogIndex, Timestamp};
use cairn_engine_api::{Engine, Persisted, SpaceOptions};
use cairn_engine_testkit::model::ModelEngine;
use cairn_sql_binder::tree::Statement;
use cairn_sql_catalog::schema::{
    Column, Distribution, ForeignAction, ForeignKey, Index, IndexColumn, Oid, Table, TableKey,
};
use cairn_sql_catalog::{Catalog, Edit, load};
use cairn_sql_short::{
    ExecContext, Flow, Limits, PlanOptions, RowIds, RowSink, RowView, Scratch, ShortPlan, Stop, plan, sql_error,
};
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::zone::Zone;
use cairn_sql_types::{Datum, SqlError, Type, TypeId, io};
use cairn_txn::{Access, CommitLog, CommitLogError, Engines, Isolation, NoApplier, Shard, ShardConfig, Txn, TxnError};

/// The code of the one engine.
pub const ENGINE: EngineCode = EngineCode(1);

/// Every record is durable when it was submitted.
struct InstantLog(Rc<RefCell<u64>>);

impl CommitLog for InstantLog {
    fn submit(&mut self, _: &[u8]) -> Result<LogIndex, CommitLogError> {
        *self.0.borrow_mut() += 1;
        Ok(LogIndex(*self.0.borrow()))
    }
}

/// A host that knows no session: what only that can answer is refused with 0A000.
#[derive(Clone, Copy, Debug)]
pub struct NoHost;

impl Host for NoHost {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(function.name))
    }
    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }
    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::unsupported(name))
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

/// A core with its catalog, and what a session would lend to a statement.
pub struct World {
    /// The core's transactions.
    pub shard: Shard,
    log: Rc<RefCell<u64>>,
    /// What the last change of a table left.
    pub catalog: Catalog,
    /// Counters of hidden row ids.
    pub row_ids: RowIds,
    /// Buffers of statements.
    pub scratch: Scratch,
    /// Time zone and formats.
    pub settings: EvalSettings,
    /// How statements are planned.
    pub options: PlanOptions,
    /// What a statement may cost.
    pub limits: Limits,
}

/// What a statement gave: its count, and its rows as text.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Rows returned or written.
    pub count: u64,
    /// Columns separated by `|`; NULL is `-`.
    pub rows: Vec<String>,
}

/// Keeps every row.
#[derive(Debug, Default)]
pub struct Collect {
    /// In the order in which they came.
    pub rows: Vec<Vec<Datum>>,
}

impl RowSink for Collect {
    fn row(&mut self, row: &RowView<'_>) -> Result<Flow, SqlError> {
        self.rows.push(row.to_datums()?);
        Ok(Flow::More)
    }
}

/// ISO dates, UTC, the beginning of time.
pub fn settings() -> EvalSettings {
    EvalSettings { time_zone: Zone::Fixed(0), ..EvalSettings::default() }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A core over the model engine, in memory.
    pub fn new() -> Self {
        Self::over(Arc::new(ModelEngine::in_memory()))
    }

    /// A core over one engine, which is [`ENGINE`].
    pub fn over(engine: Arc<dyn Engine>) -> Self {
        let log = Rc::new(RefCell::new(0));
        let shard = Shard::new(
            ShardConfig::default(),
            Engines::new([(ENGINE, engine)]),
            Box::new(InstantLog(log.clone())),
            Box::new(NoApplier),
            Rc::new(SimClock::at(1_800_000_000_000_000)),
            Persisted::default(),
        );
        let mut world = Self {
            shard,
            log,
            catalog: Catalog::default(),
            row_ids: RowIds::new(),
            scratch: Scratch::default(),
            settings: settings(),
            options: PlanOptions::default(),
            limits: Limits::default(),
        };
        let mut txn = world.begin(Isolation::Serializable);
        load::bootstrap(&mut world.shard, &mut txn).unwrap();
        world.commit(txn).unwrap();
        let txn = world.begin(Isolation::Serializable);
        world.catalog = load::load(&world.shard, &txn).unwrap();
        world.commit(txn).unwrap();
        world
    }

    /// A transaction, and its first statement.
    pub fn begin(&mut self, isolation: Isolation) -> Txn {
        let mut txn = self.shard.begin(isolation, Access::ReadWrite).unwrap();
        self.shard.begin_statement(&mut txn).unwrap();
        txn
    }

    /// Commits; durable when this returns.
    pub fn commit(&mut self, txn: Txn) -> Result<(), TxnError> {
        self.shard.commit(txn)?;
        self.shard.durable(LogIndex(*self.log.borrow()));
        Ok(())
    }

    /// Creates a table from its columns `name type [not null]`, primary key, unique keys and other indexes (by column).
    pub fn table(&mut self, new: NewTable<'_>) -> Arc<Table> {
        let mut txn = self.begin(Isolation::Serializable);
        let mut edit = Edit::new(&mut self.shard, &mut txn, &self.catalog);
        let column = |(name, ty, not_null): &(&str, TypeId, bool)| Column {
            name: (*name).into(),
            ty: Type::plain(*ty),
            not_null: *not_null,
            default: None,
            missing: None,
            identity: None,
            dropped: false,
        };
        let mut columns: Vec<Column> = new.columns.iter().map(column).collect();
        let options = SpaceOptions::default();
        let at = |name: &str| new.columns.iter().position(|(own, ..)| *own == name).unwrap();
        let key: Vec<usize> = new.key.iter().map(|name| at(name)).collect();
        key.iter().for_each(|column| columns[*column].not_null = true);
        let oid = edit.new_oid().unwrap();
        let key = match key.is_empty() {
            true => TableKey::RowId,
            false => TableKey::Primary {
                oid: edit.new_oid().unwrap(),
                name: format!("{}_pkey", new.name).into(),
                columns: key,
            },
        };
        let mut indexes = Vec::new();
        for (unique, names) in
            new.uniques.iter().map(|names| (true, names)).chain(new.indexes.iter().map(|n| (false, n)))
        {
            let index_columns = names.iter().map(|name| {
                let (name, descending) = name.strip_suffix(" desc").map_or((*name, false), |name| (name, true));
                IndexColumn { column: at(name), descending, nulls_first: descending }
            });
            let suffix = if unique { "key" } else { "idx" };
            let words: Vec<&str> = names.iter().map(|name| name.trim_end_matches(" desc")).collect();
            indexes.push(Arc::new(Index {
                oid: edit.new_oid().unwrap(),
                name: format!("{}_{}_{suffix}", new.name, words.join("_")).into(),
                space: edit.new_space(ENGINE, &options).unwrap(),
                columns: index_columns.collect(),
                unique,
                constraint: None,
                created_at: Timestamp::ZERO,
            }));
        }
        let foreign_keys = new.foreign_keys.iter().map(|key| ForeignKey {
            oid: edit.new_oid().unwrap(),
            name: key.name.into(),
            columns: key.columns.iter().map(|name| at(name)).collect(),
            target: if key.target == new.name { oid } else { find(&edit.catalog, key.target).oid },
            target_columns: key.target_columns.clone(),
            on_delete: key.on_delete,
            on_update: key.on_update,
        });
        let foreign_keys = foreign_keys.collect();
        let table = Table {
            oid,
            schema: Oid::PUBLIC,
            name: new.name.into(),
            layout: Table::layout_of(&columns),
            columns,
            space: edit.new_space(ENGINE, &options).unwrap(),
            key,
            indexes,
            checks: Vec::new(),
            foreign_keys,
            referenced_by: Vec::new(),
            engine: "model".into(),
            distribution: Distribution::By(Vec::new()),
            tier: None,
            options: Vec::new(),
            rewritten_at: Timestamp::ZERO,
        };
        edit.put_table(table).unwrap();
        self.catalog = edit.into_catalog();
        self.commit(txn).unwrap();
        self.find(new.name)
    }

    /// The table of this name, as the catalog has it now.
    pub fn find(&self, name: &str) -> Arc<Table> {
        find(&self.catalog, name)
    }

    /// Runs a statement in a transaction of its own.
    pub fn run(&mut self, statement: &Statement) -> Result<Answer, SqlError> {
        self.run_with(statement, &[])
    }

    /// [`Self::run`] with parameters.
    pub fn run_with(&mut self, statement: &Statement, params: &[Datum]) -> Result<Answer, SqlError> {
        let mut txn = self.begin(Isolation::Serializable);
        match self.step(&mut txn, statement, params) {
            Ok(answer) => {
                self.commit(txn).map_err(|error| sql_error(&error))?;
                Ok(answer)
            }
            Err(Stop::Error(error)) => {
                self.shard.abort(txn);
                Err(error)
            }
            Err(stop) => panic!("a lone statement stopped: {stop:?}"),
        }
    }

    /// Runs a statement in an open transaction.
    pub fn step(&mut self, txn: &mut Txn, statement: &Statement, params: &[Datum]) -> Result<Answer, Stop> {
        let plan =
            plan(statement, &self.catalog, self.options).unwrap_or_else(|reason| panic!("not short: {}", reason.0));
        self.execute(txn, &plan, params)
    }

    /// Runs a plan in an open transaction.
    pub fn execute(&mut self, txn: &mut Txn, plan: &ShortPlan, params: &[Datum]) -> Result<Answer, Stop> {
        self.execute_rows(txn, plan, params, Vec::new())
    }

    /// [`Self::execute`] for a write whose rows are given.
    pub fn execute_rows(
        &mut self,
        txn: &mut Txn,
        plan: &ShortPlan,
        params: &[Datum],
        given: Vec<Vec<Datum>>,
    ) -> Result<Answer, Stop> {
        let context = EvalContext { settings: &self.settings, host: &NoHost };
        let mut sink = Collect::default();
        let done = plan.execute_with_rows(
            &mut ExecContext {
                shard: &mut self.shard,
                txn,
                catalog: &self.catalog,
                eval: &context,
                params,
                row_ids: &mut self.row_ids,
                scratch: &mut self.scratch,
                limits: self.limits,
            },
            &given,
            &mut sink,
        )?;
        let text = |(value, column): (&Datum, &cairn_sql_binder::tree::OutputColumn)| match value {
            Datum::Null => "-".to_owned(),
            value => io::output_string(&context, column.ty.id, value),
        };
        let rows = sink.rows.iter();
        let rows = rows.map(|row| row.iter().zip(plan.columns()).map(text).collect::<Vec<_>>().join("|"));
        Ok(Answer { count: done.rows, rows: rows.collect() })
    }

    /// Why a statement is not for the short executor.
    pub fn not_short(&self, statement: &Statement) -> &'static str {
        plan(statement, &self.catalog, self.options).err().map_or("short", |reason| reason.0)
    }
}

fn find(catalog: &Catalog, name: &str) -> Arc<Table> {
    catalog.tables().find(|table| &*table.name == name).unwrap_or_else(|| panic!("no table {name}")).clone()
}

/// What [`World::table`] makes a table of.
#[derive(Clone, Debug, Default)]
pub struct NewTable<'a> {
    /// Its name, in schema `public`.
    pub name: &'a str,
    /// Name, type, NOT NULL.
    pub columns: Vec<(&'a str, TypeId, bool)>,
    /// Columns of the primary key; none: a hidden row id.
    pub key: Vec<&'a str>,
    /// Columns of each unique key.
    pub uniques: Vec<Vec<&'a str>>,
    /// Columns of each other index; `name desc` runs backwards.
    pub indexes: Vec<Vec<&'a str>>,
    /// Foreign keys.
    pub foreign_keys: Vec<NewKey<'a>>,
}

/// A foreign key of a [`NewTable`].
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its columns.
    pub columns: Vec<&'a str>,
    /// The table it refers to.
    pub target: &'a str,
    /// That table's columns, by position.
    pub target_columns: Vec<usize>,
    /// ON DELETE.
    pub on_delete: ForeignAction,
    /// ON UPDATE.
    pub on_update: ForeignAction,
}
