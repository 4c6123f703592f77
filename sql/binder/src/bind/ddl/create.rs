//! CREATE TABLE, CREATE TABLE AS, SELECT INTO, CREATE SCHEMA.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Distribution, Oid};
use cairn_sql_types::{SqlError, SqlState, TypeId};

use super::made_names::Taken;
use crate::bind::{Binder, at};
use crate::ddl::{CreateTable, Ddl, NewColumn};
use crate::syntax::ast::{Body as SyntaxBody, Name, Query as QuerySyntax};
use crate::syntax::ddl::{Constraint, CreateTable as Syntax, Distribution as SyntaxDistribution};

/// Storage parameters of PostgreSQL that are kept and shown, and change nothing here.
const INERT_OPTIONS: &[&str] = &[
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "autovacuum_enabled",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_min_age",
    "autovacuum_freeze_max_age",
    "autovacuum_freeze_table_age",
    "log_autovacuum_min_duration",
    "user_catalog_table",
    "vacuum_index_cleanup",
    "vacuum_truncate",
];

/// The widest table, as in PostgreSQL.
const COLUMNS_MAX: usize = 1600;

/// 54011 for a table of more columns than there may be, dropped ones included.
pub(super) fn check_width(columns: usize) -> Result<(), SqlError> {
    if columns <= COLUMNS_MAX {
        return Ok(());
    }
    let message = format!("tables can have at most {COLUMNS_MAX} columns");
    Err(SqlError::new(SqlState::TOO_MANY_COLUMNS, message))
}

