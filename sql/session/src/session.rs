//! A session: its settings, its transaction, its prepared statements and portals.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_sql_catalog::Catalog;
use cairn_sql_short::Scratch;
use cairn_sql_types::{SqlError, SqlState};
use rustc_hash::FxHashMap;

use crate::block::{Modes, State};
use crate::cancel::CancelFlag;
use crate::client::Severity;
use crate::core::Core;
use crate::cursor::Cursor;
use crate::host::SequenceMemory;
use crate::portal::{Portal, Statement};
use crate::settings::Settings;

/// What the client said when it connected.
#[derive(Debug)]
pub struct ConnectInfo {
    /// User.
    pub user: String,
    /// Database; the user's name where absent.
    pub database: Option<String>,
    /// Initial settings.
    pub settings: Vec<(String, String)>,
    /// The session's "process id".
    pub process: i32,
    /// Raised by cancel requests.
    pub cancel: CancelFlag,
}

/// One client's session.
pub struct Session {
    pub(crate) core: Rc<Core>,
    pub(crate) user: String,
    pub(crate) process: i32,
    pub(crate) cancel: CancelFlag,
    pub(crate) settings: Settings,
    pub(crate) state: State,
    /// BEGIN's modes are over with the transaction; SET SESSION CHARACTERISTICS lives in the settings.
    pub(crate) statements: FxHashMap<String, Rc<Statement>>,
    pub(crate) portals: FxHashMap<String, Portal>,
    pub(crate) cursors: FxHashMap<String, Cursor>,
    pub(crate) sequences: RefCell<SequenceMemory>,
    /// When the first message of those came that one Sync will end: they share a transaction, and so its time.
    pub(crate) series_began: Option<i64>,
    pub(crate) set_config: RefCell<Vec<(String, String, bool)>>,
    pub(crate) sleep: Cell<u64>,
    pub(crate) scratch: Scratch,
    /// The newest commit of this session: later reads must see it even when it is not answered yet.
    pub(crate) last_commit: LogIndex,
}

impl Session {
    /// Opens a session, or says why not.
    pub fn open(core: Rc<Core>, info: ConnectInfo) -> Result<Self, SqlError> {
        let database = info.database.as_deref().unwrap_or(&info.user);
        check_database(&core.config.database, database, &info.user)?;
        let mut settings = core.settings.clone();
        settings.fix("session_authorization", &info.user);
        for (name, value) in &info.settings {
            settings.set_default(name, value)?;
        }
        Ok(Self {
            core,
            user: info.user,
            process: info.process,
            cancel: info.cancel,
            settings,
            state: State::Idle,
            statements: FxHashMap::default(),
            portals: FxHashMap::default(),
            cursors: FxHashMap::default(),
            series_began: None,
            sequences: RefCell::default(),
            set_config: RefCell::default(),
            sleep: Cell::new(0),
            scratch: Scratch::default(),
            last_commit: LogIndex::ZERO,
        })
    }

    /// The settings that clients follow, with their values.
    pub fn reported_settings(&self) -> Vec<(&'static str, String)> {
        let all = self.settings.all().into_iter();
        all.filter(|(definition, _)| definition.reported).map(|(definition, value)| (definition.name, value)).collect()
    }

    /// Notices below this are not for the client.
    pub fn min_messages(&self) -> Severity {
        self.settings.decoded().min_messages
    }

    /// Inside BEGIN ... COMMIT?
    pub fn in_block(&self) -> bool {
        self.state.in_block()
    }

    /// Inside a failed block?
    pub fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Waits for a reason to end while the client is silent: shutdown, or too long in a transaction.
    pub async fn idle(&self) -> SqlError {
        let timeout = self.settings.decoded().idle_in_transaction_timeout_ms;
        let limited = timeout > 0 && !matches!(self.state, State::Idle);
        loop {
            let ended = self.cancel.raised();
            if limited {
                let limit = std::time::Duration::from_millis(timeout);
                if tokio::time::timeout(limit, ended).await.is_err() {
                    let message = "terminating connection due to idle-in-transaction timeout";
                    let mut error = SqlError::new(SqlState::of(b"25P03"), message);
                    error.fields_mut().fatal = true;
                    return error;
                }
            } else {
                ended.await;
            }
            if self.cancel.is_ended() {
                return self.cancel.error();
            }
            // A cancel request that comes between statements has nothing to cancel.
            self.cancel.lower();
        }
    }

    /// The client has gone or the server ends: gives up the transaction.
    pub fn close(&mut self) {
        if let Some(active) = self.state.take() {
            self.core.with_shard(|shard| shard.abort(active.txn));
        }
    }

    /// The catalog of the next statement: the transaction's own, or the newest.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        match self.state.active_ref().and_then(|active| active.catalog.clone()) {
            Some(private) => private,
            None => self.core.catalog(),
        }
    }

    /// Does the next statement see a catalog that nobody else sees?
    pub(crate) fn has_private_catalog(&self) -> bool {
        self.state.active_ref().is_some_and(|active| active.catalog.is_some())
    }

    /// Modes of the running transaction, or of the next.
    pub(crate) fn modes(&self) -> Modes {
        self.state.modes(self.settings.decoded())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

/// Cairn has one database. It answers to its name, to `postgres`, and to the user's own name, because that is what psql
/// asks for when nothing is said.
fn check_database(own: &str, asked: &str, user: &str) -> Result<(), SqlError> {
    if asked == own || asked == "postgres" || asked == user {
        return Ok(());
    }
    let mut error = SqlError::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{asked}\" does not exist"))
        .hint(format!("Cairn has one database: \"{own}\"."));
    error.fields_mut().fatal = true;
    Err(error)
}
