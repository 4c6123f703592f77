//! Subscripts: `a[2]`, `a[1][3]`, `a[2:3]`.

use crate::datum::{Array, Datum};

/// One dimension of a slice: `[low:high]`, where a missing bound is the array's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// First subscript.
    pub low: Option<i32>,
    /// Last subscript.
    pub high: Option<i32>,
}

/// The element at these subscripts; NULL outside of the array or with a wrong number of subscripts.
pub fn element_at(array: &Array, subscripts: &[i32]) -> Datum {
    if subscripts.len() != array.dimensions.len() {
        return Datum::Null;
    }
    let mut at = 0;
    for (subscript, (length, lower)) in subscripts.iter().zip(&array.dimensions) {
        let offset = i64::from(*subscript) - i64::from(*lower);
        if offset < 0 || offset >= i64::from(*length) {
            return Datum::Null;
        }
        at = at * *length as usize + offset as usize;
    }
    array.elements.get(at).cloned().unwrap_or(Datum::Null)
}

/// The part within these bounds, renumbered from 1; dimensions without bounds are taken whole. Empty where nothing is left.
pub fn slice(array: &Array, bounds: &[Bounds]) -> Array {
    let empty = || Array::from_elements(array.element, Vec::new());
    if bounds.len() > array.dimensions.len() || array.dimensions.is_empty() {
        return empty();
    }
    let mut ranges = Vec::with_capacity(array.dimensions.len());
    for (at, (length, lower)) in array.dimensions.iter().enumerate() {
        let bounds = bounds.get(at).copied().unwrap_or_default();
        let first = i64::from(bounds.low.unwrap_or(*lower)).max(i64::from(*lower)) - i64::from(*lower);
        let upper = i64::from(*lower) + i64::from(*length) - 1;
        let last = bounds.high.map_or(upper, i64::from).min(upper) - i64::from(*lower);
        if first > last {
            return empty();
        }
        ranges.push(first as usize..last as usize + 1);
    }
    let mut elements = Vec::new();
    gather(array, &ranges, 0, 0, &mut elements);
    let dimensions = ranges.iter().map(|range| (range.len() as i32, 1)).collect();
    Array { element: array.element, dimensions, elements }
}

/// Copies the elements inside `ranges`, dimension by dimension.
fn gather(array: &Array, ranges: &[std::ops::Range<usize>], depth: usize, base: usize, out: &mut Vec<Datum>) {
    let Some(range) = ranges.get(depth) else {
        out.extend(array.elements.get(base).cloned());
        return;
    };
    for offset in range.clone() {
        gather(array, ranges, depth + 1, base * array.dimensions[depth].0 as usize + offset, out);
    }
}
