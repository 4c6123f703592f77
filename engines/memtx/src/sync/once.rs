//! A cell that is filled once, by one thread, whose every order a checker sees: `std::sync::OnceLock` publishes its content
//! inside std, which is not instrumented. It has what the crate uses of std's, and no more.

use std::ptr;

use super::{AtomicPtr, Ordering};

/// See the head of this file.
pub(crate) struct OnceLock<T>(AtomicPtr<T>);

// SAFETY: as for std's: it gives shared references to T on every thread, and a T may be made on one and dropped on another.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}
// SAFETY: it owns its T.
unsafe impl<T: Send> Send for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty cell.
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// The content, once there is one.
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: null, or from the Box that `get_or_init` published and only `drop` takes back.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// The content, made now if there is none. One thread only.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if self.get().is_none() {
            self.0.store(Box::into_raw(Box::new(make())), Ordering::Release);
        }
        self.get().expect("it was filled a moment ago")
    }
}

impl<T> Drop for OnceLock<T> {
    fn drop(&mut self) {
        let raw = self.0.load(Ordering::Acquire);
        if !raw.is_null() {
            // SAFETY: it came from the Box of `get_or_init`, and nobody else has the cell any more.
            drop(unsafe { Box::from_raw(raw) });
        }
    }
}