impl Binder<'_> {
    pub(crate) fn create_table(&mut self, syntax: &Syntax) -> Result<CreateTable, SqlError> {
        let mut table = self.table_shell(syntax)?;
        if table.exists {
            return Ok(table);
        }
        check_width(syntax.columns.len())?;
        let mut taken = Taken::default();
        taken.relations.push(table.name.clone());
        let mut constraints: Vec<Constraint> = Vec::new();
        for column in &syntax.columns {
            if table.columns.iter().any(|other| *other.name == *column.name.text) {
                let message = format!("column \"{}\" specified more than once", column.name.text);
                return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
            }
            let (column, more) = self.new_column(table.schema, &table.name, column, &mut taken)?;
            table.columns.push(column);
            constraints.extend(more);
        }
        constraints.extend(syntax.constraints.iter().cloned());
        self.table_constraints(&mut table, &constraints, &mut taken)?;
        table.distribution = self.distribution(syntax, &table)?;
        Ok(table)
    }

    /// The table without columns: name, engine, tier, options.
    fn table_shell(&mut self, syntax: &Syntax) -> Result<CreateTable, SqlError> {
        if syntax.unlogged {
            return Err(SqlError::unsupported("an unlogged table"));
        }
        let schema = self.creation_schema(&syntax.name)?;
        self.check_writable_schema(schema)?;
        let name = syntax.name.last().to_owned();
        let exists = self.check_free(schema, &name, syntax.if_not_exists)?;
        let engine = self.engine(syntax)?;
        let tier = self.tier(syntax)?;
        let options = self.options(syntax)?;
        Ok(CreateTable {
            schema,
            name,
            exists,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            engine,
            distribution: Distribution::By(Vec::new()),
            tier,
            options,
        })
    }

    /// Only the system's own schemas refuse.
    pub(crate) fn check_writable_schema(&self, schema: Oid) -> Result<(), SqlError> {
        let name = match schema {
            Oid::PG_CATALOG => "pg_catalog",
            Oid::INFORMATION_SCHEMA => "information_schema",
            _ => return Ok(()),
        };
        Err(SqlError::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for schema {name}")))
    }

    /// 42P07, or (IF NOT EXISTS) a notice and `true`.
    pub(crate) fn check_free(&mut self, schema: Oid, name: &str, if_not_exists: bool) -> Result<bool, SqlError> {
        if self.catalog.relation(schema, name).is_none() {
            return Ok(false);
        }
        if !if_not_exists {
            return Err(SqlError::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists")));
        }
        let message = format!("relation \"{name}\" already exists, skipping");
        self.notices.push(crate::notice::Notice::new(SqlState::DUPLICATE_TABLE, message));
        Ok(true)
    }

    /// USING, or the default engine. `heap` is PostgreSQL's own and means the default.
    fn engine(&self, syntax: &Syntax) -> Result<String, SqlError> {
        let (name, pos) = match &syntax.engine {
            Some(name) => (&*name.text, Some(name.pos)),
            None => (self.settings.default_engine.as_str(), None),
        };
        if self.settings.engines.iter().any(|engine| engine == name) {
            return Ok(name.to_owned());
        }
        let error = SqlError::new(SqlState::UNDEFINED_OBJECT, format!("access method \"{name}\" does not exist"))
            .hint(format!("Known engines: {}.", self.settings.engines.join(", ")));
        Err(pos.map_or(error.clone(), |pos| error.at(pos + 1)))
    }

    fn tier(&self, syntax: &Syntax) -> Result<Option<String>, SqlError> {
        let Some(name) = &syntax.tier else { return Ok(None) };
        if self.settings.tiers.iter().any(|tier| **tier == *name.text) {
            return Ok(Some(name.text.to_string()));
        }
        let message = format!("tier \"{}\" does not exist", name.text);
        Err(at(SqlState::UNDEFINED_OBJECT, message, name.pos)
            .hint(format!("Known tiers: {}.", self.settings.tiers.join(", "))))
    }

    /// WITH (...) and OPTION (...): kept as given; those of PostgreSQL's storage get a notice, unknown ones are refused.
    fn options(&mut self, syntax: &Syntax) -> Result<Vec<(String, String)>, SqlError> {
        let mut options: Vec<(String, String)> = Vec::with_capacity(syntax.options.len());
        for (name, value) in &syntax.options {
            let key = name.text.to_lowercase();
            if options.iter().any(|(known, _)| *known == key) {
                let message = format!("parameter \"{key}\" specified more than once");
                return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            let inert = INERT_OPTIONS.contains(&key.strip_prefix("toast.").unwrap_or(&key));
            let own = self.settings.engines.iter().any(|engine| key.starts_with(&format!("{engine}.")));
            if inert {
                self.notice(format!("storage parameter \"{key}\" is kept but has no effect"));
            } else if !own {
                let message = format!("unrecognized parameter \"{key}\"");
                return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            if key == "fillfactor" {
                check_fillfactor(value.as_deref())?;
            }
            options.push((key, value.clone().unwrap_or_else(|| "true".to_owned())));
        }
        Ok(options)
    }

    /// DISTRIBUTED BY columns of every unique key, or the primary key.
    fn distribution(&self, syntax: &Syntax, table: &CreateTable) -> Result<Distribution, SqlError> {
        let names = match &syntax.distribution {
            Some(SyntaxDistribution::Globally) => return Ok(Distribution::Globally),
            None => {
                return Ok(Distribution::By(
                    table.primary_key.iter().flat_map(|(_, columns)| columns.clone()).collect(),
                ));
            }
            Some(SyntaxDistribution::By(names)) => names,
        };
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let index = super::columns::position(&table.columns, name, "column", "in DISTRIBUTED BY does not exist")?;
            if columns.contains(&index) {
                let message = format!("column \"{}\" appears twice in DISTRIBUTED BY", name.text);
                return Err(at(SqlState::DUPLICATE_COLUMN, message, name.pos));
            }
            columns.push(index);
        }
        let keys = table.primary_key.iter().chain(&table.uniques);
        for (key, key_columns) in keys {
            if let Some(missing) = columns.iter().find(|column| !key_columns.contains(column)) {
                let message = format!("unique constraint \"{key}\" must include all columns of DISTRIBUTED BY");
                return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message).detail(format!(
                    "Column \"{}\" is missing: rows with equal keys could be on different instances.",
                    table.columns[*missing].name
                )));
            }
        }
        Ok(Distribution::By(columns))
    }

    pub(crate) fn create_table_as(
        &mut self,
        syntax: &Syntax,
        names: &[Name],
        query: &QuerySyntax,
        with_data: bool,
    ) -> Result<Ddl, SqlError> {
        let bound = self.query(query)?;
        if names.len() > bound.columns.len() {
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, "too many column names were specified"));
        }
        let mut table = self.table_shell(syntax)?;
        for (index, column) in bound.columns.iter().enumerate() {
            let name: Arc<str> = names.get(index).map_or_else(|| column.name.clone(), |name| Arc::from(&*name.text));
            if table.columns.iter().any(|other| *other.name == *name) {
                let message = format!("column \"{name}\" specified more than once");
                return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
            }
            if matches!(column.ty.id, TypeId::RECORD | TypeId::VOID) {
                let shown = crate::bind::type_name(column.ty.id);
                let message = format!("column \"{name}\" has pseudo-type {shown}");
                return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message));
            }
            table.columns.push(NewColumn {
                name: name.to_string(),
                ty: column.ty,
                not_null: false,
                default: None,
                default_expr: None,
                sequence: None,
                identity: None,
            });
        }
        table.distribution = self.distribution(syntax, &table)?;
        Ok(Ddl::CreateTableAs { table, query: with_data.then(|| Box::new(bound)) })
    }

    /// `SELECT ... INTO t` is CREATE TABLE AS.
    pub(crate) fn select_into(&mut self, query: &QuerySyntax) -> Result<Option<Ddl>, SqlError> {
        let SyntaxBody::Select(select) = &query.body else { return Ok(None) };
        let Some(name) = &select.into else { return Ok(None) };
        self.flags.read_only = false;
        let mut plain = query.clone();
        if let SyntaxBody::Select(select) = &mut plain.body {
            select.into = None;
        }
        let table = Syntax {
            name: name.clone(),
            if_not_exists: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            engine: None,
            distribution: None,
            tier: None,
            options: Vec::new(),
            unlogged: false,
        };
        self.create_table_as(&table, &[], &plain, true).map(Some)
    }

    pub(crate) fn create_schema(&mut self, name: &Name, if_not_exists: bool) -> Result<Ddl, SqlError> {
        if name.text.starts_with("pg_") {
            let message = format!("unacceptable schema name \"{}\"", name.text);
            return Err(SqlError::new(SqlState::RESERVED_NAME, message)
                .detail("The prefix \"pg_\" is reserved for system schemas."));
        }
        if self.catalog.schema(&name.text).is_some() {
            if !if_not_exists {
                let message = format!("schema \"{}\" already exists", name.text);
                return Err(SqlError::new(SqlState::DUPLICATE_SCHEMA, message));
            }
            let notice = format!("schema \"{}\" already exists, skipping", name.text);
            let notice = crate::Notice::new(SqlState::DUPLICATE_SCHEMA, notice);
            return Ok(Ddl::Nothing { notice, tag: "CREATE SCHEMA" });
        }
        Ok(Ddl::CreateSchema { name: name.text.to_string(), if_not_exists })
    }
}

fn check_fillfactor(value: Option<&str>) -> Result<(), SqlError> {
    let text = value.unwrap_or("true");
    let invalid = || {
        SqlError::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for integer option \"fillfactor\": {text}"),
        )
    };
    let number: i64 = text.parse().map_err(|_| invalid())?;
    if (10..=100).contains(&number) {
        return Ok(());
    }
    let message = format!("value {text} out of bounds for option \"fillfactor\"");
    Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
        .detail("Valid values are between \"10\" and \"100\"."))
}
