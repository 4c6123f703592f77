//! DROP, TRUNCATE, RENAME.

use cairn_sql_catalog::schema::{Oid, Relation, TableKey};
use cairn_sql_types::{SqlError, SqlState};

use crate::bind::Binder;
use crate::bind::names::{missing_relation, not_a, permission_denied};
use crate::ddl::{Ddl, DropKind};
use crate::syntax::ast::{Name, ObjectName};
use crate::syntax::ddl::ObjectKind;

impl Binder<'_> {
    pub(crate) fn drop_objects(
        &mut self,
        kind: ObjectKind,
        names: &[ObjectName],
        if_exists: bool,
        cascade: bool,
    ) -> Result<Ddl, SqlError> {
        let drop_kind = match kind {
            ObjectKind::Table => DropKind::Table,
            ObjectKind::Index => DropKind::Index,
            ObjectKind::Sequence => DropKind::Sequence,
            ObjectKind::View => DropKind::View,
            ObjectKind::Schema => return self.drop_schemas(names, if_exists, cascade),
        };
        let mut relations: Vec<Oid> = Vec::with_capacity(names.len());
        let mut missing = Vec::new();
        for name in names {
            match self.find_relation(name)?.cloned() {
                Some(relation) => {
                    let oid = self.droppable(&relation, drop_kind, name)?;
                    if !relations.contains(&oid) {
                        relations.push(oid);
                    }
                }
                None if if_exists => missing.push(name.last().to_owned()),
                None => {
                    let message = format!("{} \"{}\" does not exist", kind_word(drop_kind), name.last());
                    return Err(SqlError::new(undefined(drop_kind), message));
                }
            }
        }
        for name in &missing {
            self.notice(format!("{} \"{name}\" does not exist, skipping", kind_word(drop_kind)));
        }
        Ok(Ddl::Drop { kind: drop_kind, relations, missing, cascade })
    }

    /// The relation's identity, if it is of the kind that the statement names.
    fn droppable(&mut self, relation: &Relation, kind: DropKind, name: &ObjectName) -> Result<Oid, SqlError> {
        match (relation, kind) {
            (Relation::Table(table), DropKind::Table) => {
                self.touch(table.oid, true);
                Ok(table.oid)
            }
            (Relation::View(view), DropKind::View) => Ok(view.oid),
            (Relation::Sequence(sequence), DropKind::Sequence) => Ok(sequence.oid),
            (Relation::PrimaryKey(table), DropKind::Index) => Err(constraint_index(name.last(), &table.name)),
            (Relation::Index(table, index), DropKind::Index) if index.constraint.is_some() => {
                Err(constraint_index(&index.name, &table.name))
            }
            (Relation::Index(table, index), DropKind::Index) => {
                self.touch(table.oid, true);
                Ok(index.oid)
            }
            (Relation::System(relation), _) => Err(permission_denied(relation.name)),
            (found, _) => {
                let hint = match found {
                    Relation::Table(_) => "Use DROP TABLE to remove a table.",
                    Relation::View(_) => "Use DROP VIEW to remove a view.",
                    Relation::Sequence(_) => "Use DROP SEQUENCE to remove a sequence.",
                    _ => "Use DROP INDEX to remove an index.",
                };
                let article = if kind == DropKind::Index { "an" } else { "a" };
                let message = format!("\"{}\" is not {article} {}", name.last(), kind_word(kind));
                Err(SqlError::new(SqlState::WRONG_OBJECT_TYPE, message).hint(hint))
            }
        }
    }

    fn drop_schemas(&mut self, names: &[ObjectName], if_exists: bool, cascade: bool) -> Result<Ddl, SqlError> {
        let (mut schemas, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            match self.catalog.schema(name.last()).map(|schema| schema.oid) {
                Some(oid @ (Oid::PG_CATALOG | Oid::INFORMATION_SCHEMA)) => {
                    let _ = oid;
                    let message =
                        format!("cannot drop schema {} because it is required by the database system", name.last());
                    return Err(SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message));
                }
                Some(oid) => schemas.push(oid),
                None if if_exists => missing.push(name.last().to_owned()),
                None => {
                    let message = format!("schema \"{}\" does not exist", name.last());
                    return Err(SqlError::new(SqlState::INVALID_SCHEMA_NAME, message));
                }
            }
        }
        for name in &missing {
            self.notice(format!("schema \"{name}\" does not exist, skipping"));
        }
        Ok(Ddl::DropSchema { schemas, missing, cascade })
    }

    pub(crate) fn truncate(
        &mut self,
        names: &[ObjectName],
        restart_identity: bool,
        cascade: bool,
    ) -> Result<Ddl, SqlError> {
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            let table = self.table(name).map_err(crate::position::without)?;
            self.touch(table.oid, true);
            if !tables.iter().any(|known: &std::sync::Arc<cairn_sql_catalog::schema::Table>| known.oid == table.oid) {
                tables.push(table);
            }
        }
        Ok(Ddl::Truncate { tables, restart_identity, cascade })
    }

    pub(crate) fn rename(
        &mut self,
        kind: ObjectKind,
        name: &ObjectName,
        if_exists: bool,
        to: &Name,
    ) -> Result<Ddl, SqlError> {
        let Some(relation) = self.find_relation(name)?.cloned() else {
            if !if_exists {
                return Err(crate::position::without(missing_relation(name)));
            }
            let notice = format!("relation \"{}\" does not exist, skipping", name.last());
            let notice = crate::Notice::new(SqlState::SUCCESSFUL_COMPLETION, notice);
            return Ok(Ddl::Nothing { notice, tag: alter_tag(kind) });
        };
        // ALTER TABLE renames anything, as in PostgreSQL.
        let (oid, schema) = match (&relation, kind) {
            (Relation::Table(table), ObjectKind::Table | ObjectKind::Index) => (table.oid, table.schema),
            (Relation::View(view), ObjectKind::View | ObjectKind::Table | ObjectKind::Index) => (view.oid, view.schema),
            (Relation::Sequence(sequence), ObjectKind::Sequence | ObjectKind::Table | ObjectKind::Index) => {
                (sequence.oid, sequence.schema)
            }
            (Relation::Index(table, index), ObjectKind::Index | ObjectKind::Table) => (index.oid, table.schema),
            (Relation::PrimaryKey(table), ObjectKind::Index | ObjectKind::Table) => match &table.key {
                TableKey::Primary { oid, .. } => (*oid, table.schema),
                TableKey::RowId => return Err(SqlError::internal("a primary key's index has a primary key")),
            },
            (Relation::System(relation), _) => return Err(permission_denied(relation.name)),
            (_, ObjectKind::Sequence) => return Err(not_a("sequence", name)),
            (_, ObjectKind::View) => return Err(not_a("view", name)),
            _ => return Err(not_a("table", name)),
        };
        if let Relation::Table(table) | Relation::Index(table, _) | Relation::PrimaryKey(table) = &relation {
            self.touch(table.oid, true);
        }
        if self.catalog.relation(schema, &to.text).is_some() {
            let message = format!("relation \"{}\" already exists", to.text);
            return Err(SqlError::new(SqlState::DUPLICATE_TABLE, message));
        }
        Ok(Ddl::Rename { relation: oid, name: to.text.to_string() })
    }
}

/// 2BP01: an index that a constraint needs.
fn constraint_index(index: &str, table: &str) -> SqlError {
    let message = format!("cannot drop index {index} because constraint {index} on table {table} requires it");
    SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
        .hint(format!("You can drop constraint {index} on table {table} instead."))
}

fn alter_tag(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "ALTER TABLE",
        ObjectKind::Index => "ALTER INDEX",
        ObjectKind::Sequence => "ALTER SEQUENCE",
        ObjectKind::View => "ALTER VIEW",
        ObjectKind::Schema => "ALTER SCHEMA",
    }
}

fn kind_word(kind: DropKind) -> &'static str {
    match kind {
        DropKind::Table => "table",
        DropKind::Index => "index",
        DropKind::Sequence => "sequence",
        DropKind::View => "view",
    }
}

fn undefined(kind: DropKind) -> SqlState {
    match kind {
        DropKind::Index => SqlState::UNDEFINED_OBJECT,
        _ => SqlState::UNDEFINED_TABLE,
    }
}
