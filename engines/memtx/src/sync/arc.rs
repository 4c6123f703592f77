//! A counted reference whose every order a checker sees.
//!
//! `std::sync::Arc` orders the last drop by a fence in code that ThreadSanitizer does not understand (fences) or does not
//! see (std is not instrumented), and loom sees neither. This one does the same with acquire-release counting on the
//! crate's own atomics. It has what the crate uses of std's, and no more.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::ptr::NonNull;

use super::Ordering;

#[cfg(cairn_loom)]
use loom::sync::atomic::AtomicUsize;
#[cfg(not(cairn_loom))]
use std::sync::atomic::AtomicUsize;

/// See the head of this file.
pub(crate) struct Arc<T> {
    raw: NonNull<Counted<T>>,
    owns: PhantomData<Counted<T>>,
}

struct Counted<T> {
    count: AtomicUsize,
    value: T,
}

// SAFETY: as for std's: it gives shared references to T on every thread it goes to, and drops T on any.
unsafe impl<T: Send + Sync> Send for Arc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Arc<T> {}

impl<T> Arc<T> {
    /// A value with one reference.
    pub(crate) fn new(value: T) -> Self {
        let counted = Box::new(Counted { count: AtomicUsize::new(1), value });
        Self { raw: NonNull::from(Box::leak(counted)), owns: PhantomData }
    }

    /// References to the value now.
    pub(crate) fn strong_count(this: &Self) -> usize {
        this.counted().count.load(Ordering::Relaxed)
    }

    /// The value, if this was the last reference.
    pub(crate) fn into_inner(this: Self) -> Option<T> {
        let raw = ManuallyDrop::new(this).raw;
        // SAFETY: this reference counted until now, so the allocation is alive.
        let before = unsafe { raw.as_ref() }.count.fetch_sub(1, Ordering::AcqRel);
        // SAFETY: it was the last reference, and its memory came from a Box.
        (before == 1).then(|| unsafe { Box::from_raw(raw.as_ptr()) }.value)
    }

    /// Gives the reference away as an address.
    pub(crate) fn into_raw(this: Self) -> *const T {
        let this = ManuallyDrop::new(this);
        // SAFETY: the allocation is alive as long as this reference counts.
        unsafe { &raw const (*this.raw.as_ptr()).value }
    }

    /// Takes back what [`Self::into_raw`] gave away.
    ///
    /// # Safety
    /// The address came out of `into_raw`, and its reference was not taken back before.
    pub(crate) unsafe fn from_raw(raw: *const T) -> Self {
        // SAFETY: the value lies at this offset in an allocation that the caller vouches for.
        let counted = unsafe { raw.byte_sub(offset_of!(Counted<T>, value)) };
        // SAFETY: an address inside an allocation is not null.
        Self { raw: unsafe { NonNull::new_unchecked(counted.cast::<Counted<T>>().cast_mut()) }, owns: PhantomData }
    }

    /// Counts one reference more for an address.
    ///
    /// # Safety
    /// The address came out of `into_raw`, and its reference still counts.
    pub(crate) unsafe fn increment_strong_count(raw: *const T) {
        // SAFETY: the caller vouches for both; the value made here is not dropped.
        let this = ManuallyDrop::new(unsafe { Self::from_raw(raw) });
        let _one_more = ManuallyDrop::new(Self::clone(&this));
    }

    fn counted(&self) -> &Counted<T> {
        // SAFETY: the allocation lives as long as this reference counts.
        unsafe { self.raw.as_ref() }
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.counted().count.fetch_add(1, Ordering::Relaxed);
        Self { raw: self.raw, owns: PhantomData }
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        if self.counted().count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: it was the last reference, and its memory came from a Box.
            drop(unsafe { Box::from_raw(self.raw.as_ptr()) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
