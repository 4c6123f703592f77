//! CREATE.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_base::Timestamp;
use cairn_sql_binder::ddl::{CreateTable, NewColumn, NewForeignKey};
use cairn_sql_binder::tree::Query;
use cairn_sql_catalog::Oid;
use cairn_sql_catalog::schema::{
    Check, Column, ForeignKey, Index, IndexColumn, Relation, Schema, Sequence, Table, TableKey, View,
};
use cairn_sql_catalog::sequence::Position;
use cairn_sql_short::Stop;
use cairn_sql_short::ddl::{self as data, Task};
use cairn_sql_types::{Datum, SqlError, SqlState};

use super::depend::reference_to;
use super::{Outcome, Work, engine_options, stop};
use crate::client::Client;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::run::Completed;
use crate::session::Session;

impl Work<'_> {
    pub(super) fn create_table(&mut self, new: &CreateTable) -> Outcome {
        // That it exists was told when the statement was bound.
        if new.exists {
            return Ok("CREATE TABLE".to_owned());
        }
        self.new_table(new)?;
        Ok("CREATE TABLE".to_owned())
    }

    pub(super) fn new_table(&mut self, new: &CreateTable) -> Result<Arc<Table>, Stop> {
        self.check_free(new.schema, &new.name)?;
        let engine = self.engine(&new.engine)?;
        let options = engine_options(&engine.name, &new.options);
        let oid = self.edit.new_oid().map_err(stop)?;
        let mut columns = Vec::with_capacity(new.columns.len());
        for (position, column) in new.columns.iter().enumerate() {
            columns.push(self.new_column(oid, position, column, new.schema)?);
        }
        let key = match &new.primary_key {
            None => TableKey::RowId,
            Some((name, key_columns)) => {
                self.check_free(new.schema, name)?;
                for column in key_columns {
                    columns[*column].not_null = true;
                }
                let oid = self.edit.new_oid().map_err(stop)?;
                TableKey::Primary { oid, name: name.as_str().into(), columns: key_columns.clone() }
            }
        };
        let space = self.edit.new_space(engine.code, &options).map_err(stop)?;
        let mut table = Table {
            oid,
            schema: new.schema,
            name: new.name.as_str().into(),
            layout: Table::layout_of(&columns),
            columns,
            space,
            key,
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            referenced_by: Vec::new(),
            engine: engine.name,
            distribution: new.distribution.clone(),
            tier: new.tier.as_deref().map(Arc::from),
            options: new.options.clone(),
            rewritten_at: Timestamp::ZERO,
        };
        for (name, columns) in &new.uniques {
            let ascending = columns.iter().map(|column| ascending(*column)).collect::<Vec<_>>();
            let index = self.new_index(&table, name, true, &ascending, true)?;
            table.indexes.push(Arc::new(index));
        }
        for (name, text) in &new.checks {
            let oid = self.edit.new_oid().map_err(stop)?;
            table.checks.push(Check { oid, name: name.as_str().into(), expression: text.as_str().into() });
        }
        for key in &new.foreign_keys {
            let key = self.new_foreign_key(key, oid)?;
            table.foreign_keys.push(key);
        }
        self.edit.put_table(table).map_err(stop)
    }

    /// A column, with the sequence of a serial one.
    pub(super) fn new_column(
        &mut self,
        table: Oid,
        position: usize,
        new: &NewColumn,
        schema: Oid,
    ) -> Result<Column, Stop> {
        let mut default = new.default.as_deref().map(Arc::from);
        if let Some(sequence) = &new.sequence {
            self.check_free(schema, &sequence.name)?;
            let owned = Sequence { schema, owned_by: Some((table, position)), ..sequence.clone() };
            let oid = self.new_sequence(owned)?;
            if new.identity.is_none() {
                default = Some(format!("nextval({})", reference_to(oid)).into());
            }
        }
        Ok(Column {
            name: new.name.as_str().into(),
            ty: new.ty,
            not_null: new.not_null,
            default,
            missing: None,
            identity: new.identity,
            dropped: false,
        })
    }

    pub(super) fn new_index(
        &mut self,
        table: &Table,
        name: &str,
        unique: bool,
        columns: &[IndexColumn],
        constraint: bool,
    ) -> Result<Index, Stop> {
        self.check_free(table.schema, name)?;
        let engine = table.space.engine();
        let options = engine_options(&table.engine, &table.options);
        let space = self.edit.new_space(engine, &options).map_err(stop)?;
        let oid = self.edit.new_oid().map_err(stop)?;
        let constraint = constraint.then(|| self.edit.new_oid()).transpose().map_err(stop)?;
        Ok(Index {
            oid,
            name: name.into(),
            space,
            columns: columns.to_vec(),
            unique,
            constraint,
            created_at: Timestamp::ZERO,
        })
    }

    pub(super) fn new_foreign_key(&mut self, new: &NewForeignKey, own: Oid) -> Result<ForeignKey, Stop> {
        Ok(ForeignKey {
            oid: self.edit.new_oid().map_err(stop)?,
            name: new.name.as_str().into(),
            columns: new.columns.clone(),
            target: new.target.as_ref().map_or(own, |table| table.oid),
            target_columns: new.target_columns.clone(),
            on_delete: new.on_delete,
            on_update: new.on_update,
        })
    }

    pub(super) fn create_schema(&mut self, name: &str, if_not_exists: bool) -> Outcome {
        if self.catalog().schema(name).is_some() {
            if if_not_exists {
                let notice = format!("schema \"{name}\" already exists, skipping");
                self.notices.push(SqlError::new(SqlState::DUPLICATE_SCHEMA, notice));
                return Ok("CREATE SCHEMA".to_owned());
            }
            let message = format!("schema \"{name}\" already exists");
            return Err(Stop::Error(SqlError::new(SqlState::DUPLICATE_SCHEMA, message)));
        }
        let oid = self.edit.new_oid().map_err(stop)?;
        self.edit.put_schema(Schema { oid, name: name.into() }).map_err(stop)?;
        Ok("CREATE SCHEMA".to_owned())
    }

    pub(super) fn create_index(
        &mut self,
        table: &Arc<Table>,
        name: &str,
        unique: bool,
        columns: &[IndexColumn],
        exists: bool,
    ) -> Outcome {
        if exists {
            return Ok("CREATE INDEX".to_owned());
        }
        let table = self.table(table.oid)?;
        self.add_index(&table, name, unique, columns, false)?;
        Ok("CREATE INDEX".to_owned())
    }

    /// Creates an index and fills it from the table's rows.
    pub(super) fn add_index(
        &mut self,
        table: &Arc<Table>,
        name: &str,
        unique: bool,
        columns: &[IndexColumn],
        constraint: bool,
    ) -> Result<Arc<Table>, Stop> {
        let index = Arc::new(self.new_index(table, name, unique, columns, constraint)?);
        self.tasks.push(Task::FillIndex { table: table.clone(), index: index.clone() });
        let mut changed = (**table).clone();
        changed.indexes.push(index);
        self.edit.mark_rewritten(&mut changed);
        self.edit.put_table(changed).map_err(stop)
    }

    /// What the data side of DDL works on.
    pub(super) fn data(&mut self) -> data::DataContext<'_> {
        data::DataContext {
            shard: self.edit.shard,
            txn: self.edit.txn,
            catalog: &self.edit.catalog,
            eval: self.eval,
            row_ids: self.row_ids,
            scratch: self.scratch,
        }
    }

    pub(super) fn create_sequence(&mut self, sequence: &Sequence, exists: bool) -> Outcome {
        if exists {
            return Ok("CREATE SEQUENCE".to_owned());
        }
        self.check_free(sequence.schema, &sequence.name)?;
        self.new_sequence(sequence.clone())?;
        Ok("CREATE SEQUENCE".to_owned())
    }

    /// A sequence that begins at its start, whatever a sequence of a rolled back transaction with the same number did.
    fn new_sequence(&mut self, sequence: Sequence) -> Result<Oid, Stop> {
        let oid = self.edit.new_oid().map_err(stop)?;
        self.begun.push((oid, sequence.start));
        self.edit.put_sequence(Sequence { oid, ..sequence }).map_err(stop)?;
        Ok(oid)
    }

    pub(super) fn alter_sequence(&mut self, sequence: &Sequence, restart: Option<i64>) -> Outcome {
        self.edit.put_sequence(sequence.clone()).map_err(stop)?;
        if let Some(start) = restart {
            self.positions.push((sequence.oid, Some(Position { last: start, called: false })));
        }
        Ok("ALTER SEQUENCE".to_owned())
    }

    pub(super) fn create_view(&mut self, view: &View, replaces: Option<Oid>) -> Outcome {
        let oid = match replaces {
            Some(oid) => oid,
            None => {
                self.check_free(view.schema, &view.name)?;
                self.edit.new_oid().map_err(stop)?
            }
        };
        self.edit.put_view(View { oid, ..view.clone() }).map_err(stop)?;
        Ok("CREATE VIEW".to_owned())
    }

    /// RENAME TO of any relation.
    pub(super) fn rename(&mut self, oid: Oid, name: &str) -> Outcome {
        let relation = self.catalog().relation_by_oid(oid).cloned();
        let relation = relation.ok_or_else(|| Stop::Error(SqlError::internal("the relation has gone")))?;
        let (schema, old, _) = relation.identity();
        if *old != *name {
            self.check_free(schema, name)?;
        }
        let name: Arc<str> = name.into();
        let tag = match relation {
            Relation::Table(table) => {
                let mut table = (*table).clone();
                table.name = name;
                self.edit.put_table(table).map_err(stop)?;
                "ALTER TABLE"
            }
            Relation::Index(table, index) => {
                let mut table = (*table).clone();
                let place = table.indexes.iter_mut().find(|own| own.oid == index.oid).expect("the table's own index");
                Arc::make_mut(place).name = name;
                self.edit.put_table(table).map_err(stop)?;
                "ALTER INDEX"
            }
            Relation::PrimaryKey(table) => {
                let mut table = (*table).clone();
                if let TableKey::Primary { name: own, .. } = &mut table.key {
                    *own = name;
                }
                self.edit.put_table(table).map_err(stop)?;
                "ALTER INDEX"
            }
            Relation::Sequence(sequence) => {
                self.edit.put_sequence(Sequence { name, ..(*sequence).clone() }).map_err(stop)?;
                "ALTER SEQUENCE"
            }
            Relation::View(view) => {
                self.edit.put_view(View { name, ..(*view).clone() }).map_err(stop)?;
                "ALTER VIEW"
            }
            Relation::System(relation) => {
                let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
                return Err(Stop::Error(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, message)));
            }
        };
        self.check_views_follow(oid, "a relation")?;
        Ok(tag.to_owned())
    }
}

/// An index column in its default order.
pub(super) fn ascending(column: usize) -> IndexColumn {
    IndexColumn { column, descending: false, nulls_first: false }
}

impl Session {
    /// CREATE TABLE AS: the table, then the query's rows into it.
    pub(super) async fn create_table_as(
        &mut self,
        prepared: &Rc<Prepared>,
        new: &CreateTable,
        query: &Query,
        params: &[Datum],
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        if new.exists {
            self.change_catalog(deadline, client, &[|work: &mut Work<'_>| work.create_table(new)]).await?;
            return Ok(Completed::tag("CREATE TABLE AS"));
        }
        let running = self.start_query(query, prepared, params, deadline).await?;
        let rows = self.collect(running, deadline).await?.rows;
        let rows: Arc<Vec<Vec<Datum>>> = Arc::new(rows.into());
        let count = rows.len();
        let change = |work: &mut Work<'_>| {
            let table = work.new_table(new)?;
            work.tasks.push(Task::InsertRows { table, rows: rows.clone() });
            Ok(String::new())
        };
        self.change_catalog(deadline, client, &[change]).await?;
        Ok(Completed::rows("SELECT", count as u64))
    }
}
