//! One version of one row, and the leaf of the tree at the same time.
//!
//! ```text
//!  0        8        16       20       24           24+key_len      24+key_len+row_len
//! +--------+--------+--------+--------+------------+---------------+
//! | older  |   at   |key_len | row_len| key bytes  |  row bytes    |     one allocation, align 8
//! +--------+--------+--------+--------+------------+---------------+
//! ```
//! A tree slot points at the newest version of its key; `older` leads back in time. The key is repeated in each version,
//! so that a get of the newest version costs one cache miss instead of two; older versions live only as long as a
//! snapshot needs them. Everything but `older` is constant after publication, and `older` only ever changes to null or to a
//! copy of the same version in the [`History`].
//!
//! Where a version lies, two bits tell that its lengths don't need: in an allocation of its own, in a chunk of the
//! [`History`], or in a window of the image that it was loaded from ([`slab`]).

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use cairn_engine_api::Timestamp;

use super::history::{self, History};
use super::slab;
use crate::sync::{AtomicPtr, Guard, Layout, Ordering, Witness, alloc, dealloc, handle_alloc_error};

/// Longest row and longest key that a version can hold: 1 GiB, PostgreSQL's own limit for a field.
pub(crate) const LENGTH_MAX: usize = 1 << 30;

/// Bit of `row_len`: this version lies in a chunk of the [`History`].
const IN_HISTORY: u32 = 1 << 31;
/// Bit of `key_len`: this version lies in a window of a slab. It is alone on its key's chain, or the oldest.
pub(super) const IN_WINDOW: u32 = 1 << 31;

/// Bytes of a version with a short key and a short row.
const SHORT_BYTES: usize = size_of::<Version>() + 16;

/// `row_len` of a tombstone.
const TOMBSTONE: u32 = IN_HISTORY - 1;

const _: () = assert!(LENGTH_MAX < TOMBSTONE as usize && LENGTH_MAX < IN_WINDOW as usize);

#[repr(C)]
pub(super) struct Version {
    pub(super) older: AtomicPtr<Version>,
    pub(super) at: Timestamp,
    pub(super) key_len: u32,
    pub(super) row_len: u32,
    witness: Witness,
}

#[cfg(not(cairn_loom))]
const _: () = assert!(size_of::<Version>() == 24);

impl Version {
    /// The key's length.
    #[inline]
    fn key_len(&self) -> usize {
        (self.key_len & !IN_WINDOW) as usize
    }

    /// The row's length; `None` for a tombstone.
    #[inline]
    fn row_len(&self) -> Option<usize> {
        let length = self.row_len & !IN_HISTORY;
        (length != TOMBSTONE).then_some(length as usize)
    }
}

/// A version that stays allocated for `'g`: its reader is pinned, or its holder is the writer that owns it.
#[derive(Clone, Copy)]
pub(crate) struct VersionRef<'g> {
    raw: NonNull<Version>,
    life: PhantomData<&'g Guard>,
}

impl<'g> VersionRef<'g> {
    /// Allocates a version that nobody else knows yet. A row of `None` makes a tombstone.
    ///
    /// The result lives until [`Self::free`]: the caller picks `'g` and hands the version to a tree or frees it.
    pub(crate) fn allocate(key: &[u8], row: Option<&[u8]>, at: Timestamp) -> Self {
        assert!(key.len() <= LENGTH_MAX && row.is_none_or(|row| row.len() <= LENGTH_MAX), "lengths are checked before");
        let layout = layout(key.len(), row.map_or(0, <[u8]>::len));
        // SAFETY: the layout is never empty, it holds at least the header.
        let raw = NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        // SAFETY: `raw` is a fresh allocation of `layout`, which was computed from key and row.
        unsafe { Self::write(raw, key, row, at, 0) }
    }

    /// A tombstone in the history, known to nobody yet, unless its key is too long for that.
    pub(super) fn bury(key: &[u8], at: Timestamp, history: &mut History) -> Option<Self> {
        let raw = history.place(size_of::<Version>() + key.len())?;
        // SAFETY: the place is ours, and large enough for the key without a row.
        Some(unsafe { Self::write(raw, key, None, at, IN_HISTORY) })
    }

