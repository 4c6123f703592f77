//! GROUP BY: keys, grouping sets, and the rewriting of everything behind the grouping stage in terms of keys.

use cairn_sql_catalog::schema::TableKey;
use cairn_sql_types::{SqlError, SqlState};

use super::order::position_target;
use super::select::WorkTarget;
use super::{Binder, Place, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, GroupItem};
use crate::syntax::token::Pos;
use crate::tree::{Expr, ExprSort, FrameBound, FromItem, Grouping, RelId, Select};

/// Grouping sets as PostgreSQL limits them.
const SETS_MAX: usize = 4096;
const CUBE_MAX: usize = 12;

/// Grouping sets over key positions.
type Sets = Vec<Vec<usize>>;

impl Binder<'_> {
    /// Keys and grouping sets.
    pub(crate) fn group_by(
        &mut self,
        items: &[GroupItem],
        distinct: bool,
        targets: &[WorkTarget],
    ) -> Result<(Vec<Expr>, Sets), SqlError> {
        let mut keys = Vec::new();
        let mut sets: Sets = vec![Vec::new()];
        for item in items {
            let more = self.in_place(Place::GroupBy, |this| this.group_item(item, targets, &mut keys))?;
            sets = product(&sets, &more)?;
        }
        if distinct {
            let sorted = |set: &Vec<usize>| {
                let mut set = set.clone();
                set.sort_unstable();
                set
            };
            let mut seen = Vec::new();
            sets.retain(|set| {
                let set = sorted(set);
                let new = !seen.contains(&set);
                if new {
                    seen.push(set);
                }
                new
            });
        }
        Ok((keys, sets))
    }

    fn group_item(&mut self, item: &GroupItem, targets: &[WorkTarget], keys: &mut Vec<Expr>) -> Result<Sets, SqlError> {
        self.stack.check()?;
        match item {
            GroupItem::Expr(expr) => Ok(vec![vec![self.group_key(expr, targets, keys)?]]),
            GroupItem::List(exprs) => {
                let mut set = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    push_new(&mut set, self.group_key(expr, targets, keys)?);
                }
                Ok(vec![set])
            }
            GroupItem::Rollup(items) => {
                let parts = self.group_parts(items, targets, keys)?;
                let prefixes = (0..=parts.len()).rev();
                Ok(prefixes.map(|length| union(&parts[..length])).collect())
            }
            GroupItem::Cube(items) => {
                let parts = self.group_parts(items, targets, keys)?;
                if parts.len() > CUBE_MAX {
                    let message = format!("CUBE is limited to {CUBE_MAX} elements");
                    return Err(SqlError::new(SqlState::TOO_MANY_COLUMNS, message));
                }
                let masks = (0..1_usize << parts.len()).rev();
                let chosen = |mask: usize| {
                    let parts: Vec<Vec<usize>> = (0..parts.len())
                        .filter(|part| mask >> (parts.len() - 1 - part) & 1 == 1)
                        .map(|part| parts[part].clone())
                        .collect();
                    union(&parts)
                };
                Ok(masks.map(chosen).collect())
            }
            GroupItem::Sets(items) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.group_item(item, targets, keys)?);
                    check_count(sets.len())?;
                }
                Ok(sets)
            }
        }
    }

    /// Elements of ROLLUP and CUBE: each is a set of keys.
    fn group_parts(
        &mut self,
        items: &[GroupItem],
        targets: &[WorkTarget],
        keys: &mut Vec<Expr>,
    ) -> Result<Sets, SqlError> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            let sets = self.group_item(item, targets, keys)?;
            parts.push(union(&sets));
        }
        Ok(parts)
    }

    /// A key by input column, position, output name or expression.
    fn group_key(&mut self, syntax: &Syntax, targets: &[WorkTarget], keys: &mut Vec<Expr>) -> Result<usize, SqlError> {
        let (expr, pos) = self.group_expr(syntax, targets)?;
        self.check_groupable(&expr, pos)?;
        if expr.any(|part| matches!(part, Expr::Aggregate(..))) {
            let message = "aggregate functions are not allowed in GROUP BY";
            return Err(at(SqlState::GROUPING_ERROR, message, pos));
        }
        if expr.any(|part| matches!(part, Expr::Window(..))) {
            return Err(at(SqlState::WINDOWING_ERROR, "window functions are not allowed in GROUP BY", pos));
        }
        if let Some(index) = keys.iter().position(|key| crate::walk::same(key, &expr)) {
            return Ok(index);
        }
        keys.push(expr);
        Ok(keys.len() - 1)
    }

    fn group_expr(&mut self, syntax: &Syntax, targets: &[WorkTarget]) -> Result<(Expr, Pos), SqlError> {
        // In GROUP BY an input column wins over an output name.
        let input = match &syntax.kind {
            ExprKind::Column(parts) if parts.len() == 1 => {
                let found = self.find_unqualified(&parts[0].text, syntax.pos)?;
                found.is_some_and(|found| found.level + 1 == self.levels.len())
            }
            _ => true,
        };
        if !input && let Some(index) = self.named_target(syntax, targets, "GROUP BY")? {
            return Ok((targets[index].expr.clone(), targets[index].pos));
        }
        if let Some(index) = position_target(syntax, targets, "GROUP BY")? {
            return Ok((targets[index].expr.clone(), targets[index].pos));
        }
        Ok((self.value(syntax)?, syntax.pos))
    }

    /// `GROUPING(a, b)`: resolved when the keys are known.
    pub(crate) fn grouping_call(&mut self, args: &[Syntax], pos: Pos) -> Result<Expr, SqlError> {
        if args.len() > 31 {
            return Err(at(SqlState::of(b"54023"), "GROUPING must have fewer than 32 arguments", pos));
        }
        let pos = args.first().map_or(pos, |arg| arg.pos);
        let args = args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>()?;
        let level = self.level();
        level.groupings.push((args, pos));
        Ok(Expr::GroupingId(vec![level.groupings.len() - 1]))
    }

    /// Rewrites everything behind the grouping stage. 42803 for a bare column.
    pub(crate) fn group_stage(&mut self, select: &mut Select) -> Result<(), SqlError> {
        let Some(grouping) = &mut select.grouping else {
            return match self.level().groupings.first() {
                Some((_, pos)) => Err(not_a_key(*pos)),
                None => Ok(()),
            };
        };
        let mut rels = Vec::new();
        select.from.iter().for_each(|item| collect_rels(item, &mut rels));
        let mut stage = Stage { binder: self, grouping, from: &select.from, rels: &rels };
        for target in &mut select.targets {
            stage.rewrite(&mut target.expr)?;
        }
        for window in &mut select.windows {
            for arg in window.args.iter_mut().chain(&mut window.partition_by).chain(&mut window.filter) {
                stage.rewrite(arg)?;
            }
            for ExprSort { expr, .. } in &mut window.order_by {
                stage.rewrite(expr)?;
            }
            for bound in [&mut window.frame.start, &mut window.frame.end] {
                if let FrameBound::Preceding(expr) | FrameBound::Following(expr) = bound {
                    stage.rewrite(expr)?;
                }
            }
        }
        if let Some(having) = &mut select.having {
            stage.rewrite(having)?;
        }
        Ok(())
    }
}

