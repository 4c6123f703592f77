//! INSERT, UPDATE and DELETE.
//!
//! ```text
//!   find keys -> lock row -> read newest -> new values -> NOT NULL, CHECK -> keys free? -> row and index entries
//!                                                                                  |
//!                            end of statement: foreign keys, in the order the rows came   <-- events
//! ```
//!
//! *Halloween*: the keys of all rows are collected before the first is changed, so a row that moves along the index that is
//! being walked is not met again.
//!
//! *Turns*: a write over very many rows stops after some and is called again, so that others have the core in between and a
//! miss of a cold engine costs a turn and not the whole statement. Foreign keys at the end are one turn.
//!
//! *Locks come before reads* where a key is known (the hot row of a counter): whoever waited then reads the newest version,
//! and nothing it has read is out of date. Where rows were found by a scan, the lock finds out whether they have changed
//! since and the statement starts again.
//!
//! *Unique keys* are checked row by row at once, as PostgreSQL does, under a lock on the key itself; the check reads the
//! newest version at every isolation level and stays true until the transaction ends.

mod conflict;
mod find;
mod insert;
pub(crate) mod messages;
mod references;
mod rows;
mod turns;
mod update;

pub(crate) use insert::insert;
pub(crate) use turns::Turns;
pub(crate) use update::{delete, update};
