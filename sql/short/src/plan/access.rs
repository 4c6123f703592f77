//! How the rows of one table are found: which index, and what of the condition it answers.
//!
//! ```text
//!   index (a, b, c)     a = $1 AND b > 5 AND d = 2
//!                       equal: [a]  range: b    left over: d = 2  ->  filter
//! ```
//! Preferred in this order: a full match of a unique key, then the longest prefix of equalities, then a range on the column
//! after it, then an index that gives the wanted order. There are no statistics here: what an index prefix selects is
//! bounded by the data, and [`crate::Limits::rows_visited_max`] catches the rest.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr, RelId};
use cairn_txn::Sight;

use super::NotShort;
use super::terms::{self, Term, Test};
use crate::eval::{Code, Compiler};
use crate::shape::{TableShape, Which};

/// The way to the rows of one table.
pub(crate) struct Access {
    pub(crate) which: Which,
    /// Equalities on the leading columns.
    pub(crate) equal: Vec<Equal>,
    /// A range on the column after them.
    pub(crate) range: Option<Range>,
    /// Every column of a unique key is given: at most one row per combination.
    pub(crate) point: bool,
    /// Against key order.
    pub(crate) backward: bool,
    /// The entry's key holds every column that is needed: the row is not read.
    pub(crate) covering: bool,
    /// What is used of a row that is looked up; `None`: all of it.
    pub(crate) sight: Option<Arc<dyn Sight>>,
}

impl Access {
    /// Every expression in it.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &Code> {
        let equal = self.equal.iter().flat_map(|equal| match equal {
            Equal::One(code) | Equal::Array(code) => std::slice::from_ref(code),
            Equal::OneOf(codes) => codes,
            Equal::Null => &[],
        });
        let ends = self.range.iter().flat_map(|range| range.lower.iter().chain(&range.upper));
        equal.chain(ends.map(|(code, _)| code))
    }
}

/// What one leading column must equal.
pub(crate) enum Equal {
    One(Code),
    OneOf(Box<[Code]>),
    Array(Code),
    Null,
}

/// What lies between two values.
#[derive(Default)]
pub(crate) struct Range {
    pub(crate) lower: Option<(Code, bool)>,
    pub(crate) upper: Option<(Code, bool)>,
}

/// One wanted order: (column, descending, nulls first).
pub(crate) type Wanted = (usize, bool, bool);

/// A choice of index, before anything is compiled.
struct Candidate<'e> {
    which: Which,
    equal: Vec<Term<'e>>,
    lower: Option<Term<'e>>,
    upper: Option<Term<'e>>,
    point: bool,
    /// `Some(backward)`: walking it gives the wanted order.
    order: Option<bool>,
}

/// What a table's access was chosen for.
pub(crate) struct Request<'r, 'e> {
    pub(crate) shape: &'r TableShape,
    pub(crate) rel: RelId,
    pub(crate) conjuncts: &'r [&'e Expr],
    /// Relations whose columns have values already.
    pub(crate) placed: &'r [RelId],
    /// Empty: any order.
    pub(crate) wanted: &'r [Wanted],
    /// The query stops early, so that order is worth more than a range.
    pub(crate) limited: bool,
}

/// A chosen access and what came of the conditions.
pub(crate) struct Chosen {
    pub(crate) access: Access,
    /// Conjuncts that the access answers by itself.
    pub(crate) answered: Vec<usize>,
    /// Its rows come in the wanted order.
    pub(crate) ordered: bool,
    pub(crate) bound: Bound,
}

/// How much of a table an access can touch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Bound {
    /// All of it, or half of it.
    Unbounded,
    /// A range with both ends.
    Range,
    /// Rows with equal leading columns.
    Prefix,
    /// One row per combination of values.
    Point,
}

/// How good the best access would be, without compiling it.
pub(crate) fn bound(request: &Request<'_, '_>) -> Bound {
    best(request).bound()
}

/// Chooses and compiles the best access.
pub(crate) fn choose(request: &Request<'_, '_>, compiler: &mut Compiler<'_>) -> Result<Chosen, NotShort> {
    best(request).compile(compiler)
}

fn best<'e>(request: &Request<'_, 'e>) -> Candidate<'e> {
    let mut candidates = std::iter::once(Which::Primary).chain((0..request.shape.indexes.len()).map(Which::Index));
    let first = Candidate::new(request, candidates.next().expect("the primary space"));
    // On equal merit the first wins: the primary key, whose rows need no second lookup.
    candidates.map(|which| Candidate::new(request, which)).fold(first, |best, other| {
        match other.merit(request) > best.merit(request) {
            true => other,
            false => best,
        }
    })
}

