//! What needs an object that goes: foreign keys, views, defaults. DROP refuses to go without it, DROP ... CASCADE takes it along.
//!
//! ```text
//! drop table t      constraint c on table child   depends on table t      CASCADE: the constraint goes
//!                   view v                        depends on table t      CASCADE: the view goes, and
//!                   view w                        depends on view v       what needs it
//! drop sequence s   default value for column a    depends on sequence s   CASCADE: the default goes
//! ```
//!
//! Views keep no list of what they read: their text names their relations, and a view needs a column if it can't be bound without.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_sql_binder::relations_named;
use cairn_sql_catalog::schema::{Relation, Sequence, Table, View};
use cairn_sql_catalog::{Catalog, Oid};
use cairn_sql_short::Stop;
use cairn_sql_types::{SqlError, SqlState, TypeId};

use super::drop::owned_sequences;
use super::{Work, stop};

/// An object that needs another one.
#[derive(Clone, Debug)]
pub(super) enum Dependent {
    /// An object of a schema that goes; whoever drops the schema drops it.
    Member,
    /// A foreign key: its table, itself.
    ForeignKey(Oid, Oid),
    /// A view.
    View(Oid),
    /// The default of a table's column.
    Default(Oid, usize),
}

/// Dependents in the order in which messages list them, each with its line.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    pub(super) found: Vec<(Dependent, String)>,
    /// What each line is about: `view v`.
    subjects: Vec<String>,
}

impl Dependents {
    fn push(&mut self, dependent: Dependent, subject: String, object: &str) {
        let line = format!("{subject} depends on {object}");
        self.found.push((dependent, line));
        self.subjects.push(subject);
    }

    /// The relations of a schema that goes. What belongs to a column is not told.
    pub(super) fn add_members(&mut self, work: &Work<'_>, schema: &str, members: &[Oid]) {
        let owned = |oid: &Oid| work.catalog().sequence(*oid).is_some_and(|sequence| sequence.owned_by.is_some());
        for oid in members.iter().filter(|oid| !owned(oid)) {
            self.push(Dependent::Member, work.described(*oid), &format!("schema {schema}"));
        }
    }

    fn has_view(&self, oid: Oid) -> bool {
        self.found.iter().any(|(dependent, _)| matches!(dependent, Dependent::View(view) if *view == oid))
    }

    /// 2BP01 `cannot drop <object> because other objects depend on it`.
    pub(super) fn refuse(&self, object: &str) -> Stop {
        let lines: Vec<&str> = self.found.iter().map(|(_, line)| line.as_str()).collect();
        let (object, them) = if object.is_empty() { ("desired object(s)", "them") } else { (object, "it") };
        let message = format!("cannot drop {object} because other objects depend on {them}");
        Stop::Error(
            SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
                .detail(lines.join("\n"))
                .hint("Use DROP ... CASCADE to drop the dependent objects too."),
        )
    }

    /// The notice of a CASCADE; `None`: nothing goes.
    pub(super) fn notice(&self) -> Option<SqlError> {
        let lines: Vec<String> = self.subjects.iter().map(|subject| format!("drop cascades to {subject}")).collect();
        let notice = |message: &str| SqlError::new(SqlState::SUCCESSFUL_COMPLETION, message);
        match lines.as_slice() {
            [] => None,
            [only] => Some(notice(only)),
            lines => {
                let message = format!("drop cascades to {} other objects", lines.len());
                Some(notice(&message).detail(lines.join("\n")))
            }
        }
    }
}

