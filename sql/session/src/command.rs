//! Names of commands, as messages say them.

use cairn_sql_binder::ddl::{Ddl, DropKind};
use cairn_sql_binder::tree::{LockStrength, Query, Statement};

/// What a statement that changes something is called.
pub(crate) fn command_name(statement: &Statement) -> &'static str {
    match statement {
        Statement::Query(query) => locking_name(query),
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Ddl(ddl) => ddl_name(ddl),
        Statement::Utility(_) => "this statement",
    }
}

fn locking_name(query: &Query) -> &'static str {
    match query.locking.first().map(|locking| locking.strength) {
        None => "SELECT",
        Some(LockStrength::KeyShare) => "SELECT FOR KEY SHARE",
        Some(LockStrength::Share) => "SELECT FOR SHARE",
        Some(LockStrength::NoKeyUpdate) => "SELECT FOR NO KEY UPDATE",
        Some(LockStrength::Update) => "SELECT FOR UPDATE",
    }
}

fn ddl_name(ddl: &Ddl) -> &'static str {
    match ddl {
        Ddl::CreateTable(_) => "CREATE TABLE",
        Ddl::CreateTableAs { .. } => "CREATE TABLE AS",
        Ddl::CreateSchema { .. } => "CREATE SCHEMA",
        Ddl::CreateIndex { .. } => "CREATE INDEX",
        Ddl::CreateSequence { .. } => "CREATE SEQUENCE",
        Ddl::AlterSequence { .. } => "ALTER SEQUENCE",
        Ddl::CreateView { .. } => "CREATE VIEW",
        Ddl::AlterTable { .. } | Ddl::Rename { .. } => "ALTER TABLE",
        Ddl::Drop { kind: DropKind::Table, .. } => "DROP TABLE",
        Ddl::Drop { kind: DropKind::Index, .. } => "DROP INDEX",
        Ddl::Drop { kind: DropKind::Sequence, .. } => "DROP SEQUENCE",
        Ddl::Drop { kind: DropKind::View, .. } => "DROP VIEW",
        Ddl::DropSchema { .. } => "DROP SCHEMA",
        Ddl::Truncate { .. } => "TRUNCATE TABLE",
        Ddl::Nothing { tag, .. } => tag,
    }
}
