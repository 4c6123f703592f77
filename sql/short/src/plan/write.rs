//! Planning INSERT, UPDATE and DELETE.
//!
//! One table's rows are found on the core, whatever the condition: the rows have to be locked and written here anyway.
//! Where other tables take part (FROM, USING, WITH, correlated subqueries), analytics computes the keys and new values; what
//! it has to run is a query over the same typed expressions, made here:
//!
//! ```text
//!   UPDATE t SET a = u.x FROM u WHERE ...     SELECT t.key, u.x, <u's columns in RETURNING> FROM t, u WHERE ...
//! ```

use std::sync::Arc;

use cairn_sql_binder::tree::{
    Body, BoundCheck, ConflictAction as TreeAction, Cte, Delete, Distinct, Expr, FromItem, Insert, InsertSource,
    OnConflict, OutputColumn, Query, RelId, Select, Target, Update,
};
use cairn_sql_catalog::schema::{Oid, Table, TableKey};
use cairn_sql_types::Type;
use cairn_txn::LockMode;

use super::arrange::{Tables, Wish};
use super::join::Flat;
use super::{NotShort, Planner, QueryPlan, Step, WriteSchema};
use crate::eval::{Code, Compiler, SubPlan};
use crate::shape::{TableShape, Which};

/// INSERT, planned. In its frames source 0 is the new row (in ON CONFLICT the existing one), source 1 is `excluded`.
pub(crate) struct InsertPlan {
    pub(crate) schema: WriteSchema,
    pub(crate) subs: Vec<SubPlan>,
    pub(crate) rows: InsertRows,
    /// Target columns of the rows' values.
    pub(crate) columns: Vec<usize>,
    /// Values of the other columns.
    pub(crate) defaults: Vec<(usize, Code)>,
    pub(crate) checks: Vec<Check>,
    pub(crate) conflict: Option<ConflictPlan>,
    pub(crate) returning: Box<[Code]>,
}

/// Where an INSERT's rows come from.
pub(crate) enum InsertRows {
    Values(Vec<Box<[Code]>>),
    Query(Box<QueryPlan>),
    /// The session hands them in.
    Given,
}

/// One CHECK constraint.
pub(crate) struct Check {
    pub(crate) name: Arc<str>,
    pub(crate) code: Code,
}

/// ON CONFLICT, planned.
pub(crate) struct ConflictPlan {
    /// The unique keys whose conflicts are handled.
    pub(crate) arbiters: Vec<Which>,
    pub(crate) action: ConflictAction,
}

/// What ON CONFLICT does.
pub(crate) enum ConflictAction {
    Nothing,
    Update { assignments: Vec<(usize, Code)>, filter: Option<Code>, lock: LockMode },
}

/// UPDATE, planned. Source 0 is the table's row; source 1, for rows that were handed in, what came along.
pub(crate) struct UpdatePlan {
    pub(crate) schema: WriteSchema,
    pub(crate) subs: Vec<SubPlan>,
    pub(crate) find: Find,
    pub(crate) assignments: Vec<(usize, Code)>,
    pub(crate) checks: Vec<Check>,
    pub(crate) returning: Box<[Code]>,
    pub(crate) lock: LockMode,
}

/// DELETE, planned.
pub(crate) struct DeletePlan {
    pub(crate) schema: WriteSchema,
    pub(crate) subs: Vec<SubPlan>,
    pub(crate) find: Find,
    pub(crate) returning: Box<[Code]>,
}

/// How the rows to change are found.
pub(crate) enum Find {
    /// On the core: conditions without columns, then the table.
    Here { gates: Box<[Code]>, step: Box<Step> },
    /// The session hands in the key's values, then (UPDATE) one value per assignment, then what RETURNING wants of others.
    Given,
}

type Planned<T> = Result<(T, Option<Query>), NotShort>;

