//! Did it happen? Every error that can reach a client of a commit says so.

/// What is known about an operation that ended in an error (Materialize's determinate / indeterminate split).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It took effect and will survive.
    Happened,
    /// It had no effect and never will; it may be tried again.
    DidNotHappen,
    /// Nobody can tell yet: the answer was lost after the request was handed over.
    Unknown,
}
