//! # cairn-sql-session: statements, transactions and settings of one client
//!
//! A session takes texts and messages from the wire, turns them into prepared statements (parser, binder, plan cache), runs
//! them in transactions on its core, and says what happened to a [`Client`].
//!
//! ```text
//!   wire ---> Session::simple_query / parse / bind / execute / sync
//!               |  prepare: text -> plan cache -> parser -> binder -> Prepared
//!               |  run: begin_statement, table locks, back end, end_statement
//!               v
//!            short executor (on the core, synchronous) -----> Client (rows, tags, notices)
//!               |  Stop::Wait / Fetch / Busy: take the rows back, wait, start the statement again
//!            analytics (its own threads) -- batches of rows --^
//! ```
//!
//! **Nothing here blocks.** Everything that takes time is awaited: row locks, the log, the reader pool, analytics. Between two
//! awaits a session has the core to itself, which is what makes the short executor's work atomic.
//!
//! **Restart.** A statement that must wait is taken back whole and starts again; nothing of it has left the session. That
//! is why the answers are buffered in the [`Client`] and can be rewound.
//!
//! **Answers are true.** A commit is answered when the log says that it is durable. A statement outside a block is answered
//! after its implicit commit.
//!
//! **Missing.** LISTEN/NOTIFY, two-phase commit by the client, `COPY` in binary form, holding a portal open across
//! statements without computing its rows.

mod block;
mod cancel;
mod client;
mod command;
mod copy;
mod core;
mod cursor;
mod ddl;
mod explain;
mod facts;
mod failure;
mod host;
mod plan_cache;
mod portal;
mod prepare;
mod prepared;
mod protocol;
mod query;
mod result;
mod run;
mod session;
pub mod settings;
mod tag;
mod transaction;
mod utility;
mod wait;
mod write;

pub use cairn_sql_short::{Cell, RowView};

pub use crate::cancel::CancelFlag;
pub use crate::client::{Client, CopyInput, Format, Formats, Severity};
pub use crate::core::{Core, CoreConfig, EngineEntry, LocalFuture, Services, to_postgres_micros};
pub use crate::failure::Failure;
pub use crate::portal::Columns;
pub use crate::session::{ConnectInfo, Session};
pub use crate::tag::Tag;
