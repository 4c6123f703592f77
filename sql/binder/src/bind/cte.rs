//! WITH, plain and recursive.

use std::sync::Arc;

use crate::bind::type_name;
use cairn_sql_types::{SqlError, SqlState};

use super::query::QueryMode;
use super::scope::{Open, ScopeCte};
use super::setop::target_pos;
use super::{Binder, at};
use crate::syntax::ast::{
    Body as SyntaxBody, Cte as SyntaxCte, JoinKind as SyntaxJoinKind, Query as QuerySyntax, SetKind as SyntaxKind,
    TableRef, TableRefKind, With,
};
use crate::syntax::tables::{first_read, first_read_by, first_read_in};
use crate::syntax::token::Pos;
use crate::tree::{Body, Cte, CteId, OutputColumn, Query, SetKind};
use cairn_sql_types::Type;

impl Binder<'_> {
    /// Binds the items into this level.
    pub(crate) fn with(&mut self, with: Option<&With>) -> Result<Vec<Cte>, SqlError> {
        let Some(with) = with else { return Ok(Vec::new()) };
        let mut bound: Vec<Cte> = Vec::with_capacity(with.items.len());
        for item in &with.items {
            if bound.iter().any(|other| *other.name == *item.name.text) {
                let message = format!("WITH query name \"{}\" specified more than once", item.name.text);
                return Err(at(SqlState::DUPLICATE_ALIAS, message, item.name.pos));
            }
            let later = with.items[bound.len()..].iter().map(|item| item.name.text.clone()).collect();
            self.level().later_ctes = later;
            let recursive = with.recursive && first_read(&item.query, &item.name.text).is_some();
            let cte = if recursive { self.recursive_cte(item)? } else { self.plain_cte(item)? };
            bound.push(cte);
        }
        self.level().later_ctes.clear();
        Ok(bound)
    }

    fn plain_cte(&mut self, item: &SyntaxCte) -> Result<Cte, SqlError> {
        let query = self.subquery(&item.query, QueryMode::default())?.query;
        let columns = named_columns(item, &query.columns)?;
        let id = self.new_cte();
        let name: Arc<str> = Arc::from(&*item.name.text);
        self.level().ctes.push(ScopeCte { name: name.clone(), id, columns, open: Open::Closed, self_references: 0 });
        Ok(Cte { id, name, materialized: item.materialized, query: Box::new(query), recursive: false })
    }

    /// `base UNION [ALL] step`: the base decides names and types, the step reads the item.
    fn recursive_cte(&mut self, item: &SyntaxCte) -> Result<Cte, SqlError> {
        let name = &item.name.text;
        let shape = || {
            let message = format!(
                "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
            );
            at(SqlState::INVALID_RECURSION, message, item.name.pos)
        };
        let SyntaxBody::SetOperation { kind: SyntaxKind::Union, all, left, right } = &item.query.body else {
            return Err(shape());
        };
        self.check_recursive(item, left)?;
        let base = self.subquery(left, QueryMode::default())?.query;
        let columns = named_columns(item, &base.columns)?;
        let id = self.new_cte();
        let text: Arc<str> = Arc::from(&**name);
        let entry =
            ScopeCte { name: text.clone(), id, columns: columns.clone(), open: Open::Recursive, self_references: 0 };
        self.level().ctes.push(entry);
        let step = self.subquery(right, QueryMode { keep_unknown: true });
        self.close_cte(id);
        let step = step?.query;
        if let Body::Select(select) = &step.body
            && select.grouping.as_ref().is_some_and(|grouping| !grouping.aggregates.is_empty())
        {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            return Err(at(SqlState::INVALID_RECURSION, message, target_pos(right, 0)));
        }
        let query = self.recursive_union(item, *all, base, left, step, right)?;
        Ok(Cte { id, name: text, materialized: item.materialized, query: Box::new(query), recursive: true })
    }

    fn close_cte(&mut self, id: CteId) {
        if let Some(entry) = self.level().ctes.iter_mut().find(|cte| cte.id == id) {
            entry.open = Open::Closed;
        }
    }

    fn check_recursive(&self, item: &SyntaxCte, left: &QuerySyntax) -> Result<(), SqlError> {
        let name = &item.name.text;
        let syntax = &item.query;
        let own_term = first_read(left, name).map(|pos| (pos, "its non-recursive term"));
        if let Some((pos, place)) = own_term.or_else(|| step_misplaced(&item.query, name)) {
            let message = format!("recursive reference to query \"{name}\" must not appear within {place}");
            return Err(at(SqlState::INVALID_RECURSION, message, pos));
        }
        let clause = match () {
            () if !syntax.order_by.is_empty() => "ORDER BY",
            () if syntax.offset.is_some() => "OFFSET",
            () if syntax.limit.is_some() => "LIMIT",
            () if !syntax.locking.is_empty() => "FOR UPDATE/SHARE",
            () => return Ok(()),
        };
        let message = format!("{clause} in a recursive query is not implemented");
        Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, item.query.pos))
    }

    fn recursive_union(
        &mut self,
        item: &SyntaxCte,
        all: bool,
        base: Query,
        left: &QuerySyntax,
        step: Query,
        right: &QuerySyntax,
    ) -> Result<Query, SqlError> {
        let before: Vec<Type> = base.columns.iter().map(|column| column.ty).collect();
        let names: Vec<Arc<str>> = base.columns.iter().map(|column| column.name.clone()).collect();
        let (base, step) = self.matched(SetKind::Union, all, base, left, step, right)?;
        for (index, (before, after)) in before.iter().zip(&base.columns).enumerate() {
            if before.id != after.ty.id {
                return Err(recursive_type(item, index, before, &after.ty, target_pos(left, index)));
            }
        }
        let columns = base.columns.iter().zip(names);
        let columns = columns.map(|(column, name)| OutputColumn { name, ty: column.ty, source: None }).collect();
        Ok(Query::of(
            Body::SetOperation { kind: SetKind::Union, all, left: Box::new(base), right: Box::new(step) },
            columns,
        ))
    }
}