impl Planner<'_> {
    /// Plans INSERT.
    pub(crate) fn insert(&self, insert: &Insert) -> Planned<InsertPlan> {
        let updates = matches!(insert.on_conflict, Some(OnConflict { action: TreeAction::Update { .. }, .. }));
        let schema = self.write_schema(&insert.table, updates)?;
        let mut compiler = Compiler::new(self);
        let (rows, row_query) = match &insert.source {
            InsertSource::Values(rows) => {
                match rows.iter().map(|row| compiler.all(row)).collect::<Result<_, _>>() {
                    Ok(rows) => (InsertRows::Values(rows), None),
                    // A subquery among the values is too large for the core.
                    Err(reason) => {
                        compiler = Compiler::new(self);
                        (InsertRows::Given, Some(values_query(rows).ok_or(reason)?))
                    }
                }
            }
            InsertSource::Query(query) => match self.query(query) {
                Ok(plan) if plan.locks.is_some() || plan.subs.iter().any(|sub| sub.plan.locks.is_some()) => {
                    return Err(NotShort("row locks in the query of an INSERT"));
                }
                Ok(plan) => (InsertRows::Query(Box::new(plan)), None),
                Err(_) => (InsertRows::Given, Some((**query).clone())),
            },
        };
        let defaults = pairs(&insert.defaults, &mut compiler)?;
        compiler.bring(insert.rel, 0);
        let checks = checks(&insert.checks, &mut compiler)?;
        let returning = targets(&insert.returning, &mut compiler)?;
        let shape = schema.tables[0].shape.clone();
        let conflict = insert.on_conflict.as_ref().map(|on| conflict(on, &shape, &mut compiler)).transpose()?;
        let columns = insert.columns.clone();
        let subs = compiler.into_subs();
        Ok((InsertPlan { schema, subs, rows, columns, defaults, checks, conflict, returning }, row_query))
    }

    /// Plans an INSERT whose rows are handed in.
    pub(crate) fn insert_given(&self, insert: &Insert) -> Result<InsertPlan, NotShort> {
        let empty = Insert { source: InsertSource::Values(Vec::new()), ..insert.clone() };
        let (plan, _) = self.insert(&empty)?;
        Ok(InsertPlan { rows: InsertRows::Given, ..plan })
    }

    /// Plans UPDATE.
    pub(crate) fn update(&self, update: &Update) -> Planned<UpdatePlan> {
        let changed: Vec<usize> = update.assignments.iter().map(|(column, _)| *column).collect();
        let schema = self.write_schema(&update.table, true)?;
        let lock = lock_for(&schema.tables[0].shape, &changed);
        let here = update.with.is_empty() && update.from.is_empty();
        if here && let Ok(plan) = self.update_here(update, lock) {
            return Ok((plan, None));
        }
        let source = RowSource {
            rel: update.rel,
            table: &update.table,
            alias: &update.alias,
            with: &update.with,
            others: &update.from,
            filter: update.filter.as_ref(),
        };
        let values: Vec<&Expr> = update.assignments.iter().map(|(_, value)| value).collect();
        let mut compiler = Compiler::new(self);
        let (query, place) = source.query(&values, &update.returning, &mut compiler);
        let assign = |(at, column): (usize, &usize)| (*column, Code::Column { source: 1, column: (place + at) as u16 });
        compiler.bring(update.rel, 0);
        let plan = UpdatePlan {
            schema,
            find: Find::Given,
            assignments: changed.iter().enumerate().map(assign).collect(),
            checks: checks(&update.checks, &mut compiler)?,
            returning: targets(&update.returning, &mut compiler)?,
            lock,
            subs: compiler.into_subs(),
        };
        Ok((plan, Some(query)))
    }

    fn update_here(&self, update: &Update, lock: LockMode) -> Result<UpdatePlan, NotShort> {
        let mut compiler = Compiler::new(self);
        let from = [table_item(update.rel, &update.table, &update.alias)];
        let find = self.find(&from, update.filter.as_ref(), &mut compiler)?;
        Ok(UpdatePlan {
            schema: self.write_schema(&update.table, true)?,
            find,
            assignments: pairs(&update.assignments, &mut compiler)?,
            checks: checks(&update.checks, &mut compiler)?,
            returning: targets(&update.returning, &mut compiler)?,
            lock,
            subs: compiler.into_subs(),
        })
    }

    /// Plans DELETE.
    pub(crate) fn delete(&self, delete: &Delete) -> Planned<DeletePlan> {
        let here = delete.with.is_empty() && delete.using.is_empty();
        if here && let Ok(plan) = self.delete_here(delete) {
            return Ok((plan, None));
        }
        let source = RowSource {
            rel: delete.rel,
            table: &delete.table,
            alias: &delete.alias,
            with: &delete.with,
            others: &delete.using,
            filter: delete.filter.as_ref(),
        };
        let mut compiler = Compiler::new(self);
        let (query, _) = source.query(&[], &delete.returning, &mut compiler);
        compiler.bring(delete.rel, 0);
        let plan = DeletePlan {
            schema: self.write_schema(&delete.table, true)?,
            find: Find::Given,
            returning: targets(&delete.returning, &mut compiler)?,
            subs: compiler.into_subs(),
        };
        Ok((plan, Some(query)))
    }

    fn delete_here(&self, delete: &Delete) -> Result<DeletePlan, NotShort> {
        let mut compiler = Compiler::new(self);
        let from = [table_item(delete.rel, &delete.table, &delete.alias)];
        Ok(DeletePlan {
            schema: self.write_schema(&delete.table, true)?,
            find: self.find(&from, delete.filter.as_ref(), &mut compiler)?,
            returning: targets(&delete.returning, &mut compiler)?,
            subs: compiler.into_subs(),
        })
    }

    /// The way to one table's rows, however many they are.
    fn find(&self, from: &[FromItem], filter: Option<&Expr>, compiler: &mut Compiler<'_>) -> Result<Find, NotShort> {
        let flat = Flat::new(from, filter)?;
        // As if it stopped early: any way to the rows is accepted.
        let wish = Wish { wanted: Some(&[]), limited: true, sorts: false };
        let Tables { gates, mut steps, .. } = self.tables(&flat, &wish, compiler)?;
        let step = steps.pop().ok_or(NotShort("no table"))?;
        Ok(Find::Here { gates, step: Box::new(step) })
    }
}

