//! JOIN: ON, USING, NATURAL, and merged columns. Also row locking, which follows the join tree.

use std::sync::Arc;

use cairn_sql_types::{SqlError, SqlState, Type};

use super::coerce::{Placed, common_modifier};
use super::expr::all_of;
use super::from::check_duplicates;
use super::scope::{ScopeColumn, ScopeItem};
use super::{Binder, Place, at};
use crate::syntax::ast::{
    Alias, Join as SyntaxJoin, JoinCondition, JoinKind as SyntaxKind, LockStrength as SyntaxStrength,
    LockWait as SyntaxWait, Name, Query as QuerySyntax,
};
use crate::tree::{Body, Distinct, Expr, FromItem, JoinKind, LockStrength, LockWait, Locking, Query, RelId};

impl Binder<'_> {
    pub(crate) fn join(
        &mut self,
        join: &SyntaxJoin,
        alias: Option<&Alias>,
        visible: &[ScopeItem],
    ) -> Result<(FromItem, Vec<ScopeItem>), SqlError> {
        let (left, left_scope) = self.table_ref(&join.left, visible)?;
        // The right side sees the left one laterally, unless the join may invent left rows.
        let reachable = !matches!(join.kind, SyntaxKind::Right | SyntaxKind::Full);
        let mut siblings = visible.to_vec();
        if reachable {
            siblings.extend(left_scope.iter().cloned());
        }
        let (right, right_scope) = self.table_ref(&join.right, &siblings)?;
        check_duplicates(&left_scope, &right_scope)?;
        let kind = match join.kind {
            SyntaxKind::Inner => JoinKind::Inner,
            SyntaxKind::Left => JoinKind::Left,
            SyntaxKind::Right => JoinKind::Right,
            SyntaxKind::Full => JoinKind::Full,
            SyntaxKind::Cross => JoinKind::Cross,
        };
        self.level().outer_join |= matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full);
        let mut scope: Vec<ScopeItem> = left_scope.iter().chain(&right_scope).cloned().collect();
        let (on, merged) = match &join.condition {
            JoinCondition::None => (None, None),
            JoinCondition::On(condition) => {
                let on = self.with_siblings(&scope, true, |this| {
                    this.in_place(Place::JoinOn, |this| this.condition(condition, "JOIN/ON"))
                })?;
                (Some(on), None)
            }
            JoinCondition::Using(names, using_alias) => {
                if let Some(alias) = using_alias {
                    return Err(SqlError::unsupported("an alias of JOIN USING").at(alias.pos + 1));
                }
                let (on, merged) = self.merge(names, kind, &left_scope, &right_scope)?;
                (Some(on), Some(merged))
            }
            JoinCondition::Natural => {
                let names = common_names(&left_scope, &right_scope, join.left.pos);
                match names.is_empty() {
                    true => (None, Some(Vec::new())),
                    false => {
                        let (on, merged) = self.merge(&names, kind, &left_scope, &right_scope)?;
                        (Some(on), Some(merged))
                    }
                }
            }
        };
        if let Some(merged) = merged {
            let columns = joined_columns(merged, &left_scope, &right_scope);
            scope.iter_mut().for_each(|item| item.unqualified = false);
            scope.push(joined_item(columns));
        }
        if let Some(alias) = alias {
            let whole = self.aliased_join(&scope, alias)?;
            for item in &mut scope {
                (item.qualified, item.unqualified) = (false, false);
            }
            scope.push(whole);
        }
        let item = FromItem::Join { kind, left: Box::new(left), right: Box::new(right), on };
        Ok((item, scope))
    }

    /// `(a JOIN b) AS x` hides `a` and `b`.
    fn aliased_join(&self, scope: &[ScopeItem], alias: &Alias) -> Result<ScopeItem, SqlError> {
        let columns = scope.iter().filter(|item| item.unqualified).flat_map(|item| item.columns.clone()).collect();
        let name: Arc<str> = Arc::from(&*alias.name.text);
        let mut item = self.scope_item(RelId(u32::MAX), &name, None, columns, Some(alias))?;
        item.rel = None;
        Ok(item)
    }

    /// The equalities of USING and the merged columns.
    fn merge(
        &mut self,
        names: &[Name],
        kind: JoinKind,
        left: &[ScopeItem],
        right: &[ScopeItem],
    ) -> Result<(Expr, Vec<ScopeColumn>), SqlError> {
        let mut tests = Vec::with_capacity(names.len());
        let mut merged: Vec<ScopeColumn> = Vec::with_capacity(names.len());
        for name in names {
            if merged.iter().any(|column| *column.name == *name.text) {
                let message = format!("column name \"{}\" appears more than once in USING clause", name.text);
                return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
            }
            let left = side_column(left, name, "left")?;
            let right = side_column(right, name, "right")?;
            let placed = |expr: &Expr| Placed { expr: expr.clone(), pos: name.pos };
            tests.push(self.operator("=", placed(&left.expr), placed(&right.expr), name.pos)?);
            merged.push(self.merged_column(name, kind, left, right)?);
        }
        Ok((all_of(tests), merged))
    }

    /// The left column, except where only the right one is always there, or both may be missing.
    fn merged_column(
        &mut self,
        name: &Name,
        kind: JoinKind,
        left: ScopeColumn,
        right: ScopeColumn,
    ) -> Result<ScopeColumn, SqlError> {
        let types = [left.expr.ty().id, right.expr.ty().id];
        let id =
            cairn_sql_types::resolve::common_type("JOIN/USING", &types).map_err(|(_, error)| error.at(name.pos + 1))?;
        let modifier = common_modifier([&left.expr, &right.expr].into_iter(), id);
        let ty = Type { id, modifier };
        let place = |expr: Expr| Placed { expr, pos: name.pos };
        let (expr, source) = match kind {
            JoinKind::Right => (self.common("JOIN/USING", place(right.expr.clone()), id)?, right.source),
            JoinKind::Full => {
                let left = self.common("JOIN/USING", place(left.expr.clone()), id)?;
                let right = self.common("JOIN/USING", place(right.expr.clone()), id)?;
                (Expr::Coalesce(vec![left, right], ty), None)
            }
            _ => (self.common("JOIN/USING", place(left.expr.clone()), id)?, left.source),
        };
        let expr = if expr.ty() == ty { expr } else { Expr::Relabel(Box::new(expr), ty) };
        let source = source.filter(|_| matches!(expr, Expr::Column(..)));
        Ok(ScopeColumn { name: left.name, expr, source })
    }

    /// FOR UPDATE and its kin, with PostgreSQL's restrictions.
    pub(crate) fn locking(&mut self, syntax: &QuerySyntax, query: &mut Query) -> Result<(), SqlError> {
        for lock in &syntax.locking {
            let strength = match lock.strength {
                SyntaxStrength::KeyShare => LockStrength::KeyShare,
                SyntaxStrength::Share => LockStrength::Share,
                SyntaxStrength::NoKeyUpdate => LockStrength::NoKeyUpdate,
                SyntaxStrength::Update => LockStrength::Update,
            };
            let wait = match lock.wait {
                SyntaxWait::Wait => LockWait::Wait,
                SyntaxWait::NoWait => LockWait::NoWait,
                SyntaxWait::SkipLocked => LockWait::SkipLocked,
            };
            let words = lock_words(strength);
            check_lockable(query, words)?;
            let mut of = Vec::with_capacity(lock.of.len());
            for name in &lock.of {
                if name.parts.len() > 1 {
                    let message = format!("{words} must specify unqualified relation names");
                    return Err(at(SqlState::SYNTAX_ERROR, message, name.pos()));
                }
                of.push(name.parts[0].clone());
            }
            let clause = Clause { strength, wait, words };
            let relations = self.lock_relations(query, &of, clause)?;
            query.locking.push(Locking { strength, relations, wait });
        }
        Ok(())
    }

    fn lock_relations(&mut self, query: &mut Query, of: &[Name], clause: Clause) -> Result<Vec<RelId>, SqlError> {
        let Body::Select(select) = &mut query.body else { return Ok(Vec::new()) };
        let names: Vec<(RelId, Arc<str>)> = self
            .level()
            .items
            .iter()
            .filter(|item| item.qualified)
            .filter_map(|item| Some((item.rel?, item.name.clone()?)))
            .collect();
        let mut wanted = Vec::new();
        for name in of {
            let found = names.iter().find(|(_, known)| **known == *name.text).ok_or_else(|| {
                let message = format!("relation \"{}\" in {} clause not found in FROM clause", name.text, clause.words);
                at(SqlState::UNDEFINED_TABLE, message, name.pos)
            })?;
            wanted.push((found.0, name.pos));
        }
        let mut locked = Vec::new();
        for item in &mut select.from {
            lock_item(item, &wanted, !of.is_empty(), clause, false, &mut locked)?;
        }
        Ok(locked)
    }
}

