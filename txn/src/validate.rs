//! The decision that makes transactions serializable: may this one commit now?

use std::fmt;

use cairn_base::{SpaceId, Timestamp, fault};

use crate::error::Conflict;
use crate::readset::Read;
use crate::window::{Change, Window};

/// Decides whether reads still hold. Chosen when a shard is built, so that tests can plug in a broken one and see their
/// checkers turn red; production has only [`BackwardValidator`].
pub trait Validator: fmt::Debug {
    /// Has nobody written into `read` since it was made at `since`?
    fn holds(&self, window: &Window, space: SpaceId, read: Read<'_>, since: Timestamp) -> Result<(), Conflict>;
}

/// Backward validation (Härder, "Observations on Optimistic Concurrency Control Schemes", 1984): a read holds when no
/// transaction that committed since the snapshot wrote into it.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackwardValidator;

impl Validator for BackwardValidator {
    fn holds(&self, window: &Window, space: SpaceId, read: Read<'_>, since: Timestamp) -> Result<(), Conflict> {
        match window.change(space, read, since) {
            Change::Changed if fault!(SkipPointValidation) && matches!(read, Read::Point(_)) => Ok(()),
            Change::Changed if fault!(SkipRangeValidation) && matches!(read, Read::Range(_)) => Ok(()),
            Change::Unknown if fault!(ForgetTheWindow) => Ok(()),
            Change::None => Ok(()),
            Change::Changed => Err(Conflict::ReadWriteDependency),
            Change::Unknown => Err(Conflict::SnapshotTooOld),
        }
    }
}

/// Deliberately wrong: takes every read for good. For tests of the tests only.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlindValidator;

impl Validator for BlindValidator {
    fn holds(&self, _: &Window, _: SpaceId, _: Read<'_>, _: Timestamp) -> Result<(), Conflict> {
        Ok(())
    }
}

/// Deliberately wrong: believes in rows and forgets ranges, so phantoms pass. For tests of the tests only.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowsOnlyValidator;

impl Validator for RowsOnlyValidator {
    fn holds(&self, window: &Window, space: SpaceId, read: Read<'_>, since: Timestamp) -> Result<(), Conflict> {
        match read {
            Read::Point(_) => BackwardValidator.holds(window, space, read, since),
            Read::Range(_) => Ok(()),
        }
    }
}