    /// A copy of this version in the history, unless it is too large for that, there already, or in a window, which goes
    /// back whole as well. The older ones stay where they are.
    pub(super) fn copy_to(self, history: &mut History) -> Option<Self> {
        if self.is_in_history() || self.is_in_window() {
            return None;
        }
        let raw = history.place(self.bytes())?;
        // SAFETY: the place is ours, and large enough for the same key and row.
        let copy = unsafe { Self::write(raw, self.key(), self.row(), self.at(), IN_HISTORY) };
        copy.header().older.store(self.header().older.load(Ordering::Acquire), Ordering::Release);
        Some(copy)
    }

    /// Writes a version into memory that is its own from now on.
    ///
    /// # Safety
    /// There is room at `raw` for header, key and row; it is aligned for Version, and nobody else uses it.
    unsafe fn write(raw: NonNull<u8>, key: &[u8], row: Option<&[u8]>, at: Timestamp, flag: u32) -> Self {
        let raw = raw.cast::<Version>();
        let row_bytes = row.unwrap_or_default();
        let row_len = flag | if row.is_some() { row_bytes.len() as u32 } else { TOMBSTONE };
        let older = AtomicPtr::new(ptr::null_mut());
        let header = Version { older, at, key_len: key.len() as u32, row_len, witness: Witness::new() };
        // SAFETY: as the caller promised; memory that nobody else uses overlaps neither key nor row.
        unsafe {
            raw.write(header);
            let tail = raw.add(1).cast::<u8>();
            tail.copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            tail.add(key.len()).copy_from_nonoverlapping(NonNull::from(row_bytes).cast(), row_bytes.len());
        }
        Self { raw, life: PhantomData }
    }

    /// The version behind an address that [`Self::into_raw`] gave.
    ///
    /// # Safety
    /// The version is not freed during `'g`.
    #[inline]
    pub(crate) unsafe fn from_raw(raw: *mut u8) -> Self {
        // SAFETY: `into_raw` never gives null.
        Self { raw: unsafe { NonNull::new_unchecked(raw.cast()) }, life: PhantomData }
    }

    /// The address to store in a tree slot; its three low bits are zero.
    #[inline]
    pub(crate) fn into_raw(self) -> *mut u8 {
        self.raw.as_ptr().cast()
    }

