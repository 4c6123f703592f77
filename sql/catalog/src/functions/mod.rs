//! Functions about the catalog and the session ([`cairn_sql_types::kernel::Body::Host`]), and names behind OIDs. They read a
//! catalog and the session's facts, and change nothing, so they run on any thread.

pub(crate) mod default;
pub(crate) mod definition;
mod names;
mod session;

use cairn_sql_types::kernel::{EvalContext, Function};
use cairn_sql_types::{Datum, SqlError, SqlState};
use rustc_hash::FxHashMap;

use crate::schema::{Oid, Relation};
use crate::snapshot::Catalog;

pub use names::{reg_in, reg_out};

/// What these functions may know about the session.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// The session's "process id".
    pub process: i32,
    /// When the server started, microseconds since 2000-01-01 UTC.
    pub started_at: i64,
    /// Schemas that names are looked up in, in order.
    pub search_path: Vec<Oid>,
    /// Settings by name.
    pub settings: FxHashMap<String, String>,
}

/// The OID of the one role.
pub const OWNER: Oid = Oid(10);

/// The schema that a built-in function lives in: those that only `information_schema` needs are kept there, by PostgreSQL too.
pub fn function_schema(name: &str) -> Oid {
    if name.starts_with("_pg_") { Oid::INFORMATION_SCHEMA } else { Oid::PG_CATALOG }
}

/// Calls a host function. Those that this version does not have answer 0A000.
pub fn call(
    catalog: &Catalog,
    facts: &Facts,
    function: &'static Function,
    _: &EvalContext<'_>,
    args: &[Datum],
) -> Result<Datum, SqlError> {
    let call = Call { catalog, facts, args };
    if let Some(answer) = call.session(function.name).or_else(|| call.definition(function.name)) {
        return answer;
    }
    match function.name {
        // There is one role and it owns everything: every privilege is held.
        name if name.starts_with("has_") || name == "pg_has_role" => call.privilege(name),
        "row_security_active" => Ok(Datum::Bool(false)),
        // No comments, statistics, triggers, rules or extensions exist.
        "obj_description"
        | "col_description"
        | "shobj_description"
        | "pg_get_triggerdef"
        | "pg_get_ruledef"
        | "pg_get_partkeydef"
        | "pg_get_partition_constraintdef"
        | "pg_get_statisticsobjdef"
        | "pg_get_statisticsobjdef_columns"
        | "pg_get_functiondef"
        | "pg_get_function_arg_default"
        | "pg_tablespace_location"
        | "pg_relation_filepath"
        | "pg_get_replica_identity_index" => Ok(Datum::Null),
        name => Err(SqlError::unsupported(format!("function {name}()"))),
    }
}

/// One call at work.
struct Call<'a> {
    catalog: &'a Catalog,
    facts: &'a Facts,
    args: &'a [Datum],
}

type Answer = Option<Result<Datum, SqlError>>;

impl Call<'_> {
    /// A privilege on whatever exists. Relations are looked up; of the rest PostgreSQL's own exist.
    fn privilege(&self, function: &str) -> Result<Datum, SqlError> {
        let of_relation = matches!(
            function,
            "has_table_privilege" | "has_sequence_privilege" | "has_column_privilege" | "has_any_column_privilege"
        );
        // `(user,) object, (column,) privilege`
        let least = if function == "has_column_privilege" { 3 } else { 2 };
        let object = self.args.get(usize::from(self.args.len() > least));
        if let (true, Some(Datum::Text(name))) = (of_relation, object) {
            let parts = names::split_name(name)?;
            names::find_relation(self.catalog, self.facts, &parts).ok_or_else(|| {
                SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
            })?;
        }
        Ok(Datum::Bool(true))
    }

    /// An argument that is an OID of any kind.
    fn oid(&self, index: usize) -> Oid {
        match self.args.get(index) {
            Some(Datum::Oid(oid)) => Oid(*oid),
            Some(Datum::Int4(oid)) => Oid(*oid as u32),
            _ => Oid::default(),
        }
    }

    fn text(&self, index: usize) -> &str {
        match self.args.get(index) {
            Some(Datum::Text(text)) => text,
            _ => "",
        }
    }

    fn boolean(&self, index: usize) -> bool {
        matches!(self.args.get(index), Some(Datum::Bool(true)))
    }

    /// Is this the first relation of its name along the search path?
    fn is_visible(&self, oid: Oid) -> Option<bool> {
        let (_, name, _) = self.catalog.relation_by_oid(oid)?.identity();
        let found = self.catalog.resolve(&self.facts.search_path, &name).map(Relation::identity);
        Some(found.is_some_and(|(_, _, found)| found == oid))
    }
}