/// The rows that a write is about, as a query for analytics.
struct RowSource<'e> {
    rel: RelId,
    table: &'e Arc<Table>,
    alias: &'e Arc<str>,
    with: &'e [Cte],
    others: &'e [FromItem],
    filter: Option<&'e Expr>,
}

impl RowSource<'_> {
    /// The query, and the position of the first of `values` among its columns. Columns of other relations that `returning`
    /// uses come last, and are brought into the compiler's sight as columns of source 1.
    fn query(&self, values: &[&Expr], returning: &[Target], compiler: &mut Compiler<'_>) -> (Query, usize) {
        let key: Vec<Expr> = match &self.table.key {
            TableKey::RowId => vec![Expr::RowId(self.rel)],
            TableKey::Primary { columns, .. } => {
                columns.iter().map(|column| Expr::Column(self.rel, *column, self.table.columns[*column].ty)).collect()
            }
        };
        let first_value = key.len();
        let mut exprs = key;
        exprs.extend(values.iter().map(|value| (*value).clone()));
        for (rel, column, ty) in foreign_columns(returning, self.rel) {
            compiler.bring_column(rel, column, (1, exprs.len()));
            exprs.push(Expr::Column(rel, column, ty));
        }
        let columns = exprs.iter().map(|expr| OutputColumn { name: "?column?".into(), ty: expr.ty(), source: None });
        let columns = columns.collect();
        let from = std::iter::once(table_item(self.rel, self.table, self.alias)).chain(self.others.iter().cloned());
        let select = Select {
            from: from.collect(),
            filter: self.filter.cloned(),
            grouping: None,
            having: None,
            windows: Vec::new(),
            targets: exprs.into_iter().map(|expr| Target { expr, hidden: false }).collect(),
            distinct: Distinct::No,
        };
        let body = Body::Select(Box::new(select));
        (Query { with: self.with.to_vec(), ..Query::of(body, columns) }, first_value)
    }
}

