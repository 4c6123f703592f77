//! The only door to atomics and epochs: a checker (loom, shuttle) can stand in for both by changing this file.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub(crate) use crossbeam_epoch::{Guard, pin, unprotected};

/// Locks, going on after another thread's panic: the writer's state is only changed by steps that keep it whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
