//! The order of inner joins.
//!
//! Greedy: of all pairs of units that an equality connects, the pair with the fewest rows is joined, again and again; units
//! that nothing connects are multiplied last, the smallest first. How many rows a join gives:
//!
//! ```text
//! equalities cover a unique key of one side     left * right / rows of the key's table
//! other equalities                              left * right / 200, or the smaller side where it has fewer rows
//! none                                          left * right
//! ```

use cairn_sql_binder::tree::{Expr as Tree, FromItem, RelId};
use cairn_sql_catalog::schema::{Table, TableKey};
use cairn_sql_types::SqlError;
use cairn_sql_types::comparison::Comparison;
use datafusion::common::JoinType;
use rustc_hash::FxHashSet;

use super::Lowerer;
use super::build::{has_subquery, one_row, rels};
use super::scope::{Plan, is_volatile};

/// Different values of a column about which nothing is known.
const VALUES: usize = 200;

/// Rows that an item gives for each row that it depends on.
const ROWS_PER_ROW: usize = 10;

/// One operand of the join order.
pub(super) struct Unit {
    pub(super) plan: Plan,
    pub(super) rels: FxHashSet<RelId>,
    /// As expected.
    pub(super) rows: usize,
    keys: Vec<UniqueKey>,
}

/// A key of one of a unit's tables.
struct UniqueKey {
    columns: Vec<(RelId, usize)>,
    /// Of the whole table.
    rows: usize,
}

/// An item that uses columns of others.
pub(super) struct Waiting<'a> {
    pub(super) item: &'a FromItem,
    pub(super) needs: FxHashSet<RelId>,
    pub(super) rels: FxHashSet<RelId>,
}

impl Unit {
    /// A unit without keys.
    pub(super) fn new(plan: Plan, rels: FxHashSet<RelId>, rows: usize) -> Self {
        Self { plan, rels, rows, keys: Vec::new() }
    }

    /// The unit of a table that has `rows` rows in all.
    pub(super) fn with_keys(mut self, table: &Table, rel: RelId, rows: usize) -> Self {
        let key = |columns: Vec<usize>| UniqueKey {
            columns: columns.into_iter().map(|column| (rel, column)).collect(),
            rows,
        };
        if let TableKey::Primary { columns, .. } = &table.key {
            self.keys.push(key(columns.to_vec()));
        }
        for index in table.indexes.iter().filter(|index| index.unique) {
            self.keys.push(key(index.columns.iter().map(|column| column.column).collect()));
        }
        self
    }
}

impl Lowerer {
    /// All units and items joined; conditions are applied as soon as their columns are there.
    pub(super) fn in_order(
        &mut self,
        mut units: Vec<Unit>,
        mut waiting: Vec<Waiting<'_>>,
        open: &mut Vec<Tree>,
    ) -> Result<Unit, SqlError> {
        if units.is_empty() {
            units.push(Unit::new(one_row(), FxHashSet::default(), 1));
        }
        loop {
            let mut next = match (best_pair(&units, open), ready(&units, &waiting)) {
                (Some((a, b)), _) => self.join_pair(&mut units, (a, b), open)?,
                (None, Some((unit, item))) => {
                    let (mut unit, waiting) = (units.remove(unit), waiting.remove(item));
                    unit.plan = self.dependent(unit.plan, waiting.item)?;
                    unit.rels.extend(waiting.rels);
                    unit.rows = unit.rows.saturating_mul(ROWS_PER_ROW);
                    unit
                }
                (None, None) if units.len() > 1 => {
                    units.sort_by_key(|unit| unit.rows);
                    self.join_pair(&mut units, (0, 1), open)?
                }
                (None, None) if waiting.is_empty() => return Ok(units.remove(0)),
                _ => return Err(SqlError::unsupported("this nesting of outer joins and outer references in FROM")),
            };
            self.apply(&mut next, open)?;
            units.push(next);
        }
    }

    /// Applies the conditions that a unit can answer alone.
    pub(super) fn apply(&mut self, unit: &mut Unit, open: &mut Vec<Tree>) -> Result<(), SqlError> {
        let (mine, others): (Vec<Tree>, Vec<Tree>) = std::mem::take(open).into_iter().partition(|condition| {
            let rels = rels(condition);
            !rels.is_empty() && rels.is_subset(&unit.rels)
        });
        *open = others;
        mine.iter().try_for_each(|condition| self.filter(&mut unit.plan, condition))
    }

    /// Applies IN over queries that stand for themselves to the unit whose columns they test, before anything is joined: most
    /// of them leave few rows. The other conditions are returned.
    pub(super) fn early_semijoins(&mut self, units: &mut [Unit], conditions: Vec<Tree>) -> Result<Vec<Tree>, SqlError> {
        let mut late = Vec::new();
        for condition in conditions {
            let place = match is_alone(&condition) {
                true => tested(&condition, units),
                false => None,
            };
            match place {
                Some(place) => {
                    units[place].rows = units[place].rows.div_ceil(4);
                    self.condition(&mut units[place].plan, condition)?;
                }
                None => late.push(condition),
            }
        }
        Ok(late)
    }