/// The rewriting of one SELECT.
struct Stage<'s, 'b> {
    binder: &'s mut Binder<'b>,
    grouping: &'s mut Grouping,
    from: &'s [FromItem],
    rels: &'s [RelId],
}

impl Stage<'_, '_> {
    fn rewrite(&mut self, expr: &mut Expr) -> Result<(), SqlError> {
        let taken = std::mem::replace(expr, Expr::GroupingId(Vec::new()));
        *expr = self.rewritten(taken)?;
        Ok(())
    }

    fn rewritten(&mut self, expr: Expr) -> Result<Expr, SqlError> {
        self.binder.stack.check()?;
        if !matches!(expr, Expr::Const(..) | Expr::Param(..))
            && let Some(index) = self.grouping.keys.iter().position(|key| crate::walk::same(key, &expr))
        {
            return Ok(Expr::Group(index, expr.ty()));
        }
        match &expr {
            Expr::Column(rel, column, ty) if self.rels.contains(rel) => {
                let index =
                    self.dependent_key(*rel, *column, *ty)?.ok_or_else(|| self.ungrouped(*rel, *column, false))?;
                return Ok(Expr::Group(index, *ty));
            }
            Expr::Scalar(subquery, _)
            | Expr::ArraySubquery(subquery, _)
            | Expr::Exists { subquery, .. }
            | Expr::QuantifiedSubquery { subquery, .. } => {
                for (rel, column, ty) in subquery.outer.clone() {
                    self.outer_column(rel, column, ty)?;
                }
            }
            Expr::GroupingId(ids) => return self.grouping_id(ids),
            _ => {}
        }
        expr.map_children(&mut |child| self.rewritten(child))
    }

    /// A column that a subquery takes from this query must be a key.
    fn outer_column(&mut self, rel: RelId, column: usize, ty: cairn_sql_types::Type) -> Result<(), SqlError> {
        if !self.rels.contains(&rel) {
            return Ok(());
        }
        let wanted = Expr::Column(rel, column, ty);
        if self.grouping.keys.iter().any(|key| crate::walk::same(key, &wanted)) {
            return Ok(());
        }
        match self.dependent_key(rel, column, ty)? {
            Some(_) => Ok(()),
            None => Err(self.ungrouped(rel, column, true)),
        }
    }

