//! Sorting in memory; of a limited query only the rows that can still be wanted are kept.

use std::cmp::Ordering;

use cairn_sql_types::Datum;
use cairn_sql_types::compare::compare;

use super::run::{Run, bytes_of};
use crate::api::Stop;
use crate::plan::SortSpec;

/// Collects rows and sorts them. Rows that compare equal keep the order in which they came.
pub(crate) struct Sorter<'p> {
    order: SortOrder<'p>,
    rows: Vec<Vec<Datum>>,
    keep: Option<usize>,
}

/// The order of rows.
#[derive(Clone, Copy)]
pub(crate) struct SortOrder<'p>(&'p [SortSpec]);

impl<'p> Sorter<'p> {
    /// A sorter that needs to keep only the first `keep` rows.
    pub(crate) fn new(specs: &'p [SortSpec], keep: Option<usize>) -> Self {
        Self { order: SortOrder(specs), rows: Vec::new(), keep }
    }

    /// Takes a row: the values of all targets.
    pub(crate) fn push(&mut self, row: Vec<Datum>, run: &Run<'_>) -> Result<(), Stop> {
        // Rows that are cut off again are not counted twice: a limited sort holds at most twice what it keeps.
        if self.keep.is_none_or(|keep| self.rows.len() < keep) {
            run.hold(2 * bytes_of(&row))?;
        }
        self.rows.push(row);
        match self.keep {
            Some(keep) if self.rows.len() >= keep.saturating_mul(2).max(256) => self.cut(keep),
            _ => {}
        }
        Ok(())
    }

    /// The sorted rows, and their order.
    pub(crate) fn finish(mut self) -> (Vec<Vec<Datum>>, SortOrder<'p>) {
        let order = self.order;
        self.rows.sort_by(|a, b| order.compare(a, b));
        (self.rows, order)
    }

    fn cut(&mut self, keep: usize) {
        let order = self.order;
        self.rows.sort_by(|a, b| order.compare(a, b));
        self.rows.truncate(keep);
    }
}

impl SortOrder<'_> {
    /// The order of two rows.
    pub(crate) fn compare(&self, a: &[Datum], b: &[Datum]) -> Ordering {
        let columns = self.0.iter().map(|spec| spec.compare(&a[spec.target], &b[spec.target]));
        columns.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Do two rows share one place?
    pub(crate) fn ties(&self, a: &[Datum], b: &[Datum]) -> bool {
        self.compare(a, b).is_eq()
    }
}

impl SortSpec {
    fn compare(&self, a: &Datum, b: &Datum) -> Ordering {
        let nulls = if self.nulls_first { Ordering::Less } else { Ordering::Greater };
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => nulls,
            (false, true) => nulls.reverse(),
            (false, false) if self.descending => compare(self.ty, b, a),
            (false, false) => compare(self.ty, a, b),
        }
    }
}
