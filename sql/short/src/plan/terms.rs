//! What a condition says about one column of one table, as far as an index can use it.

use cairn_sql_binder::tree::{Expr, RelId};
use cairn_sql_types::comparison::{Comparison, comparable};

use super::walk;

/// One usable condition on one column.
pub(crate) struct Term<'e> {
    /// Position of the condition among its conjuncts.
    pub(crate) conjunct: usize,
    pub(crate) column: usize,
    pub(crate) test: Test<'e>,
}

/// What is asked of the column.
pub(crate) enum Test<'e> {
    /// Equal to this value.
    Equal(&'e Expr),
    /// Equal to one of these.
    OneOf(Vec<&'e Expr>),
    /// Equal to an element of this array.
    InArray(&'e Expr),
    IsNull,
    Lower {
        value: &'e Expr,
        inclusive: bool,
    },
    Upper {
        value: &'e Expr,
        inclusive: bool,
    },
}

/// Finds the terms on `rel`, given which relations' columns have values already.
pub(crate) fn terms<'e>(conjuncts: &[&'e Expr], rel: RelId, placed: &[RelId]) -> Vec<Term<'e>> {
    let finder = Finder { rel, placed };
    let found =
        |(conjunct, expr): (usize, &&'e Expr)| finder.find(expr).map(|(column, test)| Term { conjunct, column, test });
    conjuncts.iter().enumerate().filter_map(found).collect()
}

struct Finder<'a> {
    rel: RelId,
    placed: &'a [RelId],
}

impl Finder<'_> {
    fn find<'e>(&self, expr: &'e Expr) -> Option<(usize, Test<'e>)> {
        match expr {
            Expr::Call { function, args, .. } => {
                let [left, right] = args.as_slice() else { return None };
                let comparison = Comparison::of(function)?;
                let (column, comparison, value) = match (self.column(left), self.column(right)) {
                    (Some(column), None) => (column, comparison, right),
                    (None, Some(column)) => (column, comparison.commuted(), left),
                    _ => return None,
                };
                self.usable(column, value).then(|| (column.0, test(comparison, value)))
            }
            Expr::InList { arg, list, equal, negated: false } => {
                let column = self.column(arg)?;
                let usable = Comparison::of(equal) == Some(Comparison::Equal)
                    && list.iter().all(|value| self.usable(column, value));
                usable.then(|| (column.0, Test::OneOf(list.iter().collect())))
            }
            Expr::Quantified { array, test, all: false } => self.any_of(array, test),
            Expr::IsNull { arg, negated: false } => Some((self.column(arg)?.0, Test::IsNull)),
            Expr::Or(args) => self.alternatives(args),
            _ => None,
        }
    }

    /// `column = ANY (array)`
    fn any_of<'e>(&self, array: &'e Expr, test: &'e Expr) -> Option<(usize, Test<'e>)> {
        let Expr::Call { function, args, .. } = test else { return None };
        let [left, right] = args.as_slice() else { return None };
        let column = self.column(left)?;
        let plain = matches!(right, Expr::Element(ty) if comparable(column.1, ty.id));
        let usable = plain && Comparison::of(function) == Some(Comparison::Equal) && self.has_value(array);
        usable.then_some((column.0, Test::InArray(array)))
    }

    /// `column = a OR column = b OR ...`
    fn alternatives<'e>(&self, args: &'e [Expr]) -> Option<(usize, Test<'e>)> {
        let mut column = None;
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let (found, test) = self.find(arg)?;
            if *column.get_or_insert(found) != found {
                return None;
            }
            match test {
                Test::Equal(value) => values.push(value),
                Test::OneOf(more) => values.extend(more),
                _ => return None,
            }
        }
        Some((column?, Test::OneOf(values)))
    }

    /// The column (position, type) that this expression is, whatever name its type goes by.
    fn column(&self, expr: &Expr) -> Option<(usize, cairn_sql_types::TypeId)> {
        match expr {
            Expr::Column(rel, column, ty) if *rel == self.rel => Some((*column, ty.id)),
            Expr::Relabel(arg, ty) => self.column(arg).filter(|(_, own)| comparable(*own, ty.id)),
            _ => None,
        }
    }

    fn usable(&self, column: (usize, cairn_sql_types::TypeId), value: &Expr) -> bool {
        comparable(column.1, value.ty().id) && self.has_value(value)
    }

    /// Is the value known before the table is read, and the same for the whole read?
    fn has_value(&self, value: &Expr) -> bool {
        let mut known = true;
        walk::relations(value, &mut |rel| known = known && self.placed.contains(&rel));
        known && !walk::is_volatile(value)
    }
}

fn test(comparison: Comparison, value: &Expr) -> Test<'_> {
    match comparison {
        Comparison::Equal => Test::Equal(value),
        Comparison::Greater => Test::Lower { value, inclusive: false },
        Comparison::GreaterEqual => Test::Lower { value, inclusive: true },
        Comparison::Less => Test::Upper { value, inclusive: false },
        Comparison::LessEqual => Test::Upper { value, inclusive: true },
    }
}
