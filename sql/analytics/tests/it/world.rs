//! A shard over the model engine with tables in it, and a pool that answers queries on them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_base::key::{KeyOrder, KeyWriter};
use cairn_base::seam::sim::SimClock;
use cairn_base::{EngineCode, LogIndex, Timestamp};
use cairn_engine_api::{Engine, Persisted, SpaceOptions};
use cairn_engine_testkit::model::ModelEngine;
use cairn_sql_analytics::{Analytics, AnalyticsConfig, Input};
use cairn_sql_binder::tree::Statement;
use cairn_sql_binder::{BindSettings, Binder, Parameter, parse};
use cairn_sql_catalog::schema::*;
use cairn_sql_catalog::{Catalog, Edit, load};
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::key::KeyColumn;
use cairn_sql_types::zone::Zone;
use cairn_sql_types::{Datum, SqlError, Type, TypeId, io};
use cairn_txn::*;

const ENGINE: EngineCode = EngineCode(1);

struct InstantLog(Rc<RefCell<u64>>);

impl CommitLog for InstantLog {
    fn submit(&mut self, _: &[u8]) -> Result<LogIndex, CommitLogError> {
        *self.0.borrow_mut() += 1;
        Ok(LogIndex(*self.0.borrow()))
    }
}

/// Answers what psql asks, in few words.
pub(crate) struct TestHost;

impl Host for TestHost {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
        match function.name {
            "pg_table_size" => Ok(Datum::Int8(8192)),
            name if name.ends_with("_is_visible") || name.ends_with("_is_publishable") => Ok(Datum::Bool(true)),
            "pg_get_userbyid" => Ok(Datum::text("cairn")),
            "pg_encoding_to_char" => Ok(Datum::text("UTF8")),
            name => match function.result {
                TypeId::TEXT => Ok(Datum::text(format!("{name}/{}", args.len()))),
                _ => Err(SqlError::unsupported(name)),
            },
        }
    }
    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }
    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        name.parse().map_err(|_| SqlError::unsupported(name))
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

pub(crate) fn settings() -> EvalSettings {
    EvalSettings { time_zone: Zone::Fixed(0), ..EvalSettings::default() }
}

