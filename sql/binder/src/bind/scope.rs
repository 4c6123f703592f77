//! Names in scope: the levels of nested queries and what each level's FROM offers.
//!
//! ```text
//! levels:  [ outer query ][ subquery ][ subquery of it ]   <- names are sought from the right
//! level:   items of FROM, each with columns; WITH names; aggregates and windows found so far
//! ```

use std::sync::Arc;

use cairn_sql_catalog::schema::Oid;
use cairn_sql_types::{SqlError, SqlState};

use super::{Binder, at};
use crate::syntax::ast::{Name, display};
use crate::syntax::token::Pos;
use crate::tree::{AggregateCall, CteId, Expr, RelId, WindowCall};
use cairn_sql_types::Type;

/// A column that FROM offers.
#[derive(Clone, Debug)]
pub(crate) struct ScopeColumn {
    pub(crate) name: Arc<str>,
    /// What the name stands for: a column, or COALESCE of both sides of a FULL JOIN USING.
    pub(crate) expr: Expr,
    /// The table column behind it.
    pub(crate) source: Option<(Oid, i16)>,
}

/// An item of FROM as names see it.
#[derive(Clone, Debug)]
pub(crate) struct ScopeItem {
    /// Alias or table name.
    pub(crate) name: Option<Arc<str>>,
    /// Schema of a table without alias, for `schema.table.column`.
    pub(crate) schema: Option<Arc<str>>,
    /// The table's own name where an alias hides it, for hints.
    pub(crate) original: Option<Arc<str>>,
    pub(crate) columns: Vec<ScopeColumn>,
    /// `name.column` finds it.
    pub(crate) qualified: bool,
    /// `column` finds its columns.
    pub(crate) unqualified: bool,
    /// The base relation, for system columns and locking.
    pub(crate) rel: Option<RelId>,
    /// Its base table.
    pub(crate) table: Option<Oid>,
    /// A function in FROM with one column: its alias names that column, too.
    pub(crate) scalar_function: bool,
}

/// A WITH item in scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopeCte {
    pub(crate) name: Arc<str>,
    pub(crate) id: CteId,
    pub(crate) columns: Vec<(Arc<str>, Type)>,
    /// Its own query is being bound: only a recursive term may read it.
    pub(crate) open: Open,
    /// Was it read from inside itself?
    pub(crate) self_references: usize,
}

/// State of a WITH item while its query is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Bound.
    Closed,
    /// In its recursive term.
    Recursive,
    /// In its non-recursive term, or it can't be recursive.
    Refused,
}

/// A column of an enclosing query: relation, position, type.
pub(crate) type OuterColumn = (RelId, usize, Type);

/// One query level.
#[derive(Debug, Default)]
pub(crate) struct Level {
    pub(crate) items: Vec<ScopeItem>,
    /// Items of the same FROM that may not be seen from here (no LATERAL, or the wrong kind of join).
    pub(crate) hidden: Vec<ScopeItem>,
    pub(crate) ctes: Vec<ScopeCte>,
    /// WITH items that are not bound yet.
    pub(crate) later_ctes: Vec<Box<str>>,
    /// Columns of enclosing levels in use.
    pub(crate) outer: Vec<OuterColumn>,
    pub(crate) aggregates: Vec<AggregateCall>,
    pub(crate) windows: Vec<WindowCall>,
    /// Named windows: as written.
    pub(crate) window_names: Vec<(Name, crate::syntax::ast::WindowSpec)>,
    /// GROUPING calls seen: their arguments, replaced when the keys are known.
    pub(crate) groupings: Vec<(Vec<Expr>, Pos)>,
    /// Columns read outside aggregates: where, for 42803.
    pub(crate) uses: Vec<(RelId, usize, Pos)>,
    /// Depth of aggregate arguments being bound.
    pub(crate) in_aggregate: bool,
    pub(crate) in_window: bool,
    /// FROM has an outer join.
    pub(crate) outer_join: bool,
    /// The conditional expression being bound (`CASE`, `COALESCE`): it may not return sets.
    pub(crate) conditional: Option<&'static str>,
}

/// Where a name was found.
pub(crate) struct Found {
    pub(crate) level: usize,
    pub(crate) column: ScopeColumn,
}

impl ScopeItem {
    fn column(&self, name: &str) -> Result<Option<&ScopeColumn>, ()> {
        let mut found = self.columns.iter().filter(|column| &*column.name == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(()),
            (found, None) => Ok(found),
        }
    }
}

