//! The short executor on a whole core: typed trees in, rows and errors out.

#![expect(unreachable_pub, reason = "the modules of one test share their helpers")]

mod cold;
mod ddl;
mod property;
mod queries;
mod sight;
mod sql;
mod trees;
mod writes;