    fn join_pair(
        &mut self,
        units: &mut Vec<Unit>,
        (a, b): (usize, usize),
        open: &mut Vec<Tree>,
    ) -> Result<Unit, SqlError> {
        debug_assert!(a < b, "a pair in order");
        let right = units.remove(b);
        let left = units.remove(a);
        let rows = joined_rows(&left, &right, open).unwrap_or_else(|| left.rows.saturating_mul(right.rows));
        // DataFusion builds its table from the left side.
        let (mut left, right) = if left.rows <= right.rows { (left, right) } else { (right, left) };
        left.rels.extend(&right.rels);
        left.keys.extend(right.keys);
        let (on, others): (Vec<Tree>, Vec<Tree>) = std::mem::take(open).into_iter().partition(|condition| {
            let used = rels(condition);
            !used.is_empty() && used.is_subset(&left.rels)
        });
        *open = others;
        let plan = self.join(left.plan, right.plan, JoinType::Inner, &on)?;
        Ok(Unit { plan, rows, ..left })
    }
}

/// The connected pair with the fewest rows after its join, in order of place.
fn best_pair(units: &[Unit], open: &[Tree]) -> Option<(usize, usize)> {
    let pairs = (0..units.len()).flat_map(|a| (a + 1..units.len()).map(move |b| (a, b)));
    let connected = pairs.filter_map(|(a, b)| Some((joined_rows(&units[a], &units[b], open)?, (a, b))));
    connected.min_by_key(|(rows, _)| *rows).map(|(_, pair)| pair)
}

/// An item whose needs one of the units has.
fn ready(units: &[Unit], waiting: &[Waiting<'_>]) -> Option<(usize, usize)> {
    waiting.iter().enumerate().find_map(|(number, item)| {
        let unit = units.iter().position(|unit| item.needs.is_subset(&unit.rels))?;
        Some((unit, number))
    })
}

/// Rows of the join of two units that an equality connects.
fn joined_rows(left: &Unit, right: &Unit, open: &[Tree]) -> Option<usize> {
    let sides: Vec<(&Tree, &Tree)> =
        open.iter().filter_map(|condition| equal_sides(condition, &left.rels, &right.rels)).collect();
    if sides.is_empty() {
        return None;
    }
    let left_columns: Vec<_> = sides.iter().filter_map(|(side, _)| column(side)).collect();
    let right_columns: Vec<_> = sides.iter().filter_map(|(_, side)| column(side)).collect();
    let covered = |unit: &Unit, given: &[(RelId, usize)]| {
        let keys = unit.keys.iter().filter(|key| key.columns.iter().all(|column| given.contains(column)));
        keys.map(|key| key.rows).max()
    };
    let values = covered(left, &left_columns).max(covered(right, &right_columns));
    let values = values.unwrap_or_else(|| VALUES.min(left.rows).min(right.rows));
    // Rows of two tables multiply beyond what a usize holds.
    let rows = left.rows as u128 * right.rows as u128 / values.max(1) as u128;
    Some(usize::try_from(rows).unwrap_or(usize::MAX))
}

/// The two sides of an equality between the two units.
fn equal_sides<'a>(
    condition: &'a Tree,
    left: &FxHashSet<RelId>,
    right: &FxHashSet<RelId>,
) -> Option<(&'a Tree, &'a Tree)> {
    let Tree::Call { function, args, .. } = condition else { return None };
    let (Some(Comparison::Equal), [a, b]) = (Comparison::of(function), args.as_slice()) else { return None };
    let (used_a, used_b) = (rels(a), rels(b));
    let split = |a: &FxHashSet<RelId>, b: &FxHashSet<RelId>| a.is_subset(left) && b.is_subset(right);
    match () {
        () if used_a.is_empty() || used_b.is_empty() => None,
        () if split(&used_a, &used_b) => Some((a, b)),
        () if split(&used_b, &used_a) => Some((b, a)),
        () => None,
    }
}

fn column(side: &Tree) -> Option<(RelId, usize)> {
    match side {
        Tree::Column(rel, column, _) => Some((*rel, *column)),
        Tree::Relabel(inner, _) => column(inner),
        _ => None,
    }
}

/// The unit that has all columns that a condition tests.
fn tested(condition: &Tree, units: &[Unit]) -> Option<usize> {
    let rels = rels(condition);
    units.iter().position(|unit| !rels.is_empty() && rels.is_subset(&unit.rels))
}

/// Is it (NOT) IN or the like over a query that uses nothing from outside?
fn is_alone(condition: &Tree) -> bool {
    match condition {
        Tree::Not(inner) => is_alone(inner),
        Tree::QuantifiedSubquery { subquery, test, .. } => {
            subquery.outer.is_empty() && !has_subquery(test) && !is_volatile(test)
        }
        _ => false,
    }
}
