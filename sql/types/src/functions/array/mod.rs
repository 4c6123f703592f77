//! Arrays.

mod build;
mod contain;
mod inspect;
mod join;
mod subscript;

use crate::datum::{Array, Datum};
use crate::ty::TypeId;

pub use build::build;
pub use subscript::{Subscript, subscript};

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[inspect::FUNCTIONS, build::FUNCTIONS, contain::FUNCTIONS, join::FUNCTIONS];

impl Array {
    /// A one-dimensional array with subscripts from 1; without elements it has no dimensions.
    pub fn from_elements(element: TypeId, elements: Vec<Datum>) -> Self {
        let dimensions = if elements.is_empty() { Vec::new() } else { vec![(elements.len() as i32, 1)] };
        Self { element, dimensions, elements }
    }
}

/// `text[]` with NULLs.
pub(crate) fn text_array<'a>(elements: impl IntoIterator<Item = Option<&'a str>>) -> Array {
    let elements = elements.into_iter().map(|text| text.map_or(Datum::Null, Datum::text)).collect();
    Array::from_elements(TypeId::TEXT, elements)
}

/// `text[]`
pub(crate) fn texts<'a>(elements: impl IntoIterator<Item = &'a str>) -> Array {
    text_array(elements.into_iter().map(Some))
}
