//! `min` and `max` of an indexed column: the first row of a walk instead of all rows.

use cairn_sql_binder::tree::{Expr, RelId, Select};

use super::Planner;
use super::access::{Range, Wanted};
use super::arrange::{Tables, Wish};
use super::join::Flat;
use crate::eval::{Code, Compiler};

/// The order whose first row answers the query: it asks for one `min` or `max` of a column of its one table.
pub(super) fn wanted(select: &Select, flat: &Flat<'_>) -> Option<(RelId, Wanted)> {
    let grouping = select.grouping.as_ref().filter(|grouping| grouping.keys.is_empty())?;
    let ([call], [_]) = (grouping.aggregates.as_slice(), flat.items.as_slice()) else { return None };
    let descending = match call.aggregate.name {
        "max" => true,
        "min" => false,
        _ => return None,
    };
    let plain = !call.distinct && call.filter.is_none() && call.order_by.is_empty();
    match call.args.as_slice() {
        [Expr::Column(rel, column, _)] if plain => Some((*rel, (*column, descending, descending))),
        _ => None,
    }
}

impl Planner<'_> {
    /// The table, walked in the wanted order and without NULLs; `None` when no index gives that order.
    pub(super) fn first_row(&self, flat: &Flat<'_>, wanted: (RelId, Wanted)) -> Option<(Tables, Compiler<'_>)> {
        let mut compiler = Compiler::new(self);
        let wish = Wish { wanted: Some(&[wanted]), limited: true, sorts: true };
        let mut tables = self.tables(flat, &wish, &mut compiler).ok().filter(|tables| tables.ordered)?;
        let (column, ..) = wanted.1;
        let step = tables.steps.first_mut()?;
        let next = step.shape.parts(step.access.which).get(step.access.equal.len());
        if step.access.range.is_none() && next.is_some_and(|part| part.column == column) {
            // A range without ends: NULLs lie outside of it.
            step.access.range = Some(Range::default());
        }
        if !step.shape.table.columns[column].not_null {
            let value = Box::new(Code::Column { source: 0, column: column as u16 });
            let mut matches = std::mem::take(&mut step.matches).into_vec();
            matches.push(Code::IsNull { arg: value, negated: true });
            step.matches = matches.into();
        }
        Some((tables, compiler))
    }
}