#[derive(Clone, Copy)]
struct Clause {
    strength: LockStrength,
    wait: LockWait,
    words: &'static str,
}

fn lock_words(strength: LockStrength) -> &'static str {
    match strength {
        LockStrength::KeyShare => "FOR KEY SHARE",
        LockStrength::Share => "FOR SHARE",
        LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
        LockStrength::Update => "FOR UPDATE",
    }
}

/// Rows of the result must be rows of tables.
fn check_lockable(query: &Query, words: &str) -> Result<(), SqlError> {
    let refuse =
        |with: &str| Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{words} is not allowed with {with}")));
    let select = match &query.body {
        Body::Select(select) => select,
        Body::SetOperation { .. } => return refuse("UNION/INTERSECT/EXCEPT"),
        Body::Values(_) => {
            return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{words} cannot be applied to VALUES")));
        }
    };
    if select.distinct != Distinct::No {
        return refuse("DISTINCT clause");
    }
    if let Some(grouping) = &select.grouping {
        if !grouping.keys.is_empty() || grouping.sets.len() > 1 {
            return refuse("GROUP BY clause");
        }
        if select.having.is_some() {
            return refuse("HAVING clause");
        }
        return refuse("aggregate functions");
    }
    if !select.windows.is_empty() {
        return refuse("window functions");
    }
    if select.targets.iter().any(|target| target.expr.any(|expr| matches!(expr, Expr::SetCall { .. }))) {
        return refuse("set-returning functions in the target list");
    }
    Ok(())
}