impl Work<'_> {
    /// Everything outside `going` that needs one of these relations.
    pub(super) fn dependents(&self, going: &[Oid]) -> Dependents {
        let mut found = Dependents::default();
        self.add_dependents(going, &mut found);
        found
    }

    /// The same, behind what was found before.
    pub(super) fn add_dependents(&self, going: &[Oid], found: &mut Dependents) {
        let all: BTreeSet<Oid> = going.iter().copied().collect();
        for oid in going {
            match self.catalog().relation_by_oid(*oid) {
                Some(Relation::Table(table)) => {
                    self.foreign_keys_on(table, &all, found);
                    self.views_on(*oid, &all, found);
                    for sequence in self.owned_sequences(*oid, None) {
                        if let Some(sequence) = self.catalog().sequence(sequence) {
                            self.defaults_on(sequence, &all, found);
                        }
                    }
                }
                Some(Relation::View(_)) => self.views_on(*oid, &all, found),
                Some(Relation::Sequence(sequence)) => {
                    self.defaults_on(sequence, &all, found);
                    self.views_on(*oid, &all, found);
                }
                _ => {}
            }
        }
    }

    /// Everything that needs a column which the private catalog has already lost.
    pub(super) fn dependents_of_column(&self, before: &Table, column: usize) -> Dependents {
        let mut found = Dependents::default();
        let object = format!("column {} of table {}", before.columns[column].name, self.shown(before.oid));
        for (table, key) in &before.referenced_by {
            let Some(other) = self.catalog().table(*table) else { continue };
            let Some(key) = other.foreign_keys.iter().find(|own| own.oid == *key) else { continue };
            if key.target_columns.contains(&column) && !(*table == before.oid && key.columns.contains(&column)) {
                let subject = format!("constraint {} on table {}", key.name, self.shown(*table));
                found.push(Dependent::ForeignKey(*table, key.oid), subject, &object);
            }
        }
        let own = BTreeSet::from([before.oid]);
        // They are gone from the private catalog already.
        for sequence in owned_sequences(self.before, before.oid, Some(column)) {
            if let Some(sequence) = self.before.sequence(sequence) {
                self.defaults_on(sequence, &own, &mut found);
            }
        }
        for view in self.views_reading(before.oid) {
            if !self.binds(&view) && !found.has_view(view.oid) {
                found.push(Dependent::View(view.oid), format!("view {}", self.shown(view.oid)), &object);
                self.views_on(view.oid, &BTreeSet::new(), &mut found);
            }
        }
        found
    }

    /// Takes away what a CASCADE takes along.
    pub(super) fn drop_dependents(&mut self, dependents: &Dependents) -> Result<(), Stop> {
        self.notices.extend(dependents.notice());
        for (dependent, _) in &dependents.found {
            match dependent {
                Dependent::Member => {}
                Dependent::ForeignKey(table, key) => {
                    let mut changed = (*self.table(*table)?).clone();
                    changed.foreign_keys.retain(|own| own.oid != *key);
                    self.edit.put_table(changed).map_err(stop)?;
                }
                Dependent::View(view) => self.edit.remove(*view).map_err(stop)?,
                Dependent::Default(table, column) => {
                    let mut changed = (*self.table(*table)?).clone();
                    changed.columns[*column].default = None;
                    self.edit.put_table(changed).map_err(stop)?;
                }
            }
        }
        Ok(())
    }

    /// 0A000 where a view can't be bound any more: views keep their text, so they can't follow a rename.
    pub(super) fn check_views_follow(&self, relation: Oid, renamed: &str) -> Result<(), Stop> {
        match self.views_reading(relation).into_iter().find(|view| !self.binds(view)) {
            None => Ok(()),
            Some(view) => Err(Stop::Error(
                SqlError::unsupported(format!("renaming {renamed} that a view reads"))
                    .detail(format!("view {} reads it.", self.shown(view.oid)))
                    .hint("Drop the view first and create it again afterwards."),
            )),
        }
    }

    /// The views that name this relation, for a check after it was renamed.
    pub(super) fn views_reading(&self, oid: Oid) -> Vec<Arc<View>> {
        let Some(relation) = self.before_name(oid) else { return Vec::new() };
        let mut views: Vec<Arc<View>> = self.catalog().relations().filter_map(view_of).cloned().collect();
        views.retain(|view| reads(view, &relation));
        views.sort_by_key(|view| view.oid);
        views
    }

    /// Schema and name that stored texts know a relation by: those from before this statement.
    fn before_name(&self, oid: Oid) -> Option<(Arc<str>, Arc<str>)> {
        let (schema, name, _) = self.before.relation_by_oid(oid)?.identity();
        Some((self.before.schema_by_oid(schema)?.name.clone(), name))
    }

    fn views_on(&self, oid: Oid, going: &BTreeSet<Oid>, found: &mut Dependents) {
        let object = self.described(oid);
        for view in self.views_reading(oid) {
            if going.contains(&view.oid) || found.has_view(view.oid) || view.oid == oid {
                continue;
            }
            found.push(Dependent::View(view.oid), format!("view {}", self.shown(view.oid)), &object);
            self.views_on(view.oid, going, found);
        }
    }

    fn foreign_keys_on(&self, table: &Table, going: &BTreeSet<Oid>, found: &mut Dependents) {
        for (other, key) in &table.referenced_by {
            if going.contains(other) {
                continue;
            }
            let Some(other) = self.catalog().table(*other) else { continue };
            let Some(key) = other.foreign_keys.iter().find(|own| own.oid == *key) else { continue };
            let subject = format!("constraint {} on table {}", key.name, self.shown(other.oid));
            found.push(Dependent::ForeignKey(other.oid, key.oid), subject, &self.described(table.oid));
        }
    }

    fn defaults_on(&self, sequence: &Sequence, going: &BTreeSet<Oid>, found: &mut Dependents) {
        let call = reference_to(sequence.oid);
        let mut tables: Vec<&Arc<Table>> =
            self.catalog().tables().filter(|table| !going.contains(&table.oid)).collect();
        tables.sort_by_key(|table| table.oid);
        for table in tables {
            for (at, column) in table.live_columns() {
                if column.default.as_ref().is_some_and(|text| text.contains(&call)) {
                    let subject =
                        format!("default value for column {} of table {}", column.name, self.shown(table.oid));
                    found.push(Dependent::Default(table.oid, at), subject, &self.described(sequence.oid));
                }
            }
        }
    }

    /// `table t`, `view v`, `sequence s`.
    pub(super) fn described(&self, oid: Oid) -> String {
        let kind = match self.before.relation_by_oid(oid) {
            Some(Relation::View(_)) => "view",
            Some(Relation::Sequence(_)) => "sequence",
            Some(Relation::Index(..) | Relation::PrimaryKey(_)) => "index",
            _ => "table",
        };
        format!("{kind} {}", self.shown(oid))
    }

    /// The name of a relation, with its schema where the search path does not lead to it.
    pub(super) fn shown(&self, oid: Oid) -> String {
        let name = self.eval.host.reg_out(TypeId::REGCLASS, oid.0);
        name.unwrap_or_else(|| oid.0.to_string())
    }

    fn binds(&self, view: &View) -> bool {
        crate::prepare::binds(self.catalog(), self.bind, self.eval, &view.query)
    }
}

