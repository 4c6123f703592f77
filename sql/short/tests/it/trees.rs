//! Short words for typed trees.

use std::sync::Arc;

use cairn_sql_binder::tree::*;
use cairn_sql_catalog::schema::Table;
use cairn_sql_types::{Datum, Type, TypeId, operators};

pub const T: RelId = RelId(1);
pub const U: RelId = RelId(2);
pub const EXCLUDED: RelId = RelId(9);

pub fn int(value: i32) -> Expr {
    Expr::Const(Datum::Int4(value), Type::plain(TypeId::INT4))
}

pub fn big(value: i64) -> Expr {
    Expr::Const(Datum::Int8(value), Type::plain(TypeId::INT8))
}

pub fn text(value: &str) -> Expr {
    Expr::Const(Datum::text(value), Type::plain(TypeId::TEXT))
}

pub fn null(ty: TypeId) -> Expr {
    Expr::Const(Datum::Null, Type::plain(ty))
}

pub fn param(index: usize, ty: TypeId) -> Expr {
    Expr::Param(index, Type::plain(ty))
}

/// A column by name.
pub fn col(rel: RelId, table: &Table, name: &str) -> Expr {
    let (at, column) = table.column(name).unwrap_or_else(|| panic!("no column {name}"));
    Expr::Column(rel, at, column.ty)
}

/// `left name right`
pub fn op(name: &str, left: Expr, right: Expr) -> Expr {
    let (l, r) = (left.ty().id, right.ty().id);
    let operator = operators::exact(name, Some(l), r).unwrap_or_else(|| panic!("no operator {l:?} {name} {r:?}"));
    Expr::Call { function: operator.function, args: vec![left, right], ty: Type::plain(operator.function.result) }
}

pub fn and(args: Vec<Expr>) -> Option<Expr> {
    Some(Expr::And(args))
}

pub fn one_of(arg: Expr, list: Vec<Expr>) -> Expr {
    let ty = arg.ty().id;
    let equal = operators::exact("=", Some(ty), ty).unwrap().function;
    Expr::InList { arg: Box::new(arg), list, equal, negated: false }
}

pub fn item(rel: RelId, table: &Arc<Table>) -> FromItem {
    FromItem::Table { rel, table: table.clone(), alias: table.name.clone() }
}

pub fn target(expr: Expr) -> Target {
    Target { expr, hidden: false }
}

fn output(targets: &[Target]) -> Vec<OutputColumn> {
    let shown = targets.iter().filter(|target| !target.hidden);
    shown.map(|target| OutputColumn { name: "c".into(), ty: target.expr.ty(), source: None }).collect()
}

/// SELECT targets FROM from WHERE filter
pub fn select(from: Vec<FromItem>, filter: Option<Expr>, targets: Vec<Expr>) -> Query {
    let targets: Vec<Target> = targets.into_iter().map(target).collect();
    let columns = output(&targets);
    Query {
        with: Vec::new(),
        body: Body::Select(Box::new(Select {
            from,
            filter,
            grouping: None,
            having: None,
            windows: Vec::new(),
            targets,
            distinct: Distinct::No,
        })),
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        locking: Vec::new(),
        columns,
    }
}

/// ORDER BY these targets.
pub fn ordered(mut query: Query, keys: &[(usize, bool)]) -> Query {
    let key = |(target, descending): &(usize, bool)| SortKey {
        target: *target,
        descending: *descending,
        nulls_first: *descending,
    };
    query.order_by = keys.iter().map(key).collect();
    query
}

pub fn limited(mut query: Query, limit: i64, offset: i64) -> Query {
    query.limit = Some(big(limit));
    query.offset = (offset > 0).then(|| big(offset));
    query
}

pub fn locking(mut query: Query, strength: LockStrength, wait: LockWait) -> Query {
    query.locking = vec![Locking { strength, relations: vec![T], wait }];
    query
}

pub fn statement(query: Query) -> Statement {
    Statement::Query(Box::new(query))
}

pub fn subquery(query: Query) -> Box<Subquery> {
    Box::new(Subquery { query, outer: Vec::new() })
}

/// INSERT INTO table VALUES rows, in column order.
pub fn insert(table: &Arc<Table>, rows: Vec<Vec<Expr>>) -> Insert {
    Insert {
        table: table.clone(),
        rel: T,
        columns: (0..rows[0].len()).collect(),
        source: InsertSource::Values(rows),
        defaults: Vec::new(),
        checks: Vec::new(),
        on_conflict: None,
        returning: Vec::new(),
        returning_columns: Vec::new(),
    }
}

pub fn insert_stmt(insert: Insert) -> Statement {
    Statement::Insert(Box::new(insert))
}

pub fn update(table: &Arc<Table>, assignments: Vec<(usize, Expr)>, filter: Option<Expr>) -> Update {
    Update {
        table: table.clone(),
        rel: T,
        alias: table.name.clone(),
        with: Vec::new(),
        from: Vec::new(),
        filter,
        assignments,
        checks: Vec::new(),
        returning: Vec::new(),
        returning_columns: Vec::new(),
    }
}

pub fn update_stmt(update: Update) -> Statement {
    Statement::Update(Box::new(update))
}

pub fn delete(table: &Arc<Table>, filter: Option<Expr>) -> Delete {
    Delete {
        table: table.clone(),
        rel: T,
        alias: table.name.clone(),
        with: Vec::new(),
        using: Vec::new(),
        filter,
        returning: Vec::new(),
        returning_columns: Vec::new(),
    }
}

pub fn delete_stmt(delete: Delete) -> Statement {
    Statement::Delete(Box::new(delete))
}

/// RETURNING these expressions.
pub fn returning(exprs: Vec<Expr>) -> (Vec<Target>, Vec<OutputColumn>) {
    let targets: Vec<Target> = exprs.into_iter().map(target).collect();
    let columns = output(&targets);
    (targets, columns)
}
