//! A session without a catalog.

use cairn_sql_types::datum::Datum;
use cairn_sql_types::error::SqlError;
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::ty::TypeId;
use cairn_sql_types::zone::Zone;

/// Answers nothing that needs a catalog.
pub(crate) struct NoHost;

impl Host for NoHost {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(format!("{function:?}")))
    }

    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String> {
        (ty == TypeId::REGTYPE).then(|| TypeId(oid).sql_name())
    }

    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::unsupported(format!("looking up {name}")))
    }

    fn clock(&self) -> i64 {
        0
    }

    fn random(&self) -> u64 {
        1 << 63
    }
}

/// The settings that the answers in the case files were made with.
pub(crate) fn settings() -> EvalSettings {
    EvalSettings {
        time_zone: Zone::parse("America/New_York").expect("a zone of the IANA database"),
        ..EvalSettings::default()
    }
}