/// How a stored default names a relation.
pub(super) fn reference_to(oid: Oid) -> String {
    format!("'{}'::regclass", oid.0)
}

fn view_of(relation: &Relation) -> Option<&Arc<View>> {
    match relation {
        Relation::View(view) => Some(view),
        _ => None,
    }
}

fn reads(view: &View, (schema, name): &(Arc<str>, Arc<str>)) -> bool {
    // A text that was stored can be parsed.
    let named = relations_named(&view.query).unwrap_or_default();
    named.iter().any(|(own_schema, own_name)| **own_schema == **schema && **own_name == **name)
}

/// What a sequence belongs to: an identity column needs it, so it can't go alone.
pub(super) fn check_not_identity(catalog: &Catalog, sequence: &Sequence, shown: &str) -> Result<(), Stop> {
    let Some((owner, column)) = sequence.owned_by else { return Ok(()) };
    let Some(table) = catalog.table(owner) else { return Ok(()) };
    let column = &table.columns[column];
    if column.identity.is_none() || column.dropped {
        return Ok(());
    }
    let whole = format!("column {} of table {}", column.name, table.name);
    let message = format!("cannot drop sequence {shown} because {whole} requires it");
    Err(Stop::Error(
        SqlError::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message).hint(format!("You can drop {whole} instead.")),
    ))
}
