//! INSERT.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Identity, Relation, Table};
use cairn_sql_types::{Datum, SqlError, SqlState};

use super::names::{not_a, permission_denied};
use super::query::QueryMode;
use super::select::output_columns;
use super::setop::target_pos;
use super::{Binder, Place, at};
use crate::syntax::ast::{
    Expr as Syntax, ExprKind, Insert as SyntaxInsert, Name, ObjectName, Query as QuerySyntax, Target as SyntaxTarget,
};
use crate::tree::{Cte, Expr, Insert, InsertSource, OutputColumn, Target};

/// `428C9`: GENERATED ALWAYS
const GENERATED_ALWAYS: SqlState = SqlState::of(b"428C9");

impl Binder<'_> {
    pub(crate) fn insert(&mut self, syntax: &SyntaxInsert) -> Result<Insert, SqlError> {
        self.flags.read_only = false;
        Ok(self.in_new_level(|this| this.insert_here(syntax))?.0)
    }

    fn insert_here(&mut self, syntax: &SyntaxInsert) -> Result<Insert, SqlError> {
        let with = self.with(syntax.with.as_ref())?;
        let table = self.written_table(&syntax.table, "insert into")?;
        let rel = self.new_rel();
        let listed = self.insert_columns(&table, &syntax.columns)?;
        let (columns, source) = match &syntax.source {
            None => (Vec::new(), InsertSource::Values(vec![Vec::new()])),
            Some(query) => self.insert_source(syntax, query, &table, listed, with)?,
        };
        let mut defaults = Vec::new();
        for (index, column) in table.columns.iter().enumerate() {
            if !column.dropped
                && !columns.contains(&index)
                && let Some(default) = self.column_default(&table, index)?
            {
                defaults.push((index, default));
            }
        }
        let checks = self.checks(&table, rel)?;
        let alias =
            syntax.alias.as_ref().map(|name| crate::syntax::ast::Alias { name: name.clone(), columns: Vec::new() });
        let scope = self.table_scope(&table, rel, alias.as_ref())?;
        let on_conflict = match &syntax.on_conflict {
            Some(conflict) => Some(self.on_conflict(conflict, &table, &scope)?),
            None => None,
        };
        self.level().items = vec![scope];
        let (returning, returning_columns) = self.returning(&syntax.returning)?;
        Ok(Insert { table, rel, source, columns, defaults, checks, on_conflict, returning, returning_columns })
    }

    /// The table that a statement changes.
    pub(crate) fn written_table(&mut self, name: &ObjectName, verb: &str) -> Result<Arc<Table>, SqlError> {
        let table = match self.relation(name)? {
            Relation::Table(table) => table.clone(),
            Relation::System(relation) => return Err(permission_denied(relation.name)),
            Relation::View(view) => {
                let message = format!("cannot {verb} view \"{}\"", view.name);
                return Err(SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
                    .detail("Views are not automatically updatable."));
            }
            Relation::Sequence(sequence) => {
                let message = format!("cannot change sequence \"{}\"", sequence.name);
                return Err(SqlError::new(SqlState::WRONG_OBJECT_TYPE, message));
            }
            Relation::Index(..) | Relation::PrimaryKey(_) => return Err(not_a("table", name)),
        };
        self.touch(table.oid, true);
        Ok(table)
    }

    /// Positions of the listed columns, or of all.
    fn insert_columns(&self, table: &Table, names: &[Name]) -> Result<Vec<usize>, SqlError> {
        if names.is_empty() {
            return Ok((0..table.columns.len()).filter(|index| !table.columns[*index].dropped).collect());
        }
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let index = table_column(table, name)?;
            if columns.contains(&index) {
                let message = format!("column \"{}\" specified more than once", name.text);
                return Err(at(SqlState::DUPLICATE_COLUMN, message, name.pos));
            }
            columns.push(index);
        }
        Ok(columns)
    }

    fn insert_source(
        &mut self,
        syntax: &SyntaxInsert,
        query: &QuerySyntax,
        table: &Table,
        mut columns: Vec<usize>,
        with: Vec<Cte>,
    ) -> Result<(Vec<usize>, InsertSource), SqlError> {
        if let Some(rows) = crate::syntax::walk::plain_values(query).filter(|_| with.is_empty()) {
            let width = rows.first().map_or(0, Vec::len);
            check_width(syntax, query, &columns, width)?;
            columns.truncate(width);
            let rows = self.insert_rows(syntax, rows, table, &columns)?;
            return Ok((columns, InsertSource::Values(rows)));
        }
        let subquery = self.subquery(query, QueryMode { keep_unknown: true })?;
        let mut bound = subquery.query;
        check_width(syntax, query, &columns, bound.columns.len())?;
        columns.truncate(bound.columns.len());
        if let Some(column) = columns.iter().find(|column| table.columns[**column].identity == Some(Identity::Always))
            && syntax.overriding != Some(true)
        {
            if syntax.overriding.is_none() {
                return Err(generated_always(&table.columns[*column].name));
            }
            return Err(SqlError::unsupported("OVERRIDING USER VALUE with a query"));
        }
        let targets = columns.clone();
        bound = self.coerce_columns(bound, &mut |this, index, expr| {
            let column = &table.columns[targets[index]];
            this.assign(super::coerce::Placed { expr, pos: target_pos(query, index) }, column.ty, &column.name)
        })?;
        bound.with.splice(0..0, with);
        Ok((columns, InsertSource::Query(Box::new(bound))))
    }

    /// Rows of VALUES, every value coerced to its column.
    fn insert_rows(
        &mut self,
        syntax: &SyntaxInsert,
        rows: &[Vec<Syntax>],
        table: &Table,
        columns: &[usize],
    ) -> Result<Vec<Vec<Expr>>, SqlError> {
        let mut bound = Vec::with_capacity(rows.len());
        for row in rows {
            if row.len() != columns.len() {
                let pos = row.first().map_or(0, |value| value.pos);
                return Err(at(SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length", pos));
            }
            let mut values = Vec::with_capacity(row.len());
            for (value, column) in row.iter().zip(columns) {
                values.push(self.insert_value(syntax, value, table, *column)?);
            }
            bound.push(values);
        }
        Ok(bound)
    }

    fn insert_value(
        &mut self,
        syntax: &SyntaxInsert,
        value: &Syntax,
        table: &Table,
        column: usize,
    ) -> Result<Expr, SqlError> {
        let definition = &table.columns[column];
        let identity = definition.identity;
        let ignored = identity.is_some() && syntax.overriding == Some(false);
        if matches!(value.kind, ExprKind::Default) || ignored {
            return self.default_or_null(table, column);
        }
        if identity == Some(Identity::Always) && syntax.overriding != Some(true) {
            return Err(generated_always(&definition.name));
        }
        let placed = self.in_place(Place::Values, |this| this.expr(value))?;
        self.assign(placed, definition.ty, &definition.name)
    }

    /// What DEFAULT stands for.
    pub(crate) fn default_or_null(&mut self, table: &Table, column: usize) -> Result<Expr, SqlError> {
        let null = Expr::Const(Datum::Null, table.columns[column].ty);
        Ok(self.column_default(table, column)?.unwrap_or(null))
    }

    pub(crate) fn returning(&mut self, syntax: &[SyntaxTarget]) -> Result<(Vec<Target>, Vec<OutputColumn>), SqlError> {
        let targets = self.in_place(Place::Returning, |this| this.targets(syntax, QueryMode::default()))?;
        let columns = output_columns(&targets);
        Ok((targets.into_iter().map(|target| Target { expr: target.expr, hidden: false }).collect(), columns))
    }
}

/// The position of a column. 42703 `column "x" of relation "t" does not exist`.
pub(crate) fn table_column(table: &Table, name: &Name) -> Result<usize, SqlError> {
    let found = table.columns.iter().position(|column| !column.dropped && *column.name == *name.text);
    found.ok_or_else(|| {
        if super::expr::is_system_column(&name.text) {
            return at(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot assign to system column \"{}\"", name.text),
                name.pos,
            );
        }
        let message = format!("column \"{}\" of relation \"{}\" does not exist", name.text, table.name);
        at(SqlState::UNDEFINED_COLUMN, message, name.pos)
    })
}

fn generated_always(column: &str) -> SqlError {
    SqlError::new(GENERATED_ALWAYS, format!("cannot insert a non-DEFAULT value into column \"{column}\""))
        .detail(format!("Column \"{column}\" is an identity column defined as GENERATED ALWAYS."))
        .hint("Use OVERRIDING SYSTEM VALUE to override.")
}

fn check_width(syntax: &SyntaxInsert, query: &QuerySyntax, columns: &[usize], width: usize) -> Result<(), SqlError> {
    if width > columns.len() {
        let pos = target_pos(query, columns.len());
        return Err(at(SqlState::SYNTAX_ERROR, "INSERT has more expressions than target columns", pos));
    }
    if !syntax.columns.is_empty() && width < columns.len() {
        let pos = syntax.columns[width].pos;
        return Err(at(SqlState::SYNTAX_ERROR, "INSERT has more target columns than expressions", pos));
    }
    Ok(())
}
