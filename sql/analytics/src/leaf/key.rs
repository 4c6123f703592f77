//! From conditions to key ranges: which index, and where in it.
//!
//! Everything here narrows what is read, and nothing here decides what is returned: the scan checks every condition
//! again on every row. So a range may be too wide, never too narrow.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use cairn_base::SpaceId;
use cairn_base::key::{KeyOrder, KeyReader, KeyWriter, prefix_end};
use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_catalog::schema::{Index, Table, TableKey};
use cairn_sql_types::comparison::{Comparison, KeyValue, comparable};
use cairn_sql_types::key::{KeyColumn, is_indexable};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};
use cairn_txn::bounds::OwnedRange;
use rustc_hash::FxHashMap;

use super::condition::Condition;
use crate::context::Run;
use crate::eval::{self, Frame};

/// Single keys that one scan looks up at most; longer lists read the whole range.
const KEYS_MAX: usize = 100_000;

/// Where a table's rows are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// `None`: the rows' own space.
    pub(crate) index: Option<Arc<Index>>,
    pub(crate) space: SpaceId,
    /// In key order, without overlaps.
    pub(crate) ranges: Vec<OwnedRange>,
    /// Leading columns with given values; 0 and `ranged` false: the whole table.
    pub(crate) equal: usize,
    pub(crate) ranged: bool,
    /// At most one row per range.
    pub(crate) unique: bool,
}

/// One column of a key.
struct Part {
    column: usize,
    key: KeyColumn,
}

/// What conditions say about one column.
#[derive(Default)]
struct Terms {
    equal: Option<Vec<Datum>>,
    lower: Option<Datum>,
    upper: Option<Datum>,
}

/// The best way to the rows that fulfil all conditions.
pub(crate) fn choose(table: &Table, conditions: &[Condition], run: &Run) -> Result<Access, SqlError> {
    let mut terms: FxHashMap<usize, Terms> = FxHashMap::default();
    for condition in conditions {
        collect(&condition.tree, table, run, &mut terms);
    }
    let mut best = try_index(table, None, &terms)?;
    for index in table.indexes.iter().filter(|index| run.view.as_ref().is_none_or(|view| index.created_at <= view.at()))
    {
        let other = try_index(table, Some(index), &terms)?;
        if merit(&other) > merit(&best) {
            best = other;
        }
    }
    Ok(best)
}

fn merit(access: &Access) -> (bool, usize, bool) {
    (access.unique, access.equal, access.ranged)
}

/// Notes what a condition says about single columns. Values that cannot be computed now are left to the scan.
fn collect(tree: &Tree, table: &Table, run: &Run, terms: &mut FxHashMap<usize, Terms>) {
    match tree {
        Tree::And(args) => args.iter().for_each(|arg| collect(arg, table, run, terms)),
        Tree::Call { function, args, .. } => {
            let (Some(comparison), [left, right]) = (Comparison::of(function), args.as_slice()) else { return };
            match (column(left), column(right)) {
                (Some(place), None) => note(place, comparison, right, table, run, terms),
                (None, Some(place)) => note(place, comparison.commuted(), left, table, run, terms),
                _ => {}
            }
        }
        Tree::InList { arg, list, equal, negated: false } if Comparison::of(equal) == Some(Comparison::Equal) => {
            let Some(place) = column(arg) else { return };
            let values = list.iter().map(|value| constant(value, run)).collect::<Option<Vec<_>>>();
            let ty = list.first().map(|value| value.ty().id);
            if let (Some(values), Some(ty)) = (values, ty) {
                note_values(place, values, ty, table, terms);
            }
        }
        Tree::Quantified { array, test, all: false } => {
            let Tree::Call { function, args, .. } = &**test else { return };
            let (Some(Comparison::Equal), [left, right]) = (Comparison::of(function), args.as_slice()) else { return };
            let place = match (column(left), right, left, column(right)) {
                (Some(place), Tree::Element(ty), ..) => Some((place, ty.id)),
                (_, _, Tree::Element(ty), Some(place)) => Some((place, ty.id)),
                _ => None,
            };
            if let (Some((place, ty)), Some(Datum::Array(array))) = (place, constant(array, run)) {
                note_values(place, array.elements.clone(), ty, table, terms);
            }
        }
        _ => {}
    }
}

fn column(tree: &Tree) -> Option<usize> {
    match tree {
        Tree::Column(_, column, _) => Some(*column),
        Tree::Relabel(arg, _) => column(arg),
        _ => None,
    }
}

fn constant(tree: &Tree, run: &Run) -> Option<Datum> {
    if tree.any(|part| matches!(part, Tree::Column(..) | Tree::Element(_))) {
        return None;
    }
    eval::eval(tree, &Frame::new(&run.eval(), &[])).ok()
}

fn note(
    place: usize,
    comparison: Comparison,
    value: &Tree,
    table: &Table,
    run: &Run,
    terms: &mut FxHashMap<usize, Terms>,
) {
    let Some(datum) = constant(value, run) else { return };
    if comparison == Comparison::Equal {
        return note_values(place, vec![datum], value.ty().id, table, terms);
    }
    let Some(column) = table.columns.get(place) else { return };
    if !comparable(column.ty.id, value.ty().id) {
        return;
    }
    // A bound outside of the column's type does not narrow anything.
    let Some(datum) = fit(datum, column.ty.id) else { return };
    let terms = terms.entry(place).or_default();
    match comparison {
        Comparison::Less | Comparison::LessEqual => terms.upper.get_or_insert(datum),
        _ => terms.lower.get_or_insert(datum),
    };
}