impl Binder<'_> {
    pub(crate) fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        self.levels.last_mut().expect("a level was just pushed")
    }

    /// Runs `bind` in a new level and returns the level's outer references with the result.
    pub(crate) fn in_new_level<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<(T, Vec<OuterColumn>), SqlError> {
        self.stack.check()?;
        self.levels.push(Level::default());
        let result = bind(self);
        let level = self.levels.pop().unwrap_or_default();
        Ok((result?, level.outer))
    }

    /// Runs `bind` where no enclosing query is visible: view texts, defaults, checks.
    pub(crate) fn isolated<T>(&mut self, bind: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        self.stack.check()?;
        let levels = std::mem::take(&mut self.levels);
        let result = bind(self);
        self.levels = levels;
        result
    }

    /// An expression for a name, with outer references recorded.
    pub(crate) fn column_ref(&mut self, parts: &[Name], pos: Pos) -> Result<Expr, SqlError> {
        if parts.len() > 4 {
            let message = format!("improper qualified name (too many dotted names): {}", display(parts));
            return Err(at(SqlState::SYNTAX_ERROR, message, pos));
        }
        let found = match parts {
            [name] => self.find_unqualified(&name.text, pos)?,
            [.., _] => self.find_qualified(parts, pos)?,
            [] => return Err(SqlError::internal("a column has a name")),
        };
        let Some(found) = found else { return Err(self.unknown_column(parts, pos)) };
        self.note_use(&found, pos);
        Ok(found.column.expr)
    }

    /// Records a column of an enclosing level in every level between, and where it was used.
    pub(crate) fn note_use(&mut self, found: &Found, pos: Pos) {
        let columns = found.column.expr.columns();
        for level in &mut self.levels[found.level + 1..] {
            for column in &columns {
                if !level.outer.contains(column) {
                    level.outer.push(*column);
                }
            }
        }
        let level = &mut self.levels[found.level];
        level.uses.extend(columns.iter().map(|(rel, column, _)| (*rel, *column, pos)));
    }

    /// Seeks `column`.
    pub(crate) fn find_unqualified(&self, name: &str, pos: Pos) -> Result<Option<Found>, SqlError> {
        for (at_level, level) in self.levels.iter().enumerate().rev() {
            let mut found: Option<&ScopeColumn> = None;
            for item in level.items.iter().filter(|item| item.unqualified) {
                let column = item.column(name).map_err(|()| ambiguous(name, pos))?;
                match (column, found) {
                    (Some(_), Some(_)) => return Err(ambiguous(name, pos)),
                    (Some(column), None) => found = Some(column),
                    (None, _) => {}
                }
            }
            if let Some(column) = found {
                return Ok(Some(Found { level: at_level, column: column.clone() }));
            }
        }
        Ok(None)
    }

    /// Seeks `table.column`, `schema.table.column`, `database.schema.table.column`.
    fn find_qualified(&self, parts: &[Name], pos: Pos) -> Result<Option<Found>, SqlError> {
        let (column, qualifier) = parts.split_last().expect("a qualified name has parts");
        let (level, item) = self.find_item(qualifier, pos)?;
        match item.column(&column.text) {
            Err(()) => Err(ambiguous(&column.text, pos)),
            Ok(Some(found)) => Ok(Some(Found { level, column: found.clone() })),
            Ok(None) => Ok(None),
        }
    }

    /// The FROM item that a qualifier names.
    pub(crate) fn find_item(&self, qualifier: &[Name], pos: Pos) -> Result<(usize, &ScopeItem), SqlError> {
        let (schema, name) = match qualifier {
            [name] => (None, &*name.text),
            [schema, name] => (Some(&*schema.text), &*name.text),
            [database, schema, name] => {
                self.check_database(database, &display(qualifier))?;
                (Some(&*schema.text), &*name.text)
            }
            _ => {
                let message = format!("improper qualified name (too many dotted names): {}", display(qualifier));
                return Err(at(SqlState::SYNTAX_ERROR, message, pos));
            }
        };
        for (at_level, level) in self.levels.iter().enumerate().rev() {
            let mut matching = level.items.iter().filter(|item| item.qualified && item.answers_to(schema, name));
            match (matching.next(), matching.next()) {
                (Some(_), Some(_)) => {
                    let message = format!("table reference \"{name}\" is ambiguous");
                    return Err(at(SqlState::DUPLICATE_ALIAS, message, pos));
                }
                (Some(item), None) => return Ok((at_level, item)),
                (None, _) => {}
            }
        }
        Err(self.missing_item(schema, name, pos))
    }

    /// 42P01 for a qualifier that nothing in FROM answers to.
    fn missing_item(&self, schema: Option<&str>, name: &str, pos: Pos) -> SqlError {
        let mut all = self.levels.iter().flat_map(|level| level.items.iter().chain(&level.hidden));
        if all.clone().any(|item| item.answers_to(schema, name)) {
            let message = format!("invalid reference to FROM-clause entry for table \"{name}\"");
            return at(SqlState::UNDEFINED_TABLE, message, pos).hint(format!(
                "There is an entry for table \"{name}\", but it cannot be referenced from this part of the query."
            ));
        }
        let aliased = all.find(|item| item.original.as_deref() == Some(name) && item.name.as_deref() != Some(name));
        if let Some(alias) = aliased.and_then(|item| item.name.as_deref()) {
            let message = format!("invalid reference to FROM-clause entry for table \"{name}\"");
            return at(SqlState::UNDEFINED_TABLE, message, pos)
                .hint(format!("Perhaps you meant to reference the table alias \"{alias}\"."));
        }
        at(SqlState::UNDEFINED_TABLE, format!("missing FROM-clause entry for table \"{name}\""), pos)
    }

    /// 42703, with PostgreSQL's hints.
    fn unknown_column(&self, parts: &[Name], pos: Pos) -> SqlError {
        let message = match parts {
            [name] => format!("column \"{}\" does not exist", name.text),
            _ => format!("column {} does not exist", display(parts)),
        };
        let error = at(SqlState::UNDEFINED_COLUMN, message, pos);
        let name = parts.last().map_or("", |name| &name.text);
        let unreachable = self.levels.iter().flat_map(|level| {
            let invisible = level.items.iter().filter(|item| !item.unqualified);
            level.hidden.iter().chain(invisible)
        });
        let mut owners =
            unreachable.filter(|item| parts.len() == 1 && item.columns.iter().any(|column| &*column.name == name));
        if let Some(owner) = owners.next().and_then(|item| item.name.as_deref()) {
            return error.hint(format!(
                "There is a column named \"{name}\" in table \"{owner}\", but it cannot be referenced from this part of the query."
            ));
        }
        match self.similar_column(parts) {
            Some(similar) => error.hint(format!("Perhaps you meant to reference the column \"{similar}\".")),
            None => error,
        }
    }

    /// The only column whose name is nearly this one.
    fn similar_column(&self, parts: &[Name]) -> Option<String> {
        let (name, qualifier) = parts.split_last()?;
        let qualifier = qualifier.last().map(|part| &*part.text);
        let mut best: Vec<(usize, String)> = Vec::new();
        for item in self.levels.iter().flat_map(|level| &level.items) {
            let Some(table) = item.name.as_deref() else { continue };
            if qualifier.is_some_and(|qualifier| qualifier != table) {
                continue;
            }
            for column in &item.columns {
                let distance = super::edit_distance(&name.text, &column.name);
                if distance <= 3 && distance * 2 <= name.text.len() {
                    best.push((distance, format!("{table}.{}", column.name)));
                }
            }
        }
        best.sort();
        best.dedup();
        match best.as_slice() {
            [only] => Some(only.1.clone()),
            [first, second, ..] if first.0 < second.0 => Some(first.1.clone()),
            _ => None,
        }
    }

    /// Only the current database can be named.
    pub(crate) fn check_database(&self, name: &Name, shown: &str) -> Result<(), SqlError> {
        if *name.text == *self.settings.database {
            return Ok(());
        }
        let message = format!("cross-database references are not implemented: \"{shown}\"");
        Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, name.pos))
    }
}

impl ScopeItem {
    fn answers_to(&self, schema: Option<&str>, name: &str) -> bool {
        self.name.as_deref() == Some(name) && schema.is_none_or(|schema| self.schema.as_deref() == Some(schema))
    }
}

fn ambiguous(name: &str, pos: Pos) -> SqlError {
    at(SqlState::AMBIGUOUS_COLUMN, format!("column reference \"{name}\" is ambiguous"), pos)
}
