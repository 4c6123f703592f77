//! What the sessions of one core share: its transactions, its catalog, its plans; and what the server does for them.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cairn_base::EngineCode;
use cairn_base::seam::Clock;
use cairn_sql_analytics::Analytics;
use cairn_sql_catalog::sequence::Sequences;
use cairn_sql_catalog::{Catalog, load};
use cairn_sql_short::RowIds;
use cairn_sql_types::{SqlError, SqlState};
use cairn_txn::{Access, EngineError, Isolation, ReadTask, Shard};

use crate::failure::{catalog_error, txn_error};
use crate::plan_cache::PlanCache;
use crate::settings::{Settings, show_duration_ms};
use crate::wait::Waits;

/// A future of this core's thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// What the server does for sessions. All calls return at once.
pub trait Services {
    /// Something was submitted to the log, or a deadline of the shard may have moved.
    fn kick(&self);
    /// Does a read on the reader pool, to bring its blocks into memory.
    fn fetch(&self, task: ReadTask) -> LocalFuture<Result<(), EngineError>>;
    /// Runs a checkpoint of all engines now (CHECKPOINT).
    fn checkpoint(&self) -> LocalFuture<Result<(), String>>;
    /// Collects old versions of all engines now (VACUUM).
    fn collect(&self) -> LocalFuture<Result<(), String>>;
}

/// An engine that USING can name.
#[derive(Clone, Debug)]
pub struct EngineEntry {
    /// Its name.
    pub name: Arc<str>,
    /// Its code in space ids.
    pub code: EngineCode,
}

/// How a core is set up.
pub struct CoreConfig {
    /// The engines, in the order they are listed to users.
    pub engines: Vec<EngineEntry>,
    /// Tiers that IN TIER may name.
    pub tiers: Vec<String>,
    /// Defaults of settings: (name, value).
    pub settings: Vec<(String, String)>,
    /// Most sessions at a time, for SHOW max_connections. Whoever accepts connections keeps to it.
    pub connections_max: usize,
    /// For SHOW authentication_timeout.
    pub authentication_timeout: Duration,
    /// Name of the one database.
    pub database: String,
    /// Name of the first user (owner of everything).
    pub owner: String,
    /// When the server started, microseconds since 2000-01-01 UTC.
    pub started_at: i64,
}

/// One core, as its sessions see it.
pub struct Core {
    pub(crate) config: CoreConfig,
    /// What every session starts with.
    pub(crate) settings: Settings,
    pub(crate) shard: RefCell<Shard>,
    pub(crate) waits: Waits,
    pub(crate) catalog: RefCell<Arc<Catalog>>,
    pub(crate) sequences: RefCell<Sequences>,
    pub(crate) row_ids: RefCell<RowIds>,
    pub(crate) plans: RefCell<PlanCache>,
    pub(crate) analytics: Arc<Analytics>,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) services: Rc<dyn Services>,
    pub(crate) random: Cell<u64>,
}

/// PostgreSQL's epoch, 2000-01-01, in microseconds since 1970.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Microseconds since 1970 as microseconds since 2000.
pub fn to_postgres_micros(unix_micros: u64) -> i64 {
    unix_micros as i64 - POSTGRES_EPOCH_MICROS
}

impl Core {
    /// Takes over a recovered shard: creates the system spaces on the first start, loads the catalog on every one.
    pub fn open(
        config: CoreConfig,
        mut shard: Shard,
        analytics: Arc<Analytics>,
        clock: Rc<dyn Clock>,
        services: Rc<dyn Services>,
        seed: u64,
    ) -> Result<Rc<Self>, SqlError> {
        let settings = initial_settings(&config)?;
        let mut txn = shard.begin(Isolation::ReadCommitted, Access::ReadWrite).map_err(txn_error)?;
        shard.begin_statement(&mut txn).map_err(txn_error)?;
        load::bootstrap(&mut shard, &mut txn).map_err(catalog_error)?;
        let mut catalog = load::load(&shard, &txn).map_err(catalog_error)?;
        check_engines(&catalog, &config.engines)?;
        catalog.version = 1;
        let sequences = Sequences::load(&shard, &txn).map_err(catalog_error)?;
        shard.commit(txn).map_err(txn_error)?;
        let core = Self {
            config,
            settings,
            shard: RefCell::new(shard),
            waits: Waits::default(),
            catalog: RefCell::new(Arc::new(catalog)),
            sequences: RefCell::new(sequences),
            row_ids: RefCell::default(),
            plans: RefCell::default(),
            analytics,
            clock,
            services,
            random: Cell::new(seed | 1),
        };
        core.services.kick();
        Ok(Rc::new(core))
    }

    /// Works on the shard, then passes on what happened. The server uses it to report durability and time.
    pub fn with_shard<T>(&self, work: impl FnOnce(&mut Shard) -> T) -> T {
        let mut shard = self.shard.borrow_mut();
        let result = work(&mut shard);
        if !shard.no_events() {
            self.waits.deliver(shard.take_events());
        }
        result
    }

    /// The newest committed catalog.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.borrow().clone()
    }

    /// Wall clock in PostgreSQL's microseconds.
    pub(crate) fn now(&self) -> i64 {
        to_postgres_micros(self.clock.wall_micros())
    }

    /// The clock that the shard's deadlines are told in.
    pub fn monotonic_nanos(&self) -> u64 {
        self.clock.monotonic_nanos()
    }

    /// A pseudo-random number (xorshift64*, Vigna 2016), for `random()`.
    pub(crate) fn next_random(&self) -> u64 {
        let mut state = self.random.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.random.set(state);
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

/// The settings that every session starts with. A wrong one is found here, at the start, and not by the first client.
fn initial_settings(config: &CoreConfig) -> Result<Settings, SqlError> {
    let mut settings = Settings::new(&config.settings)?;
    let engine = &settings.decoded().engine;
    if !config.engines.iter().any(|entry| *entry.name == **engine) {
        let known: Vec<&str> = config.engines.iter().map(|entry| entry.name.as_ref()).collect();
        let message = format!(
            "invalid value for parameter \"default_table_access_method\": \"{engine}\" is none of {}",
            known.join(", ")
        );
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    settings.fix("max_connections", &config.connections_max.to_string());
    settings.fix("authentication_timeout", &show_duration_ms(config.authentication_timeout.as_millis() as u64));
    Ok(settings)
}

/// Every table's engine must be here: a server without it would serve a hole.
fn check_engines(catalog: &Catalog, engines: &[EngineEntry]) -> Result<(), SqlError> {
    for table in catalog.tables() {
        if !engines.iter().any(|engine| engine.name == table.engine && engine.code == table.space.engine()) {
            return Err(catalog_error(cairn_sql_catalog::CatalogError::NoSuchEngine {
                table: table.name.to_string(),
                engine: table.engine.to_string(),
            }));
        }
    }
    Ok(())
}