impl<'e> Candidate<'e> {
    fn new(request: &Request<'_, 'e>, which: Which) -> Self {
        let mut terms = terms::terms(request.conjuncts, request.rel, request.placed);
        let parts = request.shape.parts(which);
        let mut equal = Vec::new();
        for part in parts {
            match take(&mut terms, part.column, |test| rank_equal(test, part.encoding.nullable)) {
                Some(term) => equal.push(term),
                None => break,
            }
        }
        let next = parts.get(equal.len());
        let mut side =
            |wanted: fn(&Test<'_>) -> Option<u8>| next.and_then(|part| take(&mut terms, part.column, wanted));
        let lower = side(|test| matches!(test, Test::Lower { .. }).then_some(0));
        let upper = side(|test| matches!(test, Test::Upper { .. }).then_some(0));
        let nulls = equal.iter().any(|term| matches!(term.test, Test::IsNull));
        let point = !parts.is_empty() && equal.len() == parts.len() && request.shape.is_unique(which) && !nulls;
        let mut candidate = Self { which, equal, lower, upper, point, order: None };
        candidate.order = candidate.order_given(request);
        candidate
    }

    fn bound(&self) -> Bound {
        match (self.point, self.equal.is_empty()) {
            (true, _) => Bound::Point,
            (false, false) => Bound::Prefix,
            (false, true) if self.lower.is_some() && self.upper.is_some() => Bound::Range,
            (false, true) => Bound::Unbounded,
        }
    }

    /// Greater is better.
    fn merit(&self, request: &Request<'_, '_>) -> (bool, usize, bool, usize) {
        let ends = usize::from(self.lower.is_some()) + usize::from(self.upper.is_some());
        let ordered = self.order.is_some() && !request.wanted.is_empty();
        let single = self.point && self.equal.iter().all(|term| matches!(term.test, Test::Equal(_)));
        match request.limited {
            true => (single, self.equal.len(), ordered, ends),
            false => (single, self.equal.len(), ends > 0, ends * 2 + usize::from(ordered)),
        }
    }

    /// Does a walk give the wanted order, and in which direction?
    fn order_given(&self, request: &Request<'_, '_>) -> Option<bool> {
        let parts = request.shape.parts(self.which);
        let is_one = |term: &Term<'_>| matches!(term.test, Test::Equal(_) | Test::IsNull);
        let fixed: Vec<usize> = self.equal.iter().take_while(|term| is_one(term)).map(|term| term.column).collect();
        if self.point && fixed.len() == parts.len() {
            return Some(false);
        }
        // After a non-unique entry's columns comes the primary key.
        let tail = match self.which {
            Which::Index(index) if !request.shape.indexes[index].index.unique => request.shape.key.as_slice(),
            _ => &[],
        };
        let mut sequence = parts[fixed.len()..].iter().chain(tail);
        let mut backward = None;
        for (column, descending, nulls_first) in request.wanted {
            if fixed.contains(column) {
                continue;
            }
            let Some(part) = sequence.next() else {
                // All columns of the primary key are used up: no two rows left to order.
                let unique =
                    self.which == Which::Primary && request.shape.is_unique(Which::Primary) || !tail.is_empty();
                return unique.then_some(backward.unwrap_or(false));
            };
            let order = part.encoding.order;
            let against = order.descending != *descending;
            let without_null = request.shape.table.columns[*column].not_null || !part.encoding.nullable;
            let nulls_fit = without_null || (order.nulls_first != *nulls_first) == against;
            if part.column != *column || !nulls_fit || *backward.get_or_insert(against) != against {
                return None;
            }
        }
        Some(backward.unwrap_or(false))
    }

    fn compile(self, compiler: &mut Compiler<'_>) -> Result<Chosen, NotShort> {
        let bound = self.bound();
        let ordered = self.order.is_some();
        let used = self.equal.iter().chain(&self.lower).chain(&self.upper);
        let answered = used.map(|term| term.conjunct).collect();
        let equal = self.equal.iter().map(|term| compile_equal(term, compiler)).collect::<Result<_, _>>()?;
        let mut end = |term: &Option<Term<'_>>| match term.as_ref().map(|term| &term.test) {
            Some(Test::Lower { value, inclusive } | Test::Upper { value, inclusive }) => {
                Ok(Some((compiler.expr(value)?, *inclusive)))
            }
            _ => Ok(None),
        };
        let range = Range { lower: end(&self.lower)?, upper: end(&self.upper)? };
        let range = (range.lower.is_some() || range.upper.is_some()).then_some(range);
        let access = Access {
            which: self.which,
            equal,
            range,
            point: self.point,
            backward: self.order.unwrap_or(false),
            covering: false,
            sight: None,
        };
        Ok(Chosen { access, answered, ordered, bound })
    }
}

fn compile_equal(term: &Term<'_>, compiler: &mut Compiler<'_>) -> Result<Equal, NotShort> {
    Ok(match &term.test {
        Test::Equal(value) => Equal::One(compiler.expr(value)?),
        Test::OneOf(values) => Equal::OneOf(values.iter().map(|value| compiler.expr(value)).collect::<Result<_, _>>()?),
        Test::InArray(array) => Equal::Array(compiler.expr(array)?),
        Test::IsNull => Equal::Null,
        Test::Lower { .. } | Test::Upper { .. } => return Err(NotShort("a range where an equality was expected")),
    })
}

/// A single value is better than a list.
fn rank_equal(test: &Test<'_>, nullable: bool) -> Option<u8> {
    match test {
        Test::Equal(_) => Some(0),
        Test::IsNull if nullable => Some(1),
        Test::OneOf(_) => Some(2),
        Test::InArray(_) => Some(3),
        Test::IsNull | Test::Lower { .. } | Test::Upper { .. } => None,
    }
}

/// Takes out the best term on a column.
fn take<'e>(terms: &mut Vec<Term<'e>>, column: usize, rank: impl Fn(&Test<'_>) -> Option<u8>) -> Option<Term<'e>> {
    let ranked = terms.iter().enumerate().filter(|(_, term)| term.column == column);
    let best = ranked.filter_map(|(at, term)| Some((rank(&term.test)?, at))).min()?;
    Some(terms.swap_remove(best.1))
}
