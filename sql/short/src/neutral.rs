//! A context to bind the catalog's own texts in (checks, defaults), where no session's settings are at hand.

use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::zone::Zone;
use cairn_sql_types::{Datum, SqlError, TypeId};

/// Answers nothing: binding folds immutable calls only.
struct NoSession;

impl Host for NoSession {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(function.name))
    }

    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }

    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::unsupported(format_args!("the name \"{name}\" in a constraint")))
    }

    fn clock(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        0
    }
}

/// Calls `f` with PostgreSQL's default settings in UTC.
pub(crate) fn with<T>(f: impl FnOnce(&EvalContext<'_>) -> T) -> T {
    let settings = EvalSettings { time_zone: Zone::Fixed(0), ..EvalSettings::default() };
    f(&EvalContext { settings: &settings, host: &NoSession })
}
