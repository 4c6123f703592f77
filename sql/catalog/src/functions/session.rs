//! The session: identity, settings, waiting that never waits.

use std::sync::Arc;

use cairn_sql_types::{Array, Datum, SqlError, SqlState, TypeId};

use super::{Answer, Call};
use crate::schema::Oid;

/// What `version()` says. Clients parse its beginning.
pub(crate) const VERSION: &str = concat!("PostgreSQL 15.18 (Cairn ", env!("CARGO_PKG_VERSION"), ")");

impl Call<'_> {
    pub(super) fn session(&self, name: &str) -> Answer {
        Some(Ok(match name {
            "version" => Datum::text(VERSION),
            "current_database" | "current_catalog" => Datum::text(self.facts.database.as_str()),
            "current_user" | "session_user" | "user" | "getpgusername" | "current_role" => {
                Datum::text(self.facts.user.as_str())
            }
            "current_schema" => match self.schemas(false).into_iter().next() {
                Some(name) => Datum::Text(name),
                None => Datum::Null,
            },
            "current_schemas" => self.names(self.schemas(self.boolean(0))),
            "current_setting" => return Some(self.setting()),
            "pg_backend_pid" => Datum::Int4(self.facts.process),
            "pg_client_encoding" | "getdatabaseencoding" => Datum::text("UTF8"),
            "pg_is_in_recovery" | "pg_is_wal_replay_paused" | "pg_is_other_temp_schema" => Datum::Bool(false),
            "pg_postmaster_start_time" | "pg_conf_load_time" => Datum::Timestamptz(self.facts.started_at),
            "pg_my_temp_schema" => Datum::Oid(0),
            "pg_trigger_depth" => Datum::Int4(0),
            "inet_client_addr" | "inet_server_addr" | "inet_client_port" | "inet_server_port" => Datum::Null,
            "pg_encoding_to_char" => Datum::text(if self.args.first().is_some_and(is_utf8) { "UTF8" } else { "" }),
            "pg_char_to_encoding" => Datum::Int4(if self.text(0).eq_ignore_ascii_case("utf8") { 6 } else { -1 }),
            _ => return None,
        }))
    }

    /// Names of the search path's schemas; `implicit`: those that nobody named, too.
    fn schemas(&self, implicit: bool) -> Vec<Arc<str>> {
        let path = self.facts.search_path.iter().filter(|oid| implicit || **oid != Oid::PG_CATALOG);
        path.filter_map(|oid| self.catalog.schema_by_oid(*oid)).map(|schema| schema.name.clone()).collect()
    }

    fn names(&self, names: Vec<Arc<str>>) -> Datum {
        let dimensions = if names.is_empty() { Vec::new() } else { vec![(names.len() as i32, 1)] };
        let elements = names.into_iter().map(Datum::Text).collect();
        Datum::Array(Arc::new(Array { element: TypeId::NAME, dimensions, elements }))
    }

    fn setting(&self) -> Result<Datum, SqlError> {
        let name = self.text(0);
        let found = self.facts.settings.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        match found {
            Some((_, value)) => Ok(Datum::text(value.as_str())),
            None if self.boolean(1) => Ok(Datum::Null),
            None => Err(SqlError::new(
                SqlState::UNDEFINED_OBJECT,
                format!("unrecognized configuration parameter \"{name}\""),
            )),
        }
    }
}

/// 6 is PostgreSQL's number of UTF8.
fn is_utf8(encoding: &Datum) -> bool {
    matches!(encoding, Datum::Int4(6))
}
