//! Types as error messages show them.

use crate::ty::TypeId;

/// `integer, text`
pub(super) fn type_names(types: &[TypeId]) -> String {
    types.iter().map(|ty| ty.sql_name()).collect::<Vec<_>>().join(", ")
}