    /// A column whose table's primary key is among the keys of every set depends on them: it becomes a key.
    fn dependent_key(
        &mut self,
        rel: RelId,
        column: usize,
        ty: cairn_sql_types::Type,
    ) -> Result<Option<usize>, SqlError> {
        let Some(table) = self.from.iter().find_map(|item| table_of(item, rel)) else { return Ok(None) };
        let TableKey::Primary { columns: primary, .. } = &table.key else { return Ok(None) };
        let is_key = |key: &Expr, column: usize| matches!(key, Expr::Column(r, c, _) if *r == rel && *c == column);
        let everywhere =
            self.grouping.sets.iter().all(|set| {
                primary.iter().all(|column| set.iter().any(|key| is_key(&self.grouping.keys[*key], *column)))
            });
        if !everywhere || self.grouping.sets.is_empty() {
            return Ok(None);
        }
        self.grouping.keys.push(Expr::Column(rel, column, ty));
        let index = self.grouping.keys.len() - 1;
        for set in &mut self.grouping.sets {
            set.push(index);
        }
        Ok(Some(index))
    }

    fn grouping_id(&mut self, ids: &[usize]) -> Result<Expr, SqlError> {
        let Some((args, pos)) = ids.first().and_then(|id| self.binder.level().groupings.get(*id).cloned()) else {
            return Err(SqlError::internal("a GROUPING call was collected"));
        };
        let mut positions = Vec::with_capacity(args.len());
        for arg in &args {
            let index = self.grouping.keys.iter().position(|key| crate::walk::same(key, arg));
            positions.push(index.ok_or_else(|| not_a_key(pos))?);
        }
        Ok(Expr::GroupingId(positions))
    }

    /// 42803, at the column's first use.
    fn ungrouped(&mut self, rel: RelId, column: usize, in_subquery: bool) -> SqlError {
        let level = self.binder.level();
        let pos = level.uses.iter().find(|(r, c, _)| *r == rel && *c == column).map(|(_, _, pos)| *pos);
        let name = level.items.iter().find_map(|item| {
            let column = item
                .columns
                .iter()
                .find(|known| matches!(&known.expr, Expr::Column(r, c, _) if *r == rel && *c == column))?;
            Some(match &item.name {
                Some(item) => format!("{item}.{}", column.name),
                None => column.name.to_string(),
            })
        });
        let name = name.unwrap_or_default();
        let message = match in_subquery {
            true => format!("subquery uses ungrouped column \"{name}\" from outer query"),
            false => {
                format!("column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function")
            }
        };
        let error = SqlError::new(SqlState::GROUPING_ERROR, message);
        match pos {
            Some(pos) => error.at(pos + 1),
            None => error,
        }
    }
}

/// 42803 for an argument of GROUPING.
fn not_a_key(pos: Pos) -> SqlError {
    let message = "arguments to GROUPING must be grouping expressions of the associated query level";
    at(SqlState::GROUPING_ERROR, message, pos)
}

/// Every relation of a FROM item.
pub(crate) fn collect_rels(item: &FromItem, rels: &mut Vec<RelId>) {
    match item {
        FromItem::Table { rel, .. }
        | FromItem::System { rel, .. }
        | FromItem::Sequence { rel, .. }
        | FromItem::Subquery { rel, .. }
        | FromItem::Cte { rel, .. }
        | FromItem::Function { rel, .. } => rels.push(*rel),
        FromItem::Join { left, right, .. } => {
            collect_rels(left, rels);
            collect_rels(right, rels);
        }
    }
}

/// The table behind a relation.
pub(crate) fn table_of(item: &FromItem, wanted: RelId) -> Option<&std::sync::Arc<cairn_sql_catalog::schema::Table>> {
    match item {
        FromItem::Table { rel, table, .. } => (*rel == wanted).then_some(table),
        FromItem::Join { left, right, .. } => table_of(left, wanted).or_else(|| table_of(right, wanted)),
        _ => None,
    }
}

fn push_new(set: &mut Vec<usize>, key: usize) {
    if !set.contains(&key) {
        set.push(key);
    }
}

fn union(parts: &[Vec<usize>]) -> Vec<usize> {
    let mut set = Vec::new();
    for key in parts.iter().flatten() {
        push_new(&mut set, *key);
    }
    set
}

/// Every set of one list joined with every set of the other.
fn product(left: &Sets, right: &Sets) -> Result<Sets, SqlError> {
    check_count(left.len().saturating_mul(right.len()))?;
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| union(&[a.clone(), b.clone()])));
    Ok(pairs.collect())
}

fn check_count(count: usize) -> Result<(), SqlError> {
    if count <= SETS_MAX {
        return Ok(());
    }
    Err(SqlError::new(SqlState::STATEMENT_TOO_COMPLEX, format!("too many grouping sets present (maximum {SETS_MAX})")))
}
