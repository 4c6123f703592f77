//! One query through psql.

use super::{SqlServer, client_program};
use crate::error::{BenchError, output};

/// The unaligned text that psql prints for `sql`, without its last line end.
///
/// # Errors
/// If psql is missing or the server answers with an error.
pub fn query(server: &dyn SqlServer, sql: &str) -> Result<String, BenchError> {
    let mut command = client_program(server, "psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    Ok(output(&mut command)?.trim_end().to_owned())
}
