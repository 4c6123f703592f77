//! A database without storage: bound DDL changes a catalog value, nothing else.

use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_sql_binder::ddl::{CreateTable, Ddl, NewColumn};
use cairn_sql_binder::tree::Statement;
use cairn_sql_binder::{BindSettings, Binder, Bound, Parameter, parse};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::{
    Check, Column, ForeignKey, Index, IndexColumn, Oid, Relation, Schema, Sequence, Table, TableKey, View,
};
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};

/// Looks names up in one catalog.
struct CatalogHost<'a>(&'a Catalog);

impl Host for CatalogHost<'_> {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(function.name))
    }
    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String> {
        match ty {
            TypeId::REGCLASS => self.0.relation_by_oid(Oid(oid)).map(|relation| relation.identity().1.to_string()),
            _ => None,
        }
    }
    fn reg_in(&self, ty: TypeId, name: &str) -> Result<u32, SqlError> {
        let bare = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        match ty {
            TypeId::REGNAMESPACE => return Ok(self.0.schema(bare).map_or(0, |schema| schema.oid.0)),
            TypeId::REGPROC => return Ok(1),
            _ => {}
        }
        let found = self.0.relations().find(|relation| *relation.identity().1 == *bare);
        found
            .map(|relation| relation.identity().2.0)
            .ok_or_else(|| SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist")))
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

/// The catalog and what binding needs besides.
pub(crate) struct World {
    /// The present catalog.
    pub(crate) catalog: Catalog,
    settings: BindSettings,
    eval: EvalSettings,
    next_oid: u32,
}

impl World {
    /// An empty database with schema `public`.
    pub(crate) fn new() -> Self {
        let catalog = Catalog::with_system_relations();
        let catalog = match catalog.schema("public") {
            Some(_) => catalog,
            None => catalog.with_schema(Schema { oid: Oid::PUBLIC, name: "public".into() }),
        };
        let eval = EvalSettings::default();
        let settings = BindSettings { database: "bind".to_owned(), ..BindSettings::default() };
        Self { catalog, settings, eval, next_oid: Oid::FIRST_USER.0 }
    }

    /// A database in which this script ran.
    pub(crate) fn from_script(script: &str) -> Self {
        let mut world = Self::new();
        for statement in parse(script).expect("the script parses") {
            let bound =
                world.bind_parsed(&statement, &[]).unwrap_or_else(|error| panic!("{}: {error}", statement.text()));
            if let Statement::Ddl(ddl) = bound.statement {
                world.apply(*ddl);
            }
        }
        world
    }

    /// Binds the only statement of a text.
    pub(crate) fn bind(&self, text: &str, params: &[Parameter]) -> Result<Bound, SqlError> {
        let statements = parse(text)?;
        let statement = statements.first().ok_or_else(|| SqlError::internal("no statement"))?;
        self.bind_parsed(statement, params)
    }

    fn bind_parsed(
        &self,
        statement: &cairn_sql_binder::ParsedStatement,
        params: &[Parameter],
    ) -> Result<Bound, SqlError> {
        let host = CatalogHost(&self.catalog);
        let context = EvalContext { settings: &self.eval, host: &host };
        Binder::new(&self.catalog, &self.settings, &context, params.to_vec()).bind(statement)
    }

    fn oid(&mut self) -> Oid {
        self.next_oid += 1;
        Oid(self.next_oid - 1)
    }

    fn add(&mut self, relation: Relation) {
        self.catalog = std::mem::take(&mut self.catalog).with_relation(relation);
    }

    /// Carries out the definitions that scripts use.
    pub(crate) fn apply(&mut self, ddl: Ddl) {
        match ddl {
            Ddl::CreateTable(table) => self.create_table(table),
            Ddl::CreateSchema { name, .. } => {
                let schema = Schema { oid: self.oid(), name: name.into() };
                self.catalog = std::mem::take(&mut self.catalog).with_schema(schema);
            }
            Ddl::CreateIndex { table, name, unique, columns, .. } => {
                let mut table = (*table).clone();
                let oid = self.oid();
                table.indexes.push(Arc::new(index(oid, &name, columns, unique, None)));
                self.add(Relation::Table(Arc::new(table)));
            }
            Ddl::CreateSequence { sequence, .. } => {
                let oid = self.oid();
                self.add(Relation::Sequence(Arc::new(Sequence { oid, ..sequence })));
            }
            Ddl::CreateView { view, .. } => {
                let oid = self.oid();
                self.add(Relation::View(Arc::new(View { oid, ..view })));
            }
            other => panic!("scripts do not use {other:?}"),
        }
    }

    fn create_table(&mut self, new: CreateTable) {
        let oid = self.oid();
        let mut columns = Vec::new();
        for (position, column) in new.columns.into_iter().enumerate() {
            columns.push(self.column(oid, position, column));
        }
        let key = match new.primary_key {
            Some((name, columns)) => TableKey::Primary { oid: self.oid(), name: name.into(), columns },
            None => TableKey::RowId,
        };
        let mut indexes = Vec::new();
        for (name, columns) in new.uniques {
            let ordered = |column| IndexColumn { column, descending: false, nulls_first: false };
            let (index_oid, constraint) = (self.oid(), self.oid());
            let columns = columns.into_iter().map(ordered).collect();
            indexes.push(Arc::new(index(index_oid, &name, columns, true, Some(constraint))));
        }
        let checks = new.checks.into_iter();
        let checks = checks.map(|(name, expression)| Check {
            oid: self.oid(),
            name: name.into(),
            expression: expression.into(),
        });
        let checks = checks.collect();
        let keys = new.foreign_keys.into_iter();
        let foreign_keys = keys
            .map(|key| ForeignKey {
                oid: self.oid(),
                name: key.name.into(),
                columns: key.columns,
                target: key.target.map_or(oid, |table| table.oid),
                target_columns: key.target_columns,
                on_delete: key.on_delete,
                on_update: key.on_update,
            })
            .collect();
        let layout = Table::layout_of(&columns);
        let table = Table {
            oid,
            schema: new.schema,
            name: new.name.into(),
            columns,
            space: SpaceId(oid.0),
            layout,
            key,
            indexes,
            checks,
            foreign_keys,
            referenced_by: Vec::new(),
            engine: new.engine.into(),
            distribution: new.distribution,
            tier: new.tier.map(Into::into),
            options: new.options,
            rewritten_at: Timestamp::default(),
        };
        self.add(Relation::Table(Arc::new(table)));
    }

    fn column(&mut self, table: Oid, position: usize, column: NewColumn) -> Column {
        if let Some(sequence) = column.sequence {
            let oid = self.oid();
            self.add(Relation::Sequence(Arc::new(Sequence { oid, owned_by: Some((table, position)), ..sequence })));
        }
        Column {
            name: column.name.into(),
            ty: column.ty,
            not_null: column.not_null,
            default: column.default.map(Into::into),
            missing: None,
            identity: column.identity,
            dropped: false,
        }
    }
}

fn index(oid: Oid, name: &str, columns: Vec<IndexColumn>, unique: bool, constraint: Option<Oid>) -> Index {
    Index {
        oid,
        name: name.into(),
        space: SpaceId(oid.0),
        columns,
        unique,
        constraint,
        created_at: Timestamp::default(),
    }
}