pub(crate) struct World {
    shard: Shard,
    log: Rc<RefCell<u64>>,
    pub(crate) catalog: Arc<Catalog>,
    analytics: Analytics,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        let log = Rc::new(RefCell::new(0));
        let engine: Arc<dyn Engine> = Arc::new(ModelEngine::in_memory());
        let mut shard = Shard::new(
            ShardConfig::default(),
            Engines::new([(ENGINE, engine)]),
            Box::new(InstantLog(log.clone())),
            Box::new(NoApplier),
            Rc::new(SimClock::at(1_800_000_000_000_000)),
            Persisted::default(),
        );
        let mut txn = begin(&mut shard);
        load::bootstrap(&mut shard, &mut txn).unwrap();
        shard.commit(txn).unwrap();
        shard.durable(LogIndex(*log.borrow()));
        let txn = begin(&mut shard);
        let catalog = Arc::new(load::load(&shard, &txn).unwrap());
        shard.commit(txn).unwrap();
        let config =
            AnalyticsConfig { threads: 1, query_memory_bytes_max: 64 << 20, queries_max: 4, thread_start: || {} };
        let analytics = Analytics::new(config).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { shard, log, catalog, analytics, runtime }
    }

    /// Creates a table `name type [not null]`, with a primary key (maybe none) and plain indexes, and fills it.
    pub(crate) fn table(
        &mut self,
        name: &str,
        columns: &[(&str, TypeId)],
        key: &[&str],
        indexes: &[&str],
        rows: &[&[&str]],
    ) {
        let mut txn = begin(&mut self.shard);
        let mut edit = Edit::new(&mut self.shard, &mut txn, &self.catalog);
        let column = |(name, ty): &(&str, TypeId)| Column {
            name: (*name).into(),
            ty: Type::plain(*ty),
            not_null: key.contains(name),
            default: None,
            missing: None,
            identity: None,
            dropped: false,
        };
        let own: Vec<Column> = columns.iter().map(column).collect();
        let at = |name: &str| columns.iter().position(|(own, _)| *own == name).unwrap();
        let table_key = match key.is_empty() {
            true => TableKey::RowId,
            false => TableKey::Primary {
                oid: edit.new_oid().unwrap(),
                name: format!("{name}_pkey").into(),
                columns: key.iter().map(|name| at(name)).collect(),
            },
        };
        let options = SpaceOptions::default();
        let index = |edit: &mut Edit<'_>, column: &str| {
            Arc::new(Index {
                oid: edit.new_oid().unwrap(),
                name: format!("{name}_{column}_idx").into(),
                space: edit.new_space(ENGINE, &options).unwrap(),
                columns: vec![IndexColumn { column: at(column), descending: false, nulls_first: false }],
                unique: false,
                constraint: None,
                created_at: Timestamp::ZERO,
            })
        };
        let indexes = indexes.iter().map(|column| index(&mut edit, column)).collect();
        let table = Table {
            oid: edit.new_oid().unwrap(),
            schema: Oid::PUBLIC,
            name: name.into(),
            layout: Table::layout_of(&own),
            columns: own,
            space: edit.new_space(ENGINE, &options).unwrap(),
            key: table_key,
            indexes,
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            referenced_by: Vec::new(),
            engine: "model".into(),
            distribution: Distribution::By(Vec::new()),
            tier: None,
            options: Vec::new(),
            rewritten_at: Timestamp::ZERO,
        };
        edit.put_table(table.clone()).unwrap();
        self.catalog = Arc::new(edit.into_catalog());
        self.commit(txn);
        self.fill(&table, rows);
    }

    fn fill(&mut self, table: &Table, rows: &[&[&str]]) {
        let mut txn = begin(&mut self.shard);
        let settings = settings();
        let context = EvalContext { settings: &settings, host: &TestHost };
        for (number, row) in rows.iter().enumerate() {
            let value = |(text, column): (&&str, &Column)| match *text {
                "NULL" => Datum::Null,
                text => io::input(&context, column.ty, text).unwrap(),
            };
            let row: Vec<Datum> = row.iter().zip(&table.columns).map(value).collect();
            let mut key = Vec::new();
            match &table.key {
                TableKey::RowId => KeyWriter::new(&mut key).put_i64(number as i64 + 1, KeyOrder::ASC),
                TableKey::Primary { columns, .. } => {
                    for column in columns {
                        let ty = table.columns[*column].ty.id;
                        let encoding = KeyColumn { ty, order: KeyOrder::ASC, nullable: false };
                        encoding.encode(&row[*column], &mut KeyWriter::new(&mut key)).unwrap();
                    }
                }
            }
            let mut bytes = Vec::new();
            table.layout.encode(&row, &mut bytes).unwrap();
            self.shard.put_fresh(&mut txn, table.space, &key, &bytes).unwrap();
            for index in &table.indexes {
                let mut entry = Vec::new();
                for column in &index.columns {
                    let ty = table.columns[column.column].ty.id;
                    let encoding = KeyColumn { ty, order: KeyOrder::ASC, nullable: true };
                    encoding.encode(&row[column.column], &mut KeyWriter::new(&mut entry)).unwrap();
                }
                entry.extend_from_slice(&key);
                self.shard.put_fresh(&mut txn, index.space, &entry, &[]).unwrap();
            }
        }
        self.commit(txn);
    }

    fn commit(&mut self, txn: Txn) {
        self.shard.commit(txn).unwrap();
        self.shard.durable(LogIndex(*self.log.borrow()));
    }

    /// Runs a query; rows as texts separated by bars.
    pub(crate) fn run(&mut self, text: &str, params: &[(TypeId, &str)]) -> Result<Vec<String>, SqlError> {
        self.run_with(text, params, Arc::default())
    }

    /// The same, with the cancel flag raised after a while.
    pub(crate) fn run_until(&mut self, text: &str, after: std::time::Duration) -> Result<Vec<String>, SqlError> {
        let cancel = Arc::<AtomicBool>::default();
        let flag = cancel.clone();
        std::thread::spawn(move || {
            std::thread::sleep(after);
            flag.store(true, Ordering::Relaxed);
        });
        self.run_with(text, &[], cancel)
    }

    fn run_with(
        &mut self,
        text: &str,
        params: &[(TypeId, &str)],
        cancel: Arc<AtomicBool>,
    ) -> Result<Vec<String>, SqlError> {
        let settings = settings();
        let context = EvalContext { settings: &settings, host: &TestHost };
        let bind_settings = BindSettings::default();
        let statements = parse(text)?;
        let declared = params.iter().map(|(ty, _)| Parameter::Declared(Type::plain(*ty))).collect();
        let bound = Binder::new(&self.catalog, &bind_settings, &context, declared).bind(&statements[0])?;
        let Statement::Query(query) = bound.statement else { panic!("no query: {text}") };
        let types: Vec<TypeId> = query.columns.iter().map(|column| column.ty.id).collect();
        let values = params.iter().map(|(ty, text)| io::input(&context, *ty, text)).collect::<Result<Vec<_>, _>>()?;
        let txn = begin(&mut self.shard);
        let spaces: Vec<_> = self.catalog.tables().flat_map(|table| table.spaces().collect::<Vec<_>>()).collect();
        let frozen = self.shard.frozen(&txn, &spaces).unwrap();
        let input = Input {
            view: frozen.view,
            catalog: self.catalog.clone(),
            params: values,
            settings: settings.clone(),
            host: Arc::new(TestHost),
            cancel,
        };
        let result = self.runtime.block_on(async {
            let prepared = self.analytics.prepare(Arc::from(query), bound.params).await?;
            let mut rows = self.analytics.run(&prepared, input);
            let mut all = Vec::new();
            while let Some(batch) = rows.next().await {
                all.extend(batch?);
            }
            Ok(all)
        });
        self.shard.abort(txn);
        let cell = |(value, ty): (&Datum, &TypeId)| match value {
            Datum::Null => "NULL".to_owned(),
            value => io::output_string(&context, *ty, value),
        };
        let line = |row: &Vec<Datum>| {
            assert_eq!(row.len(), types.len(), "{text}");
            row.iter().zip(&types).map(cell).collect::<Vec<_>>().join("|")
        };
        result.map(|rows: Vec<Vec<Datum>>| rows.iter().map(line).collect())
    }

    /// The plan's lines.
    pub(crate) fn explain(&mut self, text: &str) -> Vec<String> {
        let settings = settings();
        let context = EvalContext { settings: &settings, host: &TestHost };
        let bind_settings = BindSettings::default();
        let bound = Binder::new(&self.catalog, &bind_settings, &context, Vec::new()).bind(&parse(text).unwrap()[0]);
        let bound = bound.unwrap();
        let Statement::Query(query) = bound.statement else { panic!("no query: {text}") };
        let prepared = self.runtime.block_on(self.analytics.prepare(Arc::from(query), bound.params));
        self.analytics.explain(&prepared.unwrap())
    }

    /// Rows in the query's order.
    #[track_caller]
    pub(crate) fn ordered(&mut self, text: &str, expected: &[&str]) {
        match self.run(text, &[]) {
            Ok(rows) => assert_eq!(rows, expected, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// Rows in any order.
    #[track_caller]
    pub(crate) fn rows(&mut self, text: &str, expected: &[&str]) {
        match self.run(text, &[]) {
            Ok(mut rows) => {
                let mut expected = expected.to_vec();
                expected.sort_unstable();
                rows.sort_unstable();
                assert_eq!(rows, expected, "{text}");
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// SQLSTATE of the failure.
    #[track_caller]
    pub(crate) fn fails(&mut self, text: &str, state: &str) {
        match self.run(text, &[]) {
            Ok(rows) => panic!("{text}: {rows:?}"),
            Err(error) => assert_eq!(error.state().as_str(), state, "{text}: {error}"),
        }
    }
}

fn begin(shard: &mut Shard) -> Txn {
    let mut txn = shard.begin(Isolation::Serializable, Access::ReadWrite).unwrap();
    shard.begin_statement(&mut txn).unwrap();
    txn
}

/// Departments and people.
pub(crate) fn company() -> World {
    let mut world = World::new();
    let dept = [("id", TypeId::INT4), ("name", TypeId::TEXT), ("boss", TypeId::INT8)];
    world.table("dept", &dept, &["id"], &[], &[&["1", "sales", "11"], &["2", "dev", "21"], &["3", "empty", "NULL"]]);
    let emp = [
        ("id", TypeId::INT8),
        ("dept", TypeId::INT4),
        ("name", TypeId::TEXT),
        ("sal", TypeId::NUMERIC),
        ("since", TypeId::DATE),
    ];
    world.table(
        "emp",
        &emp,
        &["id"],
        &["dept"],
        &[
            &["11", "1", "ann", "100.00", "2020-01-01"],
            &["12", "1", "bob", "100.0", "2021-01-01"],
            &["21", "2", "cat", "250", "2019-05-05"],
            &["22", "2", "dan", "150.5", "2022-02-02"],
            &["23", "2", "eve", "NULL", "2023-03-03"],
            &["31", "NULL", "fay", "80", "NULL"],
        ],
    );
    let log = [("x", TypeId::INT4), ("f", TypeId::FLOAT8), ("c", TypeId::BPCHAR)];
    let rows: &[&[&str]] =
        &[&["1", "0", "a"], &["2", "-0", "a  "], &["3", "NaN", "b"], &["4", "NaN", "B"], &["5", "1.5", "NULL"]];
    world.table("log", &log, &[], &[], rows);
    world
}
