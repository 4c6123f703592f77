//! DROP and TRUNCATE.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_sql_binder::ddl::DropKind;
use cairn_sql_catalog::schema::{Relation, Table, TableKey};
use cairn_sql_catalog::{Catalog, Oid};
use cairn_sql_short::Stop;
use cairn_sql_types::{SqlError, SqlState};

use super::{Outcome, Work, engine_options, stop};

/// Tables that a DROP touches: those that go, those whose index goes, and with CASCADE those whose foreign keys go.
pub(super) fn tables_touched(catalog: &Catalog, relations: &[Oid], cascade: bool) -> Vec<Arc<Table>> {
    let mut tables: Vec<Arc<Table>> = relations.iter().filter_map(|oid| super::table_of(catalog, *oid)).collect();
    if cascade {
        let referencing: Vec<Oid> =
            tables.iter().flat_map(|table| table.referenced_by.iter().map(|(table, _)| *table)).collect();
        tables.extend(referencing.iter().filter_map(|oid| catalog.table(*oid).cloned()));
    }
    tables.sort_by_key(|table| table.oid);
    tables.dedup_by_key(|table| table.oid);
    tables
}

impl Work<'_> {
    pub(super) fn drop_relations(&mut self, kind: DropKind, relations: &[Oid], cascade: bool) -> Outcome {
        let tag = match kind {
            DropKind::Table => "DROP TABLE",
            DropKind::Index => "DROP INDEX",
            DropKind::Sequence => "DROP SEQUENCE",
            DropKind::View => "DROP VIEW",
        };
        let all: BTreeSet<Oid> = relations.iter().copied().collect();
        for oid in relations {
            self.drop_one(*oid, &all, cascade)?;
        }
        Ok(tag.to_owned())
    }

    fn drop_one(&mut self, oid: Oid, all: &BTreeSet<Oid>, cascade: bool) -> Result<(), Stop> {
        match self.catalog().relation_by_oid(oid).cloned() {
            Some(Relation::Table(table)) => self.drop_table(&table, all, cascade),
            Some(Relation::Index(table, index)) => {
                if index.constraint.is_some() {
                    return Err(needed(format!(
                        "cannot drop index {} because constraint {} on table {} requires it",
                        index.name, index.name, table.name
                    ))
                    .map_hint(format!("You can drop constraint {} on table {} instead.", index.name, table.name)));
                }
                let mut changed = (*table).clone();
                changed.indexes.retain(|own| own.oid != oid);
                self.edit.drop_space(index.space).map_err(stop)?;
                self.edit.put_table(changed).map_err(stop).map(drop)
            }
            Some(Relation::PrimaryKey(table)) => {
                let name = table_key_name(&table);
                Err(needed(format!(
                    "cannot drop index {name} because constraint {name} on table {} requires it",
                    table.name
                ))
                .map_hint(format!("You can drop constraint {name} on table {} instead.", table.name)))
            }
            Some(Relation::Sequence(sequence)) => {
                self.drop_defaults_using(oid, &sequence.name, all, cascade)?;
                self.edit.remove(oid).map_err(stop)?;
                self.positions.push((oid, None));
                Ok(())
            }
            Some(Relation::View(_)) => self.edit.remove(oid).map_err(stop),
            Some(Relation::System(relation)) => {
                let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
                Err(Stop::Error(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, message)))
            }
            None => Ok(()),
        }
    }

    fn drop_table(&mut self, table: &Arc<Table>, all: &BTreeSet<Oid>, cascade: bool) -> Result<(), Stop> {
        for (referencing, constraint) in &table.referenced_by {
            if all.contains(referencing) {
                continue;
            }
            let other = self.table(*referencing)?;
            let name = other.foreign_keys.iter().find(|key| key.oid == *constraint).map(|key| key.name.clone());
            let name = name.unwrap_or_else(|| "?".into());
            if !cascade {
                return Err(needed(format!("cannot drop table {} because other objects depend on it", table.name))
                    .map_detail(format!("constraint {name} on table {} depends on table {}", other.name, table.name))
                    .map_hint("Use DROP ... CASCADE to drop the dependent objects too.".to_owned()));
            }
            self.notices.push(format!("drop cascades to constraint {name} on table {}", other.name));
            let mut changed = (*other).clone();
            changed.foreign_keys.retain(|key| key.oid != *constraint);
            self.edit.put_table(changed).map_err(stop)?;
        }
        self.drop_owned_sequences(table.oid)?;
        self.edit.remove(table.oid).map_err(stop)
    }

    pub(super) fn drop_owned_sequences(&mut self, table: Oid) -> Result<(), Stop> {
        for oid in self.owned_sequences(table, None) {
            self.edit.remove(oid).map_err(stop)?;
            self.positions.push((oid, None));
        }
        Ok(())
    }

    /// Sequences owned by a table's column (any where `None`).
    pub(super) fn owned_sequences(&self, table: Oid, column: Option<usize>) -> Vec<Oid> {
        let owned = |relation: &Relation| match relation {
            Relation::Sequence(sequence) => sequence
                .owned_by
                .filter(|(owner, at)| *owner == table && column.is_none_or(|column| column == *at))
                .map(|_| sequence.oid),
            _ => None,
        };
        self.catalog().relations().filter_map(owned).collect()
    }

    /// A sequence that a default calls is needed by that default.
    fn drop_defaults_using(
        &mut self,
        sequence: Oid,
        name: &str,
        all: &BTreeSet<Oid>,
        cascade: bool,
    ) -> Result<(), Stop> {
        let call = [format!("nextval('{name}'::regclass)"), format!("nextval('\"{name}\"'::regclass)")];
        let uses = |default: &Option<Arc<str>>| {
            default.as_ref().is_some_and(|text| call.iter().any(|call| text.contains(call.as_str())))
        };
        let users: Vec<Arc<Table>> = self
            .catalog()
            .tables()
            .filter(|table| !all.contains(&table.oid) && table.columns.iter().any(|column| uses(&column.default)))
            .cloned()
            .collect();
        for table in users {
            let mut changed = (*table).clone();
            for column in changed.columns.iter_mut().filter(|column| uses(&column.default)) {
                if !cascade {
                    return Err(needed(format!("cannot drop sequence {name} because other objects depend on it"))
                        .map_detail(format!(
                            "default value for column {} of table {} depends on sequence {name}",
                            column.name, table.name
                        ))
                        .map_hint("Use DROP ... CASCADE to drop the dependent objects too.".to_owned()));
                }
                column.default = None;
            }
            self.edit.put_table(changed).map_err(stop)?;
        }
        let _ = sequence;
        Ok(())
    }

    pub(super) fn drop_schemas(&mut self, schemas: &[Oid], cascade: bool) -> Outcome {
        for schema in schemas {
            let inside: Vec<Oid> = self
                .catalog()
                .relations()
                .filter(|relation| !matches!(relation, Relation::Index(..) | Relation::PrimaryKey(_)))
                .map(Relation::identity)
                .filter(|(own, _, _)| own == schema)
                .map(|(_, _, oid)| oid)
                .collect();
            let name = self.catalog().schema_by_oid(*schema).map(|schema| schema.name.clone()).unwrap_or_default();
            if !inside.is_empty() && !cascade {
                return Err(needed(format!("cannot drop schema {name} because other objects depend on it"))
                    .map_hint("Use DROP ... CASCADE to drop the dependent objects too.".to_owned()));
            }
            let all: BTreeSet<Oid> = inside.iter().copied().collect();
            for oid in inside {
                self.drop_one(oid, &all, true)?;
            }
            self.edit.remove_schema(*schema).map_err(stop)?;
        }
        Ok("DROP SCHEMA".to_owned())
    }

    /// TRUNCATE: new, empty spaces instead of the old ones.
    pub(super) fn truncate(&mut self, tables: &[Arc<Table>], restart_identity: bool, cascade: bool) -> Outcome {
        let mut all: Vec<Oid> = tables.iter().map(|table| table.oid).collect();
        let mut at = 0;
        while let Some(oid) = all.get(at).copied() {
            at += 1;
            let table = self.table(oid)?;
            for (referencing, _) in &table.referenced_by {
                if all.contains(referencing) {
                    continue;
                }
                let other = self.table(*referencing)?;
                if !cascade {
                    let message = "cannot truncate a table referenced in a foreign key constraint";
                    return Err(Stop::Error(
                        SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message)
                            .detail(format!("Table \"{}\" references \"{}\".", other.name, table.name))
                            .hint(format!(
                                "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                                other.name
                            )),
                    ));
                }
                self.notices.push(format!("truncate cascades to table \"{}\"", other.name));
                all.push(*referencing);
            }
        }
        for oid in all {
            self.empty_table(oid)?;
            if restart_identity {
                for sequence in self.owned_sequences(oid, None) {
                    let start = self.catalog().sequence(sequence).map(|sequence| sequence.start);
                    self.positions.push((sequence, start));
                }
            }
        }
        Ok("TRUNCATE TABLE".to_owned())
    }

    fn empty_table(&mut self, oid: Oid) -> Result<(), Stop> {
        let table = self.table(oid)?;
        let engine = table.space.engine();
        let options = engine_options(&table.engine, &table.options);
        let mut changed = (*table).clone();
        for space in table.spaces() {
            self.edit.drop_space(space).map_err(stop)?;
        }
        changed.space = self.edit.new_space(engine, &options).map_err(stop)?;
        for index in &mut changed.indexes {
            Arc::make_mut(index).space = self.edit.new_space(engine, &options).map_err(stop)?;
        }
        self.edit.mark_rewritten(&mut changed);
        self.edit.put_table(changed).map_err(stop).map(drop)
    }
}

fn table_key_name(table: &Table) -> Arc<str> {
    match &table.key {
        TableKey::Primary { name, .. } => name.clone(),
        TableKey::RowId => table.name.clone(),
    }
}

/// `2BP01`, with room for its detail and hint.
struct Needed(SqlError);

fn needed(message: String) -> Needed {
    Needed(SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message))
}

impl Needed {
    fn map_hint(self, hint: String) -> Stop {
        Stop::Error(self.0.hint(hint))
    }

    fn map_detail(self, detail: String) -> Needed {
        Needed(self.0.detail(detail))
    }
}
