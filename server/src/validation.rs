//! The shard's validator: the right one, or a wrong one for tests that test the checkers.

use std::rc::Rc;

use cairn_config::Validation;
use cairn_txn::{BackwardValidator, BlindValidator, RowsOnlyValidator, Validator};

/// The validator that the configuration asks for. Says loudly when it is a wrong one.
pub(crate) fn validator(validation: Validation) -> Rc<dyn Validator> {
    if validation != Validation::Full {
        tracing::warn!(?validation, "validation is BROKEN ON PURPOSE: transactions are not serializable");
    }
    match validation {
        Validation::Full => Rc::new(BackwardValidator),
        Validation::RowsOnly => Rc::new(RowsOnlyValidator),
        Validation::None => Rc::new(BlindValidator),
    }
}
