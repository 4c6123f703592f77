//! # cairn-sql-protocol: what goes over the wire, as bytes
//!
//! The messages of the PostgreSQL protocol (documentation, chapter 55.7) and the lines of COPY (the page of that command), read
//! and written. Pure functions: no socket, no session, no clock, so that a fuzzer can have all of it without the rest of
//! the server.
//!
//! ```text
//!   bytes --> frontend::startup, frontend::next --> Frame --decode--> Frontend<'_>       borrowed, nothing copied
//!   bytes <-- backend::*                                                                 appended to one buffer
//!   CopyData --> copy::LineReader --> fields            fields --> copy::write_line --> CopyData
//! ```
//! **Promises.** No length is trusted: each is checked before it is used, and nothing is allocated because a message says so.
//! Lines of COPY come out the same wherever the stream was cut into messages.
//!
//! **Missing.** Protocol 3.2's long cancel keys. COPY's binary format.

pub mod backend;
pub mod copy;
pub mod frontend;
