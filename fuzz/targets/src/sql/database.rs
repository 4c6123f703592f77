//! The small database that texts run against.

use std::sync::Arc;

use cairn_memtx::{Memtx, MemtxConfig};
use cairn_sql_binder::tree::Statement;
use cairn_sql_binder::{BindSettings, Binder, Bound, Lifted, Parameter, ParsedStatement};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::functions::{self, Facts};
use cairn_sql_catalog::schema::{ForeignAction, Oid};
use cairn_sql_short::{ExecContext, Limits, ShortPlan, Stop, plan};
use cairn_sql_testkit::{Collect, NewKey, NewTable, World};
use cairn_sql_types::kernel::{EvalContext, Function, Host};
use cairn_sql_types::{Datum, SqlError, TypeId, io};
use cairn_txn::{Isolation, Txn};

/// A statement that starts again more often than this goes round in circles.
const RESTARTS_MAX: usize = 100;

/// How a statement ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its rows as text, in no order.
    Rows(Vec<String>),
    /// It failed.
    Error(SqlError),
    /// It is for analytics, or for the session.
    Elsewhere,
}

/// Tables with rows, and the transaction that is open.
pub(super) struct Database {
    world: World,
    facts: Facts,
    txn: Option<Txn>,
}

/// Functions of the catalog, without a session behind them.
struct CatalogHost<'a> {
    catalog: &'a Catalog,
    facts: &'a Facts,
}