fn table_item(rel: RelId, table: &Arc<Table>, alias: &Arc<str>) -> FromItem {
    FromItem::Table { rel, table: table.clone(), alias: alias.clone() }
}

/// VALUES as a query of its own; `None` without a row.
fn values_query(rows: &[Vec<Expr>]) -> Option<Query> {
    let column = |(at, value): (usize, &Expr)| OutputColumn {
        name: format!("column{}", at + 1).into(),
        ty: value.ty(),
        source: None,
    };
    let columns = rows.first()?.iter().enumerate().map(column).collect();
    Some(Query::of(Body::Values(rows.to_vec()), columns))
}

/// Columns of other relations that RETURNING uses.
fn foreign_columns(returning: &[Target], own: RelId) -> Vec<(RelId, usize, Type)> {
    let mut found = Vec::new();
    for target in returning {
        target.expr.any(|part| {
            if let Expr::Column(rel, column, ty) = part
                && *rel != own
                && !found.contains(&(*rel, *column, *ty))
            {
                found.push((*rel, *column, *ty));
            }
            false
        });
    }
    found
}

/// The row lock of an UPDATE: columns that a foreign key could refer to need the strongest.
pub(crate) fn lock_for(shape: &TableShape, changed: &[usize]) -> LockMode {
    let unique = shape.indexes.iter().filter(|index| index.index.unique).flat_map(|index| &index.parts);
    match shape.key.iter().chain(unique).any(|part| changed.contains(&part.column)) {
        true => LockMode::Update,
        false => LockMode::NoKeyUpdate,
    }
}

fn conflict(on: &OnConflict, shape: &TableShape, compiler: &mut Compiler<'_>) -> Result<ConflictPlan, NotShort> {
    let all = std::iter::once(Which::Primary).chain((0..shape.indexes.len()).map(Which::Index));
    let oid = |which: &Which| match (which, &shape.table.key) {
        (Which::Index(index), _) => shape.indexes[*index].index.oid,
        (Which::Primary, TableKey::Primary { oid, .. }) => *oid,
        (Which::Primary, TableKey::RowId) => Oid::default(),
    };
    let chosen = |which: &Which| shape.is_unique(*which) && on.arbiter.is_none_or(|arbiter| arbiter == oid(which));
    let arbiters = all.filter(chosen).collect();
    let action = match &on.action {
        TreeAction::Nothing => ConflictAction::Nothing,
        TreeAction::Update { excluded, assignments, filter } => {
            compiler.bring(*excluded, 1);
            let changed: Vec<usize> = assignments.iter().map(|(column, _)| *column).collect();
            ConflictAction::Update {
                assignments: pairs(assignments, compiler)?,
                filter: filter.as_ref().map(|filter| compiler.expr(filter)).transpose()?,
                lock: lock_for(shape, &changed),
            }
        }
    };
    Ok(ConflictPlan { arbiters, action })
}

/// CHECK constraints, in the order in which PostgreSQL tests them: by name.
fn checks(checks: &[BoundCheck], compiler: &mut Compiler<'_>) -> Result<Vec<Check>, NotShort> {
    let compile = |check: &BoundCheck| Ok(Check { name: check.name.clone(), code: compiler.expr(&check.expr)? });
    let mut compiled = checks.iter().map(compile).collect::<Result<Vec<_>, NotShort>>()?;
    compiled.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(compiled)
}

fn targets(targets: &[Target], compiler: &mut Compiler<'_>) -> Result<Box<[Code]>, NotShort> {
    compiler.all(targets.iter().map(|target| &target.expr))
}

fn pairs(pairs: &[(usize, Expr)], compiler: &mut Compiler<'_>) -> Result<Vec<(usize, Code)>, NotShort> {
    pairs.iter().map(|(column, value)| Ok((*column, compiler.expr(value)?))).collect()
}
