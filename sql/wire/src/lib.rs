//! # cairn-sql-wire: the PostgreSQL protocol
//!
//! One task per connection, on the core's own thread: read whatever has arrived, carry out every complete message, write
//! once. A pipelined batch of a hundred statements costs one read and one write; a prepared statement's Bind, Describe,
//! Execute and Sync cost one of each.
//!
//! ```text
//!   socket --read--> [ B D E S B D E S ... ] --frontend--> session (binder, short, analytics, ...)
//!      ^                                                       |
//!      +-----write once, when nothing is left to read---- [ 2 T D C Z 2 T D C Z ... ] <--backend
//! ```
//!
//! **Promises.** No message is trusted: every length is checked before it is used, and a malformed one ends the connection
//! with 08P01, as in PostgreSQL. Protocol 3.0 (3.2 and later minor versions are negotiated down). Trust and SCRAM-SHA-256
//! authentication within a time limit, TLS, cancel requests, a limit on sessions, simple and extended query with PostgreSQL's rules for implicit transactions and
//! for skipping to Sync after an error, COPY in both directions.
//!
//! **Whose code.** Messages are encoded and decoded by `cairn-sql-protocol`: the decoders of `pgwire` panic on truncated bodies
//! and allocate for each field (see `docs/decisions/wire-codec.md`). SCRAM is pgwire's.
//!
//! **Missing.** GSSAPI, the function call protocol (0A000), protocol 3.2's long cancel keys, channel binding.

mod answers;
mod attention;
pub mod auth;
mod buffer;
mod cancel;
mod connection;
mod handshake;
mod stream;

pub use attention::Attention;
pub use auth::{Auth, Verifier};
pub use cancel::{Cancels, Registration};
pub use connection::{ConnectionError, Reception, serve};
pub use handshake::turn_away;
pub use stream::Stream;