impl Host for CatalogHost<'_> {
    fn call(&self, function: &'static Function, context: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
        functions::call(self.catalog, self.facts, function, context, args)
    }
    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String> {
        functions::reg_out(self.catalog, self.facts, ty, oid)
    }
    fn reg_in(&self, ty: TypeId, name: &str) -> Result<u32, SqlError> {
        functions::reg_in(self.catalog, self.facts, ty, name)
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

impl Database {
    /// Tables `t`, `u` and `acc` with a few rows each.
    pub(super) fn new() -> Self {
        let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory needs no disk");
        let mut world = World::over(Arc::new(engine));
        create_tables(&mut world);
        fill(&mut world);
        world.limits = Limits { rows_visited_max: Some(2000), rows_per_turn: None, memory_bytes_max: 4 << 20 };
        let facts = Facts {
            user: "cairn".into(),
            database: "cairn".into(),
            search_path: vec![Oid::PG_CATALOG, Oid::PUBLIC],
            ..Facts::default()
        };
        Self { world, facts, txn: None }
    }

    pub(super) fn begin(&mut self) {
        self.txn = Some(self.world.begin(Isolation::Serializable));
    }

    pub(super) fn roll_back(&mut self) {
        if let Some(txn) = self.txn.take() {
            self.world.shard.abort(txn);
        }
    }

    pub(super) fn bind(&self, statement: &ParsedStatement, params: Vec<Parameter>) -> Result<Bound, SqlError> {
        let host = CatalogHost { catalog: &self.world.catalog, facts: &self.facts };
        let context = EvalContext { settings: &self.world.settings, host: &host };
        Binder::new(&self.world.catalog, &BindSettings::default(), &context, params).bind(statement)
    }

    /// The values of literals that were lifted.
    pub(super) fn literals(&self, lifted: &Lifted, bound: &Bound) -> Result<Vec<Datum>, SqlError> {
        let host = CatalogHost { catalog: &self.world.catalog, facts: &self.facts };
        let context = EvalContext { settings: &self.world.settings, host: &host };
        lifted.literals.iter().zip(&bound.params).map(|(literal, ty)| literal.to_datum(&context, *ty)).collect()
    }

    /// Plans and runs a statement in the open transaction.
    pub(super) fn run(&mut self, bound: &Bound, params: &[Datum]) -> Outcome {
        match &bound.statement {
            Statement::Ddl(_) | Statement::Utility(_) => return Outcome::Elsewhere,
            // What analytics would compute for complex writes.
            Statement::Update(update) => drop(update.key_query()),
            Statement::Delete(delete) => drop(delete.key_query()),
            _ => {}
        }
        let Ok(plan) = plan(&bound.statement, &self.world.catalog, self.world.options) else {
            return Outcome::Elsewhere;
        };
        assert!(!plan.explain().is_empty());
        let mut txn = self.txn.take().expect("a transaction is open");
        self.world.shard.begin_statement(&mut txn).unwrap_or_else(|error| panic!("a new statement: {error}"));
        self.world.scratch.begin_again();
        let outcome = self.attempts(&mut txn, &plan, params);
        self.txn = Some(txn);
        outcome
    }

    fn attempts(&mut self, txn: &mut Txn, plan: &ShortPlan, params: &[Datum]) -> Outcome {
        for _ in 0..RESTARTS_MAX {
            match self.attempt(txn, plan, params) {
                Ok(rows) => return Outcome::Rows(rows),
                Err(Stop::Error(error)) => return Outcome::Error(error),
                Err(Stop::Escalate) => return Outcome::Elsewhere,
                Err(Stop::Restart) => self.world.shard.restart_statement(txn).expect("a statement starts again"),
                Err(stop) => panic!("alone, in memory, a statement waits: {stop:?}"),
            }
        }
        panic!("the statement starts again and again");
    }

    fn attempt(&mut self, txn: &mut Txn, plan: &ShortPlan, params: &[Datum]) -> Result<Vec<String>, Stop> {
        let World { shard, catalog, row_ids, scratch, settings, limits, .. } = &mut self.world;
        let host = CatalogHost { catalog, facts: &self.facts };
        let eval = EvalContext { settings, host: &host };
        let mut sink = Collect::default();
        let mut context = ExecContext { shard, txn, catalog, eval: &eval, params, row_ids, scratch, limits: *limits };
        plan.execute(&mut context, &mut sink)?;
        let types: Vec<TypeId> = plan.columns().iter().map(|column| column.ty.id).collect();
        let mut rows: Vec<String> = sink.rows.iter().map(|row| shown(&eval, &types, row)).collect();
        rows.sort_unstable();
        Ok(rows)
    }
}

/// A row as a client would see it, both ways.
fn shown(context: &EvalContext<'_>, types: &[TypeId], row: &[Datum]) -> String {
    let column = |(ty, value): (&TypeId, &Datum)| {
        let mut binary = Vec::new();
        io::send(*ty, value, &mut binary);
        if value.is_null() { "-".to_owned() } else { io::output_string(context, *ty, value) }
    };
    types.iter().zip(row).map(column).collect::<Vec<_>>().join("|")
}

fn create_tables(world: &mut World) {
    let array = TypeId::INT4.array().expect("every base type has arrays");
    world.table(NewTable {
        name: "t",
        columns: vec![
            ("id", TypeId::INT4, true),
            ("a", TypeId::INT4, false),
            ("b", TypeId::TEXT, false),
            ("c", TypeId::NUMERIC, false),
            ("d", TypeId::TIMESTAMPTZ, false),
            ("e", TypeId::BOOL, false),
            ("f", TypeId::FLOAT8, false),
            ("j", TypeId::JSONB, false),
            ("n", array, false),
        ],
        key: vec!["id"],
        uniques: vec![vec!["a", "b"]],
        indexes: vec![vec!["b desc"], vec!["d"]],
        ..NewTable::default()
    });
    world.table(NewTable {
        name: "acc",
        columns: vec![("id", TypeId::INT8, true), ("branch", TypeId::INT2, true), ("balance", TypeId::NUMERIC, false)],
        key: vec!["branch", "id"],
        ..NewTable::default()
    });
    world.table(NewTable {
        name: "u",
        columns: vec![("id", TypeId::UUID, true), ("t_id", TypeId::INT4, false), ("on_day", TypeId::DATE, false)],
        uniques: vec![vec!["id"]],
        foreign_keys: vec![NewKey {
            name: "u_t_id_fkey",
            columns: vec!["t_id"],
            target: "t",
            target_columns: vec![0],
            on_delete: ForeignAction::Cascade,
            on_update: ForeignAction::SetNull,
        }],
        ..NewTable::default()
    });
}

fn fill(world: &mut World) {
    let statements = [
        "insert into t values (1, 1, 'one', 1.50, '2024-02-29 12:00+00', true, 1e10, '{\"k\": [1, null]}', '{1,2,3}'), \
         (2, 2, 'two', -2, '2000-01-01', false, 'NaN', '[]', '{}'), \
         (3, null, null, null, null, null, null, null, null), \
         (4, 1, 'Ünïcödé', 0.000000000001, 'infinity', true, '-Infinity', '\"s\"', '{{1,2},{3,null}}')",
        "insert into acc values (1, 1, 100), (2, 1, 200.25), (1, 2, null), (9223372036854775807, -32768, 'NaN')",
        "insert into u values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1, '2024-02-29'), \
         ('00000000-0000-0000-0000-000000000000', null, 'infinity')",
        "update t set c = c + 1 where id = 2",
        "delete from acc where branch = 2 and id = 1",
    ];
    for statement in statements {
        let bound = world.bind(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error}"));
        world.run(&bound.statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}
