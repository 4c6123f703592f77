//! Finds the tables that a query names, in FROM and in all subqueries.

use super::ast::{Body, Distinct, Expr, GroupItem, JoinCondition, ObjectName, Query, Select, TableRef, TableRefKind};
use super::token::Pos;
use super::walk::queries;

/// Calls `visit` for every name in FROM that is not an item of a WITH around it. Stops where `visit` answers `false`.
pub(crate) fn tables<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a ObjectName) -> bool) {
    Walk { hidden: Vec::new(), visit, done: false }.query(query);
}

/// Where a query first reads a relation of this plain name.
pub(crate) fn first_read(query: &Query, name: &str) -> Option<Pos> {
    let mut found = None;
    tables(query, &mut |table| note(table, name, &mut found));
    found
}

/// Where a FROM item first reads a relation of this plain name.
pub(crate) fn first_read_in(table: &TableRef, name: &str) -> Option<Pos> {
    let mut found = None;
    let visit = &mut |table| note(table, name, &mut found);
    Walk { hidden: Vec::new(), visit, done: false }.table(table);
    found
}

/// Where an expression's queries first read a relation of this plain name.
pub(crate) fn first_read_by(expr: &Expr, name: &str) -> Option<Pos> {
    let mut found = None;
    queries(expr, &mut |query| found = found.or_else(|| first_read(query, name)));
    found
}

/// Remembers the place of the first match; `false` once there is one.
fn note(table: &ObjectName, name: &str, found: &mut Option<Pos>) -> bool {
    if found.is_none() && table.parts.len() == 1 && table.last() == name {
        *found = Some(table.parts[0].pos);
    }
    found.is_none()
}

struct Walk<'a, 'v> {
    /// Names of the WITH items around.
    hidden: Vec<&'a str>,
    visit: &'v mut dyn FnMut(&'a ObjectName) -> bool,
    done: bool,
}

impl<'a> Walk<'a, '_> {
    fn query(&mut self, query: &'a Query) {
        let outside = self.hidden.len();
        let items = query.with.iter().flat_map(|with| &with.items);
        for item in items.clone() {
            self.query(&item.query);
        }
        self.hidden.extend(items.map(|item| &*item.name.text));
        match &query.body {
            Body::Select(select) => self.select(select),
            Body::Values(rows) => self.exprs(rows.iter().flatten()),
            Body::SetOperation { left, right, .. } => {
                self.query(left);
                self.query(right);
            }
        }
        self.exprs(query.order_by.iter().map(|sort| &sort.expr));
        self.exprs(query.limit.iter().chain(&query.offset));
        self.hidden.truncate(outside);
    }

    fn select(&mut self, select: &'a Select) {
        for table in &select.from {
            self.table(table);
        }
        if let Distinct::On(keys) = &select.distinct {
            self.exprs(keys);
        }
        self.exprs(select.filter.iter().chain(&select.having));
        self.exprs(select.targets.iter().map(|target| &target.expr));
        for item in &select.group_by {
            self.group_item(item);
        }
        for (_, window) in &select.windows {
            self.exprs(&window.partition_by);
            self.exprs(window.order_by.iter().map(|sort| &sort.expr));
        }
    }

    fn group_item(&mut self, item: &'a GroupItem) {
        match item {
            GroupItem::Expr(expr) => self.expr(expr),
            GroupItem::List(exprs) => self.exprs(exprs),
            GroupItem::Rollup(items) | GroupItem::Cube(items) | GroupItem::Sets(items) => {
                for item in items {
                    self.group_item(item);
                }
            }
        }
    }

    fn table(&mut self, table: &'a TableRef) {
        match &table.kind {
            TableRefKind::Table(name) => self.name(name),
            TableRefKind::Query(query) => self.query(query),
            TableRefKind::Function { call, .. } => self.expr(call),
            TableRefKind::Join(join) => {
                self.table(&join.left);
                self.table(&join.right);
                if let JoinCondition::On(condition) = &join.condition {
                    self.expr(condition);
                }
            }
        }
    }

    fn name(&mut self, name: &'a ObjectName) {
        let hidden = name.parts.len() == 1 && self.hidden.contains(&name.last());
        if !hidden && !self.done {
            self.done = !(self.visit)(name);
        }
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        if self.done {
            return;
        }
        let mut inside = Vec::new();
        queries(expr, &mut |query| inside.push(query));
        for query in inside {
            self.query(query);
        }
    }
}