fn note_values(place: usize, values: Vec<Datum>, ty: TypeId, table: &Table, terms: &mut FxHashMap<usize, Terms>) {
    // A row id is no column of the table.
    let column = table.columns.get(place).map_or(TypeId::INT8, |column| column.ty.id);
    if !comparable(column, ty) {
        return;
    }
    let fitting = values.into_iter().filter_map(|value| fit(value, column)).collect::<Vec<_>>();
    let terms = terms.entry(place).or_default();
    match &terms.equal {
        Some(known) if known.len() <= fitting.len() => {}
        _ => terms.equal = Some(fitting),
    }
}

/// The value in the column's representation; `None`: NULL, or outside of the type, so it equals no value of the column.
fn fit(value: Datum, column: TypeId) -> Option<Datum> {
    match KeyValue::of(value, column) {
        KeyValue::Exact(value) => Some(value),
        KeyValue::Null | KeyValue::Below | KeyValue::Above => None,
    }
}

fn parts(table: &Table, index: Option<&Arc<Index>>) -> Vec<Part> {
    let ty = |column: usize| table.columns[column].ty.id;
    match (index, &table.key) {
        (Some(index), _) => {
            let part = |column: &cairn_sql_catalog::schema::IndexColumn| {
                let order = KeyOrder { descending: column.descending, nulls_first: column.nulls_first };
                Part { column: column.column, key: KeyColumn { ty: ty(column.column), order, nullable: true } }
            };
            index.columns.iter().map(part).collect()
        }
        (None, TableKey::Primary { columns, .. }) => {
            let key = |ty| KeyColumn { ty, order: KeyOrder::ASC, nullable: false };
            columns.iter().map(|column| Part { column: *column, key: key(ty(*column)) }).collect()
        }
        (None, TableKey::RowId) => {
            let key = KeyColumn { ty: TypeId::INT8, order: KeyOrder::ASC, nullable: false };
            vec![Part { column: table.columns.len(), key }]
        }
    }
}

fn try_index(table: &Table, index: Option<&Arc<Index>>, terms: &FxHashMap<usize, Terms>) -> Result<Access, SqlError> {
    let parts = parts(table, index);
    let mut prefixes: BTreeSet<Vec<u8>> = BTreeSet::from([Vec::new()]);
    let mut equal = 0;
    for part in &parts {
        let Some(values) = terms.get(&part.column).and_then(|terms| terms.equal.as_ref()) else { break };
        if !is_indexable(part.key.ty) || prefixes.len().saturating_mul(values.len().max(1)) > KEYS_MAX {
            break;
        }
        let mut longer = BTreeSet::new();
        for prefix in &prefixes {
            for value in values {
                let mut key = prefix.clone();
                part.key.encode(value, &mut KeyWriter::new(&mut key))?;
                longer.insert(key);
            }
        }
        prefixes = longer;
        equal += 1;
    }
    let range = parts.get(equal).and_then(|part| Some((part, terms.get(&part.column)?)));
    let range =
        range.filter(|(part, terms)| is_indexable(part.key.ty) && (terms.lower.is_some() || terms.upper.is_some()));
    let mut ranges = Vec::with_capacity(prefixes.len());
    for prefix in &prefixes {
        ranges.push(match range {
            Some((part, terms)) => between(prefix, part, terms)?,
            None => starting_with(prefix),
        });
    }
    let is_unique = index.is_none_or(|index| index.unique);
    Ok(Access {
        index: index.cloned(),
        space: index.map_or(table.space, |index| index.space),
        ranges,
        equal,
        ranged: range.is_some(),
        unique: is_unique && !parts.is_empty() && equal == parts.len(),
    })
}

fn starting_with(prefix: &[u8]) -> OwnedRange {
    let end = prefix_end(prefix).map_or(Bound::Unbounded, Bound::Excluded);
    OwnedRange { start: Bound::Included(prefix.to_vec()), end }
}

/// Both ends included; in a descending column the upper value comes first.
fn between(prefix: &[u8], part: &Part, terms: &Terms) -> Result<OwnedRange, SqlError> {
    let mut range = starting_with(prefix);
    let (first, last) = match part.key.order.descending {
        false => (&terms.lower, &terms.upper),
        true => (&terms.upper, &terms.lower),
    };
    let with = |value: &Datum| {
        let mut key = prefix.to_vec();
        part.key.encode(value, &mut KeyWriter::new(&mut key)).map(|()| key)
    };
    if let Some(first) = first {
        range.start = Bound::Included(with(first)?);
    }
    if let Some(last) = last
        && let Some(end) = prefix_end(&with(last)?)
    {
        range.end = Bound::Excluded(end);
    }
    Ok(range)
}

/// The key of the row behind an index entry.
pub(crate) fn row_key<'a>(
    table: &Table,
    index: &Arc<Index>,
    key: &'a [u8],
    value: &'a [u8],
) -> Result<&'a [u8], SqlError> {
    if !value.is_empty() {
        return Ok(value);
    }
    let mut reader = KeyReader::new(key);
    for part in parts(table, Some(index)) {
        part.key.decode(&mut reader)?;
    }
    match reader.rest() {
        [] => {
            Err(SqlError::new(SqlState::DATA_CORRUPTED, format!("an entry of index \"{}\" names no row", index.name)))
        }
        rest => Ok(rest),
    }
}