fn recursive_type(item: &SyntaxCte, index: usize, base: &Type, overall: &Type, pos: u32) -> SqlError {
    let message = format!(
        "recursive query \"{}\" column {} has type {} in non-recursive term but type {} overall",
        item.name.text,
        index + 1,
        type_name(base.id),
        type_name(overall.id)
    );
    at(SqlState::DATATYPE_MISMATCH, message, pos).hint("Cast the output of the non-recursive term to the correct type.")
}

/// Where in the recursive term the item is read although it may not be.
fn step_misplaced(query: &QuerySyntax, name: &str) -> Option<(Pos, &'static str)> {
    let in_subquery = |pos| (pos, "a subquery");
    match &query.body {
        SyntaxBody::SetOperation { kind: SyntaxKind::Union, left, right, .. } => {
            step_misplaced(left, name).or_else(|| step_misplaced(right, name))
        }
        SyntaxBody::SetOperation { kind, left, right, .. } => {
            let place = if *kind == SyntaxKind::Except { "EXCEPT" } else { "INTERSECT" };
            first_read(left, name).or_else(|| first_read(right, name)).map(|pos| (pos, place))
        }
        SyntaxBody::Values(rows) => rows.iter().flatten().find_map(|expr| first_read_by(expr, name)).map(in_subquery),
        SyntaxBody::Select(select) => {
            let exprs = select.filter.iter().chain(&select.having);
            let mut exprs = exprs.chain(select.targets.iter().map(|target| &target.expr));
            let found = exprs.find_map(|expr| first_read_by(expr, name)).map(in_subquery);
            found.or_else(|| select.from.iter().find_map(|table| ref_misplaced(table, name)))
        }
    }
}

/// The side of an outer join that may be missing may not read the item.
fn ref_misplaced(table: &TableRef, name: &str) -> Option<(Pos, &'static str)> {
    match &table.kind {
        TableRefKind::Query(query) => step_misplaced(query, name),
        TableRefKind::Join(join) => {
            let (left, right) = match join.kind {
                SyntaxJoinKind::Left => (false, true),
                SyntaxJoinKind::Right => (true, false),
                SyntaxJoinKind::Full => (true, true),
                SyntaxJoinKind::Inner | SyntaxJoinKind::Cross => (false, false),
            };
            let side = |nullable: bool, side: &TableRef| nullable.then(|| first_read_in(side, name)).flatten();
            let found = side(left, &join.left).or_else(|| side(right, &join.right));
            found
                .map(|pos| (pos, "an outer join"))
                .or_else(|| ref_misplaced(&join.left, name))
                .or_else(|| ref_misplaced(&join.right, name))
        }
        TableRefKind::Table(_) | TableRefKind::Function { .. } => None,
    }
}

/// The query's columns under the names that the item gives.
fn named_columns(item: &SyntaxCte, columns: &[OutputColumn]) -> Result<Vec<(Arc<str>, Type)>, SqlError> {
    if item.columns.len() > columns.len() {
        let message = format!(
            "WITH query \"{}\" has {} columns available but {} columns specified",
            item.name.text,
            columns.len(),
            item.columns.len()
        );
        return Err(at(SqlState::INVALID_COLUMN_REFERENCE, message, item.name.pos));
    }
    let named = columns.iter().enumerate().map(|(index, column)| match item.columns.get(index) {
        Some(name) => (Arc::from(&*name.text), column.ty),
        None => (column.name.clone(), column.ty),
    });
    Ok(named.collect())
}