/// Collects the tables to lock; subqueries pass the clause on.
fn lock_item(
    item: &mut FromItem,
    wanted: &[(RelId, u32)],
    named: bool,
    clause: Clause,
    nullable: bool,
    locked: &mut Vec<RelId>,
) -> Result<(), SqlError> {
    let applies = |rel: RelId| !named || wanted.iter().any(|(wanted, _)| *wanted == rel);
    let pos = |rel: RelId| wanted.iter().find(|(wanted, _)| *wanted == rel).map_or(0, |(_, pos)| *pos);
    let outer_join = || {
        let message = format!("{} cannot be applied to the nullable side of an outer join", clause.words);
        Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message))
    };
    match item {
        FromItem::Table { rel, .. } if applies(*rel) => {
            if nullable {
                return outer_join();
            }
            locked.push(*rel);
        }
        FromItem::Subquery { rel, subquery, .. } if applies(*rel) => {
            if nullable {
                return outer_join();
            }
            check_lockable(&subquery.query, clause.words)?;
            let mut inner = Vec::new();
            if let Body::Select(select) = &mut subquery.query.body {
                for item in &mut select.from {
                    lock_item(item, &[], false, clause, false, &mut inner)?;
                }
            }
            subquery.query.locking.push(Locking { strength: clause.strength, relations: inner, wait: clause.wait });
        }
        FromItem::Join { kind, left, right, .. } => {
            let (left_nullable, right_nullable) = match kind {
                JoinKind::Left => (false, true),
                JoinKind::Right => (true, false),
                JoinKind::Full => (true, true),
                JoinKind::Inner | JoinKind::Cross => (false, false),
            };
            lock_item(left, wanted, named, clause, nullable || left_nullable, locked)?;
            lock_item(right, wanted, named, clause, nullable || right_nullable, locked)?;
        }
        FromItem::Function { rel, .. } if named && applies(*rel) => {
            let message = format!("{} cannot be applied to a function", clause.words);
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos(*rel)));
        }
        FromItem::Cte { rel, .. } if named && applies(*rel) => {
            let message = format!("{} cannot be applied to a WITH query", clause.words);
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos(*rel)));
        }
        FromItem::System { rel, .. } | FromItem::Sequence { rel, .. } if named && applies(*rel) => {
            let message = format!("{} cannot be applied to this relation", clause.words);
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos(*rel)));
        }
        _ => {}
    }
    Ok(())
}

/// A column of one side by its unqualified name.
fn side_column(side: &[ScopeItem], name: &Name, which: &str) -> Result<ScopeColumn, SqlError> {
    let columns = side.iter().filter(|item| item.unqualified).flat_map(|item| &item.columns);
    let mut found = columns.filter(|column| *column.name == *name.text);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column.clone()),
        (Some(_), Some(_)) => {
            let message = format!("common column name \"{}\" appears more than once in {which} table", name.text);
            Err(SqlError::new(SqlState::AMBIGUOUS_COLUMN, message))
        }
        (None, _) => {
            let message = format!("column \"{}\" specified in USING clause does not exist in {which} table", name.text);
            Err(SqlError::new(SqlState::UNDEFINED_COLUMN, message))
        }
    }
}

/// Column names that both sides have, in the left side's order.
fn common_names(left: &[ScopeItem], right: &[ScopeItem], pos: u32) -> Vec<Name> {
    let names = |side: &[ScopeItem]| -> Vec<Arc<str>> {
        let visible = side.iter().filter(|item| item.unqualified);
        visible.flat_map(|item| &item.columns).map(|column| column.name.clone()).collect()
    };
    let right = names(right);
    let mut common: Vec<Name> = Vec::new();
    for name in names(left) {
        if right.contains(&name) && !common.iter().any(|known| *known.text == *name) {
            common.push(Name { text: name.as_ref().into(), pos });
        }
    }
    common
}

/// Merged columns first, then the rest of the left side, then of the right.
fn joined_columns(merged: Vec<ScopeColumn>, left: &[ScopeItem], right: &[ScopeItem]) -> Vec<ScopeColumn> {
    let is_merged = |column: &ScopeColumn| merged.iter().any(|known| known.name == column.name);
    let sides = left.iter().chain(right).filter(|item| item.unqualified).flat_map(|item| &item.columns);
    let rest: Vec<ScopeColumn> = sides.filter(|column| !is_merged(column)).cloned().collect();
    merged.into_iter().chain(rest).collect()
}

/// The nameless item through which a join's columns are seen.
fn joined_item(columns: Vec<ScopeColumn>) -> ScopeItem {
    ScopeItem {
        name: None,
        schema: None,
        original: None,
        columns,
        qualified: false,
        unqualified: true,
        rel: None,
        table: None,
        scalar_function: false,
    }
}
