//! The only door to atomics, locks, epochs and raw memory, so that a checker stands in for them by changing these files
//! alone. The rest of the crate is the same, to the byte, in every build.
//!
//! ```text
//!                    normal build      cfg(cairn_tsan)                 cfg(cairn_loom)
//!   atomics          std               std                             loom's: every order and every stale value allowed
//!   Arc, Once, lock  std               with orders that a checker      as under cairn_tsan; locks are std's, the models
//!                                      sees (std is not instrumented)  take none
//!   epochs           crossbeam-epoch   the same (it knows the checker) the same, built on loom
//!   raw memory       allocator, system the same                        kept until the execution is over
//!   Witness          nothing           nothing                         panics on a read that races a write or a free
//! ```
//! What the checkers found and what they cannot see: `docs/concurrency.md`.

#[cfg(any(cairn_loom, cairn_tsan))]
mod arc;
mod heap;
#[cfg(any(cairn_loom, cairn_tsan))]
mod once;
mod witness;

pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(not(cairn_loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};

#[cfg(cairn_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};

#[cfg(not(any(cairn_loom, cairn_tsan)))]
pub(crate) use std::sync::{Arc, OnceLock};

#[cfg(any(cairn_loom, cairn_tsan))]
pub(crate) use arc::Arc;
#[cfg(any(cairn_loom, cairn_tsan))]
pub(crate) use once::OnceLock;

pub(crate) use crossbeam_epoch::{Guard, pin, unprotected};

#[cfg(all(test, cairn_loom))]
pub(crate) use heap::release_kept;
pub(crate) use heap::{Layout, alloc, dealloc, handle_alloc_error, map, map_file, map_over, reserve, unmap, withdraw};
pub(crate) use witness::Witness;

/// Locks, going on after another thread's panic: the writer's state is only changed by steps that keep it whole.
#[cfg(not(cairn_tsan))]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The same for ThreadSanitizer, which sees the locking of a free mutex (inlined here) but not the waiting for a busy one
/// (inside std).
#[cfg(cairn_tsan)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    use std::sync::TryLockError;
    loop {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
}

/// Waits for threads of a scope. The scope would wait, too, but ThreadSanitizer does not see that (it happens inside std).
pub(crate) fn join(threads: Vec<std::thread::ScopedJoinHandle<'_, ()>>) {
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}
