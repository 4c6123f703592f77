//! DROP and TRUNCATE.

use std::sync::Arc;

use cairn_sql_binder::ddl::DropKind;
use cairn_sql_catalog::schema::{Relation, Table, TableKey};
use cairn_sql_catalog::sequence::Position;
use cairn_sql_catalog::{Catalog, Oid};
use cairn_sql_short::Stop;
use cairn_sql_types::{SqlError, SqlState};

use super::depend::{Dependents, check_not_identity};
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
        for oid in relations {
            if let Some(Relation::Sequence(sequence)) = self.catalog().relation_by_oid(*oid) {
                check_not_identity(self.catalog(), sequence, &self.shown(*oid))?;
            }
        }
        let dependents = self.dependents(relations);
        if !cascade && !dependents.found.is_empty() {
            let object = if let [only] = relations { self.described(*only) } else { String::new() };
            return Err(dependents.refuse(&object));
        }
        self.drop_dependents(&dependents)?;
        for oid in relations {
            self.drop_one(*oid)?;
        }
        Ok(tag.to_owned())
    }

    /// Drops one relation that nothing needs any more.
    fn drop_one(&mut self, oid: Oid) -> Result<(), Stop> {
        match self.catalog().relation_by_oid(oid).cloned() {
            Some(Relation::Table(table)) => {
                self.drop_owned_sequences(table.oid)?;
                self.edit.remove(table.oid).map_err(stop)
            }
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
            Some(Relation::Sequence(_)) => {
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

    pub(super) fn drop_owned_sequences(&mut self, table: Oid) -> Result<(), Stop> {
        for oid in self.owned_sequences(table, None) {
            self.edit.remove(oid).map_err(stop)?;
            self.positions.push((oid, None));
        }
        Ok(())
    }

    /// Sequences owned by a table's column (any where `None`).
    pub(super) fn owned_sequences(&self, table: Oid, column: Option<usize>) -> Vec<Oid> {
        owned_sequences(self.catalog(), table, column)
    }

    pub(super) fn drop_schemas(&mut self, schemas: &[Oid], cascade: bool) -> Outcome {
        let mut dependents = Dependents::default();
        let mut inside = Vec::new();
        for schema in schemas {
            let own = self.relations_in(*schema);
            dependents.add_members(self, &self.schema_name(*schema), &own);
            inside.extend(own);
        }
        self.add_dependents(&inside, &mut dependents);
        if !cascade && !dependents.found.is_empty() {
            let object = match schemas {
                [only] => format!("schema {}", self.schema_name(*only)),
                _ => String::new(),
            };
            return Err(dependents.refuse(&object));
        }
        self.drop_dependents(&dependents)?;
        for oid in inside {
            self.drop_one(oid)?;
        }
        for schema in schemas {
            self.edit.remove_schema(*schema).map_err(stop)?;
        }
        Ok("DROP SCHEMA".to_owned())
    }

    /// Tables, views and sequences of a schema, oldest first.
    fn relations_in(&self, schema: Oid) -> Vec<Oid> {
        let own = |relation: &&Relation| !matches!(relation, Relation::Index(..) | Relation::PrimaryKey(_));
        let mut inside: Vec<Oid> = self
            .catalog()
            .relations()
            .filter(own)
            .map(Relation::identity)
            .filter_map(|(own, _, oid)| (own == schema).then_some(oid))
            .collect();
        inside.sort_unstable();
        inside
    }

    fn schema_name(&self, schema: Oid) -> Arc<str> {
        self.catalog().schema_by_oid(schema).map(|schema| schema.name.clone()).unwrap_or_default()
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
                self.notice(format!("truncate cascades to table \"{}\"", other.name));
                all.push(*referencing);
            }
        }
        for oid in all {
            self.empty_table(oid)?;
            if restart_identity {
                for sequence in self.owned_sequences(oid, None) {
                    let start = self.catalog().sequence(sequence).map(|sequence| sequence.start);
                    let start = start.map(|last| Position { last, called: false });
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
}

/// Sequences that a catalog has for a table's column (any where `None`).
pub(super) fn owned_sequences(catalog: &Catalog, table: Oid, column: Option<usize>) -> Vec<Oid> {
    let owned = |relation: &Relation| match relation {
        Relation::Sequence(sequence) => sequence
            .owned_by
            .filter(|(owner, at)| *owner == table && column.is_none_or(|column| column == *at))
            .map(|_| sequence.oid),
        _ => None,
    };
    catalog.relations().filter_map(owned).collect()
}