    #[inline]
    fn header(self) -> &'g Version {
        // SAFETY: allocated for `'g` (type invariant), and only its atomic field changes.
        let header = unsafe { self.raw.as_ref() };
        header.witness.look();
        header
    }

    /// Asks the processor to fetch the version's first bytes soon, also where they lie in two of its cache's lines; a hint
    /// without any other effect.
    #[inline]
    pub(crate) fn prefetch(self) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a prefetch never faults and changes nothing; SSE is part of every x86_64 processor.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(self.raw.as_ptr().cast());
                _mm_prefetch::<_MM_HINT_T0>(self.raw.as_ptr().cast::<i8>().wrapping_add(SHORT_BYTES - 1));
            }
        }
    }

    /// The key that this is a version of.
    #[inline]
    pub(crate) fn key(self) -> &'g [u8] {
        let length = self.header().key_len();
        // SAFETY: `write` put `key_len` initialized bytes behind the header; they never change.
        unsafe { std::slice::from_raw_parts(self.tail().as_ptr(), length) }
    }

    /// Where the key begins.
    #[inline]
    fn tail(self) -> NonNull<u8> {
        // SAFETY: every version is allocated with its header and what follows it, so the end of the header is inside.
        unsafe { self.raw.add(1).cast() }
    }

    /// Is it a version of `key`?
    #[inline]
    pub(crate) fn has_key(self, key: &[u8]) -> bool {
        let own = self.key();
        if own.len() != key.len() {
            return false;
        }
        // Integers and short composites: two overlapping words instead of a call.
        match (own.first_chunk::<8>(), own.last_chunk::<8>(), key.first_chunk::<8>(), key.last_chunk::<8>()) {
            (Some(own_first), Some(own_last), Some(first), Some(last)) if own.len() <= 16 => {
                own_first == first && own_last == last
            }
            _ => own == key,
        }
    }

    /// The row's bytes; `None` for a tombstone.
    #[inline]
    pub(crate) fn row(self) -> Option<&'g [u8]> {
        self.key_and_row().map(|(bytes, key_len)| &bytes[key_len..])
    }

    /// Key and row, which lie side by side, and the key's length; `None` for a tombstone.
    #[inline]
    pub(crate) fn key_and_row(self) -> Option<(&'g [u8], usize)> {
        let header = self.header();
        let row_len = header.row_len()?;
        let key_len = header.key_len();
        let start = self.tail().as_ptr();
        // SAFETY: `write` put key and row, both initialized, one behind the other; they never change.
        Some((unsafe { std::slice::from_raw_parts(start, key_len + row_len) }, key_len))
    }

    /// Is this the deletion of its key?
    #[inline]
    pub(crate) fn is_tombstone(self) -> bool {
        self.header().row_len().is_none()
    }

    /// Does it lie in a chunk of the history?
    #[inline]
    fn is_in_history(self) -> bool {
        self.header().row_len & IN_HISTORY != 0
    }

    /// Does it lie in a window of a slab?
    #[inline]
    fn is_in_window(self) -> bool {
        self.header().key_len & IN_WINDOW != 0
    }

    /// When it was committed.
    #[inline]
    pub(crate) fn at(self) -> Timestamp {
        self.header().at
    }

    /// The version before this one, unless it was trimmed.
    #[inline]
    pub(crate) fn older(self) -> Option<Self> {
        let raw = self.header().older.load(Ordering::Acquire);
        // A trimmed version is freed only after every guard of `'g`'s time is gone.
        NonNull::new(raw).map(|raw| Self { raw, life: PhantomData })
    }

    /// The newest version at or before `at`: what a snapshot sees of this key.
    #[inline]
    pub(crate) fn visible(self, at: Timestamp) -> Option<Self> {
        let mut version = self;
        while version.at() > at {
            version = version.older()?;
        }
        Some(version)
    }

    /// Writer only, before publication: puts this version in front of `older`.
    pub(crate) fn link(self, older: VersionRef<'_>) {
        self.header().older.store(older.raw.as_ptr(), Ordering::Release);
    }

    /// Writer only: cuts everything older than this version off and hands it over, newest first.
    pub(crate) fn cut(self) -> Option<Self> {
        let older = self.older();
        if older.is_some() {
            self.header().older.store(ptr::null_mut(), Ordering::Release);
        }
        older
    }

    /// Bytes allocated for this version.
    #[inline]
    pub(crate) fn bytes(self) -> usize {
        let header = self.header();
        version_bytes(header.key_len(), header.row_len().unwrap_or(0))
    }

    /// Gives the memory back and says how many bytes went to the allocator (for one in the history or in a window the
    /// whole chunk's or window's, if it was the last there). The older versions are not touched.
    ///
    /// # Safety
    /// Nobody can reach this version any more, by this reference or another one.
    pub(crate) unsafe fn free(self) -> usize {
        let bytes = self.bytes();
        let layout = layout(bytes - size_of::<Version>(), 0);
        let (in_history, in_window) = (self.is_in_history(), self.is_in_window());
        self.header().witness.end();
        if in_window {
            // SAFETY: only versions in windows have the flag; the caller vouches for exclusiveness.
            return unsafe { slab::release(self.raw.cast()) };
        }
        if in_history {
            // SAFETY: `bury` and `copy_to` alone set the flag, for a place in the history; the caller vouches for exclusiveness.
            return unsafe { history::release(self.raw.cast()) };
        }
        // SAFETY: allocated by `allocate` with a layout of exactly this size; the caller vouches for exclusiveness.
        unsafe { dealloc(self.raw.as_ptr().cast(), layout) };
        bytes
    }
}

/// Bytes of a version with a key and a row of these lengths.
pub(crate) const fn version_bytes(key_len: usize, row_len: usize) -> usize {
    size_of::<Version>() + key_len + row_len
}

fn layout(key_len: usize, row_len: usize) -> Layout {
    Layout::from_size_align(version_bytes(key_len, row_len), align_of::<Version>())
        .expect("two lengths of at most 1 GiB fit an allocation")
}
