//! Tables, and their rows out of files.

use std::path::Path;

use super::data::TABLES;
use crate::error::BenchError;
use crate::server::{SqlServer, copy, query};

/// Makes, fills and indexes the tables.
pub(super) fn load(server: &dyn SqlServer, files: &Path) -> Result<(), BenchError> {
    query(server, include_str!("schema.sql"))?;
    for table in TABLES {
        copy(server, table, &files.join(table))?;
    }
    query(server, "create index customer_by_name on customer (c_w_id, c_d_id, c_last, c_first)")?;
    query(server, "create index orders_by_customer on orders (o_w_id, o_d_id, o_c_id, o_id)")?;
    query(server, "vacuum analyze").map(|_| ())
}
